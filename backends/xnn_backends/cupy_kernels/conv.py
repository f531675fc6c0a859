"""Convolutions by cuBLAS's products of windows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import cupy

from xnn_backends.protocol import Kernel

from .folding import Sizes, columns_of, image_of, output_sizes
from .sources import INTEGERS, TYPES, Source, agreeing, straight

MOST = 1 << 28  # bytes of windows at once: more images are taken in parts

SOURCE = Source(
    r"""
extern "C" __global__ void images_of_rows(
    const REAL* rows, const REAL* bias, REAL* x, Int count, Int channels, Int length, Int n
) {
    Int i = here();
    if (i >= n) return;
    Int above = over(i, length), at = i - above * length, image = over(above, channels), c = above - image * channels;
    WIDE value = rows[(c * count + image) * length + at];
    x[i] = bias ? value + (WIDE)bias[c] : value;
}
""",
    TYPES | INTEGERS,
)


def _rows(x: Any) -> Any:
    """(N, C, ...) as (C, N * ...): what one product takes."""
    n, c = x.shape[:2]
    x = x.reshape(n, c, math.prod(x.shape[2:]))
    return straight(x.transpose(1, 0, 2)).reshape(c, n * x.shape[2])


def _images(rows: Any, shape: Sizes, bias: Any) -> Any:
    """The way back, plus bias (C,)."""
    n, c = shape[:2]
    length = math.prod(shape[2:])
    if n == 1 and bias is None:
        return rows.reshape(*shape)
    if rows.dtype.kind == "c":
        x = straight(rows.reshape(c, n, length).transpose(1, 0, 2)).reshape(*shape)
        return x if bias is None else x + bias.reshape(-1, *(1,) * (len(shape) - 2))
    x = cupy.empty(tuple(shape), rows.dtype)
    SOURCE.each("images_of_rows", x.dtype, x.size, rows, None if bias is None else straight(bias), x, n, c, length)
    return x


def _product(a: Any, b: Any, groups: int) -> Any:
    """a @ b of matrices, or of so many one under another."""
    out = cupy.matmul(a, b)
    return out.reshape(groups * out.shape[-2], out.shape[-1])


def _grouped(x: Any, groups: int) -> Any:
    """A matrix as one, or as so many of its rows."""
    return x if groups == 1 else x.reshape(groups, x.shape[0] // groups, x.shape[1])


def _matrix(weight: Any) -> Any:
    return weight.reshape(weight.shape[0], math.prod(weight.shape[1:]))


def _turned(x: Any) -> Any:
    return x.swapaxes(-1, -2)


def _bias_gradient(g: Any) -> Any:
    return g.sum(axis=(0, *range(2, g.ndim)))


# Windows, a product, and what lays its rows out as images and adds the bias: two launches beside the product, where the
# definition takes 18 for 3 x 3 taps. Backwards four beside two products: g as rows, its sums, fold, and windows, which
# are made anew, as they take nine times the memory of the images.
def _conv(
    xp: Any, x: Any, weight: Any, bias: Any = None, *,
    stride: Sizes, padding: Sizes, dilation: Sizes, groups: int,
) -> tuple[Any, None]:  # fmt: skip
    kernel, n = weight.shape[2:], x.shape[0]
    count = output_sizes(x.shape[2:], kernel, stride, padding, dilation)
    columns = columns_of(x, kernel, stride, padding, dilation, count, n)
    columns = columns.reshape(x.shape[1] * math.prod(kernel), n * math.prod(count))
    rows = _product(_grouped(_matrix(weight), groups), _grouped(columns, groups), groups)
    return _images(rows, (n, weight.shape[0], *count), bias), None


def _conv_vjp(
    xp: Any, residual: None, g: Any, needs: Sequence[bool], x: Any, weight: Any, bias: Any = None, *,
    stride: Sizes, padding: Sizes, dilation: Sizes, groups: int,
) -> list[Any]:  # fmt: skip
    kernel, n, count = weight.shape[2:], x.shape[0], g.shape[2:]
    depth, length = x.shape[1] * math.prod(kernel), n * math.prod(count)
    rows = _rows(g) if needs[0] or needs[1] else None
    dx = dw = None
    if needs[0]:
        columns = _product(_turned(_grouped(_matrix(weight), groups)), _grouped(rows, groups), groups)
        dx = image_of(columns, x.shape, kernel, stride, padding, dilation, count, n)
    if needs[1]:
        columns = columns_of(x, kernel, stride, padding, dilation, count, n).reshape(depth, length)
        dw = _product(_grouped(rows, groups), _turned(_grouped(columns, groups)), groups).reshape(weight.shape)
    return [dx, dw, _bias_gradient(g) if needs[2] else None]


def _conv_transpose(
    xp: Any, x: Any, weight: Any, bias: Any = None, *,
    stride: Sizes, padding: Sizes, output_padding: Sizes, dilation: Sizes, groups: int,
) -> tuple[Any, None]:  # fmt: skip
    kernel, count = weight.shape[2:], x.shape[2:]
    columns = _product(_turned(_grouped(_matrix(weight), groups)), _grouped(_rows(x), groups), groups)
    options = zip(count, kernel, stride, padding, output_padding, dilation, strict=True)
    size = [(m - 1) * s + d * (k - 1) + 1 - 2 * p + o for m, k, s, p, o, d in options]
    shape = (x.shape[0], weight.shape[1] * groups, *size)
    return image_of(columns, shape, kernel, stride, padding, dilation, count, x.shape[0], bias), None


def _conv_transpose_vjp(
    xp: Any, residual: None, g: Any, needs: Sequence[bool], x: Any, weight: Any, bias: Any = None, *,
    stride: Sizes, padding: Sizes, output_padding: Sizes, dilation: Sizes, groups: int,
) -> list[Any]:  # fmt: skip
    kernel, n, count = weight.shape[2:], x.shape[0], x.shape[2:]
    dx = dw = None
    if needs[0] or needs[1]:
        columns = columns_of(g, kernel, stride, padding, dilation, count, n)
        columns = columns.reshape(g.shape[1] * math.prod(kernel), n * math.prod(count))
        if needs[0]:
            dx = _images(_product(_grouped(_matrix(weight), groups), _grouped(columns, groups), groups), x.shape, None)
        if needs[1]:
            dw = _product(_grouped(_rows(x), groups), _turned(_grouped(columns, groups)), groups)
            dw = dw.reshape(weight.shape)
    return [dx, dw, _bias_gradient(g) if needs[2] else None]


def in_parts(kernel: Kernel, is_transposed: bool) -> Kernel:
    """A convolution of many images, in parts of which the windows do not take too much memory."""

    def parts(x: Any, out_size: Sizes, weight: Any, groups: int) -> list[slice]:
        windows = math.prod(x.shape[2:] if is_transposed else out_size)
        image = x.itemsize * math.prod(weight.shape[1:]) * groups * windows
        step = max(MOST // max(image, 1), 1)
        return [slice(i, i + step) for i in range(0, x.shape[0], step)]

    def forward(xp: Any, x: Any, weight: Any, bias: Any = None, **static: Any) -> tuple[Any, None]:
        size: Sizes = ()
        if not is_transposed:
            options = (static["stride"], static["padding"], static["dilation"])
            size = output_sizes(x.shape[2:], weight.shape[2:], *options)
        some = parts(x, size, weight, static["groups"])
        if len(some) < 2:
            return kernel.forward(xp, x, weight, bias, **static)
        return cupy.concatenate([kernel.forward(xp, x[part], weight, bias, **static)[0] for part in some]), None

    def vjp(
        xp: Any, residual: None, g: Any, needs: Sequence[bool], x: Any, weight: Any, bias: Any = None, **static: Any
    ) -> Sequence[Any]:
        assert kernel.vjp is not None
        some = parts(x, g.shape[2:], weight, static["groups"])
        if len(some) < 2:
            return kernel.vjp(xp, residual, g, needs, x, weight, bias, **static)
        found = [kernel.vjp(xp, residual, g[part], needs, x[part], weight, bias, **static) for part in some]
        dx, dw, db = zip(*found, strict=True)
        return [
            cupy.concatenate(dx) if needs[0] else None,
            sum(dw[1:], dw[0]) if needs[1] else None,
            sum(db[1:], db[0]) if needs[2] else None,
        ]

    return Kernel(forward, vjp)


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {
        "conv": agreeing(in_parts(Kernel(_conv, _conv_vjp), is_transposed=False)),
        "conv_transpose": agreeing(in_parts(Kernel(_conv_transpose, _conv_transpose_vjp), is_transposed=True)),
    }
