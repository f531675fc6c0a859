"""Element-wise functions of the array API standard, each with its derivative.

Operands broadcast; Python scalars are weak; integers become the default floating type where the
result is floating. At kinks the derivative is PyTorch's: 0 for abs at 0, half to each of two equal
operands of maximum and minimum.
"""

from __future__ import annotations

from typing import Any

from xnn.autograd.primitive import primitive

from .promotion import arithmetic, floating

# ---- arithmetic ----


@primitive(lambda xp, g, out, a, b: g, lambda xp, g, out, a, b: g, promote=arithmetic)
def add(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 + x2."""
    return xp.add(x1, x2)


@primitive(lambda xp, g, out, a, b: g, lambda xp, g, out, a, b: -g, promote=arithmetic)
def subtract(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 - x2."""
    return xp.subtract(x1, x2)


@primitive(
    lambda xp, g, out, a, b: g * b,
    lambda xp, g, out, a, b: g * a,
    keeps="x1 x2",
    promote=arithmetic,
)
def multiply(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 * x2."""
    return xp.multiply(x1, x2)


@primitive(
    lambda xp, g, out, a, b: g / b,
    lambda xp, g, out, a, b: -g * out / b,
    keeps="x2 out",
    promote=floating,
)
def divide(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 / x2; of integers too it is floating."""
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
    """x1 ** x2."""
    return xp.pow(x1, x2)


@primitive(lambda xp, g, out, x: -g)
def negative(xp: Any, x: Any, /) -> Any:
    """-x."""
    return xp.negative(x)


@primitive(lambda xp, g, out, x: g)
def positive(xp: Any, x: Any, /) -> Any:
    """+x."""
    return xp.positive(x)


@primitive(lambda xp, g, out, x: g * xp.sign(x), keeps="x")
def abs(xp: Any, x: Any, /) -> Any:
    """The absolute value; its derivative at 0 is 0."""
    return xp.abs(x)


@primitive(lambda xp, g, out, x: 2 * g * x, keeps="x")
def square(xp: Any, x: Any, /) -> Any:
    """x * x."""
    return xp.square(x)


@primitive(lambda xp, g, out, x: -g * out * out, keeps="out", promote=floating)
def reciprocal(xp: Any, x: Any, /) -> Any:
    """1 / x."""
    return xp.reciprocal(x)


@primitive(lambda xp, g, out, x: g / (2 * out), keeps="out", promote=floating)
def sqrt(xp: Any, x: Any, /) -> Any:
    """The square root; its derivative at 0 is infinite."""
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
    """The larger of x1 and x2; NaN where one is NaN."""
    return xp.maximum(x1, x2)


@primitive(
    lambda xp, g, out, a, b: _share(xp, g, a, b, a > b),
    lambda xp, g, out, a, b: _share(xp, g, b, a, b > a),
    keeps="x1 x2",
    promote=arithmetic,
)
def minimum(xp: Any, x1: Any, x2: Any, /) -> Any:
    """The smaller of x1 and x2; NaN where one is NaN."""
    return xp.minimum(x1, x2)


# ---- exponentials, logarithms, trigonometry ----


@primitive(lambda xp, g, out, x: g * out, keeps="out", promote=floating)
def exp(xp: Any, x: Any, /) -> Any:
    """e ** x."""
    return xp.exp(x)


@primitive(lambda xp, g, out, x: g * (out + 1), keeps="out", promote=floating)
def expm1(xp: Any, x: Any, /) -> Any:
    """e ** x - 1, exact near 0."""
    return xp.expm1(x)


@primitive(lambda xp, g, out, x: g / x, keeps="x", promote=floating)
def log(xp: Any, x: Any, /) -> Any:
    """The natural logarithm."""
    return xp.log(x)


@primitive(lambda xp, g, out, x: g / (1 + x), keeps="x", promote=floating)
def log1p(xp: Any, x: Any, /) -> Any:
    """log(1 + x), exact near 0."""
    return xp.log1p(x)


@primitive(lambda xp, g, out, x: g * xp.cos(x), keeps="x", promote=floating)
def sin(xp: Any, x: Any, /) -> Any:
    """The sine of x in radians."""
    return xp.sin(x)


@primitive(lambda xp, g, out, x: -g * xp.sin(x), keeps="x", promote=floating)
def cos(xp: Any, x: Any, /) -> Any:
    """The cosine of x in radians."""
    return xp.cos(x)


@primitive(lambda xp, g, out, x: g * (1 - out * out), keeps="out", promote=floating)
def tanh(xp: Any, x: Any, /) -> Any:
    """The hyperbolic tangent."""
    return xp.tanh(x)


# ---- piecewise constant: no derivative flows ----


@primitive()
def sign(xp: Any, x: Any, /) -> Any:
    """-1, 0 or 1."""
    return xp.sign(x)


@primitive()
def floor(xp: Any, x: Any, /) -> Any:
    """The largest integer that is not above x."""
    return xp.floor(x)


@primitive(promote=arithmetic)
def floor_divide(xp: Any, x1: Any, x2: Any, /) -> Any:
    """floor(x1 / x2)."""
    return xp.floor_divide(x1, x2)


@primitive(
    lambda xp, g, out, a, b: g,
    lambda xp, g, out, a, b: -g * xp.floor_divide(a, b),
    keeps="x1 x2",
    promote=arithmetic,
)
def remainder(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 - floor(x1 / x2) * x2, with the sign of x2."""
    return xp.remainder(x1, x2)


@primitive(promote=arithmetic)
def equal(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 == x2, as bools."""
    return xp.equal(x1, x2)


@primitive(promote=arithmetic)
def not_equal(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 != x2, as bools."""
    return xp.not_equal(x1, x2)


@primitive(promote=arithmetic)
def less(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 < x2, as bools."""
    return xp.less(x1, x2)


@primitive(promote=arithmetic)
def less_equal(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 <= x2, as bools."""
    return xp.less_equal(x1, x2)


@primitive(promote=arithmetic)
def greater(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 > x2, as bools."""
    return xp.greater(x1, x2)


@primitive(promote=arithmetic)
def greater_equal(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 >= x2, as bools."""
    return xp.greater_equal(x1, x2)


@primitive()
def isfinite(xp: Any, x: Any, /) -> Any:
    """Neither infinite nor NaN."""
    return xp.isfinite(x)


@primitive()
def isnan(xp: Any, x: Any, /) -> Any:
    """Not a number."""
    return xp.isnan(x)


@primitive()
def logical_and(xp: Any, x1: Any, x2: Any, /) -> Any:
    """Both, of bools."""
    return xp.logical_and(x1, x2)


@primitive()
def logical_or(xp: Any, x1: Any, x2: Any, /) -> Any:
    """One or both, of bools."""
    return xp.logical_or(x1, x2)


@primitive()
def logical_not(xp: Any, x: Any, /) -> Any:
    """Not x, of bools."""
    return xp.logical_not(x)


@primitive(promote=arithmetic)
def bitwise_and(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 & x2, of integers or bools."""
    return xp.bitwise_and(x1, x2)


@primitive(promote=arithmetic)
def bitwise_or(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 | x2, of integers or bools."""
    return xp.bitwise_or(x1, x2)


@primitive(promote=arithmetic)
def bitwise_xor(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 ^ x2, of integers or bools."""
    return xp.bitwise_xor(x1, x2)


@primitive(promote=arithmetic)
def bitwise_left_shift(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 << x2, of integers."""
    return xp.bitwise_left_shift(x1, x2)


@primitive(promote=arithmetic)
def bitwise_right_shift(xp: Any, x1: Any, x2: Any, /) -> Any:
    """x1 >> x2, of integers."""
    return xp.bitwise_right_shift(x1, x2)


@primitive()
def bitwise_invert(xp: Any, x: Any, /) -> Any:
    """~x, of integers or bools."""
    return xp.bitwise_invert(x)
