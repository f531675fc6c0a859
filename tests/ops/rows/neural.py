"""Rows of xnn.ops.neural."""

from tests.ops.rows.row import FLOATS, Operand, Row, tensor
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
    Row(
        "cross_entropy",
        "cross_entropy",
        lambda xp, x, t: neural.cross_entropy(x, t),
        (Operand((3, 4, 2)), Operand((3, 2), "below 4")),
        FLOATS,
        lambda x, t: torch_functional.cross_entropy(tensor(x), tensor(t), reduction="none").numpy(),
        lambda x, t: torch_functional.cross_entropy(x, t, reduction="none"),
    ),
]
