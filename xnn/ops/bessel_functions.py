"""Modified Bessel functions, and sinc, a spherical one; special.py says what they have in common.

Both are divided by a power of the argument: then they are entire, and the derivative of each is the argument times the
next (DLMF 10.29.4, 10.51.3), so that there is nothing to divide by at 0. Near 0: their power series (DLMF 10.25.2,
10.53.1). Far away: Hankel's expansion (DLMF 10.40.1), and the recurrence in the order (DLMF 10.51.1).
"""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.primitive import primitive
from xnn.typing import A

from .error_functions import polynomial
from .gamma_functions import sine_of_pi
from .promotion import in_single, real_floating

__all__ = [
    "i0",
    "i0e",
    "i1",
    "i1e",
    "sinc",
]

FAR = 22.0


def _scaled_rule(xp: Any, g: Any, out: Any, x: Any, order: int) -> Any:
    return g * (x * _scaled(x, order=order + 1) - xp.sign(x) * out)


@primitive(_scaled_rule, keeps="x out", kind="elementwise")
def _scaled(xp: Any, x: A, /, *, order: int) -> A:
    """exp(-|x|) I(x) / x**order, of a whole order."""
    y = xp.abs(x)
    near = xp.where(y < FAR, y, FAR)
    # in powers of a number of at most 1, so that no coefficient is too small for float32
    terms = [
        (FAR / 2) ** (2 * k) / (math.factorial(k) * math.factorial(k + order) * 2**order) for k in range(48, -1, -1)
    ]
    series = polynomial((near / FAR) ** 2, terms) * xp.exp(-near)
    # dividing infinity by itself gives NaN
    large = xp.where(xp.logical_and(y >= FAR, xp.isfinite(y)), y, FAR)
    coefficients = [1.0]
    for k in range(1, 31):
        coefficients.append(-coefficients[-1] * (4 * order**2 - (2 * k - 1) ** 2) / (8 * k))
    hankel = polynomial(1 / large, coefficients[::-1]) / xp.sqrt(2 * math.pi * large)
    for _ in range(order):
        hankel = hankel / large
    value = xp.where(y < FAR, series, xp.where(xp.isfinite(y), hankel, 0.0))
    return xp.where(xp.isnan(x), x, value)


def _next(xp: Any, g: Any, out: Any, x: Any, order: int) -> Any:
    return g * x * _entire(x, order=order + 1)


@primitive(_next, keeps="x", kind="elementwise")
def _entire(xp: Any, x: A, /, *, order: int) -> A:
    """I(x) / x**order, of a whole order."""
    finite = xp.where(xp.isfinite(x), x, 0.0)
    grown = xp.exp(0.5 * xp.abs(finite))  # twice, as exp(|x|) overflows before the product does
    return xp.where(xp.isfinite(x), grown * _scaled.forward(xp, finite, order=order) * grown, xp.abs(x))


def _i0(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return g * i1(x)


@primitive(_i0, keeps="x", promote=real_floating, kind="elementwise")
def i0(xp: Any, x: A, /) -> A:
    """The modified Bessel function of order 0; to 10 eps.

    Shape: any, kept. Types: real floating.
    """
    return _entire.forward(xp, x, order=0)


@primitive(
    lambda xp, g, out, x: g * (_entire(x, order=1) + x * (x * _entire(x, order=2))),
    keeps="x",
    promote=real_floating,
    kind="elementwise",
)
def i1(xp: Any, x: A, /) -> A:
    """The modified Bessel function of order 1; to 10 eps.

    Shape: any, kept. Types: real floating.
    """
    return xp.where(xp.isfinite(x), x, xp.sign(x)) * _entire.forward(xp, x, order=1)


def _i0e(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return g * (i1e(x) - xp.sign(x) * out)


@primitive(_i0e, keeps="x out", promote=real_floating, kind="elementwise")
def i0e(xp: Any, x: A, /) -> A:
    """exp(-|x|) i0(x), which has a kink at 0, where its derivative is 0; to 8 eps.

    Shape: any, kept. Types: real floating.
    """
    return _scaled.forward(xp, x, order=0)


def _i1e(xp: Any, g: Any, out: Any, x: Any) -> Any:
    is_near = xp.abs(x) < 1
    near, far = xp.where(is_near, x, 0.5), xp.where(is_near, 1.0, x)
    slope = (1 - xp.abs(near)) * _scaled(near, order=1) + near * (near * _scaled(near, order=2))
    return g * xp.where(is_near, slope, i0e(x) - out * (xp.sign(x) + 1 / far))


@primitive(_i1e, keeps="x out", promote=real_floating, kind="elementwise")
def i1e(xp: Any, x: A, /) -> A:
    """exp(-|x|) i1(x), whose derivative at 0 is 1 / 2; to 10 eps.

    Shape: any, kept. Types: real floating.
    """
    return xp.where(xp.isfinite(x), x, 0.0) * _scaled.forward(xp, x, order=1)


def _next_spherical(xp: Any, g: Any, out: Any, x: Any, order: int = 0) -> Any:
    return -(math.pi**2) * g * x * _spherical(x, order=order + 1)


@primitive(_next_spherical, keeps="x", kind="elementwise")
def _spherical(xp: Any, x: A, /, *, order: int) -> A:
    """j(pi x) / (pi x)**order, of the spherical Bessel function j of a whole order."""
    y = xp.abs(x)
    limit = 0.5 + 0.5 * order
    near = math.pi * xp.where(y < limit, y, limit)
    double = math.prod(range(1, 2 * order + 2, 2))
    terms = [1.0 / double]
    for k in range(1, 20 + 4 * order):
        terms.append(-terms[-1] / (2 * k * (2 * order + 2 * k + 1)))
    series = polynomial(near * near, terms[::-1])
    is_far = xp.logical_and(y >= limit, xp.isfinite(y))
    large = xp.where(is_far, y, limit)
    z = math.pi * large
    sine, cosine = sine_of_pi(xp, large)
    half = 0.5 * xp.round(large)
    sign = 1 - 4 * (half - xp.floor(half))  # 1 where it rounds to an even number, -1 to an odd one
    before, here = sign * cosine, sign * sine / z
    for n in range(order):
        before, here = here, ((2 * n + 1) * here - before) / z / z
    return xp.where(y < limit, series, xp.where(is_far, here, math.nan))


@primitive(_next_spherical, keeps="x", promote=real_floating, kind="elementwise")
def sinc(xp: Any, x: A, /) -> A:
    """sin(pi x) / (pi x), 1 at 0, and 0 at other whole numbers exactly; NaN at infinity; to 2 eps.

    Shape: any, kept. Types: real floating.
    """
    return _spherical.forward(xp, x, order=0)


in_single(_scaled, _entire, i0, i1, i0e, i1e, _spherical)
