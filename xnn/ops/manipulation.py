"""Manipulation functions of the array API standard, each with its derivative; and the move to a device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xnn import checks
from xnn.autograd.primitive import Primitive, lift, primitive
from xnn_backends import Device

from .promotion import arithmetic


@primitive(lambda xp, g, out, x, shape: xp.reshape(g, x.shape))
def reshape(xp: Any, x: Any, /, shape: tuple[int, ...]) -> Any:
    """The same elements in row-major order, in another shape; one size may be -1."""
    return xp.reshape(x, tuple(shape))


def _inverse(axes: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(range(len(axes)), key=lambda i: axes[i] % len(axes)))


@primitive(lambda xp, g, out, x, axes: xp.permute_dims(g, _inverse(axes)))
def permute_dims(xp: Any, x: Any, /, axes: tuple[int, ...]) -> Any:
    """The dimensions in another order."""
    return xp.permute_dims(x, axes)


@primitive(lambda xp, g, out, x, shape: g)
def broadcast_to(xp: Any, x: Any, /, shape: tuple[int, ...]) -> Any:
    """Repeated along new dimensions, and along those of size 1."""
    return xp.broadcast_to(x, tuple(shape))


@primitive(lambda xp, g, out, x, axis: xp.reshape(g, x.shape))
def expand_dims(xp: Any, x: Any, /, *, axis: int = 0) -> Any:
    """A new dimension of size 1 at `axis`."""
    return xp.expand_dims(x, axis=axis)


@primitive(lambda xp, g, out, x, axis: xp.reshape(g, x.shape))
def squeeze(xp: Any, x: Any, /, axis: int | tuple[int, ...]) -> Any:
    """Without the dimensions `axis`, which have size 1."""
    return xp.squeeze(x, axis)


@primitive(lambda xp, g, out, x, axis: xp.flip(g, axis=axis))
def flip(xp: Any, x: Any, /, *, axis: int | tuple[int, ...] | None = None) -> Any:
    """The elements in reverse order along `axis`, or along all."""
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
    """Arrays joined along a dimension that they have; None flattens them first."""
    return _concat(*arrays, axis=axis)


def stack(arrays: Sequence[Any], /, *, axis: int = 0) -> Any:
    """Arrays of one shape joined along a new dimension `axis`."""
    ndim = len(arrays[0].shape) + 1
    return _concat(*(expand_dims(x, axis=axis % ndim) for x in arrays), axis=axis % ndim)


def _move(x: Any, device: Device) -> Any:
    """A raw array on another device of any backend."""
    source, found = lift(x, "to_device")
    assert found is not None
    return found.backend.to_device(source, device)


class _ToDevice(Primitive[Any]):
    """The one operation whose output is not where its input is; so is its cotangent."""

    def __call__(self, x: Any, /, device: Device) -> Any:
        from xnn.autograd.graph import Node, Tracked, face, is_recording

        if not isinstance(x, Tracked):
            return _move(x, device)
        if x._device is device:
            return x
        if device.backend is not x._device.backend:
            checks.raise_pending(x._device)  # the move waits for the device
        moved = _move(x._data, device)
        node = None
        if x._node is not None and is_recording():
            node = Node(self, device, (x._node,), (x._data,), None, {"device": x._device})
        return face.array(moved, device, node)


def _to_device(xp: Any, x: Any, /, device: Device) -> Any:
    """The array on another device; its cotangent moves back."""
    return _move(x, device)


_to_device.__name__ = "to_device"
to_device: _ToDevice = _ToDevice(
    _to_device, joint=lambda xp, needs, g, out, x, device: [to_device(g, device)], keeps="x"
)
