"""softmax and its kin: one launch each way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cupy

from xnn_backends.protocol import Kernel

from .sources import LAYOUT, Source, layout_of, straight

Axes = int | tuple[int, ...] | None

# A softmax reads its numbers three times in one launch, and has them in a cache from the second time on where they fit.
# The definition takes five launches forwards, and four backwards.
SOURCE = Source(
    LAYOUT
    + r"""
enum { SOFTMAX, LOG_SOFTMAX, MASKED };
extern "C" __global__ void __launch_bounds__(1024) softmax(
    const REAL* x, REAL* y, Layout layout, Int kind, Int groups, Int count, Int lanes, Int apart
) {
    __shared__ WIDE shared[1024];
    Team t = team(lanes, apart);
    Int start = start_of(layout, t.group), end = t.group < groups ? count : 0;
    WIDE most = -INFINITE, total = 0;
    for (Int j = t.lane; j < end; j += lanes) most = Most()(most, (WIDE)x[start + offset_of(layout, j)]);
    most = together(most, Most(), t, shared);
    if (kind == MASKED && most == -INFINITE) most = 0;
    for (Int j = t.lane; j < end; j += lanes) total += exp((WIDE)x[start + offset_of(layout, j)] - most);
    total = together(total, Sum(), t, shared);
    WIDE log_total = kind == LOG_SOFTMAX ? log(total) : 0;
    for (Int j = t.lane; j < end; j += lanes) {
        Int at = start + offset_of(layout, j);
        WIDE shifted = (WIDE)x[at] - most;
        if (kind == LOG_SOFTMAX) y[at] = shifted - log_total;
        else y[at] = kind == MASKED && total == 0 ? (WIDE)0 : exp(shifted) / total;
    }
}
extern "C" __global__ void __launch_bounds__(1024) softmax_back(
    const REAL* y, const REAL* g, REAL* dx, Layout layout, Int kind, Int groups, Int count, Int lanes, Int apart
) {
    __shared__ WIDE shared[1024];
    Team t = team(lanes, apart);
    Int start = start_of(layout, t.group), end = t.group < groups ? count : 0;
    WIDE total = 0;
    for (Int j = t.lane; j < end; j += lanes) {
        Int at = start + offset_of(layout, j);
        total += kind == LOG_SOFTMAX ? (WIDE)g[at] : (WIDE)g[at] * (WIDE)y[at];
    }
    total = together(total, Sum(), t, shared);
    for (Int j = t.lane; j < end; j += lanes) {
        Int at = start + offset_of(layout, j);
        WIDE value = y[at], slope = g[at];
        dx[at] = kind == LOG_SOFTMAX ? slope - exp(value) * total : value * (slope - total);
    }
}
"""
)
SOFTMAX, LOG_SOFTMAX, MASKED = range(3)


def _along(name: str, arrays: Sequence[Any], axis: Axes, *numbers: float) -> Any:
    """Launch a kernel along an axis, or several."""
    ndim = arrays[0].ndim
    axes = range(ndim) if axis is None else [a % ndim for a in ((axis,) if isinstance(axis, int) else axis)]
    layout = layout_of(arrays[0].shape, axes)
    if layout is None:  # with the dimensions that are reduced last
        order = [*(a for a in range(ndim) if a not in axes), *sorted(axes)]
        back = sorted(range(ndim), key=order.__getitem__)
        last = tuple(range(ndim - len(axes), ndim))
        return straight(_along(name, [x.transpose(order) for x in arrays], last, *numbers).transpose(back))
    arrays = [straight(x) for x in arrays]
    out = cupy.empty(arrays[0].shape, arrays[0].dtype)
    if out.size:
        rest = (layout.groups, layout.numbers, layout.apart)
        SOURCE.teams(name, out.dtype, *rest, *arrays, out, layout.struct, *numbers)
    return out


def slopes(out: Any, g: Any) -> Any:
    """The cotangent of what a softmax along the last dimension was of."""
    return _along("softmax_back", (out, g), -1, SOFTMAX)


def kernel_of(kind: int) -> Kernel:
    """The kernel of a softmax, its logarithm, or one of rows that may be all -infinity."""

    def forward(xp: Any, x: Any, *, axis: Axes = -1) -> tuple[Any, Any]:
        out = _along("softmax", (x,), axis, kind)
        return out, out

    def vjp(xp: Any, out: Any, g: Any, needs: Sequence[bool], x: Any, *, axis: Axes = -1) -> list[Any]:
        return [_along("softmax_back", (out, g), axis, kind)]

    return Kernel(forward, vjp)


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {"softmax": kernel_of(SOFTMAX), "log_softmax": kernel_of(LOG_SOFTMAX)}
