"""Arrays as compiled loops take them: of one layout, so that a loop is compiled once for a type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from xnn_backends.protocol import HostArray

from .threads import in_parts

TYPES = "fd"  # float32 and float64, by NumPy's letters
# Numbers from which on a loop is worth numba's import and the compilation, 0.5 s: relu of so many saves 0.03 ms a step,
# a normalisation 0.2.
LEAST = 1 << 16
PART = 1 << 17  # numbers from which on another thread is worth its start, 0.05 ms


def is_worth(*arrays: HostArray) -> bool:
    """Whether arrays of one type are large enough for a loop, which has one for it."""
    first = arrays[0]
    return first.size >= LEAST and first.dtype.char in TYPES and all(x.dtype == first.dtype for x in arrays)


def plain(x: HostArray) -> HostArray:
    """Contiguous, and such as may be written to: numba compiles a loop anew for what may not."""
    return x if x.flags.carray else np.array(x, order="C")


def in_loops(loop: Callable[..., Any], out: HostArray, *arrays: HostArray, rows: tuple[int, ...] = (-1,)) -> HostArray:
    """`loop(*arrays, out)` over all elements, or over rows of that shape, by several threads where these are many."""
    operands = [plain(x).reshape(rows) for x in (*arrays, out)]
    count = len(operands[0])

    def work(start: int, stop: int) -> None:
        loop(*(x[start:stop] for x in operands))

    in_parts(work, count, max(1, PART * count // max(out.size, 1)))
    return out
