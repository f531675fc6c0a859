"""Searching functions of the array API standard, each with its derivative."""

from __future__ import annotations

from typing import Any

from xnn.autograd.primitive import primitive

from .promotion import after, arithmetic


@primitive(
    None,
    lambda xp, g, out, condition, a, b: xp.where(condition, g, 0.0),
    lambda xp, g, out, condition, a, b: xp.where(condition, 0.0, g),
    keeps="condition",
    promote=after(1, arithmetic),
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
