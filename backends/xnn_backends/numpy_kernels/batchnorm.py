"""Channels normalised by their statistics, and by those that are known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xnn_backends.protocol import HostArray, Kernel

from .blocks import single
from .normalization import Optional, View, like, normalize, normalize_back, wide


def view_of_channels(x: HostArray, axes: Sequence[int]) -> View:
    """Over all but the channels of (N, C, ...), or over all but images and channels."""
    n, c, *rest = x.shape
    return View((n, c, math.prod(rest)), (0, 2) if 0 in axes else (2,), (c, 1))


def channels_out(
    x: HostArray, out: HostArray, middle: HostArray, var: HostArray, axes: tuple[int, ...]
) -> tuple[HostArray, HostArray, HostArray]:
    """The results, with statistics that have size 1 in the dimensions `axes` of x."""
    shape = tuple(1 if axis in axes else size for axis, size in enumerate(x.shape))
    return out, middle.reshape(shape).astype(x.dtype), var.reshape(shape).astype(x.dtype)


def of_statistics(
    dx: HostArray, kept: tuple[HostArray, HostArray, HostArray], g: Sequence[Optional], view: View, eps: float
) -> HostArray:
    """dx, with what the cotangents of mean and var add to it."""
    hat, middle, var = kept
    total: HostArray = wide(dx, view.shape)
    if g[1] is not None:
        total = total + wide(g[1], middle.shape) / view.count
    if g[2] is not None:
        slope = wide(g[2], var.shape) * (2 / view.count) * np.sqrt(var + eps)
        total = total + hat * slope.astype(hat.dtype)
    return total.reshape(dx.shape).astype(dx.dtype, copy=False)


def _standardize_channels(
    xp: Any, x: HostArray, weight: Optional = None, bias: Optional = None, *, axes: tuple[int, ...], eps: float
) -> tuple[tuple[HostArray, HostArray, HostArray], Any]:
    out, kept = normalize(x, weight, bias, view_of_channels(x, axes), eps)
    assert kept[1] is not None
    return channels_out(x, out, kept[1], kept[2], axes), kept


def standardize_channels_vjp(
    xp: Any, kept: Any, g: Sequence[Optional], needs: Sequence[bool], x: HostArray, *others: Any,
    axes: tuple[int, ...], eps: float,
) -> list[Any]:  # fmt: skip
    view = view_of_channels(x, axes)
    found: list[Any] = [None if not need else np.zeros_like(v) for need, v in zip(needs, (x, *others), strict=True)]
    if g[0] is not None:
        found = normalize_back(kept, g[0], needs, (x, *others), view, eps)
    return [of_statistics(found[0], kept, g, view, eps) if needs[0] else None, *found[1:]]


# ---- channels with statistics that are known ----


def factors(mean: HostArray, var: HostArray, weight: Optional, bias: Optional, eps: float) -> list[Any]:
    """What is taken off, 1 / sqrt(var + eps), that times weight, and bias: each (C,)."""
    middle, scale = single(mean), 1 / np.sqrt(single(var) + single(var).dtype.type(eps))
    return [middle, scale, scale if weight is None else scale * single(weight), None if bias is None else single(bias)]


def normalize_channels(
    xp: Any,
    x: HostArray,
    mean: HostArray,
    var: HostArray,
    weight: Optional = None,
    bias: Optional = None,
    *,
    eps: float,
) -> HostArray:
    middle, _, factor, shift = factors(mean, var, weight, bias, eps)
    view = view_of_channels(x, (0,))
    out: HostArray = wide(x, view.shape) - middle[:, None]
    out *= factor[:, None]
    if shift is not None:
        out += shift[:, None]
    return out.reshape(x.shape).astype(x.dtype, copy=False)


def _normalize_channels(xp: Any, *arrays: Any, eps: float) -> tuple[HostArray, None]:
    return normalize_channels(xp, *arrays, eps=eps), None


def normalize_channels_vjp(
    xp: Any, kept: None, g: HostArray, needs: Sequence[bool], x: HostArray, mean: HostArray, var: HostArray,
    weight: Optional = None, bias: Optional = None, *, eps: float,
) -> list[Any]:  # fmt: skip
    shape = view_of_channels(x, (0,)).shape
    cotangent, (middle, _, factor, _) = wide(g, shape), factors(mean, var, weight, bias, eps)
    dx = cotangent * factor[:, None] if needs[0] or needs[1] else None
    slope = np.add.reduce(cotangent * (wide(x, shape) - middle[:, None]), axis=(0, 2)) if needs[2] or needs[3] else None
    total = np.add.reduce(cotangent, axis=(0, 2)) if needs[4] else None
    return of_factors((x, mean, var, weight, bias), needs, (dx, slope, total), eps)


def of_factors(
    arrays: Sequence[Any], needs: Sequence[bool], found: tuple[Optional, Optional, Optional], eps: float
) -> list[Any]:
    """All cotangents, of that of x (N, C, M), and of the sums of g * (x - mean) and of g of each channel."""
    (dx, slope, total), (_, scale, factor, _) = found, factors(arrays[1], arrays[2], arrays[3], arrays[4], eps)
    of_mean = of_var = of_weight = None
    if needs[1] and dx is not None:
        of_mean = -np.add.reduce(dx, axis=(0, 2))
    if slope is not None:
        of_var, of_weight = slope * factor * scale * scale * -0.5, slope * scale
    cotangents = (dx, of_mean, of_var, of_weight, total)
    return [like(v, d) if need else None for v, d, need in zip(arrays, cotangents, needs, strict=True)]


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {
        "standardize_channels": Kernel(_standardize_channels, standardize_channels_vjp),
        "normalize_channels": Kernel(_normalize_channels, normalize_channels_vjp, normalize_channels),
    }
