"""The incomplete gamma functions and their inverses, with derivatives with respect to both arguments.

Both sides are integrals of one bump: with t = x exp(w), gamma(a, x) is x**a exp(-x) times the integral of
exp(a w - x (exp(w) - 1)) over w, an entire function, which a quadrature of fixed size meets to rounding where the
integrand has fallen to exp(-40) at its end. On the lower side its fall is made fast by terms of the power series first
(DLMF 8.8.7 and 8.7.1). The derivatives, of every order, are those of the sums.
"""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.implicit import custom_root
from xnn.typing import A, Scalar

from .comparison import equal
from .creation import ones_like
from .elementwise import sqrt, square
from .error_functions import ndtri
from .exponential import exp, expm1, log, log1p
from .extrema import maximum, minimum
from .gamma_functions import gammaln
from .logic import logical_and, logical_or
from .quadrature import integral, on_arrays
from .searching import where

__all__ = ["gammainc", "gammaincc", "gammainccinv", "gammaincinv"]

FALL = 40.0  # exp(-40) is below the rounding of float64
TINY = -690.0  # log of what is about the smallest number
SHIFT = 16  # terms of the series before the integral
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)


def log_gamma_star(a: Any) -> Any:
    """log(Gamma(a) / (sqrt(2 pi) a**(a - 1/2) exp(-a))), which goes to 0 for large a (DLMF 5.11.1)."""
    large = a > 12
    inverse = 1 / where(large, a, 12.0)
    total = 0 * inverse + STIRLING[-1]
    for c in STIRLING[-2::-1]:
        total = total * square(inverse) + c
    small = where(large, 1.0, a)
    direct = gammaln(small) - (small - 0.5) * log(small) + small - 0.5 * math.log(2 * math.pi)
    return where(large, total * inverse, direct)


def log_density(a: Any, x: Any) -> Any:
    """log(x**a exp(-x) / Gamma(a)): of what is near 0 for large a, as the deviation of x from a."""
    ratio = x / a
    is_far = ratio < 0.5
    far, off = where(is_far, ratio, 0.5), where(is_far, -0.5, (x - a) / a)
    deviation = where(is_far, log(far) - (far - 1), log1p(off) - off)
    return a * deviation + 0.5 * log(a) - 0.5 * math.log(2 * math.pi) - log_gamma_star(a)


def _log_lower(a: Any, x: Any) -> Any:
    """log P(a, x) for an x of at most about a: terms of the series, and the integral for a + SHIFT."""
    term = 0 * x + 1
    total = term
    for n in range(1, SHIFT):
        term = term * x / (a + n)
        total = total + term
    b = a + SHIFT
    still, y = b.detach(), x.detach()
    off = still - y
    end = 2 * (sqrt(square(off) + FALL * y) - off) / y
    end = where(end < 1.5, end, (FALL + y) / still)
    for _ in range(6):  # Newton's method, from beyond, for where the integrand ends
        end = end - (still * end + y * expm1(-end) - FALL) / (still - y * exp(-end))
    rest = integral(lambda w, b, x: exp(-b * w - x * expm1(-w)), end, b, x)
    return log_density(a, x) - log(a) + log(total + term * x * rest)


def _log_upper(a: Any, x: Any) -> Any:
    """log Q(a, x) for x of more than about a, and at least about 1."""
    still, y = a.detach(), x.detach()
    off = y - still
    end = (-off + sqrt(square(off) + 2 * FALL * y)) / y
    end = minimum(end, log1p((FALL + still * end) / y))
    for _ in range(4):
        end = end - (still * end - y * expm1(end) + FALL) / (still - y * exp(end))
    return log_density(a, x) + log(integral(lambda w, a, x: exp(a * w - x * expm1(w)), end, a, x))


def _sides(a: Any, x: Any) -> tuple[Any, Any, Any]:
    """log P where x < a + 1, log Q elsewhere, and which; the arguments are in the domain, and finite."""
    is_lower = x < a + 1
    lower = _log_lower(a, where(is_lower, x, 0.5 * a))
    upper = _log_upper(where(is_lower, 1.0, a), where(is_lower, 3.0, x))
    return lower, upper, is_lower


def _of_domain(a: Any, x: Any, at_zero: float, inside: Any) -> Any:
    """Values where a > 0 and 0 < x < inf, with the limits and NaN elsewhere."""
    end = where(equal(x, 0.0), at_zero, 1 - at_zero)
    edge = logical_or(equal(x, 0.0), equal(x, math.inf))
    out = where(logical_and(edge, a > 0), end, math.nan)
    out = where(logical_and(equal(a, 0.0), x > 0), 1 - at_zero, out)  # all of the mass is at 0
    return where(_is_inside(a, x), inside, out)


def _is_inside(a: Any, x: Any) -> Any:
    return logical_and(logical_and(a > 0, a < math.inf), logical_and(x > 0, x < math.inf))


