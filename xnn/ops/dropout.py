"""Dropout: an operation that draws its own random numbers, from a place in a stream."""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.operands import device_of
from xnn.autograd.primitive import fused
from xnn.typing import A
from xnn_backends.dtypes import DType, float32

from .data_types import dtype_of, finfo


@fused()
def dropped(xp: Any, x: A, /, *, p: float, seed: int, block: int, shape: tuple[int, ...] | None = None) -> A:
    """x where a number of U(0, 1) is at least p, times 1 / (1 - p), else 0.

    The numbers are float32's from block `block` of the stream `seed` on, as many as `shape` says, and broadcast to x.
    """
    device = device_of(x, "dropout")
    shape = tuple(x.shape) if shape is None else shape
    raw = device.backend.random_uniform(seed, block, math.prod(shape), float32, device)
    draws = xp.reshape(frontend.array(raw, device) if isinstance(x, Tracked) else raw, shape)
    kept = xp.astype(draws >= p, x.dtype)
    return x * (kept * growth(p, dtype_of(x)))


def growth(p: float, dtype: DType) -> float:
    """1 / (1 - p), as far as the type goes: infinity times what is dropped would be NaN."""
    return min(1 / (1 - p), finfo(dtype).max) if p < 1 else 1.0
