"""The command as a user meets it: what it prints, and its exit codes."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import xnn
from tests.data.files import write_mnist
from tests.train.runs import command, train
from xnn.cli import main
from xnn.train import Run, mnist, models, optimizers

pytestmark = pytest.mark.plain


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return write_mnist(tmp_path_factory.mktemp("cli") / "mnist")


@pytest.fixture(scope="module")
def finished(small, tmp_path_factory):
    """A complete run of two epochs."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    assert train(small, folder, "--model", "softmax", "--epochs", "2") == 0
    return folder


@pytest.fixture
def copy(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "copy")


# ---- train ----


def test_what_training_prints(small, tmp_path, capsys):
    assert train(small, tmp_path / "run", "--model", "softmax", "--epochs", "10") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        "device: numpy:cpu (asked for by name)",
        f"data: 200 digits for training, 80 for testing, from {small}",
        "model: softmax, 7,850 parameters",
        "training: adam, learning rate 0.001, batches of 128, seed 0",
        f"run: {tmp_path / 'run'}",
    ]
    history = Run.open(tmp_path / "run").history
    for line, entry in zip(lines[5:15], history, strict=True):
        expected = (
            f"epoch {entry['epoch']:2}/10  training loss {entry['train_loss']:.4f}  "
            f"test accuracy {entry['test_accuracy']:.2%}  {entry['seconds']:.1f} s"
        )
        assert line == expected
    best = max(entry["test_accuracy"] for entry in history)
    assert re.fullmatch(rf"best test accuracy: {best:.2%}, after epoch \d+", lines[15])
    assert re.fullmatch(r"time: \d+\.\d s, [\d,]+ samples per second in training", lines[16])
    assert lines[17] == f"saved: {tmp_path / 'run'} (weights: weights-0010.safetensors)"
    assert len(lines) == 18


def test_a_bar_where_the_output_is_a_terminal(small, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    assert train(small, tmp_path / "run", "--model", "softmax", "--epochs", "2", "--batch-size", "50") == 0
    output = capsys.readouterr().out
    assert re.search(r"\repoch 2/2: +\d+%\|.*\| \d/4 \[", output)
    assert "\repoch 2/2  training loss" in output  # the line takes the bar's place


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals of POSIX")
def test_a_bar_in_a_terminal_and_control_c_there(small, tmp_path):
    """A pseudo-terminal says that it has no rows and no columns; the bar is drawn all the same."""
    import pty

    options = ["--data", str(small), "--out", str(tmp_path / "run"), "--device", "cpu", "--epochs", "100000"]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "xnn", "train", "mnist", *options], stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    output = b""
    with os.fdopen(ours, "r+b", buffering=0) as screen:
        while b"\repoch      1/100000:   0%|" not in output and (more := screen.read(1000)):
            output += more
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(OSError):  # how Linux says that the other side has gone
            while more := screen.read(1000):
                output += more
    assert process.wait() == 130, output
    assert re.search(rb"xnn: stopped; the last complete checkpoint, of epoch \d+, is in ", output)
    assert b"Traceback" not in output


