"""What puts values at positions, and adds up those that meet: PyTorch's scatter family, JAX's segment sums.

All are pure functions: x stays as it is, and the result is a new array. Values that meet at a position are put together
in one order, that of the positions, so that a result is the same in each run on every device: they are sorted by their
positions, and reduced by doubling, without a device's atomic additions.

Types: values are cast to the type of x. Derivatives go to x and to the values: equal extremes share them, and products
have them right beside zeros. Positions are integers: DTypeError for others; BoundsError for those beyond x, on a GPU at
the next call that waits.
"""

from __future__ import annotations

import math
from typing import Any

from xnn import dtypes
from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.operands import arrays_of, device_of
from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import axis_of, integer
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, AnyArray, ArrayLike, Scalar

from .data_types import astype, dtype_of
from .elementwise import add, divide, floor_divide, multiply
from .extrema import maximum
from .indexing import _positions, _raw_index, getitem, require_within
from .manipulation import broadcast_to, concat, reshape
from .promotion import of_reals
from .searching import where
from .statistical import max as max_of

__all__ = [
    "index_add",
    "index_copy",
    "index_fill",
    "put_along_axis",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "segment_max",
    "segment_mean",
    "segment_min",
    "segment_prod",
    "segment_sum",
]


# ---- segments ----


def _rows(xp: Any, x: Any, like: Any) -> Any:
    """A vector as a column beside `like`."""
    return xp.reshape(x, (-1,) + (1,) * (len(like.shape) - 1))


def _reduced(xp: Any, x: Any, ids: Any, size: int, combine: Any, empty: Any) -> Any:
    """For each segment its elements put together, in their order; `empty` where there are none.

    By doubling: after each round a position has put together twice as many before it.
    """
    n, device = x.shape[0], xp.device(ids)
    if not n:
        return xp.full((size, *x.shape[1:]), empty, dtype=x.dtype, device=xp.device(x))
    order = xp.argsort(ids, stable=True)
    ids, x = xp.take(ids, order, axis=0), xp.take(x, order, axis=0)
    step = 1
    while combine is not None and step < n:  # without one, the last element is the segment's
        late, early = (slice(step, None), ...), (slice(0, n - step), ...)
        new, old = xp.getitem(x, late), xp.getitem(x, early)
        same = _rows(xp, xp.getitem(ids, (slice(step, None),)) == xp.getitem(ids, (slice(0, n - step),)), x)
        x = xp.concat([xp.getitem(x, (slice(0, step), ...)), xp.where(same, combine(old, new), new)], axis=0)
        step *= 2
    wanted = xp.arange(size, dtype=xp.int64, device=device)
    end = xp.searchsorted(ids, wanted, side="right") - 1
    end = xp.where(end < 0, xp.zeros_like(end), end)
    is_there = _rows(xp, xp.take(ids, end, axis=0) == wanted, x)
    return xp.where(is_there, xp.take(x, end, axis=0), xp.full((), empty, dtype=x.dtype, device=xp.device(x)))


def _handed(xp: Any, g: Any, ids: Any, size: int) -> Any:
    """For each element what its segment has; 0 for those of none."""
    is_inside = xp.logical_and(ids >= 0, ids < size)
    if not size:
        return xp.zeros((ids.shape[0], *g.shape[1:]), dtype=g.dtype, device=xp.device(g))
    return xp.where(_rows(xp, is_inside, g), xp.take(g, xp.where(is_inside, ids, 0), axis=0), 0.0)


@primitive(lambda xp, g, out, x, ids, size: _handed(xp, g, ids, size), None, keeps="ids", kind="linear")
def _segment_sum(xp: Any, x: A, ids: AnyArray, /, *, size: int) -> A:
    if not xp.is_on_host:
        return _reduced(xp, x, ids, size, lambda a, b: a + b, 0)
    # The host adds one after the other, as they stand: the same in each run, and 40 times faster.
    is_inside = xp.logical_and(ids >= 0, ids < size)
    sums = xp.zeros((size + 1, *x.shape[1:]), dtype=x.dtype, device=xp.device(x))
    return xp.getitem(xp.scatter_add(sums, xp.where(is_inside, ids, size), x), (slice(0, size), ...))


