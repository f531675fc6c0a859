"""Rows of xnn.ops.pools."""

import numpy as np

import xnn
from tests.ops.rows.row import FLOATS, Operand, Row, tensor
from tests.oracle import F, torch
from xnn.ops import pools


def row(name, static, *operands, torch, id="", **more):
    def call(xp, *arrays):
        return getattr(pools, name)(*arrays, **static)

    def numpy(*arrays):
        return torch(*map(tensor, arrays)).numpy()

    return Row(f"{name}{id}", name, call, operands, FLOATS, numpy, torch, **more)


IMAGE = Operand((2, 2, 3, 4), "distinct")
WINDOWS = {"kernel_size": (2, 3), "stride": (2, 1), "padding": (1, 1), "windows": (2, 4)}
OVERHANGING = {"kernel_size": (2, 2), "stride": (2, 3), "padding": (0, 1), "windows": (2, 2)}
DILATED = {"kernel_size": (2, 2), "stride": (2, 1), "padding": (0, 1), "dilation": (1, 2), "windows": (2, 4)}
PLACES = Operand((2, 2, 2, 3), "below 12")
WHERE = np.asarray([[[[0, 5], [7, 11]], [[3, 2], [1, 8]]]])  # no position twice


def options(windows, ceil_mode=False):
    return {**{name: x for name, x in windows.items() if name != "windows"}, "ceil_mode": ceil_mode}


def unsum(x):
    """The transpose of a convolution with ones."""
    return F.conv_transpose2d(x, torch.ones((2, 1, 2, 3), dtype=x.dtype), None, (2, 1), (1, 1), (1, 0), groups=2)


ROWS = [
    row("sum_pool", WINDOWS, IMAGE, torch=lambda x: F.avg_pool2d(x, **options(WINDOWS), divisor_override=1)),
    row(
        "sum_pool",
        OVERHANGING,
        IMAGE,
        torch=lambda x: F.avg_pool2d(x, **options(OVERHANGING, True), divisor_override=1),
        id=" beyond the image",
    ),
    row(
        "unsum_pool",
        {"size": (3, 4), "kernel_size": (2, 3), "stride": (2, 1), "padding": (1, 1)},
        Operand((1, 2, 2, 4), "distinct"),
        torch=unsum,
    ),
    row("avg_pool", WINDOWS, IMAGE, torch=lambda x: F.avg_pool2d(x, **options(WINDOWS))),
    row(
        "avg_pool",
        {**OVERHANGING, "count_include_pad": False},
        IMAGE,
        torch=lambda x: F.avg_pool2d(x, **options(OVERHANGING, True), count_include_pad=False),
        id=" of what is there",
    ),
    row(
        "lp_pool",
        {"norm_type": 3.0, "kernel_size": (2, 2), "stride": (1, 2), "windows": (2, 2)},
        Operand((2, 2, 3, 4), "positive"),
        torch=lambda x: F.lp_pool2d(x, 3.0, 2, (1, 2)),
    ),
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
        "max_places",
        DILATED,
        IMAGE,
        torch=lambda x: F.max_pool2d(x, **options(DILATED, True), return_indices=True)[1],
        differentiable=False,
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
    row("pick", {}, IMAGE, PLACES, torch=lambda x, i: x.flatten(2).gather(2, i.flatten(2)).reshape(i.shape)),
    row(
        "unpick",
        {"size": (3, 4)},
        Operand((2, 2, 2, 3), "real"),
        PLACES,
        torch=lambda x, i: (
            torch.zeros((2, 2, 12), dtype=x.dtype).scatter_add(2, i.flatten(2), x.flatten(2)).reshape(2, 2, 3, 4)
        ),
    ),
    Row(
        "unpool",
        "unpool",
        lambda xp, x: pools.unpool(x, xnn.asarray(WHERE, device=x.device), size=(3, 4)),
        (Operand((1, 2, 2, 2), "real"),),
        FLOATS,
        lambda x: F.max_unpool2d(tensor(x), torch.tensor(WHERE), 2, output_size=(3, 4)).numpy(),
        lambda x: F.max_unpool2d(x, torch.tensor(WHERE), 2, output_size=(3, 4)),
    ),
]
