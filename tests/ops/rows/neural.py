"""Rows of xnn.ops.neural."""

from tests.ops.rows.row import FLOATS, Operand, Row
from tests.oracle import F as torch_functional
from xnn.ops import neural

ROWS = [
    Row(
        "linear",
        "linear",
        lambda xp, *a: neural.linear(*a),
        (Operand((2, 2, 3)), Operand((4, 3)), Operand((4,))),
        FLOATS,
        lambda x, w, b: x @ w.T + b,
        torch_functional.linear,
    ),
]
