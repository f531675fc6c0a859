"""Element-wise functions of numbers under NumPy's names that the standard lacks, and PyTorch's addcmul, lerp, rsqrt.

Shapes, types, scalars and errors: as in elementwise.py. Integers become the default floating type where the result is
floating. Derivatives at kinks: the rules are those of maximum, abs and trunc.
"""

from __future__ import annotations

import math
from typing import Any

from xnn import dtypes
from xnn.autograd.operands import is_array, operand, with_arrays
from xnn.autograd.primitive import primitive
from xnn.errors import OptionError
from xnn.typing import A, AnyArray, Scalar

from .bessel_functions import i0, sinc
from .comparison import isinf, isnan
from .complex_numbers import imag, real
from .data_types import astype, dtype_of, finfo
from .elementwise import abs as absolute
from .elementwise import add, divide, floor_divide, multiply, pow, reciprocal, remainder, sqrt, subtract
from .exponential import logaddexp
from .matrices import as_floating
from .promotion import of_reals, real_floating
from .rounding import round as round_to_even
from .rounding import sign, signbit, trunc
from .searching import alike, where
from .trigonometric import atan2
from .utility import all as all_of

__all__ = [
    "addcdiv",
    "addcmul",
    "angle",
    "cbrt",
    "deg2rad",
    "degrees",
    "divmod",
    "exp2",
    "fix",
    "float_power",
    "fmax",
    "fmin",
    "fmod",
    "frac",
    "heaviside",
    "i0",
    "lerp",
    "logaddexp2",
    "modf",
    "nan_to_num",
    "rad2deg",
    "radians",
    "real_if_close",
    "rint",
    "rsqrt",
    "sgn",
    "sinc",
]

LOG_2 = math.log(2)


# ---- powers and logarithms ----


def exp2(x: A, /) -> A:
    """2 ** x, element-wise. Shape: any, kept. Types: numeric; integers become the default floating type."""
    return pow(2.0, as_floating(operand(x, "exp2")))


@primitive(lambda xp, g, out, x: g / (3 * out * out), keeps="out", promote=real_floating, kind="elementwise")
def cbrt(xp: Any, x: A, /) -> A:
    """The cube root, element-wise, also of negative numbers.

    Shape: any, kept. Types: real; integers become the default floating type. The derivative at 0 is infinite.
    """
    size = xp.abs(x)
    is_plain = xp.logical_and(size > 0, size < math.inf)
    size = xp.where(is_plain, size, 1.0)
    root = xp.pow(size, 1 / 3)  # 1 / 3 is rounded, which the logarithm of x multiplies
    root = root - (root - size / root / root) / 3
    return xp.where(is_plain, xp.sign(x) * root, x)


def rsqrt(x: A, /) -> A:
    """1 / sqrt(x), element-wise.

    Shape: any, kept. Types: numeric; integers become the default floating type. Infinite at 0; NaN where a real x < 0.
    """
    return reciprocal(sqrt(operand(x, "rsqrt")))


def logaddexp2(x1: A | Scalar, x2: A | Scalar, /) -> A:
    """log2(2 ** x1 + 2 ** x2) without overflow, element-wise.

    Shapes: x1 and x2 broadcast. Types: real; integers become the default floating type.
    """
    scaled = [multiply(x, LOG_2) if is_array(x) else x * LOG_2 for x in with_arrays((x1, x2), "logaddexp2")]
    result: A = divide(logaddexp(*scaled), LOG_2)
    return result


