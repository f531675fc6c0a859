"""Manipulation functions of the array API standard, each with its derivative; and the move to a device.

Types: all; the result has that of x, and several arrays are promoted together. Negative axes count from the end. What
does not fit raises the array library's own error: IndexError for an axis that x lacks; for shapes, ValueError in NumPy
and RuntimeError in PyTorch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xnn import checks
from xnn.autograd.graph import Node, Spec, Tracked, frontend, is_recording
from xnn.autograd.primitive import Primitive, lift, primitive
from xnn.errors import ShapeError
from xnn_backends import Device

from .promotion import arithmetic

__all__ = [
    "broadcast_to",
    "concat",
    "expand_dims",
    "flip",
    "permute_dims",
    "reshape",
    "squeeze",
    "stack",
]


@primitive(lambda xp, g, out, x, shape: xp.reshape(g, x.shape))
def reshape(xp: Any, x: Any, /, shape: tuple[int, ...]) -> Any:
    """The same elements in row-major order, in another shape.

    Shapes: x any; the result `shape`, a tuple of the same number of elements; one size may be -1, and follows from the
    others. Departs from the standard: there is no `copy`, and no promise whether memory is shared.
    """
    return xp.reshape(x, tuple(shape))


def _inverse(axes: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(range(len(axes)), key=lambda i: axes[i] % len(axes)))


@primitive(lambda xp, g, out, x, axes: xp.permute_dims(g, _inverse(axes)))
def permute_dims(xp: Any, x: Any, /, axes: tuple[int, ...]) -> Any:
    """The dimensions in another order: that of number i in the result is axes[i] of x.

    Shapes: x (n_0, n_1, ...); the result (n_axes[0], n_axes[1], ...), where `axes` names each dimension once.
    """
    return xp.permute_dims(x, axes)


@primitive(lambda xp, g, out, x, shape: g)
def broadcast_to(xp: Any, x: Any, /, shape: tuple[int, ...]) -> Any:
    """Repeated along new dimensions in front, and along those of size 1.

    Shapes: x any that broadcasts to `shape`; the result `shape`. The cotangent is summed over what was repeated.
    """
    return xp.broadcast_to(x, tuple(shape))


@primitive(lambda xp, g, out, x, axis: xp.reshape(g, x.shape))
def expand_dims(xp: Any, x: Any, /, *, axis: int = 0) -> Any:
    """A new dimension of size 1 at `axis`, counted in the result.

    Shapes: x any, of n dimensions; the result n + 1 dimensions, for `axis` from -n - 1 to n.
    """
    return xp.expand_dims(x, axis=axis)


@primitive(lambda xp, g, out, x, axis: xp.reshape(g, x.shape))
def squeeze(xp: Any, x: Any, /, axis: int | tuple[int, ...]) -> Any:
    """Without the dimensions `axis`, an int or a tuple, which have size 1.

    Shapes: (1, 3, 1) becomes (3, 1) with axis=0, and (3,) with axis=(0, 2). Raises ValueError if another size is there.
    """
    return xp.squeeze(x, axis)


@primitive(lambda xp, g, out, x, axis: xp.flip(g, axis=axis))
def flip(xp: Any, x: Any, /, *, axis: int | tuple[int, ...] | None = None) -> Any:
    """The elements in reverse order along `axis`, an int or a tuple; None: along all dimensions.

    Shape: any, kept.
    """
    return xp.flip(x, axis=axis)


def _split(xp: Any, needs: Sequence[bool], g: Any, out: Any, *arrays: Any, axis: int | None) -> list[Any]:
    parts: list[Any] = []
    position = 0
    if axis is None:
        g, axis, sizes = xp.reshape(g, (-1,)), 0, [_size(x) for x in arrays]
    else:
        axis %= g.ndim
        sizes = [x.shape[axis] for x in arrays]
    for need, x, size in zip(needs, arrays, sizes, strict=True):
        key = (*(slice(None),) * axis, slice(position, position + size), ...)
        parts.append(xp.reshape(xp.getitem(g, key), x.shape) if need else None)
        position += size
    return parts


def _size(x: Any) -> int:
    size = 1
    for n in x.shape:
        size *= n
    return size


@primitive(joint=_split, promote=arithmetic)
def _concat(xp: Any, *arrays: Any, axis: int | None = 0) -> Any:
    return xp.concat(arrays, axis=axis)


_concat.name = "concat"


def concat(arrays: Sequence[Any], /, *, axis: int | None = 0) -> Any:
    """Arrays joined along a dimension that they have; None flattens them first.

    Shapes: equal but for the size at `axis`, which adds up: (2, 3) and (4, 3) give (6, 3). With None any shapes give
    (n,). Types: promoted together. Raises TypeError for no arrays.
    """
    return _concat(*arrays, axis=axis)


def stack(arrays: Sequence[Any], /, *, axis: int = 0) -> Any:
    """Arrays joined along a new dimension.

    Shapes: all the same, of n dimensions; the result n + 1, with as many as there are arrays at `axis`, from -n - 1 to
    n: two of (3, 4) give (2, 3, 4). Types: promoted together.

    Raises:
        ShapeError: for no arrays, shapes that differ, or an axis out of range.
    """
    shapes = {tuple(x.shape) for x in arrays}
    if len(shapes) != 1:
        raise ShapeError(f"stack takes arrays of one shape, at least one; got {', '.join(map(str, shapes)) or 'none'}")
    ndim = len(shapes.pop()) + 1
    if not -ndim <= axis < ndim:
        raise ShapeError(f"stack: the new axis is from {-ndim} to {ndim - 1}; got {axis}")
    return _concat(*(expand_dims(x, axis=axis % ndim) for x in arrays), axis=axis % ndim)


def _move(x: Any, device: Device) -> Any:
    """A raw array on another device of any backend."""
    source, found = lift(x, "to_device")
    assert found is not None
    return found.backend.to_device(source, device)


class _ToDevice(Primitive[Any]):
    """The one operation whose output is not where its input is; so is its cotangent."""

    def __call__(self, x: Any, /, device: Device) -> Any:
        if not isinstance(x, Tracked):
            return _move(x, device)
        if x._device is device:
            return x
        if device.backend is not x._device.backend:
            checks.raise_pending(x._device)  # the move waits for the device
        moved = _move(x._data, device)
        node = None
        if x._node is not None and is_recording():
            node = Node(self, device, (x._node,), (Spec(x._data.shape, x._data.dtype),), None, {"device": x._device})
        return frontend.array(moved, device, node)


def _to_device(xp: Any, x: Any, /, device: Device) -> Any:
    """The array on another device; its cotangent moves back.

    Shape: any, kept; the type too. `device` is a Device. Between two libraries the move waits for the first device, and
    raises what was found wrong there.
    """
    return _move(x, device)


_to_device.__name__ = "to_device"
to_device: _ToDevice = _ToDevice(_to_device, joint=lambda xp, needs, g, out, x, device: [to_device(g, device)])
