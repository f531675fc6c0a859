"""Positions for what does not see them: waves that are added, and pairs of features that are turned."""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.primitive import fused
from xnn.typing import A, AnyArray


def _angles(xp: Any, positions: Any, size: int, base: float) -> Any:
    """position / base^(2 i / size) for i < size / 2, of (...) as (..., ceil(size / 2)): in double precision."""
    device = xp.device(positions)
    places = xp.arange(-(-size // 2), dtype=xp.float64, device=device)
    rates = xp.exp(places * (-2 * math.log(base) / size))
    return xp.expand_dims(xp.astype(positions, xp.float64), axis=-1) * rates


def _steps(xp: Any, x: Any, axis: int) -> Any:
    return xp.arange(x.shape[axis], dtype=xp.int64, device=xp.device(x))


@fused()
def with_waves(xp: Any, x: A, /, *, axis: int, base: float) -> A:
    """x (..., D) plus the sine and cosine of position / base^(2 i / D), by turns, for positions along `axis`."""
    size = x.shape[-1]
    angles = _angles(xp, _steps(xp, x, axis), size, base)
    waves = xp.reshape(xp.stack([xp.sin(angles), xp.cos(angles)], axis=-1), (x.shape[axis], 2 * angles.shape[1]))
    waves = xp.astype(waves[:, :size], x.dtype)
    return x + xp.reshape(waves, (x.shape[axis], *(1,) * (len(x.shape) - 2 - axis % len(x.shape)), size))


@fused()
def rotary(xp: Any, x: A, positions: AnyArray | None = None, /, *, size: int, base: float, interleaved: bool) -> A:
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
