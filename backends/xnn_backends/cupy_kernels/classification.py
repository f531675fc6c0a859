"""Whether labels are classes, and the cross-entropy of logits and labels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import cupy

from xnn_backends.protocol import Kernel

from .sources import INTEGERS, TEAMS, Source, straight, struct, team

# A training step's loss in two launches and its gradient in one; the kernel of all libraries takes 25 and 2. What is
# kept are two numbers a row: no slopes (N, C) are written forwards, to be read backwards.
SOURCE = Source(
    TEAMS
    + r"""
struct Labels { Int classes, inner, has_ignored, ignored; };
extern "C" __global__ void __launch_bounds__(1024) cross_entropy(
    const REAL* x, const Int* target, WIDE* values, WIDE* kept, WIDE* parts, Labels labels,
    Int groups, Int count, Int lanes, Int apart
) {
    __shared__ WIDE shared[1024];
    Team t = team(lanes, apart);
    bool live = t.group < groups;
    const REAL* row = x + over(t.group, labels.inner) * count * labels.inner + rest(t.group, labels.inner);
    WIDE most = -INFINITE, total = 0;
    if (live) for (Int c = t.lane; c < count; c += lanes) most = Most()(most, (WIDE)row[c * labels.inner]);
    most = together(most, Most(), t, shared);
    if (live) for (Int c = t.lane; c < count; c += lanes) total += exp((WIDE)row[c * labels.inner] - most);
    total = together(total, Sum(), t, shared);
    WIDE value = 0, counts = 0;
    if (live && t.lane == 0) {
        Int label = target[t.group];
        bool counted = !(labels.has_ignored && label == labels.ignored), known = label >= 0 && label < count;
        counts = counted;
        if (counted) value = known ? log(total) - ((WIDE)row[label * labels.inner] - most) : (WIDE)NOT_A_NUMBER;
        kept[2 * t.group] = most;
        kept[2 * t.group + 1] = total;
        if (values) values[t.group] = value;
    }
    if (!parts) return;
    Team all = {0, (int)threadIdx.x, (int)blockDim.x, 1};
    value = together(value, Sum(), all, shared);
    counts = together(counts, Sum(), all, shared);
    if (threadIdx.x == 0) {
        parts[2 * blockIdx.x] = value;
        parts[2 * blockIdx.x + 1] = counts;
    }
}
extern "C" __global__ void __launch_bounds__(1024) cross_entropy_reduced(
    const WIDE* parts, REAL* out, WIDE* divisor, Int is_mean, Int groups, Int count, Int lanes, Int apart
) {
    __shared__ WIDE shared[1024];
    Team t = team(lanes, apart);
    WIDE value = 0, counts = 0;
    for (Int i = t.lane; i < count; i += lanes) {
        value += parts[2 * i];
        counts += parts[2 * i + 1];
    }
    value = together(value, Sum(), t, shared);
    counts = together(counts, Sum(), t, shared);
    if (t.lane) return;
    *out = is_mean ? counts ? value / counts : (WIDE)NOT_A_NUMBER : value;
    *divisor = is_mean && counts ? counts : 1;
}
extern "C" __global__ void cross_entropy_back(
    const REAL* x, const Int* target, const WIDE* kept, const REAL* g, const WIDE* divisor, REAL* dx, Labels labels,
    Int n
) {
    Int i = here();
    if (i >= n) return;
    Int above = over(i, labels.inner), image = over(above, labels.classes), c = above - image * labels.classes;
    Int row = image * labels.inner + i - above * labels.inner, label = target[row];
    WIDE slope = exp((WIDE)x[i] - kept[2 * row]) / kept[2 * row + 1];
    if (labels.has_ignored && label == labels.ignored) slope = 0;
    else if (label < 0 || label >= labels.classes) slope = NOT_A_NUMBER;
    else slope -= c == label;
    dx[i] = slope * (divisor ? (WIDE)*g / *divisor : (WIDE)g[row]);
}
"""
)


def _labels(x: Any, ignore_index: int | None) -> Any:
    return struct([x.shape[1], math.prod(x.shape[2:]), ignore_index is not None, ignore_index or 0])


def _forward(xp: Any, x: Any, target: Any, *, ignore_index: int | None, reduction: str) -> tuple[Any, Any]:
    dtype, wide = x.dtype, cupy.promote_types(x.dtype, cupy.float32)
    x, target = straight(x), straight(target.astype(cupy.int64, copy=False))
    groups, classes, apart = target.size, x.shape[1], math.prod(x.shape[2:]) > 1
    kept = cupy.empty((groups, 2), wide)
    values = parts = None
    if reduction == "none":
        values = cupy.empty(target.shape, wide)
    else:
        parts = cupy.empty((-(-groups // team(groups, classes, apart)[1]), 2), wide)
    labels = _labels(x, ignore_index)
    SOURCE.teams("cross_entropy", dtype, groups, classes, apart, x, target, values, kept, parts, labels)
    if values is not None:
        return values.astype(dtype, copy=False), (x, target, kept, None)
    assert parts is not None
    out, divisor = cupy.empty((), dtype), cupy.empty((), wide)
    SOURCE.teams("cross_entropy_reduced", dtype, 1, len(parts), False, parts, out, divisor, int(reduction == "mean"))
    return out, (x, target, kept, divisor)


def _vjp(
    xp: Any,
    residual: Any,
    g: Any,
    needs: Sequence[bool],
    x: Any,
    target: Any,
    *,
    ignore_index: int | None,
    reduction: str,
) -> list[Any]:
    x, target, kept, divisor = residual
    dx = cupy.empty(x.shape, x.dtype)
    g = straight(g.astype(x.dtype, copy=False))
    SOURCE.each("cross_entropy_back", x.dtype, x.size, x, target, kept, g, divisor, dx, _labels(x, ignore_index))
    return [dx, None]


# ---- labels: one look at each, in one launch ----

PART = 1 << 16  # labels that a block looks at

# One launch for up to 65,536 labels, and two for more; the definition takes six.
LABELS_SOURCE = Source(
    TEAMS
    + r"""
