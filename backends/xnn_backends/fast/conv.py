"""Convolution with compiled loops between the products, each thread with a part of the batch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np

from xnn_backends.numpy_kernels import conv as plain
from xnn_backends.numpy_kernels import tiles
from xnn_backends.numpy_kernels.tiles import Movers, Windows
from xnn_backends.protocol import HostArray, Kernel

from . import depthwise, threads
from .minimal import Minimal, is_minimal

LEAST = 2**18  # numbers in the windows of a batch; below, Python steps are all, and numba need not be imported


def _loops() -> ModuleType:
    from .loops import conv as loops

    return loops


def _raised(x: HostArray) -> HostArray:
    """(n, *size, C) with three dimensions of an image."""
    return x.reshape(len(x), *(1,) * (5 - x.ndim), *x.shape[1:])


def _triple(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return (*(1,) * (3 - len(numbers)), *numbers)


def turn(source: HostArray, target: HostArray) -> None:
    """As that of tiles."""
    if source.ndim > 5:
        tiles.turn(source, target)
    else:
        _loops().turn_of(target.dtype)(_raised(source), _raised(target))


def gather(wide: HostArray, rows: HostArray, windows: Windows) -> None:
    """As that of tiles."""
    if wide.ndim > 5:
        tiles.gather(wide, rows, windows)
    else:
        _loops().gather(_raised(wide), rows, *map(_triple, _steps(windows)))


def scatter(rows: HostArray, wide: HostArray, windows: Windows) -> None:
    """As that of tiles."""
    if wide.ndim > 5:
        tiles.scatter(rows, wide, windows)
    else:
        _loops().scatter(rows, _raised(wide), *map(_triple, _steps(windows)))


def _steps(windows: Windows) -> tuple[tuple[int, ...], ...]:
    return windows.counts, windows.kernel, windows.stride, windows.dilation


# A training step of 64 images 28 x 28 from 32 to 64 channels, one thread: 49 ms by minimal filtering with 3 x 3, 78 by
# direct products; without compiled loops 84; PyTorch 56. With 5 x 5 from 6 to 16 channels of 14 x 14: 5.0, 6.8 and 3.1.
MOVERS = Movers(turn, gather, scatter, threads.products_in_parts)


def _minimal(windows: Windows, weight: HostArray, groups: int) -> list[tuple[slice, slice, Minimal]]:
    """The groups, if each is computed by minimal filtering; otherwise none."""
    parts = plain.split(windows, weight, groups)
    if not all(count == 1 and is_minimal(windows, weight[made]) for _, made, count in parts):
        return []
    return [(some, made, Minimal(windows, weight[made], MOVERS)) for some, made, _ in parts]


def apply(x: HostArray, weight: HostArray, bias: HostArray | None, windows: Windows, groups: int) -> HostArray:
    """The convolution."""
    if depthwise.is_depthwise(windows, weight, groups):
        return depthwise.forward(x, weight, bias, windows)
    parts = _minimal(windows, weight, groups)
    if parts:
        out = np.empty((len(x), len(weight), *windows.counts), x.dtype)
        added = np.zeros(len(weight), x.dtype) if bias is None else bias
        if all(method.forward(x[:, some], added[made], out[:, made]) for some, made, method in parts):
            return out
    return plain.apply(x, weight, bias, windows, groups, MOVERS)


def transpose(
    g: HostArray, weight: HostArray, x: HostArray | None, windows: Windows, groups: int, is_wanted: bool
) -> plain.Found:
    """Its cotangents."""
    if depthwise.is_depthwise(windows, weight, groups) and np.isfinite(weight).all():
        dx = depthwise.spread(g, weight, groups, windows) if is_wanted else None
        dw = None if x is None else depthwise.weights(x, g, weight, windows)
        if dw is None or np.isfinite(dw).all():
            return dx, dw, None
    parts = _minimal(windows, weight, groups)
    if parts:
        dx = plain.space(g, weight, windows, groups) if is_wanted else None
        found = [
            method.backward(None if x is None else x[:, some], g[:, made], None if dx is None else dx[:, some])
            for some, made, method in parts
        ]
        if all(one is not None for one in found):
            return dx, *plain.joined([one or None for one in found])
    return plain.transpose(g, weight, x, windows, groups, is_wanted, MOVERS)


def _by_size(small: Kernel, large: Kernel) -> Kernel:
    """The second of two kernels where there is enough to do."""

    def chosen(x: HostArray, weight: HostArray) -> Kernel:
        is_large = x.size * math.prod(weight.shape[2:]) >= LEAST
        return large if is_large and np.result_type(x, weight).char in "efd" else small

    def forward(xp: Any, x: HostArray, weight: HostArray, *rest: Any, **static: Any) -> Any:
        return chosen(x, weight).forward(xp, x, weight, *rest, **static)

    def vjp(
        xp: Any, residual: Any, g: HostArray, needs: Any, x: HostArray, weight: HostArray, *rest: Any, **static: Any
    ) -> Any:
        found = chosen(x, weight).vjp
        assert found is not None
        return found(xp, residual, g, needs, x, weight, *rest, **static)

    return Kernel(forward, vjp)


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    made = plain.kernels()
    return {
        "conv": _by_size(made["conv"], plain.conv(apply, transpose)),
        "conv_transpose": _by_size(made["conv_transpose"], plain.conv_transpose(apply, transpose)),
    }
