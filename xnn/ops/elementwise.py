"""Arithmetic of the array API standard, element by element, each function with its derivative.

What the element-wise chapters (complex_numbers, comparison, exponential, extrema, logic, rounding, trigonometric) have
in common:

Shapes: two operands broadcast, and the result has their common shape; of one operand it has the shape.
Types: arrays are promoted together; where the standard leaves it open, a bool gives way to the other type, an integer
to the floating type. Python scalars are weak: they take the arrays' type, but a float makes integers the default
floating type, a complex number makes any type complex; and integers become the default floating type where the result
is floating, which the standard leaves open. "Numeric" means integers, real and complex floating types, "real" integers
and real floating types; other types are the array library's affair.

Derivatives are of real and complex floating arrays. At kinks they are PyTorch's: 0 for abs at 0, half to each of two
equal operands of maximum and minimum. The result of a piecewise constant function requires no gradient.

Raises: TypeError without an array among the operands; DeviceMismatchError for arrays of two devices; DTypeError for
uint64 with a signed type, and for an int that the arrays' integer type cannot hold (comparisons take it). ShapeError
for shapes that do not broadcast, DTypeError for other types.
"""

from __future__ import annotations

from typing import Any

from xnn.autograd.operands import SCALARS
from xnn.autograd.primitive import primitive
from xnn.typing import A, Scalar

from .promotion import arithmetic, floating, of_reals

__all__ = [
    "abs",
    "add",
    "divide",
    "floor_divide",
    "hypot",
    "multiply",
    "negative",
    "positive",
    "pow",
    "reciprocal",
    "remainder",
    "sqrt",
    "square",
    "subtract",
]


