"""Channels normalised by their statistics, and by those that are known; by the kernels of `normalization`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import cupy

from xnn_backends.protocol import Kernel

from .normalization import channel_shape, normalized, normalized_back, scaled_channels, sums
from .sources import Layout, agreeing, layout_of, straight, struct


def _by_channel(x: Any, axes: Sequence[int]) -> tuple[Layout, Any]:
    """Dimensions (0, 2, ...) or (2, ...), and which channel a group is."""
    layout = layout_of(x.shape, axes)
    assert layout is not None
    return layout, struct([x.shape[1], 1, max(layout.numbers, 1)])


def _standardize_channels(
    xp: Any, x: Any, weight: Any = None, bias: Any = None, *, axes: tuple[int, ...], eps: float
) -> tuple[Any, Any]:
    layout, affine = _by_channel(x, axes)
    shape = tuple(1 if axis in axes else size for axis, size in enumerate(x.shape))
    y, mean, var = normalized(x, weight, bias, layout, affine, eps, True)
    return (y, *(s.astype(x.dtype, copy=False).reshape(shape) for s in (mean, var))), (mean, var)


def _standardize_channels_vjp(
    xp: Any, residual: Any, g: Any, needs: Sequence[bool], x: Any, weight: Any = None, bias: Any = None, *,
    axes: tuple[int, ...], eps: float,
) -> list[Any]:  # fmt: skip
    layout, affine = _by_channel(x, axes)
    mean, var = residual
    found = [None, None]
    if g[0] is not None:
        found = sums(x, g[0], mean, var, needs[1:], channel_shape(x), eps, math.prod(x.shape[2:]))
    dx = normalized_back(x, weight, mean, var, g, layout, affine, eps, False, True) if needs[0] else None
    return [dx, *found]


def _normalize_channels(
    xp: Any, x: Any, mean: Any, var: Any, weight: Any = None, bias: Any = None, *, eps: float
) -> tuple[Any, None]:
    return scaled_channels(x, mean, var, weight, bias, eps), None


def _normalize_channels_vjp(
    xp: Any, residual: None, g: Any, needs: Sequence[bool], x: Any, mean: Any, var: Any, weight: Any = None,
    bias: Any = None, *, eps: float,
) -> list[Any]:  # fmt: skip
    dx = scaled_channels(g, None, var, weight, None, eps) if needs[0] or needs[1] else None
    found = [dx if needs[0] else None, None, None, None, None]
    if needs[1]:
        found[1] = cupy.negative(cupy.sum(dx, axis=(0, *range(2, x.ndim))))
    if any(needs[2:]):
        wide = cupy.promote_types(x.dtype, cupy.float32)  # centred numbers, summed, may be beyond half precision
        mean, var = (straight(s.astype(wide, copy=False)) for s in (mean, var))
        weighted, total = sums(x, g, mean, var, (True, True), channel_shape(x), eps, math.prod(x.shape[2:]))
        of_var = None
        if needs[2]:
            of_var = -0.5 * weighted / (var + eps)
            of_var = (of_var if weight is None else of_var * weight).astype(x.dtype, copy=False)
        found[2:] = [of_var, weighted, total]
    return [d if need else None for d, need in zip(found, needs, strict=False)]


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {
        "standardize_channels": Kernel(_standardize_channels, _standardize_channels_vjp),
        "normalize_channels": agreeing(Kernel(_normalize_channels, _normalize_channels_vjp), as_first=True),
    }