@on_arrays
def gammainc(a: A | Scalar, x: A | Scalar, /) -> A:
    """P(a, x), the regularised lower incomplete gamma function: the integral of t**(a - 1) exp(-t) / Gamma(a) up to x.

    Shapes: a and x broadcast. Types: real floating; integers become the default floating type. NaN for a < 0 or x < 0.
    Errors: in float64 relative ones of 1e-13 for a up to 1e4; above a + 1, of 1 - P.
    """
    inside = _is_inside(a, x)
    lower, upper, is_lower = _sides(where(inside, a, 1.0), where(inside, x, 1.0))
    return _of_domain(a, x, 0.0, where(is_lower, exp(lower), -expm1(upper)))


@on_arrays
def gammaincc(a: A | Scalar, x: A | Scalar, /) -> A:
    """Q(a, x) = 1 - P(a, x), the regularised upper incomplete gamma function.

    Shapes: a and x broadcast. Types: real floating; integers become the default floating type. NaN for a < 0 or x < 0.
    Errors: in float64 relative ones of 1e-13 for a up to 1e4, above a + 1; below it, of 1 - Q.
    """
    inside = _is_inside(a, x)
    lower, upper, is_lower = _sides(where(inside, a, 1.0), where(inside, x, 1.0))
    return _of_domain(a, x, 1.0, where(is_lower, -expm1(lower), exp(upper)))


# ---- inverses ----


def _inverse(a: Any, p: Any, is_upper: bool) -> Any:
    """The x with P(a, x) = p, or Q(a, x) = p: a > 0, 0 < p < 1."""
    value = gammaincc if is_upper else gammainc

    def solve(f: Any, guess: Any) -> Any:
        """Newton's method for the logarithm of the smaller probability, which is concave in log x."""
        still, q = a.detach(), p.detach()
        is_near = q <= 0.5  # p itself is the smaller one
        target = log(where(is_near, q, 1 - q))
        from_below = equal(is_near, not is_upper)  # the smaller one is P
        least = (where(from_below, target, math.log(0.5)) + gammaln(still + 1)) / still  # P(a, x) < x**a / Gamma(a + 1)
        # P(X >= a + sqrt(2 a t) + t) <= exp(-t): Boucheron, Lugosi and Massart, Concentration inequalities, 2013, 2.4
        t = -where(from_below, math.log(0.5), target)
        most = log(still + sqrt(2 * still * t) + t)
        z = ndtri(q) * (-1 if is_upper else 1)
        cube = 1 - 1 / (9 * still) + z / (3 * sqrt(still))  # Wilson and Hilferty
        y = where(cube > 0.1, log(still) + 3 * log(where(cube > 0.1, cube, 1.0)), least)
        y = minimum(maximum(y, least), most)
        for _ in range(16):
            x = exp(maximum(y, TINY))
            lower, upper, is_lower = _sides(still, x)
            ahead = where(from_below, lower, log1p(-exp(lower)))
            beyond = where(from_below, log1p(-exp(upper)), upper)
            small = where(is_lower, ahead, beyond)
            slope = exp(log_density(still, x) - small) * where(from_below, 1.0, -1.0)
            step = (small - target) / slope
            y = minimum(maximum(y - step, least), most)
        return exp(where(y <= TINY, least, y))  # where the power series' first term is all

    def residual(x: Any, a: Any, p: Any) -> Any:
        return value(a, x) - p

    return custom_root(residual, 0 * p.detach() + 1, solve, lambda g, y: y / g(ones_like(y)), (a, p))


def _inverted(a: Any, p: Any, is_upper: bool) -> Any:
    inside = logical_and(logical_and(a > 0, a < math.inf), logical_and(p > 0, p < 1))
    found = _inverse(where(inside, a, 1.0), where(inside, p, 0.5), is_upper)
    zero, infinite = (1.0, 0.0) if is_upper else (0.0, 1.0)
    out = where(equal(p, zero), 0.0, where(equal(p, infinite), math.inf, math.nan))
    return where(inside, found, where(a > 0, out, math.nan))


@on_arrays
def gammaincinv(a: A | Scalar, p: A | Scalar, /) -> A:
    """The x with gammainc(a, x) = p.

    Shapes: a and p broadcast. Types: real floating; integers become the default floating type. NaN for a < 0, and for a
    p outside of [0, 1]. Derivatives are those of the equation.
    """
    return _inverted(a, p, is_upper=False)


@on_arrays
def gammainccinv(a: A | Scalar, q: A | Scalar, /) -> A:
    """The x with gammaincc(a, x) = q.

    Shapes: a and q broadcast. Types: real floating; integers become the default floating type. NaN for a < 0, and for a
    q outside of [0, 1]. Derivatives are those of the equation.
    """
    return _inverted(a, q, is_upper=True)
