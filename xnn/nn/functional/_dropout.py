"""Dropout, and noise: what is random in training, and afterwards changes nothing.

Random numbers come from `generator`, or the default stream of xnn.random. The masks are the same on every device and
for every data type; noise of a normal distribution as nearly as the devices' logarithm and cosine agree.
"""

from __future__ import annotations

import math
from typing import Any

from xnn.arguments import check_arrays, number
from xnn.autograd.operands import device_of
from xnn.dtypes import float32
from xnn.errors import OptionError, ShapeError
from xnn.ops.comparison import greater_equal
from xnn.ops.data_types import astype, dtype_of
from xnn.ops.dropout import dropped, growth
from xnn.ops.elementwise import add, multiply, subtract
from xnn.ops.promotion import check_real
from xnn.random import Generator, default_generator
from xnn.typing import A

from ._noise import normal_like, uniform_like
from ._operands import check_input

__all__ = [
    "alpha_dropout",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "feature_alpha_dropout",
    "gaussian_dropout",
    "gaussian_noise",
]

SELU_AT_MINUS_INFINITY = -1.7580993408473766


def check_probability(name: str, p: float) -> float:
    """p as Python's number; raises OptionError unless it is from 0 to 1."""
    found = number(name, "p", p)
    if not 0 <= found <= 1:
        raise OptionError(f"{name} takes a probability p from 0 to 1; got {p}")
    return found


def _kept(input: Any, p: float, generator: Generator | None, shape: tuple[int, ...] | None = None) -> Any:
    """1 with probability 1 - p, else 0, in the type of input."""
    draws = uniform_like(input, generator or default_generator(), shape)
    return astype(greater_equal(draws, p), dtype_of(input))


def _dropped(
    name: str, input: Any, p: float, training: bool, generator: Generator | None, shape: tuple[int, ...] | None = None
) -> Any:
    if not training or p == 0:
        return input
    check_input(name, input, takes_complex=True)
    generator = generator or default_generator()
    if draws_itself(input):
        size = math.prod(input.shape if shape is None else shape)
        seed, block = generator._skip(size, float32)
        return dropped(input, p=float(p), seed=seed, block=block, shape=shape)
    kept = _kept(input, p, generator, shape)
    return multiply(input, multiply(kept, growth(p, dtype_of(input))))


def draws_itself(input: Any) -> bool:
    """Whether a kernel draws the mask: where a step is recorded it must not, since a place in a stream is no array."""
    return "dropped" in device_of(input, "dropout").backend.kernels


def dropout(input: A, p: float = 0.5, training: bool = True, *, generator: Generator | None = None) -> A:
    """In training, each element becomes 0 with probability p, and the others grow by 1 / (1 - p).

    Srivastava et al., Dropout, 2014. The mask comes from `generator`, or the default stream, and is
    the same on every device and for every data type.

    Shapes: any, kept; floating-point.

    Raises:
        OptionError: if p is not from 0 to 1.
        DTypeError: in training, if input is not floating-point.
    """
    p = _check("dropout", input, p)
    return _dropped("dropout", input, p, training, generator)


def _check(name: str, input: Any, p: float) -> float:
    found = check_probability(name, p)
    check_arrays(name, input=input)
    return found


def _of_channels(
    name: str, shapes: dict[int, tuple[str, int]], input: Any, p: float, training: bool, generator: Generator | None
) -> Any:
    """Dropout of whole channels: `shapes` has, by the number of dimensions, the shape and how many count channels."""
    p = _check(name, input, p)
    shape = tuple(input.shape)
    if len(shape) not in shapes:
        raise ShapeError(
            f"{name} takes inputs {' or '.join(rule for rule, _ in shapes.values())}, and drops channels C; "
            f"got shape {shape}. Cure: dropout, which drops elements."
        )
    count = shapes[len(shape)][1]
    return _dropped(name, input, p, training, generator, (*shape[:count], *(1,) * (len(shape) - count)))


def dropout1d(input: A, p: float = 0.5, training: bool = True, *, generator: Generator | None = None) -> A:
    """`dropout` of whole channels: one is 0 for all positions, or for none.

    Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.

    Shapes: (N, C, L) or (C, L), kept; floating-point.

    Raises:
        OptionError: if p is not from 0 to 1.
        ShapeError: for another number of dimensions.
        DTypeError: in training, if input is not floating-point.
    """
    return _of_channels("dropout1d", {3: ("(N, C, L)", 2), 2: ("(C, L)", 1)}, input, p, training, generator)


def dropout2d(input: A, p: float = 0.5, training: bool = True, *, generator: Generator | None = None) -> A:
    """`dropout1d` of images. Three dimensions are (N, C, L), as in PyTorch, not an image without a batch.

    Shapes: (N, C, H, W) or (N, C, L), kept; floating-point. Raises what `dropout1d` does.
    """
    return _of_channels("dropout2d", {4: ("(N, C, H, W)", 2), 3: ("(N, C, L)", 2)}, input, p, training, generator)


