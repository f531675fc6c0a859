"""Cumulative sums and products of the array API standard, each with its derivative.

Shapes: the result has that of x; with `include_initial` it is longer by 1 along `axis`, and begins with 0 or 1. Types
and `dtype`: as those of statistical.sum.

Raises: OptionError without an axis, unless x has one dimension; BoundsError for an axis that x lacks.
"""

from __future__ import annotations

from typing import Any

from xnn import dtypes
from xnn.autograd.operands import operand
from xnn.autograd.primitive import Primitive, primitive
from xnn.autograd.refusals import axis_of
from xnn.dtypes import DType
from xnn.errors import OptionError
from xnn.typing import A, DTypeLike

from .data_types import astype
from .promotion import counted

__all__ = [
    "cumulative_prod",
    "cumulative_sum",
]


def _along(x: Any, axis: int, start: int, stop: int) -> tuple[slice, ...]:
    """The key of a part of x along a dimension."""
    return tuple(slice(start, stop) if i == axis else slice(None) for i in range(x.ndim))


def products_before(xp: Any, x: Any, axis: int = -1) -> Any:
    """For each element the product of those before it along a dimension."""
    products = xp.cumulative_prod(x, axis=axis, include_initial=True)
    return xp.getitem(products, _along(x, axis % x.ndim, 0, x.shape[axis]))


def products_after(xp: Any, x: Any) -> Any:
    """For each element the product of those after it along the last dimension."""
    return xp.flip(products_before(xp, xp.flip(x, axis=-1)), axis=-1)


def _without_initial(xp: Any, g: Any, x: Any, axis: int, include_initial: bool) -> Any:
    return xp.getitem(g, _along(x, axis, 1, x.shape[axis] + 1)) if include_initial else g


def _sum_rule(xp: Any, g: Any, out: Any, x: Any, axis: int, dtype: Any, include_initial: bool) -> Any:
    g = _without_initial(xp, g, x, axis, include_initial)
    return xp.flip(xp.cumulative_sum(xp.flip(g, axis=axis), axis=axis), axis=axis)


@primitive(_sum_rule, promote=counted, kind="linear")
def _cumulative_sum(xp: Any, x: A, /, *, axis: int, dtype: DType | None, include_initial: bool) -> A:
    return xp.cumulative_sum(x, axis=axis, dtype=dtype, include_initial=include_initial)


def _prod_rule(xp: Any, g: Any, out: Any, x: Any, axis: int, dtype: Any, include_initial: bool) -> Any:
    """The product of what stands before i, times s[i] = g[i] + x[i + 1] * s[i + 1]: no division, so right beside zeros.

    The recurrence is solved by doubling: after each round s[i] has the terms of twice as many elements, and factor[i]
    is the product of as many that follow i.
    """
    g = _without_initial(xp, g, x, axis, include_initial)
    n = x.shape[axis]
    factor = xp.getitem(x, _along(x, axis, 1, n))
    step = 1
    while step < n:
        near, far = _along(x, axis, 0, n - step), _along(x, axis, step, n)
        further = xp.getitem(g, near) + factor * xp.getitem(g, far)
        g = xp.concat([further, xp.getitem(g, _along(x, axis, n - step, n))], axis=axis)
        if 2 * step < n:
            left = n - 2 * step
            near, far = _along(x, axis, 0, left), _along(x, axis, step, step + left)
            factor = xp.getitem(factor, near) * xp.getitem(factor, far)
        step *= 2
    return g * products_before(xp, x, axis)


@primitive(_prod_rule, keeps="x", promote=counted)
def _cumulative_prod(xp: Any, x: A, /, *, axis: int, dtype: DType | None, include_initial: bool) -> A:
    return xp.cumulative_prod(x, axis=axis, dtype=dtype, include_initial=include_initial)


_cumulative_sum.name, _cumulative_prod.name = "cumulative_sum", "cumulative_prod"


def cumulative_sum(
    x: A, /, axis: int | None = None, dtype: DTypeLike | None = None, *, include_initial: bool = False
) -> A:
    """At each position along a dimension the sum of what comes up to there.

    Shapes: x any but (); the result has x's, longer by 1 along `axis` if `include_initial`. Types: as those of sum.
    """
    return _cumulative(_cumulative_sum, x, axis, dtype, include_initial)


def cumulative_prod(
    x: A, /, axis: int | None = None, dtype: DTypeLike | None = None, *, include_initial: bool = False
) -> A:
    """At each position along a dimension the product of what comes up to there.

    Shapes: x any but (); the result has x's, longer by 1 along `axis` if `include_initial`. Types: as those of sum.
    """
    return _cumulative(_cumulative_prod, x, axis, dtype, include_initial)


def _cumulative(function: Primitive[..., Any], x: Any, axis: int | None, dtype: Any, include_initial: bool) -> Any:
    x = operand(x, function.name)
    if axis is None:
        if len(x.shape) != 1:
            raise OptionError(f"{function.name} needs an axis for x of shape {tuple(x.shape)}. Cure: axis=-1.")
        axis = 0
    axis = axis_of(axis, len(x.shape), function.name)
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
        x = astype(x, dtype, copy=False)
    return function(x, axis=axis, dtype=dtype, include_initial=include_initial)
