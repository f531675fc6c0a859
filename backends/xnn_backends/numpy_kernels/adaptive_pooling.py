"""Windows that fit a number of outputs: sums and maxima."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from xnn_backends.protocol import HostArray, Kernel

from .pooling import LONG


def adaptive_max_places(xp: Any, x: HostArray, *, output_size: Any) -> tuple[HostArray, None]:
    """Flat positions in the image, window by window: 12 ms of (128, 32, 28, 28) to 5 x 5, the definition 27."""
    out: Any = np.empty((*x.shape[:2], *output_size), np.int64)
    places: Any = np.arange(math.prod(x.shape[2:])).reshape(x.shape[2:])
    for window in itertools.product(*map(range, output_size)):
        bounds = zip(window, x.shape[2:], output_size, strict=True)
        seen = tuple(slice(i * m // n, -(-(i + 1) * m // n)) for i, m, n in bounds)
        here = x[(slice(None), slice(None), *seen)]
        found = here.reshape(*x.shape[:2], math.prod(here.shape[2:])).argmax(axis=2)
        out[(slice(None), slice(None), *window)] = places[seen].reshape(-1)[found]
    return out, None


def sum_segments(xp: Any, x: HostArray, *, axis: int, windows: int) -> tuple[HostArray, None]:
    """The sums of adaptive windows, of a slice after another: 5 ms of (128, 32, 28, 28) to 5 x 5, by `sum` 14."""
    size = x.shape[axis]
    out = np.empty((*x.shape[:axis], windows, *x.shape[axis + 1 :]), x.dtype)
    seen, made = np.moveaxis(x, axis, 0), np.moveaxis(out, axis, 0)
    for i in range(windows):
        start, stop = i * size // windows, -(-(i + 1) * size // windows)
        if stop - start > LONG or x.dtype == np.float16:
            made[i] = xp.sum(seen[start:stop], axis=0)
            continue
        made[i] = seen[start]
        for k in range(start + 1, stop):
            np.add(made[i], seen[k], out=made[i])
    return out, None


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {
        "adaptive_max_places": Kernel(adaptive_max_places),
        "sum_segments": Kernel(sum_segments),
    }
