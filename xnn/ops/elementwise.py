"""Element-wise functions of the array API standard (its section of that name), each with its derivative.

Shapes: two operands broadcast, and the result has their common shape; of one operand it has the shape.
Types: arrays are promoted together; where the standard leaves it open, a bool gives way to the other type, an integer
to the floating type. Python scalars are weak: they take the arrays' type, but a float makes integers the default
floating type; and so do integers where the result is floating, which the standard leaves open. "Numeric" means
integers, real and complex floating types; other types are the array library's affair.

Derivatives are of real floating arrays. At kinks they are PyTorch's: 0 for abs at 0, half to each of two equal operands
of maximum and minimum. The result of a piecewise constant function requires no gradient.

Raises: TypeError without an array among the operands; DeviceMismatchError for arrays of two devices; DTypeError for
uint64 with a signed type. Shapes or types that do not fit raise the array library's own error.
"""

from __future__ import annotations

from typing import Any

from xnn.autograd.primitive import primitive

from .promotion import arithmetic, floating

__all__ = [
    "abs",
    "add",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "cos",
    "divide",
    "equal",
    "exp",
    "expm1",
    "floor",
    "floor_divide",
    "greater",
    "greater_equal",
    "isfinite",
    "isnan",
    "less",
    "less_equal",
    "log",
    "log1p",
    "logical_and",
    "logical_not",
    "logical_or",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "not_equal",
    "positive",
    "pow",
    "reciprocal",
    "remainder",
    "sign",
    "sin",
    "sqrt",
    "square",
    "subtract",
    "tanh",
]

# ---- arithmetic ----


