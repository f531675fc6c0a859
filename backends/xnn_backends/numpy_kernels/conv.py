"""Convolution and its transpose, tile by tile: the windows of a whole batch are never in memory at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from xnn_backends.protocol import HostArray, Kernel

from .convolution_columns import Columns
from .convolution_rows import Rows
from .tiles import Movers, Windows, scatter

RUN = 12  # numbers: where a window takes fewer of a line of the image, columns are faster than rows
NUMPY = Movers()
Apply = Callable[[HostArray, HostArray, HostArray | None, Windows, int], HostArray]
Found = tuple[HostArray | None, HostArray | None, HostArray | None]
Transpose = Callable[[HostArray, HostArray, HostArray | None, Windows, int, bool], Found]


def is_plain(windows: Windows) -> bool:
    """Whether a window is one element, and each element one: nothing is to be laid out."""
    return set(windows.kernel) == set(windows.stride) == {1} and not any(windows.padding)


def _method(windows: Windows, weight: HostArray, has_bias: bool, groups: int, movers: Movers) -> Rows | Columns:
    if groups == 1 and not is_plain(windows) and windows.kernel[-1] * weight.shape[1] >= RUN:
        return Rows(windows, weight, has_bias, movers)
    return Columns(windows, weight, has_bias, groups, movers)


def split(windows: Windows, weight: HostArray, groups: int) -> list[tuple[slice, slice, int]]:
    """The channels, the outputs and the number of groups that are computed at once: each group, if it is a large one.

    2 groups of 32 channels take 32 ms so and 65 all at once; 8 groups of 8 channels 36 and 31.
    """
    outputs, channels = len(weight) // groups, weight.shape[1]
    if groups == 1 or is_plain(windows) or channels < 16:
        return [(slice(None), slice(None), groups)]
    return [(slice(i * channels, (i + 1) * channels), slice(i * outputs, (i + 1) * outputs), 1) for i in range(groups)]


def _around(weight: HostArray, groups: int) -> HostArray:
    """The weight of the convolution that is the cotangent of one: flipped, from its outputs to its inputs."""
    outputs, channels, *kernel = weight.shape
    grouped = weight.reshape(groups, outputs // groups, channels, *kernel)
    turned = np.flip(grouped, tuple(range(3, grouped.ndim))).swapaxes(1, 2)
    return np.reshape(turned, (groups * channels, outputs // groups, *kernel))


def apply(
    x: HostArray,
    weight: HostArray,
    bias: HostArray | None,
    windows: Windows,
    groups: int,
    movers: Movers = NUMPY,
) -> HostArray:
    """The convolution."""
    out = np.empty((len(x), len(weight), *windows.counts), x.dtype)
    for some, made, count in split(windows, weight, groups):
        added = None if bias is None else bias[made]
        _method(windows, weight[made], bias is not None, count, movers).forward(x[:, some], added, out[:, made])
    return out


def space(g: HostArray, weight: HostArray, windows: Windows, groups: int) -> HostArray:
    """Memory for the cotangent of the input, zeros where no window sees all of it."""
    is_seen = all(m + p <= n for m, p, n in zip(windows.size, windows.padding, windows.padded, strict=True))
    return (np.empty if is_seen else np.zeros)((len(g), weight.shape[1] * groups, *windows.size), g.dtype)


def transpose(
    g: HostArray,
    weight: HostArray,
    x: HostArray | None,
    windows: Windows,
    groups: int,
    is_wanted: bool,
    movers: Movers = NUMPY,
) -> Found:
    """The cotangents of a convolution: of its input where `is_wanted`, of weight and bias where the input is given."""
    dx = None
    parts = split(windows, weight, groups)
    methods = [_method(windows, weight[made], x is not None, count, movers) for _, made, count in parts]
    # Windows around hold all outputs, those that are added up the channels: of one channel with 32 outputs a step takes
    # 2.0 ms so and 6.7 around; of 32 with 64, 87 and 82.
    is_slow = not is_plain(windows) and (movers.scatter is scatter or isinstance(methods[0], Columns))
    around = windows.around() if is_wanted and is_slow and len(weight) < 4 * weight.shape[1] * groups else None
    if around is not None and np.isfinite(weight).all():  # what pads is multiplied, too
        dx = apply(g, _around(weight, groups), None, around, groups, movers)
        is_wanted = False
    spread = None
    if is_wanted:
        dx = spread = space(g, weight, windows, groups)
    if x is None and spread is None:
        return dx, None, None
    found = [
        method.backward(None if x is None else x[:, some], g[:, made], None if spread is None else spread[:, some])
        for method, (some, made, _) in zip(methods, parts, strict=True)
    ]
    return dx, *joined(found)


def joined(found: Sequence[tuple[HostArray, HostArray] | None]) -> tuple[HostArray | None, HostArray | None]:
    """The cotangents of weight and bias, of those of their parts."""
    known = [one for one in found if one is not None]
    if not known:
        return None, None
    dw, db = zip(*known, strict=True)
    return (dw[0], db[0]) if len(known) == 1 else (np.concatenate(dw), np.concatenate(db))


def _ready(*arrays: HostArray | None) -> list[Any]:
    """The arrays in one type, each as one block of memory; half precision is multiplied in single."""
    dtype = np.result_type(*(x for x in arrays if x is not None))
    dtype = np.dtype(np.float32) if dtype == np.float16 else dtype
    return [None if x is None else np.ascontiguousarray(x, dtype) for x in arrays]


def _cotangents(found: Sequence[HostArray | None], needs: Sequence[bool], arrays: Sequence[Any]) -> list[Any]:
    return [
        g.astype(x.dtype, copy=False) if need and g is not None else None
        for g, need, x in zip(found, needs, arrays, strict=True)
    ]


def _sum(g: HostArray) -> HostArray:
    return np.asarray(np.sum(g, axis=(0, *range(2, g.ndim))))


def thinned(windows: Windows) -> tuple[tuple[slice, ...], Windows]:
    """What 1 x 1 windows at a stride see, and the windows of that: 5.7 ms for a step, with all of the image 9.1."""
    if set(windows.kernel) != {1} or any(windows.padding) or set(windows.stride) == {1}:
        return (), windows
    every = tuple(slice(0, (n - 1) * s + 1, s) for n, s in zip(windows.counts, windows.stride, strict=True))
    return (slice(None), slice(None), *every), windows._replace(size=windows.counts, stride=(1,) * len(every))


# A training step of 64 images 28 x 28 from 32 to 64 channels with 3 x 3, one thread: 84 ms, with the definition 99 and
# all windows of the batch in memory, 58 MB; PyTorch 56. Compiled (xnn_backends.fast): 49.


def conv(apply: Apply, transpose: Transpose) -> Kernel:
    """The kernel of a convolution, of what computes it and its cotangents."""

    def described(x: HostArray, weight: HostArray, stride: Any, padding: Any, dilation: Any) -> Windows:
        size, kernel = x.shape[2:], weight.shape[2:]
        counts = (
            (m + 2 * p - d * (k - 1) - 1) // s + 1
            for m, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
        )
        return Windows(size, kernel, tuple(stride), tuple(padding), tuple(dilation), tuple(counts))

    def forward(
        xp: Any, x: HostArray, weight: HostArray, bias: Any, *, stride: Any, padding: Any, dilation: Any, groups: int
    ) -> tuple[HostArray, None]:
        windows = described(x, weight, stride, padding, dilation)
        dtype = np.result_type(*(a for a in (x, weight, bias) if a is not None))
        if 0 in (*x.shape, *weight.shape):
            out = np.zeros((len(x), len(weight), *windows.counts), dtype)
            return (out if bias is None else out + bias.reshape(-1, *(1,) * len(windows.counts))), None
        seen, windows = thinned(windows)
        x, weight, bias = _ready(x[seen], weight, bias)
        return apply(x, weight, bias, windows, groups).astype(dtype, copy=False), None

    def vjp(
        xp: Any,
        residual: None,
        g: HostArray,
        needs: Sequence[bool],
        x: HostArray,
        weight: HostArray,
        bias: Any,
        *,
        stride: Any,
        padding: Any,
        dilation: Any,
        groups: int,
    ) -> list[Any]:
        windows, arrays = described(x, weight, stride, padding, dilation), (x, weight, bias)
        if 0 in (*x.shape, *weight.shape):
            return _cotangents([np.zeros_like(x), np.zeros_like(weight), _sum(g)], needs, arrays)
        seen, windows = thinned(windows)
        x, weight, g = _ready(x[seen], weight, g)
        dx, dw, db = transpose(g, weight, x if needs[1] else None, windows, groups, needs[0])
        if seen and dx is not None:
            found, dx = dx, np.zeros(arrays[0].shape, dx.dtype)
            dx[seen] = found
        if db is None and needs[2]:
            db = _sum(g)
        return _cotangents([dx, dw, db], needs, arrays)

    return Kernel(forward, vjp)


def conv_transpose(apply: Apply, transpose: Transpose) -> Kernel:
    """The kernel of a transposed convolution: what is the cotangent there is the value here."""

    def described(
        x: HostArray, weight: HostArray, stride: Any, padding: Any, output_padding: Any, dilation: Any
    ) -> Windows:
        counts, kernel = x.shape[2:], weight.shape[2:]
        size = (
            (n - 1) * s + d * (k - 1) + 1 - 2 * p + o
            for n, k, s, p, o, d in zip(counts, kernel, stride, padding, output_padding, dilation, strict=True)
        )
        return Windows(tuple(size), kernel, tuple(stride), tuple(padding), tuple(dilation), counts)

    def forward(
        xp: Any, x: HostArray, weight: HostArray, bias: Any, *, groups: int, **options: Any
    ) -> tuple[HostArray, None]:
        windows = described(x, weight, **options)
        dtype = np.result_type(*(a for a in (x, weight, bias) if a is not None))
        if 0 in (*x.shape, *weight.shape):
            out: Any = np.zeros((len(x), weight.shape[1] * groups, *windows.size), dtype)
        else:
            x, weight, bias = _ready(x, weight, bias)
            out, _, _ = transpose(x, weight, None, windows, groups, True)
        if bias is not None:
            out += bias.reshape(-1, *(1,) * len(windows.size))
        return out.astype(dtype, copy=False), None

    def vjp(
        xp: Any,
        residual: None,
        g: HostArray,
        needs: Sequence[bool],
        x: HostArray,
        weight: HostArray,
        bias: Any,
        *,
        groups: int,
        **options: Any,
    ) -> list[Any]:
        windows, arrays = described(x, weight, **options), (x, weight, bias)
        if 0 in (*x.shape, *weight.shape):
            return _cotangents([np.zeros_like(x), np.zeros_like(weight), _sum(g)], needs, arrays)
        x, weight, g = _ready(x, weight, g)
        dx = apply(g, weight, None, windows, groups) if needs[0] else None
        dw = transpose(x, weight, g, windows, groups, False)[1] if needs[1] else None
        return _cotangents([dx, dw, _sum(g) if needs[2] else None], needs, arrays)

    return Kernel(forward, vjp)


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {"conv": conv(apply, transpose), "conv_transpose": conv_transpose(apply, transpose)}
