"""Continuous distributions with no parameters but loc and scale."""

from __future__ import annotations

import math
from typing import Any

from xnn.ops.elementwise import abs, square
from xnn.ops.error_functions import log_ndtr, ndtr, ndtri
from xnn.ops.exponential import exp, expm1, log, log1p
from xnn.ops.manipulation import broadcast_to
from xnn.ops.searching import where
from xnn.ops.special import expit, log_expit, logit
from xnn.ops.trigonometric import atan2, tan
from xnn.random import Generator

from .distribution import Continuous

__all__ = ["cauchy", "expon", "gumbel_l", "gumbel_r", "halfnorm", "laplace", "logistic", "norm", "uniform"]

LOG_2PI = math.log(2 * math.pi)
EULER = 0.5772156649015329


class _Plain(Continuous):
    """One whose moments are numbers."""

    moments: tuple[float, float, float] = (math.nan, math.nan, math.nan)  # mean, variance, entropy

    def _mean(self) -> Any:
        return self.moments[0]

    def _var(self) -> Any:
        return self.moments[1]

    def _entropy(self) -> Any:
        return self.moments[2]


class _norm(_Plain):  # noqa: N801  # SciPy's name
    """The normal distribution: exp(-z**2 / 2) / sqrt(2 pi)."""

    moments = (0.0, 1.0, 0.5 * (1 + LOG_2PI))

    def _logpdf(self, z: Any) -> Any:
        return -0.5 * square(z) - 0.5 * LOG_2PI

    def _cdf(self, z: Any) -> Any:
        return ndtr(z)

    def _sf(self, z: Any) -> Any:
        return ndtr(-z)

    def _logcdf(self, z: Any) -> Any:
        return log_ndtr(z)

    def _logsf(self, z: Any) -> Any:
        return log_ndtr(-z)

    def _ppf(self, q: Any) -> Any:
        return ndtri(q)

    def _isf(self, q: Any) -> Any:
        return -ndtri(q)

    def _draw(self, generator: Generator, sizes: tuple[int, ...], *values: Any) -> Any:
        _, loc, scale, valid = self._parameters(values)
        z = generator.normal(sizes, dtype=loc.dtype, device=loc.device)
        return self._checked(loc + scale * z, z, valid)


class _laplace(_Plain):  # noqa: N801  # SciPy's name
    """The Laplace distribution: exp(-abs(z)) / 2."""

    moments = (0.0, 2.0, 1 + math.log(2))

    def _logpdf(self, z: Any) -> Any:
        return -abs(z) - math.log(2)

    def _cdf(self, z: Any) -> Any:
        half = 0.5 * exp(-abs(z))
        return where(z < 0, half, 1 - half)

    def _sf(self, z: Any) -> Any:
        return self._cdf(-z)

    def _logcdf(self, z: Any) -> Any:
        low = -abs(z) - math.log(2)
        return where(z < 0, low, log1p(-exp(low)))

    def _logsf(self, z: Any) -> Any:
        return self._logcdf(-z)

    def _ppf(self, q: Any) -> Any:
        low = where(q < 0.5, q, 0.5)
        high = where(q < 0.5, 0.5, q)
        return where(q < 0.5, log(2 * low), -log(2 * (1 - high)))

    def _isf(self, q: Any) -> Any:
        return -self._ppf(q)


class _cauchy(_Plain):  # noqa: N801  # SciPy's name
    """The Cauchy distribution: 1 / (pi (1 + z**2)). It has no moments."""

    moments = (math.nan, math.nan, math.log(4 * math.pi))

    def _logpdf(self, z: Any) -> Any:
        # log(1 + z**2), where the square would be infinite
        large = abs(z) > 1e8
        safe = where(large, 1.0, z)
        far = where(large, abs(z), 1.0)
        return -math.log(math.pi) - where(large, 2 * log(far), log1p(square(safe)))

    def _cdf(self, z: Any) -> Any:
        return atan2(broadcast_to(0 * z + 1.0, z.shape), -z) / math.pi

    def _sf(self, z: Any) -> Any:
        return self._cdf(-z)

    def _ppf(self, q: Any) -> Any:
        tail = -1 / tan(math.pi * where(q < 0.5, q, 1 - q))
        return where(q < 0.5, tail, -tail)

    def _isf(self, q: Any) -> Any:
        return -self._ppf(q)


class _logistic(_Plain):  # noqa: N801  # SciPy's name
    """The logistic distribution: exp(-z) / (1 + exp(-z))**2."""

    moments = (0.0, math.pi**2 / 3, 2.0)

    def _logpdf(self, z: Any) -> Any:
        return log_expit(z) + log_expit(-z)

    def _cdf(self, z: Any) -> Any:
        return expit(z)

    def _sf(self, z: Any) -> Any:
        return expit(-z)

    def _logcdf(self, z: Any) -> Any:
        return log_expit(z)

    def _logsf(self, z: Any) -> Any:
        return log_expit(-z)

    def _ppf(self, q: Any) -> Any:
        return logit(q)

    def _isf(self, q: Any) -> Any:
        return -logit(q)


