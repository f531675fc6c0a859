"""Softmaxes of rows (n, size) that may be all -infinity."""

from __future__ import annotations

from typing import Any

import numpy as np

from .exponentials import exp, largest, sums


@sums
def masked_softmax(x: Any, out: Any) -> None:
    kind = x.dtype.type
    for i in range(x.shape[0]):
        most = largest(x, i)
        most = kind(0) if most == kind(-np.inf) else most
        total = kind(0)
        for j in range(x.shape[1]):
            out[i, j] = exp(x[i, j] - most)
            total += out[i, j]
        total = kind(1) if total == kind(0) else total
        for j in range(x.shape[1]):
            out[i, j] /= total
