"""Weights of attention, and the waves and rotations that tell it positions."""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.primitive import fused, primitive

from .promotion import in_single, real_floating


def attended(xp: Any, mask: Any) -> Any:
    """Where there is attention, by a mask of bools or of numbers that are added."""
    return mask if xp.isdtype(mask.dtype, "bool") else mask != -math.inf


@fused()
def finite_where_unattended(xp: Any, mask: Any, /, *arrays: Any, axes: tuple[int, ...] = ()) -> tuple[Any, ...]:
    """Arrays (..., S, E) with 0 for NaN and infinities where nobody attends, which times the weight 0 would be NaN.

    mask: broadcast to (..., S) without the dimensions `axes`, over which anybody's attention counts.
    """
    seen = attended(xp, mask)
    seen = xp.expand_dims(xp.any(seen, axis=axes) if axes else seen, axis=-1)
    return tuple(xp.where(xp.logical_or(seen, xp.isfinite(x)), x, 0.0) for x in arrays)


@primitive(
    lambda xp, g, out, x: out * (g - xp.sum(g * out, axis=-1, keepdims=True)), keeps="out", promote=real_floating
)
def masked_softmax(xp: Any, x: Any, /) -> Any:
    """softmax along the last dimension, and 0 where all of it is -infinity."""
    most = xp.max(x, axis=-1, keepdims=True)
    e = xp.exp(x - xp.where(most == -math.inf, 0.0, most))
    total = xp.sum(e, axis=-1, keepdims=True)
    return e / xp.where(total == 0, 1.0, total)


@fused()
def attention_weights(
    xp: Any,
    query: Any,
    key: Any,
    mask: Any = None,
    /,
    *,
    scale: float,
    is_causal: bool = False,
) -> Any:
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

# ---- positions ----


def _angles(xp: Any, positions: Any, size: int, base: float) -> Any:
    """position / base^(2 i / size) for i < size / 2, of (...) as (..., ceil(size / 2)): in double precision."""
    device = xp.device(positions)
    places = xp.arange(-(-size // 2), dtype=xp.float64, device=device)
    rates = xp.exp(places * (-2 * math.log(base) / size))
    return xp.expand_dims(xp.astype(positions, xp.float64), axis=-1) * rates


def _steps(xp: Any, x: Any, axis: int) -> Any:
    return xp.arange(x.shape[axis], dtype=xp.int64, device=xp.device(x))


@fused()
def with_waves(xp: Any, x: Any, /, *, axis: int, base: float) -> Any:
    """x (..., D) plus the sine and cosine of position / base^(2 i / D), by turns, for positions along `axis`."""
    size = x.shape[-1]
    angles = _angles(xp, _steps(xp, x, axis), size, base)
    waves = xp.reshape(xp.stack([xp.sin(angles), xp.cos(angles)], axis=-1), (x.shape[axis], 2 * angles.shape[1]))
    waves = xp.astype(waves[:, :size], x.dtype)
    return x + xp.reshape(waves, (x.shape[axis], *(1,) * (len(x.shape) - 2 - axis % len(x.shape)), size))


@fused()
def rotary(xp: Any, x: Any, positions: Any = None, /, *, size: int, base: float, interleaved: bool) -> Any:
    """The first `size` features of x (..., L, E), as pairs (a, b), turned by position / base^(2 i / size).

    To (a cos - b sin, a sin + b cos). positions: broadcast to (..., L); None for 0, 1, ... interleaved: a pair are
    neighbours, 2 i and 2 i + 1; else i and size / 2 + i.
    """
    angles = _angles(xp, _steps(xp, x, -2) if positions is None else positions, size, base)
    cos, sin = xp.astype(xp.cos(angles), x.dtype), xp.astype(xp.sin(angles), x.dtype)
    turning, half = x[..., :size], size // 2
    pairs = xp.reshape(turning, (*x.shape[:-1], half, 2) if interleaved else (*x.shape[:-1], 2, half))
    a, b = (pairs[..., 0], pairs[..., 1]) if interleaved else (pairs[..., 0, :], pairs[..., 1, :])
    turned = xp.stack([a * cos - b * sin, a * sin + b * cos], axis=-1 if interleaved else -2)
    turned = xp.reshape(turned, (*x.shape[:-1], size))
    return turned if size == x.shape[-1] else xp.concat([turned, x[..., size:]], axis=-1)
