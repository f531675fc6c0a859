"""Convolution and its transpose, as products with windows."""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.primitive import fused
from xnn.typing import A, AnyArray

from .folding import fold, unfold
from .padding import pad_constant


@fused()
def conv(
    xp: Any,
    x: A,
    weight: AnyArray,
    bias: AnyArray | None = None,
    /,
    *,
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    groups: int,
) -> A:
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
    x: A,
    weight: AnyArray,
    bias: AnyArray | None = None,
    /,
    *,
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    output_padding: tuple[int, ...],
    dilation: tuple[int, ...],
    groups: int,
) -> A:
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
    out = pad_constant(out, padding=[(-p, o - p) for p, o in zip(padding, output_padding, strict=True)])
    return out if bias is None else out + xp.reshape(bias, (-1, *(1,) * len(sizes)))
