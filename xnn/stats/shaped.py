"""Continuous distributions with shape parameters."""

from __future__ import annotations

import math
from typing import Any

from xnn.ops.elementwise import pow, sqrt, square
from xnn.ops.entropies import xlog1py, xlogy
from xnn.ops.error_functions import log_ndtr, ndtr, ndtri
from xnn.ops.exponential import exp, expm1, log, log1p
from xnn.ops.gamma_functions import betaln, digamma, gammaln
from xnn.ops.incomplete_beta import betainc, betaincinv
from xnn.ops.incomplete_gamma import gammainc, gammaincc, gammainccinv, gammaincinv
from xnn.ops.logic import logical_and
from xnn.ops.searching import where

from .distribution import Continuous
from .location_scale import LOG_2PI, log_1m_exp

__all__ = ["beta", "chi2", "gamma", "invgamma", "lognorm", "pareto", "t", "truncnorm", "weibull_min"]

EULER = 0.5772156649015329


class _gamma(Continuous):  # noqa: N801  # SciPy's name
    """The gamma distribution: z**(a - 1) exp(-z) / Gamma(a) for z >= 0."""

    shapes = ("a",)
    sound = (1.0,)

    def _valid(self, a: Any) -> Any:
        return a > 0

    def _support(self, a: Any) -> tuple[Any, Any]:
        return 0.0, math.inf

    def _logpdf(self, z: Any, a: Any) -> Any:
        return xlogy(a - 1, z) - z - gammaln(a)

    def _cdf(self, z: Any, a: Any) -> Any:
        return gammainc(a, z)

    def _sf(self, z: Any, a: Any) -> Any:
        return gammaincc(a, z)

    def _ppf(self, q: Any, a: Any) -> Any:
        return gammaincinv(a, q)

    def _isf(self, q: Any, a: Any) -> Any:
        return gammainccinv(a, q)

    def _mean(self, a: Any) -> Any:
        return a

    def _var(self, a: Any) -> Any:
        return a

    def _entropy(self, a: Any) -> Any:
        return a + gammaln(a) + (1 - a) * digamma(a)


class _chi2(Continuous):  # noqa: N801  # SciPy's name
    """The chi-squared distribution: a gamma distribution with a = df / 2 and twice the scale."""

    shapes = ("df",)
    sound = (1.0,)

    def _valid(self, df: Any) -> Any:
        return df > 0

    def _support(self, df: Any) -> tuple[Any, Any]:
        return 0.0, math.inf

    def _logpdf(self, z: Any, df: Any) -> Any:
        return xlogy(df / 2 - 1, z) - z / 2 - gammaln(df / 2) - df * (math.log(2) / 2)

    def _cdf(self, z: Any, df: Any) -> Any:
        return gammainc(df / 2, z / 2)

    def _sf(self, z: Any, df: Any) -> Any:
        return gammaincc(df / 2, z / 2)

    def _ppf(self, q: Any, df: Any) -> Any:
        return 2 * gammaincinv(df / 2, q)

    def _isf(self, q: Any, df: Any) -> Any:
        return 2 * gammainccinv(df / 2, q)

    def _mean(self, df: Any) -> Any:
        return df

    def _var(self, df: Any) -> Any:
        return 2 * df

    def _entropy(self, df: Any) -> Any:
        half = df / 2
        return half + math.log(2) + gammaln(half) + (1 - half) * digamma(half)


class _invgamma(Continuous):  # noqa: N801  # SciPy's name
    """The distribution of 1 / x for a gamma-distributed x: z**(-a - 1) exp(-1 / z) / Gamma(a) for z > 0."""

    shapes = ("a",)
    sound = (1.0,)

    def _valid(self, a: Any) -> Any:
        return a > 0

    def _support(self, a: Any) -> tuple[Any, Any]:
        return 0.0, math.inf

    def _logpdf(self, z: Any, a: Any) -> Any:
        safe = where(z > 0, z, 1.0)
        return where(z > 0, -(a + 1) * log(safe) - gammaln(a) - 1 / safe, -math.inf)

    def _cdf(self, z: Any, a: Any) -> Any:
        return gammaincc(a, 1 / z)

    def _sf(self, z: Any, a: Any) -> Any:
        return gammainc(a, 1 / z)

    def _ppf(self, q: Any, a: Any) -> Any:
        return 1 / gammainccinv(a, q)

    def _isf(self, q: Any, a: Any) -> Any:
        return 1 / gammaincinv(a, q)

    def _mean(self, a: Any) -> Any:
        return where(a > 1, 1 / where(a > 1, a - 1, 1.0), math.inf)

    def _var(self, a: Any) -> Any:
        safe = where(a > 2, a, 3.0)
        return where(a > 2, 1 / (square(safe - 1) * (safe - 2)), math.inf)

    def _entropy(self, a: Any) -> Any:
        return a + gammaln(a) - (1 + a) * digamma(a)


