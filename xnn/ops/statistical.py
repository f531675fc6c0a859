"""Statistical functions of the array API standard (sections statistical and utility), each with its derivative.

`axis` is an int, a tuple of ints, or None for all dimensions; negative ones count from the end. Shapes: x has any; the
result lacks the dimensions `axis`, or has them with size 1 if `keepdims`; so over all it has the shape (), and over the
axis 1 of (2, 3, 4) it has (2, 4) or (2, 1, 4). Ties of max and min share the gradient equally, as in PyTorch's amax.

Raises: IndexError for an axis that x lacks; the array library's own error for one named twice.
"""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.primitive import primitive

from .promotion import floating

__all__ = [
    "all",
    "any",
    "max",
    "mean",
    "min",
    "sum",
    "var",
]

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
    """The sum over dimensions; of no elements it is 0.

    Shapes: x any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types: numeric;
    floating types stay. Small integers and bools are summed in 64 bits: of unsigned ones PyTorch's sum is int64,
    others' uint64. `dtype` is the type to sum in, and that of the result.
    """
    return xp.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)


@primitive(
    lambda xp, g, out, x, axis, keepdims: xp.broadcast_to(spread(xp, g, x, axis, keepdims) / _count(x, axis), x.shape),
    promote=floating,
)
def mean(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The arithmetic mean over dimensions, sum / n; of no elements it is NaN.

    Shapes: x any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types: numeric;
    integers become the default floating type.
    """
    return xp.mean(x, axis=axis, keepdims=keepdims)


def _extreme(xp: Any, g: Any, out: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    hit = xp.astype(x == spread(xp, out, x, axis, keepdims), g.dtype)
    shared = xp.sum(hit, axis=reduced_axes(x.ndim, axis), keepdims=True)
    return spread(xp, g, x, axis, keepdims) * hit / shared


@primitive(_extreme, keeps="x out")
def max(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest element over dimensions; NaN where there is one, and its derivative is NaN too.

    Shapes: x any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types: integers and
    real floating; the type stays. The largest elements share the derivative equally. No elements: the library's own
    error.
    """
    return xp.max(x, axis=axis, keepdims=keepdims)


@primitive(_extreme, keeps="x out")
def min(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest element over dimensions; NaN where there is one, and its derivative is NaN too.

    Shapes: x any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types: integers and
    real floating; the type stays. The smallest elements share the derivative equally. No elements: the library's own
    error.
    """
    return xp.min(x, axis=axis, keepdims=keepdims)


def _var(xp: Any, g: Any, out: Any, x: Any, axis: Axis, correction: float, keepdims: bool) -> Any:
    centred = x - xp.mean(x, axis=axis, keepdims=True)
    free = _count(x, axis) - correction
    return spread(xp, g, x, axis, keepdims) * centred * (2 / free if free > 0 else math.nan)


@primitive(_var, keeps="x", promote=floating)
def var(xp: Any, x: Any, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """The variance over dimensions: sum((x - mean)**2) / (n - correction), of n elements.

    Shapes: x any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types: integers, which
    become the default floating type, and real floating. Of no elements it is NaN; with n <= correction it is no finite
    number (NaN or infinite), and its derivative is NaN. The correction is 0 as in the standard; torch.var's is 1.
    """
    return xp.var(x, axis=axis, correction=correction, keepdims=keepdims)


@primitive()
def all(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether all elements over dimensions are true, or not 0; of no elements, True.

    Shapes: x any; the result, a bool, without the dimensions `axis`, or with size 1 there if `keepdims`. NaN is not 0.
    """
    return xp.all(x, axis=axis, keepdims=keepdims)


@primitive()
def any(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether an element over dimensions is true, or not 0; of no elements, False.

    Shapes: x any; the result, a bool, without the dimensions `axis`, or with size 1 there if `keepdims`. NaN is not 0.
    """
    return xp.any(x, axis=axis, keepdims=keepdims)
