"""Reads bytes of the host into NumPy arrays, for data files."""

from __future__ import annotations

import errno
import math
import os
import stat
import zipfile
import zlib
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import numpy as np

from .protocol import HostArray


def open_file(path: str | PathLike[str], *, follow_links: bool = True) -> BinaryIO:
    """A regular file, to be read. What may never end, or never begin, as pipes and devices, is refused at once.

    Raises:
        OSError: if it is missing, or may not be read, or is no regular file, or a link where none is followed.
    """
    if not follow_links and os.path.islink(path):  # noqa: PTH114  # any kind of path
        raise OSError(errno.ELOOP, "it is a link", str(path))
    unfollowed = 0 if follow_links else getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(path, os.O_RDONLY | unfollowed | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is a pipe or a device, and no regular file", str(path))
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_npz(path: str | PathLike[str]) -> dict[str, HostArray]:
    """The arrays of an .npz file by name; never unpickles.

    Raises:
        OSError: if the file is missing or cannot be read.
        ValueError: if it is damaged.
    """
    try:
        # opened here, because NumPy does not close a file that is damaged
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except (zipfile.BadZipFile, zlib.error, EOFError, AttributeError, TypeError) as error:
        # NumPy gives a lone array for .npy contents: no context manager, and no names
        raise ValueError(f"not an .npz file: {error}") from error


def from_bytes(buffer: bytes | bytearray, dtype: str, shape: tuple[int, ...], byte_order: str = "=") -> HostArray:
    """An array of `shape` of the bytes at the end of `buffer`, in the machine's own byte order.

    Args:
        buffer: at least as many bytes as the array has; what comes before them is skipped.
        dtype: a name, as float32.
        shape: of the array.
        byte_order: ">" for big-endian, "<" for little-endian, "=" for the machine's own.
    """
    stored = np.dtype({">": ">", "<": "<"}.get(byte_order, "=") + np.dtype(dtype).str[1:])
    count = math.prod(shape)
    start = len(buffer) - count * stored.itemsize
    flat = np.frombuffer(buffer, stored, count=count, offset=start)
    return flat.reshape(shape).astype(stored.newbyteorder("="), copy=False)
