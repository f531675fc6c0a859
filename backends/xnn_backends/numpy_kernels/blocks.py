"""Passes over memory in blocks: all steps are done to what fits into the cache, then the next block comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from xnn_backends.protocol import HostArray

# Numbers in a block. With three or four blocks at work, these are 512 KB: sigmoid of 2**20 numbers takes 0.8 ms with
# blocks of 2**14 to 2**16, 1.0 with 2**12 (Python's part), 1.6 with 2**18.
BLOCK = 1 << 15


def single(x: HostArray) -> HostArray:
    """Half precision as float32: it is rounded once, at the end."""
    return x.astype(np.float32) if x.dtype.char == "e" else x


def flat(x: HostArray) -> HostArray:
    """All elements in one row; a copy only of what is not contiguous."""
    return x.reshape(-1)


def each(work: Callable[..., Any], *arrays: HostArray, scratch: int = 1) -> HostArray:
    """A new array, of the shape of the first: `work(out, *arrays, *scratch)` fills it block by block."""
    first = arrays[0]
    out = np.empty(first.shape, first.dtype)
    rows = [flat(out), *map(flat, arrays)]
    size = rows[0].size
    spare = [np.empty(min(BLOCK, size), first.dtype) for _ in range(scratch)]
    if size <= BLOCK:
        work(*rows, *spare)
        return out
    for start in range(0, size, BLOCK):
        part = [x[start : start + BLOCK] for x in rows]
        work(*part, *(x[: part[0].size] for x in spare))
    return out
