"""Optimizers' update rules: one launch for all parameters, whose gradients are read where they are."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from xnn_backends.numpy_kernels import updates
from xnn_backends.protocol import Planned, UpdateKernel

from .sources import TEAMS, THREADS, Source, straight, struct

# How many gradients a launch takes: their addresses and ends are arguments, which may have 4,096 bytes in all.
MOST = 200

# A step of Adam is one launch for up to 200 parameters, which reads four numbers an element and writes three; the rule
# takes 13, and one more for each gradient that it lays beside others. The order of operations is the rule's, and none
# is contracted: so the bits are the rule's own.
SOURCE = Source(
    TEAMS
    + f"#define ARRAYS {MOST}\n"
    + r"""
struct Grads { const REAL* data[ARRAYS]; Int end[ARRAYS], first, count; };
struct Numbers { double of[12]; };
// The element of this thread, or -1; its gradient, of the array in whose part of all it lies.
__device__ inline Int element(const Grads& grads) {
    Int i = grads.first + here();
    return i < grads.end[grads.count - 1] ? i : -1;
}
__device__ inline REAL gradient(const Grads& grads, Int i) {
    Int low = 0, high = grads.count - 1;
    while (low < high) {
        Int middle = (low + high) / 2;
        if (i < grads.end[middle]) high = middle; else low = middle + 1;
    }
    return grads.data[low][i - (low ? grads.end[low - 1] : grads.first)];
}
__device__ inline REAL descending(const Grads& grads, Int i, REAL p, REAL sign, REAL penalty) {
    REAL g = gradient(grads, i) * sign;
    return penalty ? g + p * penalty : g;
}
__device__ inline REAL share(REAL* mean, REAL keep, REAL x, REAL fresh) { return *mean = *mean * keep + x * fresh; }
#define NUMBER(i) ((REAL)numbers.of[i])
#define BEGIN                    \
    Int i = element(grads);      \
    if (i < 0) return;

extern "C" __global__ void adam(Grads grads, Numbers numbers, REAL* p, REAL* m, REAL* v, REAL* top) {
    BEGIN
    REAL x = descending(grads, i, p[i], NUMBER(0), NUMBER(1)), old = p[i];
    REAL first = share(m + i, NUMBER(3), x, NUMBER(4)), second = share(v + i, NUMBER(5), x * x, NUMBER(6));
    if (top) second = top[i] = Most()(top[i], second);
    p[i] = old * NUMBER(2) - first * NUMBER(9) / (sqrt(second) * NUMBER(7) + NUMBER(8));
}
extern "C" __global__ void nadam(Grads grads, Numbers numbers, REAL* p, REAL* m, REAL* v) {
    BEGIN
    REAL x = descending(grads, i, p[i], NUMBER(0), NUMBER(1)), old = p[i];
    REAL first = share(m + i, NUMBER(3), x, NUMBER(4)), second = share(v + i, NUMBER(5), x * x, NUMBER(6));
    REAL direction = x * NUMBER(9) + first * NUMBER(10);
    p[i] = old * NUMBER(2) - direction * NUMBER(11) / (sqrt(second / NUMBER(7)) + NUMBER(8));
}
extern "C" __global__ void sgd(Grads grads, Numbers numbers, REAL* p) {
    BEGIN
    p[i] -= descending(grads, i, p[i], NUMBER(0), NUMBER(1)) * NUMBER(2);
}
extern "C" __global__ void momentum(Grads grads, Numbers numbers, REAL* p, REAL* buffer) {
    BEGIN
    REAL x = descending(grads, i, p[i], NUMBER(0), NUMBER(1)), mean = share(buffer + i, NUMBER(2), x, NUMBER(3));
    p[i] -= (numbers.of[4] ? x + mean * NUMBER(2) : mean) * NUMBER(5);
}
extern "C" __global__ void rmsprop(
    Grads grads, Numbers numbers, REAL* p, REAL* square, REAL* average, REAL* buffer
) {
    BEGIN
    REAL x = descending(grads, i, p[i], NUMBER(0), NUMBER(1)), spread = square[i] * NUMBER(2) + x * NUMBER(3) * x;
    square[i] = spread;
    if (numbers.of[6]) {
        REAL mean = share(average + i, NUMBER(2), x, NUMBER(3));
        spread -= mean * mean;
    }
    REAL direction = x / (sqrt(spread) + NUMBER(4));
    if (numbers.of[5]) direction = buffer[i] = buffer[i] * NUMBER(5) + direction;
    p[i] -= direction * NUMBER(7);
}
extern "C" __global__ void adagrad(Grads grads, Numbers numbers, REAL* p, REAL* total) {
    BEGIN
    REAL x = descending(grads, i, p[i], NUMBER(0), NUMBER(1)), sum = total[i] + x * x;
    total[i] = sum;
    p[i] -= x * NUMBER(3) / (sqrt(sum) + NUMBER(2));
}
extern "C" __global__ void lion(Grads grads, Numbers numbers, REAL* p, REAL* m) {
    BEGIN
    REAL g = gradient(grads, i), way = m[i] * NUMBER(1) + g * NUMBER(2);
    REAL sign = way > 0 ? 1 : way < 0 ? -1 : way;
    p[i] = p[i] * NUMBER(0) - sign * NUMBER(5);
    m[i] = m[i] * NUMBER(3) + g * NUMBER(4);
}
""",
    {"f": "float", "d": "double"},
    ("--fmad=false",),
)


def planned(
    name: str, param: Any, grads: Sequence[Any], slots: Mapping[str, Any], numbers: Sequence[float], **more: float
) -> Planned:
    """A step by the kernel of that name; see numpy_kernels.updates."""
    arrays = (param, *slots.values()) if name != "adam" else (param, *slots.values(), None)
    kernel = SOURCE.kernel("adam" if name == "amsgrad" else name, param.dtype)
    kernel.compile()
    rounded = np.zeros(12)
    rounded[: len(numbers)] = numbers
    rows = [straight(grad) for grad in grads if grad.size]
    ends = [0, *itertools.accumulate(row.size for row in rows)]
    launches = []
    for start in range(0, len(rows), MOST):
        some = rows[start : start + MOST]
        first, last = ends[start], ends[start + len(some)]
        rest = [0] * (MOST - len(some))
        ends_here = ends[start + 1 : start + len(some) + 1]
        table = struct([*(row.data.ptr for row in some), *rest, *ends_here, *rest, first, len(some)])
        launches.append(((-(-(last - first) // THREADS),), (THREADS,), (table, rounded.view("V96"), *arrays)))

    def run(rows: Sequence[Any] = rows) -> None:  # the arrays whose addresses the tables have
        for grid, block, arguments in launches:
            kernel(grid, block, arguments)

    return Planned({**slots, **more}, run)


def _step(name: str, xp: Any, param: Any, *rest: Any, **options: Any) -> Planned | None:
    """A kernel; None for half precision, in which the rule rounds after each step."""
    if param.dtype.char not in "fd":
        return None
    return STEPS[name](xp, param, *rest, **options)


STEPS = updates.kernels(planned)


def kernels() -> Mapping[str, UpdateKernel]:
    """The kernels by the names of the rules."""
    return {name: partial(_step, name) for name in STEPS}
