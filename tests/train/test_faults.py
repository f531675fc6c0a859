"""Wherever a run is killed, or the disk is full, it can be gone on with or begun anew, and what is said is true."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from xnn.train import Run

from .runs import tensors_of, train

pytestmark = [pytest.mark.plain, pytest.mark.skipif(not hasattr(os, "fork"), reason="each trial is a forked process")]
MODEL = ("--model", "softmax", "--epochs", "2")


def trials(how, each, folder, data):
    """What came of letting one call fail after the other."""
    words = ["train", "mnist", "--device", "cpu", *MODEL, "--data", str(data), "--out", "{}"]
    command = [sys.executable, "-m", "tests.train.faults", how, str(each), str(folder), *words]
    found = subprocess.run(command, capture_output=True, text=True, cwd=pathlib.Path(__file__).parents[2])
    assert found.returncode == 0, found.stderr
    return [json.loads(line) for line in found.stdout.splitlines()]


@pytest.fixture(scope="module")
def whole(small, tmp_path_factory):
    """The digests of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert train(small, folder, *MODEL) == 0
    from .faults import digests

    tensors_of(Run.open(folder))
    return digests(folder)


@pytest.mark.parametrize(("how", "each"), [("kill", 4), ("torn", 5), ("stop", 7)])
def test_every_place_to_stop(small, whole, tmp_path, how, each):
    found = trials(how, each, tmp_path, small)
    assert len(found) > 70 // each  # `python -m tests.train.faults` tries them all
    assert {trial["epoch"] for trial in found} == {None, 0, 1, 2}
    for trial in found:
        assert trial["way"] == ("out" if trial["epoch"] is None else "resume"), trial
        assert trial["came to"] == [0, ""], trial
        assert trial["digests"].items() >= whole.items(), trial
        said = re.search(r"the last complete checkpoint, of epoch (\d)", trial["errors"])
        assert said is None or int(said[1]) == trial["epoch"], trial


def test_a_full_disk(small, whole, tmp_path):
    found = trials("full", 5, tmp_path, small)
    assert len(found) > 14
    for trial in found:
        assert trial["came to"] == [0, ""], trial
        assert trial["digests"].items() >= whole.items(), trial
        if trial["code"] == 0:  # a folder that cannot be synchronised, or remains that cannot be removed
            assert trial["epoch"] == 2, trial
            assert trial["errors"] == "" or "is complete, but what is left of older ones" in trial["errors"], trial
            continue
        assert trial["code"] == 2, trial
        assert "No space left on device. Cure: make room there" in trial["errors"], trial
        said = re.search(r"the last complete checkpoint, of epoch (\d)", trial["errors"])
        assert said is None or int(said[1]) == trial["epoch"], trial
        assert ("no checkpoint is in" not in trial["errors"]) or trial["epoch"] is None, trial
