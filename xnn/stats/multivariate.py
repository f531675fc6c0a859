"""Distributions of vectors, counts and matrices, under SciPy's names; and the categorical one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from xnn.array_object import Array
from xnn.dtypes import int64
from xnn.errors import ShapeError
from xnn.linalg import cholesky, diagonal, eigh
from xnn.ops.comparison import equal
from xnn.ops.creation import arange, eye
from xnn.ops.cumulative import cumulative_sum
from xnn.ops.data_types import astype, finfo
from xnn.ops.elementwise import abs, sqrt, square
from xnn.ops.entropies import entr, xlogy
from xnn.ops.exponential import exp, log
from xnn.ops.extrema import maximum, minimum
from xnn.ops.gamma_functions import digamma, gammaln
from xnn.ops.indexing import take_along_axis
from xnn.ops.linear_algebra import matmul, matrix_transpose
from xnn.ops.logic import logical_and
from xnn.ops.manipulation import broadcast_shapes, broadcast_to, expand_dims, reshape, stack, tril
from xnn.ops.rounding import floor
from xnn.ops.searching import where
from xnn.ops.solving import solve
from xnn.ops.statistical import max, sum
from xnn.ops.utility import all
from xnn.random import Generator
from xnn.typing import ArrayLike

from .discrete import binom
from .distribution import Distribution
from .shaped import gamma

__all__ = ["categorical", "dirichlet", "multinomial", "multivariate_normal", "wishart"]

LOG_2PI = math.log(2 * math.pi)


class _Points(Distribution):
    """One whose points are vectors or matrices, with a density."""

    defaults: Mapping[str, Any] = {}

    def pdf(self, x: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The density at x, whose last dimensions are those of a point."""
        return self._evaluate("pdf", (x,), args, params)

    def logpdf(self, x: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The logarithm of the density at x, whose last dimensions are those of a point."""
        return self._evaluate("logpdf", (x,), args, params)

    def _pdf_(self, x: Any, *values: Any) -> Any:
        return exp(self._logpdf_(x, *values))  # type: ignore[attr-defined]  # a subclass has it


class _Counts(Distribution):
    """One whose points are counts, with a probability."""

    defaults: Mapping[str, Any] = {}

    def pmf(self, x: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The probability of x."""
        return self._evaluate("pmf", (x,), args, params)

    def logpmf(self, x: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The logarithm of the probability of x."""
        return self._evaluate("logpmf", (x,), args, params)

    def _pmf_(self, x: Any, *values: Any) -> Any:
        return exp(self._logpmf_(x, *values))  # type: ignore[attr-defined]  # a subclass has it


class _multivariate_normal(_Points):  # noqa: N801  # SciPy's name
    """The normal distribution of vectors, with mean (..., n) and covariance (..., n, n), which is positive definite.

    A number, or a vector, for `cov` is a multiple of the identity, or the diagonal, as SciPy's.
    """

    defaults: Mapping[str, Any] = {"mean": 0.0, "cov": 1.0}

    def pdf(  # type: ignore[override]  # the parameters of a distribution have its own names
        self, x: ArrayLike, *args: ArrayLike, allow_singular: bool = False, **params: ArrayLike
    ) -> Array:
        """The density at x (..., n); with `allow_singular` on the range of cov, and 0 off it."""
        return exp(self.logpdf(x, *args, allow_singular=allow_singular, **params))

    def logpdf(  # type: ignore[override]
        self, x: ArrayLike, *args: ArrayLike, allow_singular: bool = False, **params: ArrayLike
    ) -> Array:
        """The logarithm of the density at x (..., n); with `allow_singular` on the range of cov, -infinity off it."""
        return self._evaluate("logpdf_on_range" if allow_singular else "logpdf", (x,), args, params)

    def _shaped(self, mean: Any, cov: Any, n: int | None = None) -> tuple[Any, Any]:
        """The mean as (..., n), and the covariance as (..., n, n)."""
        if n is None:
            n = mean.shape[-1] if mean.ndim else cov.shape[-1] if cov.ndim else 1
        if cov.ndim < 2:
            cov = eye(n, dtype=cov.dtype, device=cov.device) * cov
        if cov.shape[-2:] != (n, n) or (mean.ndim and mean.shape[-1] not in (1, n)):
            raise ShapeError(
                f"multivariate_normal takes a mean of shape (..., n) and a cov of (..., n, n); got {mean.shape} "
                f"and {cov.shape}"
            )
        mean = mean if mean.ndim else reshape(mean, (1,))
        return broadcast_to(mean, (*mean.shape[:-1], n)), cov

    def _parts(self, mean: Any, cov: Any) -> tuple[Any, Any]:
        """The mean as (..., n), and the Cholesky factor of the covariance."""
        mean, cov = self._shaped(mean, cov)
        return mean, cholesky(cov)

    def _offsets(self, x: Any, mean: Any, cov: Any) -> tuple[Any, Any]:
        """How far the points are from the mean, (..., n), and the covariance."""
        n = mean.shape[-1] if mean.ndim else cov.shape[-1] if cov.ndim else x.shape[-1] if x.ndim > 1 else 1
        mean, cov = self._shaped(mean, cov, n)
        if n == 1 and (not x.ndim or x.shape[-1] != 1):
            x = expand_dims(x, axis=-1)
        if x.shape[-1] != n:
            raise ShapeError(f"multivariate_normal: points have {n} elements in the last dimension; got {x.shape}")
        return x - mean, cov

    def _logpdf_on_range_(self, x: Any, mean: Any, cov: Any) -> Any:
        off, cov = self._offsets(x, mean, cov)
        values, vectors = eigh(cov)
        tiny = 1e3 * finfo(values.dtype).eps * max(abs(values), axis=-1, keepdims=True)  # as SciPy's
        is_there = values > tiny
        safe = where(is_there, values, 1.0)
        along = matmul(expand_dims(off, axis=-2), vectors)[..., 0, :]
        outside = sum(square(where(is_there, 0.0, along)), axis=-1) > square(tiny[..., 0])
        each = where(is_there, square(along) / safe + log(safe) + LOG_2PI, 0.0)
        return where(outside, -math.inf, -0.5 * sum(each, axis=-1))

    def _logpdf_(self, x: Any, mean: Any, cov: Any) -> Any:
        off, cov = self._offsets(x, mean, cov)
        n, root = off.shape[-1], cholesky(cov)
        shape = broadcast_shapes(off.shape[:-1], root.shape[:-2])
        if root.ndim == 2:  # one matrix for all points: one solution, of many right-hand sides
            z = matrix_transpose(solve(root, matrix_transpose(reshape(off, (-1, n)))))
            z = reshape(z, (*shape, n))
        else:
            root = broadcast_to(root, (*shape, n, n))
            z = solve(root, expand_dims(broadcast_to(off, (*shape, n)), axis=-1))[..., 0]
        return -0.5 * sum(square(z), axis=-1) - sum(log(diagonal(root)), axis=-1) - n * (LOG_2PI / 2)

    def _mean_(self, mean: Any, cov: Any) -> Any:
        return self._parts(mean, cov)[0]

    def _var_(self, mean: Any, cov: Any) -> Any:
        root = self._parts(mean, cov)[1]
        return matmul(root, matrix_transpose(root))

    def _entropy_(self, mean: Any, cov: Any) -> Any:
        root = self._parts(mean, cov)[1]
        return root.shape[-1] * (0.5 * (1 + LOG_2PI)) + sum(log(diagonal(root)), axis=-1)

    def _batch(self, mean: Any, cov: Any) -> tuple[int, ...]:
        return broadcast_shapes(mean.shape[:-1], cov.shape[:-2])

    def _draw(self, generator: Generator, sizes: tuple[int, ...], mean: Any, cov: Any) -> Any:
        mean, root = self._parts(mean, cov)
        z = generator.normal((*sizes, mean.shape[-1]), dtype=mean.dtype, device=mean.device)
        return mean + matmul(root, expand_dims(z, axis=-1))[..., 0]


class _dirichlet(_Points):  # noqa: N801  # SciPy's name
    """The Dirichlet distribution of vectors that sum to 1, with concentrations alpha (..., n).

    The last dimension of points is that of their elements; SciPy takes the first, too.
    """

    shapes = ("alpha",)

    def _logpdf_(self, x: Any, alpha: Any) -> Any:
        if x.shape[-1:] != alpha.shape[-1:]:
            raise ShapeError(f"dirichlet: points have as many elements as alpha, {alpha.shape}; got {x.shape}")
        valid = logical_and(all(alpha > 0, axis=-1), all(equal(x, x), axis=-1))
        inside = logical_and(all(x >= 0, axis=-1), abs(sum(x, axis=-1) - 1) < 1e-5)
        safe = where(expand_dims(inside, axis=-1), x, 1 / x.shape[-1])
        out = sum(xlogy(alpha - 1, safe), axis=-1) - self._log_beta(alpha)
        return where(valid, where(inside, out, -math.inf), math.nan)

    def _log_beta(self, alpha: Any) -> Any:
        return sum(gammaln(alpha), axis=-1) - gammaln(sum(alpha, axis=-1))

    def _mean_(self, alpha: Any) -> Any:
        return alpha / sum(alpha, axis=-1, keepdims=True)

    def _var_(self, alpha: Any) -> Any:
        total = sum(alpha, axis=-1, keepdims=True)
        return alpha * (total - alpha) / (square(total) * (total + 1))

    def _entropy_(self, alpha: Any) -> Any:
        total, n = sum(alpha, axis=-1), alpha.shape[-1]
        own = (total - n) * digamma(total) - sum((alpha - 1) * digamma(alpha), axis=-1)
        return self._log_beta(alpha) + own

    def _batch(self, alpha: Any) -> tuple[int, ...]:
        return tuple(alpha.shape[:-1])

    def _draw(self, generator: Generator, sizes: tuple[int, ...], alpha: Any) -> Any:
        x = gamma._draw(generator, (*sizes, alpha.shape[-1]), alpha, 0 * alpha, 0 * alpha + 1)
        return x / sum(x, axis=-1, keepdims=True)


class _wishart(_Points):  # noqa: N801  # SciPy's name
    """The Wishart distribution of positive definite matrices (..., n, n), with df >= n degrees of freedom."""

    shapes = ("df", "scale")

    def _root(self, scale: Any) -> Any:
        return cholesky(scale if scale.ndim >= 2 else reshape(scale, (*scale.shape, 1, 1)))

    def _logpdf_(self, x: Any, df: Any, scale: Any) -> Any:
        root, own = self._root(scale), self._root(x)
        n = root.shape[-1]
        if own.shape[-1] != n:
            raise ShapeError(f"wishart: points are matrices of the size of scale, {scale.shape}; got {x.shape}")
        shape = broadcast_shapes(own.shape, root.shape)
        inner = solve(broadcast_to(root, shape), broadcast_to(own, shape))
        log_x, log_scale = (2 * sum(log(diagonal(c)), axis=-1) for c in (own, root))
        out = 0.5 * (df - n - 1) * log_x - 0.5 * sum(square(inner), axis=(-2, -1)) - 0.5 * df * log_scale
        return where(df > n - 1, out - 0.5 * df * n * math.log(2) - self._log_gamma(df / 2, n), math.nan)

    def _log_gamma(self, a: Any, n: int) -> Any:
        """The logarithm of the multivariate gamma function."""
        return self._over(gammaln, a, n) + n * (n - 1) / 4 * math.log(math.pi)

    def _over(self, function: Any, a: Any, n: int) -> Any:
        steps = arange(n, dtype=a.dtype, device=a.device) / 2
        return sum(function(expand_dims(a, axis=-1) - steps), axis=-1)

    def _mean_(self, df: Any, scale: Any) -> Any:
        root = self._root(scale)
        return expand_dims(df, axis=(-2, -1)) * matmul(root, matrix_transpose(root))

    def _var_(self, df: Any, scale: Any) -> Any:
        root = self._root(scale)
        full = matmul(root, matrix_transpose(root))
        own = diagonal(full)
        both = expand_dims(own, axis=-1) * expand_dims(own, axis=-2)
        return expand_dims(df, axis=(-2, -1)) * (square(full) + both)

    def _entropy_(self, df: Any, scale: Any) -> Any:
        root = self._root(scale)
        n = root.shape[-1]
        log_scale = 2 * sum(log(diagonal(root)), axis=-1)
        log_norm = self._log_gamma(df / 2, n)
        expected = self._over(digamma, df / 2, n)
        constant = 0.5 * n * (n + 1) * math.log(2)
        return 0.5 * (n + 1) * log_scale + constant + log_norm - 0.5 * (df - n - 1) * expected + 0.5 * n * df

    def _batch(self, df: Any, scale: Any) -> tuple[int, ...]:
        return broadcast_shapes(df.shape, scale.shape[:-2])

    def _draw(self, generator: Generator, sizes: tuple[int, ...], df: Any, scale: Any) -> Any:
        """Bartlett's decomposition."""
        root = self._root(scale)
        n = root.shape[-1]
        free = expand_dims(df, axis=-1) - arange(n, dtype=df.dtype, device=df.device)
        roots = sqrt(2 * gamma._draw(generator, (*sizes, n), free / 2, 0 * free, 0 * free + 1))
        z = generator.normal((*sizes, n, n), dtype=df.dtype, device=df.device)
        lower = tril(z, k=-1) + expand_dims(roots, axis=-1) * eye(n, dtype=df.dtype, device=df.device)
        factor = matmul(root, lower)
        return matmul(factor, matrix_transpose(factor))


class _multinomial(_Counts):  # noqa: N801  # SciPy's name
    """The multinomial distribution: how often each of several outcomes, with probabilities p, comes in n trials."""

    shapes = ("n", "p")

    def _logpmf_(self, x: Any, n: Any, p: Any) -> Any:
        if x.shape[-1:] != p.shape[-1:]:
            raise ShapeError(f"multinomial: points have as many elements as p, {p.shape}; got {x.shape}")
        counts = logical_and(all(x >= 0, axis=-1), all(equal(floor(x), x), axis=-1))
        inside = logical_and(counts, equal(sum(x, axis=-1), n))
        safe = where(expand_dims(inside, axis=-1), x, 0.0)
        out = gammaln(n + 1) + sum(xlogy(safe, p) - gammaln(safe + 1), axis=-1)
        valid = logical_and(n >= 0, logical_and(all(p >= 0, axis=-1), abs(sum(p, axis=-1) - 1) < 1e-5))
        return where(valid, where(inside, out, -math.inf), math.nan)

    def _mean_(self, n: Any, p: Any) -> Any:
        return expand_dims(n, axis=-1) * p

    def _var_(self, n: Any, p: Any) -> Any:
        return expand_dims(n, axis=-1) * p * (1 - p)

    def _entropy_(self, n: Any, p: Any) -> Any:
        wide, count = expand_dims(n, axis=-1), int(float(max(n.detach()))) + 1
        k = arange(count, dtype=p.dtype, device=p.device)
        own = [expand_dims(x, axis=-1) for x in (wide, p)]
        weights = where(k <= own[0], exp(binom._logpmf(minimum(k, own[0]), *own)), 0.0)
        return sum(sum(weights * gammaln(k + 1), axis=-1), axis=-1) - gammaln(n + 1) + n * sum(entr(p), axis=-1)

    def _batch(self, n: Any, p: Any) -> tuple[int, ...]:
        return broadcast_shapes(n.shape, p.shape[:-1])

    def _draw(self, generator: Generator, sizes: tuple[int, ...], n: Any, p: Any) -> Any:
        """One outcome after the other, each of what is left."""
        left, rest, found = broadcast_to(n, sizes).detach(), 1.0 + 0 * sum(p, axis=-1).detach(), []
        for i in range(p.shape[-1]):
            own = p[..., i].detach()
            share = minimum(own / maximum(rest, finfo(p.dtype).smallest_normal), 1.0)
            drawn = left if i == p.shape[-1] - 1 else binom._draw(generator, sizes, left, share, 0 * share)
            found.append(drawn)
            left, rest = left - drawn, rest - own
        return stack(found, axis=-1)


class _categorical(_Counts):  # noqa: N801  # beside SciPy's names
    """One of n outcomes, 0 to n - 1, with probabilities p (..., n); of logits they are the softmax."""

    shapes = ("p",)

    def _logpmf_(self, k: Any, p: Any) -> Any:
        n = p.shape[-1]
        inside = logical_and(logical_and(k >= 0, k < n), equal(floor(k), k))
        place = astype(where(inside, k, 0.0), int64)
        shape = broadcast_shapes(place.shape, p.shape[:-1])
        place = expand_dims(broadcast_to(place, shape), axis=-1)
        own = take_along_axis(broadcast_to(p, (*shape, n)), place, axis=-1)[..., 0]
        valid = logical_and(all(p >= 0, axis=-1), abs(sum(p, axis=-1) - 1) < 1e-5)
        return where(valid, where(inside, log(own), -math.inf), math.nan)

    def _mean_(self, p: Any) -> Any:
        return sum(p * arange(p.shape[-1], dtype=p.dtype, device=p.device), axis=-1)

    def _var_(self, p: Any) -> Any:
        k = arange(p.shape[-1], dtype=p.dtype, device=p.device)
        return sum(p * square(k), axis=-1) - square(self._mean_(p))

    def _entropy_(self, p: Any) -> Any:
        return sum(entr(p), axis=-1)

    def _batch(self, p: Any) -> tuple[int, ...]:
        return tuple(p.shape[:-1])

    def _draw(self, generator: Generator, sizes: tuple[int, ...], p: Any) -> Any:
        u = generator.uniform(sizes, dtype=p.dtype, device=p.device)
        steps = cumulative_sum(p.detach(), axis=-1)
        steps = steps[..., :-1] / steps[..., -1:]
        return sum(astype(steps <= expand_dims(u, axis=-1), p.dtype), axis=-1)


multivariate_normal, dirichlet, wishart = _multivariate_normal(), _dirichlet(), _wishart()
multinomial, categorical = _multinomial(), _categorical()
