"""Arrays in other shapes under NumPy's names: dimensions added, turned, padded, and windows that slide."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, overload

from xnn.autograd.graph import Tracked
from xnn.autograd.operands import device_of, operand
from xnn.autograd.refusals import axis_of
from xnn.dtypes import float64, int64
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, Axis, Scalar

from .creation import arange, asarray
from .data_types import astype, dtype_of
from .indexing import getitem, take
from .manipulation import broadcast_to, concat, flip, moveaxis, permute_dims, reshape
from .rounding import floor, round
from .statistical import max, mean, min

__all__ = [
    "atleast_1d", "atleast_2d", "atleast_3d", "flatten", "fliplr", "flipud", "pad", "ravel", "resize", "rollaxis",
    "rot90", "sliding_window_view", "swapaxes", "trim_zeros", "unflatten",
]  # fmt: skip


def _each(arrays: Sequence[A], name: str, function: Callable[[A], A]) -> Any:
    found = [function(operand(x, name)) for x in arrays]
    return found[0] if len(found) == 1 else tuple(found)


@overload
def atleast_1d(arys: A, /) -> A: ...
@overload
def atleast_1d(*arys: A) -> tuple[A, ...]: ...
def atleast_1d(*arys: A) -> A | tuple[A, ...]:
    """Arrays of at least one dimension; several give a tuple.

    Shapes: () becomes (1,).
    """
    return _each(arys, "atleast_1d", lambda x: x if len(x.shape) else reshape(x, (1,)))


@overload
def atleast_2d(arys: A, /) -> A: ...
@overload
def atleast_2d(*arys: A) -> tuple[A, ...]: ...
def atleast_2d(*arys: A) -> A | tuple[A, ...]:
    """Arrays of at least two dimensions; several give a tuple.

    Shapes: () becomes (1, 1), and (n,) a row (1, n).
    """
    return _each(arys, "atleast_2d", lambda x: x if len(x.shape) > 1 else reshape(x, (1, -1)))


@overload
def atleast_3d(arys: A, /) -> A: ...
@overload
def atleast_3d(*arys: A) -> tuple[A, ...]: ...
def atleast_3d(*arys: A) -> A | tuple[A, ...]:
    """Arrays of at least three dimensions; several give a tuple.

    Shapes: () becomes (1, 1, 1), (n,) becomes (1, n, 1), and (m, n) becomes (m, n, 1).
    """

    def of(x: Any) -> Any:
        if len(x.shape) > 2:
            return x
        return reshape(x, (*x.shape, 1) if len(x.shape) == 2 else (1, math.prod(x.shape), 1))

    return _each(arys, "atleast_3d", of)


def ravel(a: A, order: Literal["C"] = "C") -> A:
    """The elements in a row.

    Shapes: any; the result (n,).
    """
    return reshape(operand(a, "ravel"), (-1,), order)


def flatten(input: A, start_dim: int = 0, end_dim: int = -1) -> A:
    """PyTorch's: some dimensions that follow each other as one.

    Shapes: (2, 3, 4) becomes (24,), or (2, 12) from dimension 1 on.
    """
    input = operand(input, "flatten")
    ndim = len(input.shape)
    if not ndim:
        return reshape(input, (1,))
    first, last = axis_of(start_dim, ndim, "flatten"), axis_of(end_dim, ndim, "flatten")
    if first > last:
        raise OptionError(f"flatten: start_dim is not behind end_dim; got {start_dim} and {end_dim}")
    size = math.prod(input.shape[first : last + 1])
    return reshape(input, (*input.shape[:first], size, *input.shape[last + 1 :]))


def unflatten(input: A, dim: int, sizes: Sequence[int]) -> A:
    """PyTorch's: a dimension as several.

    Shapes: (2, 12) becomes (2, 3, 4) with sizes (3, 4), one of which may be -1.
    """
    input = operand(input, "unflatten")
    dim = axis_of(dim, len(input.shape), "unflatten")
    rest = -math.prod(sizes)
    sizes = [input.shape[dim] // rest if n == -1 and rest > 0 else n for n in sizes]
    if math.prod(sizes) != input.shape[dim]:
        raise ShapeError(f"unflatten: sizes have the product {input.shape[dim]}; got {tuple(sizes)}")
    return reshape(input, (*input.shape[:dim], *sizes, *input.shape[dim + 1 :]))


def swapaxes(a: A, axis1: int, axis2: int) -> A:
    """Two dimensions in each other's place.

    Shapes: any; the result's with the two sizes swapped.
    """
    a = operand(a, "swapaxes")
    order = list(range(len(a.shape)))
    one, other = (axis_of(axis, len(order), "swapaxes") for axis in (axis1, axis2))
    order[one], order[other] = other, one
    return permute_dims(a, tuple(order))


def rollaxis(a: A, axis: int, start: int = 0) -> A:
    """A dimension moved back until it lies before another; `moveaxis` is plainer.

    Shapes: (2, 3, 4) becomes (4, 2, 3) with axis=2.
    """
    a = operand(a, "rollaxis")
    ndim = len(a.shape)
    axis, start = axis_of(axis, ndim, "rollaxis"), start + ndim if start < 0 else start
    return moveaxis(a, axis, start - 1 if start > axis else start)


def flipud(m: A) -> A:
    """Rows from bottom to top.

    Shapes: of at least one dimension; kept.
    """
    return flip(_of_at_least(m, 1, "flipud"), axis=0)


def fliplr(m: A) -> A:
    """Columns from right to left.

    Shapes: of at least two dimensions; kept.
    """
    return flip(_of_at_least(m, 2, "fliplr"), axis=1)


def _of_at_least(x: A, ndim: int, name: str) -> A:
    x = operand(x, name)
    if len(x.shape) < ndim:
        raise ShapeError(f"{name} takes arrays of at least {ndim} dimensions; got shape {tuple(x.shape)}. Cure: flip.")
    return x


def rot90(m: A, k: int = 1, axes: tuple[int, int] = (0, 1)) -> A:
    """Turned k times by 90 degrees, from the first of two dimensions to the second.

    Shapes: of at least two dimensions; the two sizes are swapped for an odd k.
    """
    m = _of_at_least(m, 2, "rot90")
    one, other = (axis_of(axis, len(m.shape), "rot90") for axis in axes)
    if one == other:
        raise OptionError(f"rot90 turns in the plane of two dimensions; got axes={axes}")
    k %= 4
    if k == 0:
        return m
    if k == 2:
        return flip(m, axis=(one, other))
    return swapaxes(flip(m, axis=other), one, other) if k == 1 else flip(swapaxes(m, one, other), axis=other)


def resize(a: A, new_shape: int | Sequence[int]) -> A:
    """The elements of `a` in a row, again from the beginning as often as it takes, in another shape; see `reshape`.

    Shapes: any; the result `new_shape`.
    """
    a = ravel(a)
    shape = (new_shape,) if isinstance(new_shape, int) else tuple(new_shape)
    size, count = math.prod(shape), a.shape[0]
    if not count:
        raise ShapeError(f"resize repeats elements; got none for the shape {shape}")
    parts = [a] * (size // count) + ([getitem(a, slice(0, size % count))] if size % count else [])
    return reshape(concat(parts) if len(parts) > 1 else getitem(a, slice(0, size)), shape)


def trim_zeros(filt: A, trim: str = "fb") -> A:
    """A vector without the zeros at its front ("f"), its back ("b"), or both; it waits for the device.

    Shapes: (n,); the result (m,), m <= n.
    """
    filt = operand(filt, "trim_zeros")
    if len(filt.shape) != 1:
        raise ShapeError(f"trim_zeros takes a vector; got shape {tuple(filt.shape)}")
    if not trim or set(trim.lower()) - set("fb"):
        raise OptionError(f'trim_zeros: trim is "f", "b" or "fb"; got {trim!r}')
    values = asarray(filt).detach().tolist()
    there = [i for i, v in enumerate(values) if v != 0]
    first = (there[0] if there else len(values)) if "f" in trim.lower() else 0
    last = (there[-1] + 1 if there else 0) if "b" in trim.lower() else len(values)
    return getitem(filt, slice(first, last if there or first == 0 else first))


def sliding_window_view(x: A, window_shape: int | Sequence[int], axis: Axis | None = None) -> A:
    """Every window of a size that slides over an array; values, in NumPy's terms, and no view.

    Shapes: along each axis n - w + 1 in the place of n, and w for each at the end: (6,) with windows of 3 gives (4, 3).
    """
    x = operand(x, "sliding_window_view")
    sizes = (window_shape,) if isinstance(window_shape, int) else tuple(window_shape)
    ndim = len(x.shape)
    axes = tuple(range(ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    if len(sizes) != len(axes):
        raise ShapeError(f"sliding_window_view takes a size for each axis; got {sizes} for {axes}")
    for size, place in zip(sizes, axes, strict=True):
        place = axis_of(place, ndim, "sliding_window_view")
        n = x.shape[place]
        if not 0 <= size <= n:
            raise ShapeError(f"sliding_window_view: windows along an axis of size {n} have sizes 0 to {n}; got {size}")
        device = device_of(x, "sliding_window_view")
        starts = arange(n - size + 1, dtype=int64, device=device)
        places = reshape(reshape(starts, (-1, 1)) + arange(size, dtype=int64, device=device), (-1,))
        found = take(x, places if isinstance(x, Tracked) else places._data, axis=place)
        found = reshape(found, (*found.shape[:place], n - size + 1, size, *found.shape[place + 1 :]))
        x = moveaxis(found, place + 1, -1)
    return x


# ---- padding ----


Widths = int | Sequence[int] | Sequence[Sequence[int]]
Ends = Sequence[Scalar] | Sequence[Sequence[Scalar]]
MODES = ("constant", "edge", "empty", "linear_ramp", "maximum", "mean", "minimum", "reflect", "symmetric", "wrap")
_STATISTICS = {"maximum": max, "mean": mean, "minimum": min}


def _pairs(value: Any, ndim: int, name: str) -> list[tuple[Any, Any]]:
    """A pair for each dimension, of a number, a pair, or a pair for each."""
    values = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(values, (list, tuple)):
        return [(values, values)] * ndim
    rows = [list(v) if isinstance(v, (list, tuple)) else v for v in values]
    if rows and all(not isinstance(v, list) for v in rows):
        rows = [rows * 2 if len(rows) == 1 else rows] * ndim
    elif len(rows) == 1:
        rows = rows * ndim
    rows = [v * 2 if isinstance(v, list) and len(v) == 1 else v for v in rows]
    if len(rows) != ndim or any(not isinstance(v, list) or len(v) != 2 for v in rows):
        raise ShapeError(f"pad: {name} is a number, a pair, or a pair for each of {ndim} dimensions; got {value!r:.80}")
    return [(v[0], v[1]) for v in rows]


def pad(
    array: A,
    pad_width: Widths,
    mode: str = "constant",
    *,
    constant_values: Scalar | Ends = 0,
    end_values: Scalar | Ends = 0,
    stat_length: Widths | None = None,
    reflect_type: Literal["even", "odd"] = "even",
) -> A:
    """More elements at the ends of each dimension, as NumPy's pad; `nn.functional.pad` is PyTorch's.

    Args:
        array: any shape.
        pad_width: how many before and behind: a number, a pair, or a pair for each dimension.
        mode: "constant", "edge", "linear_ramp", "maximum", "mean", "minimum", "reflect", "symmetric", "wrap"; "empty"
            means zeros.
        constant_values: of "constant", as pad_width.
        end_values: of "linear_ramp", as pad_width.
        stat_length: how many elements at the end the maximum, mean or minimum is of; None: all.
        reflect_type: "odd" turns what is reflected round at the end's value.

    Raises:
        OptionError: for another mode, or a negative width. ShapeError: for no elements to go by.
    """
    array = operand(array, "pad")
    ndim = len(array.shape)
    if mode not in MODES:
        raise OptionError(f"pad: mode is one of {', '.join(MODES)}; got {mode!r}")
    widths = _pairs(pad_width, ndim, "pad_width")
    if any(n < 0 for pair in widths for n in pair):
        raise OptionError(f"pad: widths are at least 0; got {pad_width!r:.80}. Cure: a slice makes an array smaller.")
    ends = _pairs(end_values if mode == "linear_ramp" else 0 if mode == "empty" else constant_values, ndim, "values")
    lengths = _pairs(stat_length, ndim, "stat_length")
    for axis in range(ndim):
        before, after = widths[axis]
        if not before and not after:
            continue
        if mode in ("constant", "empty"):
            parts = [_full(array, axis, n, value) for n, value in zip(widths[axis], ends[axis], strict=True)]
        elif not array.shape[axis]:
            raise ShapeError(f"pad: mode {mode!r} goes by elements; got none along axis {axis}")
        elif mode == "linear_ramp":
            parts = [
                _ramp(array, axis, n, value, i)
                for i, (n, value) in enumerate(zip(widths[axis], ends[axis], strict=True))
            ]
        elif mode in _STATISTICS:
            parts = [_statistic(array, axis, n, mode, lengths[axis][i], i) for i, n in enumerate(widths[axis])]
        else:
            array = _reflected(array, axis, before, after, mode, reflect_type)
            continue
        array = concat([parts[0], array, parts[1]], axis=axis)
    return array


def _edge(array: Any, axis: int, side: int) -> Any:
    key = slice(0, 1) if side == 0 else slice(array.shape[axis] - 1, None)
    return getitem(array, tuple(key if i == axis else slice(None) for i in range(len(array.shape))))


def _full(array: Any, axis: int, n: int, value: Scalar) -> Any:
    shape = (*array.shape[:axis], n, *array.shape[axis + 1 :])
    made = asarray(value, dtype=dtype_of(array), device=device_of(array, "pad"))
    return broadcast_to(made if isinstance(array, Tracked) else made._data, shape)


def _along(values: Any, axis: int, ndim: int, like: Any) -> Any:
    made = reshape(values, (-1, *(1,) * (ndim - axis - 1)))
    return made if isinstance(like, Tracked) else made._data


def _ramp(array: Any, axis: int, n: int, value: Scalar, side: int) -> Any:
    """From the end's value, not included, to another at the outside."""
    edge, ndim, dtype = _edge(array, axis, side), len(array.shape), dtype_of(array)
    steps = [(n - i) / n if side == 0 else (i + 1) / n for i in range(n)]
    share = asarray(steps, dtype=dtype if dtype.is_floating else float64, device=device_of(array, "pad"))
    share = _along(share, axis, ndim, array)
    if dtype.is_floating:
        return edge + share * (value - edge)
    return astype(floor(edge + share * (value - edge)), dtype)


