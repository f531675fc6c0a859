"""Normalisations: what is normalised together is read while it is in the cache, and nothing else is written.

`means` and `scales`, 1 / deviation, are what the way back needs beside x. `eps` and the counts are Python's numbers,
which would make float32 float64: so what comes of them is cast. Each run of memory has a sum of its own: of 32 images
with a mean of 100 deviations, results are off by 2e-6, with one sum for all by 4e-5. Short runs take half the time so.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .exponentials import sums

# ---- rows (n, size), with a weight for each number ----


@sums
def rows(x: Any, out: Any, means: Any, scales: Any, weight: Any, bias: Any, eps: float, is_centred: bool) -> None:
    kind, count = x.dtype.type, x.shape[1]
    for i in range(x.shape[0]):
        mean = kind(0)
        if is_centred:
            for j in range(count):
                mean += x[i, j]
            mean = kind(mean / count)
        var = kind(0)
        for j in range(count):
            var += (x[i, j] - mean) * (x[i, j] - mean)
        scale = kind(1 / np.sqrt(var / count + eps))
        for j in range(count):
            out[i, j] = (x[i, j] - mean) * scale * weight[j] + bias[j]
        means[i], scales[i] = mean, scale


@sums
def rows_back(
    x: Any, g: Any, dx: Any, means: Any, scales: Any, weight: Any, dw: Any, db: Any, is_centred: bool
) -> None:
    kind, count = x.dtype.type, x.shape[1]
    for i in range(x.shape[0]):
        mean, scale, total, slope = means[i], scales[i], kind(0), kind(0)
        for j in range(count):
            total += g[i, j] * weight[j]
            slope += g[i, j] * weight[j] * (x[i, j] - mean)
        slope = kind(slope * scale * scale / count)
        total = kind(total / count) if is_centred else kind(0)
        for j in range(count):
            dx[i, j] = (g[i, j] * weight[j] - total - (x[i, j] - mean) * slope) * scale
        for j in range(count):
            dw[j] += g[i, j] * (x[i, j] - mean) * scale
            db[j] += g[i, j]


# ---- rows (n, channels, numbers), with a weight for each channel of one of (groups, channels) ----


@sums
def groups(x: Any, out: Any, means: Any, scales: Any, weight: Any, bias: Any, eps: float, first: int) -> None:
    kind, count = x.dtype.type, x.shape[1] * x.shape[2]
    for i in range(x.shape[0]):
        mean, var = kind(0), kind(0)
        for k in range(x.shape[1]):
            part = kind(0)
            for m in range(x.shape[2]):
                part += x[i, k, m]
            mean += part
        mean = kind(mean / count)
        for k in range(x.shape[1]):
            part = kind(0)
            for m in range(x.shape[2]):
                part += (x[i, k, m] - mean) * (x[i, k, m] - mean)
            var += part
        scale = kind(1 / np.sqrt(var / count + eps))
        group = (first + i) % weight.shape[0]
        for k in range(x.shape[1]):
            factor, shift = scale * weight[group, k], bias[group, k]
            for m in range(x.shape[2]):
                out[i, k, m] = (x[i, k, m] - mean) * factor + shift
        means[i], scales[i] = mean, scale


@sums
def groups_back(x: Any, g: Any, dx: Any, means: Any, scales: Any, weight: Any, dw: Any, db: Any, first: int) -> None:
    kind, count = x.dtype.type, x.shape[1] * x.shape[2]
    for i in range(x.shape[0]):
        mean, scale, total, slope = means[i], scales[i], kind(0), kind(0)
        group = (first + i) % weight.shape[0]
        for k in range(x.shape[1]):
            sum_of_g, bent = kind(0), kind(0)
            for m in range(x.shape[2]):
                sum_of_g += g[i, k, m]
                bent += g[i, k, m] * (x[i, k, m] - mean)
            bent *= scale
            dw[group, k] += bent
            db[group, k] += sum_of_g
            total += sum_of_g * weight[group, k]
            slope += bent * weight[group, k]
        total, slope = kind(total / count), kind(slope * scale / count)
        for k in range(x.shape[1]):
            factor = weight[group, k]
            for m in range(x.shape[2]):
                dx[i, k, m] = (g[i, k, m] * factor - total - (x[i, k, m] - mean) * slope) * scale
