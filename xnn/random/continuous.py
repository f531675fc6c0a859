"""Distributions that a formula makes of uniform numbers: draws are differentiable with respect to the parameters."""

from __future__ import annotations

import math

from xnn.array_object import Array
from xnn.dtypes import float32, float64
from xnn.ops.data_types import astype
from xnn.ops.elementwise import abs, negative, sqrt
from xnn.ops.error_functions import ndtr, ndtri
from xnn.ops.exponential import exp, expm1, log, log1p
from xnn.ops.extrema import clip, maximum
from xnn.ops.rounding import sign
from xnn.ops.searching import where
from xnn.ops.trigonometric import tan
from xnn.typing import AnyArray, DeviceLike, DTypeLike, Scalar, Shape

from .arguments import require_valid
from .basic import Basic
from .parameters import ANY, BOUND, NOT_NEGATIVE, POSITIVE, Drawn, as_double, drawn

__all__ = ["Continuous"]

Parameter = Scalar | AnyArray


class Continuous(Basic):
    """Draws by a formula: cauchy, exponential, gumbel, laplace, logistic, ..."""

    def _open(self, what: Drawn) -> Array:
        """Numbers in (0, 1): half of what follows it for 0."""
        u = self.uniform(what.sizes, dtype=what.working, device=what.device)
        return maximum(u, 2.0**-25 if what.working is float32 else 2.0**-54)

    def _exponential(self, what: Drawn) -> Array:
        return negative(log1p(negative(self.uniform(what.sizes, dtype=what.working, device=what.device))))

    def cauchy(
        self,
        loc: Parameter = 0.0,
        scale: Parameter = 1.0,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """loc + scale * x for x of the standard Cauchy distribution, density 1 / (pi (1 + x**2)).

        The derivatives are those of loc and scale.

        Shapes: parameters broadcast to `size`; without it, the result has their common shape. Raises: OptionError for
        a negative scale; ShapeError for a size that they do not fit.
        """
        what = drawn("cauchy", size, dtype, device, loc=(loc, ANY), scale=(scale, NOT_NEGATIVE))
        loc, scale = what.parameters
        return what.rounded(scale * tan(math.pi * (self._open(what) - 0.5)) + loc)

    def exponential(
        self,
        scale: Parameter = 1.0,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """Numbers of density exp(-x / scale) / scale, x >= 0; the derivative is that of scale.

        Shapes: parameters broadcast to `size`; without it, the result has their common shape. Raises: OptionError for
        a negative scale; ShapeError for a size that they do not fit.
        """
        what = drawn("exponential", size, dtype, device, scale=(scale, NOT_NEGATIVE))
        (scale,) = what.parameters
        return what.rounded(scale * self._exponential(what))

    def gumbel(
        self,
        loc: Parameter = 0.0,
        scale: Parameter = 1.0,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """loc - scale * log(-log(u)): the largest of many; the derivatives are those of loc and scale.

        Shapes: parameters broadcast to `size`; without it, the result has their common shape. Raises: OptionError for
        a negative scale; ShapeError for a size that they do not fit.
        """
        what = drawn("gumbel", size, dtype, device, loc=(loc, ANY), scale=(scale, NOT_NEGATIVE))
        loc, scale = what.parameters
        return what.rounded(loc - scale * log(negative(log1p(negative(self._open(what))))))

    def laplace(
        self,
        loc: Parameter = 0.0,
        scale: Parameter = 1.0,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """Numbers of density exp(-abs(x - loc) / scale) / (2 scale); the derivatives are those of loc and scale.

        Shapes: parameters broadcast to `size`; without it, the result has their common shape. Raises: OptionError for
        a negative scale; ShapeError for a size that they do not fit.
        """
        what = drawn("laplace", size, dtype, device, loc=(loc, ANY), scale=(scale, NOT_NEGATIVE))
        loc, scale = what.parameters
        centred = self._open(what) - 0.5
        return what.rounded(loc - scale * sign(centred) * log1p(-2 * abs(centred)))

    def logistic(
        self,
        loc: Parameter = 0.0,
        scale: Parameter = 1.0,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """loc + scale * log(u / (1 - u)); the derivatives are those of loc and scale.

        Shapes: parameters broadcast to `size`; without it, the result has their common shape. Raises: OptionError for
        a negative scale; ShapeError for a size that they do not fit.
        """
        what = drawn("logistic", size, dtype, device, loc=(loc, ANY), scale=(scale, NOT_NEGATIVE))
        loc, scale = what.parameters
        u = self._open(what)
        return what.rounded(loc + scale * (log(u) - log1p(negative(u))))

    def lognormal(
        self,
        mean: Parameter = 0.0,
        sigma: Parameter = 1.0,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """exp(mean + sigma * z) for z of the standard normal distribution, differentiable as that formula.

        Shapes: parameters broadcast to `size`; without it, the result has their common shape. Raises: OptionError for
        a negative sigma; ShapeError for a size that they do not fit.
        """
        what = drawn("lognormal", size, dtype, device, mean=(mean, ANY), sigma=(sigma, NOT_NEGATIVE))
        mean, sigma = what.parameters
        z = self.normal(what.sizes, dtype=what.working, device=what.device)
        return what.rounded(exp(mean + sigma * z))

    def pareto(
        self,
        a: Parameter,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """Numbers of the Pareto II distribution, density a / (1 + x)**(a + 1), x >= 0, as NumPy's; differentiable.

        Shapes: parameters broadcast to `size`; without it, the result has their common shape. Raises: OptionError for
        a that is not positive; ShapeError for a size that they do not fit.
        """
        what = drawn("pareto", size, dtype, device, a=(a, POSITIVE))
        (a,) = what.parameters
        return what.rounded(expm1(self._exponential(what) / a))

    def rayleigh(
        self,
        scale: Parameter = 1.0,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """Numbers of density x / scale**2 * exp(-(x / scale)**2 / 2), x >= 0; the derivative is that of scale.

        Shapes: parameters broadcast to `size`; without it, the result has their common shape. Raises: OptionError for
        a negative scale; ShapeError for a size that they do not fit.
        """
        what = drawn("rayleigh", size, dtype, device, scale=(scale, NOT_NEGATIVE))
        (scale,) = what.parameters
        return what.rounded(scale * sqrt(2 * self._exponential(what)))

    def standard_cauchy(
        self,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """`cauchy` of loc 0 and scale 1, of shape size."""
        what = drawn("standard_cauchy", size, dtype, device)
        return what.rounded(tan(math.pi * (self._open(what) - 0.5)))

    def standard_exponential(
        self,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """`exponential` of scale 1, of shape size."""
        what = drawn("standard_exponential", size, dtype, device)
        return what.rounded(self._exponential(what))

    def truncated_normal(
        self,
        lower: Parameter,
        upper: Parameter,
        loc: Parameter = 0.0,
        scale: Parameter = 1.0,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """loc + scale * z for z of the standard normal distribution between lower and upper.

        By the inverse of its integral. `lower` and `upper` are in standard deviations from loc, as SciPy's a and b, and
        may be infinite. Computed in float64, where what lies beyond 38
        deviations has no probability: there, draws are the nearer bound. Differentiable with respect to all four.

        Shapes: parameters broadcast to `size`; without it, the result has their common shape. Raises: OptionError for
        a negative scale, or lower that
        is not below upper; ShapeError for a size that they do not fit.
        """
        what = drawn(
            "truncated_normal", size, dtype, device,
            lower=(lower, BOUND), upper=(upper, BOUND), loc=(loc, ANY), scale=(scale, NOT_NEGATIVE),
        )  # fmt: skip
        least, most, loc, scale = (as_double(x, what.device) for x in what.parameters)
        require_valid((most - least).detach(), 0.0, math.inf, True, "truncated_normal: lower is below upper; it is not")
        # Above 0 its mirror image: 1 - ndtr(10) has no digits, ndtr(-10) has all.
        is_above = least > 0
        low, high = where(is_above, negative(most), least), where(is_above, negative(least), most)
        start = ndtr(low)
        u = self.uniform(what.sizes, dtype=float64, device=what.device)
        z = maximum(ndtri(start + (ndtr(high) - start) * maximum(u, 2.0**-54)), -38.5)  # of 0, it is -inf
        z = where(is_above, negative(z), z)
        z = clip(z, least, most)  # where rounding left the interval
        return astype(loc + scale * z, what.dtype)

    def weibull(
        self,
        a: Parameter,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """Numbers of density a x**(a - 1) exp(-x**a), x >= 0, as NumPy's: scale 1; differentiable.

        Shapes: parameters broadcast to `size`; without it, the result has their common shape. Raises: OptionError for
        a that is not positive; ShapeError for a size that they do not fit.
        """
        what = drawn("weibull", size, dtype, device, a=(a, POSITIVE))
        (a,) = what.parameters
        return what.rounded(exp(log(maximum(self._exponential(what), 1e-37)) / a))  # no logarithm of 0
