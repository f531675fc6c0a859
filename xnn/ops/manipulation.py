"""Manipulation functions of the array API standard, each with its derivative; and the move to a device.

Types: all; the result has that of x, and several arrays are promoted together. Negative axes count from the end. What
does not fit raises BoundsError for an axis that x lacks, and ShapeError for shapes. A list is taken for a tuple.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

from xnn import checks
from xnn.autograd.graph import Node, Spec, Tracked, frontend, is_recording
from xnn.autograd.operands import arrays_of, copied, device_of, lift, mismatch, operand
from xnn.autograd.primitive import Primitive, primitive
from xnn.autograd.refusals import axes_of, axis_of, described, integer, sizes_of
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.typing import A, Axis, Shape
from xnn_backends import Device

from .explanations import (
    explain_broadcast,
    explain_concat,
    explain_permute,
    explain_reshape,
    explain_roll,
    explain_squeeze,
)
from .promotion import arithmetic

__all__ = [
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "concat",
    "expand_dims",
    "flip",
    "meshgrid",
    "moveaxis",
    "permute_dims",
    "reshape",
    "roll",
    "squeeze",
    "stack",
    "tril",
    "triu",
    "unstack",
]


@primitive(lambda xp, g, out, x, shape, order, copy: xp.reshape(g, x.shape), kind="linear", explain=explain_reshape)
def reshape(xp: Any, x: A, /, shape: Shape, order: Literal["C"] = "C", *, copy: bool | None = None) -> A:
    """The same elements in row-major order, in another shape.

    Shapes: x any; the result `shape`, a tuple of the same number of elements; one size may be -1, and follows from the
    others. With `copy` the result has memory of its own; with copy=False it shares that of x, or ValueError is raised;
    None shares where it can. `order` is "C", NumPy's name for row-major, and no other.
    """
    if order != "C":
        cure = "xnn.permute_dims before and after, in the reverse order of dimensions"
        raise OptionError(f"reshape is in row-major order, 'C'; got {order!r}. Cure: {cure}.")
    if type(shape) is not tuple:
        shape = sizes_of(shape, "reshape", least=-1)
    out = xp.reshape(x, shape) if copy is None else xp.reshape(x, shape, copy=copy)
    if out.shape != shape:  # -1 among the sizes, for which NumPy takes any negative number
        sizes_of(shape, "reshape", least=-1)
    return out


def _inverse(axes: Sequence[int]) -> tuple[int, ...]:
    inverse = [0] * len(axes)
    for i, axis in enumerate(axes):
        inverse[axis] = i
    return tuple(inverse)


@primitive(lambda xp, g, out, x, axes: xp.permute_dims(g, _inverse(axes)), kind="linear", explain=explain_permute)
def permute_dims(xp: Any, x: A, /, axes: Sequence[int]) -> A:
    """The dimensions in another order: that of number i in the result is axes[i] of x.

    Shapes: x (n_0, n_1, ...); the result (n_axes[0], n_axes[1], ...), where `axes` names each dimension once.
    """
    if type(axes) is not tuple or len(axes) != x.ndim:  # which some libraries take for all in reverse
        explain_permute((tuple(x.shape),), {"axes": axes})
    return xp.permute_dims(x, axes)


@primitive(lambda xp, g, out, x, shape: g, kind="linear", explain=explain_broadcast)
def broadcast_to(xp: Any, x: A, /, shape: Shape) -> A:
    """Repeated along new dimensions in front, and along those of size 1.

    Shapes: x any that broadcasts to `shape`; the result `shape`. The cotangent is summed over what was repeated.
    """
    return xp.broadcast_to(x, shape if type(shape) is tuple else sizes_of(shape, "broadcast_to"))


def broadcast_shapes(*shapes: Shape) -> tuple[int, ...]:
    """The shape to which arrays of the given shapes broadcast together; () for none.

    Raises: ShapeError for sizes that differ where neither is 1.
    """
    found = [sizes_of(shape, "broadcast_shapes") for shape in shapes]
    result = [1] * max(map(len, found), default=0)
    for shape in found:
        for i, n in enumerate(reversed(shape), 1):
            if n not in (1, result[-i]) and result[-i] != 1:
                raise ShapeError(
                    f"shapes that broadcast have equal sizes, or 1; got {', '.join(map(str, found))}. "
                    "Cure: xnn.reshape, or xnn.expand_dims."
                )
            result[-i] = n if result[-i] == 1 else result[-i]
    return tuple(result)


def broadcast_arrays(*arrays: A) -> tuple[A, ...]:
    """The arrays broadcast against one another: a tuple of as many, of one shape, each of its own type.

    Raises: ShapeError for shapes that do not broadcast; DeviceMismatchError for arrays of several devices.
    """
    found = _of_one_kind("broadcast_arrays", arrays)
    shape = broadcast_shapes(*(tuple(x.shape) for x in found))
    return tuple([broadcast_to(x, shape) for x in found])


def _of_one_kind(name: str, arrays: Sequence[Any]) -> Sequence[Any]:
    """Arrays of one device: Arrays if one of them is, as in a primitive that takes them all."""
    arrays = arrays_of(arrays, name)
    devices = [device_of(x, name) for x in arrays]
    for device in devices:
        if device is not devices[0]:
            raise mismatch(name, devices[0], device)
    if not any(isinstance(x, Tracked) for x in arrays):
        return arrays
    return [x if isinstance(x, Tracked) else frontend.array(copied(x, devices[0]), devices[0]) for x in arrays]


def expand_dims(x: A, /, axis: Axis) -> A:
    """New dimensions of size 1 at `axis`, an int or a tuple, counted in the result.

    Shapes: x any, of n dimensions; the result n + k, for k axes, each from -n - k to n + k - 1.

    Raises:
        BoundsError: for an axis out of range, or named twice.
    """
    x = operand(x, "expand_dims")
    shape = list(x.shape)
    ndim = len(shape) + (len(axis) if isinstance(axis, (tuple, list)) else 1)
    for a in sorted(axes_of(axis, ndim, "expand_dims")):
        shape.insert(a, 1)
    return reshape(x, tuple(shape))


@primitive(lambda xp, g, out, x, axis: xp.reshape(g, x.shape), kind="linear", explain=explain_squeeze)
def squeeze(xp: Any, x: A, /, axis: Axis | None = None) -> A:
    """Without the dimensions `axis`, an int or a tuple, which have size 1; None: without all that have.

    Shapes: (1, 3, 1) becomes (3, 1) with axis=0, and (3,) with axis=(0, 2). Raises ValueError if another size is there.
    """
    if axis is None:
        axis = tuple([i for i, n in enumerate(x.shape) if n == 1])
    return xp.squeeze(x, axes_of(axis, x.ndim, "squeeze"))


@primitive(lambda xp, g, out, x, axis: xp.flip(g, axis=axis), kind="linear")
def flip(xp: Any, x: A, /, axis: Axis | None = None) -> A:
    """The elements in reverse order along `axis`, an int or a tuple; None: along all dimensions.

    Shape: any, kept.
    """
    return xp.flip(x, axis=axis)


def moveaxis(x: A, /, source: Axis, destination: Axis) -> A:
    """The dimensions `source` moved to the places `destination`, ints or tuples; the others keep their order.

    Shapes: (2, 3, 4) becomes (3, 4, 2) with 0 and -1.

    Raises:
        BoundsError: for an axis that x lacks, or one named twice.
        ShapeError: if there are not as many sources as destinations.
    """
    x = operand(x, "moveaxis")
    ndim = len(x.shape)
    old, new = axes_of(source, ndim, "moveaxis"), axes_of(destination, ndim, "moveaxis")
    if len(old) != len(new):
        raise ShapeError(
            f"moveaxis takes as many destinations as sources; got {destination} for {source}. Cure: one for each."
        )
    order = [i for i in range(ndim) if i not in old]
    for place, axis in sorted(zip(new, old, strict=True)):
        order.insert(place, axis)
    return permute_dims(x, tuple(order))


def _shifts(shift: int | Sequence[int], axis: Axis | None, sign: int = 1) -> int | tuple[int, ...]:
    """A shift for each of several axes, times the sign."""
    if not isinstance(shift, int):
        return tuple([sign * s for s in shift])
    return (sign * shift,) * len(axis) if axis is not None and not isinstance(axis, int) else sign * shift


@primitive(
    lambda xp, g, out, x, shift, axis: xp.roll(g, _shifts(shift, axis, -1), axis=axis),
    kind="linear",
    explain=explain_roll,
)
def roll(xp: Any, x: A, /, shift: int | Sequence[int], axis: Axis | None = None) -> A:
    """The elements moved by `shift` places along `axis`; what leaves at one end comes in at the other.

    Shape: any, kept. `axis` an int or a tuple, with a shift for each or one for all; None: through all elements in
    row-major order.
    """
    if axis == ():
        return xp.asarray(x, copy=True)
    if type(shift) is not int:  # of which NumPy takes floats
        shift = (
            tuple([integer("roll", "shift", s) for s in shift])
            if isinstance(shift, tuple)
            else integer("roll", "shift", shift)
        )
    return xp.roll(x, _shifts(shift, axis), axis=axis)


def _restacked(xp: Any, g: tuple[Any, ...], out: Any, x: Any, axis: int) -> Any:
    found = next(part for part in g if part is not None)
    return xp.stack([xp.zeros_like(found) if part is None else part for part in g], axis=axis)


@primitive(_restacked, kind="linear")
def unstack(xp: Any, x: A, /, axis: int = 0) -> tuple[A, ...]:
    """The slices along a dimension, as a tuple.

    Shapes: x (n, ...) with axis=0; n arrays (...).
    """
    return tuple(xp.unstack(x, axis=axis_of(axis, x.ndim, "unstack")))


def _split(xp: Any, needs: Sequence[bool], g: Any, out: Any, *arrays: Any, axis: int | None) -> list[Any]:
    parts: list[Any] = []
    position = 0
    if axis is None:
        g, axis, sizes = xp.reshape(g, (-1,)), 0, [math.prod(x.shape) for x in arrays]
    else:
        axis %= g.ndim
        sizes = [x.shape[axis] for x in arrays]
    for need, x, size in zip(needs, arrays, sizes, strict=True):
        key = (*(slice(None),) * axis, slice(position, position + size), ...)
        parts.append(xp.reshape(xp.getitem(g, key), x.shape) if need else None)
        position += size
    return parts


@primitive(joint=_split, promote=arithmetic, kind="linear", explain=explain_concat)
def _concat(xp: Any, *arrays: A, axis: int | None = 0) -> A:
    return xp.concat(arrays, axis=axis)


_concat.name = "concat"


def _listed(name: str, arrays: Sequence[A]) -> list[A]:
    """What is to be joined; DTypeError where it is no list of arrays."""
    try:
        listed = list(arrays)
    except TypeError:
        raise DTypeError(f"{name} takes a list of arrays; got {described(arrays)}. Cure: {name}([x, y]).") from None
    return arrays_of(listed, name) if listed else listed


def concat(arrays: Sequence[A], /, axis: int | None = 0) -> A:
    """Arrays joined along a dimension that they have; None flattens them first.

    Shapes: equal but for the size at `axis`, which adds up: (2, 3) and (4, 3) give (6, 3). With None any shapes give
    (n,). Types: promoted together. Raises TypeError for no arrays.
    """
    arrays = _listed("concat", arrays)
    return _concat(*arrays, axis=axis)


def stack(arrays: Sequence[A], /, axis: int = 0) -> A:
    """Arrays joined along a new dimension.

    Shapes: all the same, of n dimensions; the result n + 1, with as many as there are arrays at `axis`, from -n - 1 to
    n: two of (3, 4) give (2, 3, 4). Types: promoted together.

    Raises:
        ShapeError: for no arrays, or shapes that differ.
        BoundsError: for an axis out of range.
    """
    arrays = _listed("stack", arrays)
    shapes = {tuple(x.shape) for x in arrays}
    if len(shapes) != 1:
        raise ShapeError(
            f"stack takes arrays of one shape, at least one; got {', '.join(map(str, shapes)) or 'none'}. Cure: concat."
        )
    axis = axis_of(axis, len(shapes.pop()) + 1, "stack")
    return _concat(*(expand_dims(x, axis=axis) for x in arrays), axis=axis)


def _move(x: Any, device: Device) -> Any:
    """A raw array on another device of any backend."""
    source, found = lift(x, "to_device")
    assert found is not None
    return found.backend.to_device(source, device)


class _ToDevice(Primitive[..., Any]):
    """The one operation whose output is not where its input is; so is its cotangent."""

    def __call__(self, x: A, /, device: Device) -> A:
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
            node.spec = Spec(moved.shape, moved.dtype)
        result: Any = frontend.array(moved, device, node)
        return result


def _to_device(xp: Any, x: Any, /, device: Device) -> Any:
    """The array on another device; its cotangent moves back.

    Shape: any, kept; the type too. `device` is a Device. Between two libraries the move waits for the first device, and
    raises what was found wrong there.
    """
    return _move(x, device)


_to_device.__name__ = "to_device"
to_device: _ToDevice = _ToDevice(_to_device, joint=lambda xp, needs, g, out, x, device: [to_device(g, device)])


def meshgrid(*arrays: A, sparse: bool = False, indexing: Literal["xy", "ij"] = "xy") -> tuple[A, ...]:
    """The coordinates of a grid: for each array, its values spread along the dimensions of all the others.

    Args:
        arrays: of one dimension each, (n_1,), (n_2,), ..., of any type.
        sparse: leave the sizes of the others 1, so that the results broadcast to the grid.
        indexing: "ij" for results of shape (n_1, n_2, n_3, ...); "xy" for (n_2, n_1, n_3, ...).

    Returns:
        a tuple of as many arrays, each of its own type.

    Raises:
        ShapeError: for an array of several dimensions.
        OptionError: for another `indexing`.
    """
    if indexing not in ("xy", "ij"):
        raise OptionError(f"meshgrid's indexing is 'xy' or 'ij'; got {indexing!r}. Cure: 'ij' keeps the order.")
    arrays = tuple(arrays_of(arrays, "meshgrid"))
    if wrong := [tuple(x.shape) for x in arrays if len(x.shape) > 1]:
        raise ShapeError(f"meshgrid takes arrays of one dimension; got shape {wrong[0]}. Cure: xnn.reshape(x, (-1,)).")
    places = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        places[:2] = 1, 0
    lying = [reshape(x, tuple([-1 if i == at else 1 for i in places])) for at, x in enumerate(arrays)]
    return tuple(lying) if sparse else broadcast_arrays(*lying)


def _require_matrix(name: str, x: Any) -> None:
    """NumPy makes a matrix of a vector, with the vector as each row."""
    if len(x.shape) < 2:
        raise ShapeError(
            f"{name} takes matrices, of shape (..., m, n); got shape {tuple(x.shape)}. "
            f"Cure: xnn.{name}(xnn.broadcast_to(x, (m, n)))."
        )


@primitive(lambda xp, g, out, x, k: xp.tril(g, k=k), kind="linear")
def tril(xp: Any, x: A, /, k: int = 0) -> A:
    """The lower triangles of matrices: the elements above the k-th diagonal become 0.

    Shapes: x (..., m, n); the result the same. Types: all. Raises ShapeError for fewer than two dimensions.
    """
    _require_matrix("tril", x)
    return xp.tril(x, k=integer("tril", "k", k))


@primitive(lambda xp, g, out, x, k: xp.triu(g, k=k), kind="linear")
def triu(xp: Any, x: A, /, k: int = 0) -> A:
    """The upper triangles of matrices: the elements below the k-th diagonal become 0.

    Shapes: x (..., m, n); the result the same. Types: all. Raises ShapeError for fewer than two dimensions.
    """
    _require_matrix("triu", x)
    return xp.triu(x, k=integer("triu", "k", k))  # NumPy takes floats, and CuPy otherwise
