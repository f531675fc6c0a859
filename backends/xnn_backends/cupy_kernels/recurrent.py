"""The steps of recurrent layers: one product and one launch each, forwards and backwards."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cupy

from xnn_backends.protocol import Kernel

from .sources import Source, agreeing, straight, struct

# A step of an LSTM takes one launch each way beside its product; by the kernel of all libraries 24, and 32 backwards.
# States stand after each step where the layer's output is; h also, without gaps, where the next product and the
# gradient of the weights read it.
SOURCE = Source(
    r"""
struct Step {  // addresses of one step's arrays, (N, ...), or 0
    const REAL *gates, *own, *bias, *h, *c;         // forwards: h and c before the step
    REAL *out, *next, *full, *saved;                // the states after it, twice; h before a projection; gates
    const REAL *g, *from_own, *of_full;             // backwards: cotangents of out, of h by the product, of `full`
    REAL *kept, *of_c, *of_gates, *of_own;          // of h past the product; of c; results
    const Int* lengths;
    Int time, count, projected, size, c_stride, out_stride, option;
};
__device__ inline WIDE logistic(WIDE v) {
    WIDE e = exp(-(v < 0 ? -v : v));
    return (v < 0 ? e : (WIDE)1) / (1 + e);
}
// A sequence runs until its length, and to the end where that cannot be.
__device__ inline bool runs(const Step& s, Int row) {
    if (!s.lengths) return true;
    Int length = s.lengths[row];
    return s.time < length || length < 1 || length > s.count;
}
__device__ inline void put_h(const Step& s, Int row, Int j, Int width, WIDE h) {
    s.out[row * s.out_stride + j] = h;
    if (s.next) s.next[row * width + j] = h;
}
// The whole cotangent of h after the step. A sequence that does not run keeps it, and 0 goes on: times NaN it is NaN.
__device__ inline WIDE cotangent_of_h(const Step& s, Int row, Int j, Int width) {
    WIDE dh = s.g[row * s.out_stride + j];
    if (s.from_own) dh += (WIDE)s.from_own[row * width + j] + (WIDE)s.kept[row * width + j];
    return dh;
}
#define BEGIN(width)                              \
    Int i = here();                               \
    if (i >= n) return;                           \
    Int row = over(i, width), j = i - row * width, H = s.size; \
    bool live = runs(s, row);

