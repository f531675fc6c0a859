"""Counts of numbers, under NumPy's names; weighted ones are differentiable by the weights, and deterministic."""

from __future__ import annotations

import builtins
import math
import sys
from collections.abc import Sequence
from typing import Any

from xnn import dtypes
from xnn.autograd.refusals import integer
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.typing import A, ArrayLike

from .creation import linspace, ones, zeros
from .data_types import astype
from .extrema import clip
from .indexing import scatter_add
from .lifting import lifted
from .logic import logical_and
from .manipulation import expand_dims, flip, reshape
from .matrices import as_floating
from .promotion import check_real
from .searching import searchsorted, where
from .statistical import max as largest
from .statistical import min as smallest
from .statistical import sum as sum_of
from .utility import any as any_of

__all__ = [
    "bincount",
    "bucketize",
    "digitize",
    "histc",
    "histogram",
    "histogram2d",
    "histogram_bin_edges",
    "histogramdd",
]


def bincount(x: A, weights: ArrayLike | None = None, minlength: int = 0) -> A:
    """How often each of the integers 0, 1, ... stands in x; with weights, the sum of the weights of each.

    Args:
        x: (n,), integers of 0 or more.
        weights: (n,), with a derivative; integers become the default floating type.
        minlength: the least length of the result.

    Returns:
        (max(x) + 1,), or (minlength,) if that is more; int64, or of the weights' type. It waits for the device.

    Raises:
        DTypeError: unless x has integers.
        ShapeError: for negative ones, x of other dimensions, or weights of another shape.
    """
    (places, amounts), back = lifted("bincount", x, weights)
    if "integer" not in places.dtype.kind:
        raise DTypeError(f"bincount takes integers; got {places.dtype.name}. Cure: xnn.astype(x, xnn.int64).")
    if places.ndim != 1 or (amounts is not None and amounts.shape != places.shape):
        came = places.shape if amounts is None else f"{places.shape} and {amounts.shape}"
        raise ShapeError(f"bincount takes x, and weights, of one shape (n,); got {came}. Cure: xnn.reshape(x, (-1,)).")
    places = astype(places, dtypes.int64, copy=False)
    length = integer("bincount", "minlength", minlength, 0)
    if places.shape[0]:
        if int(smallest(places)) < 0:
            raise ShapeError("bincount takes integers of 0 or more; got negative ones. Cure: x - xnn.min(x).")
        length = max(length, int(largest(places)) + 1)
    counted = ones(places.shape, dtype=dtypes.int64, device=places.device) if amounts is None else as_floating(amounts)
    start = zeros((length,), dtype=counted.dtype, device=places.device)
    return back(scatter_add(start, (places,), counted))


def digitize(x: A, bins: ArrayLike, right: bool = False) -> A:
    """The number of the bin of each element: i where bins[i - 1] <= x < bins[i], and for falling bins the other way.

    Shapes: x any; bins (n,), rising or falling, one way for all, which is looked at; the result that of x, 0 to n,
    int64. `right`: bins include their right edge. Raises ShapeError for bins that do neither.
    """
    (values, edges), back = lifted("digitize", x, bins)
    _require_vector("digitize", edges)
    falls = edges.shape[0] > 1 and bool(any_of(edges[1:] < edges[:-1]))
    if falls and bool(any_of(edges[1:] > edges[:-1])):
        raise ShapeError("digitize takes bins that rise, or that fall; got both. Cure: xnn.sort(bins).")
    if not falls:
        return back(searchsorted(edges, values, side="left" if right else "right"))
    return back(edges.shape[0] - searchsorted(flip(edges), values, side="left" if right else "right"))


def bucketize(input: A, boundaries: ArrayLike, *, right: bool = False) -> A:
    """The place of each element among boundaries, as PyTorch's: boundaries[i - 1] < x <= boundaries[i].

    Shapes: input any; boundaries (n,), rising; the result that of input, int64. `right`: <= and < change places.
    """
    (values, edges), back = lifted("bucketize", input, boundaries)
    return back(searchsorted(edges, values, side="right" if right else "left"))


def _require_vector(name: str, edges: Any) -> None:
    if edges.ndim != 1:
        raise ShapeError(f"{name} takes edges (n,); got shape {tuple(edges.shape)}")


