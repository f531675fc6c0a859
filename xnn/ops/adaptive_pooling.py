"""Pools with as many windows as outputs are asked for, and fractional ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xnn.autograd.primitive import fused, primitive
from xnn.typing import A, AnyArray

from .pooling import part_along, resized_shape, sum_pool
from .promotion import in_single

# ---- adaptive windows: number i of n in a dimension of size m is from floor(i m / n) to ceil((i + 1) m / n) ----


def _bounds(size: int, windows: int) -> list[tuple[int, int]]:
    return [(i * size // windows, -(-(i + 1) * size // windows)) for i in range(windows)]


def _spread_rule(xp: Any, g: Any, out: Any, x: Any, axis: int, windows: int) -> Any:
    return spread_segments(g, axis=axis, size=x.shape[axis])


@primitive(_spread_rule, kind="linear")
def sum_segments(xp: Any, x: A, /, *, axis: int, windows: int) -> A:
    """The sum of each of so many adaptive windows of a dimension."""
    parts = [x[part_along(axis, slice(*bounds))] for bounds in _bounds(x.shape[axis], windows)]
    return xp.concat([xp.sum(part, axis=axis, keepdims=True) for part in parts], axis=axis)


@primitive(
    lambda xp, g, out, x, axis, size: sum_segments(g, axis=axis, windows=x.shape[axis]),
    kind="linear",
)
def spread_segments(xp: Any, x: A, /, *, axis: int, size: int) -> A:
    """The transpose of `sum_segments`: each element added to all of its window, of a dimension of that size.

    By slices: a scatter would add in any order on a GPU, and take several times as long in NumPy.
    """
    wide = xp.zeros(resized_shape(x.shape, axis, size), dtype=x.dtype, device=xp.device(x))
    for i, bounds in enumerate(_bounds(size, x.shape[axis])):
        wide[part_along(axis, slice(*bounds))] += x[part_along(axis, slice(i, i + 1))]
    return wide


@fused()
def adaptive_avg_pool(xp: Any, x: A, /, *, output_size: tuple[int, ...]) -> A:
    """The mean of each of so many windows of images (N, C, *size), to (N, C, *output_size)."""
    whole = tuple(i for i, n in enumerate(output_size, start=2) if n == 1)
    out: Any = x
    if whole:
        out = xp.mean(x, axis=whole, keepdims=True)
    kernel = tuple(m // n if m % n == 0 else 1 for m, n in zip(out.shape[2:], output_size, strict=True))
    if max(kernel) > 1:  # those of equal windows at once
        counts = tuple(m // k for m, k in zip(out.shape[2:], kernel, strict=True))
        out = sum_pool(out, kernel_size=kernel, stride=kernel, padding=(0,) * len(kernel), windows=counts)
        out = out / math.prod(kernel)
    for axis, n in enumerate(output_size, start=2):
        m = out.shape[axis]
        if m != n:
            numbers = xp.arange(n, dtype=xp.int64, device=xp.device(out))
            counts = ((numbers + 1) * m + (n - 1)) // n - numbers * m // n
            counts = xp.reshape(xp.astype(counts, out.dtype), (n, *(1,) * (len(out.shape) - axis - 1)))
            out = sum_segments(out, axis=axis, windows=n) / counts
    return out


in_single(adaptive_avg_pool)


def _places(xp: Any, x: Any, positions: Sequence[Any]) -> Any:
    """The same of windows at any positions.

    positions: for each dimension (1, 1, windows, kernel), or of each image and channel (N, C, windows, kernel).
    """
    best, places, step = x, None, 1
    for axis in range(x.ndim - 1, 1, -1):
        wanted = positions[axis - 2]
        lead, rest, (n, k) = best.shape[:axis], best.shape[axis + 1 :], wanted.shape[2:]
        if wanted.shape[:2] == (1, 1):
            found = xp.take(best, xp.reshape(wanted, (n * k,)), axis=axis)
        else:
            index = xp.reshape(wanted, (*wanted.shape[:2], *(1,) * (axis - 2), n * k, *(1,) * len(rest)))
            found = xp.take_along_axis(best, xp.broadcast_to(index, (*lead, n * k, *rest)), axis=axis)
        found = xp.reshape(found, (*lead, n, k, *rest))
        chosen = xp.argmax(found, axis=axis + 1, keepdims=True)
        wanted = xp.reshape(wanted, (*wanted.shape[:2], *(1,) * (axis - 2), n, k, *(1,) * len(rest)))
        here = xp.take_along_axis(xp.broadcast_to(wanted, found.shape), chosen, axis=axis + 1)
        here = xp.squeeze(here, axis + 1)
        best = xp.take_along_axis(best, here, axis=axis)
        places = here if places is None else xp.take_along_axis(places, here, axis=axis) + here * step
        step *= x.shape[axis]
    return places


@primitive()
def adaptive_max_places(xp: Any, x: A, /, *, output_size: tuple[int, ...]) -> A:
    """The same of so many adaptive windows as `output_size` says; the first of each stands in for what it has less."""
    positions, device = [], xp.device(x)
    for m, n in zip(x.shape[2:], output_size, strict=True):
        longest = max(end - start for start, end in _bounds(m, n))
        numbers = xp.reshape(xp.arange(n, dtype=xp.int64, device=device), (1, 1, n, 1))
        starts, ends = numbers * m // n, ((numbers + 1) * m + (n - 1)) // n
        every = starts + xp.arange(longest, dtype=xp.int64, device=device)
        positions.append(xp.where(every < ends, every, starts))
    return _places(xp, x, positions)


@primitive()
def fractional_max_places(
    xp: Any, x: A, samples: AnyArray, /, *, kernel_size: tuple[int, ...], output_size: tuple[int, ...]
) -> A:
    """The same of windows at random distances: by `samples` (N, C, dimensions), from 0 to 1, as PyTorch does."""
    positions = []
    order = (1, 0) if len(output_size) == 2 else (0, 1, 2)  # PyTorch's: of height and width, the width is first
    for m, k, n, i in zip(x.shape[2:], kernel_size, output_size, order, strict=True):
        sample, device = samples[:, :, i : i + 1], xp.device(x)
        numbers = xp.arange(n, dtype=xp.int64, device=device)
        step = (m - k) / max(n - 1, 1)
        starts = xp.floor((xp.astype(numbers, samples.dtype) + sample) * step) - xp.floor(sample * step)
        starts = xp.where(numbers == n - 1, m - k, xp.astype(starts, xp.int64))
        positions.append(xp.expand_dims(starts, axis=3) + xp.arange(k, dtype=xp.int64, device=device))
    return _places(xp, x, positions)
