"""What the command says reaches whom it can: closed and full outputs, names that no terminal can print."""

import os
import subprocess
import sys

import pytest

from tests.data.files import write_mnist
from xnn.train import Run

pytestmark = [pytest.mark.plain, pytest.mark.skipif(os.name != "posix", reason="file descriptors of POSIX")]
XNN = [sys.executable, "-m", "xnn"]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return write_mnist(tmp_path_factory.mktemp("output") / "mnist")


def words(small, folder):
    return [
        "train",
        "mnist",
        "--device",
        "cpu",
        "--data",
        small,
        "--model",
        "softmax",
        "--epochs",
        "2",
        "--out",
        folder,
    ]


def shell(redirection, *arguments, **environment):
    """The command with a redirection of the shell; the exit code is the command's."""
    command = ["sh", "-c", f'"$@" {redirection}', "sh", *XNN, *arguments]
    return subprocess.run(command, capture_output=True, env={**os.environ, **environment})


def test_stdout_is_closed(small, tmp_path):
    for arguments in (["devices"], words(small, tmp_path / "run"), ["evaluate", "nowhere"]):
        found = shell(">&-", *arguments)
        assert (found.returncode, found.stderr.decode()) == (
            2,
            "xnn: stdout is closed, and nobody would hear what is found. Cure: leave it open, or > /dev/null.\n",
        )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("redirection", ["2>&-", ">&- 2>&-", "2>/dev/full", ">/dev/full 2>/dev/full"])
def test_stderr_is_closed_or_full(redirection):
    found = shell(redirection, "evaluate", "nowhere")
    assert found.returncode == 2
    assert b"no run" not in found.stdout  # what is wrong is no result
    assert found.stderr == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")  # noqa: PTH110
def test_stdout_is_full(small, tmp_path):
    for arguments in (["devices"], ["devices", "--json"], words(small, tmp_path / "run")):
        found = shell(">/dev/full", *arguments)
        assert (found.returncode, found.stderr.decode()) == (
            2,
            "xnn: stdout cannot be written: No space left on device. Cure: make room there, or > /dev/null.\n",
        )


@pytest.mark.parametrize("arguments", [["devices"], ["devices", "--json"], None])
def test_a_reader_who_leaves(small, tmp_path, arguments):
    """From before the first line, and after it."""
    arguments = words(small, tmp_path / "run") if arguments is None else arguments
    for reader in ("true", "head -n 1"):
        command = ["sh", "-c", f'{{ "$@"; echo $? >&3; }} 3>"{tmp_path}/code" | {reader}', "sh", *XNN, *arguments]
        found = subprocess.run(command, capture_output=True)
        assert found.stderr == b""
        assert (tmp_path / "code").read_text() in ("0\n", "2\n")  # 0 where all was said before he left


NAMES = {
    "letters": "äöü-€-語",
    "no UTF-8": os.fsdecode(b"x\xff\xfe"),
    "a line's end": "a\nxnn: b",
    "commands to a terminal": "\x1b[31mred\x1b]0;title\x07",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_names_that_are_hard_to_print(small, tmp_path, name, encoding):
    folder = tmp_path / NAMES[name]
    found = shell("", *words(small, folder), PYTHONIOENCODING=encoding)
    assert (found.returncode, found.stderr) == (0, b"")
    assert Run.open(folder).epoch == 2
    text = found.stdout.decode(encoding)
    assert sum(line.startswith("run: ") for line in text.splitlines()) == 1
    assert all(character.isprintable() or character == "\n" for character in text)
    assert text.splitlines()[-1].startswith("saved: ")
    again = shell("", *words(small, folder), PYTHONIOENCODING=encoding)
    assert again.returncode == 2
    assert len(again.stderr.decode(encoding).splitlines()) == 1


def test_a_locale_of_ascii_and_a_dumb_terminal(small, tmp_path):
    environment = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "TERM": "dumb"}
    found = shell("", *words(small, tmp_path / "ä"), **environment)
    assert (found.returncode, found.stderr) == (0, b"")
    assert Run.open(tmp_path / "ä").epoch == 2


def test_warnings_are_lines_and_end_nothing(small, tmp_path):
    folder = tmp_path / "run"
    assert shell("", *words(small, folder)).returncode == 0
    (folder / "weights-0009.safetensors").mkdir()
    found = shell("", "train", "mnist", "--resume", folder, "--epochs", "3", "--device", "cpu", PYTHONWARNINGS="error")
    assert found.returncode == 0
    error = found.stderr.decode()
    assert error.startswith("xnn: warning: the checkpoint of epoch 3 is complete, but what is left of older ones in ")
    assert len(error.splitlines()) == 1
