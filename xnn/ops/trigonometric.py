"""Trigonometric and hyperbolic functions of the array API standard; see elementwise.py for what they have in common."""

from __future__ import annotations

from typing import Any

from xnn.autograd.primitive import primitive
from xnn.typing import A, Scalar

from .promotion import floating, of_reals

__all__ = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "sin",
    "sinh",
    "tan",
    "tanh",
]


@primitive(lambda xp, g, out, x: g * xp.cos(x), keeps="x", promote=floating, kind="elementwise")
def sin(xp: Any, x: A, /) -> A:
    """The sine of x in radians. Shape: any, kept. Types: numeric; integers become the default floating type."""
    return xp.sin(x)


@primitive(lambda xp, g, out, x: -g * xp.sin(x), keeps="x", promote=floating, kind="elementwise")
def cos(xp: Any, x: A, /) -> A:
    """The cosine of x in radians. Shape: any, kept. Types: numeric; integers become the default floating type."""
    return xp.cos(x)


@primitive(lambda xp, g, out, x: g * (1 + out * out), keeps="out", promote=floating, kind="elementwise")
def tan(xp: Any, x: A, /) -> A:
    """The tangent of x in radians, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type.
    """
    return xp.tan(x)


@primitive(lambda xp, g, out, x: g / xp.sqrt((1 - x) * (1 + x)), keeps="x", promote=floating, kind="elementwise")
def asin(xp: Any, x: A, /) -> A:
    """The angle in radians, from -pi / 2 to pi / 2, whose sine is x, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type. NaN where a real x is
    not between -1 and 1; the derivative at -1 and 1 is infinite.
    """
    return xp.asin(x)


@primitive(lambda xp, g, out, x: -g / xp.sqrt((1 - x) * (1 + x)), keeps="x", promote=floating, kind="elementwise")
def acos(xp: Any, x: A, /) -> A:
    """The angle in radians, from 0 to pi, whose cosine is x, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type. NaN where a real x is
    not between -1 and 1; the derivative at -1 and 1 is infinite.
    """
    return xp.acos(x)


@primitive(lambda xp, g, out, x: g / (1 + x * x), keeps="x", promote=floating, kind="elementwise")
def atan(xp: Any, x: A, /) -> A:
    """The angle in radians, from -pi / 2 to pi / 2, whose tangent is x, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type.
    """
    return xp.atan(x)


def _atan2(xp: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """a / r**2 and b / r**2 of the distance r = hypot(a, b), without overflow; 0 at r = 0."""
    distance = xp.hypot(a, b)
    distance = xp.where(distance == 0, 1.0, distance)
    return a / distance / distance, b / distance / distance


@primitive(
    lambda xp, g, out, a, b: g * _atan2(xp, a, b)[1],
    lambda xp, g, out, a, b: -g * _atan2(xp, a, b)[0],
    keeps="x1 x2",
    promote=of_reals(floating),
    kind="elementwise",
)
def atan2(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """The angle in radians, from -pi to pi, of the point with height x1 and width x2, element-wise.

    Shapes: x1 and x2 broadcast. Types: real; integers become the default floating type. The derivatives at
    x1 = x2 = 0 are 0, as PyTorch's.
    """
    return xp.atan2(x1, x2)


@primitive(lambda xp, g, out, x: g * xp.cosh(x), keeps="x", promote=floating, kind="elementwise")
def sinh(xp: Any, x: A, /) -> A:
    """The hyperbolic sine, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type.
    """
    return xp.sinh(x)


@primitive(lambda xp, g, out, x: g * xp.sinh(x), keeps="x", promote=floating, kind="elementwise")
def cosh(xp: Any, x: A, /) -> A:
    """The hyperbolic cosine, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type.
    """
    return xp.cosh(x)


@primitive(lambda xp, g, out, x: g - g * out * out, keeps="out", promote=floating, kind="elementwise")
def tanh(xp: Any, x: A, /) -> A:
    """The hyperbolic tangent, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type.
    """
    return xp.tanh(x)


@primitive(lambda xp, g, out, x: g / xp.sqrt(1 + x * x), keeps="x", promote=floating, kind="elementwise")
def asinh(xp: Any, x: A, /) -> A:
    """The number whose hyperbolic sine is x, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type.
    """
    return xp.asinh(x)


@primitive(lambda xp, g, out, x: g / (xp.sqrt(x - 1) * xp.sqrt(x + 1)), keeps="x", promote=floating, kind="elementwise")
def acosh(xp: Any, x: A, /) -> A:
    """The number, not below 0, whose hyperbolic cosine is x, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type. NaN where a real x < 1; the
    derivative at 1 is infinite.
    """
    return xp.acosh(x)


@primitive(lambda xp, g, out, x: g / ((1 - x) * (1 + x)), keeps="x", promote=floating, kind="elementwise")
def atanh(xp: Any, x: A, /) -> A:
    """The number whose hyperbolic tangent is x, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type. Infinite at -1 and 1; NaN where a
    real x is not between them.
    """
    return xp.atanh(x)