@primitive(lambda xp, g, out, a, b: g, lambda xp, g, out, a, b: g, promote=arithmetic)
def add(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 + x2, element-wise.

    Shapes: x1 and x2 broadcast. Types: numeric.
    """
    return xp.add(x1, x2)


@primitive(lambda xp, g, out, a, b: g, lambda xp, g, out, a, b: -g, promote=arithmetic)
def subtract(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 - x2, element-wise.

    Shapes: x1 and x2 broadcast. Types: numeric.
    """
    return xp.subtract(x1, x2)


@primitive(
    lambda xp, g, out, a, b: g * b,
    lambda xp, g, out, a, b: g * a,
    keeps="x1 x2",
    promote=arithmetic,
)
def multiply(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 * x2, element-wise.

    Shapes: x1 and x2 broadcast. Types: numeric.
    """
    return xp.multiply(x1, x2)


@primitive(
    lambda xp, g, out, a, b: g / b,
    lambda xp, g, out, a, b: -g * out / b,
    keeps="x2 out",
    promote=floating,
)
def divide(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 / x2, element-wise.

    Shapes: x1 and x2 broadcast. Types: numeric; integers become the default floating type. x / 0 is infinite or NaN.
    """
    return xp.divide(x1, x2)


def _pow_x1(xp: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    # b * a**(b - 1) is 0 * inf at a = b = 0, where the derivative is 0
    if isinstance(b, (int, float)):
        return xp.zeros_like(g) if b == 0 else g * b * xp.pow(a, b - 1)
    zero = b == 0
    return g * xp.where(zero, 0.0, b * xp.pow(a, xp.where(zero, 1.0, b - 1)))


def _pow_x2(xp: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    # log(0) * 0**b is 0 for b >= 0, the limit from the right
    if isinstance(a, (int, float)):
        a = xp.full_like(b, a)
    zero = xp.logical_and(a == 0, b >= 0)
    return g * xp.where(zero, 0.0, out * xp.log(xp.where(zero, 1.0, a)))


@primitive(_pow_x1, _pow_x2, keeps="x1 x2 out", promote=arithmetic)
def pow(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 ** x2, element-wise.

    Shapes: x1 and x2 broadcast. Types: numeric; integers stay integers, and a negative exponent raises the library's
    own error. 0 ** 0 is 1, with derivatives 0; that with respect to x2 is also 0 at x1 = 0, x2 > 0, and NaN at x1 < 0.
    """
    return xp.pow(x1, x2)


@primitive(lambda xp, g, out, x: -g)
def negative(xp: Any, x: Any, /) -> Any:
    """-x, element-wise. Shape: any, kept. Types: numeric."""
    return xp.negative(x)


@primitive(lambda xp, g, out, x: g)
def positive(xp: Any, x: Any, /) -> Any:
    """+x, element-wise. Shape: any, kept. Types: numeric."""
    return xp.positive(x)


@primitive(lambda xp, g, out, x: g * xp.sign(x), keeps="x")
def abs(xp: Any, x: Any, /) -> Any:
    """The absolute value, element-wise; its derivative at 0 is 0.

    Shape: any, kept. Types: numeric; of a complex type the result has the real one.
    """
    return xp.abs(x)


@primitive(lambda xp, g, out, x: 2 * g * x, keeps="x")
def square(xp: Any, x: Any, /) -> Any:
    """x * x, element-wise. Shape: any, kept. Types: numeric."""
    return xp.square(x)


@primitive(lambda xp, g, out, x: -g * out * out, keeps="out", promote=floating)
def reciprocal(xp: Any, x: Any, /) -> Any:
    """1 / x, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type.
    """
    return xp.reciprocal(x)


@primitive(lambda xp, g, out, x: g / (2 * out), keeps="out", promote=floating)
def sqrt(xp: Any, x: Any, /) -> Any:
    """The square root, element-wise; its derivative at 0 is infinite.

    Shape: any, kept. Types: numeric; integers become the default floating type. NaN where a real x < 0.
    """
    return xp.sqrt(x)


def _share(xp: Any, g: Any, a: Any, b: Any, is_worse: Any) -> Any:
    """g where a is the one taken (or NaN), half of it where both are equal, 0 where it is worse."""
    return xp.where(is_worse, 0.0, xp.where(a == b, 0.5 * g, g))


@primitive(
    lambda xp, g, out, a, b: _share(xp, g, a, b, a < b),
    lambda xp, g, out, a, b: _share(xp, g, b, a, b < a),
    keeps="x1 x2",
    promote=arithmetic,
)
def maximum(xp: Any, x1: Any, x2: Any, /) -> Any:
    """The larger of x1 and x2, element-wise; NaN where either is NaN.

    Shapes: x1 and x2 broadcast. Types: integers and real floating. Equal operands get half of the derivative each.
    """
    return xp.maximum(x1, x2)


@primitive(
    lambda xp, g, out, a, b: _share(xp, g, a, b, a > b),
    lambda xp, g, out, a, b: _share(xp, g, b, a, b > a),
    keeps="x1 x2",
    promote=arithmetic,
)
def minimum(xp: Any, x1: Any, x2: Any, /) -> Any:
    """The smaller of x1 and x2, element-wise; NaN where either is NaN.

    Shapes: x1 and x2 broadcast. Types: integers and real floating. Equal operands get half of the derivative each.
    """
    return xp.minimum(x1, x2)


# ---- exponentials, logarithms, trigonometry ----


@primitive(lambda xp, g, out, x: g * out, keeps="out", promote=floating)
def exp(xp: Any, x: Any, /) -> Any:
    """e ** x, element-wise. Shape: any, kept. Types: numeric; integers become the default floating type."""
    return xp.exp(x)


@primitive(lambda xp, g, out, x: g * (out + 1), keeps="out", promote=floating)
def expm1(xp: Any, x: Any, /) -> Any:
    """e ** x - 1, exact near 0, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type.
    """
    return xp.expm1(x)


@primitive(lambda xp, g, out, x: g / x, keeps="x", promote=floating)
def log(xp: Any, x: Any, /) -> Any:
    """The natural logarithm, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type. -inf at 0; NaN where a real x < 0.
    """
    return xp.log(x)


@primitive(lambda xp, g, out, x: g / (1 + x), keeps="x", promote=floating)
def log1p(xp: Any, x: Any, /) -> Any:
    """log(1 + x), exact near 0, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type. -inf at -1; NaN where a real x < -1.
    """
    return xp.log1p(x)


@primitive(lambda xp, g, out, x: g * xp.cos(x), keeps="x", promote=floating)
def sin(xp: Any, x: Any, /) -> Any:
    """The sine of x in radians. Shape: any, kept. Types: numeric; integers become the default floating type."""
    return xp.sin(x)


@primitive(lambda xp, g, out, x: -g * xp.sin(x), keeps="x", promote=floating)
def cos(xp: Any, x: Any, /) -> Any:
    """The cosine of x in radians. Shape: any, kept. Types: numeric; integers become the default floating type."""
    return xp.cos(x)


@primitive(lambda xp, g, out, x: g * (1 - out * out), keeps="out", promote=floating)
def tanh(xp: Any, x: Any, /) -> Any:
    """The hyperbolic tangent, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type.
    """
    return xp.tanh(x)


# ---- piecewise constant: no derivative flows ----


@primitive()
def sign(xp: Any, x: Any, /) -> Any:
    """-1, 0 or 1 as x is below, at or above 0, element-wise; NaN where x is NaN.

    Shape: any, kept. Types: numeric; of complex x it is x / abs(x).
    """
    return xp.sign(x)


@primitive()
def floor(xp: Any, x: Any, /) -> Any:
    """The largest integer that is not above x, element-wise.

    Shape: any, kept. Types: integers, which stay as they are, and real floating.
    """
    return xp.floor(x)


@primitive(promote=arithmetic)
def floor_divide(xp: Any, x1: Any, x2: Any, /) -> Any:
    """floor(x1 / x2), element-wise.

    Shapes: x1 and x2 broadcast. Types: integers, which stay integers, and real floating. An integer divided by 0 is the
    array library's affair: 0 in NumPy, an error in PyTorch.
    """
    return xp.floor_divide(x1, x2)


@primitive(
    lambda xp, g, out, a, b: g,
    lambda xp, g, out, a, b: -g * xp.floor_divide(a, b),
    keeps="x1 x2",
    promote=arithmetic,
)
def remainder(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 - floor(x1 / x2) * x2, element-wise, with the sign of x2.

    Shapes: x1 and x2 broadcast. Types: integers and real floating. Floating x % 0 is NaN; of integers, as in
    floor_divide.
    """
    return xp.remainder(x1, x2)


@primitive(promote=arithmetic)
def equal(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 == x2, element-wise. Shapes: x1 and x2 broadcast. Types: all; the result is bool."""
    return xp.equal(x1, x2)


@primitive(promote=arithmetic)
def not_equal(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 != x2, element-wise. Shapes: x1 and x2 broadcast. Types: all; the result is bool."""
    return xp.not_equal(x1, x2)


@primitive(promote=arithmetic)
def less(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 < x2, element-wise. Shapes: x1 and x2 broadcast. Types: integers and real floating; the result is bool."""
    return xp.less(x1, x2)


@primitive(promote=arithmetic)
def less_equal(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 <= x2, element-wise. Shapes: x1 and x2 broadcast. Types: integers and real floating; the result is bool."""
    return xp.less_equal(x1, x2)


@primitive(promote=arithmetic)
def greater(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 > x2, element-wise. Shapes: x1 and x2 broadcast. Types: integers and real floating; the result is bool."""
    return xp.greater(x1, x2)


@primitive(promote=arithmetic)
def greater_equal(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 >= x2, element-wise. Shapes: x1 and x2 broadcast. Types: integers and real floating; the result is bool."""
    return xp.greater_equal(x1, x2)


@primitive()
def isfinite(xp: Any, x: Any, /) -> Any:
    """Whether x is neither infinite nor NaN, element-wise. Shape: any, kept. Types: numeric; the result is bool."""
    return xp.isfinite(x)


@primitive()
def isnan(xp: Any, x: Any, /) -> Any:
    """Whether x is NaN, element-wise. Shape: any, kept. Types: numeric; the result is bool."""
    return xp.isnan(x)


@primitive()
def logical_and(xp: Any, x1: Any, x2: Any, /) -> Any:
    """Whether both are true, element-wise. Shapes: x1 and x2 broadcast. Types: bool."""
    return xp.logical_and(x1, x2)


@primitive()
def logical_or(xp: Any, x1: Any, x2: Any, /) -> Any:
    """Whether one or both are true, element-wise. Shapes: x1 and x2 broadcast. Types: bool."""
    return xp.logical_or(x1, x2)


@primitive()
def logical_not(xp: Any, x: Any, /) -> Any:
    """Whether x is false, element-wise. Shape: any, kept. Types: bool."""
    return xp.logical_not(x)


@primitive(promote=arithmetic)
def bitwise_and(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 & x2, bit by bit. Shapes: x1 and x2 broadcast. Types: integers and bool."""
    return xp.bitwise_and(x1, x2)


@primitive(promote=arithmetic)
def bitwise_or(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 | x2, bit by bit. Shapes: x1 and x2 broadcast. Types: integers and bool."""
    return xp.bitwise_or(x1, x2)


@primitive(promote=arithmetic)
def bitwise_xor(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 ^ x2, bit by bit. Shapes: x1 and x2 broadcast. Types: integers and bool."""
    return xp.bitwise_xor(x1, x2)


@primitive(promote=arithmetic)
def bitwise_left_shift(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 << x2, for x2 >= 0. Shapes: x1 and x2 broadcast. Types: integers."""
    return xp.bitwise_left_shift(x1, x2)


@primitive(promote=arithmetic)
def bitwise_right_shift(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 >> x2, for x2 >= 0; the sign stays. Shapes: x1 and x2 broadcast. Types: integers."""
    return xp.bitwise_right_shift(x1, x2)


@primitive()
def bitwise_invert(xp: Any, x: Any, /) -> Any:
    """~x, bit by bit. Shape: any, kept. Types: integers and bool."""
    return xp.bitwise_invert(x)
