"""Where libraries depart from the array API standard at infinities, NaN, signed zeros and far shifts: mended functions.

`mends` gives them over a library's own namespace. Ordinary numbers are the library's; to real arguments of a function
that is mended for complex numbers alone it costs one look at the type.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

Function = Callable[..., Any]


def mends(xp: Any, kind: Function, join: Function, names: str) -> dict[str, Function]:
    """Functions by name.

    Args:
        xp: the library's namespace.
        kind: of an array's type, as NumPy's letters have it: "f" for real floating, "c" for complex.
        join: the complex array of a real and an imaginary part, as they are: `a + 1j * b` loses infinities and zeros.
        names: of those that the library needs.
    """

    def arrays(out: Any, *xs: Any) -> list[Any]:
        return [xp.full_like(out, x) if isinstance(x, int | float) else x for x in xs]

    def floor_divide(x1: Any, x2: Any, /) -> Any:
        # Libraries give NaN for infinity // 2, and -1 for 2 // -infinity, as Python does.
        out = xp.floor_divide(x1, x2)
        if kind(out) != "f":
            return out
        x1, x2 = arrays(out, x1, x2)
        return xp.where(xp.logical_or(xp.isinf(x1), xp.isinf(x2)), xp.divide(x1, x2), out)

    def remainder(x1: Any, x2: Any, /) -> Any:
        # CuPy gives NaN for 2 % infinity; it and PyTorch lose the sign of 0, which is x2's.
        out = xp.remainder(x1, x2)
        if kind(out) != "f":
            return out
        x1, x2 = arrays(out, x1, x2)
        inside = xp.logical_or(xp.equal(x1 < 0, x2 < 0), x1 == 0)
        by_infinity = xp.logical_and(xp.isinf(x2), xp.isfinite(x1))
        out = xp.where(by_infinity, xp.where(inside, x1, x2), out)
        return xp.where(out == 0, xp.copysign(out, x2), out)

    def expm1(x: Any, /) -> Any:
        if kind(x) != "c":
            return xp.expm1(x)
        a, b = xp.real(x), xp.imag(x)
        size, half = xp.expm1(a), xp.sin(b / 2)
        lost = xp.logical_and(xp.isinf(a), xp.logical_not(xp.isfinite(b)))  # infinite in an unknown direction
        real = xp.where(lost, size, size * xp.cos(b) - 2 * half * half) + 0.0  # 0 for -0
        imag = xp.where(xp.logical_and(lost, a < 0), 0.0, xp.exp(a) * xp.sin(b))
        return join(real, xp.where(b == 0, b, imag))

    def log(x: Any, /) -> Any:
        out = xp.log(x)
        return join(xp.where(xp.isinf(x), xp.inf, xp.real(out)), xp.imag(out)) if kind(x) == "c" else out

    def log1p(x: Any, /) -> Any:
        out = xp.log1p(x)
        return xp.where(xp.isfinite(x), out, log(1 + x)) if kind(x) == "c" else out

    def acos(x: Any, /) -> Any:
        out = xp.acos(x)
        return join(xp.real(out), xp.where(x == 0, -xp.imag(x), xp.imag(out))) if kind(x) == "c" else out

    def acosh(x: Any, /) -> Any:
        out = xp.acosh(x)
        if kind(x) != "c":
            return out
        lost = xp.logical_and(xp.real(x) == 0, xp.isnan(xp.imag(x)))
        return join(xp.real(out), xp.where(lost, math.pi / 2, xp.imag(out)))

    def tanh(x: Any, /) -> Any:
        out = xp.tanh(x)
        if kind(x) != "c":
            return out
        a, b = xp.real(x), xp.imag(x)
        far = xp.logical_and(xp.isinf(a), xp.isfinite(b))
        imag = xp.where(far, xp.copysign(xp.zeros_like(b), b), xp.imag(out))
        return join(xp.where(a == 0, a, xp.real(out)), imag)

    def bitwise_left_shift(x1: Any, x2: Any, /) -> Any:
        # CuPy does what the hardware does: an int32 shifted by 32 may come out as it went in.
        out = xp.bitwise_left_shift(x1, x2)
        (x2,) = arrays(out, x2)
        return xp.where(x2 < xp.iinfo(out.dtype).bits, out, xp.zeros_like(out))

    def bitwise_right_shift(x1: Any, x2: Any, /) -> Any:
        known = x2 if isinstance(x1, int) else x1
        x1, x2 = arrays(known, x1, x2)
        return xp.bitwise_right_shift(x1, xp.minimum(x2, xp.full_like(x2, xp.iinfo(known.dtype).bits - 1)))

    functions = (
        floor_divide, remainder, expm1, log, log1p, acos, acosh, tanh, bitwise_left_shift, bitwise_right_shift,
    )  # fmt: skip
    return {function.__name__: function for function in functions if function.__name__ in names.split()}