def dropout3d(input: A, p: float = 0.5, training: bool = True, *, generator: Generator | None = None) -> A:
    """`dropout1d` of volumes.

    Shapes: (N, C, D, H, W) or (C, D, H, W), kept; floating-point. Raises what `dropout1d` does.
    """
    shapes = {5: ("(N, C, D, H, W)", 2), 4: ("(C, D, H, W)", 1)}
    return _of_channels("dropout3d", shapes, input, p, training, generator)


def alpha_dropout(input: A, p: float = 0.5, training: bool = False, *, generator: Generator | None = None) -> A:
    """Dropout for `selu`: what is dropped takes its value at -infinity, and mean 0 and variance 1 are kept.

    a * (kept ? input : s) + b with s = -1.758, a = ((1 - p) (1 + p s**2)) ** -0.5 and b = -a p s.
    Klambauer et al., Self-Normalizing Neural Networks, 2017.

    Shapes: any, kept; floating-point.

    Raises:
        OptionError: if p is not from 0 to 1.
        DTypeError: in training, if input is not floating-point.
    """
    p = _check("alpha_dropout", input, p)
    return _alpha_dropped("alpha_dropout", input, p, training, generator, None)


def feature_alpha_dropout(input: A, p: float = 0.5, training: bool = False, *, generator: Generator | None = None) -> A:
    """`alpha_dropout` of whole channels.

    Shapes: (N, C, ...), kept; floating-point.

    Raises:
        OptionError: if p is not from 0 to 1.
        ShapeError: for fewer than two dimensions.
        DTypeError: in training, if input is not floating-point.
    """
    p = _check("feature_alpha_dropout", input, p)
    shape = tuple(input.shape)
    if len(shape) < 2:
        raise ShapeError(
            f"feature_alpha_dropout takes inputs (N, C, ...), and drops channels C; got shape {shape}. "
            "Cure: alpha_dropout, which drops elements."
        )
    return _alpha_dropped(
        "feature_alpha_dropout", input, p, training, generator, (*shape[:2], *(1,) * (len(shape) - 2))
    )


def _alpha_dropped(
    name: str, input: Any, p: float, training: bool, generator: Generator | None, shape: tuple[int, ...] | None
) -> Any:
    if not training or p == 0:
        return input
    check_input(name, input, takes_complex=True)
    kept = _kept(input, p, generator, shape)
    if p == 1:  # nothing has a variance that could be kept: 0, as PyTorch's
        return multiply(input, kept)
    low = SELU_AT_MINUS_INFINITY
    scale = 1 / math.sqrt((1 - p) * (1 + p * low * low))
    # scale * (low * (1 - kept)) - scale * p * low
    rest = multiply(subtract(1 - p, kept), scale * low)
    return add(multiply(input, multiply(kept, scale)), rest)


def gaussian_noise(input: A, stddev: float, training: bool = True, *, generator: Generator | None = None) -> A:
    """In training, noise of a normal distribution is added: Keras's GaussianNoise.

    Args:
        input: any shape, which is kept; floating-point.
        stddev: the standard deviation of the noise, at least 0.
        training: whether noise is added.
        generator: of the noise; None for the default stream.

    Raises:
        OptionError: for a negative stddev.
        DTypeError: in training, if input is not floating-point.
    """
    stddev = check_stddev("gaussian_noise", stddev)
    check_arrays("gaussian_noise", input=input)
    check_real(dtype_of(input))
    if not training or stddev == 0:
        return input
    check_input("gaussian_noise", input)
    return add(input, normal_like(input, generator or default_generator(), 0.0, stddev))


def check_stddev(name: str, stddev: float) -> float:
    """A standard deviation as Python's number; raises OptionError for a negative one."""
    found = number(name, "stddev", stddev)
    if not found >= 0:
        raise OptionError(f"{name} takes a standard deviation stddev of at least 0; got {stddev}")
    return found


def gaussian_dropout(input: A, rate: float, training: bool = True, *, generator: Generator | None = None) -> A:
    """In training, each element is multiplied by a number of mean 1 and variance rate / (1 - rate): Keras's.

    Mean and variance are those of `dropout`; the distribution is normal. Srivastava et al., 2014, section 10.

    Args:
        input: any shape, which is kept; floating-point.
        rate: from 0 to below 1.
        training: whether it does so.
        generator: of the noise; None for the default stream.

    Raises:
        OptionError: for another rate.
        DTypeError: in training, if input is not floating-point.
    """
    rate = check_rate("gaussian_dropout", rate)
    check_arrays("gaussian_dropout", input=input)
    if not training or rate == 0:
        return input
    check_input("gaussian_dropout", input, takes_complex=True)
    noise = normal_like(input, generator or default_generator(), 1.0, math.sqrt(rate / (1 - rate)))
    return multiply(input, noise)


def check_rate(name: str, rate: float) -> float:
    """The rate as Python's number; raises OptionError unless it is from 0 to below 1."""
    found = number(name, "rate", rate)
    if not 0 <= found < 1:
        raise OptionError(f"{name} takes a rate from 0 to below 1, for a variance of rate / (1 - rate); got {rate}")
    return found
