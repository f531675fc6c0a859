import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy

import xnn as xp
from xnn.errors import CheckpointError
from xnn.train import Run, files

pytestmark = pytest.mark.plain

TENSORS = {
    "1.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "1.bias": np.asarray([1.5, -2.5]),
    "s": np.asarray(3),
}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "x.safetensors"
    tensors = {name: xp.asarray(value, device="cpu") for name, value in TENSORS.items()}
    files.write_tensors(path, tensors, {"epoch": 7, "lr": 0.1})
    return path


def test_what_was_written_is_read(path):
    tensors, notes = files.read_tensors(path)
    assert notes == {"epoch": 7, "lr": 0.1}
    assert tensors.keys() == TENSORS.keys()
    for name, value in TENSORS.items():
        np.testing.assert_array_equal(tensors[name], value, strict=True)


def test_safetensors_reads_it(path):
    assert safetensors.numpy.load_file(path).keys() == TENSORS.keys()


def test_an_array_that_is_not_contiguous(tmp_path):
    turned = xp.permute_dims(xp.reshape(xp.arange(6, device="cpu"), (2, 3)), (1, 0))
    files.write_tensors(tmp_path / "t", {"x": turned}, {})
    assert files.read_tensors(tmp_path / "t")[0]["x"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_a_parameter_and_one_of_another_device(tmp_path):
    pytest.importorskip("array_api_strict", reason="array-api-strict stands for another device")
    tensors = {"p": xp.nn.Parameter(xp.ones(2, device="cpu")), "q": xp.zeros(2, device="strict:device1")}
    files.write_tensors(tmp_path / "t", tensors, {})
    found, _ = files.read_tensors(tmp_path / "t")
    assert (found["p"].tolist(), found["q"].tolist()) == ([1, 1], [0, 0])


def test_every_truncation_is_seen(path):
    content = path.read_bytes()
    for n in range(0, len(content), 7):
        path.write_bytes(content[:n])
        with pytest.raises(CheckpointError, match=r"x.safetensors is truncated or damaged"):
            files.read_tensors(path)


def test_every_flipped_byte_of_the_arrays_is_seen(path):
    content = path.read_bytes()
    size = sum(value.nbytes for value in TENSORS.values())
    for i in range(len(content) - size, len(content)):
        path.write_bytes(content[:i] + bytes([content[i] ^ 4]) + content[i + 1 :])
        with pytest.raises(CheckpointError, match=r"x.safetensors is damaged: its checksum is not"):
            files.read_tensors(path)


def test_a_file_of_somebody_else(tmp_path):
    safetensors.numpy.save_file(TENSORS, tmp_path / "foreign")
    with pytest.raises(CheckpointError, match="foreign is truncated or damaged: it is not one that xnn wrote"):
        files.read_tensors(tmp_path / "foreign")


def test_a_missing_file(tmp_path):
    with pytest.raises(CheckpointError, match="gone is missing"):
        files.read_tensors(tmp_path / "gone")
    with pytest.raises(CheckpointError, match="gone is missing"):
        files.read_json(tmp_path / "gone")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "file"
    files.write_whole(path, b"old")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_new_file_is_on_the_disk_before_it_takes_the_name(tmp_path, monkeypatch):
    events = []
    real = {"fsync": os.fsync, "replace": os.replace}
    for name in real:
        monkeypatch.setattr(os, name, lambda *a, name=name: (events.append(name), real[name](*a))[1])
    files.write_whole(tmp_path / "file", b"new")
    assert events == ["fsync", "replace", "fsync"]


def test_json_has_no_nan(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json(tmp_path / "x.json", [float("nan")])


def test_a_folder_that_may_not_be_looked_into_is_not_empty(tmp_path, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(pathlib.Path, "lstat", refuse)
    with pytest.raises(
        CheckpointError, match=r"config.json cannot be read: Permission denied. Cure: make it a file that"
    ):
        Run.open(tmp_path)
    monkeypatch.undo()
    assert files.is_there(tmp_path)
    assert not files.is_there(tmp_path / "nothing")


def test_the_same_tensors_make_the_same_file(path, tmp_path):
    """In any process: hashes of names, and so the order of a table, differ from one to the next."""
    script = (
        "import pathlib, sys, numpy as np, xnn as xp\n"
        "from xnn.train import files\n"
        "tensors = {'b': np.ones(3), 'a': np.zeros((2, 2))}\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "files.write_tensors(path, {k: xp.asarray(v, device='cpu') for k, v in tensors.items()}, {'z': 1, 'y': [2]})\n"
    )
    contents = set()
    for i in range(6):
        subprocess.run([sys.executable, "-c", script, tmp_path / str(i)], check=True)
        contents.add((tmp_path / str(i)).read_bytes())
    assert len(contents) == 1
