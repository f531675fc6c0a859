"""Normalisations.

Forward and backward in milliseconds, of float32, with the definition's and PyTorch's: LayerNorm of (2048, 128) 0.23
(1.2; 0.31), of (2048, 1024) 2.4 (10.9; 2.6), RMSNorm 0.23 (1.4; 0.78), GroupNorm of (32, 64, 28, 28) 1.7 (6.7; 1.7),
BatchNorm of the same 2.9 (8.2; 4.9).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from xnn_backends.numpy_kernels import normalizations as small
from xnn_backends.protocol import HostArray, Kernel

from .arrays import PART, is_worth, plain
from .threads import in_parts

Optional = HostArray | None


def _worth(x: HostArray, *others: Optional) -> bool:
    return is_worth(x, *(v for v in others if v is not None))


def _or_full(x: Optional, like: HostArray, shape: tuple[int, ...], value: float) -> HostArray:
    """Weights or a bias in that shape, those that are not there of one value."""
    return np.full(shape, value, like.dtype) if x is None else plain(x).reshape(shape)


def _least(x: HostArray, count: int) -> int:
    """How many of so many pieces make up a part for a thread."""
    return max(1, PART * count // x.size)


class _Sums:
    """Gradients of weights and bias that each part adds up by itself: in the end, in the order of parts."""

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape, self.dtype = shape, dtype
        self.parts: dict[int, tuple[HostArray, HostArray]] = {}

    def of(self, start: int) -> tuple[HostArray, HostArray]:
        self.parts[start] = np.zeros(self.shape, self.dtype), np.zeros(self.shape, self.dtype)
        return self.parts[start]

    def total(self) -> tuple[HostArray, HostArray]:
        first, *others = (self.parts[start] for start in sorted(self.parts))
        for other in others:
            for total, more in zip(first, other, strict=True):
                total += more
        return first


def _cotangents(needs: Sequence[bool], arrays: Sequence[Any], found: Sequence[HostArray]) -> list[Any]:
    return [d.reshape(x.shape) if need else None for need, x, d in zip(needs, arrays, found, strict=False)]


# ---- rows ----


def _rows(
    x: HostArray, weight: Optional, bias: Optional, count: int, eps: float, is_centred: bool
) -> tuple[HostArray, Any]:
    from .loops import normalizations as loops

    rows = plain(x).reshape(small.view_of_layers(x, count).shape)
    out, w, b = np.empty_like(rows), *(_or_full(v, x, rows.shape[1:], i) for v, i in ((weight, 1), (bias, 0)))
    means, scales = np.empty((2, len(rows)), x.dtype)

    def work(start: int, stop: int) -> None:
        here = slice(start, stop)
        loops.rows(rows[here], out[here], means[here], scales[here], w, b, eps, is_centred)

    in_parts(work, len(rows), _least(x, len(rows)))
    return out.reshape(x.shape), (means, scales)


def _rows_back(
    kept: Any, g: HostArray, needs: Sequence[bool], arrays: Sequence[Any], count: int, is_centred: bool
) -> list[Any]:
    from .loops import normalizations as loops

    (means, scales), x = kept, arrays[0]
    rows, told = (plain(v).reshape(small.view_of_layers(v, count).shape) for v in (x, g))
    dx, w = np.empty_like(rows), _or_full(arrays[1], x, rows.shape[1:], 1)
    sums = _Sums(rows.shape[1:], x.dtype)

    def work(start: int, stop: int) -> None:
        here = slice(start, stop)
        dw, db = sums.of(start)
        loops.rows_back(rows[here], told[here], dx[here], means[here], scales[here], w, dw, db, is_centred)

    in_parts(work, len(rows), _least(x, len(rows)))
    return _cotangents(needs, arrays, (dx, *sums.total()))


def rows_kernel(name: str, is_centred: bool) -> Kernel:
    """Of layer_norm, or of rms_norm, which has no mean and no bias."""
    other = small.kernels()[name]
    assert other.vjp is not None
    other_vjp: Callable[..., Sequence[Any]] = other.vjp

    def forward(
        xp: Any, x: HostArray, weight: Optional = None, bias: Optional = None, *, count: int, eps: float
    ) -> tuple[HostArray, Any]:
        if _worth(x, weight, bias):
            return _rows(x, weight, bias, count, eps, is_centred)
        out, kept = small.normalize(x, weight, bias, small.view_of_layers(x, count), eps, is_centred)
        return out, (*kept,)

    def vjp(
        xp: Any, kept: Any, g: HostArray, needs: Sequence[bool], *arrays: Any, count: int, eps: float
    ) -> Sequence[Any]:
        if len(kept) == 3:
            return other_vjp(xp, kept, g, needs, *arrays, count=count, eps=eps)
        return _rows_back(kept, g, needs, arrays, count, is_centred)

    return Kernel(forward, vjp)


# ---- groups of channels ----


def _group_norm(
    xp: Any, x: HostArray, weight: Optional = None, bias: Optional = None, *, groups: int, eps: float
) -> tuple[HostArray, Any]:
    view = small.view_of_groups(x, groups)
    if not _worth(x, weight, bias):
        return small.normalize(x, weight, bias, view, eps)
    from .loops import normalizations as loops

    rows = plain(x).reshape(view.shape[0] * groups, *view.shape[2:])
    out, w, b = np.empty_like(rows), *(_or_full(v, x, view.weight[:2], i) for v, i in ((weight, 1), (bias, 0)))
    means, scales = np.empty((2, len(rows)), x.dtype)

    def work(start: int, stop: int) -> None:
        here = slice(start, stop)
        loops.groups(rows[here], out[here], means[here], scales[here], w, b, eps, start)

    in_parts(work, len(rows), _least(x, len(rows)))
    return out.reshape(x.shape), (means, scales)


def _group_norm_vjp(
    xp: Any, kept: Any, g: HostArray, needs: Sequence[bool], *arrays: Any, groups: int, eps: float
) -> list[Any]:
    view = small.view_of_groups(g, groups)
    if len(kept) == 3:
        return small.normalize_back(kept, g, needs, arrays, view, eps)
    from .loops import normalizations as loops

    (means, scales), x = kept, arrays[0]
    rows, told = (plain(v).reshape(view.shape[0] * groups, *view.shape[2:]) for v in (x, g))
    dx, w = np.empty_like(rows), _or_full(arrays[1], x, view.weight[:2], 1)
    sums = _Sums(view.weight[:2], x.dtype)

    def work(start: int, stop: int) -> None:
        here = slice(start, stop)
        loops.groups_back(rows[here], told[here], dx[here], means[here], scales[here], w, *sums.of(start), start)

    in_parts(work, len(rows), _least(x, len(rows)))
    return _cotangents(needs, arrays, (dx, *sums.total()))


# ---- channels ----


def _channels(x: HostArray, axes: Sequence[int]) -> tuple[int, int, int]:
    """(images, channels, numbers) of x; where each image is normalised by itself, its channels are channels of one."""
    n, c, *rest = x.shape
    return (n, c, math.prod(rest)) if 0 in axes else (1, n * c, math.prod(rest))


def _standardize_channels(
    xp: Any, x: HostArray, weight: Optional = None, bias: Optional = None, *, axes: tuple[int, ...], eps: float
) -> tuple[tuple[HostArray, HostArray, HostArray], Any]:
    if not _worth(x, weight, bias):
        out, kept = small.normalize(x, weight, bias, small.view_of_channels(x, axes), eps)
        assert kept[1] is not None
        return small.channels_out(x, out, kept[1], kept[2], axes), kept
    from .loops import normalizations as loops

    images = plain(x).reshape(_channels(x, axes))
    count, times = images.shape[1], images.shape[1] // x.shape[1]
    out, w, b = np.empty_like(images), *(_of_each(v, x, i, times) for v, i in ((weight, 1), (bias, 0)))
    means, variances = np.empty((2, count), x.dtype)
    if images.shape[2] == 1:
        loops.columns(images[:, :, 0], out[:, :, 0], means, variances, w, b, eps)
    else:
        in_parts(
            lambda start, stop: loops.channels(images, out, means, variances, w, b, eps, start, stop),
            count,
            _least(x, count),
        )
    return small.channels_out(x, out.reshape(x.shape), means, variances, axes), (means, variances)


def _of_each(x: Optional, like: HostArray, value: float, times: int) -> HostArray:
    """Weights or a bias of the channels, for so many images."""
    return np.tile(_or_full(x, like, like.shape[1:2], value), times)


def _standardize_channels_vjp(
    xp: Any, kept: Any, g: Sequence[Optional], needs: Sequence[bool], x: HostArray, *others: Any,
    axes: tuple[int, ...], eps: float,
) -> list[Any]:  # fmt: skip
    if len(kept) == 3 or g[0] is None or g[1] is not None or g[2] is not None:
        if len(kept) == 2:
            kept = small.normalize(x, None, None, small.view_of_channels(x, axes), eps)[1]
        return small.standardize_channels_vjp(xp, kept, g, needs, x, *others, axes=axes, eps=eps)
    from .loops import normalizations as loops

    means, variances = kept
    images, told = (plain(v).reshape(_channels(x, axes)) for v in (x, g[0]))
    count, times = images.shape[1], images.shape[1] // x.shape[1]
    dx, w = np.empty_like(images), _of_each(others[0], x, 1, times)
    dw, db = np.zeros((2, count), x.dtype)
    if images.shape[2] == 1:
        loops.columns_back(images[:, :, 0], told[:, :, 0], dx[:, :, 0], means, variances, w, dw, db, eps)
    else:
        in_parts(
            lambda start, stop: loops.channels_back(images, told, dx, means, variances, w, dw, db, eps, start, stop),
            count,
            _least(x, count),
        )
    sums = (np.add.reduce(v.reshape(times, -1), axis=0) for v in (dw, db))
    return _cotangents(needs, (x, *others), (dx, *sums))


def _normalize_channels(
    xp: Any,
    x: HostArray,
    mean: HostArray,
    var: HostArray,
    weight: Optional = None,
    bias: Optional = None,
    *,
    eps: float,
) -> HostArray:
    images = x.reshape(_channels(x, (0,)))
    if images.shape[2] == 1 or not _worth(x, mean, var, weight, bias):
        return small.normalize_channels(xp, x, mean, var, weight, bias, eps=eps)
    from .loops import normalizations as loops

    middle, _, factor, shift = small.factors(mean, var, weight, bias, eps)
    images, out, shift = plain(images), np.empty(images.shape, x.dtype), _or_full(shift, x, mean.shape, 0)
    middle, factor = plain(middle), plain(factor)

    def work(start: int, stop: int) -> None:
        loops.affine(images, out, middle, factor, shift, start, stop)

    in_parts(work, len(images), _least(x, len(images)))
    return out.reshape(x.shape)


def _normalize_channels_kept(xp: Any, *arrays: Any, eps: float) -> tuple[HostArray, None]:
    return _normalize_channels(xp, *arrays, eps=eps), None


def _normalize_channels_vjp(
    xp: Any, kept: None, g: HostArray, needs: Sequence[bool], x: HostArray, mean: HostArray, var: HostArray,
    weight: Optional = None, bias: Optional = None, *, eps: float,
) -> list[Any]:  # fmt: skip
    images = g.reshape(_channels(x, (0,)))
    if images.shape[2] == 1 or not any(needs[1:]) or not _worth(x, g, mean, var, weight, bias):
        return small.normalize_channels_vjp(xp, kept, g, needs, x, mean, var, weight, bias, eps=eps)
    from .loops import normalizations as loops

    slope, total = np.zeros((2, len(mean)), x.dtype)
    loops.affine_back(plain(x).reshape(images.shape), plain(images), plain(mean), slope, total)
    factor = small.factors(mean, var, weight, bias, eps)[2]
    dx = images * factor[:, None] if needs[0] or needs[1] else None
    return small.of_factors((x, mean, var, weight, bias), needs, (dx, slope, total), eps)


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {
        "layer_norm": rows_kernel("layer_norm", is_centred=True),
        "rms_norm": rows_kernel("rms_norm", is_centred=False),
        "group_norm": Kernel(_group_norm, _group_norm_vjp),
        "standardize_channels": Kernel(_standardize_channels, _standardize_channels_vjp),
        "normalize_channels": Kernel(_normalize_channels_kept, _normalize_channels_vjp, _normalize_channels),
    }
