"""Reductions that leave NaN out, under NumPy's names, each with the derivative of what is left.

`axis` is an int, a tuple of ints, or None for all dimensions. Shapes: a any; the result without the dimensions `axis`,
or with size 1 there if `keepdims`. Types: as in the functions without `nan`; integers have no NaN.
"""

from __future__ import annotations

import math
from typing import Any

from xnn import checks
from xnn.errors import ShapeError
from xnn.typing import A, Axis, DTypeLike

from .comparison import isnan
from .cumulative import cumulative_prod, cumulative_sum
from .data_types import astype
from .elementwise import sqrt
from .lifting import lifted
from .logic import logical_not
from .manipulation import reshape
from .matrices import as_floating
from .promotion import check_real
from .searching import argmax, argmin, where
from .statistical import max as largest
from .statistical import min as smallest
from .statistical import prod as prod_of
from .statistical import sum as sum_of
from .utility import all as all_of
from .utility import any as any_of

__all__ = [
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
]


def _filled(x: Any, number: float) -> Any:
    """x with a number in the place of NaN."""
    return where(isnan(x), number, x) if x.dtype.is_floating else x


def nansum(a: A, axis: Axis | None = None, dtype: DTypeLike | None = None, *, keepdims: bool = False) -> A:
    """The sum over dimensions of what is not NaN; of nothing it is 0.

    Shapes: a any; the result without the dimensions `axis`, or with size 1 there if `keepdims`.
    """
    (x,), back = lifted("nansum", a)
    return back(sum_of(_filled(x, 0.0), axis=axis, dtype=dtype, keepdims=keepdims))


def nanprod(a: A, axis: Axis | None = None, dtype: DTypeLike | None = None, *, keepdims: bool = False) -> A:
    """The product over dimensions of what is not NaN; of nothing it is 1.

    Shapes: a any; the result without the dimensions `axis`, or with size 1 there if `keepdims`.
    """
    (x,), back = lifted("nanprod", a)
    return back(prod_of(_filled(x, 1.0), axis=axis, dtype=dtype, keepdims=keepdims))


def nancumsum(a: A, axis: int | None = None, dtype: DTypeLike | None = None) -> A:
    """The sums up to each position along a dimension, with 0 in the place of NaN.

    Shapes: a any; the result the same; without an axis a is flattened.
    """
    (x,), back = lifted("nancumsum", a)
    x, axis = (reshape(x, (-1,)), 0) if axis is None else (x, axis)
    return back(cumulative_sum(_filled(x, 0.0), axis=axis, dtype=dtype))


def nancumprod(a: A, axis: int | None = None, dtype: DTypeLike | None = None) -> A:
    """The products up to each position along a dimension, with 1 in the place of NaN.

    Shapes: a any; the result the same; without an axis a is flattened.
    """
    (x,), back = lifted("nancumprod", a)
    x, axis = (reshape(x, (-1,)), 0) if axis is None else (x, axis)
    return back(cumulative_prod(_filled(x, 1.0), axis=axis, dtype=dtype))


def _counts(x: Any, axis: Axis | None, keepdims: bool) -> Any:
    """How many numbers there are, in a floating type."""
    return sum_of(astype(logical_not(isnan(x)), x.dtype), axis=axis, keepdims=keepdims)


def nanmean(a: A, axis: Axis | None = None, dtype: DTypeLike | None = None, *, keepdims: bool = False) -> A:
    """The mean over dimensions of what is not NaN; of nothing it is NaN.

    Shapes: a any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types: numeric;
    integers become the default floating type, or `dtype`.
    """
    (x,), back = lifted("nanmean", a)
    x = as_floating(x) if dtype is None else astype(x, dtype, copy=False)
    return back(sum_of(_filled(x, 0.0), axis=axis, keepdims=keepdims) / _counts(x, axis, keepdims))


