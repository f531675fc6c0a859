"""The cross-entropy of two classes, element by element."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from .exponentials import INSIDE, by_type, exp, loop


@by_type
def _log1p(dtype: Any, whole: Any) -> Any:
    """log(1 + e) for e from 0 to 1: the series of the inverse hyperbolic tangent, of e / (2 + e) < 1 / 3."""
    terms = 8 if dtype is np.float32 else 17
    first, *others = (dtype(1 / (2 * k + 1)) for k in reversed(range(terms)))
    rest, two = tuple(others), dtype(2)

    @numba.njit(**INSIDE)  # type: ignore[untyped-decorator]
    def function(e: Any) -> Any:
        s = e / (two + e)
        square = s * s
        p = first
        for coefficient in numba.literal_unroll(rest):
            p = p * square + coefficient
        return two * s * p

    return function


@loop
def binary_cross_entropy(x: Any, t: Any, out: Any) -> None:
    zero, one = x.dtype.type(0), x.dtype.type(1)
    for i in range(x.size):
        size = abs(x[i])
        part = size * (t[i] if x[i] < zero else one - t[i])
        out[i] = _log1p(exp(-size)) + part


@loop
def slope_of_binary_cross_entropy(x: Any, t: Any, g: Any, dx: Any) -> None:
    zero, one = x.dtype.type(0), x.dtype.type(1)
    for i in range(x.size):
        e = exp(-abs(x[i]))
        is_low = x[i] < zero
        no, yes = e if is_low else one, one if is_low else e
        dx[i] = g[i] * (((one - t[i]) * no - t[i] * yes) / (one + e))
