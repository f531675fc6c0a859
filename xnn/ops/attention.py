"""Weights of attention."""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.primitive import fused, primitive
from xnn.typing import A, AnyArray

from .promotion import in_single, real_floating


def attended(xp: Any, mask: Any) -> Any:
    """Where there is attention, by a mask of bools or of numbers that are added."""
    return mask if xp.isdtype(mask.dtype, "bool") else mask != -math.inf


@fused()
def finite_where_unattended(xp: Any, mask: AnyArray, /, *arrays: A, axes: tuple[int, ...] = ()) -> tuple[A, ...]:
    """Arrays (..., S, E) with 0 for NaN and infinities where nobody attends, which times the weight 0 would be NaN.

    mask: broadcast to (..., S) without the dimensions `axes`, over which anybody's attention counts.
    """
    seen = attended(xp, mask)
    seen = xp.expand_dims(xp.any(seen, axis=axes) if axes else seen, axis=-1)
    return tuple(xp.where(xp.logical_or(seen, xp.isfinite(x)), x, 0.0) for x in arrays)


@primitive(
    lambda xp, g, out, x: out * (g - xp.sum(g * out, axis=-1, keepdims=True)), keeps="out", promote=real_floating
)
def masked_softmax(xp: Any, x: A, /) -> A:
    """softmax along the last dimension, and 0 where all of it is -infinity."""
    most = xp.max(x, axis=-1, keepdims=True)
    e = xp.exp(x - xp.where(most == -math.inf, 0.0, most))
    total = xp.sum(e, axis=-1, keepdims=True)
    return e / xp.where(total == 0, 1.0, total)


@fused()
def attention_weights(
    xp: Any,
    query: A,
    key: AnyArray,
    mask: AnyArray | None = None,
    /,
    *,
    scale: float,
    is_causal: bool = False,
) -> A:
    """softmax(scale query @ key.T) of (..., L, E) and (..., S, E), as (..., L, S).

    mask: broadcast to (..., L, S); a bool says who is attended to, a number is added. is_causal: position l attends to
    those up to l. Who attends to nobody has the weights 0.
    """
    scores = xp.matmul(query * scale, xp.matrix_transpose(key))
    length, count = scores.shape[-2:]
    if not count:
        return scores
    if is_causal:
        device = xp.device(query)
        rows = xp.expand_dims(xp.arange(length, dtype=xp.int64, device=device), axis=1)
        columns = xp.expand_dims(xp.arange(count, dtype=xp.int64, device=device), axis=0)
        scores = xp.where(columns <= rows, scores, -math.inf)
    if mask is not None:
        scores = xp.where(mask, scores, -math.inf) if xp.isdtype(mask.dtype, "bool") else scores + mask
    return masked_softmax(scores)


in_single(attention_weights)