def histogram_bin_edges(
    a: A,
    bins: int | str | ArrayLike = 10,
    range: tuple[float, float] | None = None,
    weights: ArrayLike | None = None,
) -> A:
    """The edges of the bins that `histogram` counts in.

    Args:
        a: any shape, real.
        bins: how many, of one width; or their edges (n,), rising; or one of NumPy's rules for their number, "auto",
            "fd", "doane", "scott", "stone", "rice", "sturges" or "sqrt", by which NumPy decides on the host.
        range: from where to where; the smallest and largest element if None, for which it waits for the device.
        weights: for NumPy's code; they do not matter.

    Returns:
        (number + 1,), floating.

    Raises:
        OptionError: for a range that is not finite, or falls. ShapeError: for edges that do not rise, or none.
        DTypeError: for complex numbers.
    """
    (values,), back = lifted("histogram_bin_edges", a)
    return back(_edges("histogram_bin_edges", reshape(values, (-1,)), bins, range))


def _is_number(bins: Any) -> bool:
    """Whether it is one number: also a scalar of NumPy's, or an array ()."""
    return isinstance(bins, int) or getattr(bins, "shape", None) == ()


def _edges(name: str, x: Any, bins: Any, range: Any) -> Any:
    check_real(x.dtype)
    range = None if range is None else (float(range[0]), float(range[1]))
    if isinstance(bins, str):
        bins = _count_by_rule(x, bins, range)
    if not _is_number(bins):
        (edges, _), _ = lifted(name, bins, x)
        _require_vector(name, edges)
        if not edges.shape[0]:
            raise ShapeError(f"{name} takes edges (n,), n > 0; got none. Cure: bins=10.")
        if edges.shape[0] > 1 and bool(any_of(edges[1:] < edges[:-1])):
            raise ShapeError(f"{name} takes edges that rise; got others. Cure: xnn.sort(bins).")
        return edges
    count = integer(name, "bins", bins, least=1)
    if range is not None:
        low, high = range
    elif x.shape[0]:
        low, high = float(smallest(x)), float(largest(x))
    else:
        low, high = 0.0, 1.0
    if not (math.isfinite(low) and math.isfinite(high)) or low > high:
        raise OptionError(f"{name} takes a finite range that rises; got {low} to {high}. Cure: range=(low, high).")
    if low == high:
        low, high = low - 0.5, high + 0.5
    floating = x.dtype if x.dtype.is_floating else dtypes.float64
    return linspace(low, high, count + 1, dtype=floating, device=x.device)


def _count_by_rule(x: Any, rule: str, range: Any) -> int:
    numpy = sys.modules["numpy"]
    try:
        return len(numpy.histogram_bin_edges(x.detach().to_device("numpy:cpu").numpy(), rule, range)) - 1
    except ValueError as error:
        raise OptionError(f"histogram takes a rule of NumPy's for bins; got {rule!r} ({error})") from error


def histogram(
    a: A,
    bins: int | str | ArrayLike = 10,
    range: tuple[float, float] | None = None,
    density: bool = False,
    weights: ArrayLike | None = None,
) -> tuple[A, A]:
    """How many elements lie in each bin; the last bin includes its right edge.

    Args:
        a: any shape, real.
        bins: see `histogram_bin_edges`.
        range: likewise.
        density: whether to divide by the total and the widths, so that the integral is 1.
        weights: the shape of a: what is summed in the place of 1, with a derivative; integers are summed as such.

    Returns:
        (counts, edges): (n,), int64, or of the weights' type, floating with density; and (n + 1,).

    Raises:
        ShapeError: for weights of another shape.
    """
    (values, amounts), back = lifted("histogram", a, weights)
    if amounts is not None and amounts.shape != values.shape:
        raise ShapeError(
            f"histogram takes weights of the shape of a, {tuple(values.shape)}; got {tuple(amounts.shape)}"
        )
    x = reshape(values, (-1,))
    edges = _edges("histogram", x, bins, range)
    counts = _counted([x], [edges], None if amounts is None else reshape(amounts, (-1,)))
    return back((_density(counts, [edges]) if density else counts, edges))


def histc(input: A, bins: int = 100, min: float = 0, max: float = 0) -> A:
    """How many elements lie in each of `bins` bins of one width, as PyTorch's; 0 to 0 is from the least to the largest.

    Shapes: any; the result (bins,), of the type of input.
    """
    (values,), back = lifted("histc", input)
    range = None if min == max == 0 else (min, max)
    counts = histogram(values, bins, range)[0]
    return back(astype(counts, values.dtype))


