"""Searching functions of the array API standard, each with its derivative.

Positions have the type int64, and require no gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xnn.autograd.graph import Tracked
from xnn.autograd.primitive import SCALARS, primitive
from xnn_backends import Device

from . import creation
from .promotion import after, arithmetic

__all__ = [
    "argmax",
    "argmin",
    "where",
]

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
    """x1 where the condition holds, x2 elsewhere.

    Shapes: condition, x1 and x2 broadcast; the result has their common shape. Types: condition bool; x1 and x2 all,
    promoted together, and Python scalars are weak; two Python scalars have their default types, which the standard
    leaves open. The derivative goes to the one that was taken, 0 to the other.
    """
    return xp.where(condition, x1, x2)


@primitive()
def argmax(xp: Any, x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the largest element, the first of equal ones; the first NaN where there is one.

    Shapes: x any; `axis` an int, which the result lacks or, if `keepdims`, has with size 1; None: the position in x
    flattened, of shape () or (1, ..., 1). Types: integers and real floating; the result int64. No elements: the
    library's own error.
    """
    return xp.argmax(x, axis=axis, keepdims=keepdims)


@primitive()
def argmin(xp: Any, x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the smallest element, the first of equal ones; the first NaN where there is one.

    Shapes: x any; `axis` an int, which the result lacks or, if `keepdims`, has with size 1; None: the position in x
    flattened, of shape () or (1, ..., 1). Types: integers and real floating; the result int64. No elements: the
    library's own error.
    """
    return xp.argmin(x, axis=axis, keepdims=keepdims)
