"""Piecewise activations, element by element; at kinks they have PyTorch's derivatives.

Shapes: any, kept. Integers become the default floating type; complex numbers raise DTypeError, and options that are
no numbers OptionError.
"""

from __future__ import annotations

from xnn.arguments import check_arrays, number
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.ops import rectifier
from xnn.ops.data_types import agree, astype, dtype_of
from xnn.ops.elementwise import add, multiply, negative, subtract
from xnn.ops.extrema import clip
from xnn.ops.manipulation import reshape
from xnn.ops.matrices import as_floating
from xnn.ops.promotion import check_real
from xnn.ops.rectifier import (
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    relu,
    softshrink,
    sparse_plus,
    sparse_sigmoid,
    step,
    threshold,
)
from xnn.random import Generator, default_generator
from xnn.typing import A, AnyArray

from ._noise import uniform_like

__all__ = [
    "celu",
    "elu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "prelu",
    "relu",
    "relu6",
    "rrelu",
    "selu",
    "sign",
    "softshrink",
    "sparse_plus",
    "sparse_sigmoid",
    "step",
    "threshold",
]

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def relu6(input: A) -> A:
    """min(max(input, 0), 6); its derivatives at 0 and 6 are 0.

    Shapes: any, kept.
    """
    check_arrays("relu6", input=input)
    return rectifier.hardtanh(input, min_val=0.0, max_val=6.0)


def prelu(input: A, weight: AnyArray) -> A:
    """`leaky_relu` with a slope that is learnt: one for all, or one for each channel, which dimension 1 counts.

    He et al., Delving Deep into Rectifiers, 2015.

    Args:
        input: (N, C, ...), or any shape if there is one slope.
        weight: (C,), (1,) or (), of the type of input.

    Returns:
        the shape of input.

    Raises:
        ShapeError: if weight has another shape.
        DTypeError: if weight has another type.
    """
    check_arrays("prelu", input=input, weight=weight)
    shape, slopes = tuple(input.shape), tuple(weight.shape)
    channels = shape[1] if len(shape) > 1 else 1
    if slopes not in ((), (1,), (channels,)):
        raise ShapeError(
            f"prelu takes a weight of shape (1,), or ({channels},) for an input of shape {shape}, whose dimension 1 "
            f"counts the channels; got {slopes}. Cure: PReLU({channels})."
        )
    check_real(dtype_of(input))
    check_real(dtype_of(weight))
    if not agree(input, weight):
        raise DTypeError(
            f"prelu takes input and weight of one type; got {dtype_of(input).name} and {dtype_of(weight).name}. "
            f"Cure: xnn.astype(x, xnn.{dtype_of(weight).name}), or model.to(dtype=xnn.{dtype_of(input).name})."
        )
    is_for_each = slopes == (channels,) and len(shape) > 1
    return rectifier.prelu(input, reshape(weight, (channels, *(1,) * (len(shape) - 2)) if is_for_each else ()))


def rrelu(
    input: A,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    *,
    generator: Generator | None = None,
) -> A:
    """`leaky_relu` with slopes that are drawn from U(lower, upper), for each element, and otherwise are their mean.

    Xu et al., Empirical Evaluation of Rectified Activations in Convolutional Network, 2015.

    Args:
        input: of any shape, which is kept.
        lower: the least slope.
        upper: the largest.
        training: whether slopes are drawn.
        generator: from which; None for the default stream. The slopes are the same on every device.

    Raises:
        OptionError: if lower is above upper.
    """
    check_arrays("rrelu", input=input)
    lower, upper = number("rrelu", "lower", lower), number("rrelu", "upper", upper)
    if not lower <= upper:
        raise OptionError(f"rrelu draws slopes between lower and upper, lower <= upper; got {lower} and {upper}")
    if not training:
        return rectifier.leaky_relu(input, negative_slope=(lower + upper) / 2)
    draws, dtype = uniform_like(input, generator or default_generator()), dtype_of(input)
    draws = astype(draws, dtype) if dtype.is_floating else draws
    slopes = clip(add(multiply(draws, upper - lower), lower), lower, upper)  # where rounding left the interval
    return rectifier.prelu(input, slopes)


def elu(input: A, alpha: float = 1.0) -> A:
    """input where it is above 0, else alpha * (exp(input) - 1).

    Clevert et al., Fast and Accurate Deep Network Learning by Exponential Linear Units, 2015.

    Shapes: any, kept.
    """
    check_arrays("elu", input=input)
    return rectifier.elu(input, alpha=number("elu", "alpha", alpha))


def selu(input: A) -> A:
    """scale * elu(input, alpha), with the constants that keep mean 0 and variance 1 from layer to layer.

    Klambauer et al., Self-Normalizing Neural Networks, 2017.

    Shapes: any, kept.
    """
    check_arrays("selu", input=input)
    return rectifier.elu(input, alpha=SELU_ALPHA, scale=SELU_SCALE)


def celu(input: A, alpha: float = 1.0) -> A:
    """input where it is above 0, else alpha * (exp(input / alpha) - 1), whose derivative at 0 is 1.

    Barron, Continuously Differentiable Exponential Linear Units, 2017.

    Shapes: any, kept.

    Raises:
        OptionError: for alpha = 0.
    """
    check_arrays("celu", input=input)
    alpha = number("celu", "alpha", alpha)
    if alpha == 0:
        raise OptionError(f"celu divides by alpha, which is not 0; got {alpha}")
    return rectifier.elu(input, alpha=alpha, rate=1 / alpha)


def sign(input: A) -> A:
    """-1, 0 or 1, as input is negative, 0 or positive; its derivative is 0, as that of torch.sign.

    Shapes: any, kept.
    """
    check_arrays("sign", input=input)
    input = as_floating(input)  # -x of an unsigned integer is none
    return subtract(rectifier.step(input, threshold=0.0), rectifier.step(negative(input), threshold=0.0))
