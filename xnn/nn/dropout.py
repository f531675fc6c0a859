"""Layers that are random in training, and afterwards change nothing."""

from __future__ import annotations

from xnn.typing import A

from . import functional as F
from .functional._dropout import check_probability, check_rate, check_stddev
from .module import Module

__all__ = [
    "AlphaDropout",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "FeatureAlphaDropout",
    "GaussianDropout",
    "GaussianNoise",
]


class Dropout(Module):
    """In training, drops each element with probability p; afterwards it changes nothing.

    Args:
        p: the probability, from 0 to 1.

    Shapes: any, kept.

    Raises:
        OptionError: if p is not from 0 to 1.
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = check_probability("dropout", p)

    def forward(self, input: A) -> A:
        return F.dropout(input, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}"


class Dropout1d(Dropout):
    """In training, drops each channel with probability p; see `functional.dropout1d`.

    Shapes: (N, C, L) or (C, L), kept.
    """

    def forward(self, input: A) -> A:
        return F.dropout1d(input, self.p, self.training)


class Dropout2d(Dropout):
    """In training, drops each channel with probability p; see `functional.dropout2d`.

    Shapes: (N, C, H, W) or (N, C, L), kept.
    """

    def forward(self, input: A) -> A:
        return F.dropout2d(input, self.p, self.training)


class Dropout3d(Dropout):
    """In training, drops each channel with probability p; see `functional.dropout3d`.

    Shapes: (N, C, D, H, W) or (C, D, H, W), kept.
    """

    def forward(self, input: A) -> A:
        return F.dropout3d(input, self.p, self.training)


class AlphaDropout(Dropout):
    """In training, drops each element with probability p, and keeps mean 0 and variance 1, beside `SELU`.

    See `functional.alpha_dropout`.

    Shapes: any, kept.
    """

    def forward(self, input: A) -> A:
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(Dropout):
    """`AlphaDropout` of whole channels; see `functional.feature_alpha_dropout`.

    Shapes: (N, C, ...), kept.
    """

    def forward(self, input: A) -> A:
        return F.feature_alpha_dropout(input, self.p, self.training)


class GaussianNoise(Module):
    """In training, adds noise of a normal distribution. Keras's, without its seed: xnn.random has that.

    Args:
        stddev: the standard deviation, at least 0.

    Shapes: any, kept.

    Raises:
        OptionError: for a negative stddev.
    """

    def __init__(self, stddev: float) -> None:
        super().__init__()
        self.stddev = check_stddev("gaussian_noise", stddev)

    def forward(self, input: A) -> A:
        return F.gaussian_noise(input, self.stddev, self.training)

    def extra_repr(self) -> str:
        return f"stddev={self.stddev}"


class GaussianDropout(Module):
    """In training, multiplies by noise of mean 1 and variance rate / (1 - rate). Keras's, without its seed.

    Args:
        rate: from 0 to below 1.

    Shapes: any, kept.

    Raises:
        OptionError: for another rate.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = check_rate("gaussian_dropout", rate)

    def forward(self, input: A) -> A:
        return F.gaussian_dropout(input, self.rate, self.training)

    def extra_repr(self) -> str:
        return f"rate={self.rate}"
