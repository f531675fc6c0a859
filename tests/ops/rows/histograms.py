"""Rows of xnn.ops.histograms."""

import numpy as np

from tests.ops.rows.row import FLOATS, Operand, Row
from tests.oracle import torch


def _sums(w, x):
    """PyTorch's bincount has no derivative by the weights."""
    return torch.zeros(5, dtype=w.dtype).index_add(0, x, w)


POINTS = np.asarray([-2.0, -1.5, -1.0, -0.2, 0.0, 0.3, 0.75, 1.2, 1.4])


def _in_bins(w):
    at = torch.asarray(POINTS)
    return torch.stack([torch.sum(torch.where((at >= e) & (at < e + 0.75), w, 0)) for e in (-1.5, -0.75, 0.0, 0.75)])


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
    *(
        Row(
            f"histogram of weights{' density' * density}",
            "histogram",
            lambda xp, w, density=density: xp.histogram(POINTS.tolist(), 4, (-1.5, 1.5), density, w)[0],
            (Operand((9,), "positive"),),
            FLOATS,
            lambda w, density=density: np.histogram(POINTS, 4, (-1.5, 1.5), density, w)[0].astype(w.dtype),
            lambda w, density=density: _in_bins(w) / (torch.sum(_in_bins(w)) * 0.75 if density else 1),
        )
        for density in (False, True)
    ),
    Row("histogram counts", "histogram", lambda xp, x: xp.histogram(x)[0], (Operand((20,)),), FLOATS,
        differentiable=False),
    Row("digitize", "digitize", lambda xp, x: xp.digitize(x, [-1.0, 0.0, 1.0]), (Operand((5,)),), FLOATS,
        differentiable=False),
]  # fmt: skip
