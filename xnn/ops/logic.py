"""Logical and bitwise functions of the array API standard; see elementwise.py for what they have in common."""

from __future__ import annotations

from typing import Any

from xnn.autograd.primitive import primitive
from xnn.typing import A, Scalar

from .promotion import arithmetic

__all__ = [
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
]


@primitive()
def logical_and(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """Whether both are true, element-wise. Shapes: x1 and x2 broadcast. Types: bool."""
    return xp.logical_and(x1, x2)


@primitive()
def logical_or(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """Whether one or both are true, element-wise. Shapes: x1 and x2 broadcast. Types: bool."""
    return xp.logical_or(x1, x2)


@primitive()
def logical_xor(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """Whether exactly one is true, element-wise. Shapes: x1 and x2 broadcast. Types: bool."""
    return xp.logical_xor(x1, x2)


@primitive()
def logical_not(xp: Any, x: A, /) -> A:
    """Whether x is false, element-wise. Shape: any, kept. Types: bool."""
    return xp.logical_not(x)


@primitive(promote=arithmetic)
def bitwise_and(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 & x2, bit by bit. Shapes: x1 and x2 broadcast. Types: integers and bool."""
    return xp.bitwise_and(x1, x2)


@primitive(promote=arithmetic)
def bitwise_or(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 | x2, bit by bit. Shapes: x1 and x2 broadcast. Types: integers and bool."""
    return xp.bitwise_or(x1, x2)


@primitive(promote=arithmetic)
def bitwise_xor(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 ^ x2, bit by bit. Shapes: x1 and x2 broadcast. Types: integers and bool."""
    return xp.bitwise_xor(x1, x2)


@primitive(promote=arithmetic)
def bitwise_left_shift(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 << x2, for x2 >= 0. Shapes: x1 and x2 broadcast. Types: integers."""
    return xp.bitwise_left_shift(x1, x2)


@primitive(promote=arithmetic)
def bitwise_right_shift(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 >> x2, for x2 >= 0; the sign stays. Shapes: x1 and x2 broadcast. Types: integers."""
    return xp.bitwise_right_shift(x1, x2)


@primitive()
def bitwise_invert(xp: Any, x: A, /) -> A:
    """~x, bit by bit. Shape: any, kept. Types: integers and bool."""
    return xp.bitwise_invert(x)
