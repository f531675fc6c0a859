"""Sequences: several as one array, and recurrent layers of one direction, unrolled in time.

The inputs of all steps are multiplied at once. Weights are laid out as in PyTorch: for each gate H rows, one gate after
another. The steps are one operation with a first derivative by hand, backwards in time: recorded, each would be a dozen
nodes, and add its own product to the gradient of the weights.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from xnn.autograd.primitive import fused
from xnn.typing import A, AnyArray
from xnn_backends.protocol import Kernel

from .activation import sigmoid
from .linear import linear
from .rectifier import relu

States = tuple[Any, ...]
# Of the gates of one time (N, G) and the states: new states, and what the way back reads.
Step = Callable[[Any, States], tuple[States, States]]
# Of cotangents of the new states, the old states and what was saved: cotangents of the gates, of what the weights gave,
# and of the old states but for the weights' part of the first.
StepBack = Callable[[list[Any], States, States], tuple[Any, Any, list[Any]]]


@fused()
def padded(xp: Any, /, *sequences: A, value: float, is_left: bool) -> A:
    """Sequences (L, ...) as one array (N, longest L, ...), with `value` behind short ones, or before them."""
    longest = max(x.shape[0] for x in sequences)
    rows = []
    for x in sequences:
        missing = (longest - x.shape[0], *x.shape[1:])
        filling = xp.full(missing, value, dtype=x.dtype, device=xp.device(x))
        rows.append(xp.concat([filling, x] if is_left else [x, filling], axis=0))
    return xp.stack(rows, axis=0)


# ---- through time ----


def _runs(xp: Any, count: int, lengths: Any) -> tuple[Any, Any]:
    """Which lengths can be, (N,), and where sequences run, (T, N, 1): to the end where the length cannot be."""
    lengths = xp.astype(lengths, xp.int64)
    fits = xp.logical_and(lengths >= 1, lengths <= count)
    times = xp.expand_dims(xp.arange(count, dtype=xp.int64, device=xp.device(lengths)), axis=1)
    return fits, xp.expand_dims(times < xp.where(fits, lengths, count), axis=2)


def _running(xp: Any, x: Any, lengths: Any) -> Any:
    """Inputs (T, N, I), 0 where a sequence has ended: what stands there may be NaN, and 0 times NaN is."""
    return x if lengths is None else xp.where(_runs(xp, x.shape[0], lengths)[1], x, 0.0)


def _forth(xp: Any, gates: Any, states: States, lengths: Any, step: Step, reverse: bool) -> tuple[Any, Any]:
    """All states (T, N, ...), side by side, after each step; and what the way back reads.

    A sequence keeps its states where it has ended: so in reverse it begins at its own end.
    """
    count, runs = gates.shape[0], None
    if lengths is not None:
        fits, runs = _runs(xp, count, lengths)
        # A length that cannot be has been reported; until somebody looks, its results are NaN.
        states = tuple(xp.where(xp.expand_dims(fits, axis=1), s, math.nan) for s in states)
    after: list[Any] = [None] * count
    past: list[Any] = [None] * count
    for t in reversed(range(count)) if reverse else range(count):
        new, saved = step(gates[t, ...], states)
        past[t] = states, saved
        if runs is not None:
            here = runs[t, ...]
            new = tuple(xp.where(here, n, s) for n, s in zip(new, states, strict=True))
        states = new
        after[t] = states[0] if len(states) == 1 else xp.concat(list(states), axis=1)
    return xp.stack(after, axis=0), (runs, past)


def _back(xp: Any, residual: Any, g: Any, step: StepBack, w_hh: Any, reverse: bool) -> tuple[Any, Any, list[Any]]:
    """The cotangents of all gates (T, N, G), of what the weights gave, likewise, and of the first states."""
    runs, past = residual
    count = len(past)
    of_gates: list[Any] = [None] * count
    of_own: list[Any] = [None] * count
    carried: list[Any] = []
    for t in range(count) if reverse else reversed(range(count)):
        states, saved = past[t]
        ends = [0]
        for s in states:
            ends.append(ends[-1] + s.shape[1])
        cotangents = [g[t, :, start:end] for start, end in itertools.pairwise(ends)]
        cotangents = [a + b for a, b in zip(cotangents, carried, strict=True)] if carried else cotangents
        kept = None
        if runs is not None:
            here = runs[t, ...]
            kept = [xp.where(here, 0.0, d) for d in cotangents]
            cotangents = [xp.where(here, d, 0.0) for d in cotangents]
        of_gates[t], of_own[t], carried = step(cotangents, states, saved)
        carried[0] = carried[0] + xp.matmul(of_own[t], w_hh)
        if kept is not None:
            carried = [a + b for a, b in zip(carried, kept, strict=True)]
    return xp.stack(of_gates, axis=0), xp.stack(of_own, axis=0), carried


def _of_weights(xp: Any, of_own: Any, residual: Any) -> Any:
    """The cotangent of the recurrent weights, in one product for all times."""
    before = xp.stack([states[0] for states, _ in residual[1]], axis=0)
    rows, columns = (xp.reshape(x, (math.prod(x.shape[:2]), x.shape[2])) for x in (of_own, before))
    return xp.matmul(xp.matrix_transpose(rows), columns)


def _needed(found: list[Any], needs: Sequence[bool]) -> list[Any]:
    return [x if need else None for x, need in zip(found, needs, strict=True)]


def _finished(xp: Any, states: Any, size: int, lengths: Any, reverse: bool) -> tuple[Any, ...]:
    """Outputs (T, N, size), 0 where a sequence has ended, and the last states, after that size and the rest."""
    out, last = states[..., :size], states[0 if reverse else -1, ...]
    if lengths is not None:
        out = xp.where(_runs(xp, states.shape[0], lengths)[1], out, 0.0)
    return (out, last) if size == states.shape[2] else (out, last[:, :size], last[:, size:])


# ---- h' = tanh(gates + R h) ----


def _rnn_step(xp: Any, w_hh: Any, nonlinearity: str) -> Step:
    recurrent = xp.matrix_transpose(w_hh)

    def step(gates: Any, states: States) -> tuple[States, States]:
        total = gates + xp.matmul(states[0], recurrent)
        h = xp.tanh(total) if nonlinearity == "tanh" else relu(total)
        return (h,), (h,)

    return step


def _rnn_forward(
    xp: Any, gates: Any, h: Any, w_hh: Any, lengths: Any, *, nonlinearity: str, reverse: bool
) -> tuple[Any, Any]:
    return _forth(xp, gates, (h,), lengths, _rnn_step(xp, w_hh, nonlinearity), reverse)


def _rnn_vjp(
    xp: Any, residual: Any, g: Any, needs: Sequence[bool], gates: Any, h: Any, w_hh: Any, lengths: Any,
    *, nonlinearity: str, reverse: bool,
) -> list[Any]:  # fmt: skip
    def step(cotangents: list[Any], states: States, saved: States) -> tuple[Any, Any, list[Any]]:
        dh, new = cotangents[0], saved[0]
        d = dh * (1 - new * new) if nonlinearity == "tanh" else xp.where(new <= 0, 0.0, dh)
        return d, d, [xp.zeros_like(dh)]

    of_gates, of_own, first = _back(xp, residual, g, step, w_hh, reverse)
    found = [of_gates, first[0], _of_weights(xp, of_own, residual) if needs[2] else None, None]
    return _needed(found, needs)


@fused(kernel=Kernel(_rnn_forward, _rnn_vjp))
def rnn_states(
    xp: Any,
    gates: A,
    h: AnyArray,
    w_hh: AnyArray,
    lengths: AnyArray | None = None,
    /,
    *,
    nonlinearity: str = "tanh",
    reverse: bool = False,
) -> A:
    """All h (T, N, H) of h' = tanh(gates + w_hh h), or of relu: gates (T, N, H) and the first h (N, H)."""
    return _forth(xp, gates, (h,), lengths, _rnn_step(xp, w_hh, nonlinearity), reverse)[0]


