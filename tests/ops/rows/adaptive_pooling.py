"""Rows of xnn.ops.adaptive_pooling."""

from functools import partial

from tests.ops.rows.pooling import IMAGE
from tests.ops.rows.row import Operand, of_primitive
from tests.oracle import F, torch
from xnn.ops import adaptive_pooling

row = partial(of_primitive, adaptive_pooling)


ROWS = [
    row(
        "sum_segments",
        {"axis": 2, "windows": 3},
        Operand((2, 2, 5, 2), "distinct"),
        torch=lambda x: torch.stack([x[:, :, :2].sum(2), x[:, :, 1:4].sum(2), x[:, :, 3:].sum(2)], 2),
    ),
    row(
        "spread_segments",
        {"axis": 2, "size": 5},
        Operand((2, 2, 3, 2), "distinct"),
        torch=lambda x: torch.stack([x[:, :, 0], x[:, :, :2].sum(2), x[:, :, 1], x[:, :, 1:].sum(2), x[:, :, 2]], 2),
    ),
    row(
        "adaptive_avg_pool",
        {"output_size": (3, 2, 4)},
        Operand((1, 2, 4, 4, 3), "distinct"),
        torch=lambda x: F.adaptive_avg_pool3d(x, (3, 2, 4)),
    ),
    row(
        "adaptive_max_places",
        {"output_size": (2, 5)},
        IMAGE,
        torch=lambda x: F.adaptive_max_pool2d(x, (2, 5), return_indices=True)[1],
        differentiable=False,
    ),
    row(
        "fractional_max_places",
        {"kernel_size": (2, 1), "output_size": (3, 2)},
        Operand((2, 2, 5, 4), "distinct"),
        Operand((2, 2, 2), "positive"),
        torch=lambda x, s: F.fractional_max_pool2d(x, (2, 1), (3, 2), _random_samples=s, return_indices=True)[1],
        differentiable=False,
    ),
]
