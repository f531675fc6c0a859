"""Interpolation, differences and integrals of samples, under NumPy's names and SciPy's.

Types: numeric; integers become the default floating type where the result is floating.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from xnn import dtypes
from xnn.autograd.refusals import axes_of, axis_of
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, ArrayLike, Axis

from .creation import ones
from .cumulative import cumulative_sum
from .data_types import astype
from .elementwise import abs as size_of
from .extrema import clip
from .indexing import take
from .lifting import lifted
from .logic import logical_and
from .manipulation import concat, moveaxis, reshape
from .matrices import as_floating
from .promotion import check_real
from .searching import searchsorted, where
from .sorting import argsort
from .statistical import sum as sum_of

__all__ = [
    "cumulative_trapezoid",
    "ediff1d",
    "gradient",
    "interp",
    "trapezoid",
    "unwrap",
]


def interp(
    x: A,
    xp: ArrayLike,
    fp: ArrayLike,
    left: ArrayLike | None = None,
    right: ArrayLike | None = None,
    period: float | None = None,
) -> A:
    """The piecewise linear function through points, at x; differentiable by x, xp and fp.

    Args:
        x: any shape, real.
        xp: (n,), rising, unless there is a period.
        fp: (n,), real or complex: the values at xp.
        left: what it is before xp[0]; fp[0] if None.
        right: what it is behind xp[-1]; fp[-1] if None.
        period: of x; xp is then put into order within it, and left and right do not count.

    Returns:
        the shape of x. At a point of xp the derivative is that on its right, and 0 outside of them. NaN gives NaN.

    Raises:
        ShapeError: unless xp and fp have one dimension, and as many elements, 1 or more.
        OptionError: for a period of 0.
    """
    (at, points, values, before, behind), back = lifted("interp", x, xp, fp, left, right)
    if points.ndim != 1 or points.shape != values.shape or not points.shape[0]:
        raise ShapeError(f"interp takes xp and fp of one shape (n,), n > 0; got {points.shape} and {values.shape}.")
    at, points, values = as_floating(at), as_floating(points), as_floating(values)
    check_real(at.dtype)
    check_real(points.dtype)
    if period is not None:
        if period == 0:
            raise OptionError("interp: a period is not 0; got 0. Cure: period=None.")
        period, before, behind = abs(period), None, None
        at, points = at % period, points % period
        order = argsort(points)
        points, values = take(points, order), take(values, order)
        points = concat([points[-1:] - period, points, points[:1] + period])
        values = concat([values[-1:], values, values[:1]])
    count = points.shape[0]
    flat = reshape(at, (-1,))
    if count == 1:
        found = values[0] + 0 * flat
    else:
        place = clip(searchsorted(points, flat, side="right") - 1, 0, count - 2)
        x0, y0 = take(points, place), take(values, place)
        x1, y1 = take(points, place + 1), take(values, place + 1)
        apart = x1 != x0
        slope = where(apart, (y1 - y0) / where(apart, x1 - x0, 1.0), 0.0)
        found = y0 + slope * (flat - x0)
    found = where(flat < points[0], values[0] if before is None else before, found)
    last = flat > points[-1] if behind is not None else flat >= points[-1]
    found = where(last, values[-1] if behind is None else behind, found)
    found = where(flat != flat, math.nan, found)
    return back(reshape(found, at.shape))


def ediff1d(ary: A, to_end: ArrayLike | None = None, to_begin: ArrayLike | None = None) -> A:
    """The differences of neighbours in an array flattened, with other elements before and behind them.

    Shapes: ary any; the result (size - 1,) and what stands at its ends, flattened.
    """
    (x, end, begin), back = lifted("ediff1d", ary, to_end, to_begin)
    x = reshape(x, (-1,))
    parts = [x[1:] - x[:-1]]
    if begin is not None:
        parts.insert(0, astype(reshape(begin, (-1,)), x.dtype, copy=False))
    if end is not None:
        parts.append(astype(reshape(end, (-1,)), x.dtype, copy=False))
    return back(concat(parts) if len(parts) > 1 else parts[0])


def gradient(f: A, *varargs: ArrayLike, axis: Axis | None = None, edge_order: Literal[1, 2] = 1) -> A | tuple[A, ...]:
    """The derivative of samples along dimensions: central differences inside, one-sided ones at both ends.

    Args:
        f: any shape but (), with edge_order + 1 elements or more along each axis.
        varargs: nothing, for distances of 1; one distance for all axes; or for each axis a distance, or the (n,) places
            of its samples. Differentiable, too.
        axis: an int, or several; all for None.
        edge_order: of the differences at the ends: exact for polynomials of this degree.

    Returns:
        as f; for several axes a tuple. Integers become the default floating type. Source: Fornberg, Generation of
        finite difference formulas on arbitrarily spaced grids, 1988.

    Raises:
        ShapeError: for too few samples, or places that are not as many.
        OptionError: for another number of distances, or another edge_order.
    """
    (x, *given), back = lifted("gradient", f, *varargs)
    if edge_order not in (1, 2):
        raise OptionError(f"gradient: edge_order is 1 or 2; got {edge_order!r}")
    axes = axes_of(tuple(range(x.ndim)) if axis is None else axis, x.ndim, "gradient")
    if len(given) not in (0, 1, len(axes)):
        raise OptionError(
            f"gradient takes no distance, one, or one for each of {len(axes)} axes; got {len(given)}. "
            "Cure: axis=... says which axes they are of."
        )
    if len(given) == 1 and len(axes) > 1 and given[0].ndim:
        raise OptionError("gradient takes places for each axis; got those of one. Cure: axis=...")
    steps = given * len(axes) if len(given) == 1 else given or [None] * len(axes)
    x = as_floating(x)
    found = tuple(_slopes(x, step, place, edge_order) for place, step in zip(axes, steps, strict=True))
    return back(found[0] if len(found) == 1 else found)


def _slopes(x: Any, step: Any, axis: int, edge_order: int) -> Any:
    count = x.shape[axis]
    if count < edge_order + 1:
        raise ShapeError(
            f"gradient takes {edge_order + 1} or more samples along each axis with edge_order={edge_order}; got {count}"
        )
    x = moveaxis(x, axis, -1)
    width = _widths(x, step)
    before, after = width[..., :-1], width[..., 1:]
    rise = (x[..., 1:] - x[..., :-1]) / width
    if step is None or not step.ndim:  # without the sample between, where NaN may be
        inside = (x[..., 2:] - x[..., :-2]) / (before + after)
    else:
        inside = (after * rise[..., :-1] + before * rise[..., 1:]) / (before + after)
    first, last = rise[..., :1], rise[..., -1:]
    if edge_order == 2:  # the parabola through three samples
        bend = (rise[..., 1:] - rise[..., :-1]) / (before + after)
        first, last = first - bend[..., :1] * width[..., :1], last + bend[..., -1:] * width[..., -1:]
    found = astype(concat([first, inside, last], axis=-1), x.dtype, copy=False)
    return moveaxis(found, -1, axis)


def _widths(x: Any, step: Any) -> Any:
    """The distances between neighbours along the last dimension, (n - 1,)."""
    count = x.shape[-1]
    if step is None or not step.ndim:
        return ones((count - 1,), dtype=x.dtype, device=x.device) * (1 if step is None else step)
    if tuple(step.shape) != (count,):
        raise ShapeError(f"gradient takes a distance, or the places of {count} samples; got shape {tuple(step.shape)}")
    places = as_floating(step)
    return places[1:] - places[:-1]


def unwrap(p: A, discont: float | None = None, axis: int = -1, *, period: float = 2 * math.pi) -> A:
    """Angles, or other numbers with a period, without jumps: neighbours differ by at most half a period.

    Args:
        p: any shape but (), real.
        discont: the least difference that is a jump; half a period, if that is more, or None.
        axis: along which neighbours are.
        period: of the numbers; with an int, integers stay integers, and unsigned ones become int64.

    Returns:
        as p; the derivative is 1.
    """
    (x,), back = lifted("unwrap", p)
    check_real(x.dtype)
    axis = axis_of(axis, x.ndim, "unwrap")
    whole = hasattr(period, "__index__") and "integer" in x.dtype.kind
    period = int(period) if whole else period
    x = as_floating(x) if not whole else astype(x, dtypes.int64) if x.dtype.kind == "unsigned integer" else x
    x = moveaxis(x, axis, -1)
    steps = x[..., 1:] - x[..., :-1]
    high = period // 2 if whole else period / 2
    within = (steps + high) % period - high
    if not whole or period % 2 == 0:  # half a period up stays up
        within = where(logical_and(within == -high, steps > 0), high, within)
    turned = where(size_of(steps) < (period / 2 if discont is None else discont), 0, within - steps)
    found = concat([x[..., :1], x[..., 1:] + cumulative_sum(turned, axis=-1, dtype=x.dtype)], axis=-1)
    return back(moveaxis(found, -1, axis))


def _areas(name: str, y: Any, x: Any, dx: Any, axis: int) -> Any:
    """The areas between neighbours, along the last dimension."""
    axis = axis_of(axis, y.ndim, name)
    y = moveaxis(as_floating(y), axis, -1)
    width = dx
    if x is not None:
        x = x if x.ndim == 1 else moveaxis(x, axis, -1)
        if x.shape[-1] != y.shape[-1]:
            raise ShapeError(f"{name}: x has as many points as y along axis {axis}; got {x.shape} for {y.shape}.")
        width = x[..., 1:] - x[..., :-1]
    return width * (y[..., 1:] + y[..., :-1]) * 0.5


def trapezoid(y: A, x: ArrayLike | None = None, dx: float = 1.0, axis: int = -1) -> A:
    """The integral along a dimension by the trapezoidal rule, of samples y at x, or at distances dx.

    Shapes: y any but (); x that of y, or (n,) of the n samples; the result without the dimension `axis`. Raises
    ShapeError for another x, BoundsError for an axis that y lacks.
    """
    (samples, points), back = lifted("trapezoid", y, x)
    return back(sum_of(_areas("trapezoid", samples, points, dx, axis), axis=-1))


def cumulative_trapezoid(
    y: A, x: ArrayLike | None = None, dx: float = 1.0, axis: int = -1, initial: float | None = None
) -> A:
    """The integrals from the first sample to each further one, by the trapezoidal rule, as SciPy's.

    Shapes: y any but (); x that of y, or (n,) of the n samples; the result as y, shorter by 1 along `axis`, unless
    `initial`, which is 0 or None, is put first. Raises ShapeError for another x, OptionError for another `initial`.
    """
    if initial not in (None, 0):
        raise OptionError(f"cumulative_trapezoid: initial is 0 or None; got {initial!r}. Cure: add it to the result.")
    (samples, points), back = lifted("cumulative_trapezoid", y, x)
    areas = _areas("cumulative_trapezoid", samples, points, dx, axis)
    found = cumulative_sum(areas, axis=-1, include_initial=initial is not None)
    return back(moveaxis(found, -1, axis))
