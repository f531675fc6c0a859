"""Statistical functions of the array API standard (its section of that name), each with its derivative.

`axis` is an int, a tuple of ints, or None for all dimensions; negative ones count from the end. Shapes: x has any; the
result lacks the dimensions `axis`, or has them with size 1 if `keepdims`; so over all it has the shape (), and over the
axis 1 of (2, 3, 4) it has (2, 4) or (2, 1, 4). Ties of max and min share the gradient equally, as in PyTorch's amax.

Raises: BoundsError for an axis that x lacks, or one named twice; OptionError for what is no int.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xnn import dtypes
from xnn.autograd.graph import Explanation, Tracked
from xnn.autograd.operands import operand
from xnn.autograd.primitive import primitive
from xnn.autograd.reverse import backward
from xnn.dtypes import DType
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, Axis, DTypeLike

from .cumulative import products_after, products_before
from .data_types import astype
from .promotion import counted, floating, of_reals

__all__ = [
    "max",
    "mean",
    "min",
    "prod",
    "std",
    "sum",
    "var",
]


def reduced_axes(ndim: int, axis: Axis | None) -> tuple[int, ...]:
    """The dimensions that a reduction removes, counted from 0."""
    if axis is None:
        return tuple(range(ndim))
    if type(axis) is int and ndim:
        return (axis % ndim,)
    return tuple(a % ndim for a in ((axis,) if isinstance(axis, int) else axis)) if ndim else ()


def spread(xp: Any, g: Any, x: Any, axis: Axis | None, keepdims: bool) -> Any:
    """A reduction's cotangent (or output) with the removed dimensions back, of size 1."""
    if keepdims or g.ndim == len(x.shape):
        return g
    axes = reduced_axes(len(x.shape), axis)
    return xp.reshape(g, tuple(1 if i in axes else n for i, n in enumerate(x.shape)))


def element_count(x: Any, axis: Axis | None) -> int:
    """How many elements a reduction puts together."""
    return math.prod(x.shape[i] for i in reduced_axes(len(x.shape), axis))


@primitive(
    lambda xp, g, out, x, axis, dtype, keepdims: xp.broadcast_to(spread(xp, g, x, axis, keepdims), x.shape),
    promote=counted,
    kind="linear",
)
def _sum(xp: Any, x: A, /, *, axis: Axis | None, dtype: DType | None, keepdims: bool) -> A:
    return xp.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)


_sum.name = "sum"


def sum(x: A, /, axis: Axis | None = None, dtype: DTypeLike | None = None, *, keepdims: bool = False) -> A:
    """The sum over dimensions; of no elements it is 0.

    Shapes: x any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types: numeric;
    floating types stay, bools and integers are summed in 64 bits, unsigned ones in uint64. `dtype` is the type to sum
    in, and that of the result. float16 and bfloat16 are summed in float32, and the result is rounded: so with prod,
    mean, var and std.
    """
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
        x = astype(operand(x, "sum"), dtype, copy=False)
    return _sum(x, axis=axis, dtype=dtype, keepdims=keepdims)


def _others(xp: Any, x: Any, axis: Axis | None) -> Any:
    """For each element the product of the others, without division: right beside zeros, at every order."""
    axes = reduced_axes(x.ndim, axis)
    order = (*(i for i in range(x.ndim) if i not in axes), *axes)
    back = tuple(order.index(i) for i in range(x.ndim))
    count = element_count(x, axis)
    moved = xp.permute_dims(x, order)
    rows = xp.reshape(moved, (*moved.shape[: x.ndim - len(axes)], count))
    both = products_before(xp, rows) * products_after(xp, rows)
    return xp.permute_dims(xp.reshape(both, moved.shape), back)


@primitive(
    lambda xp, g, out, x, axis, dtype, keepdims: spread(xp, g, x, axis, keepdims) * _others(xp, x, axis),
    keeps="x",
    promote=counted,
)
def _prod(xp: Any, x: A, /, *, axis: Axis | None, dtype: DType | None, keepdims: bool) -> A:
    return xp.prod(x, axis=axis, dtype=dtype, keepdims=keepdims)


_prod.name = "prod"


def prod(x: A, /, axis: Axis | None = None, dtype: DTypeLike | None = None, *, keepdims: bool = False) -> A:
    """The product over dimensions; of no elements it is 1.

    Shapes: x any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types: as those of sum.
    """
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
        x = astype(operand(x, "prod"), dtype, copy=False)
    return _prod(x, axis=axis, dtype=dtype, keepdims=keepdims)


def _mean(xp: Any, g: Any, out: Any, x: Any, axis: Axis | None, keepdims: bool) -> Any:
    count = element_count(x, axis) or 1  # of no elements the result is empty
    # not g / count: float16 holds no larger count than 65504
    return xp.broadcast_to(spread(xp, g, x, axis, keepdims) * (1 / count), x.shape)


@primitive(_mean, promote=floating, kind="linear")
def mean(xp: Any, x: A, /, axis: Axis | None = None, *, keepdims: bool = False) -> A:
    """The arithmetic mean over dimensions, sum / n; of no elements it is NaN.

    Shapes: x any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types: numeric;
    integers become the default floating type.
    """
    return xp.mean(x, axis=axis, keepdims=keepdims)


def _extreme(xp: Any, g: Any, out: Any, x: Any, axis: Axis | None, keepdims: bool) -> Any:
    hit = xp.astype(x == spread(xp, out, x, axis, keepdims), g.dtype)
    shared = xp.sum(hit, axis=reduced_axes(x.ndim, axis), keepdims=True)
    return spread(xp, g, x, axis, keepdims) * hit / shared


