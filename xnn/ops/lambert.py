"""Lambert's function; special.py says what special functions have in common.

By Halley's method from the series at the branch point and at infinity (Corless and others, On the Lambert W function,
1996), on both real branches. The derivative is implicit: w'(z) = 1 / (exp(w) (1 + w)).
"""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.primitive import primitive
from xnn.errors import OptionError
from xnn.typing import A

from .promotion import in_single, real_floating

__all__ = ["lambertw"]

BRANCH = -math.exp(-1)


def _slope(xp: Any, g: Any, out: Any, z: Any, k: int) -> Any:
    return g * xp.exp(-out) / (1 + out)


@primitive(_slope, keeps="out", promote=real_floating, kind="elementwise")
def _lambertw(xp: Any, z: A, /, *, k: int) -> A:
    usual = xp.logical_and(z > BRANCH, xp.isfinite(z))
    usual = usual if k == 0 else xp.logical_and(usual, z < 0)
    inside = xp.where(usual, z, -0.2)
    root = xp.sqrt(2 * xp.maximum(math.e * (inside - BRANCH), xp.zeros_like(inside)))
    sign = 1.0 if k == 0 else -1.0
    p = sign * root
    near = -1 + p * (1 + p * (-1 / 3 + p * (11 / 72 - p * 43 / 540)))
    if k == 0:
        positive = xp.where(inside > 1.5, inside, 3.0)
        logarithm = xp.log(positive)
        far = logarithm - xp.log(logarithm) * (1 - 1 / logarithm)
        w = xp.where(inside > 1.5, far, xp.where(inside > 0, xp.log1p(xp.abs(inside)) * 0.8, near))
    else:
        logarithm = xp.log(-xp.where(inside < 0, inside, -0.2))
        far = logarithm - xp.log(-logarithm)
        w = xp.where(inside > -0.25, far, near)
    for _ in range(8):  # w exp(w) = z, divided by exp(w)
        f = w - inside * xp.exp(-w)
        slope = 1 + w
        slope = xp.where(slope == 0, 1.0, slope)
        w = w - f / (slope - 0.5 * (w + 2) * f / slope)
    w = xp.where(root < 1e-4, near, w)  # where rounding would decide the method's steps
    edge = xp.where(z == BRANCH, -1.0, xp.full_like(z, math.nan))
    edge = xp.where(z == math.inf, math.inf, edge) if k == 0 else xp.where(z == 0, -math.inf, edge)
    return xp.where(usual, w, edge)


_lambertw.name = "lambertw"
in_single(_lambertw)


def lambertw(z: A, k: int = 0) -> A:
    """The w with w exp(w) = z, on the real branches: k = 0, from -1 / e on, and k = -1, from -1 / e to 0; else NaN.

    Shape: any, kept. Types: real floating; SciPy's result is complex. To 6 eps, near the branch point to the root of
    the distance. Raises: OptionError for another branch.
    """
    if k not in (0, -1):
        raise OptionError(f"lambertw has the real branches 0 and -1; got {k!r}")
    return _lambertw(z, k=int(k))
