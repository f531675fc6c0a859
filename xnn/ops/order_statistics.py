"""Medians, quantiles and percentiles under NumPy's names, with all of its methods; derivatives go through the sort.

Types: integers and real floating. Methods that give one of the elements keep the type; for others integers become the
default floating type. The result has the type of a, whatever that of q is. NaN gives NaN, but in the functions that
leave it out.
"""

from __future__ import annotations

import math
from typing import Any

from xnn import checks, dtypes
from xnn.autograd.arguments import choice
from xnn.autograd.operands import is_array
from xnn.autograd.refusals import axes_of
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, ArrayLike, Axis

from .averages import weights_along
from .comparison import isnan
from .creation import asarray
from .cumulative import cumulative_sum
from .data_types import astype
from .extrema import clip
from .indexing import take_along_axis
from .lifting import lifted
from .logic import logical_and, logical_not, logical_or
from .manipulation import broadcast_to, moveaxis, permute_dims, reshape
from .matrices import as_floating
from .promotion import check_real
from .rounding import ceil, floor, round
from .searching import searchsorted, where
from .sorting import argsort, sort
from .statistical import sum as sum_of
from .utility import all as all_of

__all__ = [
    "median",
    "nanmedian",
    "nanpercentile",
    "nanquantile",
    "percentile",
    "quantile",
]

