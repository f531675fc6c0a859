"""Rows of xnn.ops.searching."""

from tests.ops.rows.row import ANY, NUMBERS, Operand, Row, function


def arg_reduction(name):
    return [
        Row(f"{name}{i}", name, function(name, **o), (Operand((2, 3), "distinct"),), NUMBERS, differentiable=False)
        for i, o in enumerate([{}, {"axis": 1}, {"axis": 0, "keepdims": True}])
    ]


ROWS = [
    *arg_reduction("argmax"),
    *arg_reduction("argmin"),
    Row("where", "where", function("where"), (Operand((2, 3), "bool"), Operand((2, 3)), Operand((2, 3))), ANY),
    Row("where wide", "where", function("where"), (Operand((2, 1), "bool"), Operand((3,)), Operand((1, 3)))),
    Row("where scalar", "where", lambda xp, c, x: xp.where(c, x, 2.0), (Operand((3,), "bool"), Operand((2, 3)))),
]
