"""Smooth activations of neural networks.

The element-wise ones have rules that read the input or the output alone, so that a network keeps one array for each.
Far from 0 they keep their digits: exponentials are of numbers that are at most 0.

Shapes: any, kept. Types: real floating; integers become the default floating type.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from xnn.autograd.arguments import arrays_and_numbers
from xnn.autograd.graph import Check, Rule
from xnn.autograd.primitive import Primitive, fused, primitive
from xnn.typing import A

from .error_functions import SQRT_2_PI, ndtr
from .promotion import real_floating

P = ParamSpec("P")
R = TypeVar("R")


def activation(
    *rules: Rule, keeps: str = "", check: Check = arrays_and_numbers
) -> Callable[[Callable[Concatenate[Any, P], R]], Primitive[P, R]]:
    """A primitive of one array, element by element, which nn.functional hands on: it says itself what it takes."""
    return primitive(*rules, keeps=keeps, promote=real_floating, kind="elementwise", check=check, arrays=1)


def _softsign(xp: Any, g: Any, out: Any, x: Any) -> Any:
    size = 1 + xp.abs(x)
    return xp.where(xp.isfinite(size), g / size / size, math.nan)


@activation(_softsign, keeps="input")
def softsign(xp: Any, input: A) -> A:
    """input / (1 + abs(input)); NaN at infinities, as PyTorch's.

    Shapes: any, kept.
    """
    return input / (1 + xp.abs(input))


# ---- smooth ----


@activation(lambda xp, g, out, x: g * out * (1 - out), keeps="out")
def sigmoid(xp: Any, input: A) -> A:
    """1 / (1 + exp(-input)).

    Shapes: any, kept; integers become the default floating type.
    """
    e = xp.exp(-xp.abs(input))  # which does not overflow, and keeps small results exact
    return xp.where(input < 0, e, 1.0) / (1 + e)


@activation(lambda xp, g, out, x: -g * xp.expm1(out), keeps="out")
def logsigmoid(xp: Any, input: A) -> A:
    """log(sigmoid(input)), exact where sigmoid is 0 or 1.

    Shapes: any, kept.
    """
    return xp.minimum(input, 0.0) - xp.log1p(xp.exp(-xp.abs(input)))


def as_array(xp: Any, x: Any) -> Any:
    """An array () again, of which NumPy's arithmetic makes a scalar, for a primitive that is called by name."""
    return xp.broadcast_to(x, x.shape)


def _softplus(xp: Any, g: Any, out: Any, x: Any, beta: float, threshold: float) -> Any:
    slope = g * sigmoid(x if beta == 1 else as_array(xp, beta * x))
    return slope if threshold == math.inf else xp.where(beta * x > threshold, g, slope)


@primitive(_softplus, keeps="x", promote=real_floating, kind="elementwise")
def softplus(xp: Any, x: A, /, beta: float = 1.0, threshold: float = math.inf) -> A:
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


@activation(_silu, keeps="input")
def silu(xp: Any, input: A) -> A:
    """input * sigmoid(input), also called swish: Ramachandran et al., Searching for Activation Functions, 2017.

    Shapes: any, kept.
    """
    return input * sigmoid(input)


def _mish(xp: Any, g: Any, out: Any, x: Any) -> Any:
    t = xp.tanh(softplus(x))
    return g * (t + x * sigmoid(x) * (1 - t * t))


@activation(_mish, keeps="input")
def mish(xp: Any, input: A) -> A:
    """input * tanh(softplus(input)): Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019.

    Shapes: any, kept.
    """
    return input * xp.tanh(softplus(input))


def _gelu(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return g * (ndtr(x) + x * xp.exp(-0.5 * x * x) / SQRT_2_PI)


@primitive(_gelu, keeps="x", promote=real_floating, kind="elementwise")
def gelu(xp: Any, x: A, /) -> A:
    """x times the distribution function of the standard normal distribution."""
    return x * ndtr(x)


RATE, CUBE = 2 * math.sqrt(2 / math.pi), 0.044715


def _gelu_tanh(xp: Any, g: Any, out: Any, x: Any) -> Any:
    s = sigmoid(as_array(xp, RATE * x * (1 + CUBE * x * x)))
    # What is 0 far away comes first, and x after x: x * x is infinite in float16 from 256 on.
    slope = s * (1 - s) * x * RATE
    return g * (s + slope + 3 * CUBE * slope * x * x)


@primitive(_gelu_tanh, keeps="x", promote=real_floating, kind="elementwise")
def gelu_tanh(xp: Any, x: A, /) -> A:
    """x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x**3))) / 2, as x sigmoid(2 ...), which keeps small results exact."""
    return x * sigmoid.forward(xp, RATE * x * (1 + CUBE * x * x))


@activation(lambda xp, g, out, x: g * xp.square(xp.tanh(x)), keeps="input")
def tanhshrink(xp: Any, input: A) -> A:
    """input - tanh(input).

    Shapes: any, kept.
    """
    return input - xp.tanh(input)


def _squareplus(xp: Any, g: Any, out: Any, x: Any, b: float) -> Any:
    ratio = (0.5 * math.sqrt(b)) / out
    return g / (1 + ratio * ratio)


@primitive(_squareplus, keeps="out", promote=real_floating, kind="elementwise")
def squareplus(xp: Any, x: A, /, b: float) -> A:
    """(x + sqrt(x**2 + b)) / 2; of -x it is b / 4 divided by that of x, which keeps small results exact."""
    size = xp.abs(x)
    large = 0.5 * (size + xp.hypot(size, math.sqrt(b)))
    return xp.where(x < 0, 0.25 * b / large, large)


@fused(promote=real_floating)
def glu(xp: Any, x: A, /, axis: int) -> A:
    """The first half along `axis`, times the sigmoid of the second."""
    half = x.shape[axis] // 2
    before = (slice(None),) * (axis % len(x.shape))
    return xp.multiply(
        xp.getitem(x, (*before, slice(None, half), ...)), sigmoid(xp.getitem(x, (*before, slice(half, None), ...)))
    )
