"""Searching functions of the array API standard, each with its derivative."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xnn.autograd.graph import Tracked
from xnn.autograd.primitive import SCALARS, primitive
from xnn_backends import Device

from . import creation
from .promotion import after, arithmetic

_promote_rest = after(1, arithmetic)


def _promote(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
    """The standard leaves two Python scalars open: here they have their default types, on every backend."""
    if type(raws[1]) in SCALARS and type(raws[2]) in SCALARS:
        first = creation.full((), raws[1], device=device)
        return [args[0], first if isinstance(args[0], Tracked) else first._data, args[2]]
    return _promote_rest(device, args, raws)


@primitive(
    None,
    lambda xp, g, out, condition, a, b: xp.where(condition, g, 0.0),
    lambda xp, g, out, condition, a, b: xp.where(condition, 0.0, g),
    keeps="condition",
    promote=_promote,
)
def where(xp: Any, condition: Any, x1: Any, x2: Any, /) -> Any:
    """x1 where the condition holds, x2 elsewhere."""
    return xp.where(condition, x1, x2)


@primitive()
def argmax(xp: Any, x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the largest element, the first of equal ones."""
    return xp.argmax(x, axis=axis, keepdims=keepdims)


@primitive()
def argmin(xp: Any, x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the smallest element, the first of equal ones."""
    return xp.argmin(x, axis=axis, keepdims=keepdims)
