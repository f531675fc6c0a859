"""Windows of images: the linear maps under convolution and pooling, and these; and what stands around images."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

from xnn.autograd.primitive import fused, primitive
from xnn_backends.protocol import Kernel

from .pools import max_places, pick


def output_size(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """How many windows fit into a dimension."""
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def _offsets(
    kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int], sizes: Sequence[int]
) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """Each place in the window, with the slices of the padded image that stand there."""
    for place in itertools.product(*map(range, kernel)):
        first = [p * d for p, d in zip(place, dilation, strict=True)]
        yield (
            place,
            tuple(slice(f, f + (n - 1) * s + 1, s) for f, n, s in zip(first, sizes, stride, strict=True)),
        )


def _padded(xp: Any, x: Any, padding: Sequence[int], value: float) -> Any:
    return pad.forward(xp, x, padding=[(p, p) for p in padding], value=value)


def _inside(shape: Sequence[int], padding: Sequence[int]) -> tuple[Any, ...]:
    sizes = shape[len(shape) - len(padding) :]
    return (..., *(slice(p, p + n) for p, n in zip(padding, sizes, strict=True)))


# ---- what stands around an image ----

Sides = Sequence[tuple[int, int]]  # for each of the last dimensions: how much comes before, and after; negative: less


def _pad_rule(xp: Any, g: Any, out: Any, x: Any, padding: Sides, value: float) -> Any:
    return pad(g, padding=[(-before, -after) for before, after in padding], value=0.0)


@primitive(_pad_rule)
def pad(xp: Any, x: Any, /, *, padding: Sides, value: float = 0.0) -> Any:
    """x with `value` before and after, in its last dimensions; a negative number takes as many elements away."""
    sizes = x.shape[len(x.shape) - len(padding) :]
    kept = [slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(padding, sizes, strict=True)]
    if any(min(sides) < 0 for sides in padding):
        x = x[(..., *kept)]
    if all(max(sides) <= 0 for sides in padding):
        return x
    lead, sizes = x.shape[: len(x.shape) - len(padding)], x.shape[len(x.shape) - len(padding) :]
    places = [(max(a, 0), max(b, 0)) for a, b in padding]
    shape = (*lead, *(a + n + b for (a, b), n in zip(places, sizes, strict=True)))
    wide = xp.full(shape, value, dtype=x.dtype, device=xp.device(x))
    wide[(..., *(slice(a, a + n) for (a, _), n in zip(places, sizes, strict=True)))] = x
    return wide


def _part(xp: Any, x: Any, axis: int, start: int, stop: int) -> Any:
    return xp.getitem(x, (*(slice(None),) * axis, slice(start, stop), ...))


def _shortened(xp: Any, x: Any, axis: int, before: int, after: int) -> Any:
    """x without what negative numbers take away."""
    if before >= 0 and after >= 0:
        return x
    return _part(xp, x, axis, max(-before, 0), x.shape[axis] - max(-after, 0))


def _continued(xp: Any, x: Any, axis: int, before: int, after: int, mode: str) -> Any:
    n, parts = x.shape[axis], [x]
    for count, at_end in ((before, False), (after, True)):
        if count <= 0:
            continue
        if mode == "reflect":
            start = n - 1 - count if at_end else 1
            piece = xp.flip(_part(xp, x, axis, start, start + count), axis=axis)
        elif mode == "circular":
            start = 0 if at_end else n - count
            piece = _part(xp, x, axis, start, start + count)
        else:
            border = _part(xp, x, axis, n - 1, n) if at_end else _part(xp, x, axis, 0, 1)
            piece = xp.broadcast_to(border, (*x.shape[:axis], count, *x.shape[axis + 1 :]))
        parts.insert(len(parts) if at_end else 0, piece)
    return xp.concat(parts, axis=axis) if len(parts) > 1 else x


@fused()
def pad_edges(xp: Any, x: Any, /, *, padding: Sides, mode: str) -> Any:
    """x continued by itself in its last dimensions: "reflect" about the outermost element, "replicate" it, "circular".

    By slices, not by positions: so the derivative adds up slices, in one order on every device.
    """
    for axis, (before, after) in enumerate(padding, len(x.shape) - len(padding)):
        if mode == "circular":  # what is taken away does not come back
            x = _continued(xp, _shortened(xp, x, axis, before, after), axis, before, after, mode)
        else:
            x = _shortened(xp, _continued(xp, x, axis, before, after, mode), axis, before, after)
    return x


# ---- windows ----


def _unfold_rule(xp: Any, g: Any, out: Any, x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    return fold(g, size=tuple(x.shape[2:]), stride=stride, padding=padding, dilation=dilation)


@primitive(_unfold_rule)
def unfold(
    xp: Any,
    x: Any,
    /,
    *,
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
) -> Any:
    """All windows of images (N, C, *size), as (N, C, *kernel_size, *windows); what pads is 0."""
    sizes = tuple(map(output_size, x.shape[2:], kernel_size, stride, padding, dilation))
    wide = _padded(xp, x, padding, 0.0)
    out = xp.empty((*x.shape[:2], *kernel_size, *sizes), dtype=x.dtype, device=xp.device(x))
    for place, slices in _offsets(kernel_size, stride, dilation, sizes):
        out[(slice(None), slice(None), *place, ...)] = wide[(..., *slices)]
    return out


@primitive(
    lambda xp, g, out, x, size, stride, padding, dilation: unfold(
        g,
        kernel_size=tuple(x.shape[2 : 2 + len(size)]),
        stride=stride,
        padding=padding,
        dilation=dilation,
    )
)
def fold(
    xp: Any,
    x: Any,
    /,
    *,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
) -> Any:
    """The transpose of `unfold`: windows added up where they overlap, to images (N, C, *size)."""
    kernel_size, sizes = x.shape[2 : 2 + len(size)], x.shape[2 + len(size) :]
    shape = (*x.shape[:2], *(n + 2 * p for n, p in zip(size, padding, strict=True)))
    wide = xp.zeros(shape, dtype=x.dtype, device=xp.device(x))
    for place, slices in _offsets(kernel_size, stride, dilation, sizes):
        wide[(..., *slices)] += x[(slice(None), slice(None), *place, ...)]
    return wide[_inside((*shape[:2], *size), padding)] if any(padding) else wide


@fused()
def conv(
    xp: Any,
    x: Any,
    weight: Any,
    bias: Any = None,
    /,
    *,
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    groups: int,
) -> Any:
    """Cross-correlation of (N, C, *size) with (O, C/groups, *kernel) and bias (O,), to (N, O, *windows)."""
    n, o, kernel_size = x.shape[0], weight.shape[0], tuple(weight.shape[2:])
    if set(kernel_size) == set(stride) == {1} and not any(padding):  # between channels alone: nothing is to be copied
        columns, sizes = x, tuple(x.shape[2:])
    else:
        columns = unfold(x, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
        sizes = tuple(columns.shape[2 + len(kernel_size) :])
    depth = math.prod(weight.shape[1:])
    columns = xp.reshape(columns, (n, groups, depth, math.prod(sizes)))
    out = xp.matmul(xp.reshape(weight, (groups, o // groups, depth)), columns)
    out = xp.reshape(out, (n, o, *sizes))
    return out if bias is None else out + xp.reshape(bias, (-1, *(1,) * len(sizes)))


@fused()
def conv_transpose(
    xp: Any,
    x: Any,
    weight: Any,
    bias: Any = None,
    /,
    *,
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    output_padding: tuple[int, ...],
    dilation: tuple[int, ...],
    groups: int,
) -> Any:
    """The transpose of `conv`: (N, C, *windows) with (C, O/groups, *kernel) and bias (O,), to (N, O, *size).

    No zeros are put between the elements of x: each gives a window, and windows are added up.
    """
    n, c, sizes, kernel_size = x.shape[0], x.shape[1], tuple(x.shape[2:]), tuple(weight.shape[2:])
    depth, length = math.prod(weight.shape[1:]), math.prod(sizes)
    columns = xp.matmul(
        xp.matrix_transpose(xp.reshape(weight, (groups, c // groups, depth))),
        xp.reshape(x, (n, groups, c // groups, length)),
    )
    columns = xp.reshape(columns, (n, weight.shape[1] * groups, *kernel_size, *sizes))
    size = tuple((m - 1) * s + d * (k - 1) + 1 for m, s, d, k in zip(sizes, stride, dilation, kernel_size, strict=True))
    out = fold(columns, size=size, stride=stride, padding=(0,) * len(size), dilation=dilation)
    out = pad(out, padding=[(-p, o - p) for p, o in zip(padding, output_padding, strict=True)])
    return out if bias is None else out + xp.reshape(bias, (-1, *(1,) * len(sizes)))


# ---- maxima ----


def _max_pool_forward(
    xp: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any
) -> tuple[Any, tuple[Any, Any]]:
    sizes = tuple(map(output_size, x.shape[2:], kernel_size, stride, padding, dilation))
    wide = _padded(xp, x, padding, -math.inf)
    out = None
    for _, slices in _offsets(kernel_size, stride, dilation, sizes):
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
    inside = _padded(xp, xp.ones(x.shape[2:], dtype=xp.bool, device=xp.device(x)), padding, False)
    dx = xp.zeros(wide.shape, dtype=g.dtype, device=xp.device(x))
    for _, slices in _offsets(kernel_size, stride, dilation, out.shape[2:]):
        here = wide[(..., *slices)]
        hit = xp.logical_and(left, xp.logical_or(here == out, xp.isnan(here)))
        if any(padding):
            hit = xp.logical_and(hit, inside[slices])
        left = xp.logical_and(left, xp.logical_not(hit))
        dx[(..., *slices)] += xp.where(hit, g, 0.0)
    return [dx[_inside(x.shape, padding)] if any(padding) else dx]


@fused(kernel=Kernel(_max_pool_forward, _max_pool_vjp))
def max_pool(
    xp: Any,
    x: Any,
    /,
    *,
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
) -> Any:
    """The maximum of each window of (N, C, *size); the first of equal ones has the gradient, as in PyTorch."""
    sizes = tuple(map(output_size, x.shape[2:], kernel_size, stride, padding, dilation))
    places = max_places(x, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, windows=sizes)
    return pick(x, places)
