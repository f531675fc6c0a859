"""Windows of images: the linear maps under convolution and pooling."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from xnn.autograd.primitive import primitive
from xnn.typing import A

from .padding import pad_constant


def output_size(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """How many windows fit into a dimension."""
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def window_places(
    kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int], sizes: Sequence[int]
) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """Each place in the window, with the slices of the padded image that stand there."""
    for place in itertools.product(*map(range, kernel)):
        first = [p * d for p, d in zip(place, dilation, strict=True)]
        yield (
            place,
            tuple(slice(f, f + (n - 1) * s + 1, s) for f, n, s in zip(first, sizes, stride, strict=True)),
        )


def bordered(xp: Any, x: Any, padding: Sequence[int], value: float) -> Any:
    return pad_constant.forward(xp, x, padding=[(p, p) for p in padding], value=value)


def within_border(shape: Sequence[int], padding: Sequence[int]) -> tuple[Any, ...]:
    sizes = shape[len(shape) - len(padding) :]
    return (..., *(slice(p, p + n) for p, n in zip(padding, sizes, strict=True)))


def _unfold_rule(xp: Any, g: Any, out: Any, x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    return fold(g, size=tuple(x.shape[2:]), stride=stride, padding=padding, dilation=dilation)


@primitive(_unfold_rule)
def unfold(
    xp: Any,
    x: A,
    /,
    *,
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
) -> A:
    """All windows of images (N, C, *size), as (N, C, *kernel_size, *windows); what pads is 0."""
    sizes = tuple(map(output_size, x.shape[2:], kernel_size, stride, padding, dilation))
    wide = bordered(xp, x, padding, 0.0)
    out = xp.empty((*x.shape[:2], *kernel_size, *sizes), dtype=x.dtype, device=xp.device(x))
    for place, slices in window_places(kernel_size, stride, dilation, sizes):
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
    x: A,
    /,
    *,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
) -> A:
    """The transpose of `unfold`: windows added up where they overlap, to images (N, C, *size)."""
    kernel_size, sizes = x.shape[2 : 2 + len(size)], x.shape[2 + len(size) :]
    shape = (*x.shape[:2], *(n + 2 * p for n, p in zip(size, padding, strict=True)))
    wide = xp.zeros(shape, dtype=x.dtype, device=xp.device(x))
    for place, slices in window_places(kernel_size, stride, dilation, sizes):
        wide[(..., *slices)] += x[(slice(None), slice(None), *place, ...)]
    return wide[within_border((*shape[:2], *size), padding)] if any(padding) else wide
