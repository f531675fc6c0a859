"""Modified Bessel functions of the second kind, and of the first kind of any order; special.py says what is common.

K, scaled by exp(x), from 1 on: the integral over t of exp(-x (cosh t - 1)) cosh(n t) (DLMF 10.32.9), with u**2 in the
place of x (cosh t - 1), by the trapezoidal rule, whose error falls exponentially in the number of nodes. Below: power
series (DLMF 10.31.1, 10.31.2). Other whole orders: recurrence upward (DLMF 10.29.1). I: the power series (DLMF
10.25.2), Hankel's expansion from FAR on (DLMF 10.40.1), and Debye's for large orders (DLMF 10.41.3). Derivatives: DLMF
10.29.2.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from typing import Any

from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import integer
from xnn.typing import A, Scalar

from .error_functions import polynomial
from .gamma_functions import EULER, gammaln, is_pole
from .promotion import in_single, real_floating

__all__ = ["iv", "ive", "k0", "k0e", "k1", "k1e", "kn"]

STEP, NODES = 0.25, 26  # exp(-(STEP * NODES)**2) is below the rounding of float64
FAR, LARGE = 60.0, 15.0


@cache
def _series(order: int) -> tuple[list[float], list[float]]:
    """Coefficients in powers of x**2 / 4, highest first: of I / (x / 2)**order, and those times digamma's."""
    plain, weighted = [], []
    for k in range(14, -1, -1):
        c = 1.0 / (math.factorial(k) * math.factorial(k + order))
        psi = [math.fsum(1 / i for i in range(1, n + 1)) - EULER for n in (k, k + order)]
        plain.append(c)
        weighted.append(c * math.fsum(psi) / 2)
    return plain, weighted


def _scaled_01(xp: Any, x: Any) -> tuple[Any, Any]:
    """exp(x) K of the orders 0 and 1, of x > 0."""
    is_near = x < 1
    near, far = xp.where(is_near, x, 0.5), xp.where(is_near, 1.0, x)
    square, logarithm, grown = 0.25 * near * near, xp.log(near / 2), xp.exp(near)
    (plain0, weighted0), (plain1, weighted1) = _series(0), _series(1)
    zero = polynomial(square, weighted0) - logarithm * polynomial(square, plain0)
    half = 0.5 * near
    one = 1 / near + half * (logarithm * polynomial(square, plain1) - polynomial(square, weighted1))
    inverse = 1 / (2 * far)
    total0, total1 = 0.5 * xp.ones_like(x), 0.5 * xp.ones_like(x)
    for i in range(1, NODES):
        u = i * STEP
        part = math.exp(-u * u) / xp.sqrt(1 + u * u * inverse)
        total0, total1 = total0 + part, total1 + part * (1 + 2 * u * u * inverse)
    scale = 2 * STEP * xp.sqrt(inverse)
    return xp.where(is_near, grown * zero, scale * total0), xp.where(is_near, grown * one, scale * total1)


def _slope_of_scaled(x: Any, out: Any, order: int) -> Any:
    if order == 0:
        return out - _scaled_k(x, order=1)
    return out - 0.5 * (_scaled_k(x, order=order - 1) + _scaled_k(x, order=order + 1))


@primitive(
    lambda xp, g, out, x, order: g * _slope_of_scaled(x, out, order),
    keeps="x out",
    promote=real_floating,
    kind="elementwise",
)
def _scaled_k(xp: Any, x: A, /, *, order: int) -> A:
    """exp(x) K of an order of 0 or more; infinite at 0, NaN below."""
    usual = xp.logical_and(x > 0, xp.isfinite(x))
    inside = xp.where(usual, x, 1.0)
    low, high = _scaled_01(xp, inside)
    for n in range(1, order):
        low, high = high, low + 2 * n / inside * high
    value = xp.where(
        usual, high if order else low, xp.where(x == 0, math.inf, xp.where(x > 0, xp.zeros_like(x), math.nan))
    )
    return xp.where(xp.isnan(x), x, value)


def _slope_of_k(xp: Any, g: Any, out: Any, x: Any, order: int) -> Any:
    if order == 0:
        return -g * _bessel_k(x, order=1)
    return -0.5 * g * (_bessel_k(x, order=order - 1) + _bessel_k(x, order=order + 1))


@primitive(_slope_of_k, keeps="x", promote=real_floating, kind="elementwise")
def _bessel_k(xp: Any, x: A, /, *, order: int) -> A:
    """K of an order of 0 or more; infinite at 0, NaN below."""
    fallen = xp.exp(-0.5 * xp.where(x > 0, x, 0.0))  # twice, as exp(-x) underflows before the product does
    value = fallen * _scaled_k.forward(xp, x, order=order) * fallen
    return xp.where(x == math.inf, 0.0, value)


_scaled_k.name, _bessel_k.name = "kne", "kn"


def k0(x: A, /) -> A:
    """The modified Bessel function of the second kind of order 0; infinite at 0, NaN below; to 6 eps.

    Shape: any, kept. Types: real floating.
    """
    return _bessel_k(x, order=0)


def k0e(x: A, /) -> A:
    """exp(x) k0(x); to 6 eps.

    Shape: any, kept. Types: real floating.
    """
    return _scaled_k(x, order=0)


def k1(x: A, /) -> A:
    """The modified Bessel function of the second kind of order 1; infinite at 0, NaN below; to 6 eps.

    Shape: any, kept. Types: real floating.
    """
    return _bessel_k(x, order=1)


def k1e(x: A, /) -> A:
    """exp(x) k1(x); to 6 eps.

    Shape: any, kept. Types: real floating.
    """
    return _scaled_k(x, order=1)


