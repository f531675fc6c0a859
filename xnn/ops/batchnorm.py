"""Channels normalised by their statistics, or by statistics that are known."""

from __future__ import annotations

from typing import Any

from xnn.autograd.primitive import fused
from xnn.typing import A, AnyArray

from .normalization import by_channel, scale_channels, standardize
from .promotion import in_single


@fused()
def standardize_channels(
    xp: Any, x: A, weight: AnyArray | None = None, bias: AnyArray | None = None, /, *, axes: tuple[int, ...], eps: float
) -> tuple[A, A, A]:
    """`standardize` of (N, C, ...), times weight plus bias of (C,): over all dimensions but C, or but N and C."""
    out, mean, var = standardize(x, axes=axes, eps=eps)
    return scale_channels(out, weight, bias), mean, var


@fused()
def normalize_channels(
    xp: Any,
    x: A,
    mean: AnyArray,
    var: AnyArray,
    weight: AnyArray | None = None,
    bias: AnyArray | None = None,
    /,
    *,
    eps: float,
) -> A:
    """(x - mean) / sqrt(var + eps) * weight + bias with statistics that are known: (N, C, ...), the others (C,)."""
    scale = 1 / xp.sqrt(var + eps)
    if weight is not None:
        scale = scale * weight
    out = (x - by_channel(xp, mean, len(x.shape))) * by_channel(xp, scale, len(x.shape))
    return out if bias is None else out + by_channel(xp, bias, len(x.shape))


in_single(normalize_channels)
