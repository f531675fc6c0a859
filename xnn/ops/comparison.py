"""Comparisons of the array API standard; see elementwise.py for what they have in common."""

from __future__ import annotations

from typing import Any

from xnn.autograd.primitive import primitive
from xnn.typing import A, Scalar

from .promotion import comparing, of_reals

__all__ = [
    "equal",
    "greater",
    "greater_equal",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "not_equal",
]


@primitive(promote=comparing)
def equal(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 == x2, element-wise. Shapes: x1 and x2 broadcast. Types: all; the result is bool."""
    return xp.equal(x1, x2)


@primitive(promote=comparing)
def not_equal(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 != x2, element-wise. Shapes: x1 and x2 broadcast. Types: all; the result is bool."""
    return xp.not_equal(x1, x2)


@primitive(promote=of_reals(comparing))
def less(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 < x2, element-wise. Shapes: x1 and x2 broadcast. Types: integers and real floating; the result is bool."""
    return xp.less(x1, x2)


@primitive(promote=of_reals(comparing))
def less_equal(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 <= x2, element-wise. Shapes: x1 and x2 broadcast. Types: integers and real floating; the result is bool."""
    return xp.less_equal(x1, x2)


@primitive(promote=of_reals(comparing))
def greater(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 > x2, element-wise. Shapes: x1 and x2 broadcast. Types: integers and real floating; the result is bool."""
    return xp.greater(x1, x2)


@primitive(promote=of_reals(comparing))
def greater_equal(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 >= x2, element-wise. Shapes: x1 and x2 broadcast. Types: integers and real floating; the result is bool."""
    return xp.greater_equal(x1, x2)


@primitive()
def isfinite(xp: Any, x: A, /) -> A:
    """Whether x is neither infinite nor NaN, element-wise. Shape: any, kept. Types: numeric; the result is bool."""
    return xp.isfinite(x)


@primitive()
def isinf(xp: Any, x: A, /) -> A:
    """Whether x is infinite, of either sign, element-wise. Shape: any, kept. Types: numeric; the result is bool."""
    return xp.isinf(x)


@primitive()
def isnan(xp: Any, x: A, /) -> A:
    """Whether x is NaN, element-wise. Shape: any, kept. Types: numeric; the result is bool."""
    return xp.isnan(x)
