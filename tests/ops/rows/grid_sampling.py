"""Rows of xnn.ops.grid_sampling."""

from itertools import product

from tests.ops.rows.row import FLOATS, Operand, Row, tensor
from tests.oracle import F
from xnn.ops import grid_sampling


def row(mode, padding_mode, align_corners):
    options = {"mode": mode, "padding_mode": padding_mode, "align_corners": align_corners}
    # The nearest pixel does not change with a position, which so has no derivative here; PyTorch's is 0.
    is_constant = mode == "nearest"

    def call(xp, x, grid):
        if is_constant:
            grid = 0.7 * (xp.astype(grid, x.dtype) - 1)
        return grid_sampling.grid_sample(x, grid, **options)

    def by_torch(x, grid):
        return F.grid_sample(x, 0.7 * (grid.to(x.dtype) - 1) if is_constant else grid, **options)

    return Row(
        f"grid_sample {mode} {padding_mode} {align_corners}",
        "grid_sample",
        call,
        (Operand((1, 2, 3, 4)), Operand((1, 2, 3, 2), "below 3" if is_constant else "real")),
        FLOATS,
        lambda x, grid: by_torch(tensor(x), tensor(grid)).numpy(),
        by_torch,
    )


ROWS = [
    row(*found)
    for found in product(("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection"), (False, True))
]
