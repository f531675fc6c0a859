"""Complete elliptic integrals; special.py says what special functions have in common.

By the arithmetic-geometric mean (DLMF 19.8.5, 19.8.6), which doubles the digits with each step. Derivatives: DLMF
19.4.1, 19.4.2.
"""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.primitive import primitive
from xnn.typing import A

from .elementwise import subtract
from .promotion import in_single, real_floating

__all__ = ["ellipe", "ellipk", "ellipkm1"]

STEPS = 14  # of which the first ones halve the exponent, that of 1e-300 as well


def _mean(xp: Any, p: Any) -> tuple[Any, Any]:
    """K, and what is taken from 1 for E / K, for a complementary parameter p > 0."""
    a, b = xp.ones_like(p), xp.sqrt(p)
    total, weight = 0.5 * (1 - p), 0.5
    for _ in range(STEPS):
        half = 0.5 * (a - b)
        a, b = 0.5 * (a + b), xp.sqrt(a * b)
        weight = 2 * weight
        total = total + weight * half * half
    return 0.5 * math.pi / a, total


def _slope_by_complement(xp: Any, p: Any, k: Any) -> Any:
    """dK/dm for a complementary parameter p: (E - p K) / (2 m p), by the limit pi / 8 where m is 0."""
    m = 1 - p
    is_near = xp.abs(m) < 1e-3
    safe = xp.where(is_near, 0.5, m)
    series = math.pi / 8 * (1 + m * (9 / 8 + m * (75 / 64 + m * (1225 / 1024 + m * (19845 / 16384)))))
    return xp.where(is_near, series, (ellipe(m) - p * k) / (2 * safe * p))


@primitive(
    lambda xp, g, out, p: -g * _slope_by_complement(xp, p, out), keeps="p out", promote=real_floating,
    kind="elementwise",
)  # fmt: skip
def ellipkm1(xp: Any, p: A, /) -> A:
    """ellipk(1 - p), exact where p is small; infinite at 0, NaN below; to 4 eps.

    Shape: any, kept. Types: real floating.
    """
    usual = xp.logical_and(p > 0, xp.isfinite(p))
    value = _mean(xp, xp.where(usual, p, 1.0))[0]
    value = xp.where(p == math.inf, 0.0, xp.where(p == 0, math.inf, value))
    return xp.where(xp.logical_or(p < 0, xp.isnan(p)), math.nan, value)


def ellipk(m: A, /) -> A:
    """The complete elliptic integral of the first kind, of the parameter m = k**2; infinite at 1, NaN beyond; to 4 eps.

    Shape: any, kept. Types: real floating.
    """
    return ellipkm1(subtract(1, m))


def _slope_of_e(xp: Any, g: Any, out: Any, m: Any) -> Any:
    is_near = xp.abs(m) < 1e-3
    safe = xp.where(is_near, 0.5, m)
    series = -math.pi / 8 * (1 + m * (3 / 8 + m * (15 / 64 + m * (175 / 1024 + m * (2205 / 16384)))))
    return g * xp.where(is_near, series, (out - ellipk(m)) / (2 * safe))


@primitive(_slope_of_e, keeps="m out", promote=real_floating, kind="elementwise")
def ellipe(xp: Any, m: A, /) -> A:
    """The complete elliptic integral of the second kind, of the parameter m = k**2; 1 at 1, NaN beyond; to 8 eps.

    Shape: any, kept. Types: real floating.
    """
    usual = xp.logical_and(m < 1, xp.isfinite(m))
    k, total = _mean(xp, xp.where(usual, 1 - m, 1.0))
    value = xp.where(m == 1, 1.0, xp.where(m == -math.inf, math.inf, k * (1 - total)))
    return xp.where(xp.logical_or(m > 1, xp.isnan(m)), math.nan, value)


in_single(ellipkm1, ellipe)
