"""Entropies, and products with a logarithm; special.py says what they have in common with other special functions."""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.primitive import primitive
from xnn.typing import A, Scalar

from .promotion import real_floating

__all__ = [
    "entr",
    "kl_div",
    "rel_entr",
    "xlog1py",
    "xlogy",
]


@primitive(lambda xp, g, out, x: -g * (1 + xp.log(x)), keeps="x", promote=real_floating, kind="elementwise")
def entr(xp: Any, x: A, /) -> A:
    """-x log(x); 0 at 0, where the derivative is infinite, and -inf below.

    Shape: any, kept. Types: real floating.
    """
    value = -x * xp.log(xp.where(x > 0, x, 1.0))
    return xp.where(x < 0, -math.inf, value)


def _log_ratio(xp: Any, x: Any, y: Any) -> Any:
    """log(x / y), 0 at 0 / 0."""
    both = xp.logical_and(x == 0, y == 0)
    return xp.log(xp.where(both, 1.0, x) / xp.where(both, 1.0, y))


def _ratio(xp: Any, x: Any, y: Any) -> Any:
    """x / y where both are in the domain, which has 0 / 0 = 0."""
    value = xp.where(x == 0, 0.0, x) / xp.where(xp.logical_and(x == 0, y == 0), 1.0, y)
    return xp.where(xp.logical_or(x < 0, y < 0), math.nan, value)


def _rel_entr_x(xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    empty = xp.logical_and(x == 0, y == 0)
    return g * xp.where(xp.logical_or(x < 0, y < 0), math.nan, xp.where(empty, 0.0, 1 + _log_ratio(xp, x, y)))


@primitive(
    _rel_entr_x,
    lambda xp, g, out, x, y: -g * _ratio(xp, x, y),
    keeps="x y",
    promote=real_floating,
    kind="elementwise",
)
def rel_entr(xp: Any, x: A | Scalar, y: A | Scalar, /) -> A:
    """x log(x / y), of which the sum is the relative entropy; 0 at x = 0 <= y, and inf where x or y is negative.

    Shapes: x and y broadcast. Types: real floating. At x = y = 0 the derivatives are 0.
    """
    inside = xp.logical_and(x > 0, y > 0)
    numerator, denominator = xp.where(inside, x, 1.0), xp.where(inside, y, 1.0)
    # where the quotient is near 1, or too large or small for its type, its logarithm is found otherwise
    similar = xp.logical_and(numerator < 2 * denominator, denominator < 2 * numerator)
    excess = xp.where(similar, numerator - denominator, 0.0) / denominator
    value = xp.where(similar, xp.log1p(excess), xp.log(numerator) - xp.log(denominator))
    value = xp.where(inside, numerator * value, math.inf)
    value = xp.where(xp.logical_and(x == 0, y >= 0), 0.0, value)
    return xp.where(xp.logical_or(xp.isnan(x), xp.isnan(y)), math.nan, value)


def _kl_div_x(xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    return g * xp.where(xp.logical_or(x < 0, y < 0), math.nan, _log_ratio(xp, x, y))


@primitive(
    _kl_div_x,
    lambda xp, g, out, x, y: g * (1 - _ratio(xp, x, y)),
    keeps="x y",
    promote=real_floating,
    kind="elementwise",
)
def kl_div(xp: Any, x: A | Scalar, y: A | Scalar, /) -> A:
    """x log(x / y) - x + y, which is 0 at x = y and else positive; y at x = 0 <= y, and inf where x or y is negative.

    SciPy's, of numbers; the loss `xnn.losses.kl_div` is PyTorch's, of logarithms.

    Shapes: x and y broadcast. Types: real floating. At x = y = 0 the derivatives are 0 and 1.
    """
    value = rel_entr.forward(xp, x, y)
    inside = xp.logical_and(x >= 0, xp.logical_or(y > 0, x == y))
    return xp.where(inside, value - x + y, value)


def _xlogy_x(xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    return xp.where(xp.logical_and(x == 0, y <= 0), 0.0, xlogy(g, y))


@primitive(_xlogy_x, lambda xp, g, out, x, y: g * x / y, keeps="x y", promote=real_floating, kind="elementwise")
def xlogy(xp: Any, x: A | Scalar, y: A | Scalar, /) -> A:
    """x log(y), and 0 at x = 0 whatever y is but NaN.

    Shapes: x and y broadcast. Types: real floating. At x = 0 >= y the derivative with respect to x is 0.
    """
    nothing = xp.logical_and(x == 0, xp.logical_not(xp.isnan(y)))
    return xp.where(nothing, 0.0, x * xp.log(xp.where(nothing, 1.0, y)))


def _xlog1py_x(xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    return xp.where(xp.logical_and(x == 0, y <= -1), 0.0, xlog1py(g, y))


@primitive(_xlog1py_x, lambda xp, g, out, x, y: g * x / (1 + y), keeps="x y", promote=real_floating, kind="elementwise")
def xlog1py(xp: Any, x: A | Scalar, y: A | Scalar, /) -> A:
    """x log(1 + y), and 0 at x = 0 whatever y is but NaN.

    Shapes: x and y broadcast. Types: real floating. At x = 0, y <= -1 the derivative with respect to x is 0.
    """
    nothing = xp.logical_and(x == 0, xp.logical_not(xp.isnan(y)))
    return xp.where(nothing, 0.0, x * xp.log1p(xp.where(nothing, 0.0, y)))
