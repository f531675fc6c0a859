"""Rows of xnn.ops.linear_algebra."""

from tests.ops.rows.row import ANY, FLOATS, Operand, Row, function

ROWS = [
    Row("matrix_transpose", "matrix_transpose", function("matrix_transpose"), (Operand((2, 3, 4)),), ANY),
    *(
        Row(f"matmul {a}{b}", "matmul", function("matmul"), (Operand(a), Operand(b)), dtypes)
        for a, b, dtypes in [
            ((2, 3), (3, 4), (*FLOATS, "int64")),
            ((3,), (3,), FLOATS),
            ((3,), (3, 2), FLOATS),
            ((2, 3), (3,), FLOATS),
            ((2, 1, 2, 3), (4, 3, 1), FLOATS),
            ((3,), (2, 3, 4), FLOATS),
            ((2, 2, 3), (3,), FLOATS),
        ]
    ),
]
