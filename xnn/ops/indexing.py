"""Indexing functions of the array API standard and `x[key]`, each with its derivative.

Assignment is a function here: `setitem` gives a new array, and `Array.__setitem__` moves to it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any, Literal, cast

from xnn import checks
from xnn.autograd.arguments import choice
from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.operands import LISTS, copied, device_of, lift, mismatch, operand, with_arrays
from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import axis_of
from xnn.autograd.reverse import Placed
from xnn.dtypes import int64
from xnn.errors import BoundsError, DTypeError, ShapeError
from xnn.typing import A, AnyArray, Key, Scalar
from xnn_backends import Device, backend_of

from . import extrema
from .creation import asarray
from .data_types import astype, dtype_of
from .manipulation import broadcast_shapes, broadcast_to, reshape
from .promotion import arithmetic

__all__ = [
    "take",
    "take_along_axis",
]


PLAIN = (int, type(None))


def _raw_key(x: Any, key: Any, name: str = "x[index]") -> Any:
    """An index with raw arrays in the place of Arrays and lists: an index has no derivative.

    The standard asks for an index in every dimension, or an ellipsis; here, as in NumPy, those that
    are left out are whole.

    Raises:
        DeviceMismatchError: for an index array on another device than x.
        BoundsError: for an integer array that points beyond x; on a GPU at the next call that waits.
    """
    shape = tuple(x.shape)
    if isinstance(key, (int, slice)):
        key = _plain(key)
        return (key, ...) if len(shape) > 1 else key
    device = device_of(x, name)
    raw = [_raw_index(index, device, name) for index in (key if isinstance(key, tuple) else (key,))]
    if device.is_asynchronous:
        _check_bounds(raw, shape, device)
    if not isinstance(key, tuple):
        return raw[0]
    if all(k is None or isinstance(k, (int, slice)) for k in raw) and sum(k is not None for k in raw) < len(shape):
        raw.append(...)
    return tuple(raw)


def _raw_index(index: Any, device: Device, name: str) -> Any:
    """One index, for one dimension or several: integer arrays of any type become int64, which all libraries take."""
    if index is None or index is ... or isinstance(index, (int, slice)):
        return _plain(index)
    if isinstance(index, LISTS):
        index = asarray(list(index), dtype=None if index else int64, device=device)
    else:
        index = _here(index, device)
    raw, found = (index._data, index._device) if isinstance(index, Tracked) else lift(index, name)
    if isinstance(raw, float):
        raise DTypeError(f"{name} takes integers and bools; got {raw!r}. Cure: int(i), or i // 2 for i / 2.")
    if found is None:
        return raw  # a NumPy scalar
    if found is not device:
        raise mismatch(name, device, found)
    dtype = device.backend.dtype_of(raw)
    if "integer" in dtype.kind and dtype is not int64:
        with device.scope():
            return device.backend.xp.astype(raw, device.backend.raw_dtypes[int64])
    if dtype.is_floating:
        raise DTypeError(
            f"{name} takes integers and bools; got an array of {dtype.name}. Cure: xnn.astype(indices, xnn.int64)."
        )
    return raw if isinstance(index, Tracked) else copied(raw, device)


def _here(index: Any, device: Device) -> Any:
    """Positions or a mask that is NumPy's, or a table's as pandas', on the device of what is indexed.

    An index has no derivative and is read once, so that nothing is lost on the way.
    """
    if isinstance(index, Tracked):
        return index
    backend = backend_of(index)
    is_elsewhere = backend is not None and backend is not device.backend and backend.name == "numpy"
    if is_elsewhere or (backend is None and hasattr(index, "__array__") and hasattr(index, "__len__")):
        return asarray(index, device=device)._data
    return index


def _plain(index: Any) -> Any:
    """A slice with ints for its bounds, which may be integer arrays of shape (); another index as it is."""
    if isinstance(index, slice) and not all(type(i) in PLAIN for i in (index.start, index.stop, index.step)):
        return slice(*(None if i is None else operator.index(i) for i in (index.start, index.stop, index.step)))
    return index


def _check_bounds(indices: list[Any], shape: tuple[int, ...], device: Device) -> None:
    """Ask for positions within x, where the library wraps others in silence, as CuPy does."""
    taken = sum(index.ndim if _is_mask(device, index) else index is not None and index is not ... for index in indices)
    dimension = 0
    for index in indices:
        if index is ...:
            dimension += len(shape) - taken
        elif _is_mask(device, index):
            dimension += index.ndim
        elif index is not None:
            if isinstance(index, device.backend.array_type):
                require_within(index, shape[dimension], device)
            dimension += 1


def _is_mask(device: Device, index: Any) -> bool:
    return isinstance(index, device.backend.array_type) and device.backend.dtype_of(index).kind == "bool"


def require_within(index: Any, size: int, device: Device) -> None:
    """Raise BoundsError, at once or at the next wait, unless the raw positions are from -size to size - 1."""
    xp = device.backend.xp
    with device.scope():
        wide = xp.astype(index, xp.int64)  # an unsigned one is not compared with -size
        holds = xp.all(xp.logical_and(wide >= -size, wide < size))
    rule = f"positions along a dimension of size {size} are from {-size} to {size - 1}; another one came"
    checks.require(holds, device, BoundsError, rule)


def _zeros(xp: Any, x: Any, g: Any) -> Any:
    return xp.zeros(x.shape, dtype=g.dtype, device=xp.device(g))


def _spread(xp: Any, g: Any, out: Any, x: Any, key: Any) -> Any:
    if xp is not frontend.xp and not has_arrays(key):
        return Placed(x.shape, key, g)  # the engine adds up those of one array in one buffer
    return xp.scatter_add(_zeros(xp, x, g), key, g)


def has_arrays(key: Any) -> bool:
    """Whether an index has arrays in it."""
    return any(hasattr(k, "dtype") for k in (key if isinstance(key, tuple) else (key,)))


@primitive(_spread, kind="linear")
def _getitem(xp: Any, x: A, /, *, key: Any) -> A:
    return xp.getitem(x, key)


def getitem(x: A, key: Key) -> A:
    """x[key]: ints, slices, None, ..., integer arrays, a boolean array."""
    return _getitem(x, key=_raw_key(x, key))


def _written(xp: Any, g: Any, out: Any, x: Any, value: Any, key: Any) -> Any:
    """The cotangent where a value was written and stayed: of several at one place only the last did."""
    found = xp.getitem(g, key)
    if not has_arrays(key):
        return found
    device = xp.device(g)
    order = xp.reshape(xp.arange(math.prod(found.shape), dtype=xp.int64, device=device), found.shape)
    last = xp.getitem(xp.setitem(xp.zeros(x.shape, dtype=xp.int64, device=device), key, order), key)
    return xp.where(last == order, found, 0.0)


@primitive(lambda xp, g, out, x, value, key: xp.setitem(g, key, 0.0), _written, kind="linear")
def _setitem(xp: Any, x: A, value: AnyArray | Scalar, /, *, key: Any) -> A:
    return xp.setitem(x, key, value)


def setitem(x: A, key: Key, value: AnyArray | Scalar | Sequence[Any]) -> A:
    """A copy of x with `value` at `key`, cast to the type of x."""
    if isinstance(value, LISTS):
        value = with_arrays([x, value], "x[index]")[1]
    if isinstance(value, Tracked) or backend_of(value) is not None:
        value = astype(cast("AnyArray", value), dtype_of(x), copy=False)
    return _setitem(x, cast("AnyArray | Scalar", value), key=_raw_key(x, key))


@primitive(
    lambda xp, g, out, x, value, key: g,
    lambda xp, g, out, x, value, key: xp.getitem(g, key),
    promote=arithmetic,
    kind="linear",
)
def _scatter_add(xp: Any, x: A, value: AnyArray | Scalar, /, *, key: Any) -> A:
    return xp.scatter_add(x, key, value)


def scatter_add(x: A, key: Key, value: AnyArray | Scalar) -> A:
    """A copy of x with `value` added at `key`, as often as an index stands there. Not of the standard."""
    return _scatter_add(x, value, key=_raw_key(x, key))


@primitive(
    lambda xp, g, out, x, indices, axis, size: xp.take(g, indices, axis=axis), None, keeps="indices", kind="linear"
)
def _untake(xp: Any, x: A, indices: AnyArray, /, *, axis: int, size: int) -> A:
    """The transpose of `take`: slices added up at their positions along `axis`, which gets `size` elements."""
    zeros = xp.zeros((*x.shape[:axis], size, *x.shape[axis + 1 :]), dtype=x.dtype, device=xp.device(x))
    return xp.scatter_add(zeros, (*(slice(None),) * axis, indices), x)


def _take(xp: Any, g: Any, out: Any, x: Any, indices: Any, axis: int) -> Any:
    return _untake(g, indices, axis=axis, size=x.shape[axis])


@primitive(_take, None, keeps="indices", kind="linear")
def _take_slices(xp: Any, x: A, indices: AnyArray, /, *, axis: int) -> A:
    return xp.take(x, indices, axis=axis)


_take_slices.name = "take"


def _positions(indices: Any, name: str) -> Any:
    """An array of integers as int64, which all libraries take."""
    dtype = dtype_of(indices)
    if "integer" not in dtype.kind:
        raise DTypeError(f"{name} takes integers for indices; got {dtype.name}. Cure: xnn.astype(indices, xnn.int64).")
    return astype(indices, int64, copy=False)


def take(
    x: A,
    /,
    indices: AnyArray | int | Sequence[Any],
    axis: int | None = None,
    *,
    mode: Literal["raise", "wrap", "clip"] = "raise",
) -> A:
    """The slices of x along a dimension, at integer positions.

    Args:
        x: any shape and type.
        indices: integers from -size to size - 1 of the dimension, an array of any shape, a list of them, or one.
        axis: the dimension; without one x is flattened, as in NumPy.
        mode: of positions beyond x: an error, those modulo the size, or the first and the last one.

    Returns:
        the shape of x, with that of the indices in the place of the dimension.

    Raises:
        DTypeError: if the indices are no integers. OptionError: for another mode.
        BoundsError: for an axis that x lacks; for positions beyond x on a GPU, at the next call that waits; elsewhere
            IndexError.
    """
    x = operand(x, "take")
    device = device_of(x, "take")
    if axis is None and len(x.shape) != 1:
        x = reshape(x, (-1,))
    shape = tuple(x.shape)
    axis = axis_of(axis or 0, len(shape), "take")
    if not isinstance(indices, Tracked) and backend_of(indices) is None:
        indices = _listed(indices, device, "take")
    else:
        indices = _here(indices, device)
    found = _positions(indices, "take")
    if mode != "raise":
        choice("take", "mode", mode, ("raise", "wrap", "clip"))
        size = shape[axis]
        found = found % size if mode == "wrap" else extrema.clip(found, 0, size - 1)
    if device.is_asynchronous:  # others look themselves
        require_within(_raw_index(found, device, "take"), shape[axis], device)
    if len(found.shape) == 1:
        return _take_slices(x, found, axis=axis)
    sizes = tuple(found.shape)
    flat = _take_slices(x, reshape(found, (-1,)), axis=axis)
    return reshape(flat, (*shape[:axis], *sizes, *shape[axis + 1 :]))


def _listed(indices: Any, device: Device, name: str) -> Any:
    """An array of positions that are a number or nested lists; raw, for what is raw as well as for an Array."""
    if isinstance(indices, (float, str)):
        raise DTypeError(f"{name} takes integers for indices; got {indices!r}. Cure: int(index).")
    return asarray(indices, None if not hasattr(indices, "__len__") or len(indices) else int64, device=device)._data


def _along_axis(xp: Any, indices: Any, axis: int, ndim: int) -> tuple[Any, ...]:
    """For each dimension the positions that take_along_axis reads."""
    device = xp.device(indices)
    positions = [
        xp.reshape(xp.arange(n, device=device), (1,) * i + (-1,) + (1,) * (ndim - i - 1))
        for i, n in enumerate(indices.shape)
    ]
    positions[axis] = indices
    return tuple(xp.broadcast_to(p, indices.shape) for p in positions)


@primitive(
    lambda xp, g, out, x, indices, axis: xp.scatter_add(_zeros(xp, x, g), _along_axis(xp, indices, axis, x.ndim), g),
    None,
    keeps="indices",
    kind="linear",
)
def _take_elements(xp: Any, x: A, indices: AnyArray, /, *, axis: int) -> A:
    return xp.take_along_axis(x, indices, axis=axis)


_take_elements.name = "take_along_axis"


def take_along_axis(x: A, /, indices: AnyArray, axis: int = -1) -> A:
    """For each position of `indices`, the element of x there along a dimension.

    Args:
        x: any shape and type.
        indices: integers, as many dimensions as x; those but `axis` broadcast with x's.
        axis: the dimension.

    Returns:
        the shape of indices, broadcast.

    Raises:
        ShapeError: if the numbers of dimensions differ, or other sizes do not broadcast.
        DTypeError: if the indices are no integers.
        BoundsError: for an axis that x lacks, and for positions beyond x; these on a GPU at the next call that waits.
    """
    x = operand(x, "take_along_axis")
    device = device_of(x, "take_along_axis")
    indices = _here(operand(indices, "take_along_axis"), device)
    shape, wanted = list(x.shape), list(indices.shape)
    if len(shape) != len(wanted):
        raise ShapeError(
            f"take_along_axis takes indices of as many dimensions as x; got {tuple(wanted)} for {tuple(shape)}. "
            "Cure: xnn.expand_dims, or take."
        )
    axis = axis_of(axis, len(shape), "take_along_axis")
    indices = _positions(indices, "take_along_axis")
    require_within(_raw_index(indices, device, "take_along_axis"), shape[axis], device)
    along, count = shape[axis], wanted[axis]
    shape[axis] = wanted[axis] = 1
    common = broadcast_shapes(tuple(shape), tuple(wanted))
    full, found = (*common[:axis], along, *common[axis + 1 :]), (*common[:axis], count, *common[axis + 1 :])
    if tuple(x.shape) != full:
        x = broadcast_to(x, full)
    if tuple(indices.shape) != found:
        indices = broadcast_to(indices, found)
    return _take_elements(x, indices, axis=axis)
