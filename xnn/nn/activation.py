"""Smooth activations as layers."""

from __future__ import annotations

from typing import Literal

from xnn.typing import A

from . import functional as F
from .module import Module

__all__ = [
    "GELU",
    "GLU",
    "Exponential",
    "LogSigmoid",
    "Mish",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Softsign",
    "Squareplus",
    "Tanh",
    "Tanhshrink",
]


class Sigmoid(Module):
    """1 / (1 + exp(-x)).

    Shapes: any, kept.
    """

    def forward(self, input: A) -> A:
        return F.sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent.

    Shapes: any, kept.
    """

    def forward(self, input: A) -> A:
        return F.tanh(input)


class LogSigmoid(Module):
    """log(sigmoid(x)), exact where sigmoid is 0 or 1.

    Shapes: any, kept.
    """

    def forward(self, input: A) -> A:
        return F.logsigmoid(input)


class Softplus(Module):
    """log(1 + exp(beta x)) / beta, and x itself where beta x is above the threshold.

    Args:
        beta: not 0.
        threshold: above which it is linear, where the difference is below the digits.

    Shapes: any, kept.

    Raises:
        OptionError: for beta = 0, when it is called.
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, input: A) -> A:
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class Softsign(Module):
    """x / (1 + abs(x)).

    Shapes: any, kept.
    """

    def forward(self, input: A) -> A:
        return F.softsign(input)


class Tanhshrink(Module):
    """x - tanh(x).

    Shapes: any, kept.
    """

    def forward(self, input: A) -> A:
        return F.tanhshrink(input)


class SiLU(Module):
    """x * sigmoid(x), also called swish.

    Shapes: any, kept.
    """

    def forward(self, input: A) -> A:
        return F.silu(input)


class Mish(Module):
    """x * tanh(softplus(x)).

    Shapes: any, kept.
    """

    def forward(self, input: A) -> A:
        return F.mish(input)


class GELU(Module):
    """x times the distribution function of the standard normal distribution; see `functional.gelu`.

    Args:
        approximate: "none", or "tanh" for a formula with tanh.

    Shapes: any, kept.

    Raises:
        OptionError: for another `approximate`, when it is called.
    """

    def __init__(self, approximate: Literal["none", "tanh"] = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: A) -> A:
        return F.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class GLU(Module):
    """The gated linear unit: the first half along `dim`, times the sigmoid of the second.

    Args:
        dim: the dimension that is halved.

    Shapes: (..., 2 n, ...) to (..., n, ...).

    Raises:
        ShapeError: for an odd size, when it is called.
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: A) -> A:
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Exponential(Module):
    """exp(x), Keras's activation of this name.

    Shapes: any, kept.
    """

    def forward(self, input: A) -> A:
        return F.exponential(input)


class Squareplus(Module):
    """(x + sqrt(x**2 + b)) / 2, a smooth relu without an exponential. In Keras, not in PyTorch.

    Args:
        b: at least 0; how round it is at 0.

    Shapes: any, kept.

    Raises:
        OptionError: for a negative b, when it is called.
    """

    def __init__(self, b: float = 4.0) -> None:
        super().__init__()
        self.b = b

    def forward(self, input: A) -> A:
        return F.squareplus(input, self.b)

    def extra_repr(self) -> str:
        return f"b={self.b}"
