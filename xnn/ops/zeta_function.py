"""Riemann's and Hurwitz's zeta function; special.py says what special functions have in common.

By the sum of Euler and Maclaurin (DLMF 25.11.5), whose derivatives with respect to both arguments are those of its
terms; Riemann's below 0 by reflection (DLMF 25.4.1).
"""

from __future__ import annotations

import math
from typing import Any

from xnn.typing import A, Scalar

from .data_types import astype
from .elementwise import pow
from .exponential import exp, log
from .factorials import gamma
from .gamma_functions import bernoulli
from .lifting import lifted
from .logic import logical_or
from .matrices import as_floating
from .promotion import check_real
from .rounding import floor
from .searching import where
from .trigonometric import sin

__all__ = ["zeta"]

TERMS, CORRECTIONS = 14, 12


def _hurwitz(s: Any, q: Any) -> Any:
    """The sum of (q + k)**-s, for q > 0, and an s that is not 1, nor far below 0."""
    total = pow(q, -s)
    for k in range(1, TERMS):
        total = total + pow(q + float(k), -s)
    a = q + float(TERMS)
    power = exp(-s * log(a))
    correction, factor, inverse = 0.0 * s, s, 1 / a
    for j in range(1, CORRECTIONS + 1):
        correction = correction + float(bernoulli(2 * j) / math.factorial(2 * j)) * factor * inverse
        factor = factor * (s + (2.0 * j - 1)) * (s + 2.0 * j)
        inverse = inverse / a / a
    return total + power * (a / (s - 1) + 0.5 + correction)


def zeta(x: A | Scalar, q: A | Scalar | None = None) -> A:
    """The sum of (k + q)**-x over k = 0, 1, ..., of Hurwitz; without q that of Riemann, with q = 1; to 10 eps.

    Args:
        x: the exponent; with a q above 1, infinite at 1 and NaN below; without one any real number.
        q: above 0. SciPy's values at negative q, of a whole x, are not given: NaN.

    Shapes: x and q broadcast. Types: real floating. With derivatives by both.
    """
    (s, shift), back = lifted("zeta", x, q)
    s = as_floating(s)
    check_real(s.dtype)
    if shift is not None:
        shift = as_floating(shift)
        check_real(shift.dtype)
        s, shift = s + 0.0 * astype(shift, shift.dtype), shift + 0.0 * s
        inside = logical_or(logical_or(s <= 1, shift <= 0), logical_or(s != s, shift != shift))
        value = _hurwitz(where(inside, 2.0, s), where(inside, 1.0, shift))
        value = where(inside, math.nan, value)
        value = where(s == 1, math.inf, where(shift == 0, where(s > 1, math.inf, math.nan), value))
        return back(value)
    is_pole, is_low = s == 1, s < 0
    mirrored = where(is_low, 1 - s, where(is_pole, 2.0, s))
    large = mirrored > 60.0  # 1 there, and the powers of a would be 0 times infinity
    finite = where(large, 60.0, mirrored)
    value = _hurwitz(finite, 1.0 + 0.0 * finite)
    low = where(is_low, s, -1.0)
    turns = low - 4 * floor(0.25 * low)  # exact, and sin is 0 at even ones
    sine = where(turns - 2 * floor(0.5 * turns) == 0, 0.0, sin(0.5 * math.pi * turns))
    reflected = 2 * pow(2 * math.pi, low - 1) * sine * gamma(1 - low) * value
    value = where(is_low, reflected, where(is_pole, math.inf, value))
    return back(where(s != s, s, where(s == -math.inf, math.nan, value)))