@primitive(lambda xp, g, out, a, b: g, lambda xp, g, out, a, b: g, promote=arithmetic, kind="elementwise")
def add(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 + x2, element-wise.

    Shapes: x1 and x2 broadcast. Types: numeric.
    """
    return xp.add(x1, x2)


@primitive(lambda xp, g, out, a, b: g, lambda xp, g, out, a, b: -g, promote=arithmetic, kind="elementwise")
def subtract(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 - x2, element-wise.

    Shapes: x1 and x2 broadcast. Types: numeric.
    """
    return xp.subtract(x1, x2)


@primitive(
    lambda xp, g, out, a, b: g * b,
    lambda xp, g, out, a, b: g * a,
    keeps="x1 x2",
    promote=arithmetic,
    kind="elementwise",
)
def multiply(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 * x2, element-wise.

    Shapes: x1 and x2 broadcast. Types: numeric.
    """
    return xp.multiply(x1, x2)


@primitive(
    lambda xp, g, out, a, b: g / b,
    lambda xp, g, out, a, b: -g * out / b,
    keeps="x2 out",
    promote=floating,
    kind="elementwise",
)
def divide(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 / x2, element-wise.

    Shapes: x1 and x2 broadcast. Types: numeric; integers become the default floating type. x / 0 is infinite or NaN.
    """
    return xp.divide(x1, x2)


@primitive(promote=of_reals(arithmetic))
def floor_divide(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """floor(x1 / x2), element-wise.

    Shapes: x1 and x2 broadcast. Types: integers, which stay integers, and real floating. An integer divided by 0 is the
    array library's affair: 0 in NumPy, an error in PyTorch.
    """
    return xp.floor_divide(x1, x2)


def _remainder_x2(xp: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    quotient = xp.floor_divide(a, b)
    # where x2 is infinite and has the other sign, it is the result itself; by the standard the quotient is 0 there
    return -g * xp.where(xp.logical_and(quotient == 0, xp.sign(b) * a < 0), -1.0, quotient)


@primitive(
    lambda xp, g, out, a, b: g,
    _remainder_x2,
    keeps="x1 x2",
    promote=of_reals(arithmetic),
    kind="elementwise",
)
def remainder(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 - floor(x1 / x2) * x2, element-wise, with the sign of x2.

    Shapes: x1 and x2 broadcast. Types: integers and real floating. Floating x % 0 is NaN; of integers, as in
    floor_divide.
    """
    return xp.remainder(x1, x2)


def _pow_x1(xp: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    # b * a**(b - 1) is 0 * inf at a = b = 0, where the derivative is 0
    if isinstance(b, SCALARS):
        return xp.zeros_like(g) if b == 0 else g * b * xp.pow(a, b - 1)
    zero = b == 0
    return g * xp.where(zero, 0.0, b * xp.pow(a, xp.where(zero, 1.0, b - 1)))


def _is_at_least_zero(xp: Any, b: Any) -> Any:
    if isinstance(b, complex) or (not isinstance(b, SCALARS) and xp.isdtype(b.dtype, "complex floating")):
        real, imag = (b.real, b.imag) if isinstance(b, complex) else (xp.real(b), xp.imag(b))
        return xp.logical_and(imag == 0, real >= 0)
    return b >= 0


def _pow_x2(xp: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    # log(0) * 0**b is 0 for real b >= 0, the limit from the right
    if isinstance(a, SCALARS):
        a = xp.full_like(b, a)
    zero = xp.logical_and(a == 0, _is_at_least_zero(xp, b))
    return g * xp.where(zero, 0.0, out * xp.log(xp.where(zero, 1.0, a)))


@primitive(_pow_x1, _pow_x2, keeps="x1 x2 out", promote=arithmetic, kind="elementwise")
def pow(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 ** x2, element-wise.

    Shapes: x1 and x2 broadcast. Types: numeric; integers stay integers, and a negative exponent raises an
    error. 0 ** 0 is 1, with derivatives 0; that with respect to x2 is also 0 at x1 = 0, x2 > 0, and NaN at x1 < 0.
    """
    return xp.pow(x1, x2)


@primitive(lambda xp, g, out, x: -g, kind="linear")
def negative(xp: Any, x: A, /) -> A:
    """-x, element-wise. Shape: any, kept. Types: numeric."""
    return xp.negative(x)


@primitive(lambda xp, g, out, x: g, kind="linear")
def positive(xp: Any, x: A, /) -> A:
    """+x, element-wise. Shape: any, kept. Types: numeric."""
    return xp.positive(x)


def _abs(xp: Any, g: Any, out: Any, x: Any) -> Any:
    slope = xp.sign(x)
    return g * (slope if x.dtype == g.dtype else xp.conj(slope))


@primitive(_abs, keeps="x")
def abs(xp: Any, x: A, /) -> A:
    """The absolute value, element-wise; its derivative at 0 is 0.

    Shape: any, kept. Types: numeric; of a complex type the result has the real one.
    """
    return xp.abs(x)


@primitive(
    lambda xp, g, out, a, b: g * (a / out),
    lambda xp, g, out, a, b: g * (b / out),
    keeps="x1 x2 out",
    promote=of_reals(floating),
    kind="elementwise",
)
def hypot(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """sqrt(x1**2 + x2**2) without overflow or underflow on the way, element-wise.

    Shapes: x1 and x2 broadcast. Types: real; integers become the default floating type. Infinite where either is, even
    beside NaN. The derivative at x1 = x2 = 0 is NaN, as PyTorch's.
    """
    return xp.hypot(x1, x2)


@primitive(lambda xp, g, out, x: 2 * g * x, keeps="x", kind="elementwise")
def square(xp: Any, x: A, /) -> A:
    """x * x, element-wise. Shape: any, kept. Types: numeric."""
    return xp.square(x)


@primitive(lambda xp, g, out, x: -g * out * out, keeps="out", promote=floating, kind="elementwise")
def reciprocal(xp: Any, x: A, /) -> A:
    """1 / x, element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type.
    """
    return xp.reciprocal(x)


@primitive(lambda xp, g, out, x: g / (2 * out), keeps="out", promote=floating, kind="elementwise")
def sqrt(xp: Any, x: A, /) -> A:
    """The square root, element-wise; its derivative at 0 is infinite.

    Shape: any, kept. Types: numeric; integers become the default floating type. NaN where a real x < 0.
    """
    return xp.sqrt(x)
