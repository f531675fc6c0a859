"""The cross-entropy of rows of logits and labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from .exponentials import exp, largest, sums


@sums
def cross_entropy(x: Any, labels: Any, values: Any, slope: Any) -> None:
    kind = x.dtype.type
    for i in range(x.shape[0]):
        most = largest(x, i)
        total = kind(0)
        for j in range(x.shape[1]):
            slope[i, j] = exp(x[i, j] - most)
            total += slope[i, j]
        for j in range(x.shape[1]):
            slope[i, j] /= total
        label = labels[i]
        slope[i, label] -= kind(1)
        values[i] = np.log(total) - (x[i, label] - most)
