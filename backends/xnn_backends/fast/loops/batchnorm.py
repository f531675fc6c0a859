"""Channels normalised by their statistics; of sums, `eps` and the counts see `normalization`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .exponentials import loop, sums

# ---- channels of (images, channels, numbers), from `start` to `stop` ----


@sums
def channels(
    x: Any, out: Any, means: Any, variances: Any, weight: Any, bias: Any, eps: float, start: int, stop: int
) -> None:
    kind, count = x.dtype.type, x.shape[0] * x.shape[2]
    for c in range(start, stop):
        mean, var = kind(0), kind(0)
        for n in range(x.shape[0]):
            part = kind(0)
            for m in range(x.shape[2]):
                part += x[n, c, m]
            mean += part
        mean = kind(mean / count)
        for n in range(x.shape[0]):
            part = kind(0)
            for m in range(x.shape[2]):
                part += (x[n, c, m] - mean) * (x[n, c, m] - mean)
            var += part
        var = kind(var / count)
        factor, shift = kind(weight[c] / np.sqrt(var + eps)), bias[c]
        for n in range(x.shape[0]):
            for m in range(x.shape[2]):
                out[n, c, m] = (x[n, c, m] - mean) * factor + shift
        means[c], variances[c] = mean, var


@sums
def channels_back(
    x: Any,
    g: Any,
    dx: Any,
    means: Any,
    variances: Any,
    weight: Any,
    dw: Any,
    db: Any,
    eps: float,
    start: int,
    stop: int,
) -> None:
    kind, count = x.dtype.type, x.shape[0] * x.shape[2]
    for c in range(start, stop):
        mean, scale = means[c], kind(1 / np.sqrt(variances[c] + eps))
        total, slope = kind(0), kind(0)
        for n in range(x.shape[0]):
            sum_of_g, bent = kind(0), kind(0)
            for m in range(x.shape[2]):
                sum_of_g += g[n, c, m]
                bent += g[n, c, m] * (x[n, c, m] - mean)
            total += sum_of_g
            slope += bent
        slope *= scale
        dw[c], db[c] = slope, total
        factor, slope, total = scale * weight[c], kind(slope * scale / count), kind(total / count)
        for n in range(x.shape[0]):
            for m in range(x.shape[2]):
                dx[n, c, m] = (g[n, c, m] - total - (x[n, c, m] - mean) * slope) * factor


# ---- the same of (images, channels), one image after another ----


@sums
def columns(x: Any, out: Any, means: Any, variances: Any, weight: Any, bias: Any, eps: float) -> None:
    kind, count = x.dtype.type, x.shape[0]
    means[:] = 0
    variances[:] = 0
    for n in range(count):
        for c in range(x.shape[1]):
            means[c] += x[n, c]
    for c in range(x.shape[1]):
        means[c] = kind(means[c] / count)
    for n in range(count):
        for c in range(x.shape[1]):
            variances[c] += (x[n, c] - means[c]) * (x[n, c] - means[c])
    factors = np.empty(x.shape[1], x.dtype)
    for c in range(x.shape[1]):
        variances[c] = kind(variances[c] / count)
        factors[c] = kind(weight[c] / np.sqrt(variances[c] + eps))
    for n in range(count):
        for c in range(x.shape[1]):
            out[n, c] = (x[n, c] - means[c]) * factors[c] + bias[c]


@sums
def columns_back(
    x: Any, g: Any, dx: Any, means: Any, variances: Any, weight: Any, dw: Any, db: Any, eps: float
) -> None:
    kind, count = x.dtype.type, x.shape[0]
    for n in range(count):
        for c in range(x.shape[1]):
            db[c] += g[n, c]
            dw[c] += g[n, c] * (x[n, c] - means[c])
    factors, slopes, totals = np.empty_like(dw), np.empty_like(dw), np.empty_like(dw)
    for c in range(x.shape[1]):
        scale = kind(1 / np.sqrt(variances[c] + eps))
        dw[c] *= scale
        factors[c] = scale * weight[c]
        slopes[c] = kind(dw[c] * scale / count)
        totals[c] = kind(db[c] / count)
    for n in range(count):
        for c in range(x.shape[1]):
            dx[n, c] = (g[n, c] - totals[c] - (x[n, c] - means[c]) * slopes[c]) * factors[c]


# ---- channels of (images, channels, numbers), images from `start` to `stop` ----


@loop
def affine(x: Any, out: Any, means: Any, factors: Any, shifts: Any, start: int, stop: int) -> None:
    for n in range(start, stop):
        for c in range(x.shape[1]):
            mean, factor, shift = means[c], factors[c], shifts[c]
            for m in range(x.shape[2]):
                out[n, c, m] = (x[n, c, m] - mean) * factor + shift


@sums
def affine_back(x: Any, g: Any, means: Any, of_factors: Any, of_shifts: Any) -> None:
    kind = x.dtype.type
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            mean, slope, total = means[c], kind(0), kind(0)
            for m in range(x.shape[2]):
                slope += g[n, c, m] * (x[n, c, m] - mean)
                total += g[n, c, m]
            of_factors[c] += slope
            of_shifts[c] += total
