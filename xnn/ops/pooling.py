"""Pools: sums, means and maxima of windows of images (N, C, *size), and what picks elements by their places."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xnn.autograd.primitive import fused, primitive
from xnn.typing import A, AnyArray
from xnn_backends.protocol import Kernel

from .folding import bordered, output_size, window_places, within_border
from .promotion import in_single

# ---- sums and means; a window's sum is one dimension's after the other's, of a view for each place in it ----


def part_along(axis: int, part: slice) -> tuple[Any, ...]:
    return (*(slice(None),) * axis, part, ...)


def _surrounded(xp: Any, x: Any, axis: int, before: int, after: int, value: float = 0.0) -> Any:
    """A value before and after an axis."""
    if before == after == 0:
        return x
    size = x.shape[axis]
    wide = xp.full(resized_shape(x.shape, axis, before + size + after), value, dtype=x.dtype, device=xp.device(x))
    wide[part_along(axis, slice(before, before + size))] = x
    return wide


def resized_shape(shape: Sequence[int], axis: int, size: int) -> tuple[int, ...]:
    return (*shape[:axis], size, *shape[axis + 1 :])


def _unsum_rule(
    xp: Any, g: Any, out: Any, x: Any, kernel_size: Any, stride: Any, padding: Any, windows: tuple[int, ...]
) -> Any:
    return unsum_pool(g, size=tuple(x.shape[2:]), kernel_size=kernel_size, stride=stride, padding=padding)


@primitive(_unsum_rule, kind="linear")
def sum_pool(
    xp: Any,
    x: A,
    /,
    *,
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    windows: tuple[int, ...],
) -> A:
    """The sum of each window of images (N, C, *size), to (N, C, *windows); beyond the image there are zeros."""
    for axis, (k, s, p, n) in enumerate(zip(kernel_size, stride, padding, windows, strict=True), start=2):
        reach = (n - 1) * s + 1
        wide = _surrounded(xp, x, axis, p, max(0, reach - 1 + k - p - x.shape[axis]))
        parts = [wide[part_along(axis, slice(i, i + reach, s))] for i in range(k)]
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
    x: A,
    /,
    *,
    size: tuple[int, ...],
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
) -> A:
    """The transpose of `sum_pool`: each of (N, C, *windows) added to its whole window, in images (N, C, *size)."""
    for axis, (m, k, s, p) in enumerate(zip(size, kernel_size, stride, padding, strict=True), start=2):
        reach = (x.shape[axis] - 1) * s + 1
        shape = resized_shape(x.shape, axis, max(reach - 1 + k, p + m))
        wide = xp.zeros(shape, dtype=x.dtype, device=xp.device(x))
        for i in range(k):
            wide[part_along(axis, slice(i, i + reach, s))] += x
        x = wide[part_along(axis, slice(p, p + m))]
    return x


@fused()
def avg_pool(
    xp: Any,
    x: A,
    /,
    *,
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    windows: tuple[int, ...],
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> A:
    """The mean of each window of images (N, C, *size), to (N, C, *windows).

    What is divided by is `divisor_override`, or the number of elements, of which those of the padding count where
    `count_include_pad`, and those beyond it (of a last window that `ceil_mode` lets overhang) never do.
    """
    out: Any = sum_pool(x, kernel_size=kernel_size, stride=stride, padding=padding, windows=windows)
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
    x: A,
    /,
    *,
    norm_type: float,
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    windows: tuple[int, ...],
) -> A:
    """sum(x**p) ** (1/p) over each window of (N, C, *size); where the sum is 0, so is the derivative, as in PyTorch."""
    mean = avg_pool(x**norm_type, kernel_size=kernel_size, stride=stride, padding=(0,) * len(windows), windows=windows)
    total = mean * math.prod(kernel_size)
    is_zero = total == 0
    return xp.where(is_zero, 0.0, xp.where(is_zero, 1.0, total) ** (1 / norm_type))


in_single(avg_pool, lp_pool)


# ---- maxima, by the places where they stand: flat positions in the image ----


@primitive()
def max_places(
    xp: Any,
    x: A,
    /,
    *,
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    windows: tuple[int, ...],
) -> A:
    """Where the maximum of each window of (N, C, *size) stands in the image, flat: (N, C, *windows), int64.

    The first of equal ones in the order of memory, or the first NaN. Each window has an element of the image: what
    stands in the padding is never taken. The last dimension comes first: then the first maximum of the rows' first
    ones is the first of all.
    """
    best, step, device = x, 1, xp.device(x)
    places: Any = None
    for axis in range(len(x.shape) - 1, 1, -1):
        m, i = x.shape[axis], axis - 2
        k, s, p, d, n = kernel_size[i], stride[i], padding[i], dilation[i], windows[i]
        starts = xp.arange(n, dtype=xp.int64, device=device) * s - p
        firsts = starts + d * xp.maximum((d - 1 - starts) // d, 0)  # of those from 0 on
        column = (n, *(1,) * (len(x.shape) - axis - 1))
        reach = (n - 1) * s + 1
        after = max(0, reach + d * (k - 1) - p - m)
        rows = _surrounded(xp, best, axis, p, after, -math.inf)
        top, found = xp.take(best, firsts, axis=axis), xp.reshape(firsts, column) * step
        if places is not None:
            found = found + xp.take(places, firsts, axis=axis)
            places = _surrounded(xp, places, axis, p, after, 0)
        for j in range(k):
            part = part_along(axis, slice(j * d, j * d + reach, s))
            larger = xp.logical_and(xp.logical_not(rows[part] <= top), top == top)
            top = xp.maximum(top, rows[part])
            here = xp.reshape(starts + j * d, column) * step
            # Not `where`, which for so irregular a choice takes four times as long in NumPy.
            found = found + xp.astype(larger, xp.int64) * ((here if places is None else here + places[part]) - found)
        best, places = top, found
        step *= m
    return places


def _flat(xp: Any, x: Any) -> Any:
    return xp.reshape(x, (*x.shape[:2], math.prod(x.shape[2:])))


def _pick_rule(xp: Any, g: Any, out: Any, x: Any, places: Any) -> Any:
    return unpick(g, places, size=tuple(x.shape[2:]))


@primitive(_pick_rule, None, keeps="places", kind="linear")
def pick(xp: Any, x: A, places: AnyArray, /) -> A:
    """The elements of images (N, C, *size) at flat positions (N, C, *windows), of whose shape they are."""
    return xp.reshape(xp.take_along_axis(_flat(xp, x), _flat(xp, places), axis=2), places.shape)


def flat_places(xp: Any, places: Any, length: int) -> Any:
    """The positions in all images, one after another, of those in each."""
    n, c = places.shape[:2]
    starts = xp.arange(n * c, dtype=xp.int64, device=xp.device(places)) * length
    return xp.reshape(xp.reshape(starts, (n, c, *(1,) * (len(places.shape) - 2))) + places, (-1,))


@primitive(lambda xp, g, out, x, places, size: pick(g, places), None, keeps="places", kind="linear")
def unpick(xp: Any, x: A, places: AnyArray, /, *, size: tuple[int, ...]) -> A:
    """The transpose of `pick`: the elements added up at their positions in images (N, C, *size) of zeros."""
    length = math.prod(size)
    zeros = xp.zeros((math.prod(x.shape[:2]) * length,), dtype=x.dtype, device=xp.device(x))
    out = xp.scatter_add(zeros, flat_places(xp, places, length), xp.reshape(x, (-1,)))
    return xp.reshape(out, (*x.shape[:2], *size))


# ---- maxima ----


def _max_pool_forward(
    xp: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any
) -> tuple[Any, tuple[Any, Any]]:
    sizes = tuple(map(output_size, x.shape[2:], kernel_size, stride, padding, dilation))
    wide = bordered(xp, x, padding, -math.inf)
    out = None
    for _, slices in window_places(kernel_size, stride, dilation, sizes):
        here = wide[(..., *slices)]
        out = xp.asarray(here, copy=True) if out is None else xp.maximum(out, here)
    return out, (wide, out)


def _max_pool_vjp(
    xp: Any,
    residual: tuple[Any, Any],
    g: Any,
    needs: Sequence[bool],
    x: Any,
    *,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
) -> list[Any]:
    wide, out = residual
    left = xp.ones(out.shape, dtype=xp.bool, device=xp.device(x))  # windows whose maximum was not met yet
    # The -inf of the padding is no maximum, not even beside one of the image.
    inside = bordered(xp, xp.ones(x.shape[2:], dtype=xp.bool, device=xp.device(x)), padding, False)
    dx = xp.zeros(wide.shape, dtype=g.dtype, device=xp.device(x))
    for _, slices in window_places(kernel_size, stride, dilation, out.shape[2:]):
        here = wide[(..., *slices)]
        hit = xp.logical_and(left, xp.logical_or(here == out, xp.isnan(here)))
        if any(padding):
            hit = xp.logical_and(hit, inside[slices])
        left = xp.logical_and(left, xp.logical_not(hit))
        dx[(..., *slices)] += xp.where(hit, g, 0.0)
    return [dx[within_border(x.shape, padding)] if any(padding) else dx]


@fused(kernel=Kernel(_max_pool_forward, _max_pool_vjp))
def max_pool(
    xp: Any,
    x: A,
    /,
    *,
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
) -> A:
    """The maximum of each window of (N, C, *size); the first of equal ones has the gradient, as in PyTorch."""
    sizes = tuple(map(output_size, x.shape[2:], kernel_size, stride, padding, dilation))
    places = max_places(x, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, windows=sizes)
    return pick(x, places)
