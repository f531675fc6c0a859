"""Smooth activations, element by element.

Shapes: any, kept. Integers become the default floating type.
"""

from __future__ import annotations

from typing import Literal

from xnn.arguments import check_arrays, dim_of, number
from xnn.errors import OptionError, ShapeError
from xnn.ops import activation, rectifier, trigonometric
from xnn.ops import exponential as exponentials
from xnn.ops.activation import logsigmoid, mish, sigmoid, silu, softsign, tanhshrink
from xnn.typing import A

__all__ = [
    "exponential",
    "gelu",
    "glu",
    "logsigmoid",
    "mish",
    "sigmoid",
    "silu",
    "softplus",
    "softsign",
    "squareplus",
    "tanh",
    "tanhshrink",
]


def tanh(input: A) -> A:
    """The hyperbolic tangent.

    Shapes: any, kept; integers become the default floating type.
    """
    check_arrays("tanh", input=input)
    return trigonometric.tanh(input)


def softplus(input: A, beta: float = 1.0, threshold: float = 20.0) -> A:
    """log(1 + exp(beta * input)) / beta, and input itself where beta * input is above the threshold.

    Shapes: any, kept.

    Raises:
        OptionError: for beta = 0.
    """
    check_arrays("softplus", input=input)
    beta, threshold = number("softplus", "beta", beta), number("softplus", "threshold", threshold)
    if beta == 0:
        raise OptionError(f"softplus divides by beta, which is not 0; got {beta}")
    return activation.softplus(input, beta=beta, threshold=threshold)


def gelu(input: A, approximate: Literal["none", "tanh"] = "none") -> A:
    """input times the distribution function of the standard normal distribution there.

    Hendrycks & Gimpel, Gaussian Error Linear Units, 2016.

    Args:
        input: of any shape, which is kept.
        approximate: "none", or "tanh" for input (1 + tanh(sqrt(2 / pi) (input + 0.044715 input**3))) / 2.

    Raises:
        OptionError: for another `approximate`.

    Example:
        >>> import xnn as xp
        >>> x = xp.asarray([-1.0, 0.0, 1.0], device="cpu")
        >>> [round(y, 4) for y in xp.nn.functional.gelu(x).tolist()]
        [-0.1587, 0.0, 0.8413]
    """
    check_arrays("gelu", input=input)
    if approximate not in ("none", "tanh"):
        raise OptionError(f"gelu's approximate is 'none' or 'tanh'; got {approximate!r}")
    return activation.gelu(input) if approximate == "none" else activation.gelu_tanh(input)


def glu(input: A, dim: int = -1) -> A:
    """The gated linear unit: the first half along `dim`, times the sigmoid of the second.

    Dauphin et al., Language Modeling with Gated Convolutional Networks, 2017.

    Shapes: (..., 2 n, ...) to (..., n, ...).

    Raises:
        ShapeError: if input has no such dimension, or one of odd size.
    """
    check_arrays("glu", input=input)
    shape = tuple(input.shape)
    axis = dim_of("glu", "dim", dim, shape)
    if shape[axis] % 2:
        raise ShapeError(
            f"glu halves dimension {dim}, so its size is even; got shape {shape}. "
            "Cure: give the layer before it twice the features."
        )
    return activation.glu(input, axis=axis)


def exponential(input: A) -> A:
    """exp(input), Keras's activation of this name.

    Shapes: any, kept.
    """
    check_arrays("exponential", input=input)
    return exponentials.exp(input)


def squareplus(input: A, b: float = 4.0) -> A:
    """(input + sqrt(input**2 + b)) / 2, a smooth relu without an exponential; relu for b = 0.

    Barron, Squareplus: A Softplus-Like Algebraic Rectifier, 2021. In Keras, not in PyTorch.

    Shapes: any, kept.

    Raises:
        OptionError: for a negative b.
    """
    check_arrays("squareplus", input=input)
    b = number("squareplus", "b", b)
    if not b >= 0:
        raise OptionError(f"squareplus takes b of at least 0; got {b}")
    return activation.squareplus(input, b=b) if b else rectifier.relu(input)
