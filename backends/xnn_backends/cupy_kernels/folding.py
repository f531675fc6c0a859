"""Windows of images in any number of dimensions: unfold and fold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import cupy

from xnn_backends.protocol import Kernel

from .sources import INTEGERS, TYPES, Source, straight, struct

Sizes = Sequence[int]

# Windows in DIMS dimensions. The element of a window's tap stands at n * of_image + c * of_channel + tap * of_tap +
# window: so one kernel serves (N, C, taps, windows), and (C, taps, N, windows), of which one product is a convolution.
# A place in a dimension has 32 bits, or 64 where it is FAR: see `defines_of`.
WINDOWS = r"""
#ifndef DIMS
#define DIMS 2
#endif
#if FAR
typedef Int Place;
typedef unsigned long long Unsigned;
#else
typedef int Place;
typedef unsigned int Unsigned;
#endif
struct Windows {
    Int channels, size[DIMS], kernel[DIMS], stride[DIMS], padding[DIMS], dilation[DIMS], count[DIMS];
    Int taps, pixels, windows, of_image, of_channel, of_tap;
};
__device__ inline void split(Int flat, const Int* sizes, Place* place) {
    for (int d = DIMS - 1; d >= 0; d--) {
        Int above = over(flat, sizes[d]);
        place[d] = flat - above * sizes[d];
        flat = above;
    }
}
__device__ inline void next(const Int* sizes, Place* place) {
    for (int d = DIMS - 1; d >= 0; d--) {
        if (++place[d] < sizes[d]) return;
        place[d] = 0;
    }
}
// The pixel under a tap of a window, or -1 in the padding; the window whose tap a pixel is, or -1.
__device__ inline Int pixel_of(const Windows& w, const Place* window, const Place* tap) {
    Int flat = 0;
    for (int d = 0; d < DIMS; d++) {
        Place place = window[d] * (Place)w.stride[d] - (Place)w.padding[d] + tap[d] * (Place)w.dilation[d];
        if (place < 0 || place >= w.size[d]) return -1;
        flat = flat * w.size[d] + place;
    }
    return flat;
}
__device__ inline Int window_of(const Windows& w, const Place* pixel, const Place* tap) {
    Int flat = 0;
    for (int d = 0; d < DIMS; d++) {
        Place start = pixel[d] + (Place)w.padding[d] - tap[d] * (Place)w.dilation[d], stride = w.stride[d];
        Place window = stride == 1 ? start : (Unsigned)start / (Unsigned)stride;
        if (start < 0 || window * stride != start || window >= w.count[d]) return -1;
        flat = flat * w.count[d] + window;
    }
    return flat;
}
"""

# One launch each; the definition's steps take one for each tap, and two for the padding. fold gathers, so that it adds
# in one order, and an atomic add is not needed.
SOURCE = Source(
    WINDOWS
    + r"""