extern "C" __global__ void rnn(Step s, Int n) {
    BEGIN(s.size)
    WIDE total = (WIDE)s.gates[i] + (WIDE)s.own[i];
    WIDE h = s.option ? (total > 0 || total != total ? total : (WIDE)0) : (WIDE)tanh(total);
    s.saved[i] = h;
    put_h(s, row, j, H, live ? h : (WIDE)s.h[i]);
}
extern "C" __global__ void rnn_back(Step s, Int n) {
    BEGIN(s.size)
    WIDE dh = cotangent_of_h(s, row, j, H), h = s.saved[i];
    s.kept[i] = live ? (WIDE)0 : dh;
    dh = live ? dh : (WIDE)0;
    s.of_gates[i] = s.option ? (h <= 0 ? (WIDE)0 : dh) : dh * (1 - h * h);
}
extern "C" __global__ void lstm(Step s, Int n) {
    BEGIN(s.size)
    WIDE gate[4];
    for (int k = 0; k < 4; k++) {
        Int at = (row * 4 + k) * H + j;
        WIDE total = (WIDE)s.gates[at] + (WIDE)s.own[at];
        gate[k] = k == 2 ? (WIDE)tanh(total) : logistic(total);
        s.saved[at] = gate[k];
    }
    WIDE old = s.c[row * s.c_stride + j], c = live ? gate[1] * old + gate[0] * gate[2] : old, h = gate[3] * tanh(c);
    s.out[row * s.out_stride + s.projected + j] = c;
    if (s.full) s.full[i] = h;
    else put_h(s, row, j, H, live ? h : (WIDE)s.h[i]);
}
extern "C" __global__ void lstm_back(Step s, Int n) {
    BEGIN(s.size)
    WIDE i_ = s.saved[row * 4 * H + j], f = s.saved[(row * 4 + 1) * H + j];
    WIDE fresh = s.saved[(row * 4 + 2) * H + j], o = s.saved[(row * 4 + 3) * H + j];
    WIDE bent = tanh((WIDE)s.out[row * s.out_stride + s.projected + j]), old = s.c[row * s.c_stride + j];
    WIDE dh = s.of_full ? (WIDE)s.of_full[i] : cotangent_of_h(s, row, j, H);
    WIDE dc = s.g[row * s.out_stride + s.projected + j];
    if (s.from_own) dc += (WIDE)s.of_c[i];
    if (!s.of_full) s.kept[i] = live ? (WIDE)0 : dh;
    WIDE kept = live ? (WIDE)0 : dc;
    dh = live ? dh : (WIDE)0;
    dc = live ? dc : (WIDE)0;
    WIDE all = dc + dh * o * (1 - bent * bent), d[4];
    d[0] = all * fresh * i_ * (1 - i_);
    d[1] = all * old * f * (1 - f);
    d[2] = all * i_ * (1 - fresh * fresh);
    d[3] = dh * bent * o * (1 - o);
    for (int k = 0; k < 4; k++) s.of_gates[(row * 4 + k) * H + j] = d[k];
    s.of_c[i] = all * f + kept;
}
// What comes out of a projection, and backwards what goes into one.
extern "C" __global__ void projected(Step s, Int n) {
    BEGIN(s.projected)
    put_h(s, row, j, s.projected, live ? (WIDE)s.own[i] : (WIDE)s.h[i]);
}
extern "C" __global__ void projected_back(Step s, Int n) {
    BEGIN(s.projected)
    WIDE dh = cotangent_of_h(s, row, j, s.projected);
    s.of_own[i] = live ? dh : (WIDE)0;
    s.kept[i] = live ? (WIDE)0 : dh;
}
extern "C" __global__ void gru(Step s, Int n) {
    BEGIN(s.size)
    WIDE x[3], own[3];
    for (int k = 0; k < 3; k++) {
        x[k] = s.gates[(row * 3 + k) * H + j];
        own[k] = (WIDE)s.own[(row * 3 + k) * H + j] + (s.bias ? (WIDE)s.bias[k * H + j] : (WIDE)0);
    }
    WIDE r = logistic(x[0] + own[0]), z = logistic(x[1] + own[1]), fresh = tanh(x[2] + r * own[2]), old = s.h[i];
    REAL* saved = s.saved + row * 4 * H + j;
    saved[0] = r;
    saved[H] = z;
    saved[2 * H] = fresh;
    saved[3 * H] = own[2];
    put_h(s, row, j, H, live ? fresh + z * (old - fresh) : old);
}
extern "C" __global__ void gru_back(Step s, Int n) {
    BEGIN(s.size)
    const REAL* saved = s.saved + row * 4 * H + j;
    WIDE r = saved[0], z = saved[H], fresh = saved[2 * H], own = saved[3 * H], old = s.h[i];
    WIDE dh = cotangent_of_h(s, row, j, H);
    WIDE kept = live ? (WIDE)0 : dh;
    dh = live ? dh : (WIDE)0;
    WIDE dn = dh * (1 - z) * (1 - fresh * fresh), d[4];
    d[0] = dn * own * r * (1 - r);
    d[1] = dh * (old - fresh) * z * (1 - z);
    d[2] = dn;
    d[3] = dn * r;
    for (int k = 0; k < 3; k++) {
        s.of_gates[(row * 3 + k) * H + j] = d[k];
        s.of_own[(row * 3 + k) * H + j] = d[k < 2 ? k : 3];
    }
    s.kept[i] = dh * z + kept;
}
"""
)
FIELDS = (
    "gates", "own", "bias", "h", "c", "out", "next", "full",
    "saved", "g", "from_own", "of_full", "kept", "of_c", "of_gates", "of_own",
    "lengths", "time", "count", "projected", "size", "c_stride", "out_stride", "option",
)  # fmt: skip


def _launch(name: str, dtype: Any, threads: int, /, **fields: Any) -> None:
    """A step's kernel; arrays in the place of their addresses."""
    values = (fields.get(field, 0) for field in FIELDS)
    words = [value.data.ptr if isinstance(value, cupy.ndarray) else int(value or 0) for value in values]
    SOURCE.each(name, dtype, threads, struct(words))