def of_some(name: str) -> Explanation:
    """An explanation of why that function failed: ShapeError, if it was for no elements."""

    def explain(shapes: Sequence[tuple[int, ...]], static: dict[str, Any]) -> None:
        (shape,) = shapes
        if any(shape[i] == 0 for i in reduced_axes(len(shape), static["axis"])):
            raise ShapeError(
                f"{name} of no elements is no number; got shape {shape} with axis={static['axis']}. "
                "Cure: ask for x.size first, or put a number in with concat."
            )

    return explain


@primitive(_extreme, keeps="x out", promote=of_reals(), explain=of_some("max"))
def max(xp: Any, x: A, /, axis: Axis | None = None, *, keepdims: bool = False) -> A:
    """The largest element over dimensions; NaN where there is one, and its derivative is NaN too.

    Shapes: x any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types: integers and
    real floating; the type stays. The largest elements share the derivative equally. No elements: ShapeError.
    """
    return xp.max(x, axis=axis, keepdims=keepdims)


@primitive(_extreme, keeps="x out", promote=of_reals(), explain=of_some("min"))
def min(xp: Any, x: A, /, axis: Axis | None = None, *, keepdims: bool = False) -> A:
    """The smallest element over dimensions; NaN where there is one, and its derivative is NaN too.

    Shapes: x any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types: integers and
    real floating; the type stays. The smallest elements share the derivative equally. No elements: ShapeError.
    """
    return xp.min(x, axis=axis, keepdims=keepdims)


def _centred(xp: Any, g: Any, x: Any, axis: Axis | None, correction: float) -> Any:
    """(x - mean) / (n - correction): half of the variance's derivative; conjugated where x is complex and g is not."""
    free = element_count(x, axis) - correction
    centred = (x - xp.mean(x, axis=axis, keepdims=True)) * (1 / free if free > 0 else math.nan)
    return centred if x.dtype == g.dtype else xp.conj(centred)


def _var_rule(xp: Any, g: Any, out: Any, x: Any, axis: Axis | None, correction: float, keepdims: bool) -> Any:
    return 2 * spread(xp, g, x, axis, keepdims) * _centred(xp, g, x, axis, correction)


def _correction(name: str, correction: float, ddof: float | None) -> float:
    """What is taken off the number of elements, under the standard's name or NumPy's."""
    if ddof is None:
        return correction
    if correction:
        raise OptionError(f"{name}: ddof is NumPy's name for the correction; got both. Cure: one of them.")
    return ddof


@primitive(_var_rule, keeps="x", promote=floating)
def _var(xp: Any, x: A, /, *, axis: Axis | None, correction: float, keepdims: bool) -> A:
    return xp.var(x, axis=axis, correction=correction, keepdims=keepdims)


_var.name = "var"


def var(
    x: A,
    /,
    axis: Axis | None = None,
    *,
    correction: float = 0.0,
    ddof: float | None = None,
    keepdims: bool = False,
) -> A:
    """The variance over dimensions: sum((x - mean)**2) / (n - correction), of n elements.

    Shapes: x any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types: integers, which
    become the default floating type, and real floating. Of no elements it is NaN; with n <= correction it is no finite
    number (NaN or infinite), and its derivative is NaN. The correction, NumPy's `ddof`, is 0 as in
    the standard; torch.var's is 1.
    """
    return _var(x, axis=axis, correction=_correction("var", correction, ddof), keepdims=keepdims)


def by_root(xp: Any, g: Any, out: Any, vector: Any, x: Any, axis: Axis | None, keepdims: bool) -> Any:
    """g * vector / out, for the root `out` of a sum of squares over an axis of x; 0 where that is 0.

    But where g is 0 too, the derivative of g by out stands for g / out: so the square of a norm has the second
    derivatives of the sum of squares that it is.
    """
    zero = out == 0
    safe, wide = (spread(xp, xp.where(zero, v, y), x, axis, keepdims) for v, y in ((1.0, out), (0.0, g)))
    result = wide * (vector / safe)
    node = g._node if isinstance(g, Tracked) else None
    if node is not None and bool(xp.any(zero)):
        root, seeds = out._node, [(node, xp.ones_like(g))]
        limit = backward(seeds, [root], retain_graph=True, create_graph=True).get(root)
        if limit is not None:
            limit = xp.where(xp.logical_and(zero, g == 0), limit, 0.0)
            result = result + spread(xp, limit, x, axis, keepdims) * vector
    return result


def _std_rule(xp: Any, g: Any, out: Any, x: Any, axis: Axis | None, correction: float, keepdims: bool) -> Any:
    return by_root(xp, g, out, _centred(xp, g, x, axis, correction), x, axis, keepdims)


@primitive(_std_rule, keeps="x out", promote=floating)
def _std(xp: Any, x: A, /, *, axis: Axis | None, correction: float, keepdims: bool) -> A:
    return xp.std(x, axis=axis, correction=correction, keepdims=keepdims)


_std.name = "std"


def std(
    x: A,
    /,
    axis: Axis | None = None,
    *,
    correction: float = 0.0,
    ddof: float | None = None,
    keepdims: bool = False,
) -> A:
    """The standard deviation over dimensions, the square root of var; where it is 0 its derivative is 0.

    Shapes: x any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types and what happens
    with too few elements: as in var, whose options it has.
    """
    return _std(x, axis=axis, correction=_correction("std", correction, ddof), keepdims=keepdims)