struct Least { template <class T> __device__ T operator()(T a, T b) const { return a < b ? a : b; } };
extern "C" __global__ void __launch_bounds__(1024) labels_fit(
    const REAL* labels, bool* fits, Int classes, Int has_ignored, Int ignored, Int total, Int groups, Int count,
    Int lanes, Int apart
) {
    __shared__ int shared[1024];
    Team t = team(lanes, apart);
    int known = 1;
    Int start = t.group * count, end = start + count < total ? start + count : total;
    for (Int i = start + t.lane; i < end; i += lanes) {
        REAL label = labels[i];
        bool is_class = !(label < 0) && (unsigned long long)label < (unsigned long long)classes;
        bool is_ignored = has_ignored && (Int)label == ignored && (label < 0) == (ignored < 0);  // 2**64 - 100 is not
        if (!is_class && !is_ignored) known = 0;
    }
    known = together(known, Least(), t, shared);
    if (t.group < groups && t.lane == 0) fits[t.group] = known;
}
""",
    INTEGERS,
)


def _labels_fit(xp: Any, target: Any, *, classes: int, ignore_index: int | None = None) -> tuple[Any, None]:
    target = straight(target)
    parts = max(-(-target.size // PART), 1)
    fits = cupy.empty(parts, cupy.bool_)
    numbers = (classes, int(ignore_index is not None), ignore_index or 0, target.size)
    LABELS_SOURCE.teams("labels_fit", target.dtype, parts, min(target.size, PART), False, target, fits, *numbers)
    return fits.reshape(()) if parts == 1 else fits.all(), None


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {"labels_fit": Kernel(_labels_fit), "softmax_cross_entropy": Kernel(_forward, _vjp)}