def _extreme_rule(xp: Any, g: Any, out: Any, x: Any, ids: Any, size: int, largest: bool) -> Any:
    is_best = xp.astype(x == _handed(xp, out, ids, size), g.dtype)
    shared = _handed(xp, _segment_sum(is_best, ids, size=size), ids, size)
    return _handed(xp, g, ids, size) * is_best / xp.where(shared == 0, 1.0, shared)


@primitive(_extreme_rule, None, keeps="x ids out", promote=of_reals())
def _segment_extreme(xp: Any, x: A, ids: AnyArray, /, *, size: int, largest: bool) -> A:
    if xp.isdtype(x.dtype, "integral"):
        limits = xp.iinfo(x.dtype)
        empty: Any = limits.min if largest else limits.max
    else:
        empty = -math.inf if largest else math.inf
    return _reduced(xp, x, ids, size, xp.maximum if largest else xp.minimum, empty)


def _segment_prod(x: Any, ids: Any, size: int) -> Any:
    device = device_of(x, "segment_prod")
    xp = frontend.xp if isinstance(x, Tracked) else device.backend.xp
    raw = ids._data if isinstance(ids, Tracked) else ids
    with device.scope():
        return _reduced(xp, x, frontend.array(raw, device) if xp is frontend.xp else raw, size, xp.multiply, 1)


@primitive()
def _winners(xp: Any, ids: A, /, *, size: int) -> A:
    """For each segment the position of its last element; -1 where there is none."""
    places = xp.arange(ids.shape[0], dtype=xp.int64, device=xp.device(ids))
    return _reduced(xp, places, ids, size, None, -1)


def _segments(name: str, data: Any, segment_ids: Any, num_segments: int | None) -> tuple[Any, Any, int]:
    x, ids = arrays_of((data, segment_ids), name)
    ids = _positions(ids, name)
    if len(ids.shape) != 1 or not x.shape or x.shape[0] != ids.shape[0]:
        raise ShapeError(
            f"{name} takes one segment for each row of data, (n, ...) and (n,); got shapes {tuple(x.shape)} and "
            f"{tuple(ids.shape)}. Cure: reshape(data, (-1,)), reshape(segment_ids, (-1,))."
        )
    if num_segments is not None:
        return x, ids, integer(name, "num_segments", num_segments, 0)
    largest: Any = max_of(ids) if ids.shape[0] else -1
    return x, ids, max(int(largest) + 1, 0)


def segment_sum(data: A, segment_ids: ArrayLike, num_segments: int | None = None) -> A:
    """The sums of rows of data by segment, 0 for those without rows, as JAX's.

    Shapes: data (n, ...) and segment_ids (n,) give (num_segments, ...); without a number it is the largest id + 1, for
    which it waits. Rows of other ids are left out.
    """
    x, ids, size = _segments("segment_sum", data, segment_ids, num_segments)
    return _segment_sum(x, ids, size=size)


def segment_mean(data: A, segment_ids: ArrayLike, num_segments: int | None = None) -> A:
    """The means of rows of data by segment, 0 for those without rows.

    Shapes: as those of segment_sum. Types: integers become the default floating type.
    """
    x, ids, size = _segments("segment_mean", data, segment_ids, num_segments)
    x = x if dtype_of(x).is_floating else astype(x, dtypes.get_default_dtype())
    return divide(_segment_sum(x, ids, size=size), _counts(x, ids, size))


def _counts(x: Any, ids: Any, size: int) -> Any:
    """How many elements each segment has, 1 for none, as a column beside x."""
    counts = maximum(_segment_sum(ids * 0 + 1, ids, size=size), 1)
    return reshape(astype(counts, dtype_of(x)), (-1,) + (1,) * (len(x.shape) - 1))


def segment_max(data: A, segment_ids: ArrayLike, num_segments: int | None = None) -> A:
    """The largest element of rows of data by segment; for those without rows -infinity, or the least integer.

    Shapes: as those of segment_sum. Types: integers and real floating. Equal elements share the derivative.
    """
    x, ids, size = _segments("segment_max", data, segment_ids, num_segments)
    return _segment_extreme(x, ids, size=size, largest=True)


def segment_min(data: A, segment_ids: ArrayLike, num_segments: int | None = None) -> A:
    """The smallest element of rows of data by segment; for those without rows infinity, or the largest integer.

    Shapes: as those of segment_sum. Types: integers and real floating. Equal elements share the derivative.
    """
    x, ids, size = _segments("segment_min", data, segment_ids, num_segments)
    return _segment_extreme(x, ids, size=size, largest=False)


