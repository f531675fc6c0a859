"""Functions of the array API standard that repeat what is there, each with its derivative; see manipulation.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.operands import device_of, lift, mismatch, operand
from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import axis_of, integer, sizes_of
from xnn.dtypes import int64
from xnn.errors import DTypeError, ShapeError
from xnn.typing import A, AnyArray
from xnn_backends import backend_of

from .manipulation import reshape

__all__ = [
    "repeat",
    "tile",
]


def _unrepeated(xp: Any, g: Any, out: Any, x: Any, repeats: int, axis: int) -> Any:
    apart = (*x.shape[: axis + 1], repeats, *x.shape[axis + 1 :])
    return xp.sum(xp.reshape(g, apart), axis=axis + 1)


@primitive(_unrepeated, kind="linear")
def _repeat(xp: Any, x: A, /, *, repeats: int, axis: int) -> A:
    return xp.repeat(x, repeats, axis=axis)


_repeat.name = "repeat"


def repeat(x: A, /, repeats: int | AnyArray | Sequence[int], axis: int | None = None) -> A:
    """Each element, or each slice along `axis`, so many times, one after the other.

    Args:
        x: any shape; without an axis it is flattened.
        repeats: an int for all, or an integer array or list (n,) or (1,), a number for each of the n elements or
            slices; that waits for the device, to learn how large the result is.
        axis: the dimension.

    Returns:
        the shape of x with the sum of the repeats in the place of n; (sum,) without an axis.

    Raises:
        DTypeError: if the repeats are no integers.
        ShapeError: if they are negative, or not one for each.
        BoundsError: for an axis that x lacks.
    """
    x = operand(x, "repeat")
    device = device_of(x, "repeat")
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    axis = axis_of(axis, len(x.shape), "repeat")
    if isinstance(repeats, (list, tuple)):
        repeats = frontend.xp.asarray(repeats, None if repeats else int64, device=device)._data
    if not isinstance(repeats, Tracked) and backend_of(repeats) is None:
        repeats = integer("repeat", "repeats", repeats)
    else:
        return frontend.xp.take(x, _positions(x, repeats, x.shape[axis]), axis=axis)
    if repeats < 0:
        raise ShapeError(f"repeat takes numbers from 0 on; got {repeats}. Cure: 0 leaves them out.")
    return _repeat(x, repeats=repeats, axis=axis)


def _positions(x: Any, repeats: Any, size: int) -> Any:
    """Of each slice of the result: the place in x from which it comes. A raw array if `repeats` is one."""
    device = device_of(x, "repeat")
    raw, found = (repeats._data, repeats._device) if isinstance(repeats, Tracked) else lift(repeats, "repeat")
    if found is not device:
        raise mismatch("repeat", device, found or device)
    dtype = device.backend.dtype_of(raw)
    if "integer" not in dtype.kind:
        raise DTypeError(f"repeat takes integers for repeats; got {dtype.name}. Cure: xnn.astype(repeats, xnn.int64).")
    if tuple(raw.shape) not in ((), (1,), (size,)):
        raise ShapeError(
            f"repeat takes one number for each of {size} slices, or one for all; got {tuple(raw.shape)}. Cure: axis=..."
        )
    xp = device.backend.xp
    with device.scope():
        counts = xp.broadcast_to(xp.astype(raw, xp.int64), (size,))
        if size and int(xp.min(counts)) < 0:
            raise ShapeError(f"repeat takes numbers from 0 on; got {int(xp.min(counts))}. Cure: 0 leaves it out.")
        ends = xp.cumulative_sum(counts)
        total = int(ends[-1]) if size else 0
        places = xp.searchsorted(ends, xp.arange(total, dtype=xp.int64, device=xp.device(ends)), side="right")
    return frontend.array(places, device) if isinstance(repeats, Tracked) else places


def _untiled(xp: Any, g: Any, out: Any, x: Any, repetitions: tuple[int, ...]) -> Any:
    ndim = max(len(x.shape), len(repetitions))
    sizes = (1,) * (ndim - len(x.shape)) + tuple(x.shape)
    times = (1,) * (ndim - len(repetitions)) + tuple(repetitions)
    apart = [n for pair in zip(times, sizes, strict=True) for n in pair]
    return xp.reshape(xp.sum(xp.reshape(g, tuple(apart)), axis=tuple(range(0, 2 * ndim, 2))), x.shape)


@primitive(_untiled, kind="linear")
def _tile(xp: Any, x: A, /, *, repetitions: tuple[int, ...]) -> A:
    return xp.tile(x, repetitions)


_tile.name = "tile"


def tile(x: A, /, reps: int | Sequence[int]) -> A:
    """The whole array so many times along each dimension, one after the other.

    Shapes: x (n_0, n_1, ...); the result (n_0 r_0, n_1 r_1, ...). Of `reps` and shape the shorter one has ones
    put in front.
    """
    return _tile(x, repetitions=sizes_of(reps, "tile"))
