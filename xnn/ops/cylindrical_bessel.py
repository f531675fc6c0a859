"""Bessel functions of the first and second kind, of whole orders; special.py says what they have in common.

Below FAR: J by the trapezoidal rule for Bessel's integral (DLMF 10.9.2), whose error falls faster than exponentially in
the number of nodes, since the integrand is periodic; Y by Neumann's expansions in J of higher orders (DLMF 10.23.16 and
17), which become weights of the same nodes. Beyond: Hankel's expansions (DLMF 10.17.3, 10.17.4). Other orders: by
recurrence (DLMF 10.6.1) where it is stable, and where J is small against its order, by the power series (DLMF 10.2.2).
Derivatives: DLMF 10.6.1 to 10.6.3. Errors are absolute: J and Y go through 0.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import integer
from xnn.typing import A

from .error_functions import polynomial
from .promotion import in_single, real_floating

__all__ = ["j0", "j1", "jn", "y0", "y1", "yn"]

FAR = 25.0
EULER = 0.57721566490153286061


@cache
def _nodes(order: int, limit: float) -> tuple[list[float], list[float], list[float]]:
    """Sines of angles, and weights: J is the weighted sum of cos, or for an odd order of sin, of x times these.

    The third are the weights of the sum in Neumann's expansion of Y, of the orders 0 and 1.
    """
    count = 4 * math.ceil((max(limit, order) + 40) / 4)
    angles = [math.pi * i / count for i in range(count // 2 + 1)]  # a half of the half period, which the rest repeats
    sines, weights, others = [], [], []
    for i, angle in enumerate(angles):
        share = (1 if i in (0, count // 2) else 2) / count
        wave = math.cos if order % 2 == 0 else math.sin
        sines.append(math.sin(angle))
        weights.append(share * wave(order * angle))
        terms = range(1, count // 2 - 4)  # of higher orders J is below the rounding
        if order == 0:
            others.append(share * math.fsum((-1) ** k / k * math.cos(2 * k * angle) for k in terms))
        else:
            odd = ((-1) ** k * (2 * k + 1) / (k * (k + 1)) * math.sin((2 * k + 1) * angle) for k in terms)
            others.append(share * math.fsum(odd))
    return sines, weights, others


def _sum_over_nodes(xp: Any, x: Any, order: int, sines: list[float], weights: list[float]) -> Any:
    wave = xp.cos if order % 2 == 0 else xp.sin
    total = xp.zeros_like(x)
    for sine, weight in zip(sines, weights, strict=True):
        if sine or order % 2 == 0:
            total = total + weight * wave(sine * x)
    return total


@cache
def _hankel(order: int) -> tuple[list[float], list[float]]:
    """Coefficients of P and of x Q in powers of 1 / x**2, highest first."""
    terms = [1.0]
    for k in range(1, 24):
        terms.append(terms[-1] * (4 * order * order - (2 * k - 1) ** 2) / (8 * k))
    even = [(-1) ** (k // 2) * terms[k] for k in range(0, 24, 2)]
    odd = [(-1) ** (k // 2) * terms[k] for k in range(1, 24, 2)]
    return even[::-1], odd[::-1]


def _far(xp: Any, x: Any, order: int) -> tuple[Any, Any]:
    """J and Y of the order 0 or 1, for x >= FAR."""
    even, odd = _hankel(order)
    inverse = 1 / x
    p, q = polynomial(inverse * inverse, even), inverse * polynomial(inverse * inverse, odd)
    sine, cosine = xp.sin(x), xp.cos(x)
    # of x - pi / 4, and a quarter turn less for the order 1, but for a factor sqrt(1 / 2)
    c, s = (cosine + sine, sine - cosine) if order == 0 else (sine - cosine, -(cosine + sine))
    scale = 1 / xp.sqrt(math.pi * x)
    return scale * (p * c - q * s), scale * (p * s + q * c)


def _first(xp: Any, y: Any, order: int) -> Any:
    """J of the order 0 or 1, of y >= 0."""
    near, far = xp.where(y < FAR, y, 0.0), xp.where(xp.logical_and(y >= FAR, xp.isfinite(y)), y, FAR)
    sines, weights, _ = _nodes(order, FAR)
    value = xp.where(y < FAR, _sum_over_nodes(xp, near, order, sines, weights), _far(xp, far, order)[0])
    return xp.where(y == math.inf, 0.0, xp.where(xp.isnan(y), y, value))


def _second(xp: Any, x: Any, order: int) -> Any:
    """Y of the order 0 or 1."""
    is_near = xp.logical_and(x > 0, x < FAR)
    near, far = xp.where(is_near, x, 1.0), xp.where(xp.logical_and(x >= FAR, xp.isfinite(x)), x, FAR)
    sines, weights, others = _nodes(order, FAR)
    first = _sum_over_nodes(xp, near, order, sines, weights)
    rest = _sum_over_nodes(xp, near, order, sines, others)
    rest = rest + _first(xp, near, 0) / near if order else 2 * rest
    value = 2 / math.pi * ((xp.log(near / 2) + (EULER - order)) * first - rest)
    value = xp.where(is_near, value, _far(xp, far, order)[1])
    value = xp.where(x == math.inf, 0.0, xp.where(x == 0, -math.inf, value))
    return xp.where(xp.logical_or(x < 0, xp.isnan(x)), math.nan, value)


def _upward(xp: Any, x: Any, low: Any, high: Any, order: int) -> Any:
    """Of the functions of the orders 0 and 1, that of another one."""
    for n in range(1, order):
        low, high = high, 2 * n / x * high - low
    return high


def _power_series(xp: Any, x: Any, order: int) -> Any:
    """J for x**2 <= 4 (order + 1), where the terms fall from the first one on."""
    square = -0.25 * x * x
    term, total = xp.ones_like(x), xp.ones_like(x)
    for k in range(1, 26):
        term = term * square / (k * (k + order))
        total = total + term
    half = 0.5 * x
    lead = xp.ones_like(x)
    for k in range(1, order + 1):
        lead = lead * half / k
    return lead * total


@primitive(lambda xp, g, out, x, order: g * _slope_j(x, order), keeps="x", promote=real_floating, kind="elementwise")
def _bessel_j(xp: Any, x: A, /, *, order: int) -> A:
    """J of an order of 0 or more."""
    y = xp.abs(x)
    if order < 2:
        value = _first(xp, y, order)
    else:
        limit = max(FAR, float(order))
        is_near = y < limit
        sines, weights, _ = _nodes(order, limit)
        near, far = xp.where(is_near, y, 0.0), xp.where(xp.logical_and(y >= limit, xp.isfinite(y)), y, limit)
        value = _sum_over_nodes(xp, near, order, sines, weights)
        is_small = y * y <= 4 * (order + 1)
        value = xp.where(is_small, _power_series(xp, xp.where(is_small, y, 0.0), order), value)
        value = xp.where(is_near, value, _upward(xp, far, _first(xp, far, 0), _first(xp, far, 1), order))
        value = xp.where(y == math.inf, 0.0, xp.where(xp.isnan(y), y, value))
    return xp.where(x < 0, -value, value) if order % 2 else value


@primitive(lambda xp, g, out, x, order: g * _slope_y(x, order), keeps="x", promote=real_floating, kind="elementwise")
def _bessel_y(xp: Any, x: A, /, *, order: int) -> A:
    """Y of an order of 0 or more."""
    if order < 2:
        return _second(xp, x, order)
    usual = xp.logical_and(x > 0, xp.isfinite(x))
    inside = xp.where(usual, x, 1.0)
    value = _upward(xp, inside, _second(xp, inside, 0), _second(xp, inside, 1), order)
    value = xp.where(xp.isnan(value), -math.inf, value)  # infinity less infinity
    value = xp.where(x == math.inf, 0.0, xp.where(x == 0, -math.inf, value))
    return xp.where(xp.logical_or(x < 0, xp.isnan(x)), math.nan, value)


def _slope_j(x: Any, order: int) -> Any:
    if order == 0:
        return -_bessel_j(x, order=1)
    return 0.5 * (_bessel_j(x, order=order - 1) - _bessel_j(x, order=order + 1))


def _slope_y(x: Any, order: int) -> Any:
    if order == 0:
        return -_bessel_y(x, order=1)
    return 0.5 * (_bessel_y(x, order=order - 1) - _bessel_y(x, order=order + 1))


_bessel_j.name, _bessel_y.name = "jn", "yn"


def j0(x: A, /) -> A:
    """The Bessel function of the first kind of order 0; to 4 eps.

    Shape: any, kept. Types: real floating.
    """
    return _bessel_j(x, order=0)


def j1(x: A, /) -> A:
    """The Bessel function of the first kind of order 1; to 4 eps.

    Shape: any, kept. Types: real floating.
    """
    return _bessel_j(x, order=1)


def jn(n: int, x: A) -> A:
    """The Bessel function of the first kind of a whole order n, which has a derivative by x; to 4 eps for small n.

    Shape: any, kept. Types: real floating. Raises: OptionError for an order that is no int.
    """
    order = integer("jn", "n", n)
    value = _bessel_j(x, order=abs(order))
    return -value if order < 0 and order % 2 else value


def y0(x: A, /) -> A:
    """The Bessel function of the second kind of order 0; NaN below 0, where it is complex; to 8 eps.

    Shape: any, kept. Types: real floating.
    """
    return _bessel_y(x, order=0)


def y1(x: A, /) -> A:
    """The Bessel function of the second kind of order 1; NaN below 0, where it is complex; to 8 eps of 1 or its value.

    Shape: any, kept. Types: real floating.
    """
    return _bessel_y(x, order=1)


def yn(n: int, x: A) -> A:
    """The Bessel function of the second kind of a whole order n, which has a derivative by x.

    Shape: any, kept. Types: real floating. Raises: OptionError for an order that is no int.
    """
    order = integer("yn", "n", n)
    value = _bessel_y(x, order=abs(order))
    return -value if order < 0 and order % 2 else value


in_single(_bessel_j, _bessel_y)
