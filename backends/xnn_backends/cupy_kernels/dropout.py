"""Dropout: numbers are drawn, compared and multiplied in one launch each way, and no mask is kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import cupy

from xnn_backends.protocol import Kernel

from .functions import PHILOX
from .sources import THREADS, Source, straight

# The way back draws anew: 16 bytes an element move each step, where steps that keep a mask move 46, in 6 launches.
# A thread takes the eight numbers of a block of Philox; the bits are those of xnn.random, in single precision.
SOURCE = Source(
    PHILOX
    + r"""
struct __align__(16) Pack { REAL of[16 / sizeof(REAL)]; };  // what a thread reads and writes at once
// x (n, length), of which all of a row are dropped or none, and the others multiplied by `scale`.
extern "C" __global__ void dropped(
    const REAL* x, REAL* y, double p, double scale, word64 seed, word64 block, Int length, Int n
) {
    Int i = here();
    if (8 * i >= n) return;
    unsigned long long word[4];
    philox(block + 1 + i, seed, word);
    WIDE factors[8];
    for (int j = 0; j < 8; j++) {
        float draw = ((unsigned int)(word[j / 2] >> 32 * (j % 2)) >> 8) * (1.0f / 16777216.0f);
        factors[j] = draw >= (float)p ? (WIDE)(REAL)(WIDE)scale : (WIDE)0;  // rounded, as the definition's
    }
    x += 8 * i * length;
    y += 8 * i * length;
    if (length == 1 && 8 * i + 8 <= n && ((size_t)x | (size_t)y) % 16 == 0) {
        const int each = 16 / sizeof(REAL);
        for (int j = 0; j < 8; j += each) {
            Pack pack = *(const Pack*)(x + j);
            for (int k = 0; k < each; k++) pack.of[k] = (WIDE)pack.of[k] * factors[j + k];
            *(Pack*)(y + j) = pack;
        }
        return;
    }
    for (int j = 0; j < 8 && 8 * i + j < n; j++)
        for (Int k = j * length; k < (j + 1) * length; k++) y[k] = (WIDE)x[k] * factors[j];
}
"""
)


def _dropped(x: Any, p: float, seed: int, block: int, shape: Sequence[int] | None) -> Any:
    x = straight(x)
    out = cupy.empty(x.shape, x.dtype)
    count = x.size if shape is None else math.prod(shape)
    if out.size:
        grid = (-(-count // (8 * THREADS)),)
        scale = min(1 / (1 - p), float(cupy.finfo(x.dtype).max)) if p < 1 else 1.0
        places = (cupy.uint64(seed), cupy.uint64(block))
        SOURCE.kernel("dropped", x.dtype)(grid, (THREADS,), (x, out, float(p), scale, *places, x.size // count, count))
    return out


def _forward(
    xp: Any, x: Any, *, p: float, seed: int, block: int, shape: Sequence[int] | None = None
) -> tuple[Any, None]:
    return _dropped(x, p, seed, block, shape), None


def _vjp(
    xp: Any, residual: None, g: Any, needs: Sequence[bool], x: Any, *, p: float, seed: int, block: int,
    shape: Sequence[int] | None = None,
) -> list[Any]:  # fmt: skip
    return [_dropped(g, p, seed, block, shape)]


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {"dropped": Kernel(_forward, _vjp)}
