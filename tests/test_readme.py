"""What the README shows is run."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_code_runs(number, device, monkeypatch, capsys):
    monkeypatch.setenv("XNN_DEVICE", str(device))
    code = BLOCKS[number].replace('device="auto"', f'device="{device}"')
    # The emulation of CUDA is no GPU: a tenth of the digits will do.
    exec(compile(code.replace("len(x)", "800"), "README.md", "exec"), {})
    assert capsys.readouterr().out


def test_the_loop_has_ten_lines():
    loop = [line for line in BLOCKS[0].splitlines() if line and "import" not in line]
    assert len(loop) == 10


def test_links_lead_somewhere():
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
