"""Indexing functions of the array API standard and `x[key]`, each with its derivative.

Assignment is a function here: `setitem` gives a new array, and `Array.__setitem__` moves to it.
"""

from __future__ import annotations

from typing import Any

from xnn.autograd.graph import Tracked
from xnn.autograd.primitive import lift, mismatch, primitive
from xnn_backends import backend_of

from .data_types import astype, dtype_of
from .promotion import arithmetic


def _raw_key(x: Any, key: Any) -> Any:
    """An index with raw arrays in the place of Arrays: an index has no derivative.

    The standard asks for an index in every dimension, or an ellipsis; here, as in NumPy, those that
    are left out are whole.

    Raises:
        DeviceMismatchError: for an index array on another device than x.
    """
    ndim = len(x.shape)
    if not isinstance(key, tuple):
        key = _raw_index(x, key)
        return (key, ...) if key is None or (isinstance(key, (int, slice)) and ndim > 1) else key
    raw = tuple([_raw_index(x, k) for k in key])
    if all(k is None or isinstance(k, (int, slice)) for k in raw) and sum(k is not None for k in raw) < ndim:
        return (*raw, ...)
    return raw


def _raw_index(x: Any, index: Any) -> Any:
    """One index, for one dimension or several."""
    if index is None or index is ... or isinstance(index, (int, slice)):
        return index
    if not isinstance(index, Tracked) and backend_of(index) is None:
        # A NumPy scalar; of a list the library knows whether it takes it.
        return index.item() if getattr(index, "shape", None) == () else index
    raw, found = (index._data, index._device) if isinstance(index, Tracked) else lift(index, "x[index]")
    device = x._device if isinstance(x, Tracked) else lift(x, "x[index]")[1]
    if found is not device and found is not None and device is not None:
        raise mismatch("x[index]", device, found)
    return raw


def _zeros(xp: Any, x: Any, g: Any) -> Any:
    return xp.zeros(x.shape, dtype=g.dtype, device=xp.device(g))


@primitive(lambda xp, g, out, x, key: xp.scatter_add(_zeros(xp, x, g), key, g))
def _getitem(xp: Any, x: Any, /, *, key: Any) -> Any:
    return xp.getitem(x, key)


def getitem(x: Any, key: Any) -> Any:
    """x[key]: ints, slices, None, ..., integer arrays, a boolean array."""
    return _getitem(x, key=_raw_key(x, key))


@primitive(
    lambda xp, g, out, x, value, key: xp.setitem(g, key, 0.0),
    lambda xp, g, out, x, value, key: xp.getitem(g, key),
)
def _setitem(xp: Any, x: Any, value: Any, /, *, key: Any) -> Any:
    return xp.setitem(x, key, value)


def setitem(x: Any, key: Any, value: Any) -> Any:
    """A copy of x with `value` at `key`."""
    if isinstance(value, Tracked):
        value = astype(value, dtype_of(x), copy=False)
    return _setitem(x, value, key=_raw_key(x, key))


@primitive(
    lambda xp, g, out, x, value, key: g,
    lambda xp, g, out, x, value, key: xp.getitem(g, key),
    promote=arithmetic,
)
def _scatter_add(xp: Any, x: Any, value: Any, /, *, key: Any) -> Any:
    return xp.scatter_add(x, key, value)


def scatter_add(x: Any, key: Any, value: Any) -> Any:
    """A copy of x with `value` added at `key`, as often as an index stands there. Not of the standard."""
    return _scatter_add(x, value, key=_raw_key(x, key))


@primitive(lambda xp, g, out, x, indices, axis, size: xp.take(g, indices, axis=axis), None, keeps="indices")
def _untake(xp: Any, x: Any, indices: Any, /, *, axis: int, size: int) -> Any:
    """The transpose of `take`: slices added up at their positions along `axis`, which gets `size` elements."""
    zeros = xp.zeros((*x.shape[:axis], size, *x.shape[axis + 1 :]), dtype=x.dtype, device=xp.device(x))
    return xp.scatter_add(zeros, (*(slice(None),) * axis, indices), x)


def _take(xp: Any, g: Any, out: Any, x: Any, indices: Any, axis: int | None) -> Any:
    position = (axis or 0) % x.ndim
    return _untake(g, indices, axis=position, size=x.shape[position])


@primitive(_take, None, keeps="indices")
def take(xp: Any, x: Any, indices: Any, /, *, axis: int | None = None) -> Any:
    """The slices of x along `axis` at the integer positions `indices`, of shape (n,)."""
    return xp.take(x, indices, axis=axis)


def _along_axis(xp: Any, indices: Any, axis: int, ndim: int) -> tuple[Any, ...]:
    """For each dimension the positions that take_along_axis reads."""
    device = xp.device(indices)
    positions = [
        xp.reshape(xp.arange(n, device=device), (1,) * i + (-1,) + (1,) * (ndim - i - 1))
        for i, n in enumerate(indices.shape)
    ]
    positions[axis % ndim] = indices
    return tuple(xp.broadcast_to(p, indices.shape) for p in positions)


@primitive(
    lambda xp, g, out, x, indices, axis: xp.scatter_add(_zeros(xp, x, g), _along_axis(xp, indices, axis, x.ndim), g),
    None,
    keeps="indices",
)
def take_along_axis(xp: Any, x: Any, indices: Any, /, *, axis: int = -1) -> Any:
    """For each position of `indices`, the element of x there along `axis`."""
    return xp.take_along_axis(x, indices, axis=axis)
