"""Exponentials and logarithms of the array API standard; see elementwise.py for what they have in common."""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.primitive import primitive
from xnn.typing import A, Scalar

from .activation import as_array, sigmoid
from .promotion import floating, of_reals

__all__ = [
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
]


@primitive(lambda xp, g, out, x: g * out, keeps="out", promote=floating, kind="elementwise")
def exp(xp: Any, x: A, /) -> A:
    """e ** x, element-wise. Shape: any, kept. Types: numeric; integers become the default floating type."""
    return xp.exp(x)


@primitive(lambda xp, g, out, x: g * (out + 1), keeps="out", promote=floating, kind="elementwise")
def expm1(xp: Any, x: A, /) -> A:
    """e ** x - 1, exact near 0, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type.
    """
    return xp.expm1(x)


@primitive(lambda xp, g, out, x: g / x, keeps="x", promote=floating, kind="elementwise")
def log(xp: Any, x: A, /) -> A:
    """The natural logarithm, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type. -inf at 0; NaN where a real x < 0.
    """
    return xp.log(x)


@primitive(lambda xp, g, out, x: g / (1 + x), keeps="x", promote=floating, kind="elementwise")
def log1p(xp: Any, x: A, /) -> A:
    """log(1 + x), exact near 0, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type. -inf at -1; NaN where a real x < -1.
    """
    return xp.log1p(x)


@primitive(lambda xp, g, out, x: g / (x * math.log(2)), keeps="x", promote=floating, kind="elementwise")
def log2(xp: Any, x: A, /) -> A:
    """The logarithm to base 2, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type. -inf at 0; NaN where a real x < 0.
    """
    return xp.log2(x)


@primitive(lambda xp, g, out, x: g / (x * math.log(10)), keeps="x", promote=floating, kind="elementwise")
def log10(xp: Any, x: A, /) -> A:
    """The logarithm to base 10, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type. -inf at 0; NaN where a real x < 0.
    """
    return xp.log10(x)


@primitive(
    # not exp(a - out), which of large numbers has lost the digits
    lambda xp, g, out, a, b: g * sigmoid(as_array(xp, a - b)),
    lambda xp, g, out, a, b: g * sigmoid(as_array(xp, b - a)),
    keeps="x1 x2",
    promote=of_reals(floating),
    kind="elementwise",
)
def logaddexp(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """log(exp(x1) + exp(x2)) without overflow, element-wise.

    Shapes: x1 and x2 broadcast. Types: real; integers become the default floating type. The derivative is NaN where
    both are the same infinity, as PyTorch's.
    """
    return xp.logaddexp(x1, x2)
