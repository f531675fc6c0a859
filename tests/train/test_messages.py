"""What the command says where something goes wrong: the rule, what came, the cure; and its exit codes."""

import json
import re
import shutil

import numpy as np
import pytest

from tests.data.files import idx_bytes, write_mnist
from xnn import cli
from xnn.cli import main
from xnn.data import mnist as mnist_data
from xnn.train import Run, loop, mnist, models

from .runs import command, train


@pytest.fixture
def finished(small, tmp_path):
    """A complete run of two epochs."""
    folder = tmp_path / "finished"
    assert train(small, folder, "--model", "softmax", "--epochs", "2") == 0
    return folder


def fails(capsys, words, message):
    """The command says on stderr, in one line and without a traceback, what is wrong, and exits with 2."""
    assert main([str(word) for word in words]) == 2
    error = capsys.readouterr().err
    assert error.startswith("xnn: ")
    assert len(error.splitlines()) == 1
    assert re.search(message, error), error


def test_xnn_device_nonsense(capsys, monkeypatch, small):
    monkeypatch.setenv("XNN_DEVICE", "gpu")
    fails(
        capsys, ["train", "mnist", "--data", small], "XNN_DEVICE.* 'gpu' is not a device. Cure: write auto, cpu, cuda"
    )


def test_a_device_nobody_knows(capsys):
    fails(capsys, ["train", "mnist", "--device", "tpu"], "'tpu' is not a device. Cure: write auto, cpu, cuda")


def test_cuda_is_refused_by_name(tmp_path):
    found = command("train", "mnist", "--device", "cuda", "--out", str(tmp_path / "run"), CUDA_VISIBLE_DEVICES="")
    assert (found.returncode, found.stdout) == (2, "")
    assert re.fullmatch(r"xnn: device 'cupy:cuda.*' cannot be used: .+\. Cure: .+\.\n", found.stderr), found.stderr
    assert not (tmp_path / "run").exists()


def test_no_data_folder(capsys, tmp_path):
    words = ["train", "mnist", "--device", "cpu", "--data", tmp_path / "nowhere", "--out", tmp_path / "run"]
    fails(capsys, words, "MNIST is read from a folder, and .*nowhere is none. Cure: put MNIST's four files there")
    assert not (tmp_path / "run").exists()


def test_damaged_data(capsys, tmp_path):
    write_mnist(tmp_path / "mnist", 5, 5)
    words = ["train", "mnist", "--device", "cpu", "--data", tmp_path / "mnist", "--out", tmp_path / "run"]
    path = tmp_path / "mnist" / mnist_data.FILES[0]
    path.write_bytes(path.read_bytes()[:-1])
    fails(
        capsys, words, "train-images-idx3-ubyte is truncated: 5 x 28 x 28 elements of uint8 take 3920 bytes, and 3919"
    )
    path.unlink()
    fails(capsys, words, "there is no train-images-idx3-ubyte and no train-images-idx3-ubyte.gz in")
    write_mnist(tmp_path / "mnist", 5, 5)
    (tmp_path / "mnist" / mnist_data.FILES[3]).write_bytes(idx_bytes(np.full(5, 77, np.uint8)))
    fails(capsys, words, "labels are from 0 to 9; .*t10k-labels-idx1-ubyte holds a 77")


def test_a_folder_that_is_taken(capsys, finished, small):
    before = sorted(finished.iterdir())
    words = ["train", "mnist", "--device", "cpu", "--data", small, "--out", finished]
    fails(capsys, words, "is not empty. Cure: another --out, or --resume .*finished to go on with it.")
    assert sorted(finished.iterdir()) == before


def test_a_folder_that_cannot_be_written(capsys, tmp_path, small):
    (tmp_path / "file").touch()
    words = ["train", "mnist", "--device", "cpu", "--data", small, "--out", tmp_path / "file" / "run"]
    fails(
        capsys,
        words,
        r"a run cannot be written to .*: Not a directory. Cure: make it writable, or another folder \(--out;",
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--epochs", "-3"), "the number of epochs is a whole number of at least 1; got -3. Cure: as in 20."),
        (("--batch-size", "0"), "the batch size is a whole number of at least 1; got 0. Cure: as in 128."),
        (("--lr", "-1"), "the learning rate is a number above 0; got -1.0. Cure: as in 0.001."),
        (("--seed", "-1"), r"a seed is an int from 0 to 2\*\*64 - 1; got -1. Cure: as in 0."),
        (("--model", "vgg"), "model is one of softmax, mlp, cnn; got 'vgg'."),
        (
            ("--optimizer", "muon"),
            "optimizer is one of sgd, momentum, rmsprop, adam, adamw, adagrad, adadelta, adamax, ",
        ),
    ],
)
def test_numbers_that_make_no_sense(capsys, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    fails(capsys, ["train", "mnist", *words], message)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "mnist", "--epochs", "ten"], "argument --epochs: this is a whole number, as 20; got 'ten'"),
        (["train", "mnist", "--lr", "fast"], "argument --lr: this is a number, as 0.001; got 'fast'"),
        (["train", "cifar"], "invalid choice: 'cifar'"),
        (["train"], "required: dataset"),
        (["fly"], "invalid choice: 'fly'"),
        ([], "required: COMMAND"),
    ],
)
def test_words_that_are_not_known(capsys, words, message):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_training_that_diverges(capsys, tmp_path, small):
    words = ("--optimizer", "sgd", "--lr", "1e30", "--epochs", "9")
    assert train(small, tmp_path / "run", *words) == 2
    found = re.fullmatch(
        r"xnn: the loss of epoch (\d) is (nan|inf): training diverged at learning rate 1e\+30. Cure: a smaller --lr "
        r"in a new run(; the last complete checkpoint, of epoch (\d), is in .*run)?\.\n",
        capsys.readouterr().err,
    )
    assert found
    assert int(found[1]) == int(found[4] or 0) + 1 == Run.open(tmp_path / "run").epoch + 1


