"""Rows of the element-wise functions: one helper, and a list for each chapter of xnn.ops."""

from tests.ops.rows.row import (
    ANY,
    COMPLEX,
    FLOATS,
    INEXACT,
    INTEGERS,
    INTEGERS_AND_BOOL,
    NUMBERS,
    Operand,
    Row,
    function,
)

NUMERIC = (*NUMBERS, *COMPLEX)
SIGNED = (*FLOATS, "int64")


def elementwise(name, domain="real", arity=1, dtypes=FLOATS, differentiable=True, call=None, **more):
    operands = tuple(Operand((2, 3), domain) for _ in range(arity))
    return Row(name, name, call or function(name), operands, dtypes, differentiable=differentiable, order=3, **more)


def constant(names, dtypes, arity=1, domain="real", **more):
    """Rows of functions that have no derivative."""
    return [elementwise(n, domain, arity, dtypes, False, **more) for n in names.split()]


def within(name, scale=1.0, shift=0.0, domain="real", dtypes=INEXACT):
    """A function of scale * x + shift, where that lies in its domain."""
    return elementwise(name, domain, dtypes=dtypes, call=lambda xp, x: getattr(xp, name)(scale * x + shift))


ARITHMETIC = [
    *(elementwise(n, arity=2, dtypes=NUMERIC) for n in ("add", "subtract", "multiply")),
    elementwise("divide", "positive", 2, NUMERIC),
    elementwise("pow", "positive", 2, (*NUMBERS, *COMPLEX)),
    Row("pow 3", "pow", lambda xp, x: xp.pow(x, 3), (Operand((2, 3)),), (*SIGNED, *COMPLEX), order=3),
    Row("2 pow", "pow", lambda xp, x: xp.pow(2.0, x), (Operand((2, 3)),), INEXACT, order=3),
    *constant("floor_divide", NUMBERS, 2, "positive"),
    elementwise("remainder", "positive", 2, NUMBERS),
    *(elementwise(n, dtypes=(*SIGNED, *COMPLEX)) for n in ("negative", "positive", "square")),
    elementwise("abs", "distinct", dtypes=(*SIGNED, *COMPLEX)),
    *(elementwise(n, "positive", dtypes=INEXACT) for n in ("reciprocal", "sqrt")),
    elementwise("hypot", "distinct", 2),
]

EXTREMA = [
    *(elementwise(n, "distinct", 2, NUMBERS) for n in ("maximum", "minimum")),
    Row("clip", "clip", lambda xp, x: xp.clip(x, 0, 1), (Operand((2, 3), "distinct"),), NUMBERS, order=3),
    Row("clip below", "clip", lambda xp, x: xp.clip(x, max=0.5), (Operand((2, 3), "distinct"),), FLOATS, order=3),
    Row(
        "clip to arrays",
        "clip",
        lambda xp, x, a, b: xp.clip(x, a, b + 0.8),
        (Operand((2, 3), "distinct"), Operand((3,), "distinct"), Operand((2, 1), "distinct")),
        FLOATS,
        order=3,
    ),
]

EXPONENTIAL = [
    *(elementwise(n, dtypes=INEXACT) for n in ("exp", "expm1")),
    *(elementwise(n, "positive", dtypes=INEXACT) for n in ("log", "log2", "log10")),
    elementwise("log1p", "above -1", dtypes=INEXACT),
    elementwise("logaddexp", arity=2),
]

TRIGONOMETRIC = [
    *(elementwise(n, dtypes=INEXACT) for n in ("sin", "cos", "sinh", "cosh", "tanh", "atan", "asinh")),
    *(within(n, 0.4) for n in ("tan", "asin", "acos", "atanh")),
    within("acosh", 1.0, 1.0, "positive"),
    elementwise("atan2", "distinct", 2),
]

ROUNDING = [
    *constant("floor ceil trunc", NUMBERS),
    *constant("round", NUMERIC),
    *constant("sign", NUMBERS),
    elementwise("complex_sign", "positive", dtypes=COMPLEX, call=function("sign")),
    *constant("signbit", FLOATS),
    elementwise("copysign", "distinct", 2),
    *constant("nextafter", FLOATS, 2),
]

COMPARISON = [
    *constant("equal not_equal", (*ANY, *COMPLEX), 2),
    *constant("less less_equal greater greater_equal", NUMBERS, 2),
    *constant("isfinite isinf isnan", NUMERIC),
]

LOGIC = [
    *constant("logical_and logical_or logical_xor", ("bool",), 2),
    *constant("logical_not", ("bool",)),
    *constant("bitwise_and bitwise_or bitwise_xor", INTEGERS_AND_BOOL, 2),
    *constant("bitwise_left_shift bitwise_right_shift", INTEGERS, 2, "shift"),
    *constant("bitwise_invert", INTEGERS_AND_BOOL),
]

COMPLEX_NUMBERS = [
    *(elementwise(n, dtypes=INEXACT) for n in ("real", "conj")),
    elementwise("imag", dtypes=COMPLEX),
]

ROWS = [
    *ARITHMETIC, *EXTREMA, *EXPONENTIAL, *TRIGONOMETRIC, *ROUNDING, *COMPARISON, *LOGIC, *COMPLEX_NUMBERS,
]  # fmt: skip
