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


def _points(call, w, density):
    """In two bins each way, of points of which the first and the last are outside."""
    x, y, limits = POINTS.tolist(), POINTS[::-1].tolist(), ((-1.5, 1.5), (-1.5, 1.5))
    return call(*((x, y) if "2d" in call.__name__ else ([x, y],)), 2, limits, density, w)[0]


def _in_squares(w):
    x, y = torch.asarray(POINTS), torch.asarray(POINTS[::-1].copy())
    inside = (abs(x) <= 1.5) & (abs(y) <= 1.5)
    return torch.stack([
        torch.stack([torch.sum(torch.where(inside & ((x >= 0) == i) & ((y >= 0) == j), w, 0)) for j in (False, True)])
        for i in (False, True)
    ])  # fmt: skip


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
    *(
        Row(
            f"{name} of weights{' density' * density}",
            name,
            lambda xp, w, name=name, density=density: _points(getattr(xp, name), w, density),
            (Operand((9,), "positive"),),
            FLOATS,
            lambda w, name=name, density=density: _points(getattr(np, name), w, density).astype(w.dtype),
            lambda w, density=density: _in_squares(w) / (torch.sum(_in_squares(w)) * 2.25 if density else 1),
        )
        for name in ("histogram2d", "histogramdd")
        for density in (False, True)
    ),
    Row("histogram_bin_edges", "histogram_bin_edges", lambda xp, x: xp.histogram_bin_edges(x, 4), (Operand((20,)),),
        FLOATS, differentiable=False),
    Row("histc", "histc", lambda xp, x: xp.histc(x, 4, -2, 2), (Operand((20,)),), FLOATS,
        numpy=lambda x: np.histogram(x, 4, (-2, 2))[0].astype(x.dtype), differentiable=False,
        torch=lambda x: torch.histc(x, 4, -2, 2)),
    Row("bucketize", "bucketize", lambda xp, x: xp.bucketize(x, [-1.0, 0.0, 1.0]), (Operand((5,)),), FLOATS,
        numpy=lambda x: np.searchsorted([-1.0, 0.0, 1.0], x), differentiable=False,
        torch=lambda x: torch.bucketize(x, torch.tensor([-1.0, 0.0, 1.0], dtype=x.dtype))),
    Row("digitize", "digitize", lambda xp, x: xp.digitize(x, [-1.0, 0.0, 1.0]), (Operand((5,)),), FLOATS,
        differentiable=False),
]  # fmt: skip
