"""Rows of xnn.ops.linear."""

from tests.ops.rows.row import FLOATS, Operand, Row
from tests.oracle import F as torch_functional
from xnn.ops import linear

ROWS = [
    Row(
        "linear",
        "linear",
        lambda xp, *a: linear.linear(*a),
        (Operand((2, 2, 3)), Operand((4, 3)), Operand((4,))),
        FLOATS,
        lambda x, w, b: x @ w.T + b,
        torch_functional.linear,
    ),
]