def test_a_run_that_diverged_at_once_is_not_to_be_gone_on_with(capsys, tmp_path, small, monkeypatch):
    monkeypatch.setattr(mnist, "train_epoch", lambda *args, **options: float("nan"))
    assert train(small, tmp_path / "run") == 2
    assert capsys.readouterr().err.endswith("Cure: a smaller --lr in a new run.\n")
    words = ["train", "mnist", "--device", "cpu", "--data", small, "--out", tmp_path / "run"]
    fails(capsys, words, "is not empty. Cure: another --out, or delete .*run, whose run has no finished epoch.")


def test_a_run_whose_folder_can_no_longer_be_written(capsys, finished):
    (finished / "config.json.partial").mkdir()
    words = ["train", "mnist", "--device", "cpu", "--resume", finished, "--epochs", "3"]
    fails(capsys, words, "a run cannot be written to .*finished: .*. Cure: make it writable, or another folder")


@pytest.mark.parametrize("kind", ["weights", "config", "history"])
def test_evaluate_a_damaged_run(capsys, finished, kind):
    (path,) = finished.glob(f"{kind}*")
    path.write_bytes(path.read_bytes()[:100])
    fails(capsys, ["evaluate", finished, "--device", "cpu"], f"{path.name} is .*damaged: .* Cure: restore the folder")


def test_evaluate_an_edited_config(capsys, finished):
    config = json.loads((finished / "config.json").read_text())
    (finished / "config.json").write_text(json.dumps({**config, "model": "mlp"}))
    fails(
        capsys,
        ["evaluate", finished, "--device", "cpu"],
        "config.json is damaged, edited, or of another run: its checksum is",
    )


def test_evaluate_another_architecture(capsys, finished, monkeypatch):
    monkeypatch.setitem(models.MODELS, "softmax", models.mlp)
    fails(
        capsys,
        ["evaluate", finished, "--device", "cpu"],
        r"1.weight has shape \(10, 784\) in the place of \(128, 784\)",
    )


def test_evaluate_no_run(capsys, tmp_path):
    fails(
        capsys,
        ["evaluate", tmp_path, "--device", "cpu"],
        "is no run: there is no config.json in it. Cure: name a folder",
    )


def test_evaluate_where_the_digits_have_gone(capsys, tmp_path):
    data = write_mnist(tmp_path / "mnist", 5, 5)
    assert train(data, tmp_path / "run", "--model", "softmax", "--epochs", "1") == 0
    shutil.rmtree(data)
    fails(
        capsys, ["evaluate", tmp_path / "run", "--device", "cpu"], "MNIST is read from a folder, and .*mnist is none."
    )


def test_out_of_memory_before_training(capsys, tmp_path, small, monkeypatch):
    def full(self, device):
        raise MemoryError("Unable to allocate 179 MiB")

    monkeypatch.setattr(mnist_data.Digits, "dataset", full)
    words = ["train", "mnist", "--device", "cpu", "--data", small, "--out", tmp_path / "run"]
    fails(capsys, words, "numpy:cpu has too little free memory for the digits and the model. Cure: free its memory, or")


def test_out_of_memory_in_a_library(capsys, small, tmp_path, monkeypatch):
    """CuPy's OutOfMemoryError is a MemoryError, too."""

    class OutOfMemoryError(MemoryError):
        pass

    def full(*arguments):
        raise OutOfMemoryError("Out of memory allocating 1,024 bytes")

    monkeypatch.setattr(loop, "cross_entropy", full)
    monkeypatch.setattr(loop.train_epoch, "__kwdefaults__", {**loop.train_epoch.__kwdefaults__, "loss": full})
    words = ["train", "mnist", "--device", "cpu", "--data", small, "--out", tmp_path / "run"]
    fails(capsys, words, "numpy:cpu ran out of memory in epoch 1; the last complete checkpoint, of epoch 0, is in")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (MemoryError("no 3 GiB"), 2, "xnn: out of memory: no 3 GiB. Cure: free memory, or another --device.\n"),
        (PermissionError(13, "Permission denied", "x"), 2, "xnn: [Errno 13] Permission denied: 'x'\n"),
        (KeyboardInterrupt(), 130, "xnn: stopped.\n"),
    ],
)
def test_whatever_else_goes_wrong_anywhere(capsys, monkeypatch, error, code, message):
    def fail(arguments):
        raise error

    monkeypatch.setattr(cli, "_devices", fail)
    assert main(["devices"]) == code
    assert capsys.readouterr().err == message


def test_a_bug_is_not_hidden(monkeypatch):
    def fail(arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "_devices", fail)
    with pytest.raises(ZeroDivisionError):
        main(["devices"])
