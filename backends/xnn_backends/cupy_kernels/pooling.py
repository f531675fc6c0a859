"""Pools: maxima, sums and means of windows of images."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import cupy

from xnn_backends.protocol import Kernel

from .folding import WINDOWS, Sizes, defines_of, in_parts, output_sizes, windows_of
from .sources import INTEGERS, TYPES, Source, straight

# One launch each way, where maxima of four take 3 forwards and 34 backwards by the kernel of all libraries. Backwards a
# pixel looks at the windows over it: so each sums in one order, and no atomic add is needed.
SOURCE = Source(
    WINDOWS
    + r"""
#if PLACE_BITS == 64
typedef Int Found;
#else
typedef int Found;
#endif
// The first of equal ones, or the first NaN; what stands in the padding is never taken.
extern "C" __global__ void max_pool(const REAL* x, REAL* out, Found* places, Windows w, Int n) {
    Int i = here();
    if (i >= n) return;
    Int image = over(i, w.windows), place = -1;
    Place window[DIMS], tap[DIMS] = {};
    split(i - image * w.windows, w.count, window);
    x += image * w.pixels;
    WIDE most = 0;
    for (Int t = 0; t < w.taps; t++) {
        Int pixel = pixel_of(w, window, tap);
        next(w.kernel, tap);
        if (pixel < 0) continue;
        WIDE value = x[pixel];
        if (place >= 0 && !(value > most || (value != value && most == most))) continue;
        most = value;
        place = pixel;
    }
    if (out) out[i] = place < 0 ? (WIDE)-INFINITE : most;
    if (places) places[i] = place;
}
extern "C" __global__ void max_pool_back(const REAL* g, const Found* places, REAL* dx, Windows w, Int n) {
    Int i = here();
    if (i >= n) return;
    Int image = over(i, w.pixels), at = i - image * w.pixels;
    Place pixel[DIMS], tap[DIMS] = {};
    split(at, w.size, pixel);
    g += image * w.windows;
    places += image * w.windows;
    WIDE total = 0;
    for (Int t = 0; t < w.taps; t++) {
        Int window = window_of(w, pixel, tap);
        if (window >= 0 && places[window] == at) total += (WIDE)g[window];
        next(w.kernel, tap);
    }
    dx[i] = total;
}
// How many elements a window counts: divisor, where there is one, or those of the image and of the padding that counts.
__device__ inline Int counted(const Windows& w, const Place* window, Int divisor, Int counts_padding) {
    if (divisor) return divisor;
    Int count = 1;
    for (int d = 0; d < DIMS; d++) {
        Int margin = counts_padding ? w.padding[d] : 0, start = window[d] * w.stride[d] - w.padding[d];
        Int end = min(start + w.kernel[d], w.size[d] + margin);
        count *= end - max(start, -margin);
    }
    return count;
}
extern "C" __global__ void sum_pool(const REAL* x, REAL* out, Int divisor, Int counts_padding, Windows w, Int n) {
    Int i = here();
    if (i >= n) return;
    Int image = over(i, w.windows);
    Place window[DIMS], tap[DIMS] = {};
    split(i - image * w.windows, w.count, window);
    x += image * w.pixels;
    WIDE total = 0;
    for (Int t = 0; t < w.taps; t++) {
        Int pixel = pixel_of(w, window, tap);
        if (pixel >= 0) total += (WIDE)x[pixel];
        next(w.kernel, tap);
    }
    out[i] = divisor == 1 ? total : total / (WIDE)counted(w, window, divisor, counts_padding);
}
extern "C" __global__ void sum_pool_back(const REAL* g, REAL* dx, Int divisor, Int counts_padding, Windows w, Int n) {
    Int i = here();
    if (i >= n) return;
    Int image = over(i, w.pixels);
    Place pixel[DIMS], window[DIMS], tap[DIMS] = {};
    split(i - image * w.pixels, w.size, pixel);
    g += image * w.windows;
    WIDE total = 0;
    for (Int t = 0; t < w.taps; t++) {
        Int at = window_of(w, pixel, tap);
        next(w.kernel, tap);
        if (at < 0) continue;
        split(at, w.count, window);
        WIDE value = g[at];
        total += divisor == 1 ? value : value / (WIDE)counted(w, window, divisor, counts_padding);
    }
    dx[i] = total;
}
""",
    TYPES | INTEGERS,
)


def _windows(shape: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, count: Sizes) -> Any:
    return windows_of(1, shape[2:], kernel, stride, padding, dilation, count, 0)


# ---- maxima ----


def _maxima(x: Any, bits: int, has_values: bool, count: Sizes, *geometry: Sizes) -> tuple[Any, Any]:
    """The maxima of windows, and where they stand in their images, flat; bits: of these numbers, 0: without them."""
    x = straight(x)
    shape = (*x.shape[:2], *count)
    out = cupy.empty(shape, x.dtype) if has_values else None
    places = cupy.empty(shape, f"i{bits // 8}") if bits else None
    kernel, stride, padding, dilation = geometry
    windows = _windows(x.shape, kernel, stride, padding, dilation, count)
    defines = {**defines_of(x.shape[2:], *geometry), "PLACE_BITS": bits or 32}
    SOURCE.each("max_pool", x.dtype, math.prod(shape), x, out, places, windows, **defines)
    return out, places


def _place_bits(x: Any) -> int:
    return 32 if math.prod(x.shape[2:]) < 2**31 else 64


def _max_pool(
    xp: Any, x: Any, *, kernel_size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> tuple[Any, Any]:
    geometry = (kernel_size, stride, padding, dilation)
    return _maxima(x, _place_bits(x), True, output_sizes(x.shape[2:], *geometry), *geometry)


def _max_pool_alone(xp: Any, x: Any, *, kernel_size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Any:
    geometry = (kernel_size, stride, padding, dilation)
    return _maxima(x, 0, True, output_sizes(x.shape[2:], *geometry), *geometry)[0]


def _max_pool_vjp(
    xp: Any, places: Any, g: Any, needs: Sequence[bool], x: Any, *,
    kernel_size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes,
) -> list[Any]:  # fmt: skip
    dx = cupy.empty(x.shape, g.dtype)
    geometry = (kernel_size, stride, padding, dilation)
    windows = _windows(x.shape, *geometry, g.shape[2:])
    defines = {**defines_of(x.shape[2:], *geometry), "PLACE_BITS": 8 * places.itemsize}
    SOURCE.each("max_pool_back", g.dtype, dx.size, straight(g), places, dx, windows, **defines)
    return [dx]


def _max_places(
    xp: Any, x: Any, *, kernel_size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, windows: Sizes
) -> tuple[Any, None]:
    return _maxima(x, 64, False, windows, kernel_size, stride, padding, dilation)[1], None


# ---- sums and means ----


def _pooled(
    name: str, x: Any, shape: Sizes, divisor: int, counts_padding: bool,
    image: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, count: Sizes,
) -> Any:  # fmt: skip
    """Windows summed, or spread: `sum_pool` of images gives `count` windows, `sum_pool_back` of these images."""
    if x.dtype.kind == "c":
        return in_parts(
            lambda part: _pooled(name, part, shape, divisor, counts_padding, image, kernel, stride, padding, count), x
        )
    out = cupy.empty(tuple(shape), x.dtype)
    geometry = (kernel, stride, padding, (1,) * len(count))
    windows = _windows((0, 0, *image), *geometry, count)
    defines = {**defines_of(image, *geometry), "PLACE_BITS": 32}
    SOURCE.each(name, x.dtype, out.size, straight(x), out, divisor, int(counts_padding), windows, **defines)
    return out


def _sum_pool(
    xp: Any, x: Any, *, kernel_size: Sizes, stride: Sizes, padding: Sizes, windows: Sizes
) -> tuple[Any, None]:
    shape = (*x.shape[:2], *windows)
    return _pooled("sum_pool", x, shape, 1, True, x.shape[2:], kernel_size, stride, padding, windows), None


def _unsum_pool(xp: Any, x: Any, *, size: Sizes, kernel_size: Sizes, stride: Sizes, padding: Sizes) -> tuple[Any, None]:
    shape = (*x.shape[:2], *size)
    return _pooled("sum_pool_back", x, shape, 1, True, size, kernel_size, stride, padding, x.shape[2:]), None


def _avg_pool(
    xp: Any, x: Any, *, kernel_size: Sizes, stride: Sizes, padding: Sizes, windows: Sizes,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> tuple[Any, None]:  # fmt: skip
    shape, geometry = (*x.shape[:2], *windows), (kernel_size, stride, padding, windows)
    return _pooled("sum_pool", x, shape, divisor_override or 0, count_include_pad, x.shape[2:], *geometry), None


def _avg_pool_vjp(
    xp: Any, residual: None, g: Any, needs: Sequence[bool], x: Any, *,
    kernel_size: Sizes, stride: Sizes, padding: Sizes, windows: Sizes,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> list[Any]:  # fmt: skip
    geometry = (kernel_size, stride, padding, windows)
    return [_pooled("sum_pool_back", g, x.shape, divisor_override or 0, count_include_pad, x.shape[2:], *geometry)]


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {
        "max_pool": Kernel(_max_pool, _max_pool_vjp, _max_pool_alone),
        "max_places": Kernel(_max_places),
        "sum_pool": Kernel(_sum_pool),
        "unsum_pool": Kernel(_unsum_pool),
        "avg_pool": Kernel(_avg_pool, _avg_pool_vjp),
    }