def float_power(x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 ** x2 in float64, or complex128 for complex numbers, element-wise.

    Shapes: x1 and x2 broadcast. Types: numeric.
    """
    operands = with_arrays((x1, x2), "float_power")
    is_complex = any(
        dtype_of(x).kind == "complex floating" if is_array(x) else isinstance(x, complex) for x in operands
    )
    wide = dtypes.complex128 if is_complex else dtypes.float64
    result: A = pow(*(astype(x, wide, copy=False) if is_array(x) else x for x in operands))
    return result


# ---- remainders, whole parts and fractions ----


@primitive(
    lambda xp, g, out, a, b: g,
    lambda xp, g, out, a, b: -g * xp.round((a - out) / b),
    keeps="x1 x2 out",
    promote=of_reals(alike),
    kind="elementwise",
)
def fmod(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """x1 - trunc(x1 / x2) * x2, element-wise, with the sign of x1.

    Shapes: x1 and x2 broadcast. Types: integers and real floating. Floating x % 0 is NaN; of integers, as in
    floor_divide.
    """
    left: Any = xp.remainder(xp.abs(x1), xp.abs(x2))
    return xp.copysign(left, x1) if xp.isdtype(left.dtype, "real floating") else left * xp.sign(x1)


def divmod(x1: A | Scalar, x2: A | Scalar, /) -> tuple[A, A]:
    """floor_divide(x1, x2) and remainder(x1, x2), element-wise.

    Shapes: x1 and x2 broadcast. Types: integers and real floating.
    """
    operands = with_arrays((x1, x2), "divmod")
    return floor_divide(*operands), remainder(*operands)


def fix(x: A, /) -> A:
    """x without its fraction, element-wise; `trunc`. Shape: any, kept. Types: real."""
    return trunc(operand(x, "fix"))


def rint(x: A, /) -> A:
    """The nearest integer, of two the even one, element-wise; `round`. Shape: any, kept. Types: numeric."""
    return round_to_even(operand(x, "rint"))


def frac(x: A, /) -> A:
    """x - trunc(x), element-wise. Shape: any, kept. Types: real; the derivative is 1."""
    x = operand(x, "frac")
    return subtract(x, trunc(x))


def modf(x: A, /) -> tuple[A, A]:
    """The fraction and the whole part, element-wise, both with the sign of x; of infinities the fraction is 0.

    Shape: any, kept. Types: real; integers become the default floating type. The derivatives are 1 and 0.
    """
    x = as_floating(operand(x, "modf"))
    whole, is_infinite = trunc(x), isinf(x)
    return subtract(where(is_infinite, 0.0, x), where(is_infinite, 0.0, whole)), whole


# ---- choices ----


def _share(xp: Any, g: Any, a: Any, b: Any, is_worse: Any) -> Any:
    """g where a is taken, half of it where both are equal, 0 where b is."""
    is_lost = xp.logical_or(is_worse, xp.logical_and(xp.isnan(a), xp.logical_not(xp.isnan(b))))
    return xp.where(is_lost, 0.0, xp.where(a == b, 0.5 * g, g))


@primitive(
    lambda xp, g, out, a, b: _share(xp, g, a, b, a < b),
    lambda xp, g, out, a, b: _share(xp, g, b, a, b < a),
    keeps="x1 x2",
    promote=of_reals(alike),
    kind="elementwise",
)
def fmax(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """The larger of x1 and x2, element-wise, and the other one where one is NaN.

    Shapes: x1 and x2 broadcast. Types: integers and real floating. Equal operands get half of the derivative each.
    """
    return xp.where(xp.isnan(x1), x2, xp.where(xp.isnan(x2), x1, xp.maximum(x1, x2)))


@primitive(
    lambda xp, g, out, a, b: _share(xp, g, a, b, a > b),
    lambda xp, g, out, a, b: _share(xp, g, b, a, b > a),
    keeps="x1 x2",
    promote=of_reals(alike),
    kind="elementwise",
)
def fmin(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """The smaller of x1 and x2, element-wise, and the other one where one is NaN.

    Shapes: x1 and x2 broadcast. Types: integers and real floating. Equal operands get half of the derivative each.
    """
    return xp.where(xp.isnan(x1), x2, xp.where(xp.isnan(x2), x1, xp.minimum(x1, x2)))


@primitive(
    lambda xp, g, out, x1, x2: xp.zeros_like(g),
    lambda xp, g, out, x1, x2: xp.where(x1 == 0, g, 0.0),
    keeps="x1",
    promote=real_floating,
    kind="elementwise",
)
def heaviside(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """0 where x1 < 0, x2 where x1 is 0, 1 where x1 > 0, element-wise; NaN of NaN.

    Shapes: x1 and x2 broadcast. Types: real; integers become the default floating type. The derivative with respect to
    x1 is 0.
    """
    left: Any = x1
    return xp.where(left == 0, x2, xp.where(xp.isnan(left), left, xp.astype(left > 0, left.dtype)))


def nan_to_num(
    x: A, copy: bool = True, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> A:
    """x with numbers in the place of NaN and infinities, element-wise; of these the largest and the smallest one.

    Shape: any, kept. Types: all; of complex numbers both parts. The derivative is 0 where a number was put in.

    Raises:
        OptionError: for copy=False, as no array is changed in place.
    """
    numbers: Any = operand(x, "nan_to_num")
    if not copy:
        raise OptionError("nan_to_num changes no array in place; got copy=False. Cure: x = xnn.nan_to_num(x).")
    dtype = dtype_of(numbers)
    if not dtype.is_floating:
        return multiply(numbers, 1) if "integer" in dtype.kind else astype(numbers, dtype)
    if dtype.kind == "complex floating":
        parts = [nan_to_num(part, True, nan, posinf, neginf) for part in (real(numbers), imag(numbers))]
        return add(parts[0], multiply(parts[1], 1j))
    limits = finfo(dtype)
    numbers = where(isnan(numbers), nan, numbers)
    numbers = where(numbers == math.inf, limits.max if posinf is None else posinf, numbers)
    return where(numbers == -math.inf, limits.min if neginf is None else neginf, numbers)


def real_if_close(a: A, tol: float = 100) -> A:
    """The real part, if all imaginary parts are below `tol` times the type's eps, else a; it waits for the device.

    Shape: any, kept. Types: all; of real ones a itself. A `tol` of at most 1 is the limit itself.
    """
    a = operand(a, "real_if_close")
    if dtype_of(a).kind != "complex floating":
        return a
    limit = tol * finfo(dtype_of(a)).eps if tol > 1 else tol
    is_below: Any = absolute(imag(a)) < limit
    return real(a) if bool(all_of(is_below)) else a


def sgn(x: A, /) -> A:
    """-1, 0 or 1, and of complex numbers x / abs(x), element-wise; `sign`. Shape: any, kept. Types: numeric."""
    return sign(operand(x, "sgn"))


# ---- angles ----


def angle(z: A, deg: bool = False) -> A:
    """The angle in radians, from -pi to pi, of complex numbers, element-wise; in degrees if `deg`.

    Shape: any, kept. Types: numeric; integers become the default floating type; the result is real. Of real numbers it
    is 0 or pi, without a derivative. The derivative at 0 is 0.
    """
    numbers: Any = as_floating(operand(z, "angle"))
    if dtype_of(numbers).kind == "complex floating":
        found = atan2(imag(numbers), real(numbers))
    else:
        plain = where(isnan(numbers), numbers, 0.0)
        found = where(isnan(numbers), numbers, where(signbit(numbers), math.pi, plain))
    return rad2deg(found) if deg else found


def deg2rad(x: A, /) -> A:
    """Degrees as radians, element-wise. Shape: any, kept. Types: real; integers become the default floating type."""
    return multiply(as_floating(operand(x, "deg2rad")), math.pi / 180)


def rad2deg(x: A, /) -> A:
    """Radians as degrees, element-wise. Shape: any, kept. Types: real; integers become the default floating type."""
    return multiply(as_floating(operand(x, "rad2deg")), 180 / math.pi)


def radians(x: A, /) -> A:
    """Degrees as radians, element-wise; `deg2rad`. Shape: any, kept. Types: real."""
    return deg2rad(x)


def degrees(x: A, /) -> A:
    """Radians as degrees, element-wise; `rad2deg`. Shape: any, kept. Types: real."""
    return rad2deg(x)


# ---- several steps in one ----


def lerp(start: A, end: AnyArray | Scalar, weight: AnyArray | Scalar) -> A:
    """start + weight * (end - start), element-wise, as PyTorch's.

    Shapes: start, end and weight broadcast. Types: floating, promoted together.
    """
    one, other, part = with_arrays((start, end, weight), "lerp")
    return add(one, multiply(part, subtract(other, one)))


def addcmul(input: A, tensor1: A, tensor2: A | Scalar, *, value: float = 1) -> A:
    """input + value * tensor1 * tensor2, element-wise, as PyTorch's.

    Shapes: input, tensor1 and tensor2 broadcast. Types: numeric, promoted together.
    """
    return add(input, multiply(multiply(tensor1, value), tensor2))


def addcdiv(input: A, tensor1: A, tensor2: A | Scalar, *, value: float = 1) -> A:
    """input + value * tensor1 / tensor2, element-wise, as PyTorch's.

    Shapes: input, tensor1 and tensor2 broadcast. Types: numeric, promoted together; integers become the default
    floating type.
    """
    return add(input, divide(multiply(tensor1, value), tensor2))
