"""Recurrent layers in one direction: all steps in buffers made once, and few products.

States, inputs and a 1 stand side by side in one buffer, a row for each sequence and time: one product a step gives the
gates with their bias, and one product of all rows the gradients of both weights and the bias.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from xnn_backends.protocol import HostArray, Kernel

from .linear import rows_of

Arrays = Sequence[HostArray]


def singles(*arrays: HostArray | None) -> list[Any]:
    """The arrays, those of 16 bits as float32: they are rounded once, at the end."""
    return [x.astype(np.float32) if x is not None and x.dtype.char == "e" else x for x in arrays]


class Track:
    """The way through time of one call: its order, where sequences run, and the rows of states and inputs.

    A buffer of states has one place more than there are times: those before time t stand at t + before, those after it
    at t + after.
    """

    def __init__(
        self, x: HostArray, h: HostArray, lengths: HostArray | None, reverse: bool, *sizes: int, others: Arrays = (),
        is_joined: bool = True,
    ) -> None:  # fmt: skip
        self.count, self.n, self.features = x.shape
        self.hidden = h.shape[1]
        self.before, self.after = (1, 0) if reverse else (0, 1)
        self.times = range(self.count)[::-1] if reverse else range(self.count)
        self.first = self.count if reverse else 0  # where the states before all steps stand
        self.last = self.count - self.first
        self.runs: HostArray | None = None
        self.fits: HostArray | None = None
        if lengths is not None:
            wide = lengths.astype(np.int64)
            self.fits = (wide >= 1) & (wide <= self.count)
            self.runs = (np.arange(self.count)[:, None] < np.where(self.fits, wide, self.count))[:, :, None]
        places, times = (self.count + 1, self.n), (self.count, self.n)
        self.x = self.running(x)
        self.states = [np.empty((*places, state.shape[1]), x.dtype) for state in (h, *others)]
        self.saved = [np.empty((*times, size), x.dtype) for size in sizes]
        for buffer, state in zip(self.states, (h, *others), strict=True):
            buffer[self.first] = state if self.fits is None else np.where(self.fits[:, None], state, np.nan)
        self.h = self.states[0]
        self.known = self.h[self.before : self.before + self.count]  # the states before each step
        if is_joined:
            self.rows = np.empty((*places, self.hidden + self.features + 1), x.dtype)
            self.seen = self.rows[self.before : self.before + self.count]  # what each step reads
            self.seen[:, :, self.hidden : -1] = self.x
            self.seen[:, :, -1] = 1

    def keep(self, t: int) -> None:
        """Where a sequence has ended, its states stay."""
        if self.runs is not None:
            for buffer in self.states:
                np.copyto(buffer[t + self.after], buffer[t + self.before], where=~self.runs[t])

    def stop_ended(self, t: int, *gs: HostArray) -> list[HostArray]:
        """Set cotangents to 0 where a sequence has ended; gives what they were there, to be added after the step."""
        if self.runs is None:
            return []
        kept = [np.where(self.runs[t], g.dtype.type(0), g) for g in gs]
        for g in gs:
            np.copyto(g, 0, where=~self.runs[t])
        return kept

    def rows_at(self, t: int) -> HostArray:
        """The rows of time t, with the states before it."""
        rows: HostArray = self.rows[t + self.before]
        rows[:, : self.hidden] = self.h[t + self.before]
        return rows

    def running(self, x: HostArray) -> HostArray:
        """An array of all times, 0 where a sequence has ended: what stands there may be NaN, and 0 times NaN is."""
        return x if self.runs is None else np.asarray(np.where(self.runs, x, x.dtype.type(0)))

    def outputs(self) -> HostArray:
        """The states after each step, 0 where a sequence has ended."""
        out: HostArray = self.h[self.after : self.after + self.count]
        return np.array(out) if self.runs is None else self.running(out)

    def of_outputs(self, g: HostArray | None) -> HostArray | None:
        """The cotangent of the states after each step."""
        return g if g is None else self.running(g)


def weighed(w_ih: HostArray, w_hh: HostArray, bias: HostArray | None) -> HostArray:
    """(P + I + 1, G) of (G, I) and (G, P), by which rows are multiplied; 12 % faster than a product with a view."""
    last = np.zeros(len(w_ih), w_ih.dtype) if bias is None else bias
    return np.concatenate([w_hh.T, w_ih.T, last[None]])


def squash(z: HostArray, sigmoids: int) -> None:
    """tanh in place; in the first columns sigmoid, for which z is halved: it is tanh(z / 2) / 2 + 1 / 2."""
    np.tanh(z, out=z)
    s = z[:, :sigmoids]
    s *= 0.5
    s += 0.5


def reordered(x: HostArray) -> HostArray:
    """Rows of the gates i, f, g, o as i, f, o, g, and the other way round: sigmoids side by side."""
    i, f, third, fourth = np.split(x, 4)
    return np.concatenate([i, f, fourth, third])


# ---- c' = f c + i g, h' = o tanh(c') ----

# Of the products for the gates (n, 4 H), halved for i, f and o, and c: puts what the way back reads in the place of
# the products, the new c, tanh(c) and h.
Cell = Callable[[HostArray, HostArray, HostArray, HostArray, HostArray], object]
# Of that, c before the step, tanh(c) and the cotangents of h and c: those of the gates, and of c in its place.
CellBack = Callable[[HostArray, HostArray, HostArray, HostArray, HostArray, HostArray], object]


def lstm_cell(z: HostArray, before: HostArray, after: HostArray, bent: HostArray, hidden: HostArray) -> None:
    size = before.shape[1]
    squash(z, 3 * size)
    np.multiply(z[:, size : 2 * size], before, out=after)
    after += z[:, :size] * z[:, 3 * size :]
    np.tanh(after, out=bent)
    np.multiply(z[:, 2 * size : 3 * size], bent, out=hidden)


def lstm_cell_back(
    z: HostArray, before: HostArray, bent: HostArray, dh: HostArray, dc: HostArray, dz: HostArray
) -> None:
    size = before.shape[1]
    sigmoids, o, new = z[:, : 3 * size], z[:, 2 * size : 3 * size], z[:, 3 * size :]
    np.multiply(dh, bent, out=dz[:, 2 * size : 3 * size])
    part = bent * bent
    np.subtract(1, part, out=part)
    part *= o
    part *= dh
    dc += part
    np.multiply(dc, new, out=dz[:, :size])
    np.multiply(dc, before, out=dz[:, size : 2 * size])
    np.multiply(dc, z[:, :size], out=dz[:, 3 * size :])
    slope = sigmoids * sigmoids
    np.subtract(sigmoids, slope, out=slope)
    dz[:, : 3 * size] *= slope
    np.multiply(new, new, out=part)
    np.subtract(1, part, out=part)
    dz[:, 3 * size :] *= part
    dc *= z[:, size : 2 * size]


def lstm_forward(
    xp: Any, x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_hr: Any, lengths: Any,
    *, reverse: bool, cell: Cell = lstm_cell,
) -> tuple[Any, Track]:  # fmt: skip
    dtype, size = x.dtype, c.shape[1]
    x, h, c, w_ih, w_hh, b_ih, b_hh, w_hr = singles(x, h, c, w_ih, w_hh, b_ih, b_hh, w_hr)
    saved = (4 * size, size) if w_hr is None else (4 * size, size, size)
    track = Track(x, h, lengths, reverse, *saved, others=(c,))
    cells, (gates, bent, *projected) = track.states[1], track.saved
    weights = weighed(reordered(w_ih), reordered(w_hh), None if b_ih is None else reordered(b_ih + b_hh))
    weights[:, : 3 * size] *= 0.5
    for t in track.times:
        before, after = t + track.before, t + track.after
        np.matmul(track.rows_at(t), weights, out=gates[t])
        hidden = projected[0][t] if projected else track.h[after]
        cell(gates[t], cells[before], cells[after], bent[t], hidden)
        if projected:
            np.matmul(hidden, w_hr.T, out=track.h[after])
        track.keep(t)
    out = (track.outputs(), track.h[track.last].copy(), cells[track.last].copy())
    return tuple(part.astype(dtype, copy=False) for part in out), track


def lstm_vjp(
    xp: Any, track: Track, g: Any, needs: Sequence[bool], x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any,
    b_hh: Any, w_hr: Any, lengths: Any, *, reverse: bool, cell_back: CellBack = lstm_cell_back,
) -> list[Any]:  # fmt: skip
    cells, (gates, bent, *projected) = track.states[1], track.saved
    w_ih, w_hh, w_hr, *g = singles(w_ih, w_hh, w_hr, *g)
    w_ih, w_hh = reordered(w_ih), reordered(w_hh)
    of_out = track.of_outputs(g[0])
    dh, dc = (begin(part, like) for part, like in zip(g[1:], track.states, strict=True))
    dz = np.empty_like(gates)
    dhs = np.empty((track.count, *dh.shape), dh.dtype) if projected else None
    for t in reversed(track.times):
        if of_out is not None:
            dh += of_out[t]
        kept = track.stop_ended(t, dh, dc)
        own = dh
        if dhs is not None:
            dhs[t] = dh
            own = np.matmul(dh, w_hr)
        cell_back(gates[t], cells[t + track.before], bent[t], own, dc, dz[t])
        np.matmul(dz[t], w_hh, out=dh)
        for cotangent, kept_back in zip((dh, dc), kept, strict=False):
            cotangent += kept_back
    of_x, of_ih, of_hh, of_bias = of_rows(track, dz, w_ih, needs[0], any(needs[3:7]))
    if of_bias is not None:
        of_ih, of_hh, of_bias = reordered(of_ih), reordered(of_hh), reordered(of_bias)
    of_hr = rows_of(dhs).T @ rows_of(projected[0]) if dhs is not None and needs[7] else None
    found = [of_x, dh, dc, of_ih, of_hh, of_bias, of_bias, of_hr, None]
    return [part.astype(x.dtype, copy=False) if need else None for part, need in zip(found, needs, strict=True)]


def begin(g: HostArray | None, buffer: HostArray) -> HostArray:
    """The cotangent of the last states, to be added to."""
    return np.zeros(buffer.shape[1:], buffer.dtype) if g is None else g.astype(buffer.dtype)


def of_rows(track: Track, dz: HostArray, w_ih: HostArray, need_x: bool, need_weights: bool) -> list[Any]:
    """The cotangents of inputs, both weights and the bias, of that of gates."""
    of_x = track.running((rows_of(dz) @ w_ih).reshape(track.x.shape)) if need_x else None
    if not need_weights:
        return [of_x, None, None, None]
    every = rows_of(dz).T @ rows_of(track.seen)
    return [of_x, every[:, track.hidden : -1].copy(), every[:, : track.hidden].copy(), every[:, -1].copy()]


# ---- h' = tanh(W x + b + R h + b') ----


def _rnn_forward(
    xp: Any, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, lengths: Any,
    *, nonlinearity: str, reverse: bool,
) -> tuple[Any, Track]:  # fmt: skip
    dtype = x.dtype
    x, h, w_ih, w_hh, b_ih, b_hh = singles(x, h, w_ih, w_hh, b_ih, b_hh)
    track = Track(x, h, lengths, reverse)
    weights = weighed(w_ih, w_hh, None if b_ih is None else b_ih + b_hh)
    for t in track.times:
        new = np.matmul(track.rows_at(t), weights, out=track.h[t + track.after])
        if nonlinearity == "tanh":
            np.tanh(new, out=new)
        else:
            np.maximum(new, 0, out=new)
        track.keep(t)
    out = (track.outputs(), track.h[track.last].copy())
    return tuple(part.astype(dtype, copy=False) for part in out), track


def _rnn_vjp(
    xp: Any, track: Track, g: Any, needs: Sequence[bool], x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any,
    lengths: Any, *, nonlinearity: str, reverse: bool,
) -> list[Any]:  # fmt: skip
    w_ih, w_hh, *g = singles(w_ih, w_hh, *g)
    of_out, dh = track.of_outputs(g[0]), begin(g[1], track.h)
    dz = np.empty((track.count, *dh.shape), dh.dtype)
    for t in reversed(track.times):
        if of_out is not None:
            dh += of_out[t]
        kept = track.stop_ended(t, dh)
        new = track.h[t + track.after]
        if nonlinearity == "tanh":
            np.multiply(new, new, out=dz[t])
            np.subtract(1, dz[t], out=dz[t])
            dz[t] *= dh
        else:
            dz[t] = np.where(new <= 0, 0, dh)
        np.matmul(dz[t], w_hh, out=dh)
        for kept_back in kept:
            dh += kept_back
    of_x, of_ih, of_hh, of_bias = of_rows(track, dz, w_ih, needs[0], any(needs[2:6]))
    found = [of_x, dh, of_ih, of_hh, of_bias, of_bias, None]
    return [part.astype(x.dtype, copy=False) if need else None for part, need in zip(found, needs, strict=True)]


# ---- h' = (1 - z) n + z h ----


def _gru_forward(
    xp: Any, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, lengths: Any, *, reverse: bool
) -> tuple[Any, Track]:
    dtype, size = x.dtype, h.shape[1]
    x, h, w_ih, w_hh, b_ih, b_hh = singles(x, h, w_ih, w_hh, b_ih, b_hh)
    track = Track(x, h, lengths, reverse, 3 * size, size, is_joined=False)
    gates, owns = track.saved  # r, z and n; and what r is multiplied by
    halves = np.repeat(np.asarray([0.5, 0.5, 1], x.dtype), size)  # see squash
    np.matmul(rows_of(track.x), w_ih.T * halves, out=rows_of(gates))
    if b_ih is not None:
        gates += np.concatenate([(b_ih + b_hh)[: 2 * size], b_ih[2 * size :]]) * halves
    recurrent, part = w_hh.T * halves, np.empty((track.n, 3 * size), x.dtype)
    for t in track.times:
        g, own, before, after = gates[t], owns[t], track.h[t + track.before], track.h[t + track.after]
        np.matmul(before, recurrent, out=part)
        sigmoids = g[:, : 2 * size]
        sigmoids += part[:, : 2 * size]
        squash(sigmoids, 2 * size)
        own[...] = part[:, 2 * size :] if b_hh is None else part[:, 2 * size :] + b_hh[2 * size :]
        n = g[:, 2 * size :]
        n += np.multiply(g[:, :size], own, out=after)
        np.tanh(n, out=n)
        np.subtract(before, n, out=after)
        after *= g[:, size : 2 * size]
        after += n
        track.keep(t)
    out = (track.outputs(), track.h[track.last].copy())
    return tuple(part.astype(dtype, copy=False) for part in out), track


def _gru_vjp(
    xp: Any, track: Track, g: Any, needs: Sequence[bool], x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any,
    lengths: Any, *, reverse: bool,
) -> list[Any]:  # fmt: skip
    (gates, owns), size = track.saved, h.shape[1]
    w_ih, w_hh, *g = singles(w_ih, w_hh, *g)
    of_out, dh = track.of_outputs(g[0]), begin(g[1], track.h)
    # Of r, z, n before r, and n: the first three are those of R h, all but the third those of W x.
    dz, new = np.empty((track.count, track.n, 4 * size), dh.dtype), np.empty_like(dh)
    for t in reversed(track.times):
        if of_out is not None:
            dh += of_out[t]
        kept = track.stop_ended(t, dh)
        r, z, n = (gates[t][:, i * size : (i + 1) * size] for i in range(3))
        of_r, of_z, of_own, of_n = (dz[t][:, i * size : (i + 1) * size] for i in range(4))
        np.subtract(track.h[t + track.before], n, out=of_z)
        of_z *= dh
        np.multiply(dh, z, out=new)
        np.subtract(dh, new, out=of_n)
        of_z *= z - z * z
        of_n *= 1 - n * n
        np.multiply(of_n, r, out=of_own)
        np.multiply(of_n, owns[t], out=of_r)
        of_r *= r - r * r
        np.matmul(dz[t][:, : 3 * size], w_hh, out=dh)
        dh += new
        for kept_back in kept:
            dh += kept_back
    rows, wide = rows_of(dz), np.concatenate([w_ih[: 2 * size], np.zeros_like(w_ih[:size]), w_ih[2 * size :]])
    of_x = track.running((rows @ wide).reshape(x.shape)) if needs[0] else None
    of_ih = _without_own(rows.T @ rows_of(track.x), size) if needs[2] else None
    of_hh = rows[:, : 3 * size].T @ rows_of(track.known) if needs[3] else None
    of_bias = np.add.reduce(rows, axis=0) if needs[4] or needs[5] else None
    biases: list[Any] = [None, None] if of_bias is None else [_without_own(of_bias, size), of_bias[: 3 * size]]
    found = [of_x, dh, of_ih, of_hh, *biases, None]
    return [part.astype(x.dtype, copy=False) if need else None for part, need in zip(found, needs, strict=True)]


def _without_own(x: HostArray, size: int) -> HostArray:
    return np.concatenate([x[: 2 * size], x[3 * size :]])


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives.

    Forward and backward of 28 steps, 28 inputs, 128 units, 128 sequences, float32, milliseconds, with the definition's
    and PyTorch's: lstm 27 (40; 22), gru 24 (31; 26), rnn 7 (8; 9).
    """
    return {
        "lstm": Kernel(lstm_forward, lstm_vjp),
        "gru": Kernel(_gru_forward, _gru_vjp),
        "rnn": Kernel(_rnn_forward, _rnn_vjp),
    }
