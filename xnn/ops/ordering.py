"""What orders elements, beyond sort and argsort: NumPy's partition and lexsort, PyTorch's topk, cummax, mode.

NaN counts as the largest. Positions are int64 and require no gradient; values pass their cotangents to the elements
from which they are taken. Types: integers and real floating; DTypeError for complex numbers. Where PyTorch says `dim`,
`axis=` says the same.

Raises: BoundsError for an axis that x lacks, or a position beyond it; OptionError for `dim` beside `axis`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple

from xnn import dtypes
from xnn.autograd.operands import arrays_of, is_array, operand
from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import axis_of, integer
from xnn.errors import BoundsError, OptionError, ShapeError
from xnn.typing import A

from .complex_numbers import imag, real
from .cumulative import cumulative_sum
from .data_types import astype, dtype_of
from .elementwise import subtract
from .exponential import logaddexp
from .indexing import getitem, take, take_along_axis
from .manipulation import concat, moveaxis, reshape, squeeze
from .promotion import of_reals
from .searching import nonzero
from .sorting import argsort, sort

__all__ = [
    "argpartition",
    "cummax",
    "cummin",
    "kthvalue",
    "lexsort",
    "logcumsumexp",
    "mode",
    "partition",
    "sort_complex",
    "topk",
    "unique_consecutive",
]


class ValuesAndIndices(NamedTuple, Generic[A]):
    """Elements of an array, and where they stand along a dimension."""

    values: A
    indices: A


def _axis(name: str, x: Any, dim: int, axis: int | None) -> int:
    if axis is not None and dim != -1:
        raise OptionError(f"{name}: axis and dim are one option; got {axis} and {dim}. Cure: one of them.")
    return axis_of(dim if axis is None else axis, x.ndim, name)


def _part(x: Any, axis: int, start: int, stop: int) -> Any:
    return getitem(x, (*(slice(None),) * axis, slice(start, stop)))


def _found(x: Any, indices: Any, axis: int, keepdim: bool = True) -> ValuesAndIndices[Any]:
    values = take_along_axis(x, indices, axis=axis)
    if keepdim:
        return ValuesAndIndices(values, indices)
    return ValuesAndIndices(squeeze(values, axis=axis), squeeze(indices, axis=axis))


# ---- the first of an order ----


def topk(
    x: A, k: int, dim: int = -1, largest: bool = True, sorted: bool = True, *, axis: int | None = None
) -> ValuesAndIndices[A]:
    """The k largest elements along a dimension, or the smallest, and where they stand, as PyTorch's.

    Shapes: x any of one dimension or more; the results have k in the place of the dimension's size. They come in
    order, the best first, whatever `sorted` says; of equal ones the first.
    """
    x = operand(x, "topk")
    at = _axis("topk", x, dim, axis)
    k = _count("topk", k, 0, x.shape[at])
    order = argsort(x, axis=at, descending=largest, stable=True)
    return _found(x, _part(order, at, 0, k), at)


def kthvalue(x: A, k: int, dim: int = -1, keepdim: bool = False, *, axis: int | None = None) -> ValuesAndIndices[A]:
    """The k-th smallest element along a dimension, from 1, and where it stands, as PyTorch's.

    Shapes: x any of one dimension or more; the results lack the dimension, or have it with size 1 if `keepdim`.
    """
    x = operand(x, "kthvalue")
    at = _axis("kthvalue", x, dim, axis)
    k = _count("kthvalue", k, 1, x.shape[at])
    return _found(x, _part(argsort(x, axis=at, stable=True), at, k - 1, k), at, keepdim)


def _count(name: str, k: int, least: int, size: int) -> int:
    k = integer(name, "k", k, least)
    if k > size:
        raise BoundsError(
            f"{name}: k is from {least} to {size}, the size of the dimension; got {k}. Cure: a smaller k."
        )
    return k


def partition(a: A, kth: int | Sequence[int], axis: int | None = -1) -> A:
    """The elements along an axis with the kth smallest in its place, smaller ones before it, larger ones behind.

    Shapes: a any of one dimension or more, flattened for axis=None; the result the same. It is sorted altogether.
    """
    return _partitioned("partition", sort, a, kth, axis)


def argpartition(a: A, kth: int | Sequence[int], axis: int | None = -1) -> A:
    """The positions that `partition` takes the elements from.

    Shapes: a any of one dimension or more, flattened for axis=None; the result the same.
    """
    return _partitioned("argpartition", argsort, a, kth, axis)


def _partitioned(name: str, order: Any, a: Any, kth: int | Sequence[int], axis: int | None) -> Any:
    a = operand(a, name)
    if axis is None:
        a, axis = reshape(a, (-1,)), 0
    at = axis_of(axis, a.ndim, name)
    for k in kth if isinstance(kth, (list, tuple)) else [kth]:
        size = a.shape[at]
        if not -size <= integer(name, "kth", k) < size:
            raise BoundsError(
                f"{name}: kth is from {-size} to {size - 1} along axis {axis}; got {k}. Cure: -1, the last."
            )
    return order(a, axis=at)


# ---- orders by several keys ----


def lexsort(keys: Sequence[A] | A, axis: int = -1) -> A:
    """The positions that sort by several keys: by the last one, and where it is equal by the one before it, ...

    Shapes: keys are arrays of one shape, or one array whose first dimension counts them; the result has that shape.
    """
    given: Any = keys
    arrays = [getitem(given, i) for i in range(len(given))] if is_array(given) else arrays_of(given, "lexsort")
    if not arrays or len({tuple(x.shape) for x in arrays}) > 1:
        came = ", ".join(str(tuple(x.shape)) for x in arrays) or "none"
        raise ShapeError(f"lexsort takes one key or more, of one shape; got {came}. Cure: xnn.broadcast_arrays.")
    order: Any = None
    for key in arrays:
        if dtype_of(key) is dtypes.bool_:
            key = astype(key, dtypes.uint8)  # the standard sorts no bools
        at = axis_of(axis, key.ndim, "lexsort")
        if order is None:
            order = argsort(key, axis=at, stable=True)
        else:
            order = take_along_axis(order, argsort(take_along_axis(key, order, axis=at), axis=at, stable=True), axis=at)
    return order


def sort_complex(a: A) -> A:
    """The elements along the last axis as complex numbers, sorted by their real and then their imaginary parts.

    Shapes: a any of one dimension or more; the result the same. Types: numeric; real ones become complex.
    """
    x: Any = operand(a, "sort_complex")
    if dtype_of(x).kind != "complex floating":
        own = dtype_of(x) if dtype_of(x).is_floating else dtypes.get_default_dtype()
        x = astype(x, dtypes.complex_of(own))
    return take_along_axis(x, lexsort((imag(x), real(x))), axis=-1)


# ---- running extremes ----


def _places(xp: Any, x: Any, axis: int) -> Any:
    """For each element its position along the axis."""
    shape = tuple(n if i == axis else 1 for i, n in enumerate(x.shape))
    return xp.broadcast_to(xp.reshape(xp.arange(x.shape[axis], dtype=xp.int64, device=xp.device(x)), shape), x.shape)


def _cut(xp: Any, x: Any, axis: int, start: int, stop: int) -> Any:
    return xp.getitem(x, (*(slice(None),) * axis, slice(start, stop), ...))


@primitive(promote=of_reals())
def _running(xp: Any, x: A, /, *, axis: int, largest: bool) -> A:
    """Where the extreme up to each position stands, the last of equal ones; a NaN is one from there on.

    By doubling: after each round a position knows the best of twice as many.
    """
    size, best, places, step = x.shape[axis], x, _places(xp, x, axis), 1
    while step < size:
        old, new = _cut(xp, best, axis, 0, size - step), _cut(xp, best, axis, step, size)
        is_better = new >= old if largest else new <= old
        is_taken = xp.logical_or(xp.isnan(new), xp.logical_and(xp.logical_not(xp.isnan(old)), is_better))
        best = xp.concat([_cut(xp, best, axis, 0, step), xp.where(is_taken, new, old)], axis=axis)
        moved = xp.where(is_taken, _cut(xp, places, axis, step, size), _cut(xp, places, axis, 0, size - step))
        places = xp.concat([_cut(xp, places, axis, 0, step), moved], axis=axis)
        step *= 2
    return places


@primitive(promote=of_reals())
def _most_frequent(xp: Any, x: A, /, *, axis: int) -> A:
    """Where the most frequent element stands last, with the axis of size 1: the end of the longest run, once sorted."""
    size = x.shape[axis]
    order = xp.argsort(x, axis=axis, stable=True)
    ordered, places = xp.take_along_axis(x, order, axis=axis), _places(xp, x, axis)
    is_equal = _cut(xp, ordered, axis, 1, size) == _cut(xp, ordered, axis, 0, size - 1)
    later = xp.where(is_equal, xp.zeros_like(_cut(xp, places, axis, 1, size)), _cut(xp, places, axis, 1, size))
    starts, step = xp.concat([_cut(xp, places, axis, 0, 1), later], axis=axis), 1
    while step < size:
        both = xp.maximum(_cut(xp, starts, axis, step, size), _cut(xp, starts, axis, 0, size - step))
        starts = xp.concat([_cut(xp, starts, axis, 0, step), both], axis=axis)
        step *= 2
    return xp.take_along_axis(order, xp.argmax(places - starts, axis=axis, keepdims=True), axis=axis)


def cummax(x: A, dim: int = -1, *, axis: int | None = None) -> ValuesAndIndices[A]:
    """The largest element up to each position along a dimension, and where it stands, the last of equal ones.

    Shapes: x any of one dimension or more; the results the same.
    """
    x = operand(x, "cummax")
    at = _axis("cummax", x, dim, axis)
    return _found(x, _running(x, axis=at, largest=True), at)


def cummin(x: A, dim: int = -1, *, axis: int | None = None) -> ValuesAndIndices[A]:
    """The smallest element up to each position along a dimension, and where it stands, the last of equal ones.

    Shapes: x any of one dimension or more; the results the same.
    """
    x = operand(x, "cummin")
    at = _axis("cummin", x, dim, axis)
    return _found(x, _running(x, axis=at, largest=False), at)


def logcumsumexp(x: A, dim: int = -1, *, axis: int | None = None) -> A:
    """log(cumulative_sum(exp(x))) along a dimension, without overflow.

    Shapes: x any of one dimension or more; the result the same. Types: real; integers become the default floating type.
    The derivative is NaN where all up to there are -infinity, as that of logaddexp.
    """
    x = operand(x, "logcumsumexp")
    at = _axis("logcumsumexp", x, dim, axis)
    if not dtype_of(x).is_floating:
        x = astype(x, dtypes.get_default_dtype())
    size, step = x.shape[at], 1
    while step < size:
        both = logaddexp(_part(x, at, step, size), _part(x, at, 0, size - step))
        x = concat([_part(x, at, 0, step), both], axis=at)
        step *= 2
    return x


# ---- equal elements ----


def mode(x: A, dim: int = -1, keepdim: bool = False, *, axis: int | None = None) -> ValuesAndIndices[A]:
    """The most frequent element along a dimension, the smallest of several, and where it stands last.

    Shapes: x any of one dimension or more; the results lack the dimension, or have it with size 1 if `keepdim`.
    """
    x = operand(x, "mode")
    at = _axis("mode", x, dim, axis)
    size = x.shape[at]
    if not size:
        raise ShapeError(f"mode is of one element or more; got shape {tuple(x.shape)}. Cure: another axis.")
    return _found(x, _most_frequent(x, axis=at), at, keepdim)


@primitive()
def _run_starts(xp: Any, x: A, /) -> A:
    """Whether each row of a matrix differs from the one before it, as the first one does."""
    differs = xp.any(xp.getitem(x, (slice(1, None), ...)) != xp.getitem(x, (slice(0, -1), ...)), axis=1)
    first = xp.ones((min(x.shape[0], 1),), dtype=xp.bool, device=xp.device(x))
    return xp.concat([first, differs])


@primitive()
def _lengths(xp: Any, starts: A, /, *, size: int) -> A:
    """From each start to the next one, or to the end."""
    end = xp.full((min(starts.shape[0], 1),), size, dtype=starts.dtype, device=xp.device(starts))
    return xp.concat([xp.getitem(starts, (slice(1, None),)), end]) - starts


def unique_consecutive(
    x: A, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None, *, axis: int | None = None
) -> A | tuple[A, ...]:
    """The elements without those that equal the one before them, as PyTorch's; how many there are waits for the device.

    Args:
        x: any shape; flattened without `dim`.
        return_inverse: also the position in the result of each element.
        return_counts: also how many elements each one stands for.
        dim: the dimension whose slices are compared.
        axis: the same.

    Returns:
        (n,), or x with n slices; or a tuple of that and what was asked for, int64: the inverse of x's shape, or with
        `dim` of its size, and the counts (n,).
    """
    x = operand(x, "unique_consecutive")
    if dim is None and axis is None:
        at, rows = 0, reshape(x, (-1,))
        shape: tuple[int, ...] = tuple(x.shape)
    else:
        at = _axis("unique_consecutive", x, -1 if dim is None else dim, axis)
        rows, shape = x, (x.shape[at],)
    size = rows.shape[at]
    flat: Any = reshape(moveaxis(rows, at, 0), (size, -1)) if rows.ndim > 1 else reshape(rows, (size, 1))
    starts = _run_starts(flat)
    places = nonzero(starts)[0]
    found: list[Any] = [take(rows, places, axis=at)]
    if return_inverse:
        found.append(reshape(subtract(cumulative_sum(astype(starts, dtypes.int64)), 1), shape))
    if return_counts:
        found.append(_lengths(places, size=size))
    return found[0] if len(found) == 1 else tuple(found)
