"""A run that is stopped, in whatever way, and gone on with ends as one that was never stopped."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.data.files import write_mnist
from xnn.optim import Optimizer
from xnn.train import Run, mnist

from .runs import assert_same_run, resume, tensors_of, train, without_checksums

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

# Trains, and kills itself with SIGKILL at the n-th call of a function of `os`, before or after it.
SUICIDE = """
import os, signal, sys
from xnn.cli import main

name, n, when, *argv = sys.argv[1:]
left, real = int(n), getattr(os, name)

def call(*args):
    global left
    if not sys._getframe(1).f_globals["__name__"].startswith("xnn.train"):  # compiled kernels are kept as well
        return real(*args)
    left -= 1
    if left == 0 and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    real(*args)
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

setattr(os, name, call)
main(argv)
"""


@pytest.fixture(scope="module")
def unstopped(small, tmp_path_factory):
    """For a model, the folder of a run of three epochs that nothing stopped."""
    folder = tmp_path_factory.mktemp("unstopped")
    for model in ("mlp", "cnn"):
        assert train(small, folder / model, "--model", model, "--epochs", "3", "--batch-size", "64") == 0
    return folder


def interrupt_at(monkeypatch, step, error):
    """Let the n-th step of whatever optimizer raise."""
    real, numbers = Optimizer.step, itertools.count(1)

    def stepping(self):
        if next(numbers) == step:
            raise error
        real(self)

    monkeypatch.setattr(Optimizer, "step", stepping)


@pytest.mark.parametrize("model", ["mlp", "cnn"])
@pytest.mark.parametrize("step", [1, 4, 7])  # an epoch has 4: before the first checkpoint, and inside of epochs 1 and 2
def test_interrupted_in_an_epoch(small, unstopped, tmp_path, monkeypatch, capsys, model, step):
    options = ("--model", model, "--epochs", "3", "--batch-size", "64")
    with monkeypatch.context() as patch:
        interrupt_at(patch, step, KeyboardInterrupt)
        assert train(small, tmp_path / "run", *options) == 130
    done = (step - 1) // 4
    assert Run.open(tmp_path / "run").epoch == done
    folder = tmp_path / "run"
    assert capsys.readouterr().err == (
        f"xnn: stopped; the last complete checkpoint, of epoch {done}, is in {folder}. "
        f"Go on with: xnn train mnist --resume {folder}\n"
    )
    assert resume(folder) == 0
    assert_same_run(folder, unstopped / model)


def test_more_epochs(small, unstopped, tmp_path, capsys):
    assert train(small, tmp_path / "run", "--model", "mlp", "--epochs", "1", "--batch-size", "64") == 0
    assert resume(tmp_path / "run", "--epochs", "3") == 0
    assert_same_run(tmp_path / "run", unstopped / "mlp")
    assert Run.open(tmp_path / "run").config["epochs"] == 3


# Replacements: config, weights 0, optimizer 0, history; then weights, optimizer and history of each epoch.
KILLS = [
    ("replace", 5, "before", 0),  # nothing of epoch 1 has its name yet
    ("replace", 8, "after", 1),  # weights 2 are there, optimizer 2 is not
    ("replace", 10, "before", 1),  # both are there, but epoch 2 does not stand in the history
    ("replace", 10, "after", 2),  # it does; the files of epoch 1 are not removed yet
    ("fsync", 15, "before", 1),  # weights 2 are written under their temporary name
]


@posix
@pytest.mark.parametrize(("function", "n", "when", "done"), KILLS)
def test_killed_while_a_checkpoint_is_written(small, unstopped, tmp_path, function, n, when, done):
    folder = tmp_path / "run"
    options = ["--epochs", "3", "--batch-size", "64", "--data", str(small), "--out", str(folder), "--device", "cpu"]
    command = [sys.executable, "-c", SUICIDE, function, str(n), when, "train", "mnist", *options]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == -signal.SIGKILL, found.stderr
    assert Run.open(folder).epoch == done
    tensors_of(Run.open(folder))
    assert resume(folder) == 0
    assert_same_run(folder, unstopped / "mlp")
    assert len(list(folder.iterdir())) == 4  # no remains


@posix
def test_killed_from_outside(small, tmp_path, capsys):
    folder, whole = tmp_path / "run", tmp_path / "whole"
    command = [sys.executable, "-m", "xnn", "train", "mnist", "--epochs", "100000", "--data", small, "--out", folder]
    process = subprocess.Popen([*map(str, command), "--device", "cpu"], stdout=subprocess.PIPE, text=True)
    try:
        for line in process.stdout:
            if line.startswith("epoch      2/100000"):
                break
    finally:
        process.kill()
        process.communicate()
    done = Run.open(folder).epoch
    assert done >= 2
    assert resume(folder, "--epochs", str(done + 2)) == 0
    assert train(small, whole, "--epochs", str(done + 2)) == 0
    assert_same_run(folder, whole)


@posix
def test_control_c(small, tmp_path):
    folder = tmp_path / "a run"
    command = [sys.executable, "-m", "xnn", "train", "mnist", "--epochs", "100000", "--data", small, "--out", folder]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([*map(str, command), "--device", "cpu"], **pipes)
    for line in process.stdout:
        if line.startswith("epoch"):
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.startswith("xnn: stopped; the last complete checkpoint, of epoch ")
    assert errors.endswith(f"is in {folder}. Go on with: xnn train mnist --resume '{folder}'\n")
    assert len(errors.splitlines()) == 1


def test_out_of_memory(small, unstopped, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "run"
    with monkeypatch.context() as patch:
        interrupt_at(patch, 6, MemoryError("could not allocate 3 GiB"))
        assert train(small, folder, "--epochs", "3", "--batch-size", "64") == 2
    assert capsys.readouterr().err == (
        f"xnn: numpy:cpu ran out of memory in epoch 2; the last complete checkpoint, of epoch 1, is in {folder}. "
        f"Cure: free memory and go on with `xnn train mnist --resume {folder}`, "
        "or a new run with --batch-size below 64.\n"
    )
    assert resume(folder) == 0
    assert_same_run(folder, unstopped / "mlp")


# ---- rules ----


@pytest.fixture
def done(small, tmp_path):
    """A complete run of two epochs."""
    assert train(small, tmp_path / "run", "--model", "softmax", "--epochs", "2") == 0
    return tmp_path / "run"


def test_a_complete_run_says_so(done, capsys):
    before = {path: path.read_bytes() for path in done.iterdir()}
    assert resume(done) == 0
    assert resume(done, "--epochs", "2") == 0
    text = capsys.readouterr().out
    assert text.count("the run is complete: 2 of 2 epochs are done. To train more, raise --epochs.") == 2
    assert {path: path.read_bytes() for path in done.iterdir()} == before


@pytest.mark.parametrize(
    ("flag", "value", "has"),
    [
        ("--model", "mlp", "softmax"),
        ("--batch-size", "64", "128"),
        ("--optimizer", "sgd", "adam"),
        ("--lr", "0.5", "0.001"),
        ("--seed", "1", "0"),
    ],
)
def test_another_option_is_refused(done, capsys, flag, value, has):
    assert resume(done, "--epochs", "3", flag, value) == 2
    message = (
        f"a run is gone on with as it began, to the same weights: {done} has {flag} {has}, and {flag} {value} came."
    )
    assert message in capsys.readouterr().err
    assert Run.open(done).epoch == 2
    assert resume(done, "--epochs", "3", flag, has) == 0  # the same again is no difference


def test_fewer_epochs_than_are_done(done, capsys):
    assert resume(done, "--epochs", "1") == 2
    assert f"{done} has 2 already, and 1 came. Cure: a larger number." in capsys.readouterr().err
    assert resume(done, "--epochs", "-1") == 2


def test_another_folder(done, tmp_path, capsys):
    assert resume(done, "--out", str(tmp_path / "other")) == 2
    assert (
        f"in its own folder, {done}; got --out {tmp_path / 'other'}. Cure: leave out --out." in capsys.readouterr().err
    )
    assert resume(done, "--out", str(done)) == 0


def test_the_digits_may_have_moved_but_must_be_the_same(done, small, tmp_path, capsys):
    moved = write_mnist(tmp_path / "moved", zipped=True)
    other = write_mnist(tmp_path / "other", train=199)
    assert resume(done, "--epochs", "3", "--data", str(other)) == 2
    assert f"those of {other} are not those of {done}. Cure: --data with the folder" in capsys.readouterr().err
    assert Run.open(done).config["data"] == str(small)
    assert resume(done, "--epochs", "3", "--data", str(moved)) == 0
    assert Run.open(done).config["data"] == str(moved)


def test_no_run(tmp_path, capsys):
    assert resume(tmp_path) == 2
    assert f"{tmp_path} is no run: there is no config.json in it." in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["weights", "optimizer"])
def test_a_truncated_checkpoint(done, capsys, kind):
    path = done / f"{kind}-0002.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    assert resume(done, "--epochs", "3") == 2
    assert f"xnn: {path} is truncated or damaged" in capsys.readouterr().err


def test_a_config_that_is_no_longer_one(done, capsys):
    without_checksums(done)
    config = json.loads((done / "config.json").read_text())
    (done / "config.json").write_text(json.dumps({**config, "model": "vgg"}))
    assert resume(done) == 2
    assert "config.json is not one of MNIST: model is one of softmax, mlp, cnn; got 'vgg'" in capsys.readouterr().err


# ---- the parts ----


def test_seconds_are_those_of_training(small, tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "accuracy", lambda *args: time.sleep(0.3) or 0.5)
    assert train(small, tmp_path / "run", "--epochs", "1", "--model", "softmax") == 0
    (entry,) = Run.open(tmp_path / "run").history
    assert entry.keys() == {"epoch", "train_loss", "test_accuracy", "seconds"}
    assert 0 < entry["seconds"] < 0.3
