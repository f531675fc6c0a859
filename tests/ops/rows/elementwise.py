"""Rows of xnn.ops.elementwise."""

from tests.ops.rows.row import ANY, FLOATS, INTEGERS, INTEGERS_AND_BOOL, NUMBERS, Operand, Row, function


def elementwise(name, domain="real", arity=1, dtypes=FLOATS, differentiable=True):
    shapes = [(2, 3), (2, 3)][:arity]
    return Row(
        name, name, function(name), tuple(Operand(s, domain) for s in shapes), dtypes, differentiable=differentiable
    )


ROWS = [
    *(elementwise(n, arity=2, dtypes=NUMBERS) for n in ("add", "subtract", "multiply")),
    elementwise("divide", "positive", 2, NUMBERS),
    elementwise("pow", "positive", 2, NUMBERS),
    Row("pow 3", "pow", lambda xp, x: xp.pow(x, 3), (Operand((2, 3)),), ("float32", "float64", "int64")),
    Row("2 pow", "pow", lambda xp, x: xp.pow(2.0, x), (Operand((2, 3)),)),
    elementwise("floor_divide", "positive", 2, NUMBERS, differentiable=False),
    elementwise("remainder", "positive", 2, NUMBERS),
    *(elementwise(n, "distinct", 2, NUMBERS) for n in ("maximum", "minimum")),
    *(elementwise(n, dtypes=("float32", "float64", "int64")) for n in ("negative", "positive", "square")),
    elementwise("abs", "distinct", dtypes=("float32", "float64", "int64")),
    *(elementwise(n, "positive") for n in ("reciprocal", "sqrt", "log")),
    *(elementwise(n) for n in ("exp", "expm1", "sin", "cos", "tanh")),
    elementwise("log1p", "above -1"),
    *(elementwise(n, dtypes=NUMBERS, differentiable=False) for n in ("sign", "floor", "isfinite", "isnan")),
    *(
        elementwise(n, arity=2, dtypes=ANY if "qual" in n and "_" not in n else NUMBERS, differentiable=False)
        for n in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
    ),
    *(elementwise(n, arity=2, dtypes=("bool",), differentiable=False) for n in ("logical_and", "logical_or")),
    elementwise("logical_not", dtypes=("bool",), differentiable=False),
    *(
        elementwise(f"bitwise_{n}", arity=2, dtypes=INTEGERS_AND_BOOL, differentiable=False)
        for n in ("and", "or", "xor")
    ),
    *(elementwise(f"bitwise_{n}_shift", "shift", 2, dtypes=INTEGERS, differentiable=False) for n in ("left", "right")),
    elementwise("bitwise_invert", dtypes=INTEGERS_AND_BOOL, differentiable=False),
]
