"""Statistical functions of the array API standard, each with its derivative.

`axis` is an int, a tuple of ints, or None for all dimensions; `keepdims` leaves them with size 1.
Ties of max and min share the gradient equally, as PyTorch's amax and amin do.
"""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.primitive import primitive

from .promotion import floating

Axis = int | tuple[int, ...] | None


def reduced_axes(ndim: int, axis: Axis) -> tuple[int, ...]:
    """The dimensions that a reduction removes, counted from 0."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(a % ndim for a in ((axis,) if isinstance(axis, int) else axis)) if ndim else ()


def spread(xp: Any, g: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """A reduction's cotangent (or output) with the removed dimensions back, of size 1."""
    if keepdims or g.ndim == len(x.shape):
        return g
    axes = reduced_axes(len(x.shape), axis)
    return xp.reshape(g, tuple(1 if i in axes else n for i, n in enumerate(x.shape)))


def _count(x: Any, axis: Axis) -> int:
    return math.prod(x.shape[i] for i in reduced_axes(len(x.shape), axis))


def _sum(xp: Any, g: Any, out: Any, x: Any, axis: Axis, dtype: Any, keepdims: bool) -> Any:
    if dtype is not None and g.dtype != x.dtype:
        g = xp.astype(g, x.dtype)
    return xp.broadcast_to(spread(xp, g, x, axis, keepdims), x.shape)


@primitive(_sum)
def sum(xp: Any, x: Any, /, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The sum over dimensions."""
    return xp.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)


@primitive(
    lambda xp, g, out, x, axis, keepdims: xp.broadcast_to(spread(xp, g, x, axis, keepdims) / _count(x, axis), x.shape),
    promote=floating,
)
def mean(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The arithmetic mean over dimensions; of integers it is floating."""
    return xp.mean(x, axis=axis, keepdims=keepdims)


def _extreme(xp: Any, g: Any, out: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    hit = xp.astype(x == spread(xp, out, x, axis, keepdims), g.dtype)
    shared = xp.sum(hit, axis=reduced_axes(x.ndim, axis), keepdims=True)
    return spread(xp, g, x, axis, keepdims) * hit / shared


@primitive(_extreme, keeps="x out")
def max(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest element over dimensions; NaN where there is one."""
    return xp.max(x, axis=axis, keepdims=keepdims)


@primitive(_extreme, keeps="x out")
def min(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest element over dimensions; NaN where there is one."""
    return xp.min(x, axis=axis, keepdims=keepdims)


def _var(xp: Any, g: Any, out: Any, x: Any, axis: Axis, correction: float, keepdims: bool) -> Any:
    centred = x - xp.mean(x, axis=axis, keepdims=True)
    free = _count(x, axis) - correction
    return spread(xp, g, x, axis, keepdims) * centred * (2 / free if free else math.nan)


@primitive(_var, keeps="x", promote=floating)
def var(xp: Any, x: Any, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """The variance over dimensions, of n - correction degrees of freedom."""
    return xp.var(x, axis=axis, correction=correction, keepdims=keepdims)


@primitive()
def all(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether all elements are true."""
    return xp.all(x, axis=axis, keepdims=keepdims)


@primitive()
def any(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether an element is true."""
    return xp.any(x, axis=axis, keepdims=keepdims)
