"""Activations of neural networks.

The element-wise ones have rules that read the input or the output alone, so that a network keeps one array for each.
At kinks their derivatives are PyTorch's; far from 0 the smooth ones keep their digits: exponentials are of numbers that
are at most 0.

Shapes: any, kept. Types: real floating; integers become the default floating type.
"""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.primitive import fused, primitive

from .error_functions import SQRT_2_PI, ndtr
from .promotion import in_single, real_floating

# ---- piecewise linear ----


@primitive(lambda xp, g, out, x: xp.where(out <= 0, 0.0, g), keeps="out", promote=real_floating, kind="elementwise")
def relu(xp: Any, x: Any, /) -> Any:
    """max(x, 0); NaN stays NaN. Its derivative at 0 is 0."""
    return xp.maximum(x, 0.0)


@primitive(
    lambda xp, g, out, x, slope: xp.where(x > 0, g, slope * g),
    keeps="x",
    promote=real_floating,
    kind="elementwise",
)
def leaky_relu(xp: Any, x: Any, /, slope: float) -> Any:
    """x where x > 0, else slope * x, which is the derivative at 0, too."""
    return xp.where(x > 0, x, slope * x)


@primitive(
    lambda xp, g, out, x, slope: xp.where(x > 0, g, slope * g),
    lambda xp, g, out, x, slope: xp.where(x > 0, 0.0, x * g),
    keeps="x slope",
    promote=real_floating,
    kind="elementwise",
)
def prelu(xp: Any, x: Any, slope: Any, /) -> Any:
    """`leaky_relu` with an array of slopes, which broadcasts."""
    return xp.where(x > 0, x, slope * x)


@primitive(
    lambda xp, g, out, x, threshold, value: xp.where(x <= threshold, 0.0, g),
    keeps="x",
    promote=real_floating,
    kind="elementwise",
)
def threshold(xp: Any, x: Any, /, threshold: float, value: float) -> Any:
    """x where x > threshold, else the value; NaN stays NaN."""
    return xp.where(x <= threshold, value, x)


def _hardtanh(xp: Any, g: Any, out: Any, x: Any, low: float, high: float) -> Any:
    return xp.where(xp.logical_or(out <= low, out >= high), 0.0, g)


@primitive(_hardtanh, keeps="out", promote=real_floating, kind="elementwise")
def hardtanh(xp: Any, x: Any, /, low: float, high: float) -> Any:
    """x between the bounds, otherwise the bound that it passes; at a bound itself the derivative is 0."""
    return xp.clip(x, low, high)


