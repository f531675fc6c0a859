"""Connectionist temporal classification: the sum over all alignments, in the log domain."""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.primitive import fused, primitive
from xnn.typing import A, AnyArray


def _shares(place: int) -> Any:
    def rule(xp: Any, g: Any, out: Any, a: Any, b: Any, c: Any) -> Any:
        # Where all are -inf the share is 0, not exp(-inf + inf).
        return g * xp.exp((a, b, c)[place] - xp.where(out == -math.inf, 0.0, out))

    return rule


@primitive(*map(_shares, range(3)), keeps="a b c out", kind="elementwise")
def log_add(xp: Any, a: A, b: AnyArray, c: AnyArray, /) -> A:
    """log(exp(a) + exp(b) + exp(c)), of one shape; of three times -inf it is -inf, with the derivative 0."""
    top = xp.maximum(a, xp.maximum(b, c))
    top = xp.where(top == -math.inf, 0.0, top)
    total = xp.exp(a - top) + xp.exp(b - top) + xp.exp(c - top)
    nothing = total == 0
    return xp.where(nothing, -math.inf, top + xp.log(xp.where(nothing, 1.0, total)))


@primitive(lambda xp, g, out, x: g - xp.exp(out) * xp.sum(g, axis=-1, keepdims=True), keeps="out")
def along_normalised(xp: Any, x: A, /) -> A:
    """Log-probabilities (..., C) as they are, with the derivative of log_softmax, which leaves them as they are."""
    return +x


@fused()
def ctc(
    xp: Any, log_probs: A, targets: AnyArray, input_lengths: AnyArray, target_lengths: AnyArray, /, *, blank: int
) -> A:
    """-log of the probability of each target: (T, N, C), targets (N, S) and lengths (N,), in int64, to (N,).

    The forward recursion of Graves et al. 2006 over the target with a blank before, between and behind its labels;
    what cannot be aligned is infinite, with the derivative 0.
    """
    frames, count, classes = log_probs.shape
    longest, device = targets.shape[1], xp.device(targets)
    # What stands behind a sequence's end may be NaN.
    times = xp.reshape(xp.arange(frames, dtype=xp.int64, device=device), (-1, 1, 1))
    log_probs = xp.where(times < xp.reshape(input_lengths, (-1, 1)), log_probs, 0.0)
    positions = xp.arange(longest, dtype=xp.int64, device=device)
    counts = positions < xp.expand_dims(target_lengths, axis=1)
    fits = xp.logical_and(targets >= 0, targets < classes)  # no position is beyond the classes
    labels = xp.where(xp.logical_and(counts, fits), targets, blank)
    blanks = xp.full((count, longest + 1), blank, dtype=xp.int64, device=device)
    path = xp.reshape(xp.stack([blanks[:, :longest], labels], axis=2), (count, 2 * longest))
    path = xp.concat([path, blanks[:, longest:]], axis=1)
    states = 2 * longest + 1
    scores = xp.take_along_axis(along_normalised(log_probs), xp.broadcast_to(path, (frames, count, states)), axis=2)
    # A label may follow another one without a blank in between.
    never = xp.full((count, 2), False, dtype=xp.bool, device=device)
    skips = xp.concat([never, path[:, 2:] != path[:, :-2]], axis=1)[:, :states]
    wall = xp.full((count, 2), -math.inf, dtype=log_probs.dtype, device=device)
    starts = xp.arange(states, dtype=xp.int64, device=device) < 2
    alpha = xp.concat([wall, xp.where(starts, scores[0, ...], -math.inf)], axis=1)
    for t in range(1, frames):
        skipped = xp.where(skips, alpha[:, :-2], -math.inf)
        moved = log_add(alpha[:, 2:], alpha[:, 1:-1], skipped) + scores[t, ...]
        goes_on = xp.expand_dims(input_lengths > t, axis=1)
        alpha = xp.where(goes_on, xp.concat([wall, moved], axis=1), alpha)
    # The last blank and the last label, behind the two columns of the wall: without a label that is the wall itself.
    last = 2 * target_lengths
    ends = xp.take_along_axis(alpha, xp.stack([last + 2, last + 1, 0 * last], axis=1), axis=1)
    values = -log_add(ends[:, 0], ends[:, 1], ends[:, 2])
    empty = xp.where(target_lengths == 0, xp.zeros_like(values), math.inf)
    return xp.where(input_lengths == 0, empty, values)