def nanvar(
    a: A,
    axis: Axis | None = None,
    dtype: DTypeLike | None = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
) -> A:
    """The variance over dimensions of what is not NaN, sum((a - mean)**2) / (n - ddof); NaN where n <= ddof.

    Shapes: a any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types: integers, which
    become the default floating type, or `dtype`, and real floating.
    """
    (x,), back = lifted("nanvar", a)
    check_real(x.dtype)
    x = as_floating(x) if dtype is None else astype(x, dtype, copy=False)
    mean = sum_of(_filled(x, 0.0), axis=axis, keepdims=True) / _counts(x, axis, True)
    centred = where(isnan(x), 0.0, x - mean)
    free = _counts(x, axis, keepdims) - ddof
    free = where(free > 0, free, math.nan)
    return back(sum_of(centred * centred, axis=axis, keepdims=keepdims) / free)


def nanstd(
    a: A,
    axis: Axis | None = None,
    dtype: DTypeLike | None = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
) -> A:
    """The standard deviation over dimensions of what is not NaN, the root of nanvar; its derivative at 0 is 0.

    Shapes: a any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types: as in nanvar.
    """
    (x,), back = lifted("nanstd", a)
    variance = nanvar(x, axis, dtype, ddof=ddof, keepdims=keepdims)
    positive = variance > 0
    return back(where(positive, sqrt(where(positive, variance, 1.0)), variance))


def _extreme(name: str, function: Any, a: Any, axis: Axis | None, keepdims: bool, worst: float) -> Any:
    (x,), back = lifted(name, a)
    if not x.dtype.is_floating:
        return back(function(x, axis=axis, keepdims=keepdims))
    check_real(x.dtype)
    found = function(_filled(x, worst), axis=axis, keepdims=keepdims)
    return back(where(all_of(isnan(x), axis=axis, keepdims=keepdims), math.nan, found))


def nanmin(a: A, axis: Axis | None = None, *, keepdims: bool = False) -> A:
    """The smallest element over dimensions that is not NaN; NaN where there is none.

    Shapes: a any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types: integers and
    real floating. The smallest elements share the derivative equally. No elements: ShapeError.
    """
    return _extreme("nanmin", smallest, a, axis, keepdims, math.inf)


def nanmax(a: A, axis: Axis | None = None, *, keepdims: bool = False) -> A:
    """The largest element over dimensions that is not NaN; NaN where there is none.

    Shapes: a any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types: integers and
    real floating. The largest elements share the derivative equally. No elements: ShapeError.
    """
    return _extreme("nanmax", largest, a, axis, keepdims, -math.inf)


def _place(name: str, function: Any, a: Any, axis: int | None, keepdims: bool, worst: float) -> Any:
    (x,), back = lifted(name, a)
    if x.dtype.is_floating:
        check_real(x.dtype)
        if x.size:
            is_there = logical_not(any_of(all_of(isnan(x), axis=axis)))
            message = f"{name}: where all elements are NaN there is no position. Cure: leave those slices out."
            checks.require(is_there._data, x.device, ShapeError, message)
        x = _filled(x, worst)
    return back(function(x, axis=axis, keepdims=keepdims))


def nanargmin(a: A, axis: int | None = None, *, keepdims: bool = False) -> A:
    """The position of the smallest element that is not NaN; without an axis, in a flattened.

    Shapes: a any; the result without the dimension `axis`, or with size 1 there if `keepdims`; int64. Raises ShapeError
    where all are NaN, on a GPU at the next call that waits for it.
    """
    return _place("nanargmin", argmin, a, axis, keepdims, math.inf)


def nanargmax(a: A, axis: int | None = None, *, keepdims: bool = False) -> A:
    """The position of the largest element that is not NaN; without an axis, in a flattened.

    Shapes: a any; the result without the dimension `axis`, or with size 1 there if `keepdims`; int64. Raises ShapeError
    where all are NaN, on a GPU at the next call that waits for it.
    """
    return _place("nanargmax", argmax, a, axis, keepdims, -math.inf)
