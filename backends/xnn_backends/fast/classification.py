"""The cross-entropy of logits and labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from xnn_backends.numpy_kernels import classification
from xnn_backends.protocol import HostArray, Kernel

from .arrays import PART, is_worth, plain
from .threads import in_parts


def losses_of_rows(x: HostArray, labels: HostArray) -> tuple[HostArray, HostArray]:
    """In one go over each row, three times over what is then in the cache."""
    if not is_worth(x):
        return classification.losses_of_rows(x, labels)
    from .loops.classification import cross_entropy

    rows, labels = plain(x), plain(labels)
    values, slope = np.empty(len(rows), x.dtype), np.empty(rows.shape, x.dtype)

    def work(start: int, stop: int) -> None:
        here = slice(start, stop)
        cross_entropy(rows[here], labels[here], values[here], slope[here])

    in_parts(work, len(rows), max(1, PART // x.shape[1]))
    return values, slope


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives.

    Forward and backward of logits (128, 1000): 0.21 ms, without loops 0.23; of (4096, 10) 0.21 and 0.41; PyTorch 0.18
    and 1.0.
    """
    return {"softmax_cross_entropy": classification.cross_entropy(losses_of_rows)}
