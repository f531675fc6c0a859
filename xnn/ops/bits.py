"""Whole numbers, and numbers as bits, under NumPy's names: gcd, lcm, bitwise_count, frexp, ldexp.

Shapes, scalars and errors: as in elementwise.py.
"""

from __future__ import annotations

import math
from typing import Any

from xnn import dtypes
from xnn.autograd.operands import arrays_of, operand
from xnn.autograd.primitive import primitive
from xnn.errors import DTypeError
from xnn.typing import A, AnyArray

from .data_types import astype, dtype_of
from .elementwise import abs as absolute
from .elementwise import floor_divide, multiply, pow, subtract
from .exponential import log2
from .logic import bitwise_and, bitwise_right_shift
from .matrices import as_floating
from .promotion import check_real, of_reals
from .rounding import floor
from .searching import alike, where

__all__ = [
    "bitwise_count",
    "frexp",
    "gcd",
    "lcm",
    "ldexp",
]


# ---- binary exponents ----


def _times_power(x: Any, exponent: Any) -> Any:
    """x * 2 ** exponent, in two steps, as the power alone may not be a number of the type."""
    half = floor_divide(exponent, 2)
    dtype = dtype_of(x)
    powers = [pow(2.0, astype(e, dtype, copy=False)) for e in (half, subtract(exponent, half))]
    return multiply(multiply(x, powers[0]), powers[1])


def ldexp(x1: A, x2: AnyArray | int) -> A:
    """x1 * 2 ** x2, element-wise.

    Shapes: x1 and x2 broadcast. Types: x1 real, and integers become the default floating type; x2 integers, which have
    no derivative; DTypeError for others.
    """
    mantissa, exponent = arrays_of((x1, x2), "ldexp")
    if dtype_of(exponent).is_floating:
        raise DTypeError(f"ldexp takes integers for x2; got {dtype_of(exponent).name}. Cure: x1 * 2.0**x2.")
    return _times_power(as_floating(mantissa), astype(exponent, dtypes.int64, copy=False))


def frexp(x: A, /) -> tuple[A, A]:
    """m and e with x = m * 2 ** e and 0.5 <= abs(m) < 1, element-wise; of 0, infinities and NaN, x and 0.

    Shape: any, kept. Types: real floating; integers become the default floating type; e is int32. The derivative of m
    is 2 ** -e, that of e is 0.
    """
    number: Any = as_floating(operand(x, "frexp"))
    check_real(dtype_of(number))
    size = absolute(number)
    is_plain = (size > 0) & (size < math.inf)
    exponent = astype(floor(log2(where(is_plain, size, 1.0))) + 1, dtypes.int32)
    # the logarithm is rounded: next to a power of 2 it may be the wrong side of it
    scaled = absolute(_times_power(where(is_plain, size, 0.5), -exponent))
    exponent = exponent + astype(scaled >= 1, dtypes.int32) - astype(scaled < 0.5, dtypes.int32)
    exponent = where(is_plain, exponent, 0)
    return _times_power(number, -exponent), exponent


# ---- integers ----


def _divisor(xp: Any, a: Any, b: Any) -> Any:
    """Euclid's algorithm, for all elements at once; on a device as many steps as the worst two numbers need."""
    for _ in range(93):  # Fibonacci numbers below 2**64
        is_done = b == 0
        if xp.is_on_host and bool(xp.all(is_done)):
            break
        a, b = xp.where(is_done, a, b), xp.where(is_done, b, xp.remainder(a, xp.where(is_done, xp.ones_like(b), b)))
    return a


@primitive(promote=of_reals(alike))
def gcd(xp: Any, x1: A | int, x2: A | int, /) -> A:
    """The greatest common divisor of abs(x1) and abs(x2), element-wise; of two zeros 0.

    Shapes: x1 and x2 broadcast. Types: integers; DTypeError for others.
    """
    a, b = _integers(xp, "gcd", x1, x2)
    return _divisor(xp, a, b)


@primitive(promote=of_reals(alike))
def lcm(xp: Any, x1: A | int, x2: A | int, /) -> A:
    """The least common multiple of abs(x1) and abs(x2), element-wise; 0 where either is.

    Shapes: x1 and x2 broadcast. Types: integers; DTypeError for others.
    """
    a, b = _integers(xp, "lcm", x1, x2)
    divisor = _divisor(xp, a, b)
    return xp.floor_divide(a, xp.where(divisor == 0, xp.ones_like(divisor), divisor)) * b


def _integers(xp: Any, name: str, *arrays: Any) -> list[Any]:
    if not all(xp.isdtype(x.dtype, "integral") for x in arrays):
        raise DTypeError(f"{name} is of integers; got {arrays[0].dtype}. Cure: xnn.astype(x, xnn.int64).")
    return [xp.abs(x) for x in xp.broadcast_arrays(*arrays)]


def bitwise_count(x: A, /) -> A:
    """How many bits of abs(x) are 1, element-wise. Shape: any, kept. Types: integers; the result uint8."""
    x = operand(x, "bitwise_count")
    dtype = dtype_of(x)
    if "integer" not in dtype.kind:
        raise DTypeError(f"bitwise_count is of integers; got {dtype.name}. Cure: xnn.astype(x, xnn.int64).")
    bits: Any = astype(x if dtype.kind[0] == "u" else absolute(x), dtypes.int64, copy=False)
    # Sums of neighbours, in fields of 2, 4 and 8 bits; then of the bytes.
    bits = bits - bitwise_and(bitwise_right_shift(bits, 1), 0x5555555555555555)
    bits = bitwise_and(bits, 0x3333333333333333) + bitwise_and(bitwise_right_shift(bits, 2), 0x3333333333333333)
    bits = bitwise_and(bits + bitwise_right_shift(bits, 4), 0x0F0F0F0F0F0F0F0F)
    for shift in (8, 16, 32):
        bits = bits + bitwise_right_shift(bits, shift)
    return astype(bitwise_and(bits, 0x7F), dtypes.uint8)
