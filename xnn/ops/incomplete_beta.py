"""The incomplete beta function and its inverses, with derivatives with respect to all arguments.

As for the incomplete gamma function, what is integrated is one bump: with u = log(t / (1 - t)) the integrand is
t**a (1 - t)**b, whose nearest singularity is at the distance pi from the real axis, so that a quadrature of fixed size
meets it to rounding. Terms of the power series first (DLMF 8.17.20) make its fall fast for a small a.
"""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.implicit import custom_root
from xnn.typing import A, Scalar

from .comparison import equal
from .creation import ones_like
from .error_functions import ndtri
from .exponential import exp, expm1, log, log1p
from .extrema import maximum, minimum
from .gamma_functions import betaln
from .incomplete_gamma import FALL, SHIFT, log_gamma_star
from .logic import logical_and, logical_or
from .quadrature import integral, on_arrays
from .searching import where
from .special import expit, log_expit

__all__ = ["betainc", "betaincc", "betainccinv", "betaincinv"]

WIDE = 50.0  # the longest step of Newton's method, in u


def log_density(a: Any, b: Any, u: Any) -> Any:
    """log(t**a (1 - t)**b / B(a, b)) for t = expit(u), as the deviation from the place of the maximum."""
    near, far = log_expit(u), log_expit(-u)
    log_p, log_q = log(a / (a + b)), log(b / (a + b))
    scale = 0.5 * (log(a) + log_q) - 0.5 * math.log(2 * math.pi)
    star = log_gamma_star(a + b) - log_gamma_star(a) - log_gamma_star(b)
    return a * (near - log_p) + b * (far - log_q) + scale + star


def _log_lower(a: Any, b: Any, u: Any) -> Any:
    """log I(a, b) at expit(u) below about a / (a + b): terms of the series, and the integral for a + SHIFT."""
    x = expit(u)
    term = 0 * x + 1
    total = term
    for n in range(1, SHIFT):
        term = term * x * (a + b + n - 1) / (a + n)
        total = total + term
    c = a + SHIFT
    s, d, v = c.detach(), b.detach(), u.detach()
    y = x.detach()
    end = (FALL + (s + d) * -log_expit(-v)) / s
    for _ in range(10):  # Newton's method, from beyond, for where the integrand ends
        # softplus(v) - softplus(v - end), without cancellation
        fall = -log1p(y * expm1(-end))
        end = end - (s * end - (s + d) * fall - FALL) / (s - (s + d) * expit(v - end))
    rest = integral(lambda w, c, b, x: exp(-c * w - (c + b) * log1p(x * expm1(-w))), end, c, b, x)
    factor = term * x * (a + b + SHIFT - 1)
    return log_density(a, b, u) - log(a) + log(total + factor * rest)


def _log_sides(a: Any, b: Any, u: Any) -> tuple[Any, Any, Any]:
    """log I at expit(u) below the mean, log(1 - I) above it, and which; the arguments are in the domain."""
    is_lower = u < log((a + 1) / (b + 1)).detach()
    here = where(is_lower, u, -u)
    found = _log_lower(where(is_lower, a, b), where(is_lower, b, a), here)
    return found, found, is_lower


def _betainc(a: Any, b: Any, x: Any, is_upper: bool) -> Any:
    inside = _is_inside(a, b, x)
    safe = where(inside, x, 0.5)
    u = log(safe) - log1p(-safe)
    lower, upper, is_lower = _log_sides(where(inside, a, 1.0), where(inside, b, 1.0), u)
    sides = (-expm1(lower), exp(upper)) if is_upper else (exp(lower), -expm1(upper))
    value = where(is_lower, *sides)
    ends = where(equal(x, 0.0), 1.0 * is_upper, 1.0 - is_upper)
    edge = logical_and(_is_sound(a, b), logical_or(equal(x, 0.0), equal(x, 1.0)))
    return where(inside, value, where(edge, ends, math.nan))


def _is_sound(a: Any, b: Any) -> Any:
    return logical_and(logical_and(a > 0, a < math.inf), logical_and(b > 0, b < math.inf))


def _is_inside(a: Any, b: Any, x: Any) -> Any:
    return logical_and(_is_sound(a, b), logical_and(x > 0, x < 1))


