"""Exponential integrals, of real numbers; special.py says what special functions have in common.

E1 below 2: the power series (DLMF 6.6.2); from there on the continued fraction (DLMF 6.9.1). E of other orders: by
recurrence upward (DLMF 8.19.12), and from 2 on its continued fraction (DLMF 8.19.17). Ei: the series (DLMF 6.6.1), and
from FAR on the asymptotic expansion (DLMF 6.12.2).
"""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import integer
from xnn.errors import OptionError
from xnn.typing import A

from .elementwise import divide, negative
from .error_functions import polynomial
from .exponential import exp
from .gamma_functions import EULER
from .promotion import in_single, real_floating

FAR = 50.0

__all__ = ["exp1", "expi", "expn"]


def _series(xp: Any, x: Any, terms: int) -> Any:
    """The sum of x**k / (k k!), of k = 1, 2, ..."""
    return x * polynomial(x, [1 / (k * math.factorial(k)) for k in range(terms, 0, -1)])


def _fraction(xp: Any, x: Any, n: int) -> Any:
    """exp(x) E of the order n, of x >= 1: 1 / (x + n / (1 + 1 / (x + (n + 1) / (1 + 2 / (x + ...)))))."""
    value = x
    for k in range(60, 0, -1):
        value = x + (n + k - 1) / (1 + k / value)
    return 1 / value


@primitive(lambda xp, g, out, x: -g * xp.exp(-x) / x, keeps="x", promote=real_floating, kind="elementwise")
def exp1(xp: Any, x: A, /) -> A:
    """The integral of exp(-t) / t from x to infinity; infinite at 0, NaN below; to 8 eps.

    Shape: any, kept. Types: real floating.
    """
    is_near = x < 2
    near = xp.where(xp.logical_and(is_near, x > 0), x, 1.0)
    far = xp.where(xp.logical_and(x >= 2, xp.isfinite(x)), x, 2.0)
    series = -EULER - xp.log(near) - _series(xp, -near, 25)
    value = xp.where(is_near, series, xp.exp(-far) * _fraction(xp, far, 1))
    value = xp.where(x == math.inf, 0.0, xp.where(x == 0, math.inf, value))
    return xp.where(xp.logical_or(x < 0, xp.isnan(x)), math.nan, value)


@primitive(lambda xp, g, out, x: g * xp.exp(x) / x, keeps="x", promote=real_floating, kind="elementwise")
def expi(xp: Any, x: A, /) -> A:
    """The principal value of the integral of exp(t) / t from -infinity to x; -infinity at 0; to 20 eps, near its root
    to those of its terms.

    Shape: any, kept. Types: real floating.
    """
    below = exp1.forward(xp, xp.where(x < 0, -x, 1.0))
    near = xp.where(xp.logical_and(x > 0, x < FAR), x, 1.0)
    # in powers of a number of at most 1, so that no coefficient is too small for float32
    scaled = near / FAR
    terms = [FAR**k / (k * math.factorial(k)) for k in range(160, 0, -1)]
    series = EULER + xp.log(near) + scaled * polynomial(scaled, terms)
    far = xp.where(xp.logical_and(x >= FAR, xp.isfinite(x)), x, FAR)
    inverse = 1 / far
    total = polynomial(inverse, [float(math.factorial(k)) for k in range(33, -1, -1)])
    half = xp.exp(0.5 * far)  # twice, as exp(x) overflows before the quotient does
    value = xp.where(x < 0, -below, xp.where(x < FAR, series, half * (total * inverse) * half))
    value = xp.where(x == math.inf, math.inf, xp.where(x == 0, -math.inf, value))
    return xp.where(xp.isnan(x), x, value)


def _slope_of_order(xp: Any, g: Any, out: Any, x: Any, order: int) -> Any:
    return -g * (xp.exp(-x) / x if order == 1 else _exp_of_order(x, order=order - 1))


@primitive(_slope_of_order, keeps="x", promote=real_floating, kind="elementwise")
def _exp_of_order(xp: Any, x: A, /, *, order: int) -> A:
    """E of an order of 1 or more."""
    if order == 1:
        return exp1.forward(xp, x)
    is_near = x < 2
    near = xp.where(xp.logical_and(is_near, x > 0), x, 0.5)
    far = xp.where(xp.logical_and(x >= 2, xp.isfinite(x)), x, 2.0)
    value = exp1.forward(xp, near)
    fallen = xp.exp(-near)
    for n in range(1, order):
        value = (fallen - near * value) / n
    value = xp.where(is_near, value, xp.exp(-far) * _fraction(xp, far, order))
    value = xp.where(x == math.inf, 0.0, xp.where(x == 0, 1 / (order - 1), value))
    return xp.where(xp.logical_or(x < 0, xp.isnan(x)), math.nan, value)


_exp_of_order.name = "expn"
in_single(exp1, expi, _exp_of_order)


def expn(n: int, x: A) -> A:
    """The integral of exp(-x t) / t**n from 1 to infinity, of a whole order n, with a derivative by x; to 20 eps.

    Shape: any, kept. Types: real floating. Raises: OptionError for an order that is no int of 0 or more.
    """
    order = integer("expn", "n", n)
    if order < 0:
        raise OptionError(f"expn: n is at least 0; got {order}")
    if order == 0:
        return divide(exp(negative(x)), x)
    return _exp_of_order(x, order=order)
