"""What the numbers depend on: the fans of a weight, and the gain of an activation."""

from __future__ import annotations

import math
from numbers import Real
from typing import Literal, TypeAlias

from xnn.array_object import Array
from xnn.errors import OptionError, ShapeError

__all__ = ["calculate_gain", "fan_in", "fans"]

Nonlinearity: TypeAlias = Literal[
    "linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    "sigmoid", "tanh", "relu", "leaky_relu", "selu",
]  # fmt: skip
LINEAR = ("linear", *(f"conv{transposed}{n}d" for transposed in ("", "_transpose") for n in (1, 2, 3)))


def fans(tensor: Array) -> tuple[int, int]:
    """How many inputs an output has, and how many outputs an input, of a weight (out, in, *kernel).

    Args:
        tensor: the weight, shape (out, in, *kernel).

    Returns:
        in * prod(kernel) and out * prod(kernel); PyTorch's `_calculate_fan_in_and_fan_out`.

    Raises:
        ShapeError: for fewer than two dimensions, which have no fans.
    """
    shape = tuple(tensor.shape)
    if len(shape) < 2:
        raise ShapeError(f"a weight of two or more dimensions has fans; got shape {shape}")
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def fan_in(tensor: Array) -> int:
    """How many inputs an output of a weight of shape (out, in, *kernel) has.

    Raises:
        ShapeError: for fewer than two dimensions, which have no fans.
    """
    return fans(tensor)[0]


def calculate_gain(nonlinearity: Nonlinearity, param: float | None = None) -> float:
    """By how much weights before an activation are to be larger than before none, as PyTorch has it.

    Args:
        nonlinearity: "linear" or a convolution ("conv2d", "conv_transpose2d", ...): 1; "sigmoid": 1; "tanh": 5/3;
            "relu": sqrt(2); "leaky_relu": sqrt(2 / (1 + param**2)); "selu": 3/4.
        param: the slope of "leaky_relu", 0.01 by default; it counts for that one alone.

    Shape: numbers, ().

    Raises:
        OptionError: for another name, and for a slope that is no number.
    """
    if nonlinearity in LINEAR:
        return 1.0
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, Real):
            raise OptionError(f"calculate_gain: param, the slope of leaky_relu, is a number; got {slope!r}")
        return math.sqrt(2 / (1 + float(slope) ** 2))
    gains = {"sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}
    if nonlinearity not in gains:
        raise OptionError(f"nonlinearity is {', '.join((*LINEAR, *gains))} or leaky_relu; got {nonlinearity!r}")
    return gains[nonlinearity]
