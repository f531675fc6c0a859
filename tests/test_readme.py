"""What the README shows is run."""

import pathlib
import re

import pytest

from xnn import data
from xnn_backends import registry

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_code_runs(number, device, monkeypatch, capsys):
    """As it stands, on a machine where `auto` takes the device, and where the default is another one."""
    monkeypatch.setattr(registry, "_auto", registry.Choice(device, "it is the one under test"))
    training, test = data.load_mnist()
    few = data.Dataset(training.inputs[:300], training.labels[:300])  # the emulation of CUDA is no GPU
    monkeypatch.setattr(data, "load_mnist", lambda: (few, test))
    for default in ("auto", "numpy:cpu"):
        monkeypatch.setenv("XNN_DEVICE", default)
        exec(compile(BLOCKS[number], "README.md", "exec"), {})
        assert capsys.readouterr().out


def test_the_loop_has_ten_lines():
    loop = [line for line in BLOCKS[0].splitlines() if line and "import" not in line]
    assert len(loop) == 10


def test_links_lead_somewhere():
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
