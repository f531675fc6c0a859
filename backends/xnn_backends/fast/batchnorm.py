"""Channels normalised by their statistics: for the figures see `normalization`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xnn_backends.numpy_kernels import batchnorm, normalization
from xnn_backends.protocol import HostArray, Kernel

from .arrays import plain
from .normalization import Optional, are_worth, cotangents, least_pieces, or_full
from .threads import in_parts


def _channels(x: HostArray, axes: Sequence[int]) -> tuple[int, int, int]:
    """(images, channels, numbers) of x; where each image is normalised by itself, its channels are channels of one."""
    n, c, *rest = x.shape
    return (n, c, math.prod(rest)) if 0 in axes else (1, n * c, math.prod(rest))


def _standardize_channels(
    xp: Any, x: HostArray, weight: Optional = None, bias: Optional = None, *, axes: tuple[int, ...], eps: float
) -> tuple[tuple[HostArray, HostArray, HostArray], Any]:
    if not are_worth(x, weight, bias):
        out, kept = normalization.normalize(x, weight, bias, batchnorm.view_of_channels(x, axes), eps)
        assert kept[1] is not None
        return batchnorm.channels_out(x, out, kept[1], kept[2], axes), kept
    from .loops import batchnorm as loops

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
            least_pieces(x, count),
        )
    return batchnorm.channels_out(x, out.reshape(x.shape), means, variances, axes), (means, variances)


def _of_each(x: Optional, like: HostArray, value: float, times: int) -> HostArray:
    """Weights or a bias of the channels, for so many images."""
    return np.tile(or_full(x, like, like.shape[1:2], value), times)


def _standardize_channels_vjp(
    xp: Any, kept: Any, g: Sequence[Optional], needs: Sequence[bool], x: HostArray, *others: Any,
    axes: tuple[int, ...], eps: float,
) -> list[Any]:  # fmt: skip
    if len(kept) == 3 or g[0] is None or g[1] is not None or g[2] is not None:
        if len(kept) == 2:
            kept = normalization.normalize(x, None, None, batchnorm.view_of_channels(x, axes), eps)[1]
        return batchnorm.standardize_channels_vjp(xp, kept, g, needs, x, *others, axes=axes, eps=eps)
    from .loops import batchnorm as loops

    means, variances = kept
    images, cotangent = (plain(v).reshape(_channels(x, axes)) for v in (x, g[0]))
    count, times = images.shape[1], images.shape[1] // x.shape[1]
    dx, w = np.empty_like(images), _of_each(others[0], x, 1, times)
    dw, db = np.zeros((2, count), x.dtype)
    if images.shape[2] == 1:
        loops.columns_back(images[:, :, 0], cotangent[:, :, 0], dx[:, :, 0], means, variances, w, dw, db, eps)
    else:
        in_parts(
            lambda start, stop: loops.channels_back(
                images, cotangent, dx, means, variances, w, dw, db, eps, start, stop
            ),
            count,
            least_pieces(x, count),
        )
    sums = (np.add.reduce(v.reshape(times, -1), axis=0) for v in (dw, db))
    return cotangents(needs, (x, *others), (dx, *sums))


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
    if images.shape[2] == 1 or not are_worth(x, mean, var, weight, bias):
        return batchnorm.normalize_channels(xp, x, mean, var, weight, bias, eps=eps)
    from .loops import batchnorm as loops

    middle, _, factor, shift = batchnorm.factors(mean, var, weight, bias, eps)
    images, out, shift = plain(images), np.empty(images.shape, x.dtype), or_full(shift, x, mean.shape, 0)
    middle, factor = plain(middle), plain(factor)

    def work(start: int, stop: int) -> None:
        loops.affine(images, out, middle, factor, shift, start, stop)

    in_parts(work, len(images), least_pieces(x, len(images)))
    return out.reshape(x.shape)


def _normalize_channels_kept(xp: Any, *arrays: Any, eps: float) -> tuple[HostArray, None]:
    return _normalize_channels(xp, *arrays, eps=eps), None


def _normalize_channels_vjp(
    xp: Any, kept: None, g: HostArray, needs: Sequence[bool], x: HostArray, mean: HostArray, var: HostArray,
    weight: Optional = None, bias: Optional = None, *, eps: float,
) -> list[Any]:  # fmt: skip
    images = g.reshape(_channels(x, (0,)))
    if images.shape[2] == 1 or not any(needs[1:]) or not are_worth(x, g, mean, var, weight, bias):
        return batchnorm.normalize_channels_vjp(xp, kept, g, needs, x, mean, var, weight, bias, eps=eps)
    from .loops import batchnorm as loops

    slope, total = np.zeros((2, len(mean)), x.dtype)
    loops.affine_back(plain(x).reshape(images.shape), plain(images), plain(mean), slope, total)
    factor = batchnorm.factors(mean, var, weight, bias, eps)[2]
    dx = images * factor[:, None] if needs[0] or needs[1] else None
    return batchnorm.of_factors((x, mean, var, weight, bias), needs, (dx, slope, total), eps)


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {
        "standardize_channels": Kernel(_standardize_channels, _standardize_channels_vjp),
        "normalize_channels": Kernel(_normalize_channels_kept, _normalize_channels_vjp, _normalize_channels),
    }
