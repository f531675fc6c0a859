"""Set functions under NumPy's names, with its options; `sets.py` has the standard's.

Elements come in rising order, and pass their cotangents to those from which they are taken, the first of equal ones.
Positions and counts are int64. How many there are waits for the device.
"""

from __future__ import annotations

from typing import Any

from xnn import dtypes
from xnn.autograd.refusals import axis_of
from xnn.typing import A, ArrayLike

from .comparison import isnan
from .complex_numbers import imag, real
from .creation import ones
from .cumulative import cumulative_sum
from .data_types import astype
from .indexing import take
from .lifting import lifted
from .logic import logical_and, logical_not
from .manipulation import concat, moveaxis, reshape
from .ordering import lexsort
from .searching import nonzero
from .selection import compress
from .sets import isin
from .sorting import argsort
from .utility import any as any_of
from .utility import diff

__all__ = ["in1d", "intersect1d", "setdiff1d", "setxor1d", "union1d", "unique"]


def unique(
    ar: A,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> A | tuple[A, ...]:
    """The unique elements, or slices along a dimension, in rising order.

    Args:
        ar: any shape; flattened without an axis.
        return_index: whether to give as well where each stands first.
        return_inverse: and of every element, or slice, the position of what it equals.
        return_counts: and how often each stands.
        axis: the dimension whose slices are compared, as rows of elements, from their first one on.
        equal_nan: whether NaNs equal each other.
        sorted: for NumPy's code, where False leaves the order open; here it is the rising one in any case.

    Returns:
        (n,), or as ar with n along `axis`; with more of them, a tuple, where the inverse has the shape of ar without
        an axis.
    """
    (x,), back = lifted("unique", ar)
    shape = tuple(x.shape)
    if axis is None:
        flat, rows = reshape(x, (-1,)), reshape(x, (-1, 1))
    else:
        axis = axis_of(axis, x.ndim, "unique")
        flat = moveaxis(x, axis, 0)
        width = 1
        for n in flat.shape[1:]:
            width *= n
        rows = reshape(flat, (flat.shape[0], width))
    order, begins = _sorted_rows(rows, equal_nan)
    (starts,) = nonzero(begins)
    found: list[Any] = [take(flat, take(order, starts), axis=0)]
    if axis is not None:
        found[0] = moveaxis(found[0], 0, axis)
    if return_index:
        found.append(take(order, starts))
    if return_inverse:
        numbers = cumulative_sum(astype(begins, dtypes.int64), axis=0) - 1
        inverse = take(numbers, argsort(order))
        found.append(reshape(inverse, shape) if axis is None else inverse)
    if return_counts:
        end = ones((1,), dtype=dtypes.int64, device=x.device) * rows.shape[0]
        found.append(diff(concat([starts, end])))
    return back(found[0] if len(found) == 1 else tuple(found))


def _sorted_rows(rows: Any, equal_nan: bool) -> tuple[Any, Any]:
    """The positions that sort the rows (n, m), equal ones in their order; and of the sorted ones which differ."""
    rows = astype(rows, dtypes.uint8) if rows.dtype is dtypes.bool_ else rows
    parts = [real(rows), imag(rows)] if rows.dtype.kind == "complex floating" else [rows]
    keys = [part[:, i] for i in range(rows.shape[1]) for part in parts]
    count = rows.shape[0]
    begins = ones((count,), dtype=dtypes.bool_, device=rows.device)
    if not keys:
        return cumulative_sum(astype(begins, dtypes.int64), axis=0) - 1, begins[: min(count, 1)]
    order = lexsort(keys[::-1])
    ordered = take(rows, order, axis=0)
    after, before = ordered[1:], ordered[:-1]
    differ = after != before
    if equal_nan and rows.dtype.is_floating:
        differ = logical_and(differ, logical_not(logical_and(isnan(after), isnan(before))))
    if count:
        begins = concat([begins[:1], any_of(differ, axis=1)])
    return order, begins


def _unique(x: Any) -> Any:
    return unique(x)


def intersect1d(
    ar1: A, ar2: ArrayLike, assume_unique: bool = False, return_indices: bool = False
) -> A | tuple[A, A, A]:
    """The elements that are in both arrays, each once.

    Shapes: any, flattened; the result (n,). With `return_indices` also where they stand first in each. `assume_unique`
    says that no element is in an array twice.
    """
    (one, other), back = lifted("intersect1d", ar1, ar2)
    one, other = reshape(one, (-1,)), reshape(other, (-1,))
    values, first = unique(one, return_index=True)
    places = nonzero(_isin(values, other))[0]
    common = take(values, places)
    if not return_indices:
        return back(common)
    values, second = unique(other, return_index=True)
    return back((common, take(first, places), take(second, nonzero(_isin(values, one))[0])))


def _isin(x: Any, among: Any) -> Any:
    return isin(x, among)


def union1d(ar1: A, ar2: ArrayLike) -> A:
    """The elements that are in one array or the other, each once.

    Shapes: any, flattened; the result (n,).
    """
    (one, other), back = lifted("union1d", ar1, ar2)
    return back(_unique(concat([reshape(one, (-1,)), reshape(other, (-1,))])))


def setdiff1d(ar1: A, ar2: ArrayLike, assume_unique: bool = False) -> A:
    """The elements of the first array that are not in the second.

    Shapes: any, flattened; the result (n,): each once in rising order, or with `assume_unique` as they stand.
    """
    (one, other), back = lifted("setdiff1d", ar1, ar2)
    values = reshape(one, (-1,)) if assume_unique else _unique(one)
    return back(compress(logical_not(_isin(values, other)), values))


def setxor1d(ar1: A, ar2: ArrayLike, assume_unique: bool = False) -> A:
    """The elements that are in one array and not in the other, each once.

    Shapes: any, flattened; the result (n,). `assume_unique` says that no element is in an array twice.
    """
    (one, other), back = lifted("setxor1d", ar1, ar2)
    one, other = _unique(one), _unique(other)
    parts = [compress(logical_not(_isin(x, y)), x) for x, y in ((one, other), (other, one))]
    return back(unique(concat(parts), equal_nan=False))


def in1d(ar1: A, ar2: ArrayLike, assume_unique: bool = False, invert: bool = False) -> A:
    """Of each element of the first array, in a row, whether it is in the second; `isin` keeps the shape.

    Shapes: any; the result (n,), bool.
    """
    (one, other), back = lifted("in1d", ar1, ar2)
    found = _isin(reshape(one, (-1,)), other)
    return back(logical_not(found) if invert else found)
