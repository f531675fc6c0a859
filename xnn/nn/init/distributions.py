"""Uniform, normal and truncated normal numbers."""

from __future__ import annotations

import math

from xnn.array_object import Array
from xnn.autograd.graph import frontend
from xnn.dtypes import DType, float32
from xnn.errors import OptionError
from xnn.ops.error_functions import normal_quantile
from xnn.random import Generator, default_generator
from xnn.random.arguments import rounded_up

from .filling import fill

__all__ = ["normal_", "trunc_normal_", "uniform_"]

# What is left of a distribution between bounds must differ from 0 in float32.
LEAST_SHARE = 1e-30


def uniform_(tensor: Array, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Array:
    """Fill with numbers of U(a, b).

    Args:
        tensor: any shape, kept; real floating-point.
        a: the least number.
        b: what all numbers are below, at least a.
        generator: the stream; the default one if None.

    Raises:
        OptionError: for b below a.
        DTypeError: for another data type.
    """
    if not a <= b:
        raise OptionError(f"uniform_: a is at most b; got a={a!r}, b={b!r}")
    stream = generator or default_generator()
    return fill(
        "uniform_",
        tensor,
        lambda _: stream.uniform(tensor.shape, low=a, high=b, dtype=tensor.dtype, device=tensor.device),
    )


def normal_(tensor: Array, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Array:
    """Fill with numbers of N(mean, std**2).

    Args:
        tensor: any shape, kept; real floating-point.
        mean: of the numbers.
        std: their standard deviation, at least 0.
        generator: the stream; the default one if None.

    Raises:
        OptionError: for std below 0.
        DTypeError: for another data type.
    """
    if not std >= 0:
        raise OptionError(f"normal_: std is at least 0; got {std!r}")
    stream = generator or default_generator()
    return fill(
        "normal_", tensor, lambda t: stream.normal(tensor.shape, mean=mean, std=std, dtype=t, device=tensor.device)
    )


def trunc_normal_(
    tensor: Array,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Array:
    """Fill with numbers of N(mean, std**2) between a and b, by the inverse of the distribution function.

    One uniform number gives one value, where PyTorch draws again until all lie between the bounds.

    Args:
        tensor: any shape, kept; real floating-point.
        mean: of the distribution before it is truncated.
        std: its standard deviation, above 0.
        a: the least value; an absolute number, not a multiple of std.
        b: the largest value, above a.
        generator: the stream; the default one if None.

    Raises:
        OptionError: for std that is not above 0, for a that is not below b, and where less than 1e-30 of the
            distribution lies between them.
        DTypeError: for another data type.
    """
    if not std > 0:
        raise OptionError(f"trunc_normal_: std is above 0; got {std!r}")
    if not a < b:
        raise OptionError(f"trunc_normal_: a is below b; got a={a!r}, b={b!r}")
    left, right = _below((a - mean) / std), _below((mean - b) / std)  # the shares that are cut off
    low, high = (a - mean) / std, (b - mean) / std
    share = _below(high) - left if low < 0 else _below(-low) - right  # of two tails, the smaller ones subtract exactly
    if not share >= LEAST_SHARE:
        raise OptionError(
            f"trunc_normal_: at least {LEAST_SHARE} of N({mean:g}, {std:g}**2) lies between a and b; got "
            f"a={a!r}, b={b!r}. Cure: bounds nearer to the mean."
        )
    least, largest = rounded_up(a, tensor.dtype), -rounded_up(-b, tensor.dtype)
    if least > largest:
        raise OptionError(f"trunc_normal_: no {tensor.dtype.name} lies between a and b; got a={a!r}, b={b!r}")
    stream = generator or default_generator()

    def values(dtype: DType) -> Array:
        xp = frontend.xp
        step = 2.0 ** (-24 if dtype is float32 else -53)  # between numbers of the stream
        # From -0.5 to 0.5, in the middle of each step, exactly: 0 and 1 would be the bounds, however far away.
        u = (stream.uniform(tensor.shape, dtype=dtype, device=tensor.device) - 0.5) + step / 2
        below, above = left + share * (0.5 + u), right + share * (0.5 - u)
        centred = xp.where(below < above, below - 0.5, 0.5 - above)
        z = normal_quantile(xp, centred, xp.where(below < above, below, above))
        drawn: Array = xp.clip(z * std + mean, least, largest)
        return drawn

    return fill("trunc_normal_", tensor, values)


def _below(z: float) -> float:
    """The share of the standard normal distribution below z."""
    return math.erfc(-z / math.sqrt(2)) / 2
