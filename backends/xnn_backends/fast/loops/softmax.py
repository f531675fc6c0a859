"""Softmaxes of rows (n, size): one pass forward, one back."""

from __future__ import annotations

from typing import Any

import numpy as np

from .exponentials import exp, largest, sums


@sums
def softmax(x: Any, out: Any) -> None:
    for i in range(x.shape[0]):
        most = largest(x, i)
        total = most - most
        for j in range(x.shape[1]):
            out[i, j] = exp(x[i, j] - most)
            total += out[i, j]
        for j in range(x.shape[1]):
            out[i, j] /= total


@sums
def slope_of_softmax(y: Any, g: Any, dx: Any) -> None:
    for i in range(y.shape[0]):
        total = g[i, 0] * y[i, 0]
        for j in range(1, y.shape[1]):
            total += g[i, j] * y[i, j]
        for j in range(y.shape[1]):
            dx[i, j] = y[i, j] * (g[i, j] - total)


@sums
def log_softmax(x: Any, out: Any) -> None:
    for i in range(x.shape[0]):
        most = largest(x, i)
        total = most - most
        for j in range(x.shape[1]):
            out[i, j] = x[i, j] - most
            total += exp(x[i, j] - most)
        less = np.log(total)
        for j in range(x.shape[1]):
            out[i, j] -= less


@sums
def slope_of_log_softmax(y: Any, g: Any, dx: Any) -> None:
    for i in range(y.shape[0]):
        total = g[i, 0]
        for j in range(1, y.shape[1]):
            total += g[i, j]
        for j in range(y.shape[1]):
            dx[i, j] = g[i, j] - exp(y[i, j]) * total
