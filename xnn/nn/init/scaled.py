"""Distributions whose width depends on the fans, so that a signal keeps its size from layer to layer."""

from __future__ import annotations

import math
from typing import Literal

from xnn.array_object import Array
from xnn.errors import OptionError
from xnn.random import Generator

from .distributions import normal_, trunc_normal_, uniform_
from .gains import Nonlinearity, calculate_gain, fans

__all__ = [
    "kaiming_normal_", "kaiming_uniform_", "lecun_normal_", "lecun_uniform_", "variance_scaling_", "xavier_normal_",
    "xavier_uniform_",
]  # fmt: skip

# The standard deviation of the standard normal distribution between -2 and 2.
TRUNCATED_STD = 0.87962566103423978


def _fan(tensor: Array, mode: str) -> float:
    inputs, outputs = fans(tensor)
    choices = {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2}
    return max(choices[mode], 1)  # 0 only of a weight without elements


def _check_mode(name: str, mode: str, choices: tuple[str, ...]) -> str:
    if mode not in choices:
        raise OptionError(f"{name}: mode is {' or '.join(map(repr, choices))}; got {mode!r}")
    return mode


def xavier_uniform_(tensor: Array, gain: float = 1.0, generator: Generator | None = None) -> Array:
    """Fill with U(-bound, bound), bound = gain * sqrt(6 / (fan_in + fan_out)); Keras's glorot_uniform.

    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.

    Args:
        tensor: shape (out, in, *kernel), kept; real floating-point.
        gain: a factor, as of `calculate_gain`.
        generator: the stream; the default one if None.

    Raises:
        ShapeError: for fewer than two dimensions, which have no fans.
    """
    bound = gain * math.sqrt(3 / _fan(tensor, "fan_avg"))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Array, gain: float = 1.0, generator: Generator | None = None) -> Array:
    """Fill with N(0, std**2), std = gain * sqrt(2 / (fan_in + fan_out)).

    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010. Keras's
    glorot_normal is truncated: that is `variance_scaling_(tensor, mode="fan_avg")`.

    Args:
        tensor: shape (out, in, *kernel), kept; real floating-point.
        gain: a factor, as of `calculate_gain`.
        generator: the stream; the default one if None.

    Raises:
        ShapeError: for fewer than two dimensions, which have no fans.
    """
    return normal_(tensor, 0.0, gain * math.sqrt(1 / _fan(tensor, "fan_avg")), generator)


def kaiming_uniform_(
    tensor: Array,
    a: float = 0.0,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    nonlinearity: Nonlinearity = "leaky_relu",
    generator: Generator | None = None,
) -> Array:
    """Fill with U(-bound, bound), bound = gain * sqrt(3 / fan); Keras's he_uniform.

    He et al., Delving deep into rectifiers, 2015.

    Args:
        tensor: shape (out, in, *kernel), kept; real floating-point.
        a: the slope of "leaky_relu".
        mode: the fan: "fan_in" keeps the variance forward, "fan_out" backward.
        nonlinearity: whose `calculate_gain` is the gain.
        generator: the stream; the default one if None.

    Raises:
        ShapeError: for fewer than two dimensions, which have no fans.
        OptionError: for another mode or nonlinearity.
    """
    bound = math.sqrt(3) * _kaiming_std("kaiming_uniform_", tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Array,
    a: float = 0.0,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    nonlinearity: Nonlinearity = "leaky_relu",
    generator: Generator | None = None,
) -> Array:
    """Fill with N(0, std**2), std = gain / sqrt(fan).

    He et al., Delving deep into rectifiers, 2015. Keras's he_normal is truncated: that is
    `variance_scaling_(tensor, scale=2.0)`.

    Args:
        tensor: shape (out, in, *kernel), kept; real floating-point.
        a: the slope of "leaky_relu".
        mode: the fan: "fan_in" keeps the variance forward, "fan_out" backward.
        nonlinearity: whose `calculate_gain` is the gain.
        generator: the stream; the default one if None.

    Raises:
        ShapeError: for fewer than two dimensions, which have no fans.
        OptionError: for another mode or nonlinearity.
    """
    return normal_(tensor, 0.0, _kaiming_std("kaiming_normal_", tensor, a, mode, nonlinearity), generator)


def _kaiming_std(name: str, tensor: Array, a: float, mode: str, nonlinearity: Nonlinearity) -> float:
    fan = _fan(tensor, _check_mode(name, mode, ("fan_in", "fan_out")))
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def variance_scaling_(
    tensor: Array,
    scale: float = 1.0,
    mode: Literal["fan_in", "fan_out", "fan_avg"] = "fan_in",
    distribution: Literal["truncated_normal", "untruncated_normal", "uniform"] = "truncated_normal",
    generator: Generator | None = None,
) -> Array:
    """Fill with numbers of mean 0 and variance scale / fan: Keras's VarianceScaling.

    Weights are (out, in, *kernel) here, where Keras's are (*kernel, in, out).

    Args:
        tensor: shape (out, in, *kernel), kept; real floating-point.
        scale: a factor, above 0.
        mode: the fan: "fan_in", "fan_out" or "fan_avg", the mean of both.
        distribution: "truncated_normal" (at two standard deviations of the distribution before that, which is wider
            so that the variance is right), "untruncated_normal" or "uniform".
        generator: the stream; the default one if None.

    Raises:
        ShapeError: for fewer than two dimensions, which have no fans.
        OptionError: for a scale that is not above 0, another mode or distribution.
    """
    fan = _fan(tensor, _check_mode("variance_scaling_", mode, ("fan_in", "fan_out", "fan_avg")))
    if not scale > 0:
        raise OptionError(f"variance_scaling_: scale is above 0; got {scale!r}")
    std = math.sqrt(scale / fan)
    if distribution == "truncated_normal":
        wide = std / TRUNCATED_STD
        return trunc_normal_(tensor, 0.0, wide, -2 * wide, 2 * wide, generator)
    if distribution == "untruncated_normal":
        return normal_(tensor, 0.0, std, generator)
    if distribution == "uniform":
        return uniform_(tensor, -math.sqrt(3) * std, math.sqrt(3) * std, generator)
    raise OptionError(
        "variance_scaling_: distribution is 'truncated_normal' or 'untruncated_normal' or 'uniform'; "
        f"got {distribution!r}"
    )


def lecun_uniform_(tensor: Array, generator: Generator | None = None) -> Array:
    """Fill with U(-bound, bound), bound = sqrt(3 / fan_in): Keras's, for selu.

    Klambauer et al., Self-normalizing neural networks, 2017.

    Args:
        tensor: shape (out, in, *kernel), kept; real floating-point.
        generator: the stream; the default one if None.

    Raises:
        ShapeError: for fewer than two dimensions, which have no fans.
    """
    return variance_scaling_(tensor, distribution="uniform", generator=generator)


def lecun_normal_(tensor: Array, generator: Generator | None = None) -> Array:
    """Fill with a truncated normal distribution of the variance 1 / fan_in: Keras's, for selu.

    Klambauer et al., Self-normalizing neural networks, 2017.

    Args:
        tensor: shape (out, in, *kernel), kept; real floating-point.
        generator: the stream; the default one if None.

    Raises:
        ShapeError: for fewer than two dimensions, which have no fans.
    """
    return variance_scaling_(tensor, generator=generator)