def histogram2d(
    x: A,
    y: ArrayLike,
    bins: int | Sequence[int | ArrayLike] = 10,
    range: Sequence[tuple[float, float] | None] | None = None,
    density: bool = False,
    weights: ArrayLike | None = None,
) -> tuple[A, A, A]:
    """How many points (x, y) lie in each bin of a plane.

    Args:
        x: (n,).
        y: (n,).
        bins: a number for both, a pair of numbers or edges, or edges for both.
        range: for each from where to where.
        density: see `histogram`.
        weights: (n,).

    Returns:
        (counts, x edges, y edges), counts (x bins, y bins).
    """
    (one, other, amounts), back = lifted("histogram2d", x, y, weights)
    if one.ndim != 1 or one.shape != other.shape:
        raise ShapeError(
            f"histogram2d takes x and y of one shape (n,); got {tuple(one.shape)} and {tuple(other.shape)}"
        )
    given: Any = bins
    if not _is_number(given) and len(given) not in (1, 2):
        given = (given, given)
    counts, edges = _of_points([one, other], given, range, density, amounts)
    return back((counts, *edges))


def histogramdd(
    sample: A | Sequence[A],
    bins: int | Sequence[int | ArrayLike] = 10,
    range: Sequence[tuple[float, float] | None] | None = None,
    density: bool = False,
    weights: ArrayLike | None = None,
) -> tuple[A, tuple[A, ...]]:
    """How many points lie in each bin of a space.

    Args:
        sample: (n, d), or (n,) for a d of 1, or d arrays (n,).
        bins: a number for all, or for each dimension a number or edges.
        range: for each dimension from where to where.
        density: see `histogram`.
        weights: (n,).

    Returns:
        (counts, edges), counts of as many dimensions, floating.

    Raises:
        ShapeError: for another sample, or bins of another number of dimensions.
    """
    given: Any = sample
    if hasattr(given, "dtype"):
        (points, amounts), back = lifted("histogramdd", given, weights)
        if points.ndim == 1:
            points = expand_dims(points, axis=1)
        if points.ndim != 2:
            raise ShapeError(f"histogramdd takes points (n, d); got shape {tuple(points.shape)}")
        columns = [points[:, i] for i in builtins.range(points.shape[1])]
    else:
        (*columns, amounts), back = lifted("histogramdd", *given, weights)
    counts, edges = _of_points(columns, bins, range, density, amounts)
    return back((counts, tuple(edges)))


def _of_points(columns: list[Any], bins: Any, range: Any, density: bool, amounts: Any) -> tuple[Any, list[Any]]:
    dims = len(columns)
    each = [bins] * dims if _is_number(bins) else list(bins)
    ranges = [None] * dims if range is None else list(range)
    if len(each) != dims or len(ranges) != dims:
        raise ShapeError(f"a histogram of {dims} dimensions takes bins and a range for each; got {len(each)} bins")
    edges = [_edges("histogramdd", x, b, r) for x, b, r in zip(columns, each, ranges, strict=True)]
    counts = _counted(columns, edges, amounts)
    counts = counts if counts.dtype.is_floating else astype(counts, dtypes.float64)
    return (_density(counts, edges) if density else counts), edges


def _counted(columns: list[Any], edges: list[Any], amounts: Any) -> Any:
    """The sums of ones, or of amounts, in each bin; what lies outside counts nowhere."""
    first, shape = columns[0], tuple(limits.shape[0] - 1 for limits in edges)
    if amounts is None:
        amounts = ones(first.shape, dtype=dtypes.int64, device=first.device)
    elif amounts.dtype.kind == "bool":
        amounts = astype(amounts, dtypes.int64)
    start = zeros((math.prod(shape),), dtype=amounts.dtype, device=first.device)
    if 0 in shape:
        return reshape(start, shape)
    place: Any = 0
    inside = ones(first.shape, dtype=dtypes.bool_, device=first.device)
    for x, limits, count in zip(columns, edges, shape, strict=True):
        if limits.dtype.is_floating and not x.dtype.is_floating:  # float32 would round integers over an edge
            x, limits = astype(x, dtypes.float64), astype(limits, dtypes.float64, copy=False)
        within = logical_and(x >= limits[0], x <= limits[-1])
        at = searchsorted(limits, x, side="right") - 1
        place = place * count + clip(at, 0, count - 1)
        inside = logical_and(inside, within)
    return reshape(scatter_add(start, (place,), where(inside, amounts, 0)), shape)


def _density(counts: Any, edges: list[Any]) -> Any:
    found = as_floating(counts) if counts.dtype.is_floating else astype(counts, dtypes.float64)
    found = found / sum_of(found)
    for i, limits in enumerate(edges):
        found = found / reshape(limits[1:] - limits[:-1], (-1, *(1,) * (len(edges) - i - 1)))
    return found
