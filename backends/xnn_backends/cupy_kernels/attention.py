"""Weights of attention: a product, and one launch that scales, masks and normalises it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import cupy

from xnn_backends.protocol import Kernel

from . import softmax
from .sources import TEAMS, Source, agreeing, straight, struct

# Beside the products one launch forwards, and one backwards, where causal attention takes 17 and 7 by its definition.
SOURCE = Source(
    TEAMS
    + r"""
// A mask has strides of 0 where it is broadcast: numbers that are added, or who is attended to at all.
struct Mask { Int length, batch, row, column, is_causal; };
__device__ inline Int place(const Mask& m, Int row, Int j) {
    return over(row, m.length) * m.batch + rest(row, m.length) * m.row + j * m.column;
}
__device__ inline bool hides(const Mask& m, const bool* allowed, Int row, Int j) {
    return (m.is_causal && j > rest(row, m.length)) || (allowed && !allowed[place(m, row, j)]);
}
__device__ inline WIDE score(
    const REAL* x, const bool* allowed, const REAL* added, const Mask& m, WIDE scale, Int row, Int j
) {
    WIDE value = hides(m, allowed, row, j) ? (WIDE)-INFINITE : (WIDE)x[j] * scale;
    return added ? value + (WIDE)added[place(m, row, j)] : value;
}
extern "C" __global__ void __launch_bounds__(1024) attention_weights(
    const REAL* x, const bool* allowed, const REAL* added, REAL* y, Mask mask, double factor,
    Int groups, Int count, Int lanes, Int apart
) {
    __shared__ WIDE shared[1024];
    Team t = team(lanes, apart);
    Int end = t.group < groups ? count : 0;
    WIDE most = -INFINITE, total = 0, scale = factor;
    x += t.group * count;
    y += t.group * count;
    for (Int j = t.lane; j < end; j += lanes) most = Most()(most, score(x, allowed, added, mask, scale, t.group, j));
    most = together(most, Most(), t, shared);
    if (most == -INFINITE) most = 0;
    for (Int j = t.lane; j < end; j += lanes) total += exp(score(x, allowed, added, mask, scale, t.group, j) - most);
    total = together(total, Sum(), t, shared);
    for (Int j = t.lane; j < end; j += lanes) {
        WIDE weight = exp(score(x, allowed, added, mask, scale, t.group, j) - most) / total;
        y[j] = total == 0 ? (WIDE)0 : weight;
    }
}
extern "C" __global__ void __launch_bounds__(1024) attention_weights_back(
    const REAL* y, const REAL* g, const bool* allowed, REAL* dx, Mask mask, double scale, Int groups, Int count,
    Int lanes, Int apart
) {
    __shared__ WIDE shared[1024];
    Team t = team(lanes, apart);
    Int end = t.group < groups ? count : 0, start = t.group * count;
    WIDE total = 0;
    for (Int j = t.lane; j < end; j += lanes) total += (WIDE)g[start + j] * (WIDE)y[start + j];
    total = together(total, Sum(), t, shared);
    for (Int j = t.lane; j < end; j += lanes) {
        WIDE slope = (WIDE)y[start + j] * ((WIDE)g[start + j] - total) * (WIDE)scale;
        dx[start + j] = hides(mask, allowed, t.group, j) ? (WIDE)0 : slope;
    }
}
"""
)


def _mask(mask: Any, shape: Sequence[int], is_causal: bool) -> tuple[Any, Any]:
    """A mask whose leading dimensions are one stride, and the structure Mask."""
    length = shape[-2]
    if mask is None:
        return None, struct([length, 0, 0, 0, is_causal])
    lead = mask.shape[:-2]
    if math.prod(lead) != 1:
        mask = cupy.broadcast_to(mask, (*shape[:-2], *mask.shape[-2:])) if mask.ndim > 2 else mask
    mask = straight(mask)
    rows, columns = (1, 1, *mask.shape)[-2:]
    batch = 0 if math.prod(mask.shape[:-2]) == 1 else rows * columns
    return mask, struct([length, batch, columns if rows > 1 else 0, int(columns > 1), is_causal])


def _weights(
    xp: Any, query: Any, key: Any, mask: Any = None, *, scale: float, is_causal: bool = False
) -> tuple[Any, Any]:
    dtype = query.dtype
    query, key, mask = _singles(query, key, mask)
    scores = straight(cupy.matmul(query, key.swapaxes(-1, -2)))
    out = cupy.empty(scores.shape, scores.dtype)
    if out.size:
        mask, layout = _mask(mask, scores.shape, is_causal)
        allowed, added = (mask, None) if mask is not None and mask.dtype.kind == "b" else (None, mask)
        arguments = (scores, allowed, added, out, layout, float(scale))
        SOURCE.teams("attention_weights", out.dtype, *_rows(out), False, *arguments)
    return out.astype(dtype, copy=False), out


def _singles(*arrays: Any) -> list[Any]:
    """The arrays, those of half precision as float32, as the definition takes them."""
    return [x.astype(cupy.float32) if x is not None and x.dtype.char == "e" else x for x in arrays]


def _rows(x: Any) -> tuple[int, int]:
    return math.prod(x.shape[:-1]), x.shape[-1]


def _of_shape(x: Any, like: Any) -> Any:
    """Summed over the dimensions along which `like` was broadcast."""
    extra = x.ndim - like.ndim
    axes = (*range(extra), *(i for i in range(extra, x.ndim) if like.shape[i - extra] == 1 != x.shape[i]))
    return x.sum(axis=axes, keepdims=True).reshape(like.shape) if axes else x


def _weights_vjp(
    xp: Any, out: Any, g: Any, needs: Sequence[bool], query: Any, key: Any, mask: Any = None, *,
    scale: float, is_causal: bool = False,
) -> list[Any]:  # fmt: skip
    dtype, dq, dk = query.dtype, None, None
    g, query, key = _singles(g, query, key)
    if needs[0] or needs[1]:
        slopes, g = cupy.empty(out.shape, out.dtype), straight(g)
        if out.size:
            allowed, layout = _mask(mask if mask is not None and mask.dtype.kind == "b" else None, out.shape, is_causal)
            arguments = (out, g, allowed, slopes, layout, float(scale))
            SOURCE.teams("attention_weights_back", out.dtype, *_rows(out), False, *arguments)
        dq = _of_shape(cupy.matmul(slopes, key), query) if needs[0] else None
        dk = _of_shape(cupy.matmul(slopes.swapaxes(-1, -2), query), key) if needs[1] else None
    dm = _of_shape(softmax.slopes(out, g), mask) if needs[-1] and len(needs) > 2 else None
    return [x if x is None else x.astype(dtype, copy=False) for x in (dq, dk, dm)]


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {
        "attention_weights": agreeing(Kernel(_weights, _weights_vjp)),
        "masked_softmax": softmax.kernel_of(softmax.MASKED),
    }