@on_arrays
def betainc(a: A | Scalar, b: A | Scalar, x: A | Scalar, /) -> A:
    """I_x(a, b), the regularised incomplete beta function: the integral of t**(a-1) (1-t)**(b-1) / B(a, b) up to x.

    Shapes: a, b and x broadcast. Types: real floating; integers become the default floating type. NaN unless a and b
    are positive and finite, and x is from 0 to 1. Errors: in float64 relative ones of 1e-12 for a and b up to 1e4;
    above about a / (a + b), of 1 - I.
    """
    return _betainc(a, b, x, is_upper=False)


@on_arrays
def betaincc(a: A | Scalar, b: A | Scalar, x: A | Scalar, /) -> A:
    """1 - I_x(a, b), the complement of the regularised incomplete beta function, without its rounding errors.

    Shapes: a, b and x broadcast. Types: real floating; integers become the default floating type. NaN as of betainc.
    """
    return _betainc(a, b, x, is_upper=True)


# ---- inverses ----


def _inverse(a: Any, b: Any, p: Any, is_upper: bool) -> Any:
    """The x with I_x(a, b) = p, or 1 - p: 0 < p < 1."""

    def solve(f: Any, guess: Any) -> Any:
        """Newton's method for the logarithm of the smaller probability, which is concave in u = log(x / (1 - x))."""
        s, d, q = a.detach(), b.detach(), p.detach()
        is_near = q <= 0.5  # p itself is the smaller one
        target = log(where(is_near, q, 1 - q))
        from_below = equal(is_near, not is_upper)  # the smaller one is I
        # turned round where it is not: then I is the smaller one everywhere
        c, e = where(from_below, s, d), where(from_below, d, s)
        least = _least(c, e, target)
        y = maximum(_start(c, e, target), least)
        for _ in range(20):
            lower, upper, is_lower = _log_sides(c, e, y)
            small = where(is_lower, lower, log(-expm1(where(is_lower, -1.0, upper))))
            step = (small - target) / exp(log_density(c, e, y) - small)
            y = maximum(y - minimum(maximum(step, -WIDE), WIDE), least)
        return expit(where(from_below, y, -y))

    value = betaincc if is_upper else betainc

    def residual(x: Any, a: Any, b: Any, p: Any) -> Any:
        return value(a, b, x) - p

    return custom_root(residual, 0 * p.detach() + 0.5, solve, lambda g, y: y / g(ones_like(y)), (a, b, p))


def _least(a: Any, b: Any, target: Any) -> Any:
    """A u below the root: I <= x**a / (a B(a, b)) * max(1, (1 - x)**(b - 1)), of which the power of x is the most."""
    first = (target + log(a) + betaln(a, b)) / a
    # for b < 1 the density grows beyond the power's; 1 / b times as much is more than all
    return minimum(first + minimum(log(minimum(b, 1.0)) / a, 0.0), 0.0) - 1.0


def _start(a: Any, b: Any, target: Any) -> Any:
    """Near the root for a and b that are not small: the normal approximation of u."""
    z = ndtri(exp(target))
    spread = (1 / a + 1 / b) ** 0.5
    return log(a / b) + z * spread


def _inverted(a: Any, b: Any, p: Any, is_upper: bool) -> Any:
    sound = _is_sound(a, b)
    inside = logical_and(sound, logical_and(p > 0, p < 1))
    found = _inverse(where(inside, a, 1.0), where(inside, b, 1.0), where(inside, p, 0.5), is_upper)
    ends = where(equal(p, 0.0), 1.0 * is_upper, 1.0 - is_upper)
    edge = logical_and(sound, logical_or(equal(p, 0.0), equal(p, 1.0)))
    return where(inside, found, where(edge, ends, math.nan))


@on_arrays
def betaincinv(a: A | Scalar, b: A | Scalar, p: A | Scalar, /) -> A:
    """The x with betainc(a, b, x) = p.

    Shapes: a, b and p broadcast. Types: real floating; integers become the default floating type. NaN unless a and b
    are positive and finite, and p is from 0 to 1. Derivatives are those of the equation.
    """
    return _inverted(a, b, p, is_upper=False)


@on_arrays
def betainccinv(a: A | Scalar, b: A | Scalar, q: A | Scalar, /) -> A:
    """The x with betaincc(a, b, x) = q.

    Shapes: a, b and q broadcast. Types: real floating; integers become the default floating type. NaN unless a and b
    are positive and finite, and q is from 0 to 1. Derivatives are those of the equation.
    """
    return _inverted(a, b, q, is_upper=True)
