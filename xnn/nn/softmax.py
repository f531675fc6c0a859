"""Layers that give points of the simplex: numbers that are not negative, and of sum 1."""

from __future__ import annotations

from xnn.arguments import check_arrays
from xnn.errors import ShapeError
from xnn.typing import A

from . import functional as F
from .module import Module

__all__ = [
    "LogSoftmax",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Sparsemax",
]


class _Along(Module):
    """What has the option `dim`."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_Along):
    """exp(x) / sum(exp(x)) along `dim`, which is required here: PyTorch guesses it with a warning.

    Args:
        dim: the dimension along which the sum is 1.

    Shapes: any with such a dimension, kept.

    Raises:
        ShapeError: if an input has no such dimension.
    """

    def forward(self, input: A) -> A:
        return F.softmax(input, self.dim)


class Softmin(_Along):
    """`Softmax` of -x.

    Args:
        dim: the dimension along which the sum is 1.

    Shapes: any with such a dimension, kept.

    Raises:
        ShapeError: if an input has no such dimension.
    """

    def forward(self, input: A) -> A:
        return F.softmin(input, self.dim)


class LogSoftmax(_Along):
    """The logarithm of `Softmax`, which stays finite where that becomes 0.

    Args:
        dim: the dimension along which the sum of exponentials is 1.

    Shapes: any with such a dimension, kept.

    Raises:
        ShapeError: if an input has no such dimension.
    """

    def forward(self, input: A) -> A:
        return F.log_softmax(input, self.dim)


class Softmax2d(Module):
    """`Softmax` of the channels, at each pixel.

    Shapes: (N, C, H, W) or (C, H, W), kept.

    Raises:
        ShapeError: for another number of dimensions.
    """

    def forward(self, input: A) -> A:
        check_arrays("Softmax2d", input=input)
        if len(input.shape) not in (3, 4):
            raise ShapeError(f"Softmax2d takes images, (N, C, H, W) or (C, H, W); got shape {tuple(input.shape)}")
        return F.softmax(input, -3)


class Sparsemax(_Along):
    """The nearest point of the simplex along `dim`: a softmax that gives exact zeros; see `functional.sparsemax`.

    Args:
        dim: the dimension along which the sum is 1.

    Shapes: any with such a dimension, kept.

    Raises:
        ShapeError: if an input has no such dimension.
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__(dim)

    def forward(self, input: A) -> A:
        return F.sparsemax(input, self.dim)
