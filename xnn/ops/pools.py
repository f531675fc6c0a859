"""Pools: sums, means and maxima of windows of images (N, C, *size), and the way back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xnn.autograd.primitive import fused, primitive

from .promotion import in_single

# ---- sums and means; a window's sum is one dimension's after the other's, of a view for each place in it ----


def _along(axis: int, part: slice) -> tuple[Any, ...]:
    return (*(slice(None),) * axis, part, ...)


def _surrounded(xp: Any, x: Any, axis: int, before: int, after: int, value: float = 0.0) -> Any:
    """A value before and after an axis."""
    if before == after == 0:
        return x
    size = x.shape[axis]
    wide = xp.full(_resized(x.shape, axis, before + size + after), value, dtype=x.dtype, device=xp.device(x))
    wide[_along(axis, slice(before, before + size))] = x
    return wide


def _resized(shape: Sequence[int], axis: int, size: int) -> tuple[int, ...]:
    return (*shape[:axis], size, *shape[axis + 1 :])


def _unsum_rule(
    xp: Any, g: Any, out: Any, x: Any, kernel_size: Any, stride: Any, padding: Any, windows: tuple[int, ...]
) -> Any:
    return unsum_pool(g, size=tuple(x.shape[2:]), kernel_size=kernel_size, stride=stride, padding=padding)


@primitive(_unsum_rule, kind="linear")
def sum_pool(
    xp: Any,
    x: Any,
    /,
    *,
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    windows: tuple[int, ...],
) -> Any:
    """The sum of each window of images (N, C, *size), to (N, C, *windows); beyond the image there are zeros."""
    for axis, (k, s, p, n) in enumerate(zip(kernel_size, stride, padding, windows, strict=True), start=2):
        reach = (n - 1) * s + 1
        wide = _surrounded(xp, x, axis, p, max(0, reach - 1 + k - p - x.shape[axis]))
        parts = [wide[_along(axis, slice(i, i + reach, s))] for i in range(k)]
        x = parts[0] if k == 1 else parts[0] + parts[1]
        for part in parts[2:]:
            x += part
    return x


@primitive(
    lambda xp, g, out, x, size, kernel_size, stride, padding: sum_pool(
        g, kernel_size=kernel_size, stride=stride, padding=padding, windows=tuple(x.shape[2:])
    ),
    kind="linear",
)
def unsum_pool(
    xp: Any,
    x: Any,
    /,
    *,
    size: tuple[int, ...],
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
) -> Any:
    """The transpose of `sum_pool`: each of (N, C, *windows) added to its whole window, in images (N, C, *size)."""
    for axis, (m, k, s, p) in enumerate(zip(size, kernel_size, stride, padding, strict=True), start=2):
        reach = (x.shape[axis] - 1) * s + 1
        shape = _resized(x.shape, axis, max(reach - 1 + k, p + m))
        wide = xp.zeros(shape, dtype=x.dtype, device=xp.device(x))
        for i in range(k):
            wide[_along(axis, slice(i, i + reach, s))] += x
        x = wide[_along(axis, slice(p, p + m))]
    return x


@fused()
def avg_pool(
    xp: Any,
    x: Any,
    /,
    *,
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    windows: tuple[int, ...],
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The mean of each window of images (N, C, *size), to (N, C, *windows).

    What is divided by is `divisor_override`, or the number of elements, of which those of the padding count where
    `count_include_pad`, and those beyond it (of a last window that `ceil_mode` lets overhang) never do.
    """
    out = sum_pool(x, kernel_size=kernel_size, stride=stride, padding=padding, windows=windows)
    if divisor_override is not None:
        return out / divisor_override
    whole = 1
    for axis, (k, s, p, n) in enumerate(zip(kernel_size, stride, padding, windows, strict=True), start=2):
        margin = p if count_include_pad else 0
        size = x.shape[axis]
        if p == margin and (n - 1) * s + k <= size + p + margin:
            whole *= k
            continue
        starts = xp.arange(n, dtype=xp.int64, device=xp.device(x)) * s - p
        ends = xp.minimum(starts + k, size + margin)
        counts = xp.astype(ends - xp.maximum(starts, -margin), x.dtype)
        out = out / xp.reshape(counts, (n, *(1,) * (len(x.shape) - axis - 1)))
    return out if whole == 1 else out / whole