def segment_prod(data: A, segment_ids: ArrayLike, num_segments: int | None = None) -> A:
    """The products of rows of data by segment, 1 for those without rows.

    Shapes: as those of segment_sum. The derivative is right beside zeros.
    """
    x, ids, size = _segments("segment_prod", data, segment_ids, num_segments)
    return _segment_prod(x, ids, size)


# ---- along a dimension ----


@primitive()
def _flat_places(xp: Any, index: A, /, *, axis: int, shape: tuple[int, ...]) -> A:
    """In an array of that shape flattened, the positions that an index along the axis means."""
    device = xp.device(index)
    flat = xp.zeros(index.shape, dtype=xp.int64, device=device)
    for i, n in enumerate(shape):
        at = xp.arange(index.shape[i], dtype=xp.int64, device=device)
        at = xp.reshape(at, tuple(-1 if k == i else 1 for k in range(len(shape))))
        at = xp.where(index < 0, index + n, index) if i == axis else at
        flat = flat * n + at
    return xp.reshape(flat, (-1,))


REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


def _put(name: str, x: Any, dim: int, index: Any, src: Any, reduce: str | None, include_self: bool) -> Any:
    x, index = arrays_of((x, index), name)
    axis = axis_of(dim, len(x.shape), name)
    index = _positions(index, name)
    shape, wanted = tuple(x.shape), tuple(index.shape)
    if len(wanted) != len(shape) or any(i != axis and n > shape[i] for i, n in enumerate(wanted)):
        raise ShapeError(
            f"{name} takes an index of as many dimensions as x, no larger than x but along the axis; got {wanted} for "
            f"{shape}. Cure: xnn.expand_dims and xnn.broadcast_to."
        )
    device = device_of(x, name)
    require_within(_raw_index(index, device, name), shape[axis], device)
    if getattr(src, "shape", ()) == ():
        src = broadcast_to(arrays_of((x, src), name)[1], wanted)
    elif len(src.shape) != len(wanted) or any(n < m for n, m in zip(src.shape, wanted, strict=True)):
        raise ShapeError(
            f"{name} takes a value for each position; got values {tuple(src.shape)} for an index {wanted}. "
            "Cure: xnn.broadcast_to(values, index.shape)."
        )
    elif tuple(src.shape) != wanted:
        src = getitem(src, tuple(slice(0, n) for n in wanted))
    values = reshape(astype(src, dtype_of(x), copy=False), (-1,))
    flat = reshape(x, (-1,))
    size, ids = math.prod(shape), _flat_places(index, axis=axis, shape=shape)
    if reduce == "sum" and include_self:
        return reshape(add(flat, _segment_sum(values, ids, size=size)), shape)
    winners = _winners(ids, size=size)
    is_hit = winners >= 0
    if reduce is None:
        if not values.shape[0]:
            return multiply(x, 1)
        return reshape(where(is_hit, getitem(values, where(is_hit, winners, 0)), flat), shape)
    if include_self:
        values, ids = concat([flat, values]), concat([_every_place(flat), ids])
    if reduce == "prod":
        out = _segment_prod(values, ids, size)
    elif reduce in ("amax", "amin"):
        out = _segment_extreme(values, ids, size=size, largest=reduce == "amax")
    else:
        out = _segment_sum(values, ids, size=size)
        if reduce == "mean":
            out = (divide if dtype_of(x).is_floating else floor_divide)(out, _counts(values, ids, size))
    return reshape(out if include_self else where(is_hit, out, flat), shape)


@primitive()
def _every_place(xp: Any, x: A, /) -> A:
    return xp.arange(x.shape[0], dtype=xp.int64, device=xp.device(x))


def scatter(
    x: A,
    dim: int,
    index: AnyArray,
    src: AnyArray | Scalar,
    *,
    reduce: str | None = None,
    include_self: bool = True,
) -> A:
    """x with the elements of src at the positions `index` along a dimension, as PyTorch's; the last of several stays.

    Shapes: x any; index as many dimensions, no larger but along `dim`; src a number, or as large as index; the result
    that of x. `reduce` and `include_self` are those of scatter_reduce.
    """
    if reduce is None:
        return _put("scatter", x, dim, index, src, None, True)
    return scatter_reduce(x, dim, index, src, reduce, include_self=include_self)


