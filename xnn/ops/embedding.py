"""Rows of a table by their numbers, and sums, means and maxima of bags of them.

A number that the table lacks is an error, which the functions that call these report; on a GPU they do so later, and
until then NaN stands in the place of the row and of its gradient.
"""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.primitive import fused, primitive
from xnn.typing import A, AnyArray

# ---- rows ----


def within(xp: Any, indices: Any, size: int) -> tuple[Any, Any]:
    """Indices as int64, 0 in the place of those that are not from 0 to size - 1; and which are."""
    wide = xp.astype(indices, xp.int64)  # an unsigned one is not compared with -1
    fits = xp.logical_and(wide >= 0, wide < size)
    return xp.where(fits, wide, 0), fits


def or_nan(xp: Any, fits: Any, rows: Any) -> Any:
    """Rows (..., D), NaN where `fits` (...) is not."""
    return xp.where(xp.expand_dims(fits, axis=-1), rows, math.nan)


def _embedding_rule(
    xp: Any, g: Any, out: Any, weight: Any, indices: Any, padding_idx: int | None, scale_grad_by_freq: bool
) -> Any:
    count, width = weight.shape
    safe, fits = within(xp, indices, count)
    zeros = xp.zeros((count, width), dtype=g.dtype, device=xp.device(g))
    if padding_idx is not None:
        g = xp.where(xp.expand_dims(safe == padding_idx, axis=-1), 0.0, g)
    if scale_grad_by_freq:
        ones = xp.ones(tuple(safe.shape), dtype=g.dtype, device=xp.device(g))
        times = xp.scatter_add(zeros[:, 0], safe, ones)
        g = g / xp.expand_dims(xp.getitem(times, safe), axis=-1)
    return xp.scatter_add(zeros, safe, or_nan(xp, fits, g))


@primitive(_embedding_rule, None, keeps="indices")
def embedding(
    xp: Any,
    weight: A,
    indices: AnyArray,
    /,
    *,
    padding_idx: int | None = None,
    scale_grad_by_freq: bool = False,
) -> A:
    """The rows of weight (n, D) at integers (...), as (..., D); the row padding_idx gets no gradient."""
    safe, fits = within(xp, indices, weight.shape[0])
    rows = xp.take(weight, xp.reshape(safe, (math.prod(safe.shape),)), axis=0)
    return or_nan(xp, fits, xp.reshape(rows, (*indices.shape, weight.shape[1])))


@primitive()
def renormalised(xp: Any, weight: A, indices: AnyArray, /, *, max_norm: float, norm_type: float) -> A:
    """A copy of weight (n, D) in which rows at integers (...) that are longer than max_norm have that length."""
    safe = within(xp, indices, weight.shape[0])[0]
    safe = xp.reshape(safe, (math.prod(safe.shape),))
    rows = xp.take(weight, safe, axis=0)
    size = xp.abs(rows)
    if norm_type == math.inf:
        norm = xp.max(size, axis=1, keepdims=True)
    else:
        norm = xp.sum(size**norm_type, axis=1, keepdims=True) ** (1 / norm_type)
    return xp.setitem(weight, safe, xp.where(norm > max_norm, rows * (max_norm / (norm + 1e-7)), rows))


# ---- bags ----


@primitive()
def first_largest(xp: Any, rows: A, bags: AnyArray, /) -> A:
    """Of rows (n, D), neighbours in bags (n,): for each row, where the largest of its bag up to it stands, by column.

    The first of equal ones. A scan with strides 1, 2, 4, ...: a row knows the largest among 2, 4, 8, ... up to itself.
    """
    count, width = rows.shape
    places = xp.arange(count, dtype=xp.int64, device=xp.device(bags))
    places = xp.broadcast_to(xp.expand_dims(places, axis=1), (count, width))
    stride = 1
    while stride < count:
        before, here = places[:-stride, :], places[stride:, :]
        is_one_bag = xp.expand_dims(bags[:-stride] == bags[stride:], axis=1)
        is_larger = xp.take_along_axis(rows, here, axis=0) > xp.take_along_axis(rows, before, axis=0)
        moved = xp.where(xp.logical_and(is_one_bag, xp.logical_not(is_larger)), before, here)
        places = xp.concat([places[:stride, :], moved], axis=0)
        stride *= 2
    return places


def _sums(xp: Any, x: Any, bags: Any, count: int) -> Any:
    """x (B, n, ...) along n; or x (n, ...) by the bag of each."""
    if bags is None:
        return xp.sum(x, axis=1)
    return xp.scatter_add(xp.zeros((count, *x.shape[1:]), dtype=x.dtype, device=xp.device(x)), bags, x)


def _largest(xp: Any, rows: Any, bags: Any, ends: Any) -> Any:
    """The first largest of rows (B, n, D) along n; or of rows (n, D) up to each end of a bag."""
    if bags is None:
        return xp.squeeze(xp.take_along_axis(rows, xp.argmax(rows, axis=1, keepdims=True), axis=1), axis=1)
    places = xp.take(first_largest(rows, bags), ends, axis=0)
    return xp.take_along_axis(rows, places, axis=0)


@fused()
def embedding_bag(
    xp: Any,
    weight: A,
    indices: AnyArray,
    offsets: AnyArray | None = None,
    per_sample_weights: AnyArray | None = None,
    /,
    *,
    mode: str,
    padding_idx: int | None = None,
    scale_grad_by_freq: bool = False,
) -> A:
    """Sums, means or maxima of rows of weight (n, D) over bags, (B, D); 0 for a bag without rows.

    A bag is a row of indices (B, N); or what stands in indices (N,) from its offset, of (B,), to the next one.
    """
    count = indices.shape[0] if offsets is None else offsets.shape[0]
    if not math.prod(indices.shape):
        mode = "sum"  # of no rows there is no largest one
    bags = ends = None
    if offsets is not None:
        starts = xp.astype(offsets, xp.int64)
        places = xp.arange(indices.shape[0], dtype=xp.int64, device=xp.device(offsets))
        bags = xp.maximum(xp.searchsorted(starts, places, side="right") - 1, 0)
        ends = xp.searchsorted(bags, xp.arange(count, dtype=xp.int64, device=xp.device(offsets)), side="right")
        ends = xp.maximum(ends - 1, 0)
    rows = embedding(weight, indices, scale_grad_by_freq=scale_grad_by_freq)
    members = xp.ones(tuple(indices.shape), dtype=rows.dtype, device=xp.device(rows))
    if padding_idx is not None:
        kept = xp.astype(indices, xp.int64) != padding_idx
        members = xp.astype(kept, rows.dtype)
        rows = xp.where(xp.expand_dims(kept, axis=-1), rows, -math.inf if mode == "max" else 0.0)
    members = xp.expand_dims(_sums(xp, members, bags, count), axis=-1)
    if mode == "max":
        return xp.where(members > 0, _largest(xp, rows, bags, ends), 0.0)
    if per_sample_weights is not None:
        factors = xp.expand_dims(per_sample_weights, axis=-1)
        # A weight of 0 leaves out what is infinite or NaN, too.
        rows = xp.where(xp.logical_or(factors != 0, xp.isfinite(rows)), rows, 0.0) * factors
    sums = _sums(xp, rows, bags, count)
    return sums / xp.where(members == 0, 1.0, members) if mode == "mean" else sums