@fused()
def lp_pool(
    xp: Any,
    x: Any,
    /,
    *,
    norm_type: float,
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    windows: tuple[int, ...],
) -> Any:
    """sum(x**p) ** (1/p) over each window of (N, C, *size); where the sum is 0, so is the derivative, as in PyTorch."""
    mean = avg_pool(x**norm_type, kernel_size=kernel_size, stride=stride, padding=(0,) * len(windows), windows=windows)
    total = mean * math.prod(kernel_size)
    is_zero = total == 0
    return xp.where(is_zero, 0.0, xp.where(is_zero, 1.0, total) ** (1 / norm_type))


# ---- adaptive windows: number i of n in a dimension of size m is from floor(i m / n) to ceil((i + 1) m / n) ----


def _bounds(size: int, windows: int) -> list[tuple[int, int]]:
    return [(i * size // windows, -(-(i + 1) * size // windows)) for i in range(windows)]


def _spread_rule(xp: Any, g: Any, out: Any, x: Any, axis: int, windows: int) -> Any:
    return spread_segments(g, axis=axis, size=x.shape[axis])


@primitive(_spread_rule, kind="linear")
def sum_segments(xp: Any, x: Any, /, *, axis: int, windows: int) -> Any:
    """The sum of each of so many adaptive windows of a dimension."""
    parts = [x[_along(axis, slice(*bounds))] for bounds in _bounds(x.shape[axis], windows)]
    return xp.concat([xp.sum(part, axis=axis, keepdims=True) for part in parts], axis=axis)


@primitive(
    lambda xp, g, out, x, axis, size: sum_segments(g, axis=axis, windows=x.shape[axis]),
    kind="linear",
)
def spread_segments(xp: Any, x: Any, /, *, axis: int, size: int) -> Any:
    """The transpose of `sum_segments`: each element added to all of its window, of a dimension of that size.

    By slices: a scatter would add in any order on a GPU, and take several times as long in NumPy.
    """
    wide = xp.zeros(_resized(x.shape, axis, size), dtype=x.dtype, device=xp.device(x))
    for i, bounds in enumerate(_bounds(size, x.shape[axis])):
        wide[_along(axis, slice(*bounds))] += x[_along(axis, slice(i, i + 1))]
    return wide


@fused()
def adaptive_avg_pool(xp: Any, x: Any, /, *, output_size: tuple[int, ...]) -> Any:
    """The mean of each of so many windows of images (N, C, *size), to (N, C, *output_size)."""
    whole = tuple(i for i, n in enumerate(output_size, start=2) if n == 1)
    if whole:
        x = xp.mean(x, axis=whole, keepdims=True)
    kernel = tuple(m // n if m % n == 0 else 1 for m, n in zip(x.shape[2:], output_size, strict=True))
    if max(kernel) > 1:  # those of equal windows at once
        counts = tuple(m // k for m, k in zip(x.shape[2:], kernel, strict=True))
        x = sum_pool(x, kernel_size=kernel, stride=kernel, padding=(0,) * len(kernel), windows=counts)
        x = x / math.prod(kernel)
    for axis, n in enumerate(output_size, start=2):
        m = x.shape[axis]
        if m != n:
            numbers = xp.arange(n, dtype=xp.int64, device=xp.device(x))
            counts = ((numbers + 1) * m + (n - 1)) // n - numbers * m // n
            counts = xp.reshape(xp.astype(counts, x.dtype), (n, *(1,) * (len(x.shape) - axis - 1)))
            x = sum_segments(x, axis=axis, windows=n) / counts
    return x


in_single(avg_pool, lp_pool, adaptive_avg_pool)


# ---- maxima, by the places where they stand: flat positions in the image ----


@primitive()
def max_places(
    xp: Any,
    x: Any,
    /,
    *,
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    windows: tuple[int, ...],
) -> Any:
    """Where the maximum of each window of (N, C, *size) stands in the image, flat: (N, C, *windows), int64.

    The first of equal ones in the order of memory, or the first NaN. Each window has an element of the image: what
    stands in the padding is never taken. The last dimension comes first: then the first maximum of the rows' first
    ones is the first of all.
    """
    best, places, step, device = x, None, 1, xp.device(x)
    for axis in range(x.ndim - 1, 1, -1):
        m, i = x.shape[axis], axis - 2
        k, s, p, d, n = kernel_size[i], stride[i], padding[i], dilation[i], windows[i]
        starts = xp.arange(n, dtype=xp.int64, device=device) * s - p
        firsts = starts + d * xp.maximum((d - 1 - starts) // d, 0)  # of those from 0 on
        column = (n, *(1,) * (x.ndim - axis - 1))
        reach = (n - 1) * s + 1
        after = max(0, reach + d * (k - 1) - p - m)
        rows = _surrounded(xp, best, axis, p, after, -math.inf)
        top, found = xp.take(best, firsts, axis=axis), xp.reshape(firsts, column) * step
        if places is not None:
            found = found + xp.take(places, firsts, axis=axis)
            places = _surrounded(xp, places, axis, p, after, 0)
        for j in range(k):
            part = _along(axis, slice(j * d, j * d + reach, s))
            larger = xp.logical_and(xp.logical_not(rows[part] <= top), top == top)
            top = xp.maximum(top, rows[part])
            here = xp.reshape(starts + j * d, column) * step
            # Not `where`, which for so irregular a choice takes four times as long in NumPy.
            found = found + xp.astype(larger, xp.int64) * ((here if places is None else here + places[part]) - found)
        best, places = top, found
        step *= m
    return places


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
def adaptive_max_places(xp: Any, x: Any, /, *, output_size: tuple[int, ...]) -> Any:
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
    xp: Any, x: Any, samples: Any, /, *, kernel_size: tuple[int, ...], output_size: tuple[int, ...]
) -> Any:
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


def _flat(xp: Any, x: Any) -> Any:
    return xp.reshape(x, (*x.shape[:2], math.prod(x.shape[2:])))


def _pick_rule(xp: Any, g: Any, out: Any, x: Any, places: Any) -> Any:
    return unpick(g, places, size=tuple(x.shape[2:]))


@primitive(_pick_rule, None, keeps="places", kind="linear")
def pick(xp: Any, x: Any, places: Any, /) -> Any:
    """The elements of images (N, C, *size) at flat positions (N, C, *windows), of whose shape they are."""
    return xp.reshape(xp.take_along_axis(_flat(xp, x), _flat(xp, places), axis=2), places.shape)


def _rows(xp: Any, places: Any, length: int) -> Any:
    """The positions in all images, one after another, of those in each."""
    n, c = places.shape[:2]
    starts = xp.arange(n * c, dtype=xp.int64, device=xp.device(places)) * length
    return xp.reshape(xp.reshape(starts, (n, c, *(1,) * (len(places.shape) - 2))) + places, (-1,))


@primitive(lambda xp, g, out, x, places, size: pick(g, places), None, keeps="places", kind="linear")
def unpick(xp: Any, x: Any, places: Any, /, *, size: tuple[int, ...]) -> Any:
    """The transpose of `pick`: the elements added up at their positions in images (N, C, *size) of zeros."""
    length = math.prod(size)
    zeros = xp.zeros((math.prod(x.shape[:2]) * length,), dtype=x.dtype, device=xp.device(x))
    out = xp.scatter_add(zeros, _rows(xp, places, length), xp.reshape(x, (-1,)))
    return xp.reshape(out, (*x.shape[:2], *size))


@fused()
def unpool(xp: Any, x: Any, places: Any, /, *, size: tuple[int, ...]) -> Any:
    """The elements written to their flat positions in images (N, C, *size) of zeros; of several at one, the last.

    An element whose position is beyond the image becomes NaN at its beginning.
    """
    length = math.prod(size)
    inside = xp.logical_and(places >= 0, places < length)
    x = xp.where(inside, x, math.nan)
    zeros = xp.zeros((math.prod(x.shape[:2]) * length,), dtype=x.dtype, device=xp.device(x))
    places = _rows(xp, xp.where(inside, places, 0), length)
    return xp.reshape(xp.setitem(zeros, places, xp.reshape(x, (-1,))), (*x.shape[:2], *size))
