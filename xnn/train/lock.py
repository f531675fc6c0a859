"""A lock on a folder, which the system itself drops when the process that holds it ends, however it ends."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from xnn.errors import CheckpointError

NAME = "run.lock"
MOST = 32  # bytes
# How systems say "another one has it"; any other error says that this file system has no locks.
TAKEN = {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK}

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        # A byte far behind the end: Windows lets nobody read what is locked, and the others read the pid.
        os.lseek(handle, 1 << 30, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(handle, 0, os.SEEK_SET)

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: a file `run.lock` with the pid in it, removed at the end.

    What excludes others is the system's lock on the file, not the file: one that a killed process
    left behind is taken over. On a file system without locks nobody is excluded.

    Args:
        folder: is there, and can be written.

    Raises:
        CheckpointError: if another process has the lock, or `run.lock` is no file of its own, but a link or the like.
        OSError: if the folder cannot be written.
    """
    path = folder / NAME
    handle = _open(path)
    try:
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        yield
    finally:
        with contextlib.suppress(OSError):
            if os.name == "posix":
                path.unlink()  # while it is still locked: nobody who has locked it loses it
        os.close(handle)
        with contextlib.suppress(OSError):
            if os.name != "posix":
                path.unlink()  # Windows removes only what nobody has open


def _open(path: Path) -> int:
    """A handle of the lock file, locked."""
    while True:
        handle = _opened(path)
        try:
            try:
                _take(handle)
            except OSError as error:
                if error.errno in TAKEN:
                    raise CheckpointError(_who(handle, path.parent)) from None
            if _is(handle, path):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # its owner removed it between our opening and our locking


def _opened(path: Path) -> int:
    """A handle of the lock file. What else has its name is left as it is: behind a link may be anybody's file."""
    is_link = path.is_symlink()
    try:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        handle = -1 if is_link else os.open(path, flags, 0o666)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        handle = -1
    if handle >= 0:
        if _is_lock(handle):
            return handle
        os.close(handle)
    raise CheckpointError(
        f"the lock of a run is a file with a number in it, and {path} is a link, or another file. Cure: remove it."
    )


def _is_lock(handle: int) -> bool:
    """Whether a file is a lock, which may be taken and removed: it has no other name, and at most a pid in it."""
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:  # 0: its owner has just removed it
        return False
    content = os.read(handle, MOST + 1)
    os.lseek(handle, 0, os.SEEK_SET)
    return len(content) <= MOST and (content + b"0").isdigit()


def _is(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except FileNotFoundError:
        return False


def _who(handle: int, folder: Path) -> str:
    pid = os.read(handle, MOST).decode(errors="replace")
    return (
        f"one process at a time writes to a run; another one{f' (pid {pid})' if pid else ''} is writing to {folder}. "
        "Cure: wait until it ends, or end it."
    )