@dataclass
class Run:
    """A layer's steps through time, and what the way back reads of them.

    Attributes:
        out: the states after each step, (T, N, ...): h, and c beside it.
        before: h before each step, (T, N, P).
        first_c: c before the first one.
        saved: the gates of each step; `full`: h before it is projected.
        lengths: of the sequences, int64, or None.
    """

    cell: str
    out: Any
    before: Any
    first_c: Any
    saved: Any
    full: Any
    lengths: Any
    reverse: bool
    option: int

    def times(self) -> range:
        count = self.out.shape[0]
        return range(count - 1, -1, -1) if self.reverse else range(count)

    def fields(self, t: int, place: int) -> dict[str, Any]:
        """What both ways tell a kernel of the step at time t, the place-th."""
        past = t + 1 if self.reverse else t - 1
        width, projected = self.out.shape[2], self.before.shape[2]
        c = self.first_c if place == 0 or self.first_c is None else self.out[past, :, projected:]
        return {
            "h": self.before[t], "c": c, "out": self.out[t], "saved": self.saved[t], "lengths": self.lengths,
            "time": t, "count": len(self.out), "projected": projected, "size": self.size, "out_stride": width,
            "c_stride": 0 if c is None else (self.size if place == 0 else width), "option": self.option,
        }  # fmt: skip

    @property
    def size(self) -> int:
        """How many numbers a gate has."""
        return self.before.shape[2] if self.first_c is None else self.first_c.shape[1]


GATES = {"rnn": 1, "lstm": 4, "gru": 3}
SAVED = {"rnn": 1, "lstm": 4, "gru": 4}


def _forth(
    cell: str, gates: Any, h: Any, c: Any, w_hh: Any, *, bias: Any = None, w_hr: Any = None, lengths: Any = None,
    reverse: bool, option: int = 0,
) -> tuple[Any, Run]:  # fmt: skip
    (count, n), dtype, width = gates.shape[:2], gates.dtype, h.shape[1]
    size = width if c is None else c.shape[1]
    if lengths is not None:
        lengths = straight(lengths.astype(cupy.int64, copy=False))
        fits = cupy.expand_dims((lengths >= 1) & (lengths <= count), 1)
        # A length that cannot be has been reported; until somebody looks, its results are NaN.
        h, c = (s if s is None else cupy.where(fits, s, math.nan).astype(dtype, copy=False) for s in (h, c))
    run = Run(
        cell, cupy.empty((count, n, width if c is None else width + size), dtype), cupy.empty((count, n, width), dtype),
        None if c is None else straight(c), cupy.empty((count, n, SAVED[cell] * size), dtype),
        None if w_hr is None else cupy.empty((count, n, size), dtype), lengths, reverse, option,
    )  # fmt: skip
    gates, recurrent, bias = straight(gates), w_hh.T, None if bias is None else straight(bias)
    times = run.times()
    if count:
        run.before[times[0]] = h
    for place, t in enumerate(times):
        fields = run.fields(t, place)
        fields["next"] = run.before[times[place + 1]] if place + 1 < count else None
        full = None if w_hr is None else run.full[t]
        own = cupy.matmul(run.before[t], recurrent)
        _launch(cell, dtype, n * size, **fields, gates=gates[t], own=own, bias=bias, full=full)
        if w_hr is not None:
            _launch("projected", dtype, n * width, **fields, own=cupy.matmul(full, w_hr.T))
    return run.out, run