@fused()
def rnn(
    xp: Any,
    x: A,
    h: AnyArray,
    w_ih: AnyArray,
    w_hh: AnyArray,
    b_ih: AnyArray | None = None,
    b_hh: AnyArray | None = None,
    lengths: AnyArray | None = None,
    /,
    *,
    nonlinearity: str = "tanh",
    reverse: bool = False,
) -> tuple[A, ...]:
    """h' = tanh(W x + b + R h + b'), or of relu: x (T, N, I) and h (N, H) to all h (T, N, H), and the last."""
    gates = linear(_running(xp, x, lengths), w_ih, None if b_ih is None else b_ih + b_hh)
    states = rnn_states(gates, h, w_hh, lengths, nonlinearity=nonlinearity, reverse=reverse)
    return _finished(xp, states, w_hh.shape[1], lengths, reverse)


# ---- c' = f c + i g, h' = o tanh(c') ----


def _lstm_step(xp: Any, size: int, w_hh: Any, w_hr: Any) -> Step:
    recurrent = xp.matrix_transpose(w_hh)
    projection = None if w_hr is None else xp.matrix_transpose(w_hr)

    def step(gates: Any, states: States) -> tuple[States, States]:
        h, c = states
        gates = gates + xp.matmul(h, recurrent)
        i_f, o = sigmoid(gates[:, : 2 * size]), sigmoid(gates[:, 3 * size :])
        i, f, new = i_f[:, :size], i_f[:, size:], xp.tanh(gates[:, 2 * size : 3 * size])
        c = f * c + i * new
        bent = xp.tanh(c)
        h = o * bent
        return (h if projection is None else xp.matmul(h, projection), c), (i, f, new, o, bent, h)

    return step


