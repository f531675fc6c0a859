"""Activations of neural networks: primitives, and fused ones with their definition."""

from __future__ import annotations

from typing import Any

from xnn.autograd.primitive import primitive

from .promotion import real_floating


@primitive(lambda xp, g, out, x: xp.where(out <= 0, 0.0, g), keeps="out", promote=real_floating)
def relu(xp: Any, x: Any, /) -> Any:
    """max(x, 0); NaN stays NaN. Its derivative at 0 is 0."""
    return xp.maximum(x, 0.0)


@primitive(lambda xp, g, out, x: g * out * (1 - out), keeps="out", promote=real_floating)
def sigmoid(xp: Any, x: Any, /) -> Any:
    """1 / (1 + exp(-x)); of -|x|, which does not overflow, and keeps small results exact."""
    e = xp.exp(-xp.abs(x))
    return xp.where(x < 0, e, 1.0) / (1 + e)


@primitive(lambda xp, g, out, x: g * sigmoid(x), keeps="x", promote=real_floating)
def softplus(xp: Any, x: Any, /) -> Any:
    """log(1 + exp(x)); with exp of -|x|, which does not overflow, and keeps small results exact."""
    return xp.maximum(x, 0.0) + xp.log1p(xp.exp(-xp.abs(x)))


@primitive(
    lambda xp, g, out, x, axis: g - xp.exp(out) * xp.sum(g, axis=axis, keepdims=True),
    keeps="out",
    promote=real_floating,
)
def log_softmax(xp: Any, x: Any, /, axis: int | tuple[int, ...] | None = -1) -> Any:
    """log(exp(x) / sum(exp(x))) along `axis`; shifted by the maximum first, because exp overflows."""
    shifted = x - xp.max(x, axis=axis, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))


@primitive(
    lambda xp, g, out, x, axis: out * (g - xp.sum(g * out, axis=axis, keepdims=True)),
    keeps="out",
    promote=real_floating,
)
def softmax(xp: Any, x: Any, /, axis: int | tuple[int, ...] | None = -1) -> Any:
    """exp(x) / sum(exp(x)) along `axis`; shifted by the maximum first, because exp overflows."""
    e = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return e / xp.sum(e, axis=axis, keepdims=True)