class _expon(_Plain):  # noqa: N801  # SciPy's name
    """The exponential distribution: exp(-z) for z >= 0."""

    moments = (1.0, 1.0, 1.0)

    def _support(self) -> tuple[Any, Any]:
        return 0.0, math.inf

    def _logpdf(self, z: Any) -> Any:
        return -z

    def _cdf(self, z: Any) -> Any:
        return -expm1(-z)

    def _sf(self, z: Any) -> Any:
        return exp(-z)

    def _logcdf(self, z: Any) -> Any:
        return log_1m_exp(-z)

    def _logsf(self, z: Any) -> Any:
        return -z

    def _ppf(self, q: Any) -> Any:
        return -log1p(-q)

    def _isf(self, q: Any) -> Any:
        return -log(q)


class _uniform(_Plain):  # noqa: N801  # SciPy's name
    """The uniform distribution on [loc, loc + scale]."""

    moments = (0.5, 1 / 12, 0.0)

    def _support(self) -> tuple[Any, Any]:
        return 0.0, 1.0

    def _logpdf(self, z: Any) -> Any:
        return 0.0 * z

    def _cdf(self, z: Any) -> Any:
        return z

    def _logcdf(self, z: Any) -> Any:
        return log(z)

    def _logsf(self, z: Any) -> Any:
        return log1p(-z)

    def _ppf(self, q: Any) -> Any:
        return q


class _gumbel_r(_Plain):  # noqa: N801  # SciPy's name
    """The distribution of maxima: exp(-z - exp(-z))."""

    moments = (EULER, math.pi**2 / 6, 1 + EULER)

    def _logpdf(self, z: Any) -> Any:
        return -z - exp(-z)

    def _cdf(self, z: Any) -> Any:
        return exp(-exp(-z))

    def _sf(self, z: Any) -> Any:
        return -expm1(-exp(-z))

    def _logcdf(self, z: Any) -> Any:
        return -exp(-z)

    def _logsf(self, z: Any) -> Any:
        return log_1m_exp(-exp(-z))

    def _ppf(self, q: Any) -> Any:
        return -log(-log(q))

    def _isf(self, q: Any) -> Any:
        return -log(-log1p(-q))


class _gumbel_l(_Plain):  # noqa: N801  # SciPy's name
    """The distribution of minima: exp(z - exp(z))."""

    moments = (-EULER, math.pi**2 / 6, 1 + EULER)

    def _logpdf(self, z: Any) -> Any:
        return z - exp(z)

    def _cdf(self, z: Any) -> Any:
        return -expm1(-exp(z))

    def _sf(self, z: Any) -> Any:
        return exp(-exp(z))

    def _logcdf(self, z: Any) -> Any:
        return log_1m_exp(-exp(z))

    def _logsf(self, z: Any) -> Any:
        return -exp(z)

    def _ppf(self, q: Any) -> Any:
        return log(-log1p(-q))

    def _isf(self, q: Any) -> Any:
        return log(-log(q))


class _halfnorm(_Plain):  # noqa: N801  # SciPy's name
    """The absolute value of a normal number: sqrt(2 / pi) exp(-z**2 / 2) for z >= 0."""

    moments = (math.sqrt(2 / math.pi), 1 - 2 / math.pi, 0.5 * (1 + math.log(math.pi / 2)))

    def _support(self) -> tuple[Any, Any]:
        return 0.0, math.inf

    def _logpdf(self, z: Any) -> Any:
        return -0.5 * square(z) + 0.5 * math.log(2 / math.pi)

    def _cdf(self, z: Any) -> Any:
        return 1 - 2 * ndtr(-z)

    def _sf(self, z: Any) -> Any:
        return 2 * ndtr(-z)

    def _logsf(self, z: Any) -> Any:
        return math.log(2) + log_ndtr(-z)

    def _ppf(self, q: Any) -> Any:
        return -ndtri(0.5 * (1 - q))

    def _isf(self, q: Any) -> Any:
        return -ndtri(0.5 * q)


def log_1m_exp(x: Any) -> Any:
    """log(1 - exp(x)) for x < 0, without cancellation at either end (Maechler 2012)."""
    near = x > -math.log(2)
    return where(near, log(-expm1(where(near, x, -1.0))), log1p(-exp(where(near, -1.0, x))))


norm, laplace, cauchy, logistic, expon = _norm(), _laplace(), _cauchy(), _logistic(), _expon()
uniform, gumbel_r, gumbel_l, halfnorm = _uniform(), _gumbel_r(), _gumbel_l(), _halfnorm()