def _lstm_forward(
    xp: Any, gates: Any, h: Any, c: Any, w_hh: Any, w_hr: Any, lengths: Any, *, reverse: bool
) -> tuple[Any, Any]:
    return _forth(xp, gates, (h, c), lengths, _lstm_step(xp, c.shape[1], w_hh, w_hr), reverse)


def _lstm_vjp(
    xp: Any, residual: Any, g: Any, needs: Sequence[bool], gates: Any, h: Any, c: Any, w_hh: Any, w_hr: Any,
    lengths: Any, *, reverse: bool,
) -> list[Any]:  # fmt: skip
    projected: list[tuple[Any, Any]] = []

    def step(cotangents: list[Any], states: States, saved: States) -> tuple[Any, Any, list[Any]]:
        (dh, dc), c, (i, f, new, o, bent, h) = cotangents, states[1], saved
        if w_hr is not None:
            projected.append((dh, h))
            dh = xp.matmul(dh, w_hr)
        dc = dc + dh * o * (1 - bent * bent)
        d = [dc * new * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - new * new), dh * bent * o * (1 - o)]
        of_gates = xp.concat(d, axis=1)
        return of_gates, of_gates, [xp.zeros_like(states[0]), dc * f]

    of_gates, of_own, first = _back(xp, residual, g, step, w_hh, reverse)
    of_weights = _of_weights(xp, of_own, residual) if needs[3] else None
    of_projection = None
    if needs[4]:
        rows, columns = (xp.concat(list(parts), axis=0) for parts in zip(*projected, strict=True))
        of_projection = xp.matmul(xp.matrix_transpose(rows), columns)
    return _needed([of_gates, *first, of_weights, of_projection, None], needs)


@fused(kernel=Kernel(_lstm_forward, _lstm_vjp))
def lstm_states(
    xp: Any,
    gates: A,
    h: AnyArray,
    c: AnyArray,
    w_hh: AnyArray,
    w_hr: AnyArray | None = None,
    lengths: AnyArray | None = None,
    /,
    *,
    reverse: bool = False,
) -> A:
    """All h and c side by side, (T, N, P + H), of gates (T, N, 4 H) and the first h (N, P) and c (N, H)."""
    return _forth(xp, gates, (h, c), lengths, _lstm_step(xp, c.shape[1], w_hh, w_hr), reverse)[0]