def scatter_add(x: A, dim: int, index: AnyArray, src: AnyArray | Scalar) -> A:
    """x with the elements of src added at the positions `index` along a dimension, as PyTorch's.

    Shapes: those of scatter.
    """
    return _put("scatter_add", x, dim, index, src, "sum", True)


def scatter_reduce(
    x: A, dim: int, index: AnyArray, src: AnyArray | Scalar, reduce: str, *, include_self: bool = True
) -> A:
    """x with what is at the positions `index` along a dimension put together with the elements of src, as PyTorch's.

    Shapes: those of scatter. `reduce` is "sum", "prod", "mean", "amax" or "amin"; without `include_self` what x has
    where a value is put does not count.

    Raises:
        OptionError: for another `reduce`.
    """
    if reduce not in REDUCTIONS:
        raise OptionError(f"scatter_reduce: reduce is one of {', '.join(REDUCTIONS)}; got {reduce!r}. Cure: 'sum'.")
    return _put("scatter_reduce", x, dim, index, src, reduce, include_self)


PUT = {"assign": None, "add": "sum", "multiply": "prod", "mul": "prod", "min": "amin", "max": "amax"}


def put_along_axis(
    arr: A, indices: AnyArray, values: AnyArray | Scalar, axis: int = -1, *, reduce: str = "assign"
) -> A:
    """arr with values at the positions that take_along_axis reads; a new array, where NumPy's function changes arr.

    Shapes: arr any; indices as many dimensions; values broadcast with them; the result that of arr. `reduce` is
    "assign", "add", "multiply", "min" or "max": what becomes of a value and what is there.

    Raises:
        OptionError: for another `reduce`.
    """
    if reduce not in PUT:
        raise OptionError(f"put_along_axis: reduce is one of {', '.join(PUT)}; got {reduce!r}. Cure: 'assign'.")
    x, index, given = arrays_of((arr, indices, values), "put_along_axis")
    if len(index.shape) == len(x.shape):
        at = axis_of(axis, len(x.shape), "put_along_axis")
        wanted = (*x.shape[:at], index.shape[at], *x.shape[at + 1 :])
        index, given = broadcast_to(index, wanted), broadcast_to(given, wanted)
    return _put("put_along_axis", x, axis, index, given, PUT[reduce], True)


def _slices(name: str, x: Any, dim: int, index: Any, source: Any) -> tuple[Any, Any, Any]:
    """x, with the index and the source spread over whole slices."""
    x, index = arrays_of((x, index), name)
    axis = axis_of(dim, len(x.shape), name)
    if len(index.shape) != 1:
        raise ShapeError(
            f"{name} takes an index (n,); got shape {tuple(index.shape)}. Cure: xnn.reshape(index, (-1,))."
        )
    wanted = (*x.shape[:axis], index.shape[0], *x.shape[axis + 1 :])
    if getattr(source, "shape", ()) != () and tuple(source.shape) != wanted:
        raise ShapeError(
            f"{name} takes slices of x for its source, {wanted}; got shape {tuple(source.shape)}. Cure: "
            "xnn.broadcast_to."
        )
    column = reshape(index, tuple(-1 if i == axis else 1 for i in range(len(wanted))))
    return x, broadcast_to(column, wanted), source


def index_add(x: A, dim: int, index: AnyArray, source: AnyArray, *, alpha: float = 1) -> A:
    """x with alpha times slices added at the positions `index` of a dimension, as PyTorch's.

    Shapes: x any; index (n,); source the shape of x with n in the place of the dimension; the result that of x.
    """
    x, places, values = _slices("index_add", x, dim, index, source)
    return _put("index_add", x, dim, places, values if alpha == 1 else multiply(values, alpha), "sum", True)


def index_copy(x: A, dim: int, index: AnyArray, source: AnyArray) -> A:
    """x with slices put at the positions `index` of a dimension, as PyTorch's; of several the last one stays.

    Shapes: those of index_add.
    """
    x, places, values = _slices("index_copy", x, dim, index, source)
    return _put("index_copy", x, dim, places, values, None, True)


def index_fill(x: A, dim: int, index: AnyArray, value: AnyArray | Scalar) -> A:
    """x with one value in the slices at the positions `index` of a dimension, as PyTorch's.

    Shapes: x any; index (n,); value a number or (); the result that of x.
    """
    x, places, values = _slices("index_fill", x, dim, index, value)
    return _put("index_fill", x, dim, places, values, None, True)
