"""Normalisation over features, groups of channels and neighbouring channels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xnn.arguments import check_arrays, number, whole
from xnn.autograd.refusals import index_of
from xnn.errors import OptionError, ShapeError
from xnn.ops import normalization
from xnn.ops.data_types import dtype_of, finfo
from xnn.typing import A, AnyArray

from ._batchnorm import check_vectors, eps_of
from ._operands import check_input

__all__ = ["group_norm", "layer_norm", "local_response_norm", "rms_norm"]

Shape = int | Sequence[int]


def normalized(name: str, normalized_shape: Shape) -> tuple[int, ...]:
    """The shape of what is normalised together, as a tuple.

    Raises:
        OptionError: unless it is an int or several.
    """
    given = normalized_shape if isinstance(normalized_shape, Sequence) else (normalized_shape,)
    try:
        found = tuple(map(index_of, given))
    except TypeError:
        found = ()
    if not found or min(found) < 0:
        raise OptionError(f"{name}: normalized_shape is an int, or one or more of them; got {normalized_shape!r}")
    return found


def _check(name: str, input: Any, normalized_shape: Shape, **operands: Any) -> int:
    """How many dimensions are normalised together."""
    check_arrays(name, input=input)
    check_input(name, input)
    wanted, shape = normalized(name, normalized_shape), tuple(input.shape)
    if shape[len(shape) - len(wanted) :] != wanted or len(shape) < len(wanted):
        text = ", ".join(map(str, wanted))
        raise ShapeError(
            f"{name} takes inputs (..., {text}), for normalized_shape={wanted}; got shape {shape}. "
            f"Cure: normalized_shape={shape[-len(wanted) :]}."
        )
    check_vectors(name, input, wanted, "normalized_shape", **operands)
    return len(wanted)


def layer_norm(
    input: A, normalized_shape: Shape, weight: AnyArray | None = None, bias: AnyArray | None = None, eps: float = 1e-5
) -> A:
    """(x - mean) / sqrt(var + eps) * weight + bias, with mean and variance over the last dimensions.

    Ba, Kiros & Hinton, Layer normalization, 2016.

    Args:
        input: (..., *normalized_shape), floating-point.
        normalized_shape: of the dimensions that are normalised together; an int for the last one.
        weight: normalized_shape, or None.
        bias: normalized_shape, or None.
        eps: what keeps the root from 0.

    Returns:
        the shape of input.

    Raises:
        ShapeError: if the input does not end with normalized_shape, or the operands have another one.
        DTypeError: if input is not floating-point, or the operands are of several types.
        OptionError: for a normalized_shape that is none, or negative eps.

    Example:
        >>> import xnn as xp
        >>> x = xp.asarray([[1.0, 3.0]], device="cpu")
        >>> xp.nn.functional.layer_norm(x, 2, eps=0.0).tolist()
        [[-1.0, 1.0]]
    """
    count = _check("layer_norm", input, normalized_shape, weight=weight, bias=bias)
    return normalization.layer_norm(input, weight, bias, count=count, eps=eps_of("layer_norm", eps))


def rms_norm(input: A, normalized_shape: Shape, weight: AnyArray | None = None, eps: float | None = None) -> A:
    """x / sqrt(mean(x**2) + eps) * weight, with the mean over the last dimensions.

    Zhang & Sennrich, Root mean square layer normalization, 2019.

    Args:
        input: (..., *normalized_shape), floating-point.
        normalized_shape: of the dimensions that are normalised together; an int for the last one.
        weight: normalized_shape, or None.
        eps: what keeps the root from 0; None for the distance of 1 and the next number of input's type.

    Returns:
        the shape of input.

    Raises:
        ShapeError: if the input does not end with normalized_shape, or the weight has another one.
        DTypeError: if input is not floating-point, or the weight is of another type.
        OptionError: for a normalized_shape that is none, or negative eps.
    """
    count = _check("rms_norm", input, normalized_shape, weight=weight)
    eps = finfo(dtype_of(input)).eps if eps is None else eps_of("rms_norm", eps)
    return normalization.rms_norm(input, weight, count=count, eps=eps)


def group_norm(
    input: A, num_groups: int, weight: AnyArray | None = None, bias: AnyArray | None = None, eps: float = 1e-5
) -> A:
    """(x - mean) / sqrt(var + eps) * weight + bias, with mean and variance of each group of channels of each image.

    Wu & He, Group normalization, 2018.

    Args:
        input: (N, C, ...), floating-point.
        num_groups: into how many groups of neighbours the channels are parted.
        weight: (C,), or None.
        bias: (C,), or None.
        eps: what keeps the root from 0.

    Returns:
        the shape of input.

    Raises:
        ShapeError: for fewer than two dimensions; if there are not so many channels that groups are equal; for a
            single value in all of a batch's groups of one number; for operands not of shape (C,).
        DTypeError: if input is not floating-point, or the operands are of several types.
        OptionError: for num_groups that is no int of at least 1, or negative eps.
    """
    check_arrays("group_norm", input=input)
    check_input("group_norm", input)
    shape, groups = tuple(input.shape), whole("num_groups", num_groups, 1)
    if len(shape) < 2:
        raise ShapeError(f"group_norm takes inputs (N, C, ...); got shape {shape}")
    if shape[1] % groups:
        raise ShapeError(f"group_norm: num_groups divides the channels; got {groups} for the shape {shape}")
    check_vectors("group_norm", input, (shape[1],), "one for each channel", weight=weight, bias=bias)
    eps = eps_of("group_norm", eps)
    if shape[0] * (shape[1] // groups) * math.prod(shape[2:]) == 1:
        raise ShapeError(
            f"group_norm takes more than one value for each group, which has no variance; got shape {shape} for "
            f"{groups} groups. Cure: fewer groups."
        )
    return normalization.group_norm(input, weight, bias, groups=groups, eps=eps)


def local_response_norm(input: A, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> A:
    """x / (k + alpha * mean)**beta, with the mean of the squares of `size` neighbouring channels.

    Beyond the first and the last channel there are zeros. Krizhevsky, Sutskever & Hinton, ImageNet classification with
    deep convolutional neural networks, 2012, where alpha is that of the sum.

    Args:
        input: (N, C, L, ...), floating-point.
        size: how many channels are neighbours.
        alpha: the factor of the mean.
        beta: the exponent.
        k: what keeps the power from 0.

    Returns:
        the shape of input.

    Raises:
        ShapeError: for fewer than three dimensions.
        DTypeError: if input is not floating-point.
        OptionError: for a size that is no int of at least 1.
    """
    check_arrays("local_response_norm", input=input)
    check_input("local_response_norm", input)
    if len(input.shape) < 3:
        raise ShapeError(f"local_response_norm takes inputs (N, C, L, ...); got shape {tuple(input.shape)}")
    size = whole("size", size, 1)
    alpha, beta, k = (
        number("local_response_norm", option, value) for option, value in (("alpha", alpha), ("beta", beta), ("k", k))
    )
    return normalization.local_response_norm(input, size=size, alpha=alpha, beta=beta, k=k)
