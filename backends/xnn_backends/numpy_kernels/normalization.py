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
    cotangent = wide(g, view.shape)
    dx = dw = db = None
    if len(needs) > 1 and needs[1]:
        dw = np.add.reduce(cotangent * hat, axis=view.others)
    if len(needs) > 2 and needs[2]:
        db = np.add.reduce(cotangent, axis=view.others)
    if needs[0]:
        weight = arrays[1]
        own = cotangent if weight is None else cotangent * wide(weight, view.weight)
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


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {
        "layer_norm": Kernel(_layer_norm, _layer_norm_vjp),
        "rms_norm": Kernel(_rms_norm, _layer_norm_vjp),
        "group_norm": Kernel(_group_norm, _group_norm_vjp),
    }
