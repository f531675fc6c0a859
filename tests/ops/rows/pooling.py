"""Rows of xnn.ops.pooling."""

from functools import partial

from tests.ops.rows.row import Operand, of_image, of_primitive
from tests.oracle import F, torch
from xnn.ops import pooling

row = partial(of_primitive, pooling)


IMAGE = Operand((2, 2, 3, 4), "distinct")
WINDOWS = {"kernel_size": (2, 3), "stride": (2, 1), "padding": (1, 1), "windows": (2, 4)}
OVERHANGING = {"kernel_size": (2, 2), "stride": (2, 3), "padding": (0, 1), "windows": (2, 2)}
DILATED = {"kernel_size": (2, 2), "stride": (2, 1), "padding": (0, 1), "dilation": (1, 2), "windows": (2, 4)}
PLACES = Operand((2, 2, 2, 3), "below 12")


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
        "max_places",
        DILATED,
        IMAGE,
        torch=lambda x: F.max_pool2d(x, **options(DILATED, True), return_indices=True)[1],
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
    of_image(
        pooling,
        "max_pool",
        {"kernel_size": (2, 2), "stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)},
        (2, 2, 3, 4),
        torch=lambda x: F.max_pool2d(x, (2, 2), (2, 1), (1, 0), (1, 2)),
    ),
]