def _back(run: Run, g: Any, w_hh: Any, w_hr: Any = None) -> tuple[Any, Any, Any, Any, Any]:
    """The cotangents of gates, of what the weights gave, of the first h and c, and of what a projection gave."""
    count, n, _ = run.out.shape
    dtype, width, size, g = run.out.dtype, run.before.shape[2], run.size, straight(g)
    of_gates = cupy.empty((count, n, GATES[run.cell] * size), dtype)
    of_own = cupy.empty_like(of_gates) if run.cell == "gru" else of_gates
    of_out = None if w_hr is None else cupy.empty((count, n, width), dtype)
    kept, of_c, from_own = cupy.zeros((n, width), dtype), cupy.zeros((n, size), dtype), None
    times = run.times()
    for place in reversed(range(count)):
        t = times[place]
        fields = {**run.fields(t, place), "g": g[t], "from_own": from_own, "kept": kept, "of_c": of_c}
        of_full = None
        if of_out is not None:
            _launch("projected_back", dtype, n * width, **fields, of_own=of_out[t])
            of_full = cupy.matmul(of_out[t], w_hr)
        fields |= {"of_gates": of_gates[t], "of_own": of_own[t], "of_full": of_full}
        _launch(f"{run.cell}_back", dtype, n * size, **fields)
        from_own = cupy.matmul(of_own[t], w_hh)
    first = kept if from_own is None else from_own + kept
    return of_gates, of_own, first, of_c, of_out


def _product(of: Any, by: Any) -> Any:
    """The cotangent of weights, in one product for all times."""
    rows, columns = (x.reshape(x.shape[0] * x.shape[1], x.shape[2]) for x in (of, by))
    return cupy.matmul(rows.T, columns)


def _needed(found: Sequence[Any], needs: Sequence[bool]) -> list[Any]:
    return [x if need else None for x, need in zip(found, needs, strict=False)]


def _rnn(
    xp: Any, gates: Any, h: Any, w_hh: Any, lengths: Any = None, *, nonlinearity: str = "tanh", reverse: bool = False
) -> tuple[Any, Run]:
    option = int(nonlinearity == "relu")
    return _forth("rnn", gates, h, None, w_hh, lengths=lengths, reverse=reverse, option=option)


def _rnn_vjp(
    xp: Any, run: Run, g: Any, needs: Sequence[bool], gates: Any, h: Any, w_hh: Any, lengths: Any = None, **static: Any
) -> list[Any]:
    of_gates, of_own, first, _, _ = _back(run, g, w_hh)
    return _needed([of_gates, first, _product(of_own, run.before) if needs[2] else None, None], needs)


def _lstm(
    xp: Any, gates: Any, h: Any, c: Any, w_hh: Any, w_hr: Any = None, lengths: Any = None, *, reverse: bool = False
) -> tuple[Any, Run]:
    return _forth("lstm", gates, h, c, w_hh, w_hr=w_hr, lengths=lengths, reverse=reverse)


def _lstm_vjp(
    xp: Any, run: Run, g: Any, needs: Sequence[bool], gates: Any, h: Any, c: Any, w_hh: Any, w_hr: Any = None,
    lengths: Any = None, **static: Any,
) -> list[Any]:  # fmt: skip
    of_gates, of_own, first, of_c, of_out = _back(run, g, w_hh, w_hr)
    of_weights = _product(of_own, run.before) if needs[3] else None
    of_projection = _product(of_out, run.full) if needs[4] else None
    return _needed([of_gates, first, of_c, of_weights, of_projection, None], needs)


def _gru(
    xp: Any, gates: Any, h: Any, w_hh: Any, b_hh: Any = None, lengths: Any = None, *, reverse: bool = False
) -> tuple[Any, Run]:
    return _forth("gru", gates, h, None, w_hh, bias=b_hh, lengths=lengths, reverse=reverse)


def _gru_vjp(
    xp: Any, run: Run, g: Any, needs: Sequence[bool], gates: Any, h: Any, w_hh: Any, b_hh: Any = None,
    lengths: Any = None, **static: Any,
) -> list[Any]:  # fmt: skip
    of_gates, of_own, first, _, _ = _back(run, g, w_hh)
    of_weights = _product(of_own, run.before) if needs[2] else None
    of_bias = of_own.sum(axis=(0, 1)) if needs[3] else None
    return _needed([of_gates, first, of_weights, of_bias, None], needs)


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {
        "rnn_states": agreeing(Kernel(_rnn, _rnn_vjp)),
        "lstm_states": agreeing(Kernel(_lstm, _lstm_vjp)),
        "gru_states": agreeing(Kernel(_gru, _gru_vjp)),
    }