# What interpolates between the order statistics, by the alpha and beta of Hyndman and Fan's definitions.
PLOTTING = {
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "linear": (1.0, 1.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
ELEMENTS = ("inverted_cdf", "closest_observation", "lower", "higher", "nearest")
JUMPING = (*ELEMENTS, "averaged_inverted_cdf", "midpoint")
METHODS = (*PLOTTING, *JUMPING)


def _place(method: str, n: Any, q: Any) -> Any:
    """The position among n sorted elements, from 0; what lies between two of them interpolates."""
    if method in PLOTTING:
        alpha, beta = PLOTTING[method]
        return n * q + (alpha + q * (1 - alpha - beta)) - 1 if method != "linear" else (n - 1) * q
    if method == "inverted_cdf":
        return ceil(n * q) - 1
    if method == "averaged_inverted_cdf":
        return 0.5 * (ceil(n * q) + floor(n * q + 1)) - 1
    if method == "closest_observation":
        return round(n * q) - 1
    between = (n - 1) * q
    if method == "midpoint":
        return 0.5 * (floor(between) + ceil(between))
    return {"lower": floor, "higher": ceil, "nearest": round}[method](between)


def _rows(x: Any, axis: Axis | None, name: str) -> tuple[Any, tuple[int, ...]]:
    """The dimensions `axis` as one, the last; and which these are."""
    axes = tuple(range(x.ndim)) if axis is None else axes_of(axis, x.ndim, name)
    rest = tuple(i for i in range(x.ndim) if i not in axes)
    return reshape(
        permute_dims(x, (*rest, *sorted(axes))),
        (*(x.shape[i] for i in rest), math.prod(x.shape[i] for i in axes)),
    ), axes


def _weighted_places(name: str, rows: Any, weights: Any, q: Any, leaves_out: bool) -> Any:
    """Of sorted rows and their weights: where the sums of weights, as shares of all, reach q."""
    weights = astype(weights, dtypes.float64, copy=False)
    if leaves_out and rows.dtype.is_floating:
        weights = where(isnan(rows), 0.0, weights)
    sums = cumulative_sum(weights, axis=-1)
    total = sums[..., -1:]
    sound = logical_and(total > 0, total < math.inf)
    if leaves_out and rows.dtype.is_floating:
        sound = logical_or(sound, isnan(rows[..., :1]))
    message = f"{name} takes weights from 0 on, finite and not all 0; others came. Cure: xnn.abs(weights)."
    holds = logical_and(all_of(weights >= 0), all_of(sound))
    checks.require(holds._data, rows.device, OptionError, message)
    shares = sums / where(total > 0, total, 1.0)
    shares = astype(where(shares == 0, -1.0, shares), q.dtype, copy=False)  # so that q = 0 finds a weight above 0
    places = searchsorted(shares, broadcast_to(q, (*rows.shape[:-1], q.shape[0])))
    return clip(places, 0, rows.shape[-1] - 1)


def _interpolated(rows: Any, q: Any, method: str, leaves_out: bool) -> Any:
    """What lies at the place of q among sorted rows."""
    size = rows.shape[-1]
    count: Any = float(size)
    if leaves_out and rows.dtype.is_floating:
        count = sum_of(astype(logical_not(isnan(rows)), q.dtype), axis=-1, keepdims=True)
    place = broadcast_to(_place(method, count, q), (*rows.shape[:-1], q.shape[0]))
    place = where(place > 0, place, 0.0)
    place = where(place < count - 1, place, count - 1.0)
    before = clip(floor(place), 0, size - 1)
    low = take_along_axis(rows, astype(before, dtypes.int64), axis=-1)
    if method in ELEMENTS:
        return low
    high = take_along_axis(rows, astype(clip(before + 1, 0, size - 1), dtypes.int64), axis=-1)
    # where there is no element after the last number, what stands there is NaN, or the last one again
    high = where(before + 1 < count, high, low)
    return low + (high - low) * astype(place - before, rows.dtype)


def _shares(name: str, q: Any, scale: float, x: Any) -> Any:
    """Numbers q, which are checked, beside x. Shape: as q."""
    given = asarray(q, dtype=dtypes.float64, device="numpy:cpu")
    if not all(0 <= number <= scale for number in reshape(given, (-1,)).tolist()):
        raise OptionError(f"{name}: q is from 0 to {scale:g}; got {given.tolist()}.")
    return asarray(given.tolist(), dtype=dtypes.float64, device=x.device)


def _quantile(
    name: str,
    a: Any,
    q: Any,
    axis: Axis | None,
    method: str,
    keepdims: bool,
    leaves_out: bool,
    weights: Any = None,
    scale: float = 1.0,
) -> Any:
    choice(name, "method", method, METHODS)
    if weights is not None and method != "inverted_cdf":
        raise OptionError(f"{name} takes weights by the method 'inverted_cdf' alone; got {method!r}.")
    (x, points, weights), back = lifted(name, a, q if is_array(q) else None, weights)
    check_real(x.dtype)
    points = _shares(name, q, scale, x) if points is None else points
    shape = points.shape
    # Where elements jump, q = 2 / 5 in float32 is to find the second of five, as it does in float32 and in NumPy alone.
    points = points if method in JUMPING and points.dtype.is_floating else astype(points, dtypes.float64, copy=False)
    points = reshape(points, (-1,)) / scale
    rows, axes = _rows(x if method in ELEMENTS else as_floating(x), axis, name)
    if rows.shape[-1] == 0:
        raise ShapeError(f"{name} of no elements is no number; got shape {x.shape} with axis={axis}. Cure: x.size.")
    if weights is None:
        rows = sort(rows, axis=-1)
        found = _interpolated(rows, points, method, leaves_out)
    else:
        heavy, _ = _rows(broadcast_to(weights_along(name, weights, x, axis), x.shape), axis, name)
        order = argsort(rows, axis=-1)
        rows = take_along_axis(rows, order, axis=-1)
        heavy = take_along_axis(heavy, order, axis=-1)
        found = take_along_axis(rows, _weighted_places(name, rows, heavy, points, leaves_out), axis=-1)
    if rows.dtype.is_floating:
        wrong = isnan(rows[..., :1] if leaves_out else rows[..., -1:])
        outside = logical_not(logical_and(points >= 0, points <= 1))
        found = where(logical_or(wrong, outside), math.nan, found)
    kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i not in axes)
    return back(reshape(moveaxis(found, -1, 0), (*shape, *kept)))


def quantile(
    a: A,
    q: ArrayLike,
    axis: Axis | None = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
    weights: ArrayLike | None = None,
) -> A:
    """Quantiles over dimensions, by any of NumPy's methods.

    Args:
        a: any shape, with elements; integers or real floating.
        q: from 0 to 1, a number, a list or an array of any shape, with a derivative where the method has one. Of
            arrays, what lies outside gives NaN.
        axis: the dimensions, all of them if None.
        method: NumPy's name of one of Hyndman and Fan's definitions, or "lower", "higher", "midpoint", "nearest".
        keepdims: whether the dimensions `axis` stay, with size 1.
        weights: how often each element counts, by the method "inverted_cdf" alone; the shape of a, or of its dimensions
            `axis`. They have no derivative.

    Returns:
        the shape of q, and then a's without the dimensions `axis`; NaN where there is one.

    Raises:
        OptionError: for another method, numbers q outside of 0 to 1, or weights that are below 0, not finite or all 0;
            on a GPU these are told at the next call that waits for it.
        ShapeError: for no elements, or weights of another shape.
    """
    return _quantile("quantile", a, q, axis, method, keepdims, False, weights)


def nanquantile(
    a: A,
    q: ArrayLike,
    axis: Axis | None = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
    weights: ArrayLike | None = None,
) -> A:
    """Quantiles over dimensions of what is not NaN; NaN where there is nothing else.

    Shapes: a any; the result that of q, and then a's without the dimensions `axis`. Arguments and errors: quantile's.
    """
    return _quantile("nanquantile", a, q, axis, method, keepdims, True, weights)


def percentile(
    a: A,
    q: ArrayLike,
    axis: Axis | None = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
    weights: ArrayLike | None = None,
) -> A:
    """Percentiles over dimensions: the quantiles at q / 100.

    Shapes: a any; the result that of q, and then a's without the dimensions `axis`. Arguments and errors: quantile's.
    """
    return _quantile("percentile", a, q, axis, method, keepdims, False, weights, 100.0)


def nanpercentile(
    a: A,
    q: ArrayLike,
    axis: Axis | None = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
    weights: ArrayLike | None = None,
) -> A:
    """Percentiles over dimensions of what is not NaN; NaN where there is nothing else.

    Shapes: a any; the result that of q, and then a's without the dimensions `axis`. Arguments and errors: quantile's.
    """
    return _quantile("nanpercentile", a, q, axis, method, keepdims, True, weights, 100.0)


def median(a: A, axis: Axis | None = None, *, keepdims: bool = False) -> A:
    """The median over dimensions: of an even number of elements the mean of the two in the middle.

    Shapes: a any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. NaN gives NaN. Raises
    ShapeError for no elements.
    """
    return _quantile("median", a, 0.5, axis, "linear", keepdims, False)


def nanmedian(a: A, axis: Axis | None = None, *, keepdims: bool = False) -> A:
    """The median over dimensions of what is not NaN; NaN where there is nothing else.

    Shapes: a any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Raises ShapeError for
    no elements.
    """
    return _quantile("nanmedian", a, 0.5, axis, "linear", keepdims, True)
