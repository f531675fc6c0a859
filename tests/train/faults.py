"""Runs the command once for each call that changes a file system, and lets that call fail: a script.

    faults.py HOW WORK FINISH LIMIT -- the command's words, with {} for the folder of the run

HOW is "kill", the process ends before that call; "torn", it ends when half of what was to be written is; "full", the call
says that the disk is; "stop", it says that Ctrl-C was pressed when it has been done. Prints a line of JSON for each: what
it was, the exit code, what was said, what `--resume` and a new run in the folder came to then.
"""

import contextlib
import errno
import io
import json
import os
import pathlib
import shutil
import sys

from xnn.cli import main

NAMES = ("open", "write", "fsync", "replace", "unlink", "mkdir", "ftruncate")
KILLED = 99


def changes(name, args):
    return name != "open" or bool(args[1] & os.O_CREAT)


def install(how, position):
    """Let the call of that number fail."""
    left = position

    def wrap(name, real):
        def call(*args, **options):
            nonlocal left
            if not changes(name, args):
                return real(*args, **options)
            left -= 1
            if left:
                return real(*args, **options)
            os.environ["FAULT"] = f"{name} {os.path.basename(str(args[0]))}"
            if how == "kill":
                os._exit(KILLED)
            if how == "full":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if how == "torn":
                if name == "write":
                    real(args[0], args[1][: len(args[1]) // 2])
                os._exit(KILLED)
            result = real(*args, **options)
            raise KeyboardInterrupt
            return result

        return call

    for name in NAMES:
        setattr(os, name, wrap(name, getattr(os, name)))
    real = os.fdopen

    class Unbuffered(io.FileIO):
        """What is written goes through os.write, as one call."""

        def write(self, content):
            view = memoryview(content)
            while len(view):
                view = view[os.write(self.fileno(), view) :]
            return len(content)

    os.fdopen = lambda handle, mode="r", *args: Unbuffered(handle, "wb") if mode == "wb" else real(handle, mode, *args)
    return lambda: left


def said(words):
    """The exit code of the command, and what it says on stderr."""
    errors = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
        code = main(words)
    return code, errors.getvalue()


def in_child(work):
    """What a function gives, in a process of its own; None where that was killed."""
    read, write = os.pipe()
    if not (child := os.fork()):
        os.close(read)
        result = json.dumps(work()).encode()
        os.write(write, result)
        os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:
        result = pipe.read()
    os.waitpid(child, 0)
    return json.loads(result) if result else None
