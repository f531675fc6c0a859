"""Distributions on the circle."""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd import custom_root
from xnn.ops.bessel_functions import i0e, i1e
from xnn.ops.creation import ones_like
from xnn.ops.data_types import finfo
from xnn.ops.elementwise import sqrt
from xnn.ops.exponential import exp, log
from xnn.ops.extrema import clip
from xnn.ops.manipulation import broadcast_shapes, broadcast_to
from xnn.ops.quadrature import integral
from xnn.ops.rounding import round
from xnn.ops.searching import where
from xnn.ops.trigonometric import cos
from xnn.random import Generator

from .distribution import Continuous

__all__ = ["vonmises"]

NODES = 48  # of the quadrature, which then is right to rounding for the smooth functions here
FAR = 12.0  # beyond as many standard deviations of a large kappa the density adds nothing


class _vonmises(Continuous):  # noqa: N801  # SciPy's name
    """The von Mises distribution: exp(kappa cos(z)) / (2 pi I0(kappa)).

    As SciPy's, its density has the period 2 pi and cdf goes on beyond the circle; draws are on it, from -pi to pi.
    """

    shapes = ("kappa",)
    sound = (1.0,)

    def _valid(self, kappa: Any) -> Any:
        return kappa >= 0

    def _logpdf(self, z: Any, kappa: Any) -> Any:
        return kappa * (cos(z) - 1) - math.log(2 * math.pi) - log(i0e(kappa))

    def _cdf(self, z: Any, kappa: Any) -> Any:
        turns = round(z.detach() / (2 * math.pi))
        reach = clip(FAR / sqrt(kappa.detach() + 1e-30), 0.0, math.pi)
        end = clip(z - turns * (2 * math.pi), -reach, reach)
        return turns + 0.5 + self._integral(end, kappa, 0)

    def _integral(self, end: Any, kappa: Any, power: int) -> Any:
        """The integral of t**power times the density from 0 to an end."""
        return integral(lambda t, kappa: t**power * exp(self._logpdf(t, kappa)), end, kappa, nodes=NODES)

    def _ppf(self, q: Any, kappa: Any) -> Any:
        def solve(f: Any, guess: Any) -> Any:
            low, high = guess - math.pi, guess + math.pi
            for _ in range(56 if finfo(q.dtype).bits == 64 else 28):
                middle = (low + high) / 2
                above = f(middle) > 0
                low, high = where(above, low, middle), where(above, middle, high)
            return (low + high) / 2

        shape = broadcast_shapes(q.shape, kappa.shape)
        guess = broadcast_to(0 * q.detach(), shape)
        return custom_root(lambda z, q, kappa: self._cdf(z, kappa) - q, guess, solve, _elementwise, (q, kappa))

    def _draw(self, generator: Generator, sizes: tuple[int, ...], *values: Any) -> Any:
        x = super()._draw(generator, sizes, *values)
        return x - 2 * math.pi * round(x.detach() / (2 * math.pi))

    def _mean(self, kappa: Any) -> Any:
        return 0 * kappa

    def _var(self, kappa: Any) -> Any:
        """Of the numbers from -pi to pi."""
        reach = clip(FAR / sqrt(kappa.detach() + 1e-30), 0.0, math.pi)
        return 2 * self._integral(reach, kappa, 2)

    def _entropy(self, kappa: Any) -> Any:
        return math.log(2 * math.pi) + log(i0e(kappa)) + kappa * (1 - i1e(kappa) / i0e(kappa))


def _elementwise(g: Any, y: Any) -> Any:
    """The solution of g(x) = y, of a linear function of each element alone."""
    return y / g(ones_like(y))


vonmises = _vonmises()
