"""Whether labels are classes: one look at each, in one launch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cupy

from xnn_backends.protocol import Kernel

from .sources import INTEGERS, TEAMS, Source, straight

PART = 1 << 16  # labels that a block looks at

# One launch for up to 65,536 labels, and two for more; the definition takes six.
SOURCE = Source(
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
    SOURCE.teams("labels_fit", target.dtype, parts, min(target.size, PART), False, target, fits, *numbers)
    return fits.reshape(()) if parts == 1 else fits.all(), None


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {"labels_fit": Kernel(_labels_fit)}
