"""Distributions on integers."""

from __future__ import annotations

import math
from typing import Any

from xnn.ops.comparison import equal
from xnn.ops.creation import arange
from xnn.ops.elementwise import square
from xnn.ops.entropies import entr, xlog1py, xlogy
from xnn.ops.exponential import exp, expm1, log, log1p
from xnn.ops.extrema import maximum
from xnn.ops.gamma_functions import gammaln
from xnn.ops.incomplete_beta import betainc
from xnn.ops.incomplete_gamma import gammainc, gammaincc
from xnn.ops.logic import logical_and
from xnn.ops.manipulation import expand_dims
from xnn.ops.rounding import floor
from xnn.ops.searching import where
from xnn.ops.statistical import max, sum

from .distribution import Discrete

__all__ = ["bernoulli", "binom", "geom", "nbinom", "poisson"]


class _Counted(Discrete):
    """One whose entropy is a sum over what is likely enough."""

    def _entropy(self, *shapes: Any) -> Any:
        low, high = self._support(*shapes)
        mean, spread = self._mean(*shapes), self._var(*shapes) ** 0.5
        last = mean + 40 * spread + 60 if high is math.inf else high
        count = int(float(max(last.detach()))) + 1
        k = arange(count, dtype=mean.dtype, device=mean.device) + low
        wide = [expand_dims(x, axis=-1) for x in shapes]
        inside = k <= (high if high is math.inf else expand_dims(high, axis=-1))
        safe = where(inside, k, 0.0 * k + low)
        return sum(where(inside, entr(exp(self._logpmf(safe, *wide))), 0.0), axis=-1)


class _poisson(_Counted):  # noqa: N801  # SciPy's name
    """The Poisson distribution: mu**k exp(-mu) / k!"""

    shapes = ("mu",)
    sound = (1.0,)

    def _valid(self, mu: Any) -> Any:
        return mu >= 0

    def _logpmf(self, k: Any, mu: Any) -> Any:
        return xlogy(k, mu) - mu - gammaln(k + 1)

    def _cdf(self, k: Any, mu: Any) -> Any:
        return gammaincc(k + 1, mu)

    def _sf(self, k: Any, mu: Any) -> Any:
        return gammainc(k + 1, mu)

    def _mean(self, mu: Any) -> Any:
        return mu

    def _var(self, mu: Any) -> Any:
        return mu


class _binom(_Counted):  # noqa: N801  # SciPy's name
    """The binomial distribution: how many of n trials succeed, each with probability p."""

    shapes = ("n", "p")
    sound = (1.0, 0.5)

    def _valid(self, n: Any, p: Any) -> Any:
        return logical_and(logical_and(n >= 0, equal(floor(n), n)), logical_and(p >= 0, p <= 1))

    def _support(self, n: Any, p: Any) -> tuple[Any, Any]:
        return 0.0, n

    def _logpmf(self, k: Any, n: Any, p: Any) -> Any:
        ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
        return ways + xlogy(k, p) + xlog1py(n - k, -p)

    def _cdf(self, k: Any, n: Any, p: Any) -> Any:
        return where(k < n, betainc(maximum(n - k, 1.0), k + 1, 1 - p), 1.0)

    def _sf(self, k: Any, n: Any, p: Any) -> Any:
        return where(k < n, betainc(k + 1, maximum(n - k, 1.0), p), 0.0)

    def _mean(self, n: Any, p: Any) -> Any:
        return n * p

    def _var(self, n: Any, p: Any) -> Any:
        return n * p * (1 - p)


class _nbinom(_Counted):  # noqa: N801  # SciPy's name
    """The negative binomial distribution: failures before the n-th success, each with probability p."""

    shapes = ("n", "p")
    sound = (1.0, 0.5)

    def _valid(self, n: Any, p: Any) -> Any:
        return logical_and(n > 0, logical_and(p > 0, p <= 1))

    def _logpmf(self, k: Any, n: Any, p: Any) -> Any:
        return gammaln(n + k) - gammaln(n) - gammaln(k + 1) + xlogy(n, p) + xlog1py(k, -p)

    def _cdf(self, k: Any, n: Any, p: Any) -> Any:
        return betainc(n, k + 1, p)

    def _sf(self, k: Any, n: Any, p: Any) -> Any:
        return betainc(k + 1, n, 1 - p)

    def _mean(self, n: Any, p: Any) -> Any:
        return n * (1 - p) / p

    def _var(self, n: Any, p: Any) -> Any:
        return n * (1 - p) / square(p)


class _geom(_Counted):  # noqa: N801  # SciPy's name
    """The geometric distribution: the trial, from 1, that succeeds first, each with probability p."""

    shapes = ("p",)
    sound = (0.5,)

    def _valid(self, p: Any) -> Any:
        return logical_and(p > 0, p <= 1)

    def _support(self, p: Any) -> tuple[Any, Any]:
        return 1.0, math.inf

    def _logpmf(self, k: Any, p: Any) -> Any:
        return xlog1py(k - 1, -p) + log(p)

    def _cdf(self, k: Any, p: Any) -> Any:
        return -expm1(xlog1py(k, -p))

    def _sf(self, k: Any, p: Any) -> Any:
        return exp(xlog1py(k, -p))

    def _mean(self, p: Any) -> Any:
        return 1 / p

    def _var(self, p: Any) -> Any:
        return (1 - p) / square(p)

    def _entropy(self, p: Any) -> Any:
        return (entr(p) + entr(1 - p)) / p


class _bernoulli(Discrete):  # noqa: N801  # SciPy's name
    """1 with probability p, otherwise 0."""

    shapes = ("p",)
    sound = (0.5,)

    def _valid(self, p: Any) -> Any:
        return logical_and(p >= 0, p <= 1)

    def _support(self, p: Any) -> tuple[Any, Any]:
        return 0.0, 1.0

    def _logpmf(self, k: Any, p: Any) -> Any:
        # the other branch is computed with a p that has a derivative there
        one = k > 0.5
        return where(one, log(where(one, p, 1.0)), log1p(-where(one, 0.0, p)))

    def _cdf(self, k: Any, p: Any) -> Any:
        return where(k < 1, 1 - p, 1.0)

    def _sf(self, k: Any, p: Any) -> Any:
        return where(k < 1, p, 0.0)

    def _mean(self, p: Any) -> Any:
        return p

    def _var(self, p: Any) -> Any:
        return p * (1 - p)

    def _entropy(self, p: Any) -> Any:
        return entr(p) + entr(1 - p)


poisson, binom, nbinom, geom, bernoulli = _poisson(), _binom(), _nbinom(), _geom(), _bernoulli()
