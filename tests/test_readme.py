"""What the README shows is run."""

import pytest

from tests import pages
from xnn import data
from xnn_backends import registry

BLOCKS = pages.blocks("README.md")


@pytest.mark.every_device
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"line {block.line}")
def test_code_runs(block, device, monkeypatch, capsys):
    """As it stands, on a machine where `auto` takes the device, and where the default is another one."""
    monkeypatch.setattr(registry, "_auto", registry.Choice(device, "it is the one under test"))
    training, test = data.load_mnist()
    few = data.Dataset(training.inputs[:300], training.labels[:300])  # the emulation of CUDA is no GPU
    monkeypatch.setattr(data, "load_mnist", lambda: (few, test))
    for default in ("auto", "numpy:cpu"):
        monkeypatch.setenv("XNN_DEVICE", default)
        pages.run(block, {})
        assert capsys.readouterr().out


def test_the_loop_has_ten_lines():
    loop = [line for line in BLOCKS[0].code.splitlines() if line and "import" not in line]
    assert len(loop) == 10


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(page):
    assert pages.dead_links(page) == []
