"""Rectifiers, and what else is made of pieces: at kinks the derivatives are PyTorch's.

Shapes: any, kept. Types: real floating; integers become the default floating type.
"""

from __future__ import annotations

from typing import Any

from xnn.autograd.arguments import arrays_and_numbers
from xnn.autograd.graph import Operation
from xnn.autograd.primitive import primitive
from xnn.errors import OptionError
from xnn.typing import A, AnyArray

from .activation import activation
from .promotion import real_floating


def _check_bounds(operation: Operation, input: Any, *, min_val: Any, max_val: Any) -> dict[str, Any]:
    found = arrays_and_numbers(operation, input, min_val=min_val, max_val=max_val)
    if not found["min_val"] <= found["max_val"]:
        raise OptionError(f"hardtanh takes min_val <= max_val; got {found['min_val']} and {found['max_val']}")
    return found


def _check_width(operation: Operation, input: Any, *, lambd: Any) -> dict[str, Any]:
    found = arrays_and_numbers(operation, input, lambd=lambd)
    if not found["lambd"] >= 0:
        raise OptionError(f"softshrink takes a lambd of at least 0; got {found['lambd']}")
    return found


# ---- piecewise linear ----


@activation(lambda xp, g, out, x: xp.where(out <= 0, 0.0, g), keeps="out")
def relu(xp: Any, input: A) -> A:
    """max(input, 0); its derivative at 0 is 0.

    Shapes: any, kept; integers become the default floating type.
    """
    return xp.maximum(input, 0.0)


@activation(lambda xp, g, out, x, negative_slope: xp.where(x > 0, g, negative_slope * g), keeps="input")
def leaky_relu(xp: Any, input: A, negative_slope: float = 0.01) -> A:
    """input where it is above 0, else negative_slope * input.

    Shapes: any, kept.
    """
    return xp.where(input > 0, input, negative_slope * input)


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


@activation(lambda xp, g, out, x, threshold, value: xp.where(x <= threshold, 0.0, g), keeps="input")
def threshold(xp: Any, input: A, threshold: float, value: float) -> A:
    """input where it is above the threshold, else the value.

    Shapes: any, kept.
    """
    return xp.where(input <= threshold, value, input)


def _hardtanh(xp: Any, g: Any, out: Any, x: Any, min_val: float, max_val: float) -> Any:
    return xp.where(xp.logical_or(out <= min_val, out >= max_val), 0.0, g)


@activation(_hardtanh, keeps="out", check=_check_bounds)
def hardtanh(xp: Any, input: A, min_val: float = -1.0, max_val: float = 1.0) -> A:
    """input between the bounds, otherwise the bound that it passes; its derivative at a bound is 0.

    Shapes: any, kept.

    Raises:
        OptionError: if min_val is above max_val.
    """
    return xp.clip(input, min_val, max_val)


def _hardsigmoid(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return xp.where(xp.logical_and(out > 0, out < 1), g / 6, 0.0)


@activation(_hardsigmoid, keeps="out")
def hardsigmoid(xp: Any, input: A) -> A:
    """relu6(input + 3) / 6; its derivatives at -3 and 3 are 0.

    Shapes: any, kept.
    """
    return xp.clip(input + 3, 0.0, 6.0) / 6


def _sparse_sigmoid(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return xp.where(xp.logical_and(out > 0, out < 1), 0.5 * g, 0.0)


@activation(_sparse_sigmoid, keeps="out")
def sparse_sigmoid(xp: Any, input: A) -> A:
    """(input + 1) / 2 between -1 and 1, 0 below and 1 above: the sigmoid of `sparsemax`. In Keras.

    Shapes: any, kept.
    """
    return xp.clip(0.5 * input + 0.5, 0.0, 1.0)


def _hardshrink(xp: Any, g: Any, out: Any, x: Any, lambd: float) -> Any:
    return xp.where(xp.abs(x) <= lambd, 0.0, g)


@activation(_hardshrink, keeps="input")
def hardshrink(xp: Any, input: A, lambd: float = 0.5) -> A:
    """0 where abs(input) <= lambd, else input.

    Shapes: any, kept.
    """
    return xp.where(xp.abs(input) <= lambd, 0.0, input)


@activation(_hardshrink, keeps="input", check=_check_width)
def softshrink(xp: Any, input: A, lambd: float = 0.5) -> A:
    """0 where abs(input) <= lambd, else input drawn to 0 by lambd.

    Shapes: any, kept.

    Raises:
        OptionError: for a negative lambd.
    """
    return input - xp.clip(input, -lambd, lambd)


@activation(lambda xp, g, out, x, threshold: xp.zeros_like(g))
def step(xp: Any, input: A, threshold: float = 0.0) -> A:
    """Heaviside's step: 1 where input is at or above the threshold, as a perceptron fires, else 0; its derivative is 0.

    Shapes: any, kept.
    """
    return xp.where(xp.isnan(input), input, xp.astype(input >= threshold, input.dtype))


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


@activation(_hardswish, keeps="input")
def hardswish(xp: Any, input: A) -> A:
    """input * hardsigmoid(input): Howard et al., Searching for MobileNetV3, 2019.

    Shapes: any, kept.
    """
    return input * (xp.clip(input + 3, 0.0, 6.0) / 6)


@activation(lambda xp, g, out, x: g * sparse_sigmoid(x), keeps="input")
def sparse_plus(xp: Any, input: A) -> A:
    """(input + 1)**2 / 4 between -1 and 1, 0 below and input above: the softplus of `sparsemax`. In Keras.

    Shapes: any, kept.
    """
    inside = xp.clip(input, -1.0, 1.0) + 1
    return xp.where(input >= 1, input, 0.25 * inside * inside)
