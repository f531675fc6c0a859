"""What the bits of a run depend on besides its seed is recorded, and said where a resume has others."""

import json

import numpy as np
import pytest

from tests import optional
from xnn.train import Run, machine

from .runs import command, resume, train

OPTIONS = ("--model", "softmax", "--epochs", "1")


@pytest.fixture
def done(small, tmp_path):
    """A complete run of one epoch."""
    assert train(small, tmp_path / "run", *OPTIONS) == 0
    return tmp_path / "run"


def test_the_facts_are_in_the_config(done, tmp_path, small):
    config = json.loads((done / "config.json").read_text())
    assert {name: config[name] for name in machine.FACTS} == machine.facts()
    assert config["numpy"] == np.__version__
    environment = {"XNN_FAST": "0", "OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "2"}
    words = ["train", "mnist", "--device", "cpu", "--data", str(small), "--out", str(tmp_path / "other"), *OPTIONS]
    assert command(*words, **environment).returncode == 0
    config = Run.open(tmp_path / "other").config
    assert (config["fast"], config["threads"]) == (False, 3)
    assert config["blas_threads"] in (1, 2)  # no more than there are processors


@pytest.mark.needs("threadpoolctl")
def test_products_are_those_that_threadpoolctl_sees():
    threadpoolctl = optional.module("threadpoolctl")
    found = [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    assert machine.facts()["blas_threads"] in found


@pytest.mark.parametrize(
    ("name", "value", "words", "cure"),
    [
        ("threads", 64, "threads of compiled kernels: 64 before, ", "OMP_NUM_THREADS=64 OPENBLAS_NUM_THREADS="),
        ("blas_threads", 64, "threads of matrix products: 64 before, ", "OPENBLAS_NUM_THREADS=64."),
        ("numpy", "1.0.0", f"NumPy: 1.0.0 before, {np.__version__} now.", "NumPy 1.0.0."),
    ],
)
def test_a_resume_with_others_says_so_and_goes_on(done, capsys, name, value, words, cure):
    run = Run.open(done)
    run.config[name] = value
    run.write_config()
    assert resume(done, "--epochs", "2") == 0
    error = capsys.readouterr().err
    assert error.startswith(
        "xnn: warning: the run goes on to nearly the same weights, and not bit for bit to the same: "
    )
    assert words in error
    assert cure in error.partition(" Cure: stop it, and resume with ")[2]
    assert len(error.splitlines()) == 1
    assert Run.open(done).config[name] == machine.facts()[name]
    assert resume(done, "--epochs", "3") == 0
    assert capsys.readouterr().err == ""


def test_the_cure_works_after_a_stop(done, capsys, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    others = {**machine.facts(), "threads": 64}
    with monkeypatch.context() as other:
        other.setattr(machine, "facts", lambda: others)
        other.setattr("xnn.train.mnist.train_epoch", stopped)
        assert resume(done, "--epochs", "2") == 130
    assert "64 now. Cure: stop it, and resume with OMP_NUM_THREADS=" in capsys.readouterr().err
    assert resume(done) == 0  # to the 2 epochs that were asked for
    assert (Run.open(done).epoch, capsys.readouterr().err) == (2, "")


def test_compiled_kernels_that_come_or_go(done):
    run = Run.open(done)
    run.config["fast"] = True
    run.write_config()
    found = command("train", "mnist", "--device", "cpu", "--resume", str(done), "--epochs", "2", XNN_FAST="0")
    assert found.returncode == 0
    assert "not bit for bit to the same: compiled kernels: on before, off now. " in found.stderr
    assert "resume with the extra fast and XNN_FAST=1." in found.stderr


def test_nothing_is_said_where_nothing_is_promised_or_done(done, capsys):
    run = Run.open(done)
    run.config["numpy"] = "1.0.0"
    run.write_config()
    assert resume(done) == 0  # it is complete
    run = Run.open(done)
    run.config["device"] = "cupy:cuda:0"
    run.write_config()
    assert resume(done, "--epochs", "2") == 0
    older = Run.open(done)
    for name in machine.FACTS:
        del older.config[name]
    older.write_config()
    assert resume(done, "--epochs", "3") == 0
    assert capsys.readouterr().err == ""
