"""Kullback and Leibler's divergence of distributions of one family."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from xnn.array_object import Array
from xnn.autograd.operands import copied
from xnn.errors import OptionError
from xnn.linalg import diagonal
from xnn.ops.elementwise import square
from xnn.ops.entropies import rel_entr
from xnn.ops.exponential import exp, log
from xnn.ops.gamma_functions import betaln, digamma, gammaln
from xnn.ops.manipulation import broadcast_shapes, broadcast_to, expand_dims
from xnn.ops.searching import where
from xnn.ops.solving import solve
from xnn.ops.statistical import sum

from .discrete import bernoulli, binom, geom, poisson
from .distribution import Distribution, Frozen, as_arrays
from .location_scale import EULER, expon, gumbel_r, laplace, norm, uniform
from .multivariate import categorical, dirichlet, multivariate_normal
from .shaped import beta, chi2, gamma, lognorm, pareto, weibull_min

__all__ = ["kl_divergence"]


def kl_divergence(p: Frozen, q: Frozen) -> Array:
    """The expected value, for x of p, of log(p(x) / q(x)), in nats, in closed form.

    Args:
        p: a distribution with its parameters, as `stats.norm(loc, scale)`.
        q: one of the same family.

    Shapes: the common shape of the parameters of both. Types: as of the families' methods.

    Raises:
        OptionError: for families without a closed form, or two of them.

    Example:
        >>> from xnn import stats
        >>> stats.kl_divergence(stats.norm(0.0, 1.0), stats.norm(1.0, 1.0)).item()
        0.5
    """
    for one in (p, q):
        if not isinstance(one, Frozen):
            raise OptionError(
                f"kl_divergence takes distributions with their parameters; got {one!r:.80}. Cure: stats.norm(0.0, 1.0)."
            )
    if p.dist is not q.dist or p.dist not in _RULES:
        known = ", ".join(sorted(d.name for d in _RULES))
        raise OptionError(
            f"kl_divergence is of two distributions of one family of {known}; got {p.dist.name} and {q.dist.name}"
        )
    mine, yours = (d.dist._bound("kl_divergence", d.args, d.kwds) for d in (p, q))
    arrays, raw = as_arrays("kl_divergence", [*mine, *yours])
    out: Array = _RULES[p.dist](*arrays)
    return copied(out._data, out._device) if raw else out


def _norm(m: Any, s: Any, m2: Any, s2: Any) -> Any:
    ratio = square(s / s2)
    return 0.5 * (ratio + square((m - m2) / s2) - 1 - log(ratio))


def _laplace(m: Any, s: Any, m2: Any, s2: Any) -> Any:
    off = abs(m - m2)
    return log(s2 / s) + (s * exp(-off / s) + off) / s2 - 1


def _same_loc(loc: Any, loc2: Any, out: Any) -> Any:
    """Infinite where p can be where q cannot; otherwise there is no closed form for another start."""
    return where(loc == loc2, out, where(loc < loc2, math.inf, math.nan))


def _expon(m: Any, s: Any, m2: Any, s2: Any) -> Any:
    ratio = s / s2
    return where(m >= m2, ratio - 1 - log(ratio) + (m - m2) / s2, math.inf)


def _uniform(m: Any, s: Any, m2: Any, s2: Any) -> Any:
    return where(m >= m2, where(m + s <= m2 + s2, log(s2 / s), math.inf), math.inf)


def _gumbel_r(m: Any, s: Any, m2: Any, s2: Any) -> Any:
    ratio = s / s2
    moved = (m - m2) / s2
    return -log(ratio) + EULER * (ratio - 1) + moved + exp(-moved + gammaln(1 + ratio)) - 1


def _gamma(a: Any, m: Any, s: Any, a2: Any, m2: Any, s2: Any) -> Any:
    ratio = s / s2
    out = (a - a2) * digamma(a) - gammaln(a) + gammaln(a2) - a2 * log(ratio) + a * (ratio - 1)
    return _same_loc(m, m2, out)


def _chi2(df: Any, m: Any, s: Any, df2: Any, m2: Any, s2: Any) -> Any:
    return _gamma(df / 2, m, s, df2 / 2, m2, s2)


def _beta(a: Any, b: Any, m: Any, s: Any, a2: Any, b2: Any, m2: Any, s2: Any) -> Any:
    out = betaln(a2, b2) - betaln(a, b) + (a - a2) * digamma(a) + (b - b2) * digamma(b)
    return where(s == s2, _same_loc(m, m2, out + (a2 - a + b2 - b) * digamma(a + b)), math.nan)


def _lognorm(s: Any, m: Any, c: Any, s2: Any, m2: Any, c2: Any) -> Any:
    return _same_loc(m, m2, _norm(log(c), s, log(c2), s2))


def _pareto(b: Any, m: Any, s: Any, b2: Any, m2: Any, s2: Any) -> Any:
    out = where(s >= s2, log(b / b2) + b2 * log(s / s2) + b2 / b - 1, math.inf)
    return where(m == m2, out, math.nan)


def _weibull_min(c: Any, m: Any, s: Any, c2: Any, m2: Any, s2: Any) -> Any:
    out = log(c / c2) + c2 * log(s2 / s) - (c - c2) * EULER / c + exp(c2 * log(s / s2) + gammaln(1 + c2 / c)) - 1
    return _same_loc(m, m2, out)


def _poisson(mu: Any, k: Any, mu2: Any, k2: Any) -> Any:
    return _same_loc(k, k2, rel_entr(mu, mu2) - mu + mu2)


def _bernoulli(p: Any, k: Any, p2: Any, k2: Any) -> Any:
    return _same_loc(k, k2, rel_entr(p, p2) + rel_entr(1 - p, 1 - p2))


def _binom(n: Any, p: Any, k: Any, n2: Any, p2: Any, k2: Any) -> Any:
    return where(n == n2, n * _bernoulli(p, k, p2, k2), where(n > n2, math.inf, math.nan))


def _geom(p: Any, k: Any, p2: Any, k2: Any) -> Any:
    return _bernoulli(p, k, p2, k2) / p


def _categorical(p: Any, p2: Any) -> Any:
    return sum(rel_entr(p, p2), axis=-1)


def _dirichlet(a: Any, a2: Any) -> Any:
    total = sum(a, axis=-1, keepdims=True)
    moved = sum((a - a2) * (digamma(a) - digamma(total)), axis=-1)
    return dirichlet._log_beta(a2) - dirichlet._log_beta(a) + moved


def _multivariate_normal(mean: Any, cov: Any, mean2: Any, cov2: Any) -> Any:
    (m, root), (m2, root2) = multivariate_normal._parts(mean, cov), multivariate_normal._parts(mean2, cov2)
    n = m.shape[-1]
    shape = broadcast_shapes(m.shape[:-1], m2.shape[:-1], root.shape[:-2], root2.shape[:-2])
    wide = broadcast_to(root2, (*shape, n, n))
    spread = sum(square(solve(wide, broadcast_to(root, (*shape, n, n)))), axis=(-2, -1))
    off = solve(wide, expand_dims(broadcast_to(m - m2, (*shape, n)), axis=-1))
    logs = sum(log(diagonal(root2)), axis=-1) - sum(log(diagonal(root)), axis=-1)
    return 0.5 * (spread + sum(square(off), axis=(-2, -1)) - n) + logs


_RULES: dict[Distribution, Callable[..., Any]] = {
    norm: _norm, laplace: _laplace, expon: _expon, uniform: _uniform, gumbel_r: _gumbel_r, gamma: _gamma, chi2: _chi2,
    beta: _beta, lognorm: _lognorm, pareto: _pareto, weibull_min: _weibull_min, poisson: _poisson,
    bernoulli: _bernoulli, binom: _binom, geom: _geom, categorical: _categorical, dirichlet: _dirichlet,
    multivariate_normal: _multivariate_normal,
}  # fmt: skip
