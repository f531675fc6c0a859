"""Normalisation of channels, with statistics of a batch or of each of its images, or with running ones."""

from __future__ import annotations

import math
from typing import Any

from xnn.arguments import check_arrays, number
from xnn.autograd import no_grad
from xnn.autograd.graph import Tracked
from xnn.autograd.operands import device_of
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.ops import batchnorm
from xnn.ops.data_types import agree, dtype_of
from xnn.ops.elementwise import add, multiply
from xnn.ops.manipulation import reshape
from xnn.ops.promotion import check_real
from xnn.ops.statistical import mean as mean_of
from xnn.typing import A, AnyArray

from ._operands import check_input

__all__ = ["batch_norm", "instance_norm"]


def check_vectors(name: str, input: Any, shape: tuple[int, ...], rule: str, **vectors: Any) -> None:
    """Raise ShapeError or DTypeError unless all but None have that shape, and the type of input."""
    given = {argument: x for argument, x in vectors.items() if x is not None}
    check_arrays(name, **given)
    for argument, x in given.items():
        check_real(dtype_of(x))
        if tuple(x.shape) != shape:
            raise ShapeError(
                f"{name} takes {argument} of shape {shape}, {rule} of the input {tuple(input.shape)}; "
                f"got shape {tuple(x.shape)}"
            )
        if not agree(x, input):
            raise DTypeError(
                f"{name} takes input and {argument} of one type; got {dtype_of(input).name} and {dtype_of(x).name}. "
                f"Cure: xnn.astype(x, xnn.{dtype_of(x).name}), or model.to(dtype=xnn.{dtype_of(input).name})."
            )


def _check(name: str, input: Any, least: int, running_mean: Any, running_var: Any, weight: Any, bias: Any) -> None:
    check_arrays(name, input=input)
    check_input(name, input)
    shape = tuple(input.shape)
    if len(shape) < least:
        raise ShapeError(f"{name} takes inputs {'(N, C, ...)' if least == 2 else '(N, C, L, ...)'}; got shape {shape}")
    if (running_mean is None) != (running_var is None):
        raise OptionError(f"{name} takes running_mean and running_var together; got one of them")
    vectors = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    check_vectors(name, input, (shape[1],), "one for each channel", **vectors)


def eps_of(name: str, eps: Any) -> float:
    """What keeps a root from 0, as a Python number.

    Raises:
        OptionError: if it is no number of at least 0.
    """
    found = number(name, "eps", eps)
    if not found >= 0:
        raise OptionError(f"{name}: eps is a number of at least 0; got {eps}")
    return found


def momentum_of(name: str, momentum: Any) -> Any:
    """A number as Python's, None where nothing moves, or an Array, as a count's; raises OptionError for another."""
    return momentum if momentum is None or isinstance(momentum, Tracked) else number(name, "momentum", momentum)


def _update(running: Any, new: Any, momentum: Any) -> None:
    """running = (1 - momentum) running + momentum new, in place and off the graph."""
    with no_grad(), device_of(running, "running statistics").scope():
        value = add(multiply(running, 1 - momentum), multiply(new, momentum))
        running[...] = value._data if isinstance(value, Tracked) and not isinstance(running, Tracked) else value


def _unbiased(var: Any, count: int) -> Any:
    return multiply(var, count / (count - 1))