class _beta(Continuous):  # noqa: N801  # SciPy's name
    """The beta distribution: z**(a - 1) (1 - z)**(b - 1) / B(a, b) for z from 0 to 1."""

    shapes = ("a", "b")
    sound = (1.0, 1.0)

    def _valid(self, a: Any, b: Any) -> Any:
        return logical_and(a > 0, b > 0)

    def _support(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 0.0, 1.0

    def _logpdf(self, z: Any, a: Any, b: Any) -> Any:
        return xlogy(a - 1, z) + xlog1py(b - 1, -z) - betaln(a, b)

    def _cdf(self, z: Any, a: Any, b: Any) -> Any:
        return betainc(a, b, z)

    def _sf(self, z: Any, a: Any, b: Any) -> Any:
        return betainc(b, a, 1 - z)

    def _ppf(self, q: Any, a: Any, b: Any) -> Any:
        return betaincinv(a, b, q)

    def _mean(self, a: Any, b: Any) -> Any:
        return a / (a + b)

    def _var(self, a: Any, b: Any) -> Any:
        return a * b / (square(a + b) * (a + b + 1))

    def _entropy(self, a: Any, b: Any) -> Any:
        both = (a + b - 2) * digamma(a + b)
        return betaln(a, b) - (a - 1) * digamma(a) - (b - 1) * digamma(b) + both


class _t(Continuous):  # noqa: N801  # SciPy's name
    """Student's t distribution with df degrees of freedom."""

    shapes = ("df",)
    sound = (1.0,)

    def _valid(self, df: Any) -> Any:
        return df > 0

    def _logpdf(self, z: Any, df: Any) -> Any:
        return -betaln(df / 2, 0.5 + 0 * df) - 0.5 * log(df) - (df + 1) / 2 * log1p(square(z) / df)

    def _cdf(self, z: Any, df: Any) -> Any:
        return where(z < 0, self._tail(z, df), 1 - self._tail(z, df))

    def _tail(self, z: Any, df: Any) -> Any:
        """The probability beyond |z| at one side; by the nearer of the two ends of the incomplete beta function."""
        s = square(z)
        far = s > df
        x = where(far, df / (df + where(far, s, 1.0)), 0.5)
        y = where(far, 0.5, s / (df + s))
        half = 0.5 + 0 * df
        # at z = 0 the derivative by z is that of the density, which sqrt(s) has not
        root = where(z < 0, -z, z)
        small = root * root < 1e-30 * df
        near = 0.5 - 0.5 * betainc(half, df / 2, where(small, 0.5, y))
        near = where(small, 0.5 - root * exp(self._logpdf(0 * z, df)), near)
        return where(far, 0.5 * betainc(df / 2, half, x), near)

    def _sf(self, z: Any, df: Any) -> Any:
        return self._cdf(-z, df)

    def _ppf(self, q: Any, df: Any) -> Any:
        low = where(q < 0.5, q, 1 - q)
        half = 0.5 + 0 * df
        far = low < 0.25
        x = betaincinv(df / 2, half, 2 * where(far, low, 0.25))
        y = betaincinv(half, df / 2, 1 - 2 * where(far, 0.25, low))
        root = where(far, sqrt(df * (1 - x) / x), sqrt(where(y > 0, df * y / (1 - y), 1.0)))
        root = where(logical_and(y <= 0, low >= 0.25), 0.0, root)
        return where(q < 0.5, -root, root)

    def _isf(self, q: Any, df: Any) -> Any:
        return -self._ppf(q, df)

    def _mean(self, df: Any) -> Any:
        return where(df > 1, 0 * df, math.inf)

    def _var(self, df: Any) -> Any:
        finite = df > 2
        return where(finite, df / where(finite, df - 2, 1.0), where(df > 1, math.inf, math.nan))

    def _entropy(self, df: Any) -> Any:
        half = 0.5 + 0 * df
        return (df + 1) / 2 * (digamma((df + 1) / 2) - digamma(df / 2)) + 0.5 * log(df) + betaln(df / 2, half)


class _lognorm(Continuous):  # noqa: N801  # SciPy's name
    """The distribution of exp(s x) for a normal x."""

    shapes = ("s",)
    sound = (1.0,)

    def _valid(self, s: Any) -> Any:
        return s > 0

    def _support(self, s: Any) -> tuple[Any, Any]:
        return 0.0, math.inf

    def _logpdf(self, z: Any, s: Any) -> Any:
        safe = log(where(z > 0, z, 1.0))
        return where(z > 0, -0.5 * square(safe / s) - log(s) - 0.5 * LOG_2PI - safe, -math.inf)

    def _cdf(self, z: Any, s: Any) -> Any:
        return ndtr(log(z) / s)

    def _sf(self, z: Any, s: Any) -> Any:
        return ndtr(-log(z) / s)

    def _logcdf(self, z: Any, s: Any) -> Any:
        return log_ndtr(log(z) / s)

    def _logsf(self, z: Any, s: Any) -> Any:
        return log_ndtr(-log(z) / s)

    def _ppf(self, q: Any, s: Any) -> Any:
        return exp(s * ndtri(q))

    def _isf(self, q: Any, s: Any) -> Any:
        return exp(-s * ndtri(q))

    def _mean(self, s: Any) -> Any:
        return exp(square(s) / 2)

    def _var(self, s: Any) -> Any:
        return expm1(square(s)) * exp(square(s))

    def _entropy(self, s: Any) -> Any:
        return 0.5 * (1 + LOG_2PI) + log(s)


class _pareto(Continuous):  # noqa: N801  # SciPy's name
    """The Pareto distribution: b / z**(b + 1) for z >= 1."""

    shapes = ("b",)
    sound = (1.0,)

    def _valid(self, b: Any) -> Any:
        return b > 0

    def _support(self, b: Any) -> tuple[Any, Any]:
        return 1.0, math.inf

    def _interior(self, b: Any) -> Any:
        return 2.0

    def _logpdf(self, z: Any, b: Any) -> Any:
        return log(b) - (b + 1) * log(z)

    def _cdf(self, z: Any, b: Any) -> Any:
        return -expm1(-b * log(z))

    def _sf(self, z: Any, b: Any) -> Any:
        return exp(-b * log(z))

    def _logsf(self, z: Any, b: Any) -> Any:
        return -b * log(z)

    def _ppf(self, q: Any, b: Any) -> Any:
        return exp(-log1p(-q) / b)

    def _isf(self, q: Any, b: Any) -> Any:
        return exp(-log(q) / b)

    def _mean(self, b: Any) -> Any:
        return where(b > 1, b / where(b > 1, b - 1, 1.0), math.inf)

    def _var(self, b: Any) -> Any:
        safe = where(b > 2, b, 3.0)
        return where(b > 2, safe / (square(safe - 1) * (safe - 2)), math.inf)

    def _entropy(self, b: Any) -> Any:
        return 1 + 1 / b - log(b)


class _weibull_min(Continuous):  # noqa: N801  # SciPy's name
    """The Weibull distribution: c z**(c - 1) exp(-z**c) for z >= 0."""

    shapes = ("c",)
    sound = (1.0,)

    def _valid(self, c: Any) -> Any:
        return c > 0

    def _support(self, c: Any) -> tuple[Any, Any]:
        return 0.0, math.inf

    def _logpdf(self, z: Any, c: Any) -> Any:
        return log(c) + xlogy(c - 1, z) - pow(z, c)

    def _cdf(self, z: Any, c: Any) -> Any:
        return -expm1(-pow(z, c))

    def _sf(self, z: Any, c: Any) -> Any:
        return exp(-pow(z, c))

    def _logcdf(self, z: Any, c: Any) -> Any:
        return log_1m_exp(-pow(z, c))

    def _logsf(self, z: Any, c: Any) -> Any:
        return -pow(z, c)

    def _ppf(self, q: Any, c: Any) -> Any:
        return exp(log(-log1p(-q)) / c)

    def _isf(self, q: Any, c: Any) -> Any:
        return exp(log(-log(q)) / c)

    def _mean(self, c: Any) -> Any:
        return exp(gammaln(1 + 1 / c))

    def _var(self, c: Any) -> Any:
        return exp(gammaln(1 + 2 / c)) - exp(2 * gammaln(1 + 1 / c))

    def _entropy(self, c: Any) -> Any:
        return EULER * (1 - 1 / c) - log(c) + 1


class _truncnorm(Continuous):  # noqa: N801  # SciPy's name
    """The normal distribution between a and b, which count from loc in units of scale."""

    shapes = ("a", "b")
    sound = (-1.0, 1.0)

    def _valid(self, a: Any, b: Any) -> Any:
        return a < b

    def _support(self, a: Any, b: Any) -> tuple[Any, Any]:
        return a, b

    def _interior(self, a: Any, b: Any) -> Any:
        low, high = where(a > -1e30, a, b - 1), where(b < 1e30, b, a + 1)
        middle = (where(a > -1e30, low, where(b < 1e30, high - 1, -1.0)) + where(b < 1e30, high, low + 1)) / 2
        return where(logical_and(a <= -1e30, b >= 1e30), 0.0, middle)

    def _log_mass(self, a: Any, b: Any) -> Any:
        """log(ndtr(b) - ndtr(a)), in the tail where both are."""
        turned = a > 0
        low, high = where(turned, -b, a), where(turned, -a, b)
        top = log_ndtr(high)
        return top + log_1m_exp(log_ndtr(low) - top)

    def _logpdf(self, z: Any, a: Any, b: Any) -> Any:
        return -0.5 * square(z) - 0.5 * LOG_2PI - self._log_mass(a, b)

    def _cdf(self, z: Any, a: Any, b: Any) -> Any:
        return exp(self._logcdf(z, a, b))

    def _sf(self, z: Any, a: Any, b: Any) -> Any:
        return exp(self._logsf(z, a, b))

    def _logcdf(self, z: Any, a: Any, b: Any) -> Any:
        return self._log_mass(a, z) - self._log_mass(a, b)

    def _logsf(self, z: Any, a: Any, b: Any) -> Any:
        return self._log_mass(z, b) - self._log_mass(a, b)

    def _ppf(self, q: Any, a: Any, b: Any) -> Any:
        turned = a > 0
        low, high = where(turned, -b, a), where(turned, -a, b)
        share = where(turned, 1 - q, q)
        x = ndtri(ndtr(low) + share * (ndtr(high) - ndtr(low)))
        return where(turned, -x, x)

    def _moments(self, a: Any, b: Any) -> tuple[Any, Any]:
        """The density's weights of the ends, and of the ends times themselves."""
        mass = self._log_mass(a, b)
        low, high = (exp(-0.5 * square(x) - 0.5 * LOG_2PI - mass) for x in (a, b))
        times = [where(density > 0, where(density > 0, x, 0.0) * density, 0.0) for x, density in ((a, low), (b, high))]
        return low - high, times[0] - times[1]

    def _mean(self, a: Any, b: Any) -> Any:
        return self._moments(a, b)[0]

    def _var(self, a: Any, b: Any) -> Any:
        first, second = self._moments(a, b)
        return 1 + second - square(first)

    def _entropy(self, a: Any, b: Any) -> Any:
        return 0.5 * (1 + LOG_2PI) + self._log_mass(a, b) + 0.5 * self._moments(a, b)[1]


gamma, chi2, invgamma, beta, t, lognorm = _gamma(), _chi2(), _invgamma(), _beta(), _t(), _lognorm()
pareto, weibull_min, truncnorm = _pareto(), _weibull_min(), _truncnorm()
