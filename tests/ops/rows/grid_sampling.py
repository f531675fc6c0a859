"""Rows of xnn.ops.grid_sampling."""

from functools import partial
from itertools import product

from tests.ops.rows.row import FLOATS, Operand, Row, tensor
from tests.oracle import F
from xnn.ops import grid_sampling


def row(mode, padding_mode, align_corners):
    options = {"mode": mode, "padding_mode": padding_mode, "align_corners": align_corners}
    return Row(
        f"grid_sample {mode} {padding_mode} {align_corners}",
        "grid_sample",
        lambda xp, x, grid: grid_sampling.grid_sample(x, grid, **options),
        (Operand((1, 2, 3, 4)), Operand((1, 2, 3, 2))),
        FLOATS,
        lambda x, grid: F.grid_sample(tensor(x), tensor(grid), **options).numpy(),
        partial(F.grid_sample, **options),
    )


ROWS = [
    row(*found)
    for found in product(("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection"), (False, True))
]