def kn(n: int, x: A) -> A:
    """The modified Bessel function of the second kind of a whole order n, with a derivative by x; to 6 eps + n eps.

    Shape: any, kept. Types: real floating. Raises: OptionError for an order that is no int.
    """
    return _bessel_k(x, order=abs(integer("kn", "n", n)))


# ---- of the first kind, of any order ----


@cache
def _debye() -> tuple[tuple[float, ...], ...]:
    """The polynomials u_k of DLMF 10.41.10, each highest power first."""
    found = [[Fraction(1)]]  # lowest power first
    for _ in range(12):
        u = found[-1]
        new = [Fraction(0)] * (len(u) + 3)
        for i, c in enumerate(u):
            new[i + 1] += c * i / 2 + c / (8 * (i + 1))
            new[i + 3] -= c * i / 2 + 5 * c / (8 * (i + 3))
        found.append(new)
    return tuple(tuple(float(c) for c in reversed(u)) for u in found)


def _of_large_order(xp: Any, v: Any, x: Any) -> Any:
    """exp(-x) I, by Debye's expansion, of v >= LARGE and x >= 0."""
    z = x / v
    root = xp.hypot(xp.ones_like(z), z)
    p = 1 / root
    terms = [u[0] * xp.ones_like(p) if len(u) == 1 else polynomial(p, u) for u in _debye()]
    total = terms[-1]
    for term in terms[-2::-1]:
        total = total / v + term
    # v (root + log(z / (1 + root))) - x, where root - z = 1 / (root + z)
    exponent = v * (1 / (root + z) + xp.log(z / (1 + root)))
    return xp.exp(exponent) * total / xp.sqrt(2 * math.pi * v * root)


def _of_small_order(xp: Any, v: Any, x: Any) -> Any:
    """exp(-x) I of x > 0: the power series, and Hankel's expansion."""
    near, far = xp.where(x < FAR, x, 1.0), xp.where(x < FAR, FAR, x)
    square = 0.25 * near * near
    pole = is_pole(xp, v + 1)
    shifted = xp.where(pole, 1.0, v + 1)
    sign = 1.0 - 2.0 * xp.astype(xp.logical_and(shifted < 0, xp.floor(shifted) % 2 == 1), x.dtype)
    lead = sign * xp.exp(v * xp.log(0.5 * near) - gammaln.forward(xp, shifted) - near)
    term, total = xp.ones_like(x), xp.ones_like(x)
    for k in range(1, 110):
        term = term * square / (k * (v + k))
        total = total + term
    square_of_order, large, sums = 4 * v * v, xp.ones_like(x), xp.ones_like(x)
    for k in range(1, 40):
        large = -large * (square_of_order - (2 * k - 1) ** 2) / (8 * k) / far
        sums = sums + large
    return xp.where(x < FAR, lead * total, sums / xp.sqrt(2 * math.pi * far))


def _slope_of_ive(xp: Any, g: Any, out: Any, v: Any, x: Any) -> Any:
    return g * (0.5 * (ive(v - 1, x) + ive(v + 1, x)) - xp.sign(x) * out)


@primitive(None, _slope_of_ive, keeps="v x out", promote=real_floating, kind="elementwise")
def ive(xp: Any, v: A | Scalar, x: A | Scalar, /) -> A:
    """exp(-|x|) I of the order v, with a derivative by x alone; below 0 of whole orders alone, and NaN otherwise.

    Shapes: v and x broadcast. Types: real floating. To 40 eps, times the size of its logarithm.
    """
    like = xp.zeros_like(x if hasattr(x, "shape") else v)  # one may be a number
    v, x = v + like, x + like
    v, x = xp.broadcast_arrays(v, x)
    whole = v == xp.floor(v)
    order = xp.where(xp.logical_and(whole, v < 0), -v, v)
    y = xp.abs(x)
    inside = xp.where(xp.logical_and(y > 0, xp.isfinite(y)), y, 1.0)
    is_large = order >= LARGE
    value = xp.where(
        is_large,
        _of_large_order(xp, xp.where(is_large, order, LARGE), inside),
        _of_small_order(xp, xp.where(is_large, 1.0, order), inside),
    )
    value = xp.where(y == math.inf, 0.0, value)
    at_0 = xp.where(order == 0, 1.0, xp.where(order > 0, xp.zeros_like(order), math.inf))
    value = xp.where(y == 0, at_0, value)
    odd = xp.logical_and(whole, v % 2 == 1)
    value = xp.where(x < 0, xp.where(odd, -value, xp.where(whole, value, math.nan)), value)
    return xp.where(xp.isnan(v + x), v + x, value)


def _slope_of_iv(xp: Any, g: Any, out: Any, v: Any, x: Any) -> Any:
    return 0.5 * g * (iv(v - 1, x) + iv(v + 1, x))


@primitive(None, _slope_of_iv, keeps="v x", promote=real_floating, kind="elementwise")
def iv(xp: Any, v: A | Scalar, x: A | Scalar, /) -> A:
    """The modified Bessel function of the first kind of the order v, with a derivative by x alone.

    Shapes: v and x broadcast. Types: real floating. Below 0 of whole orders alone, and NaN otherwise. To 40 eps, times
    the size of its logarithm.
    """
    y = xp.abs(x + xp.zeros_like(x if hasattr(x, "shape") else v))
    finite = xp.where(xp.isfinite(y), y, 0.0)
    grown = xp.exp(0.5 * finite)  # twice, as exp(x) overflows before the product does
    value = grown * ive.forward(xp, v, x) * grown
    return xp.where(y == math.inf, xp.copysign(xp.full_like(value, math.inf), value), value)


in_single(_scaled_k, _bessel_k, ive, iv)
