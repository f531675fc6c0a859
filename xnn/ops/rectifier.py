"""Rectifiers, and what else is made of pieces: at kinks the derivatives are PyTorch's.

Shapes: any, kept. Types: real floating; integers become the default floating type.
"""

from __future__ import annotations

from typing import Any

from xnn.autograd.primitive import primitive
from xnn.typing import A, AnyArray

from .promotion import real_floating

# ---- piecewise linear ----


@primitive(lambda xp, g, out, x: xp.where(out <= 0, 0.0, g), keeps="out", promote=real_floating, kind="elementwise")
def relu(xp: Any, x: A, /) -> A:
    """max(x, 0); NaN stays NaN. Its derivative at 0 is 0."""
    return xp.maximum(x, 0.0)


@primitive(
    lambda xp, g, out, x, slope: xp.where(x > 0, g, slope * g),
    keeps="x",
    promote=real_floating,
    kind="elementwise",
)
def leaky_relu(xp: Any, x: A, /, slope: float) -> A:
    """x where x > 0, else slope * x, which is the derivative at 0, too."""
    return xp.where(x > 0, x, slope * x)


@primitive(
    lambda xp, g, out, x, slope: xp.where(x > 0, g, slope * g),
    lambda xp, g, out, x, slope: xp.where(x > 0, 0.0, x * g),
    keeps="x slope",
    promote=real_floating,
    kind="elementwise",
)
def prelu(xp: Any, x: A, slope: AnyArray, /) -> A:
    """`leaky_relu` with an array of slopes, which broadcasts."""
    return xp.where(x > 0, x, slope * x)


@primitive(
    lambda xp, g, out, x, threshold, value: xp.where(x <= threshold, 0.0, g),
    keeps="x",
    promote=real_floating,
    kind="elementwise",
)
def threshold(xp: Any, x: A, /, threshold: float, value: float) -> A:
    """x where x > threshold, else the value; NaN stays NaN."""
    return xp.where(x <= threshold, value, x)


def _hardtanh(xp: Any, g: Any, out: Any, x: Any, low: float, high: float) -> Any:
    return xp.where(xp.logical_or(out <= low, out >= high), 0.0, g)


@primitive(_hardtanh, keeps="out", promote=real_floating, kind="elementwise")
def hardtanh(xp: Any, x: A, /, low: float, high: float) -> A:
    """x between the bounds, otherwise the bound that it passes; at a bound itself the derivative is 0."""
    return xp.clip(x, low, high)


def _hardsigmoid(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return xp.where(xp.logical_and(out > 0, out < 1), g / 6, 0.0)


@primitive(_hardsigmoid, keeps="out", promote=real_floating, kind="elementwise")
def hardsigmoid(xp: Any, x: A, /) -> A:
    """x / 6 + 1 / 2 between -3 and 3, 0 and 1 beyond, with derivatives 0 at both ends."""
    return xp.clip(x + 3, 0.0, 6.0) / 6


def _sparse_sigmoid(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return xp.where(xp.logical_and(out > 0, out < 1), 0.5 * g, 0.0)


@primitive(_sparse_sigmoid, keeps="out", promote=real_floating, kind="elementwise")
def sparse_sigmoid(xp: Any, x: A, /) -> A:
    """(x + 1) / 2 between -1 and 1, 0 and 1 beyond, with derivatives 0 at both ends."""
    return xp.clip(0.5 * x + 0.5, 0.0, 1.0)


def _hardshrink(xp: Any, g: Any, out: Any, x: Any, lambd: float) -> Any:
    return xp.where(xp.abs(x) <= lambd, 0.0, g)


@primitive(_hardshrink, keeps="x", promote=real_floating, kind="elementwise")
def hardshrink(xp: Any, x: A, /, lambd: float) -> A:
    """0 where |x| <= lambd, else x."""
    return xp.where(xp.abs(x) <= lambd, 0.0, x)


@primitive(_hardshrink, keeps="x", promote=real_floating, kind="elementwise")
def softshrink(xp: Any, x: A, /, lambd: float) -> A:
    """0 where |x| <= lambd, else x drawn to 0 by lambd."""
    return x - xp.clip(x, -lambd, lambd)


@primitive(lambda xp, g, out, x, threshold: xp.zeros_like(g), promote=real_floating, kind="elementwise")
def step(xp: Any, x: A, /, threshold: float) -> A:
    """1 where x >= threshold, else 0; NaN stays NaN. The derivative is 0 everywhere."""
    return xp.where(xp.isnan(x), x, xp.astype(x >= threshold, x.dtype))


# ---- piecewise smooth ----


def _elu(xp: Any, g: Any, out: Any, x: Any, alpha: float, scale: float, rate: float) -> Any:
    e = xp.exp(rate * xp.where(x < 0, x, 0.0))  # with the derivative 0 at 0, as PyTorch's
    return xp.where(x <= 0, (alpha * scale * rate) * g * e, scale * g)


@primitive(_elu, keeps="x", promote=real_floating, kind="elementwise")
def elu(xp: Any, x: A, /, alpha: float = 1.0, scale: float = 1.0, rate: float = 1.0) -> A:
    """scale * x where x > 0, else scale * alpha * (exp(rate * x) - 1), of which the derivative at 0 is, too.

    Derivatives of higher order are 0 at 0, as PyTorch's.
    """
    is_low = x <= 0
    return scale * xp.where(is_low, alpha * xp.expm1(rate * xp.where(is_low, x, 0.0)), x)


def _hardswish(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return xp.where(x <= -3, 0.0, xp.where(x < 3, g * (x / 3 + 0.5), g))


@primitive(_hardswish, keeps="x", promote=real_floating, kind="elementwise")
def hardswish(xp: Any, x: A, /) -> A:
    """x * hardsigmoid(x); the derivative is 0 at -3, and 1 at 3."""
    return x * (xp.clip(x + 3, 0.0, 6.0) / 6)


@primitive(lambda xp, g, out, x: g * sparse_sigmoid(x), keeps="x", promote=real_floating, kind="elementwise")
def sparse_plus(xp: Any, x: A, /) -> A:
    """(x + 1)**2 / 4 between -1 and 1, 0 below and x above."""
    inside = xp.clip(x, -1.0, 1.0) + 1
    return xp.where(x >= 1, x, 0.25 * inside * inside)
