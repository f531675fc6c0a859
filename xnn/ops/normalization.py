"""Normalisations: values with mean 0 and variance 1 over some dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xnn.autograd.primitive import fused, primitive
from xnn.typing import A, AnyArray

from .pooling import sum_pool
from .promotion import in_single


def _mean(xp: Any, x: Any, axes: Sequence[int]) -> Any:
    """The mean; 0 of no elements, which are not there to have another one."""
    if 0 in (x.shape[axis] for axis in axes):
        return xp.sum(x, axis=tuple(axes), keepdims=True)
    return xp.mean(x, axis=tuple(axes), keepdims=True)


def _standardize_rule(xp: Any, g: Any, out: Any, x: Any, axes: tuple[int, ...], eps: float) -> Any:
    (of_hat, of_mean, of_var), (hat, _, var) = g, out
    share = 1 / max(math.prod(x.shape[axis] for axis in axes), 1)
    deviation = xp.sqrt(var + eps)
    total = None
    if of_hat is not None:
        slope = _mean(xp, of_hat * hat, axes)
        total = (of_hat - _mean(xp, of_hat, axes) - hat * slope) / deviation
    if of_mean is not None:
        spread = xp.broadcast_to(of_mean * share, x.shape)
        total = spread if total is None else total + spread
    if of_var is not None:
        spread = hat * (2 * share * of_var * deviation)
        total = spread if total is None else total + spread
    return total


@primitive(_standardize_rule, keeps="out")
def standardize(xp: Any, x: A, /, *, axes: tuple[int, ...], eps: float) -> tuple[A, A, A]:
    """(x - mean) / sqrt(var + eps) over dimensions, and mean and var, which have size 1 there.

    The mean is taken off before squares are summed, so that a large one does not cancel what is small. One rule, in
    the place of the derivatives of ten steps, reads only the results.
    """
    mean = _mean(xp, x, axes)
    centred = x - mean
    var = _mean(xp, centred * centred, axes)
    return centred / xp.sqrt(var + eps), mean, var


def by_channel(xp: Any, vector: Any, ndim: int) -> Any:
    return xp.reshape(vector, (-1, *(1,) * (ndim - 2)))


@fused()
def scale_channels(xp: Any, x: A, weight: AnyArray | None = None, bias: AnyArray | None = None, /) -> A:
    """x * weight + bias, of shapes (N, C, ...), (C,) and (C,)."""
    if weight is not None:
        x = x * by_channel(xp, weight, len(x.shape))
    return x if bias is None else x + by_channel(xp, bias, len(x.shape))


@fused()
def layer_norm(
    xp: Any, x: A, weight: AnyArray | None = None, bias: AnyArray | None = None, /, *, count: int, eps: float
) -> A:
    """`standardize` over the last `count` dimensions, times weight plus bias, whose shape is that of these."""
    out = standardize(x, axes=tuple(range(len(x.shape) - count, len(x.shape))), eps=eps)[0]
    if weight is not None:
        out = out * weight
    return out if bias is None else out + bias


@fused()
def group_norm(
    xp: Any, x: A, weight: AnyArray | None = None, bias: AnyArray | None = None, /, *, groups: int, eps: float
) -> A:
    """`standardize` over each of so many groups of channels of (N, C, ...), times weight plus bias, of shape (C,)."""
    shape = x.shape
    wide = xp.reshape(x, (shape[0], groups, shape[1] // groups * math.prod(shape[2:])))
    out = xp.reshape(standardize(wide, axes=(2,), eps=eps)[0], shape)
    return scale_channels(out, weight, bias)


@fused()
def rms_norm(xp: Any, x: A, weight: AnyArray | None = None, /, *, count: int, eps: float) -> A:
    """x / sqrt(mean(x**2) + eps) over the last `count` dimensions, times weight, whose shape is that of these."""
    out = x / xp.sqrt(_mean(xp, x * x, range(len(x.shape) - count, len(x.shape))) + eps)
    return out if weight is None else out * weight


@fused()
def local_response_norm(xp: Any, x: A, /, *, size: int, alpha: float, beta: float, k: float) -> A:
    """x / (k + alpha * mean)**beta, with the mean of the squares of `size` neighbouring channels of (N, C, ...)."""
    n, c = x.shape[:2]
    squares = xp.reshape(x * x, (n, 1, c, math.prod(x.shape[2:])))
    total = sum_pool(
        squares, kernel_size=(size, 1), stride=(1, 1), padding=(size // 2, 0), windows=(c, squares.shape[3])
    )
    return x / (xp.reshape(total, x.shape) * (alpha / size) + k) ** beta


in_single(standardize, rms_norm, local_response_norm)