@fused()
def lstm(
    xp: Any,
    x: A,
    h: AnyArray,
    c: AnyArray,
    w_ih: AnyArray,
    w_hh: AnyArray,
    b_ih: AnyArray | None = None,
    b_hh: AnyArray | None = None,
    w_hr: AnyArray | None = None,
    lengths: AnyArray | None = None,
    /,
    *,
    reverse: bool = False,
) -> tuple[A, ...]:
    """c' = f c + i g, h' = o tanh(c'), with gates i, f, g, o of x (T, N, I) and h (N, H): to all h, the last h and c.

    With w_hr (P, H) the output is projected: h' = w_hr (o tanh(c')), of (N, P).
    """
    gates = linear(_running(xp, x, lengths), w_ih, None if b_ih is None else b_ih + b_hh)
    states = lstm_states(gates, h, c, w_hh, w_hr, lengths, reverse=reverse)
    return _finished(xp, states, w_hh.shape[1], lengths, reverse)


# ---- h' = (1 - z) n + z h ----


def _gru_step(xp: Any, size: int, w_hh: Any, b_hh: Any) -> Step:
    def step(gates: Any, states: States) -> tuple[States, States]:
        h = states[0]
        own = linear(h, w_hh, b_hh)
        r_z = sigmoid(gates[:, : 2 * size] + own[:, : 2 * size])
        r, z, own = r_z[:, :size], r_z[:, size:], own[:, 2 * size :]
        n = xp.tanh(gates[:, 2 * size :] + r * own)
        return (n + z * (h - n),), (r, z, n, own)

    return step


def _gru_forward(xp: Any, gates: Any, h: Any, w_hh: Any, b_hh: Any, lengths: Any, *, reverse: bool) -> tuple[Any, Any]:
    return _forth(xp, gates, (h,), lengths, _gru_step(xp, h.shape[1], w_hh, b_hh), reverse)


def _gru_vjp(
    xp: Any, residual: Any, g: Any, needs: Sequence[bool], gates: Any, h: Any, w_hh: Any, b_hh: Any, lengths: Any,
    *, reverse: bool,
) -> list[Any]:  # fmt: skip
    def step(cotangents: list[Any], states: States, saved: States) -> tuple[Any, Any, list[Any]]:
        dh, h, (r, z, n, own) = cotangents[0], states[0], saved
        dn = dh * (1 - z) * (1 - n * n)
        d = [dn * own * r * (1 - r), dh * (h - n) * z * (1 - z)]
        return xp.concat([*d, dn], axis=1), xp.concat([*d, dn * r], axis=1), [dh * z]

    of_gates, of_own, first = _back(xp, residual, g, step, w_hh, reverse)
    of_weights = _of_weights(xp, of_own, residual) if needs[2] else None
    of_bias = xp.sum(of_own, axis=(0, 1)) if needs[3] else None
    return _needed([of_gates, first[0], of_weights, of_bias, None], needs)


@fused(kernel=Kernel(_gru_forward, _gru_vjp))
def gru_states(
    xp: Any,
    gates: A,
    h: AnyArray,
    w_hh: AnyArray,
    b_hh: AnyArray | None = None,
    lengths: AnyArray | None = None,
    /,
    *,
    reverse: bool = False,
) -> A:
    """All h (T, N, H) of gates (T, N, 3 H) and the first h (N, H)."""
    return _forth(xp, gates, (h,), lengths, _gru_step(xp, h.shape[1], w_hh, b_hh), reverse)[0]


@fused()
def gru(
    xp: Any,
    x: A,
    h: AnyArray,
    w_ih: AnyArray,
    w_hh: AnyArray,
    b_ih: AnyArray | None = None,
    b_hh: AnyArray | None = None,
    lengths: AnyArray | None = None,
    /,
    *,
    reverse: bool = False,
) -> tuple[A, ...]:
    """h' = (1 - z) n + z h, n = tanh(W x + b + r (R h + b')), with gates r, z of x (T, N, I) and h (N, H): to all h."""
    states = gru_states(linear(_running(xp, x, lengths), w_ih, b_ih), h, w_hh, b_hh, lengths, reverse=reverse)
    return _finished(xp, states, h.shape[1], lengths, reverse)
