"""Orthogonal polynomials of whole degrees, and transforms of Box and Cox, under SciPy's names.

Polynomials by their recurrences (DLMF 18.9.1), so that derivatives of every order are those of the sums.

Shapes: operands broadcast. Types: real floating, and what they are promoted to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xnn.autograd.refusals import integer
from xnn.typing import A, Scalar

from .exponential import exp, expm1, log, log1p
from .lifting import lifted
from .matrices import as_floating
from .searching import where

__all__ = [
    "boxcox", "boxcox1p", "eval_chebyt", "eval_chebyu", "eval_gegenbauer", "eval_genlaguerre", "eval_hermite",
    "eval_hermitenorm", "eval_jacobi", "eval_laguerre", "eval_legendre", "eval_sh_legendre", "inv_boxcox",
    "inv_boxcox1p",
]  # fmt: skip


def _recurrence(name: str, n: int, x: Any, first: Any, step: Callable[[int, Any, Any], Any]) -> Any:
    """The polynomial of degree n: 1, `first`, and step(k, p of degree k, p of degree k - 1) for k = 1, 2, ..."""
    degree = integer(name, "n", n, least=0)
    low = 0 * x + 1
    if degree == 0:
        return low
    high = first
    for k in range(1, degree):
        low, high = high, step(k, high, low)
    return high


def eval_legendre(n: int, x: A) -> A:
    """Legendre's polynomial of degree n. Shape: any, kept."""
    (t,), back = lifted("eval_legendre", x)
    t = as_floating(t)
    return back(_recurrence("eval_legendre", n, t, t, lambda k, p, q: ((2 * k + 1) * t * p - k * q) / (k + 1)))


def eval_sh_legendre(n: int, x: A) -> A:
    """Legendre's polynomial of degree n, of 2 x - 1. Shape: any, kept."""
    (t,), back = lifted("eval_sh_legendre", x)
    return back(eval_legendre(n, 2 * as_floating(t) - 1))


def eval_chebyt(n: int, x: A) -> A:
    """Chebyshev's polynomial of the first kind and degree n. Shape: any, kept."""
    (t,), back = lifted("eval_chebyt", x)
    t = as_floating(t)
    return back(_recurrence("eval_chebyt", n, t, t, lambda k, p, q: 2 * t * p - q))


def eval_chebyu(n: int, x: A) -> A:
    """Chebyshev's polynomial of the second kind and degree n. Shape: any, kept."""
    (t,), back = lifted("eval_chebyu", x)
    t = as_floating(t)
    return back(_recurrence("eval_chebyu", n, t, 2 * t, lambda k, p, q: 2 * t * p - q))


def eval_hermite(n: int, x: A) -> A:
    """Hermite's polynomial of degree n, orthogonal for exp(-x**2). Shape: any, kept."""
    (t,), back = lifted("eval_hermite", x)
    t = as_floating(t)
    return back(_recurrence("eval_hermite", n, t, 2 * t, lambda k, p, q: 2 * t * p - 2 * k * q))


def eval_hermitenorm(n: int, x: A) -> A:
    """Hermite's polynomial of degree n, orthogonal for exp(-x**2 / 2). Shape: any, kept."""
    (t,), back = lifted("eval_hermitenorm", x)
    t = as_floating(t)
    return back(_recurrence("eval_hermitenorm", n, t, t, lambda k, p, q: t * p - k * q))


def eval_laguerre(n: int, x: A) -> A:
    """Laguerre's polynomial of degree n. Shape: any, kept."""
    return eval_genlaguerre(n, 0.0, x)


def eval_genlaguerre(n: int, alpha: A | Scalar, x: A) -> A:
    """The generalised Laguerre polynomial of degree n. Shapes: alpha and x broadcast."""
    (a, t), back = lifted("eval_genlaguerre", alpha, x)
    a, t = as_floating(a), as_floating(t)

    def step(k: int, p: Any, q: Any) -> Any:
        return ((2 * k + 1 + a - t) * p - (k + a) * q) / (k + 1)

    return back(_recurrence("eval_genlaguerre", n, t + a, 1 + a - t, step))


def eval_gegenbauer(n: int, alpha: A | Scalar, x: A) -> A:
    """Gegenbauer's polynomial of degree n. Shapes: alpha and x broadcast."""
    (a, t), back = lifted("eval_gegenbauer", alpha, x)
    a, t = as_floating(a), as_floating(t)

    def step(k: int, p: Any, q: Any) -> Any:
        return (2 * (k + a) * t * p - (k + 2 * a - 1) * q) / (k + 1)

    return back(_recurrence("eval_gegenbauer", n, t + a, 2 * a * t, step))


def eval_jacobi(n: int, alpha: A | Scalar, beta: A | Scalar, x: A) -> A:
    """Jacobi's polynomial of degree n. Shapes: alpha, beta and x broadcast."""
    (a, b, t), back = lifted("eval_jacobi", alpha, beta, x)
    a, b, t = as_floating(a), as_floating(b), as_floating(t)

    def step(k: int, p: Any, q: Any) -> Any:
        s = 2 * k + a + b
        one = (s + 1) * ((s + 2) * s * t + (a - b) * (a + b))
        return (one * p - 2 * (k + a) * (k + b) * (s + 2) * q) / (2 * (k + 1) * (k + 1 + a + b) * s)

    return back(_recurrence("eval_jacobi", n, t + a + b, (a + 1) + 0.5 * (a + b + 2) * (t - 1), step))


# ---- the transforms of Box and Cox, which go to the logarithm where lmbda goes to 0 ----


def _power_minus_one(logarithm: Any, power: Any) -> Any:
    """(exp(power logarithm) - 1) / power, with its limits of the first and second order in power."""
    is_small = abs(power) < 1e-6
    safe = where(is_small, 1.0, power)
    series = logarithm * (1 + 0.5 * power * logarithm * (1 + power * logarithm / 3))
    return where(is_small, series, expm1(safe * logarithm) / safe)


def boxcox(x: A, lmbda: A | Scalar) -> A:
    """(x**lmbda - 1) / lmbda, and log(x) for 0. Shapes: x and lmbda broadcast. NaN below 0."""
    (t, power), back = lifted("boxcox", x, lmbda)
    return back(_power_minus_one(log(as_floating(t)), power))


def boxcox1p(x: A, lmbda: A | Scalar) -> A:
    """boxcox(1 + x, lmbda), exact where x is small. Shapes: x and lmbda broadcast."""
    (t, power), back = lifted("boxcox1p", x, lmbda)
    return back(_power_minus_one(log1p(as_floating(t)), power))


def _log_of_inverse(y: Any, power: Any) -> Any:
    is_small = abs(power) < 1e-6
    safe = where(is_small, 1.0, power)
    series = y * (1 - power * y * (0.5 - power * y / 3))
    return where(is_small, series, log1p(safe * where(is_small, 0.0, y)) / safe)


def inv_boxcox(y: A, lmbda: A | Scalar) -> A:
    """The x with boxcox(x, lmbda) = y. Shapes: y and lmbda broadcast."""
    (t, power), back = lifted("inv_boxcox", y, lmbda)
    return back(exp(_log_of_inverse(as_floating(t), power)))


def inv_boxcox1p(y: A, lmbda: A | Scalar) -> A:
    """The x with boxcox1p(x, lmbda) = y. Shapes: y and lmbda broadcast."""
    (t, power), back = lifted("inv_boxcox1p", y, lmbda)
    return back(expm1(_log_of_inverse(as_floating(t), power)))