def _statistic(array: Any, axis: int, n: int, mode: str, length: int | None, side: int) -> Any:
    size = array.shape[axis]
    length = size if length is None else length if length < size else size
    if length < 1:
        raise ShapeError(f"pad: stat_length is at least 1; got {length}")
    key = slice(0, length) if side == 0 else slice(size - length, size)
    part = getitem(array, tuple(key if i == axis else slice(None) for i in range(len(array.shape))))
    dtype = dtype_of(array)
    found = _STATISTICS[mode](part, axis=axis, keepdims=True)
    if mode == "mean" and not dtype.is_floating:
        found = astype(round(found), dtype)
    return broadcast_to(found, (*array.shape[:axis], n, *array.shape[axis + 1 :]))


def _reflected(array: Any, axis: int, before: int, after: int, mode: str, reflect_type: str) -> Any:
    """By the positions that the new elements are copies of; odd ones lie as far on the other side of the end."""
    size = array.shape[axis]
    places = [_source(i, size, mode) for i in range(-before, size + after)]
    made = asarray([place for place, _ in places], dtype=int64, device=device_of(array, "pad"))
    found = take(array, made if isinstance(array, Tracked) else made._data, axis=axis)
    turns = [turn for _, turn in places]
    if reflect_type != "odd" or mode not in ("reflect", "symmetric") or not any(turns):
        return found
    # each reflection at an end adds twice the end's value; the sign turns with every one
    signs = [-1.0 if turn % 2 else 1.0 for turn in turns]
    firsts, lasts = ([_ends(i, size, mode)[k] for i in range(-before, size + after)] for k in (0, 1))
    dtype, ndim, device = dtype_of(array), len(array.shape), device_of(array, "pad")
    sign, first, last = (
        _along(asarray(v, dtype=dtype, device=device), axis, ndim, array) for v in (signs, firsts, lasts)
    )
    return sign * found + first * _edge(array, axis, 0) + last * _edge(array, axis, 1)


def _source(i: int, size: int, mode: str) -> tuple[int, int]:
    """The position that an element outside is a copy of, and how often it was reflected."""
    if mode == "edge":
        return (0 if i < 0 else size - 1 if i >= size else i), 0
    if mode == "wrap":
        return i % size, 0
    turns = 0
    if size == 1:
        return 0, abs(i)
    while not 0 <= i < size:
        low, high = (0, 2 * (size - 1)) if mode == "reflect" else (-1, 2 * size - 1)
        i = low - i if i < 0 else high - i
        turns += 1
    return i, turns


def _ends(i: int, size: int, mode: str) -> tuple[float, float]:
    """How often the values of the two ends count in an odd reflection."""
    first, last, sign = 0.0, 0.0, 1.0
    while not 0 <= i < size:
        low, high = (0, 2 * (size - 1)) if mode == "reflect" else (-1, 2 * size - 1)
        if i < 0:
            i, first = low - i, first + 2 * sign
        else:
            i, last = high - i, last + 2 * sign
        sign = -sign
    return first, last
