"""Distributions of counts. One uniform number each where a table of the parameter's probabilities will do."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from itertools import accumulate

from xnn.arguments import whole
from xnn.array_object import Array
from xnn.autograd.graph import frontend
from xnn.dtypes import DType, float64
from xnn.ops.creation import asarray, zeros
from xnn.ops.data_types import astype
from xnn.ops.elementwise import abs, negative, sqrt
from xnn.ops.exponential import exp, log, log1p
from xnn.ops.extrema import maximum, minimum
from xnn.ops.gamma_functions import gammaln
from xnn.ops.logic import logical_and, logical_or
from xnn.ops.rounding import floor
from xnn.ops.searching import searchsorted, where
from xnn.typing import AnyArray, DeviceLike, DTypeLike, Scalar, Shape
from xnn_backends import Device

from .gammas import Gammas
from .parameters import POSITIVE, PROBABILITY, Rule, as_double, counted

__all__ = ["Counts"]

Parameter = Scalar | AnyArray

WIDEST = 1e5  # the variance up to which there is a table, of 20 deviations
LARGE = 10.0  # of an array, means from here on are drawn by rejection; those below by steps through the probabilities
STEPS = 60  # of a mean below 10, more than 60 come once in 1e25
CANDIDATES = 16  # at a mean of 10 one in 4 is refused; of 16, all once in 4e9, and then the last one stands
COUNT = Rule("at least 0", 0.0, 2.0**53, cure="xnn.clip({0}, min=0)")
SHARE = Rule("more than 0 and at most 1", 0.0, 1.0, is_open=True, cure="xnn.clip({0}, 1e-7, 1.0)")


class Counts(Gammas):
    """bernoulli, binomial, geometric, negative_binomial, poisson. Off the graph; computed in float64."""

    def _of_table(self, first: int, table: list[float], sizes: tuple[int, ...], wanted: DType, device: Device) -> Array:
        """The inverse of a distribution function, the same number from the same bits on every device."""
        u = self.uniform(sizes, dtype=float64, device=device)
        found = searchsorted(asarray(table, dtype=float64, device=device), u, side="right")
        return astype(found + first if first else found, wanted)

    def _first_accepted(
        self, sizes: tuple[int, ...], device: Device, candidate: Callable[[Array, Array], tuple[Array, Array]]
    ) -> Array:
        """Of candidates that are made of two uniform numbers, for each element the first that is accepted."""
        value = zeros(sizes, dtype=float64, device=device)
        done = value > 1
        for _ in range(CANDIDATES):
            u = self.uniform((2, *sizes), dtype=float64, device=device)
            new, is_accepted = candidate(u[0, ...], 1 - u[1, ...])
            value = where(done, value, new)
            done = logical_or(done, is_accepted)
        return value

    def _steps(self, sizes: tuple[int, ...], device: Device, first: Array, ratio: Callable[[int], Array]) -> Array:
        """How many probabilities, each made of the one before, a uniform number passes."""
        u = self.uniform(sizes, dtype=float64, device=device)
        probability, total = first, first
        count = zeros(sizes, dtype=float64, device=device)
        for k in range(STEPS):
            count = count + astype(u >= total, float64)
            probability = probability * ratio(k)
            total = total + probability
        return count

    def bernoulli(
        self,
        p: Parameter = 0.5,
        size: Shape | None = None,
        *,
        dtype: DTypeLike = "bool",
        device: DeviceLike | None = None,
    ) -> Array:
        """True with probability p: bool, or 1 and 0 of another type.

        Shapes: p broadcasts to `size`; without it, the result has its shape. Raises: OptionError for a p that is not
        from 0 to 1; ShapeError for a size that it does not fit.
        """
        kind = None if dtype in ("bool", bool, frontend.xp.bool) else dtype
        sizes, wanted, found, (share,) = counted("bernoulli", size, kind, device, p=(p, PROBABILITY))
        drawn = self.uniform(sizes, dtype=float64, device=found) < share
        return drawn if kind is None else astype(drawn, wanted)

    def binomial(
        self,
        n: Parameter,
        p: Parameter,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """How many of n trials come true, each with probability p: int64, or of an integer or floating type.

        Shapes: parameters broadcast to `size`; without it, the result has their common shape. Raises: OptionError for a
        negative n, and a p that is not from 0 to 1; ShapeError for a size that they do not fit.
        """
        rules = {"n": (n, COUNT), "p": (p, PROBABILITY)}
        sizes, wanted, found, (trials, share) = counted("binomial", size, dtype, device, **rules)
        if isinstance(trials, float):
            whole("binomial: n", n, 0)
            if isinstance(share, float) and trials * share * (1 - share) <= WIDEST:
                return self._of_table(*_binomial_table(int(trials), share), sizes, wanted, found)
        trials, share = floor(as_double(trials, found)), as_double(share, found)
        is_turned = share > 0.5  # of the rarer outcome, and then the others
        p = where(is_turned, 1 - share, share)
        odds, mean = p / (1 - p), trials * p
        is_large = mean >= LARGE
        first = exp(where(is_large, 0.0, trials) * log1p(negative(p)))
        few = self._steps(sizes, found, first, lambda k: maximum(trials - k, 0.0) / (k + 1.0) * odds)
        many = self._first_accepted(sizes, found, _btrs(where(is_large, trials, 40.0), where(is_large, p, 0.5)))
        drawn = minimum(where(is_large, many, few), trials)
        return astype(where(is_turned, trials - drawn, drawn), wanted)

    def geometric(
        self,
        p: Parameter,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """How many trials it takes until one comes true, each with probability p: at least 1, at most 2**53.

        Shapes: p broadcasts to `size`; without it, the result has its shape. Raises: OptionError for a p that is not
        more than 0 and at most 1; ShapeError for a size that it does not fit.
        """
        sizes, wanted, found, (share,) = counted("geometric", size, dtype, device, p=(p, SHARE))
        waits = log1p(negative(self.uniform(sizes, dtype=float64, device=found)))
        rate = log1p(negative(minimum(as_double(share, found), 1 - 2.0**-53)))
        return astype(minimum(floor(waits / rate) + 1, 2.0**53), wanted)

    def negative_binomial(
        self,
        n: Parameter,
        p: Parameter,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """How many trials fail until n come true, each with probability p; n is any positive number.

        Shapes: parameters broadcast to `size`; without it, the result has their common shape. Raises: OptionError for
        an n that is not positive, and a p that is not more than 0 and at most 1; ShapeError for a size that they do not
        fit.
        """
        rules = {"n": (n, POSITIVE), "p": (p, SHARE)}
        sizes, wanted, found, (trials, share) = counted("negative_binomial", size, dtype, device, **rules)
        share = as_double(share, found)
        scale = (1 - share) / share
        rate = self.gamma(trials, scale, sizes, dtype=float64, device=found)
        return astype(self._poisson_of(minimum(rate, 2.0**53), sizes, found), wanted)

    def poisson(
        self,
        lam: Parameter = 1.0,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """Counts with mean lam, up to 2**53: int64, or of an integer or floating type.

        Shapes: lam broadcasts to `size`; without it, the result has its shape. Raises: OptionError for a negative lam;
        ShapeError for a size that it does not fit.
        """
        sizes, wanted, found, (mean,) = counted("poisson", size, dtype, device, lam=(lam, COUNT))
        if isinstance(mean, float) and mean <= WIDEST:
            return self._of_table(*_poisson_table(mean), sizes, wanted, found)
        return astype(self._poisson_of(as_double(mean, found), sizes, found), wanted)

    def _poisson_of(self, mean: Array, sizes: tuple[int, ...], device: Device) -> Array:
        is_large = mean >= LARGE
        small = where(is_large, 1.0, mean)
        few = self._steps(sizes, device, exp(negative(small)), lambda k: small / (k + 1.0))
        return where(is_large, self._first_accepted(sizes, device, _ptrs(where(is_large, mean, LARGE))), few)


# ---- tables ----


def _table(mode: int, up: Callable[[int], float], last: float) -> tuple[int, list[float]]:
    """Where a distribution function begins to be more than nothing, and its values, of probabilities' ratios.

    up(k): the probability of k + 1 by that of k. The sum is formed from both ends' small terms on.
    """
    above, below, k, p = [1.0], [], mode, 1.0
    while k < last and (p := p * up(k)) > 1e-22:
        above.append(p)
        k += 1
    k, p = mode, 1.0
    while k > 0 and (p := p / up(k - 1)) > 1e-22:
        below.append(p)
        k -= 1
    weights = [*reversed(below), *above]
    total = math.fsum(weights)
    return k, [*(value / total for value in accumulate(weights[:-1])), 1.0]


@functools.lru_cache(maxsize=64)
def _poisson_table(mean: float) -> tuple[int, list[float]]:
    return _table(int(mean), lambda k: mean / (k + 1), math.inf)


@functools.lru_cache(maxsize=64)
def _binomial_table(n: int, p: float) -> tuple[int, list[float]]:
    if p in (0.0, 1.0):
        return int(n * p), [1.0]
    return _table(min(int((n + 1) * p), n), lambda k: (n - k) / (k + 1) * (p / (1 - p)), n)


# ---- rejection ----


def _ptrs(mean: Array) -> Callable[[Array, Array], tuple[Array, Array]]:
    """Hörmann's transformed rejection for the Poisson distribution ("PTRS", 1993), of means from 10 on."""
    root, log_mean = sqrt(mean), log(mean)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    inverse_alpha, v_r = 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2)

    def candidate(u: Array, v: Array) -> tuple[Array, Array]:
        u = u - 0.5
        us = maximum(0.5 - abs(u), 2.0**-54)
        k = floor((2 * a / us + b) * u + mean + 0.43)
        kept = maximum(k, 0.0)
        is_below = log(v * inverse_alpha / (a / (us * us) + b)) <= kept * log_mean - mean - gammaln(kept + 1)
        at_once = logical_and(us >= 0.07, v <= v_r)
        slowly = logical_and(logical_and(k >= 0, logical_or(us >= 0.013, v <= us)), is_below)
        return kept, logical_or(at_once, slowly)

    return candidate


def _btrs(n: Array, p: Array) -> Callable[[Array, Array], tuple[Array, Array]]:
    """The same for the binomial distribution ("BTRS"), of n * p from 10 on and p up to 1/2."""
    root = sqrt(n * p * (1 - p))
    b = 1.15 + 2.53 * root
    a = -0.0873 + 0.0248 * b + 0.01 * p
    alpha, v_r = (2.83 + 5.1 / b) * root, 0.92 - 4.2 / b
    mode, log_odds = floor((n + 1) * p), log(p / (1 - p))
    at_mode = gammaln(mode + 1) + gammaln(n - mode + 1)

    def candidate(u: Array, v: Array) -> tuple[Array, Array]:
        u = u - 0.5
        us = maximum(0.5 - abs(u), 2.0**-54)
        k = floor((2 * a / us + b) * u + n * p + 0.5)
        kept = minimum(maximum(k, 0.0), n)
        bound = at_mode - gammaln(kept + 1) - gammaln(n - kept + 1) + (kept - mode) * log_odds
        is_below = log(v * alpha / (a / (us * us) + b)) <= bound
        at_once = logical_and(us >= 0.07, v <= v_r)
        return kept, logical_or(at_once, logical_and(k == kept, is_below))

    return candidate