extern "C" __global__ void unfold(const REAL* x, REAL* columns, Windows w, Int n) {
    Int i = here();
    if (i >= n) return;
    Int image = over(i, w.windows), at = i - image * w.windows, first = over(image, w.channels);
    Place window[DIMS], tap[DIMS] = {};
    split(at, w.count, window);
    x += image * w.pixels;
    columns += first * w.of_image + (image - first * w.channels) * w.of_channel + at;
    for (Int t = 0; t < w.taps; t++) {
        Int pixel = pixel_of(w, window, tap);
        columns[t * w.of_tap] = pixel < 0 ? (REAL)0 : x[pixel];
        next(w.kernel, tap);
    }
}
extern "C" __global__ void fold(const REAL* columns, const REAL* bias, REAL* x, Windows w, Int n) {
    Int i = here();
    if (i >= n) return;
    Int image = over(i, w.pixels), first = over(image, w.channels), c = image - first * w.channels;
    Place pixel[DIMS], tap[DIMS] = {};
    split(i - image * w.pixels, w.size, pixel);
    columns += first * w.of_image + c * w.of_channel;
    WIDE total = bias ? (WIDE)bias[c] : (WIDE)0;
    for (Int t = 0; t < w.taps; t++) {
        Int window = window_of(w, pixel, tap);
        if (window >= 0) total += (WIDE)columns[t * w.of_tap + window];
        next(w.kernel, tap);
    }
    x[i] = total;
}
""",
    TYPES | INTEGERS,
)


def output_sizes(sizes: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> tuple[int, ...]:
    """How many windows fit into each dimension."""
    options = zip(sizes, kernel, stride, padding, dilation, strict=True)
    return tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in options)


def windows_of(
    channels: int, size: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, count: Sizes, images: int
) -> Any:
    """The structure Windows; images: of (C, taps, N, windows) their number, 0: of (N, C, taps, windows)."""
    taps, windows = math.prod(kernel), math.prod(count)
    strides = (windows, taps * images * windows, images * windows)
    if not images:
        strides = (channels * taps * windows, taps * windows, windows)
    geometry = [*size, *kernel, *stride, *padding, *dilation, *count]
    return struct([channels, *geometry, taps, math.prod(size), windows, *strides])


def defines_of(size: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> dict[str, int]:
    """What WINDOWS is compiled for: how many dimensions, and whether a place in one may have more than 32 bits."""
    options = zip(size, kernel, stride, padding, dilation, strict=True)
    reach = max((n + k * d + s + 2 * p for n, k, s, p, d in options), default=0)
    return {"DIMS": len(size), "FAR": int(reach >= 1 << 31)}


def in_parts(function: Any, x: Any, *rest: Any) -> Any:
    """A linear function of arrays that are real, of a complex one."""
    real, imag = function(x.real, *rest), function(x.imag, *rest)
    out = cupy.empty(real.shape, x.dtype)
    out.real, out.imag = real, imag
    return out


def columns_of(x: Any, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, count: Sizes, images: int) -> Any:
    """The windows of (N, C, *size), flat: see `windows_of`."""
    if x.dtype.kind == "c":
        return in_parts(columns_of, x, kernel, stride, padding, dilation, count, images)
    x = straight(x)
    n, c, *size = x.shape
    columns = cupy.empty(n * c * math.prod(kernel) * math.prod(count), x.dtype)
    windows = windows_of(c, size, kernel, stride, padding, dilation, count, images)
    defines = defines_of(size, kernel, stride, padding, dilation)
    SOURCE.each("unfold", x.dtype, n * c * math.prod(count), x, columns, windows, **defines)
    return columns


def image_of(
    columns: Any,
    shape: Sizes,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    count: Sizes,
    images: int,
    bias: Any = None,
) -> Any:
    """Windows added up, to (N, C, *size): the transpose of `columns_of`; plus bias (C,)."""
    if columns.dtype.kind == "c":
        image = in_parts(image_of, columns, shape, kernel, stride, padding, dilation, count, images)
        return image if bias is None else image + bias.reshape(-1, *(1,) * (len(shape) - 2))
    x = cupy.empty(tuple(shape), columns.dtype)
    windows = windows_of(shape[1], shape[2:], kernel, stride, padding, dilation, count, images)
    bias = None if bias is None else straight(bias)
    defines = defines_of(shape[2:], kernel, stride, padding, dilation)
    SOURCE.each("fold", x.dtype, x.size, straight(columns), bias, x, windows, **defines)
    return x


def _unfold(xp: Any, x: Any, *, kernel_size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> tuple[Any, None]:
    count = output_sizes(x.shape[2:], kernel_size, stride, padding, dilation)
    columns = columns_of(x, kernel_size, stride, padding, dilation, count, 0)
    return columns.reshape(*x.shape[:2], *kernel_size, *count), None


def _fold(xp: Any, x: Any, *, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> tuple[Any, None]:
    kernel, count = x.shape[2 : 2 + len(size)], x.shape[2 + len(size) :]
    return image_of(x, (*x.shape[:2], *size), kernel, stride, padding, dilation, count, 0), None


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {"unfold": Kernel(_unfold), "fold": Kernel(_fold)}
