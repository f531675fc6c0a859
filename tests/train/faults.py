"""Runs the command again and again, and lets one call that changes the file system fail each time: the first, and
each EACH-th after it.

    python -m tests.train.faults HOW EACH FOLDER WORDS...     WORDS have {} for the folder of the run

HOW is what happens: "kill", the process ends in the place of the call; "torn", as well, but when half of it is
written; "full", the disk is; "stop", somebody presses Ctrl-C during it. Prints an object of JSON for each: the call,
the exit code (99: killed) and what was said; the epoch of the run that is there then, which is loaded; how it was gone
on with, "resume" or "out", with which exit code; and the digests of the files in the end.
"""

import contextlib
import errno
import hashlib
import io
import json
import os
import pathlib
import sys

from xnn.cli import main
from xnn.train import Run, models, optimizers

NAMES = ("open", "write", "fsync", "replace", "unlink", "mkdir", "ftruncate")
KILLED = 99


class Unbuffered(io.FileIO):
    """A file each of whose writes is a call of os.write."""

    def write(self, content):
        return os.write(self.fileno(), content)


def install(how, position, reached):
    """Let the call of that number fail, and call `reached` with its name before."""
    left = position

    def replacement(name, real):
        def call(*args, **options):
            nonlocal left
            if name != "open" or args[1] & os.O_CREAT:
                left -= 1
                if left == 0:
                    reached(name)
                    fail(how, real, name, args)
            return real(*args, **options)

        return call

    os.fsync = lambda handle: None  # that takes long, and matters only where the power fails
    for name in NAMES:
        setattr(os, name, replacement(name, getattr(os, name)))
    real = os.fdopen
    os.fdopen = lambda handle, mode="r": Unbuffered(handle, mode) if mode == "wb" else real(handle, mode)


def fail(how, real, name, args):
    if how == "full":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if how == "stop":
        real(*args)
        raise KeyboardInterrupt
    if how == "torn" and name == "write":
        real(args[0], args[1][: len(args[1]) // 2])
    os._exit(KILLED)


def in_child(work):
    """What a function gives in a process of its own, and what it reports before that, as a list."""
    read, write = os.pipe()
    real = os.write
    if not (child := os.fork()):

        def report(value):
            real(write, json.dumps(value).encode() + b"\n")

        report(work(report))
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        lines = [json.loads(line) for line in pipe]
    os.waitpid(child, 0)
    return lines


def command(*words):
    """The exit code, and what is said on stderr."""
    errors = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
        code = main([str(word) for word in words])
    return code, errors.getvalue()


def epoch_of(folder):
    """That of the checkpoint, if it loads; None where there is none."""
    if not (folder / "history.json").exists():
        return None
    run = Run.open(folder)
    model = models.build(run.config["model"])
    run.load(model, optimizers.build(run.config["optimizer"], model.parameters()))
    return run.epoch


def recovered(folder, words):
    resuming = ["train", "mnist", "--device", "cpu", "--resume", folder]
    code, errors = command(*resuming)
    return ("resume", code, errors) if code == 0 else ("out", *command(*words))


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.safetensors"))}


def trial(how, folder, words, position):
    def work(report):
        install(how, position, report)
        return command(*words)

    said = in_child(work)
    if isinstance(said[0], list):  # the call was never reached
        return None
    code, errors = said[1] if len(said) == 2 else (KILLED, "")
    epoch, (way, *came_to) = in_child(lambda _: (epoch_of(folder), recovered(folder, words)))[0]
    files = digests(folder)
    return {
        "call": said[0], "code": code, "errors": errors, "epoch": epoch, "way": way, "came to": came_to,
        "digests": files, "files": len(list(folder.iterdir())),
    }  # fmt: skip


if __name__ == "__main__":
    how, each, base, *words = sys.argv[1:]
    for position in range(1, 1000, int(each)):
        folder = pathlib.Path(base, str(position))
        found = trial(how, folder, [word.replace("{}", str(folder)) for word in words], position)
        if found is None:
            break
        print(json.dumps(found), flush=True)