def _hardsigmoid(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return xp.where(xp.logical_and(out > 0, out < 1), g / 6, 0.0)


@primitive(_hardsigmoid, keeps="out", promote=real_floating, kind="elementwise")
def hardsigmoid(xp: Any, x: Any, /) -> Any:
    """x / 6 + 1 / 2 between -3 and 3, 0 and 1 beyond, with derivatives 0 at both ends."""
    return xp.clip(x + 3, 0.0, 6.0) / 6


def _sparse_sigmoid(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return xp.where(xp.logical_and(out > 0, out < 1), 0.5 * g, 0.0)


@primitive(_sparse_sigmoid, keeps="out", promote=real_floating, kind="elementwise")
def sparse_sigmoid(xp: Any, x: Any, /) -> Any:
    """(x + 1) / 2 between -1 and 1, 0 and 1 beyond, with derivatives 0 at both ends."""
    return xp.clip(0.5 * x + 0.5, 0.0, 1.0)


def _hardshrink(xp: Any, g: Any, out: Any, x: Any, lambd: float) -> Any:
    return xp.where(xp.abs(x) <= lambd, 0.0, g)


@primitive(_hardshrink, keeps="x", promote=real_floating, kind="elementwise")
def hardshrink(xp: Any, x: Any, /, lambd: float) -> Any:
    """0 where |x| <= lambd, else x."""
    return xp.where(xp.abs(x) <= lambd, 0.0, x)


@primitive(_hardshrink, keeps="x", promote=real_floating, kind="elementwise")
def softshrink(xp: Any, x: Any, /, lambd: float) -> Any:
    """0 where |x| <= lambd, else x drawn to 0 by lambd."""
    return x - xp.clip(x, -lambd, lambd)


@primitive(lambda xp, g, out, x, threshold: xp.zeros_like(g), promote=real_floating, kind="elementwise")
def step(xp: Any, x: Any, /, threshold: float) -> Any:
    """1 where x >= threshold, else 0; NaN stays NaN. The derivative is 0 everywhere."""
    return xp.where(xp.isnan(x), x, xp.astype(x >= threshold, x.dtype))


# ---- piecewise smooth ----


def _elu(xp: Any, g: Any, out: Any, x: Any, alpha: float, scale: float, rate: float) -> Any:
    e = xp.exp(rate * xp.where(x < 0, x, 0.0))  # with the derivative 0 at 0, as PyTorch's
    return xp.where(x <= 0, (alpha * scale * rate) * g * e, scale * g)


@primitive(_elu, keeps="x", promote=real_floating, kind="elementwise")
def elu(xp: Any, x: Any, /, alpha: float = 1.0, scale: float = 1.0, rate: float = 1.0) -> Any:
    """scale * x where x > 0, else scale * alpha * (exp(rate * x) - 1), of which the derivative at 0 is, too.

    Derivatives of higher order are 0 at 0, as PyTorch's.
    """
    is_low = x <= 0
    return scale * xp.where(is_low, alpha * xp.expm1(rate * xp.where(is_low, x, 0.0)), x)


def _hardswish(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return xp.where(x <= -3, 0.0, xp.where(x < 3, g * (x / 3 + 0.5), g))


@primitive(_hardswish, keeps="x", promote=real_floating, kind="elementwise")
def hardswish(xp: Any, x: Any, /) -> Any:
    """x * hardsigmoid(x); the derivative is 0 at -3, and 1 at 3."""
    return x * (xp.clip(x + 3, 0.0, 6.0) / 6)


@primitive(lambda xp, g, out, x: g * sparse_sigmoid(x), keeps="x", promote=real_floating, kind="elementwise")
def sparse_plus(xp: Any, x: Any, /) -> Any:
    """(x + 1)**2 / 4 between -1 and 1, 0 below and x above."""
    inside = xp.clip(x, -1.0, 1.0) + 1
    return xp.where(x >= 1, x, 0.25 * inside * inside)


def _softsign(xp: Any, g: Any, out: Any, x: Any) -> Any:
    size = 1 + xp.abs(x)
    return xp.where(xp.isfinite(size), g / size / size, math.nan)


@primitive(_softsign, keeps="x", promote=real_floating, kind="elementwise")
def softsign(xp: Any, x: Any, /) -> Any:
    """x / (1 + |x|); NaN at infinities, as PyTorch's."""
    return x / (1 + xp.abs(x))


# ---- smooth ----


@primitive(lambda xp, g, out, x: g * out * (1 - out), keeps="out", promote=real_floating, kind="elementwise")
def sigmoid(xp: Any, x: Any, /) -> Any:
    """1 / (1 + exp(-x)); of -|x|, which does not overflow, and keeps small results exact."""
    e = xp.exp(-xp.abs(x))
    return xp.where(x < 0, e, 1.0) / (1 + e)


@primitive(lambda xp, g, out, x: -g * xp.expm1(out), keeps="out", promote=real_floating, kind="elementwise")
def logsigmoid(xp: Any, x: Any, /) -> Any:
    """log(sigmoid(x)), exact where sigmoid is 0 or 1; so is its derivative, 1 - sigmoid(x)."""
    return xp.minimum(x, 0.0) - xp.log1p(xp.exp(-xp.abs(x)))


def as_array(xp: Any, x: Any) -> Any:
    """An array () again, of which NumPy's arithmetic makes a scalar, for a primitive that is called by name."""
    return xp.broadcast_to(x, x.shape)


def _softplus(xp: Any, g: Any, out: Any, x: Any, beta: float, threshold: float) -> Any:
    slope = g * sigmoid(x if beta == 1 else as_array(xp, beta * x))
    return slope if threshold == math.inf else xp.where(beta * x > threshold, g, slope)


@primitive(_softplus, keeps="x", promote=real_floating, kind="elementwise")
def softplus(xp: Any, x: Any, /, beta: float = 1.0, threshold: float = math.inf) -> Any:
    """log(1 + exp(beta * x)) / beta, or x where beta * x is above the threshold.

    With exp of -|beta * x|, which does not overflow, and keeps small results exact.
    """
    y = x if beta == 1 else beta * x
    value = xp.maximum(y, 0.0) + xp.log1p(xp.exp(-xp.abs(y)))
    if beta != 1:
        value = value / beta
    return value if threshold == math.inf else xp.where(y > threshold, x, value)


def _silu(xp: Any, g: Any, out: Any, x: Any) -> Any:
    s = sigmoid(x)
    return g * (s + x * s * (1 - s))


@primitive(_silu, keeps="x", promote=real_floating, kind="elementwise")
def silu(xp: Any, x: Any, /) -> Any:
    """x * sigmoid(x)."""
    return x * sigmoid(x)


def _mish(xp: Any, g: Any, out: Any, x: Any) -> Any:
    t = xp.tanh(softplus(x))
    return g * (t + x * sigmoid(x) * (1 - t * t))


@primitive(_mish, keeps="x", promote=real_floating, kind="elementwise")
def mish(xp: Any, x: Any, /) -> Any:
    """x * tanh(softplus(x))."""
    return x * xp.tanh(softplus(x))


def _gelu(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return g * (ndtr(x) + x * xp.exp(-0.5 * x * x) / SQRT_2_PI)


@primitive(_gelu, keeps="x", promote=real_floating, kind="elementwise")
def gelu(xp: Any, x: Any, /) -> Any:
    """x times the distribution function of the standard normal distribution."""
    return x * ndtr(x)


RATE, CUBE = 2 * math.sqrt(2 / math.pi), 0.044715


def _gelu_tanh(xp: Any, g: Any, out: Any, x: Any) -> Any:
    s = sigmoid(as_array(xp, RATE * x * (1 + CUBE * x * x)))
    # What is 0 far away comes first, and x after x: x * x is infinite in float16 from 256 on.
    slope = s * (1 - s) * x * RATE
    return g * (s + slope + 3 * CUBE * slope * x * x)


@primitive(_gelu_tanh, keeps="x", promote=real_floating, kind="elementwise")
def gelu_tanh(xp: Any, x: Any, /) -> Any:
    """x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x**3))) / 2, as x sigmoid(2 ...), which keeps small results exact."""
    return x * sigmoid.forward(xp, RATE * x * (1 + CUBE * x * x))


@primitive(lambda xp, g, out, x: g * xp.square(xp.tanh(x)), keeps="x", promote=real_floating, kind="elementwise")
def tanhshrink(xp: Any, x: Any, /) -> Any:
    """x - tanh(x)."""
    return x - xp.tanh(x)


def _squareplus(xp: Any, g: Any, out: Any, x: Any, b: float) -> Any:
    ratio = (0.5 * math.sqrt(b)) / out
    return g / (1 + ratio * ratio)


@primitive(_squareplus, keeps="out", promote=real_floating, kind="elementwise")
def squareplus(xp: Any, x: Any, /, b: float) -> Any:
    """(x + sqrt(x**2 + b)) / 2; of -x it is b / 4 divided by that of x, which keeps small results exact."""
    size = xp.abs(x)
    large = 0.5 * (size + xp.hypot(size, math.sqrt(b)))
    return xp.where(x < 0, 0.25 * b / large, large)


# ---- along a dimension ----


@primitive(
    lambda xp, g, out, x, axis: g - xp.exp(out) * xp.sum(g, axis=axis, keepdims=True),
    keeps="out",
    promote=real_floating,
)
def log_softmax(xp: Any, x: Any, /, axis: int | tuple[int, ...] | None = -1) -> Any:
    """log(exp(x) / sum(exp(x))) along `axis`; shifted by the maximum first, because exp overflows."""
    if 0 in x.shape:
        return xp.zeros_like(x)
    shifted = x - xp.max(x, axis=axis, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))


@primitive(
    lambda xp, g, out, x, axis: out * (g - xp.sum(g * out, axis=axis, keepdims=True)),
    keeps="out",
    promote=real_floating,
)
def softmax(xp: Any, x: Any, /, axis: int | tuple[int, ...] | None = -1) -> Any:
    """exp(x) / sum(exp(x)) along `axis`; shifted by the maximum first, because exp overflows."""
    if 0 in x.shape:
        return xp.zeros_like(x)
    e = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return e / xp.sum(e, axis=axis, keepdims=True)


def _sparsemax(xp: Any, g: Any, out: Any, x: Any, axis: int) -> Any:
    support = xp.astype(out > 0, g.dtype)
    mean = xp.sum(g * support, axis=axis, keepdims=True) / xp.sum(support, axis=axis, keepdims=True)
    return support * (g - mean)


@primitive(_sparsemax, keeps="out", promote=real_floating)
def sparsemax(xp: Any, x: Any, /, axis: int) -> Any:
    """The point of the simplex that is nearest to x, along `axis`: max(x - t, 0), with t such that the sum is 1.

    Martins & Astudillo, 2016, algorithm 1: the k largest are the support, for the largest k with 1 + k x_k > their sum.
    """
    if 0 in x.shape:
        return xp.zeros_like(x)
    x = x - xp.max(x, axis=axis, keepdims=True)  # lest their sum loses the digits that count
    falling = xp.sort(x, axis=axis, descending=True)
    counts = xp.arange(1, x.shape[axis] + 1, dtype=x.dtype, device=xp.device(x))
    counts = xp.reshape(counts, tuple(-1 if i == axis % x.ndim else 1 for i in range(x.ndim)))
    is_in = 1 + counts * falling > xp.cumulative_sum(falling, axis=axis)
    count = xp.sum(xp.astype(is_in, x.dtype), axis=axis, keepdims=True)
    total = xp.sum(xp.where(is_in, falling, 0.0), axis=axis, keepdims=True)
    return xp.maximum(x - (total - 1) / count, 0.0)


@fused(promote=real_floating)
def glu(xp: Any, x: Any, /, axis: int) -> Any:
    """The first half along `axis`, times the sigmoid of the second."""
    half = x.shape[axis] // 2
    before = (slice(None),) * (axis % x.ndim)
    return xp.multiply(
        xp.getitem(x, (*before, slice(None, half), ...)), sigmoid(xp.getitem(x, (*before, slice(half, None), ...)))
    )


in_single(log_softmax, softmax)
