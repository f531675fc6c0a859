"""Rows of xnn.ops.histograms."""

import numpy as np

from tests.ops.rows.row import FLOATS, Operand, Row
from tests.oracle import torch


def _sums(w, x):
    """PyTorch's bincount has no derivative by the weights."""
    return torch.zeros(5, dtype=w.dtype).index_add(0, x, w)


ROWS = [
    Row(
        "bincount",
        "bincount",
        lambda xp, w, x: xp.bincount(x, weights=w, minlength=5),
        (Operand((6,)), Operand((6,), "below 4")),
        FLOATS,
        lambda w, x: np.bincount(x, weights=w, minlength=5).astype(w.dtype),
        _sums,
    ),
]
