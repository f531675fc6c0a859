"""The gamma distribution, and those that are made of it."""

from __future__ import annotations

from xnn.array_object import Array
from xnn.autograd.graph import frontend
from xnn.dtypes import float64
from xnn.errors import ShapeError
from xnn.ops.data_types import astype
from xnn.ops.elementwise import sqrt, square
from xnn.ops.exponential import exp, log, logaddexp
from xnn.ops.extrema import maximum
from xnn.ops.logic import logical_and, logical_or
from xnn.ops.searching import where
from xnn.ops.special import softmax
from xnn.typing import AnyArray, DeviceLike, DTypeLike, Scalar, Shape
from xnn_backends import Device

from .arguments import drawn_shape
from .basic import Basic
from .parameters import NOT_NEGATIVE, POSITIVE, as_double, drawn, placed, plain

__all__ = ["Gammas"]

Parameter = Scalar | AnyArray

# Candidates for each number, all drawn, so that no device is waited for: of the worst shape, 1, one in 20 is refused.
# Where all six are (1 number in 7e7), the last one stands.
CANDIDATES = 6


class Gammas(Basic):
    """Draws by rejection, as Marsaglia and Tsang's, from a fixed number of candidates; off the graph."""

    def _log_gamma(self, shape: Array, sizes: tuple[int, ...], device: Device) -> Array:
        """Logarithms of numbers of the gamma distribution, float64: of small shapes, the numbers are too small."""
        is_small = shape < 1  # then numbers of shape + 1, times u**(1 / shape)
        d = where(is_small, shape + 1, shape) - 1 / 3
        c = 1 / sqrt(9 * d)
        log_v = frontend.xp.zeros(sizes, dtype=float64, device=device)
        done = log_v > 0
        for _ in range(CANDIDATES):
            z = self.normal(sizes, dtype=float64, device=device)
            u = self._above_0(sizes, device)
            root = 1 + c * z
            log_new = 3 * log(maximum(root, 1e-300))
            bound = 0.5 * square(z) + d * (1 - exp(log_new) + log_new)
            log_v = where(logical_or(done, root <= 0), log_v, log_new)
            done = logical_or(done, logical_and(root > 0, log(u) < bound))
        smaller = log(self._above_0(sizes, device)) / where(is_small, shape, 1.0)
        return log(d) + log_v + where(is_small, smaller, 0.0)

    def _above_0(self, sizes: tuple[int, ...], device: Device) -> Array:
        return 1 - self.uniform(sizes, dtype=float64, device=device)

    def beta(
        self,
        a: Parameter,
        b: Parameter,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """Numbers of density x**(a - 1) (1 - x)**(b - 1) / B(a, b), 0 <= x <= 1. Off the graph, as `gamma`'s.

        Shapes: parameters broadcast to `size`; without it, the result has their common shape. Raises: OptionError for
        parameters that are not positive; ShapeError for a size that they do not fit.
        """
        what = drawn("beta", size, dtype, device, a=(a, POSITIVE), b=(b, POSITIVE))
        one, other = (
            self._log_gamma(as_double(plain(x), what.device), what.sizes, what.device) for x in what.parameters
        )
        return astype(exp(one - logaddexp(one, other)), what.dtype)

    def chisquare(
        self,
        df: Parameter,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """Sums of `df` squares of standard normal numbers; df is any positive number. Off the graph, as `gamma`'s.

        Shapes: df broadcasts to `size`; without it, the result has its shape. Raises: OptionError for a df that is not
        positive; ShapeError for a size that it does not fit.
        """
        what = drawn("chisquare", size, dtype, device, df=(df, POSITIVE))
        half = as_double(plain(what.parameters[0]), what.device) / 2
        return astype(2 * exp(self._log_gamma(half, what.sizes, what.device)), what.dtype)

    def dirichlet(
        self,
        alpha: AnyArray | list[float] | tuple[float, ...],
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """Shares that sum to 1, of density prod(x**(alpha - 1)) times a constant. Off the graph, as `gamma`'s.

        Shapes: alpha (..., k); the result `size` + (k,), to which alpha broadcasts, or that of alpha. Raises:
        OptionError for an alpha that is not positive; ShapeError for a size that it does not fit, and for alpha ().
        """
        values, found = placed("dirichlet", device, {"alpha": alpha})
        count = getattr(values["alpha"], "shape", ())[-1:]
        if not count:
            raise ShapeError(f"dirichlet: alpha has shape (..., k); got {alpha!r}. Cure: alpha=(a, b) for two shares.")
        full = None if size is None else (*drawn_shape("dirichlet", size, "size"), *count)
        what = drawn("dirichlet", full, dtype, found, alpha=(values["alpha"], POSITIVE))
        logs = self._log_gamma(as_double(plain(what.parameters[0]), found), what.sizes, found)
        return astype(softmax(logs, axis=-1), what.dtype)

    def gamma(
        self,
        shape: Parameter,
        scale: Parameter = 1.0,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """Numbers of density x**(shape - 1) exp(-x / scale) / (gamma(shape) scale**shape), x >= 0.

        `shape` is NumPy's name for the parameter k. The derivative is that of scale; with respect to `shape` it is none
        (the implicit one is for `xnn.stats`), and an Array on the graph counts as a constant. Computed in float64.

        Shapes: parameters broadcast to `size`; without it, the result has their common shape. Raises: OptionError for
        a shape that is not positive or a negative scale; ShapeError for a size that they do not fit.
        """
        what = drawn("gamma", size, dtype, device, shape=(shape, POSITIVE), scale=(scale, NOT_NEGATIVE))
        k, scale = (as_double(x, what.device) for x in what.parameters)
        return astype(scale * exp(self._log_gamma(plain(k), what.sizes, what.device)), what.dtype)

    def standard_gamma(
        self,
        shape: Parameter,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """`gamma` of scale 1: of the shape of the parameter, or `size`."""
        return self.gamma(shape, 1.0, size, dtype=dtype, device=device)

    def standard_t(
        self,
        df: Parameter,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """Numbers of Student's distribution with df degrees of freedom, any positive number. Off the graph.

        Shapes: df broadcasts to `size`; without it, the result has its shape. Raises: OptionError for a df that is not
        positive; ShapeError for a size that it does not fit.
        """
        what = drawn("standard_t", size, dtype, device, df=(df, POSITIVE))
        half = as_double(plain(what.parameters[0]), what.device) / 2
        z = self.normal(what.sizes, dtype=float64, device=what.device)
        return astype(z * exp(0.5 * (log(half) - self._log_gamma(half, what.sizes, what.device))), what.dtype)