def test_the_packaged_digits_and_a_fresh_folder(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["train", "mnist", "--device", "cpu", "--model", "softmax", "--epochs", "1"]
    assert main(words) == main(words) == 0
    output = capsys.readouterr().out
    assert "data: 8,000 digits for training, 2,000 for testing, those that ship with xnn" in output
    first, second = sorted((tmp_path / "runs").iterdir())
    assert Run.open(first).history[0]["test_accuracy"] == Run.open(second).history[0]["test_accuracy"] > 0.75


@pytest.mark.parametrize("optimizer", optimizers.OPTIMIZERS)
@pytest.mark.parametrize("model", models.MODELS)
def test_every_model_with_every_optimizer(small, tmp_path, model, optimizer):
    options = ("--model", model, "--optimizer", optimizer, "--epochs", "1", "--seed", "5", "--batch-size", "100")
    assert train(small, tmp_path / "run", *options) == 0
    config = Run.open(tmp_path / "run").config
    assert config["lr"] == optimizers.default_lr(optimizer)
    assert (config["model"], config["optimizer"], config["seed"], config["batch_size"]) == (model, optimizer, 5, 100)


def test_the_seed_decides(small, tmp_path):
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert train(small, tmp_path / name, "--epochs", "1", "--seed", seed) == 0
    losses = [Run.open(tmp_path / name).history[0]["train_loss"] for name in "abc"]
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.parametrize("place", ["torch:cpu", "strict:device1"])
def test_other_devices_come_to_the_same(small, tmp_path, place, capsys):
    library = {"torch": "torch", "strict": "array_api_strict"}[place.partition(":")[0]]
    pytest.importorskip(library, reason=f"{library} is the device here")
    assert train(small, tmp_path / "cpu", "--model", "mlp", "--epochs", "2") == 0
    assert train(small, tmp_path / "other", "--model", "mlp", "--epochs", "2", "--device", place) == 0
    one, other = (Run.open(tmp_path / name).history for name in ("cpu", "other"))
    assert [e["train_loss"] for e in one] == pytest.approx([e["train_loss"] for e in other], rel=1e-4)
    assert main(["train", "mnist", "--resume", str(tmp_path / "cpu"), "--epochs", "3", "--device", place]) == 0
    assert Run.open(tmp_path / "cpu").config["device"] == place


# ---- evaluate ----


def test_evaluate_gives_the_same_accuracy(finished, capsys):
    assert main(["evaluate", str(finished), "--device", "cpu"]) == 0
    accuracy = Run.open(finished).history[-1]["test_accuracy"]
    assert capsys.readouterr().out.splitlines() == [
        "device: numpy:cpu (asked for by name)",
        f"run: {finished}, softmax, after 2 of 2 epochs",
        f"test accuracy: {accuracy:.2%} ({round(80 * accuracy)} of 80 digits)",
    ]


def test_evaluate_on_another_device(finished, capsys):
    pytest.importorskip("array_api_strict", reason="array-api-strict stands for another device")
    assert main(["evaluate", str(finished), "--device", "strict:device1"]) == 0
    accuracy = Run.open(finished).history[-1]["test_accuracy"]
    assert f"test accuracy: {accuracy:.2%} (" in capsys.readouterr().out


def test_evaluate_on_other_digits(finished, tmp_path, capsys):
    write_mnist(tmp_path / "other", 5, 300)
    assert main(["evaluate", str(finished), "--device", "cpu", "--data", str(tmp_path / "other")]) == 0
    assert "of 300 digits)" in capsys.readouterr().out


def test_evaluate_while_the_run_goes_on(copy, capsys, monkeypatch):
    """An epoch that ends between reading the history and the weights takes these away."""
    real = Run.load_weights

    def late(self, model):
        monkeypatch.undo()
        assert main(["train", "mnist", "--resume", str(copy), "--epochs", "3", "--device", "cpu"]) == 0
        capsys.readouterr()
        real(self, model)

    monkeypatch.setattr(Run, "load_weights", late)
    assert main(["evaluate", str(copy), "--device", "cpu"]) == 0
    accuracy = Run.open(copy).history[-1]["test_accuracy"]
    assert f"after 3 of 3 epochs\ntest accuracy: {accuracy:.2%}" in capsys.readouterr().out


def test_evaluate_uses_the_weights(copy, capsys):
    """A test of the tests above: other weights give another accuracy."""
    old = Run.open(copy)
    model = models.softmax().to("cpu")
    run = Run.create(copy.with_name("other"), old.config)
    run.save(model, optimizers.build("adam", model.parameters()), {"train_loss": 0.0})
    _, found, _ = mnist.evaluate(run.folder, xnn.get_default_device())
    assert found < 0.5


# ---- devices ----


def test_devices(capsys):
    assert main(["devices"]) == 0
    output = capsys.readouterr().out
    assert re.search(r"^numpy:cpu +usable: .+$", output, re.MULTILINE)
    assert re.search(r"^auto takes [a-z]+:[a-z0-9:]+: .+$", output, re.MULTILINE)


def test_devices_as_json(capsys):
    assert main(["devices", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.keys() == {"devices", "auto"}
    assert found["auto"].keys() == {"device", "why"}
    kinds = {
        "device": str, "usable": bool, "reason": str, "cure": str, "hardware": str,
        "memory_free": int | None, "memory_total": int | None,
    }  # fmt: skip
    for entry in found["devices"]:
        assert entry.keys() == kinds.keys()
        assert all(isinstance(entry[key], kind) for key, kind in kinds.items())
        assert entry["usable"] or (entry["reason"] and entry["cure"])
    usable = {entry["device"] for entry in found["devices"] if entry["usable"]}
    assert {"numpy:cpu", found["auto"]["device"]} <= usable


def test_devices_where_nothing_works(capsys, monkeypatch):
    import xnn_backends
    from xnn_backends import DeviceError, DeviceReport

    def refuse(name):
        raise DeviceError("auto: no device is usable.")

    reports = [
        DeviceReport("cupy:cuda:0", usable=True, hardware="GPU 9000", memory_free=2**31, memory_total=2**33),
        DeviceReport("abc:x", usable=False, reason="it is broken", cure="mend it"),
    ]
    monkeypatch.setattr(xnn_backends, "available", lambda: reports)
    monkeypatch.setattr(xnn_backends, "choose", refuse)
    assert main(["devices"]) == 0
    assert capsys.readouterr().out == (
        "cupy:cuda:0  usable: GPU 9000, 2.0 of 8.0 GiB free\n"
        "abc:x        not usable: it is broken\n"
        "             cure: mend it\n"
        "\nauto takes none: auto: no device is usable.\n"
    )
    assert main(["devices", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["auto"] == {"device": None, "why": "auto: no device is usable."}


def test_devices_with_a_default_that_means_nothing(capsys, monkeypatch):
    """They are listed all the same, with the cure; the exit code says that nothing will run by default."""
    for value, why in {
        "gpu": "XNN_DEVICE=gpu: 'gpu' is not a device. Cure: write auto, cpu, cuda, ",
        "numpy": "XNN_DEVICE=numpy: 'numpy' is a backend, not a device. Cure: ",
        "cpu:7": "XNN_DEVICE=cpu:7: device 'numpy:cpu:7' cannot be used: there is no such device; numpy has cpu",
        " ": "XNN_DEVICE= : ' ' is not a device. Cure: ",
    }.items():
        monkeypatch.setenv("XNN_DEVICE", value)
        assert main(["devices"]) == 2
        output, complaint = capsys.readouterr()
        assert re.search(r"^numpy:cpu +usable: .+$", output, re.MULTILINE)
        assert f"\nthe default is none: {why}" in output
        assert complaint.startswith(f"xnn: {why}")
        assert main(["devices", "--json"]) == 2
        output, complaint = capsys.readouterr()
        found = json.loads(output)
        assert found["default"]["device"] is None
        assert found["default"]["why"].startswith(why)
        assert complaint.startswith(f"xnn: {why}")


@pytest.mark.parametrize("value", ["cpu", "numpy:cpu"])
def test_devices_with_a_default(capsys, monkeypatch, value):
    monkeypatch.setenv("XNN_DEVICE", value)
    assert main(["devices"]) == 0
    assert capsys.readouterr().out.endswith(f"\nthe default is numpy:cpu: set by XNN_DEVICE={value}\n")
    assert main(["devices", "--json"]) == 0
    expected = {"device": "numpy:cpu", "why": f"set by XNN_DEVICE={value}"}
    assert json.loads(capsys.readouterr().out)["default"] == expected


@pytest.mark.parametrize("value", ["", "auto"])
def test_devices_with_a_default_that_is_auto(capsys, monkeypatch, value):
    monkeypatch.setenv("XNN_DEVICE", value)
    assert main(["devices"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("auto takes ")


# ---- as a process ----


def test_the_version():
    assert command("--version").stdout == f"xnn {xnn.__version__}\n"


def test_the_command_is_installed():
    script = shutil.which("xnn", path=Path(sys.executable).parent)
    if script is None:
        pytest.skip("xnn is not installed beside this Python")
    assert subprocess.run([script, "--version"], capture_output=True, text=True).stdout == f"xnn {xnn.__version__}\n"


def test_a_reader_who_leaves_early():
    read, write = os.pipe()
    os.close(read)
    arguments = [sys.executable, "-m", "xnn", "devices"]
    with os.fdopen(write, "w") as gone:
        found = subprocess.run(arguments, stdout=gone, stderr=subprocess.PIPE, text=True)
    assert found.stderr == ""


def test_importing_the_command_is_cheap():
    script = "import sys, xnn.cli; print(*{'matplotlib', 'safetensors', 'tqdm', 'torch', 'cupy'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "\n"
