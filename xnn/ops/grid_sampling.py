"""Images read at any positions: spatial transformers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from xnn.autograd.primitive import fused
from xnn.typing import A, AnyArray

from .promotion import in_single
from .rectifier import hardtanh

# Beyond all images, and small enough for integers: where a position is NaN or farther.
NOWHERE, FAR = -100.0, float(1 << 24)
CUBE = -0.75  # a of Keys's kernel


def _reflected(xp: Any, x: Any, low: float, span: float) -> Any:
    """The position between two mirrors, that span apart: forth and back, as often as it takes."""
    if span == 0:
        return x * 0.0
    distance = x - low
    distance = xp.where(distance < 0, -distance, distance)  # not abs: the derivative at 0 is PyTorch's 1
    turns = xp.floor(distance / span)
    rest = distance - turns * span
    return low + xp.where(turns % 2 == 0, rest, span - rest)


def _placed(xp: Any, x: Any, size: int, padding_mode: str, align_corners: bool) -> Any:
    """A position where the padding moves it, and what is no position beyond the image."""
    if padding_mode == "reflection":
        low, span = (0.0, size - 1.0) if align_corners else (-0.5, float(size))
        x = _reflected(xp, x, low, span)
    if padding_mode != "zeros":
        x = hardtanh(x, min_val=0.0, max_val=size - 1.0)  # at a border itself the derivative is PyTorch's 0
    return xp.where(xp.logical_and(x > -FAR, x < FAR), x, NOWHERE)


def _values(xp: Any, x: Any, places: Sequence[Any], size: Sequence[int]) -> Any:
    """Elements of (N, C, *size) at whole positions (N, P) of each dimension, 0 beyond the image: (N, C, P)."""
    inside, flat = None, None
    for place, n in zip(places, size, strict=True):
        is_in = xp.logical_and(place >= 0, place <= n - 1)
        inside = is_in if inside is None else xp.logical_and(inside, is_in)
        index = xp.astype(xp.where(is_in, place, 0.0), xp.int64)
        flat = index if flat is None else flat * n + index
    images = xp.reshape(x, (*x.shape[:2], math.prod(size)))
    shape = (*x.shape[:2], places[0].shape[1])
    found = xp.take_along_axis(images, xp.broadcast_to(xp.expand_dims(flat, axis=1), shape), axis=2)
    return xp.where(xp.expand_dims(inside, axis=1), found, 0.0)


def _cubic(t: Any) -> list[Any]:
    """The weights of four neighbours, by Keys's kernel, of a position t behind the second."""

    def near(u: Any) -> Any:
        return ((CUBE + 2) * u - (CUBE + 3)) * u * u + 1

    def far(u: Any) -> Any:
        return ((CUBE * u - 5 * CUBE) * u + 8 * CUBE) * u - 4 * CUBE

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


@fused()
def grid_sample(xp: Any, x: A, grid: AnyArray, /, *, mode: str, padding_mode: str, align_corners: bool) -> A:
    """Images (N, C, *size) read at positions (N, *out, len(size)) from -1 to 1, the last dimension first."""
    size = tuple(x.shape[2:])
    out = tuple(grid.shape[1:-1])
    flat = xp.reshape(grid, (grid.shape[0], math.prod(out), len(size)))
    places = []
    for i, n in enumerate(size):
        at = flat[..., len(size) - 1 - i]
        at = (at + 1) / 2 * (n - 1) if align_corners else ((at + 1) * n - 1) / 2
        places.append(at if mode == "bicubic" else _placed(xp, at, n, padding_mode, align_corners))
    if mode == "nearest":
        found = _values(xp, x, [xp.round(place) for place in places], size)
        return xp.reshape(found, (*x.shape[:2], *out))
    firsts = [xp.floor(place) for place in places]
    shares = [place - first for place, first in zip(places, firsts, strict=True)]
    steps: Sequence[int] = (0, 1)
    weights = [[1 - share, share] for share in shares]
    if mode == "bicubic":
        steps, weights = (-1, 0, 1, 2), [_cubic(share) for share in shares]
    total = None
    for corner in itertools.product(range(len(steps)), repeat=len(size)):
        at = [first + steps[j] for first, j in zip(firsts, corner, strict=True)]
        if mode == "bicubic":
            at = [_placed(xp, a, n, padding_mode, align_corners) for a, n in zip(at, size, strict=True)]
        part = _values(xp, x, at, size)
        weight = math.prod(weights[i][j] for i, j in enumerate(corner))
        part = part * xp.expand_dims(weight, axis=1)
        total = part if total is None else total + part
    return xp.reshape(total, (*x.shape[:2], *out))


in_single(grid_sample)
