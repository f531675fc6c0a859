"""Rows of xnn.ops.functional_tools."""

from tests.ops.rows.row import FLOATS, Operand, Row
from tests.oracle import torch

ROWS = [
    Row(
        "apply_along_axis",
        "apply_along_axis",
        lambda xp, x: xp.apply_along_axis(lambda v: v * xp.sum(v**2), 1, x),
        (Operand((2, 3, 2)),),
        FLOATS,
        torch=lambda x: x * torch.sum(x**2, dim=1, keepdim=True),
    ),
    Row(
        "apply_over_axes",
        "apply_over_axes",
        lambda xp, x: xp.apply_over_axes(xp.sum, x, (0, 2)),
        (Operand((2, 3, 2)),),
        FLOATS,
        torch=lambda x: torch.sum(x, dim=(0, 2), keepdim=True),
    ),
]
