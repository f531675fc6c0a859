"""Small runs on the CPU, and how two of them are compared."""

import json
import os
import subprocess
import sys

import numpy as np
import safetensors.numpy

from xnn.cli import main
from xnn.train import Run, files


def train(data, out, *options):
    """Run the command; gives its exit code."""
    return main(["train", "mnist", "--device", "cpu", "--data", str(data), "--out", str(out), *options])


def resume(folder, *options):
    return main(["train", "mnist", "--device", "cpu", "--resume", str(folder), *options])


def command(*words, **environment):
    """The command as a process of its own."""
    environment = {**os.environ, **environment}
    return subprocess.run([sys.executable, "-m", "xnn", *words], capture_output=True, text=True, env=environment)


def without_checksums(folder):
    """Take the checksums out of a run's config and history, and write its tensors as versions without them did."""
    for kind in ("weights", "optimizer"):
        (path,) = folder.glob(f"{kind}-*.safetensors")
        tensors, notes = files.read_tensors(path)
        del notes["run"]
        metadata = {"crc32": str(files._crc32(tensors)), "notes": json.dumps(notes)}
        safetensors.numpy.save_file(tensors, path, metadata)
    config, history = (json.loads((folder / f"{name}.json").read_text()) for name in ("config", "history"))
    for part in (config, *history):
        del part["checksums"]
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "history.json").write_text(json.dumps(history))


def tensors_of(run):
    """Everything in a run's last checkpoint: arrays by name, and the rest."""
    optimizer = run.folder / run.weights_path.name.replace("weights", "optimizer")
    return files.read_tensors(run.weights_path), files.read_tensors(optimizer)


def assert_same_run(one, other):
    """Same epochs, and the same weights, optimizer and random stream, bit for bit."""
    one, other = Run.open(one), Run.open(other)
    entries = [[{k: v for k, v in e.items() if k != "seconds"} for e in run.history] for run in (one, other)]
    assert entries[0] == entries[1]
    for (found, found_notes), (expected, expected_notes) in zip(tensors_of(one), tensors_of(other), strict=True):
        assert found_notes == expected_notes
        assert found.keys() == expected.keys()
        for name in found:
            np.testing.assert_array_equal(found[name], expected[name], strict=True, err_msg=name)
