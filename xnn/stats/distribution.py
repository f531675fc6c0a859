"""What distributions have in common: parameters as SciPy's, support, frozen ones, and draws with derivatives."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from xnn.array_object import Array
from xnn.autograd.call import is_raw, lifted
from xnn.autograd.operands import copied, mismatch
from xnn.dtypes import get_default_dtype
from xnn.errors import OptionError, ShapeError
from xnn.ops.comparison import equal, isfinite
from xnn.ops.creation import asarray
from xnn.ops.data_types import astype, finfo, result_type
from xnn.ops.elementwise import sqrt
from xnn.ops.exponential import exp, log
from xnn.ops.extrema import maximum
from xnn.ops.logic import logical_and
from xnn.ops.manipulation import broadcast_shapes
from xnn.ops.rounding import floor
from xnn.ops.searching import where
from xnn.ops.statistical import max
from xnn.random import Generator, default_generator
from xnn.random.arguments import drawn_shape
from xnn.typing import ArrayLike, Shape

__all__ = ["Continuous", "Discrete", "Distribution", "Frozen"]

REQUIRED: Any = object()


class Distribution:
    """A family of distributions, under SciPy's names: methods take the point, then the parameters in SciPy's order.

    Points and parameters are Arrays, raw arrays, numbers or lists, on one device, and broadcast; the result is an
    Array, or a raw array where there are raw arrays and no Arrays. It is differentiable with respect to each of them.
    Parameters out of their range give NaN.

    Shapes: the common shape of all arguments. Types: floating types stay; integers become the default floating type.
    """

    shapes: tuple[str, ...] = ()
    sound: tuple[float, ...] = ()  # shape parameters to compute with in the place of those out of their range
    defaults: Mapping[str, Any] = {"loc": 0.0, "scale": 1.0}

    @property
    def name(self) -> str:
        """SciPy's name."""
        return type(self).__name__.lstrip("_")

    def __repr__(self) -> str:
        return f"<xnn.stats.{self.name}({', '.join(self._names())})>"

    def __call__(self, *args: ArrayLike, **params: ArrayLike) -> Frozen:
        """The distribution with parameters that are given once."""
        self._bound("", args, params)
        return Frozen(self, args, params)

    # ---- parameters ----

    def _names(self) -> list[str]:
        return [*self.shapes, *self.defaults]

    def _bound(self, method: str, args: Sequence[Any], params: Mapping[str, Any]) -> list[Any]:
        """The parameters in their order.

        Raises:
            TypeError: for one that is missing, unknown, or given twice.
        """
        names = self._names()
        what = f"{self.name}.{method}" if method else self.name
        if len(args) > len(names):
            raise TypeError(f"{what} takes at most {len(names)} parameters, {', '.join(names)}; got {len(args)}")
        given = dict(zip(names, args, strict=False))
        unknown = [name for name in params if name not in names or name in given]
        if unknown:
            raise TypeError(f"{what} has the parameters {', '.join(names)}, each once; got {', '.join(unknown)}, too")
        given |= params
        values = [given.get(name, self.defaults.get(name, REQUIRED)) for name in names]
        missing = [name for name, value in zip(names, values, strict=True) if value is REQUIRED]
        if missing:
            raise TypeError(f"{what} needs {', '.join(missing)}")
        return values

    def _evaluate(self, method: str, points: Sequence[Any], args: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """What a method of Arrays gives, as raw array where that is what came."""
        given = [*points, *self._bound(method, args, params)]
        arrays, raw = as_arrays(f"{self.name}.{method}", given)
        out: Array = getattr(self, f"_{method}_")(*arrays)
        return copied(out._data, out._device) if raw else out

    def _valid(self, *shapes: Any) -> Any:
        """Whether shape parameters are in their range; True where there is no such parameter."""
        return True

    def _support(self, *shapes: Any) -> tuple[Any, Any]:
        """The ends of the standard distribution's support."""
        return -math.inf, math.inf

    def _settled(self, shapes: Sequence[Any]) -> tuple[Sequence[Any], Any]:
        """Shape parameters that are all in their range, and where those that came are; True for everywhere."""
        valid = self._valid(*shapes)
        if valid is True:
            return shapes, True
        return [where(valid, x, safe) for x, safe in zip(shapes, self.sound, strict=True)], valid

    # ---- moments ----

    def mean(self, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The expected value; NaN or infinite where there is none."""
        return self._evaluate("mean", (), args, params)

    def var(self, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The variance; NaN or infinite where there is none."""
        return self._evaluate("var", (), args, params)

    def std(self, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The standard deviation, the root of `var`."""
        return self._evaluate("std", (), args, params)

    def entropy(self, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The (differential) entropy, in nats."""
        return self._evaluate("entropy", (), args, params)

    def _std_(self, *values: Any) -> Any:
        return sqrt(self._var_(*values))  # type: ignore[attr-defined]  # the kinds of distributions have it

    # ---- draws ----

    def rvs(
        self,
        *args: ArrayLike,
        size: Shape | None = None,
        random_state: Generator | int | None = None,
        **params: ArrayLike,
    ) -> Array:
        """Random draws, the same on every device as nearly as its functions agree.

        Args:
            args: the parameters, in their order.
            size: the shape of the result, which the parameters' broadcast to; None: their common shape.
            random_state: a Generator, or the seed of one; None: the default stream.
            params: the parameters, by name.

        Returns:
            draws; of a continuous distribution differentiable with respect to the parameters (reparameterised by the
            quantile function, with implicit derivatives of shape parameters). Of a discrete one off the graph.

        Raises:
            OptionError: for a random_state that is none. ShapeError: for a size that parameters do not broadcast to.
        """
        values = self._bound("rvs", args, params)
        arrays, raw = as_arrays(f"{self.name}.rvs", values)
        common = self._batch(*arrays)
        sizes = common if size is None else drawn_shape(f"{self.name}.rvs", size)
        if len(common) > len(sizes) or any(a not in (1, b) for a, b in zip(common[::-1], sizes[::-1], strict=False)):
            raise ShapeError(f"{self.name}.rvs: parameters of shape {common} do not broadcast to size={sizes}")
        out: Array = self._draw(generator_of(random_state), sizes, *arrays)
        return copied(out._data, out._device) if raw else out

    def _batch(self, *values: Any) -> tuple[int, ...]:
        """The common shape of the parameters, without the dimensions of a point."""
        return broadcast_shapes(*(x.shape for x in values))

    def _draw(self, generator: Generator, sizes: tuple[int, ...], *values: Any) -> Any:
        u = generator.uniform(sizes, dtype=values[0].dtype, device=values[0].device)
        return self._ppf_(maximum(u, 0.25 * finfo(u.dtype).eps), *values)  # type: ignore[attr-defined]


class Frozen:
    """A distribution with its parameters: the methods of the family without them.

    Shapes: as of the family's.
    """

    def __init__(self, distribution: Distribution, args: Sequence[Any], params: Mapping[str, Any]) -> None:
        self.dist = distribution
        self.args = tuple(args)
        self.kwds = dict(params)

    def __repr__(self) -> str:
        given = [*map(repr, self.args), *(f"{name}={value!r}" for name, value in self.kwds.items())]
        return f"xnn.stats.{self.dist.name}({', '.join(given)})"

    def _of(self, method: str, *points: Any) -> Any:
        call = getattr(self.dist, method, None)
        if call is None:
            raise AttributeError(f"{self.dist.name} has no {method}")
        return call(*points, *self.args, **self.kwds)

    def pdf(self, x: ArrayLike) -> Array:
        """The density at x."""
        return self._of("pdf", x)

    def logpdf(self, x: ArrayLike) -> Array:
        """The logarithm of the density at x."""
        return self._of("logpdf", x)

    def pmf(self, k: ArrayLike) -> Array:
        """The probability of k."""
        return self._of("pmf", k)

    def logpmf(self, k: ArrayLike) -> Array:
        """The logarithm of the probability of k."""
        return self._of("logpmf", k)

    def cdf(self, x: ArrayLike) -> Array:
        """The probability of at most x."""
        return self._of("cdf", x)

    def logcdf(self, x: ArrayLike) -> Array:
        """The logarithm of `cdf`."""
        return self._of("logcdf", x)

    def sf(self, x: ArrayLike) -> Array:
        """The probability of more than x."""
        return self._of("sf", x)

    def logsf(self, x: ArrayLike) -> Array:
        """The logarithm of `sf`."""
        return self._of("logsf", x)

    def ppf(self, q: ArrayLike) -> Array:
        """The quantile: the least x whose `cdf` is at least q."""
        return self._of("ppf", q)

    def isf(self, q: ArrayLike) -> Array:
        """The least x whose `sf` is at most q."""
        return self._of("isf", q)

    def mean(self) -> Array:
        """The expected value."""
        return self._of("mean")

    def var(self) -> Array:
        """The variance."""
        return self._of("var")

    def std(self) -> Array:
        """The standard deviation."""
        return self._of("std")

    def entropy(self) -> Array:
        """The entropy, in nats."""
        return self._of("entropy")

    def rvs(self, size: Shape | None = None, random_state: Generator | int | None = None) -> Array:
        """Random draws; see `Distribution.rvs`."""
        return self.dist.rvs(*self.args, size=size, random_state=random_state, **self.kwds)


def generator_of(random_state: Any) -> Generator:
    """A stream of random numbers: the default one for None, that of a seed, or itself."""
    if random_state is None:
        return default_generator()
    if isinstance(random_state, Generator):
        return random_state
    if isinstance(random_state, int):
        return Generator(random_state)
    raise OptionError(
        f"random_state is a Generator, the seed of one, or None; got {random_state!r:.80}. "
        "Cure: xnn.random.Generator(seed)."
    )


def as_arrays(name: str, given: Sequence[Any]) -> tuple[list[Any], bool]:
    """All as Arrays of one floating type on one device, and whether raw arrays came, and no Arrays."""
    found = [x if isinstance(x, Array) else lifted(x) for x in given]
    raw = any(map(is_raw, given)) and not any(isinstance(x, Array) for x in given)
    arrays = [x for x in found if isinstance(x, Array)]
    device = arrays[0].device if arrays else None
    for x in arrays:
        if x.device is not device:
            raise mismatch(name, device, x.device)  # type: ignore[arg-type]  # there is one, if there are arrays
    # Lists and numbers are weak, as scalars are: they take the arrays' type.
    types = [x.dtype for x in arrays if x.dtype.is_floating]
    dtype = result_type(*types) if types else get_default_dtype()
    return [
        astype(x, dtype, copy=False) if isinstance(x, Array) else asarray(x, dtype=dtype, device=device) for x in found
    ], raw


class Continuous(Distribution):
    """A continuous distribution: of (x - loc) / scale, whose standard form a subclass describes.

    Shapes, types: see Distribution.
    """

    def pdf(self, x: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The density at x; 0 outside of the support."""
        return self._evaluate("pdf", (x,), args, params)

    def logpdf(self, x: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The logarithm of the density at x; -inf outside of the support."""
        return self._evaluate("logpdf", (x,), args, params)

    def cdf(self, x: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The probability of at most x."""
        return self._evaluate("cdf", (x,), args, params)

    def logcdf(self, x: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The logarithm of `cdf`."""
        return self._evaluate("logcdf", (x,), args, params)

    def sf(self, x: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The probability of more than x: 1 - cdf, without its rounding errors."""
        return self._evaluate("sf", (x,), args, params)

    def logsf(self, x: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The logarithm of `sf`."""
        return self._evaluate("logsf", (x,), args, params)

    def ppf(self, q: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The quantile: the x with cdf(x) = q; NaN for a q outside of [0, 1]."""
        return self._evaluate("ppf", (q,), args, params)

    def isf(self, q: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The x with sf(x) = q; NaN for a q outside of [0, 1]."""
        return self._evaluate("isf", (q,), args, params)

    # ---- of the standard form, with z inside of the support; a subclass has the first, and _cdf and _ppf ----

    def _logpdf(self, z: Any, *shapes: Any) -> Any:
        raise NotImplementedError

    def _cdf(self, z: Any, *shapes: Any) -> Any:
        raise NotImplementedError

    def _ppf(self, q: Any, *shapes: Any) -> Any:
        raise NotImplementedError

    def _logcdf(self, z: Any, *shapes: Any) -> Any:
        return log(self._cdf(z, *shapes))

    def _sf(self, z: Any, *shapes: Any) -> Any:
        return 1 - self._cdf(z, *shapes)

    def _logsf(self, z: Any, *shapes: Any) -> Any:
        return log(self._sf(z, *shapes))

    def _isf(self, q: Any, *shapes: Any) -> Any:
        return self._ppf(1 - q, *shapes)

    def _interior(self, *shapes: Any) -> Any:
        """A point inside of the support, to be computed with in the place of those outside."""
        return 0.5

    # ---- with loc and scale ----

    def _pdf_(self, x: Any, *values: Any) -> Any:
        return exp(self._logpdf_(x, *values))

    def _logpdf_(self, x: Any, *values: Any) -> Any:
        shapes, loc, scale, valid = self._parameters(values)
        z = (x - loc) / scale
        low, high = self._support(*shapes)
        inside = logical_and(z >= low, z <= high)
        safe = where(inside, z, self._interior(*shapes))
        out = where(inside, self._logpdf(safe, *shapes) - log(scale), -math.inf)
        return self._checked(out, z, valid)

    def _parameters(self, values: Sequence[Any]) -> tuple[Sequence[Any], Any, Any, Any]:
        """Shape parameters, loc and scale that are in their range, and where those that came are."""
        *given, loc, scale = values
        shapes, own = self._settled(given)
        positive = scale > 0
        return shapes, loc, where(positive, scale, 1.0), positive if own is True else logical_and(positive, own)

    def _checked(self, out: Any, z: Any, valid: Any) -> Any:
        """NaN where the point is NaN, or a parameter out of its range."""
        return where(logical_and(valid, equal(z, z)), out, math.nan)

    def _probability(self, method: str, below: float, above: float, x: Any, values: Sequence[Any]) -> Any:
        shapes, loc, scale, valid = self._parameters(values)
        z = (x - loc) / scale
        low, high = self._support(*shapes)
        inside = logical_and(z > low, z < high)
        safe = where(inside, z, self._interior(*shapes))
        out = where(inside, getattr(self, method)(safe, *shapes), where(z <= low, below, above))
        return self._checked(out, z, valid)

    def _cdf_(self, x: Any, *values: Any) -> Any:
        return self._probability("_cdf", 0.0, 1.0, x, values)

    def _sf_(self, x: Any, *values: Any) -> Any:
        return self._probability("_sf", 1.0, 0.0, x, values)

    def _logcdf_(self, x: Any, *values: Any) -> Any:
        return self._probability("_logcdf", -math.inf, 0.0, x, values)

    def _logsf_(self, x: Any, *values: Any) -> Any:
        return self._probability("_logsf", 0.0, -math.inf, x, values)

    def _quantile(self, method: str, q: Any, values: Sequence[Any], is_upper: bool) -> Any:
        shapes, loc, scale, valid = self._parameters(values)
        first, last = self._support(*shapes)[:: -1 if is_upper else 1]
        inside = logical_and(q > 0, q < 1)
        z = getattr(self, method)(where(inside, q, 0.5), *shapes)
        z = where(inside, z, where(equal(q, 0.0), first, last))
        out = where(logical_and(q >= 0, q <= 1), loc + scale * z, math.nan)
        return self._checked(out, q, valid)

    def _ppf_(self, q: Any, *values: Any) -> Any:
        return self._quantile("_ppf", q, values, is_upper=False)

    def _isf_(self, q: Any, *values: Any) -> Any:
        return self._quantile("_isf", q, values, is_upper=True)

    def _mean(self, *shapes: Any) -> Any:
        raise NotImplementedError

    def _var(self, *shapes: Any) -> Any:
        raise NotImplementedError

    def _entropy(self, *shapes: Any) -> Any:
        raise NotImplementedError

    def _mean_(self, *values: Any) -> Any:
        shapes, loc, scale, valid = self._parameters(values)
        return self._checked(loc + scale * self._mean(*shapes), loc, valid)

    def _var_(self, *values: Any) -> Any:
        shapes, loc, scale, valid = self._parameters(values)
        return self._checked(scale * scale * self._var(*shapes), loc, valid)

    def _entropy_(self, *values: Any) -> Any:
        shapes, loc, scale, valid = self._parameters(values)
        return self._checked(log(scale) + self._entropy(*shapes), loc, valid)


class Discrete(Distribution):
    """A discrete distribution on integers, moved by `loc`. Probabilities are differentiable in the parameters.

    Shapes, types: see Distribution; probabilities of what is no integer are 0.
    """

    defaults: Mapping[str, Any] = {"loc": 0.0}

    def pmf(self, k: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The probability of k; 0 outside of the support."""
        return self._evaluate("pmf", (k,), args, params)

    def logpmf(self, k: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The logarithm of the probability of k; -inf outside of the support."""
        return self._evaluate("logpmf", (k,), args, params)

    def cdf(self, k: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The probability of at most k."""
        return self._evaluate("cdf", (k,), args, params)

    def logcdf(self, k: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The logarithm of `cdf`."""
        return self._evaluate("logcdf", (k,), args, params)

    def sf(self, k: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The probability of more than k."""
        return self._evaluate("sf", (k,), args, params)

    def logsf(self, k: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The logarithm of `sf`."""
        return self._evaluate("logsf", (k,), args, params)

    def ppf(self, q: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The quantile: the least k with cdf(k) >= q; NaN for a q outside of [0, 1]."""
        return self._evaluate("ppf", (q,), args, params)

    def isf(self, q: ArrayLike, *args: ArrayLike, **params: ArrayLike) -> Array:
        """The least k with sf(k) <= q; NaN for a q outside of [0, 1]."""
        return self._evaluate("isf", (q,), args, params)

    def _logpmf(self, k: Any, *shapes: Any) -> Any:
        raise NotImplementedError

    def _cdf(self, k: Any, *shapes: Any) -> Any:
        raise NotImplementedError

    def _sf(self, k: Any, *shapes: Any) -> Any:
        return 1 - self._cdf(k, *shapes)

    def _support(self, *shapes: Any) -> tuple[Any, Any]:
        return 0.0, math.inf

    def _parameters(self, values: Sequence[Any]) -> tuple[Sequence[Any], Any, Any]:
        """Shape parameters that are in their range, loc, and where those that came are."""
        *given, loc = values
        shapes, valid = self._settled(given)
        return shapes, loc, valid

    def _checked(self, out: Any, k: Any, valid: Any) -> Any:
        """NaN where the point is NaN, or a parameter out of its range."""
        return where(logical_and(valid, equal(k, k)), out, math.nan)

    def _pmf_(self, k: Any, *values: Any) -> Any:
        return exp(self._logpmf_(k, *values))

    def _logpmf_(self, k: Any, *values: Any) -> Any:
        shapes, loc, valid = self._parameters(values)
        k = k - loc
        low, high = self._support(*shapes)
        inside = logical_and(logical_and(k >= low, k <= high), equal(floor(k), k))
        out = where(inside, self._logpmf(where(inside, k, low), *shapes), -math.inf)
        return self._checked(out, k, valid)

    def _probability(self, method: str, below: float, above: float, k: Any, values: Sequence[Any]) -> Any:
        shapes, loc, valid = self._parameters(values)
        k = floor(k - loc)
        low, high = self._support(*shapes)
        inside = logical_and(k >= low, k < high)
        out = where(inside, getattr(self, method)(where(inside, k, low), *shapes), where(k < low, below, above))
        return self._checked(out, k, valid)

    def _cdf_(self, k: Any, *values: Any) -> Any:
        return self._probability("_cdf", 0.0, 1.0, k, values)

    def _sf_(self, k: Any, *values: Any) -> Any:
        return self._probability("_sf", 1.0, 0.0, k, values)

    def _logcdf_(self, k: Any, *values: Any) -> Any:
        return log(self._cdf_(k, *values))

    def _logsf_(self, k: Any, *values: Any) -> Any:
        return log(self._sf_(k, *values))

    def _ppf_(self, q: Any, *values: Any) -> Any:
        shapes, loc, valid = self._parameters([x.detach() for x in values])
        k = self._search(q.detach(), shapes)
        low, high = self._support(*shapes)
        # at q = 0, SciPy's quantile is one below the support
        k = where(equal(q, 0.0), low - 1.0, where(equal(q, 1.0), high, k))
        out = where(logical_and(q >= 0, q <= 1), k + loc, math.nan)
        return self._checked(out, q, valid)

    def _isf_(self, q: Any, *values: Any) -> Any:
        return self._ppf_(1 - q, *values)

    def _search(self, q: Any, shapes: Sequence[Any]) -> Any:
        """The least k of the support with cdf(k) >= q, by halving an interval that holds it."""
        low, high = self._support(*shapes)
        below = q * 0 + low - 1.0  # whose cdf is less than q
        if high is math.inf:
            high = floor(self._mean(*shapes) + 40 * sqrt(self._var(*shapes)) + 60)
        above = q * 0 + high
        width = float(max(where(isfinite(above - below), above - below, 1.0))) if q.size else 1.0
        for _ in range(math.ceil(math.log2(width)) + 1):
            middle = floor((below + above) / 2)
            enough = self._cdf(maximum(middle, low), *shapes) >= q
            enough = logical_and(enough, middle >= low)
            below, above = where(enough, below, middle), where(enough, middle, above)
        return above

    def _mean(self, *shapes: Any) -> Any:
        raise NotImplementedError

    def _var(self, *shapes: Any) -> Any:
        raise NotImplementedError

    def _entropy(self, *shapes: Any) -> Any:
        raise NotImplementedError

    def _mean_(self, *values: Any) -> Any:
        shapes, loc, valid = self._parameters(values)
        return self._checked(loc + self._mean(*shapes), loc, valid)

    def _var_(self, *values: Any) -> Any:
        shapes, loc, valid = self._parameters(values)
        return self._checked(self._var(*shapes), loc, valid)

    def _entropy_(self, *values: Any) -> Any:
        shapes, loc, valid = self._parameters(values)
        return self._checked(self._entropy(*shapes), loc, valid)
