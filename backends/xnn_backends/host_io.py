"""What reads bytes of the host into NumPy arrays: the door for data files."""

from __future__ import annotations

import math
import zipfile
import zlib
from os import PathLike
from pathlib import Path

import numpy as np

from .protocol import HostArray


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


def from_bytes(buffer: bytes, dtype: str, shape: tuple[int, ...], byte_order: str = "=") -> HostArray:
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