def batch_norm(
    input: A,
    running_mean: AnyArray | None,
    running_var: AnyArray | None,
    weight: AnyArray | None = None,
    bias: AnyArray | None = None,
    training: bool = False,
    momentum: float | AnyArray = 0.1,
    eps: float = 1e-5,
) -> A:
    """(x - mean) / sqrt(var + eps) * weight + bias for each channel.

    In training mean and var are those of the batch, of all dimensions but the channel's, and var is divided by the
    number of values n; the running ones then move by `momentum` towards mean and n / (n - 1) var, in place and off
    the graph. Otherwise mean and var are the running ones.

    Ioffe & Szegedy, Batch normalization, 2015.

    Args:
        input: (N, C, ...), floating-point.
        running_mean: (C,), changed in place in training; or None there.
        running_var: likewise.
        weight: (C,), or None.
        bias: (C,), or None.
        training: which statistics normalise.
        momentum: the part of the new statistics, a number (or an Array of shape ()).
        eps: what keeps the root from 0.

    Returns:
        the shape of input.

    Raises:
        ShapeError: for fewer than two dimensions; for one value in each channel in training; for other operands that
            are not of shape (C,).
        DTypeError: if input is not floating-point, or the operands are of several types.
        OptionError: without running statistics, where these are used; for negative eps.

    Example:
        >>> import xnn as xp
        >>> x = xp.asarray([[1.0], [3.0]], device="cpu")
        >>> mean, var = xp.zeros((1,), device="cpu"), xp.ones((1,), device="cpu")
        >>> xp.nn.functional.batch_norm(x, mean, var, training=True, eps=0.0).tolist()
        [[-1.0], [1.0]]
        >>> round(float(mean[0]), 4)  # 0.1 of the batch's
        0.2
    """
    _check("batch_norm", input, 2, running_mean, running_var, weight, bias)
    eps = eps_of("batch_norm", eps)
    momentum = momentum_of("batch_norm", momentum)
    shape = tuple(input.shape)
    if not training:
        if running_mean is None or running_var is None:
            raise OptionError("batch_norm without training takes running_mean and running_var. Cure: training=True.")
        return batchnorm.normalize_channels(input, running_mean, running_var, weight, bias, eps=eps)
    count = shape[0] * math.prod(shape[2:])
    if count == 1:
        raise ShapeError(
            "batch_norm in training takes more than one value for each channel: one has no variance; "
            f"got shape {shape}. Cure: a larger batch, or model.eval()."
        )
    axes = (0, *range(2, len(shape)))
    out, mean, var = batchnorm.standardize_channels(input, weight, bias, axes=axes, eps=eps)
    if running_mean is not None and count:
        _update(running_mean, reshape(mean, (shape[1],)), momentum)
        _update(running_var, _unbiased(reshape(var, (shape[1],)), count), momentum)
    return out


def instance_norm(
    input: A,
    running_mean: AnyArray | None = None,
    running_var: AnyArray | None = None,
    weight: AnyArray | None = None,
    bias: AnyArray | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> A:
    """(x - mean) / sqrt(var + eps) * weight + bias for each channel of each image.

    With `use_input_stats` mean and var are those of the channel of this image, and running ones, if given, move by
    `momentum` towards their average over the batch, as in `batch_norm`. Otherwise mean and var are the running ones.

    Ulyanov, Vedaldi & Lempitsky, Instance normalization, 2016.

    Args:
        input: (N, C, L, ...), floating-point.
        running_mean: (C,), changed in place with `use_input_stats`; or None there.
        running_var: likewise.
        weight: (C,), or None.
        bias: (C,), or None.
        use_input_stats: which statistics normalise.
        momentum: the part of the new statistics.
        eps: what keeps the root from 0.

    Returns:
        the shape of input.

    Raises:
        ShapeError: for fewer than three dimensions; for one element in each channel; for operands not of shape (C,).
        DTypeError: if input is not floating-point, or the operands are of several types.
        OptionError: without running statistics, where these are used; for negative eps.
    """
    _check("instance_norm", input, 3, running_mean, running_var, weight, bias)
    eps = eps_of("instance_norm", eps)
    momentum = momentum_of("instance_norm", momentum)
    shape = tuple(input.shape)
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise OptionError("instance_norm without use_input_stats takes running_mean and running_var")
        return batchnorm.normalize_channels(input, running_mean, running_var, weight, bias, eps=eps)
    count = math.prod(shape[2:])
    if count == 1:
        raise ShapeError(
            f"instance_norm takes more than one element in each channel, which has no variance; got shape {shape}. "
            "Cure: larger images, or layer_norm."
        )
    axes = tuple(range(2, len(shape)))
    out, mean, var = batchnorm.standardize_channels(input, weight, bias, axes=axes, eps=eps)
    if running_mean is not None and count and shape[0]:
        _update(running_mean, mean_of(reshape(mean, shape[:2]), axis=0), momentum)
        _update(running_var, _unbiased(mean_of(reshape(var, shape[:2]), axis=0), count), momentum)
    return out
