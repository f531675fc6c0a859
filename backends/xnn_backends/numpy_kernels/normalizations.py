"""Normalisations as one operation: the small ones, where each step of the definition costs its call, gain most."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xnn_backends.protocol import HostArray, Kernel

from .blocks import single

Optional = HostArray | None


@dataclass(frozen=True, slots=True)
class View:
    """How an operation looks at x: the shape; which dimensions are normalised together; that of weight and bias."""

    shape: tuple[int, ...]
    axes: tuple[int, ...]
    weight: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many numbers are normalised together."""
        return max(math.prod(self.shape[axis] for axis in self.axes), 1)

    @property
    def others(self) -> tuple[int, ...]:
        """The dimensions along which weight and bias have one number."""
        wide = (1,) * (len(self.shape) - len(self.weight)) + self.weight
        return tuple(axis for axis, size in enumerate(wide) if size == 1)


def view_of_layers(x: HostArray, count: int) -> View:
    """Over the last `count` dimensions."""
    lead = x.ndim - count
    size = math.prod(x.shape[lead:])
    return View((math.prod(x.shape[:lead]), size), (1,), (size,))


def view_of_groups(x: HostArray, groups: int) -> View:
    """Over groups of neighbouring channels of (N, C, ...)."""
    n, c, *rest = x.shape
    return View((n, groups, c // groups, math.prod(rest)), (2, 3), (groups, c // groups, 1))


def view_of_channels(x: HostArray, axes: Sequence[int]) -> View:
    """Over all but the channels of (N, C, ...), or over all but images and channels."""
    n, c, *rest = x.shape
    return View((n, c, math.prod(rest)), (0, 2) if 0 in axes else (2,), (c, 1))


def wide(x: Optional, shape: tuple[int, ...]) -> Any:
    """In that shape, and half precision as float32."""
    return None if x is None else single(x).reshape(shape)


def like(x: Any, d: Optional) -> Optional:
    """A cotangent in the shape and type of what it is of."""
    return None if d is None else d.reshape(x.shape).astype(x.dtype, copy=False)


def mean(x: HostArray, view: View) -> HostArray:
    return np.asarray(np.add.reduce(x, axis=view.axes, keepdims=True) / x.dtype.type(view.count))


def normalize(
    x: HostArray, weight: Optional, bias: Optional, view: View, eps: float, is_centred: bool = True
) -> tuple[HostArray, tuple[HostArray, Optional, HostArray]]:
    """hat * weight + bias with hat = (x - mean) / sqrt(var + eps), in x's shape; and hat, mean and var in the view's.

    Not centred: x / sqrt(mean(x**2) + eps).
    """
    values = wide(x, view.shape)
    middle = mean(values, view) if is_centred else None
    centred = values if middle is None else values - middle
    var = mean(centred * centred, view)
    deviation = np.sqrt(var + values.dtype.type(eps))
    hat = centred / deviation if middle is None else np.divide(centred, deviation, out=centred)
    out = hat
    if weight is not None:
        out = hat * wide(weight, view.weight)
    if bias is not None:
        out = out + wide(bias, view.weight)
    out = out.reshape(x.shape).astype(x.dtype, copy=out is hat)
    return out, (hat, middle, var)


def normalize_back(
    kept: tuple[HostArray, Optional, HostArray], g: HostArray, needs: Sequence[bool], arrays: Sequence[Any],
    view: View, eps: float,
) -> list[Any]:  # fmt: skip
    """The cotangents of x, weight and bias."""
    hat, middle, var = kept
    told = wide(g, view.shape)
    dx = dw = db = None
    if len(needs) > 1 and needs[1]:
        dw = np.add.reduce(told * hat, axis=view.others)
    if len(needs) > 2 and needs[2]:
        db = np.add.reduce(told, axis=view.others)
    if needs[0]:
        weight = arrays[1]
        own = told if weight is None else told * wide(weight, view.weight)
        dx = hat * mean(own * hat, view)
        np.subtract(own if middle is None else own - mean(own, view), dx, out=dx)
        dx /= np.sqrt(var + var.dtype.type(eps))
    return [like(x, d) for x, d in zip(arrays, (dx, dw, db), strict=False)]


# ---- the operations ----


def _layer_norm(
    xp: Any, x: HostArray, weight: Optional = None, bias: Optional = None, *, count: int, eps: float
) -> tuple[HostArray, Any]:
    return normalize(x, weight, bias, view_of_layers(x, count), eps)


def _layer_norm_vjp(
    xp: Any, kept: Any, g: HostArray, needs: Sequence[bool], *arrays: Any, count: int, eps: float
) -> list[Any]:
    return normalize_back(kept, g, needs, arrays, view_of_layers(g, count), eps)


def _rms_norm(xp: Any, x: HostArray, weight: Optional = None, *, count: int, eps: float) -> tuple[HostArray, Any]:
    return normalize(x, weight, None, view_of_layers(x, count), eps, is_centred=False)


def _group_norm(
    xp: Any, x: HostArray, weight: Optional = None, bias: Optional = None, *, groups: int, eps: float
) -> tuple[HostArray, Any]:
    return normalize(x, weight, bias, view_of_groups(x, groups), eps)


def _group_norm_vjp(
    xp: Any, kept: Any, g: HostArray, needs: Sequence[bool], *arrays: Any, groups: int, eps: float
) -> list[Any]:
    return normalize_back(kept, g, needs, arrays, view_of_groups(g, groups), eps)


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
    told, (middle, _, factor, _) = wide(g, shape), factors(mean, var, weight, bias, eps)
    dx = told * factor[:, None] if needs[0] or needs[1] else None
    slope = np.add.reduce(told * (wide(x, shape) - middle[:, None]), axis=(0, 2)) if needs[2] or needs[3] else None
    total = np.add.reduce(told, axis=(0, 2)) if needs[4] else None
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
        "layer_norm": Kernel(_layer_norm, _layer_norm_vjp),
        "rms_norm": Kernel(_rms_norm, _layer_norm_vjp),
        "group_norm": Kernel(_group_norm, _group_norm_vjp),
        "standardize_channels": Kernel(_standardize_channels, standardize_channels_vjp),
        "normalize_channels": Kernel(_normalize_channels, normalize_channels_vjp, normalize_channels),
    }
