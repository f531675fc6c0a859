"""Normalisations.

Forward and backward in milliseconds, of float32, with the definition's and PyTorch's: LayerNorm of (2048, 128) 0.23
(1.2; 0.31), of (2048, 1024) 2.4 (10.9; 2.6), RMSNorm 0.23 (1.4; 0.78), GroupNorm of (32, 64, 28, 28) 1.7 (6.7; 1.7),
BatchNorm of the same 2.9 (8.2; 4.9).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from xnn_backends.numpy_kernels import normalization as small
from xnn_backends.protocol import HostArray, Kernel

from .arrays import PART, is_worth, plain
from .threads import in_parts

Optional = HostArray | None


def are_worth(x: HostArray, *others: Optional) -> bool:
    return is_worth(x, *(v for v in others if v is not None))


def or_full(x: Optional, like: HostArray, shape: tuple[int, ...], value: float) -> HostArray:
    """Weights or a bias in that shape, those that are not there of one value."""
    return np.full(shape, value, like.dtype) if x is None else plain(x).reshape(shape)


def least_pieces(x: HostArray, count: int) -> int:
    """How many of so many pieces make up a part for a thread."""
    return max(1, PART * count // x.size)


class Sums:
    """Gradients of weights and bias that each part adds up by itself: in the end, in the order of parts."""

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape, self.dtype = shape, dtype
        self.parts: dict[int, tuple[HostArray, HostArray]] = {}

    def of(self, start: int) -> tuple[HostArray, HostArray]:
        self.parts[start] = np.zeros(self.shape, self.dtype), np.zeros(self.shape, self.dtype)
        return self.parts[start]

    def total(self) -> tuple[HostArray, HostArray]:
        first, *others = (self.parts[start] for start in sorted(self.parts))
        for other in others:
            for total, more in zip(first, other, strict=True):
                total += more
        return first


def cotangents(needs: Sequence[bool], arrays: Sequence[Any], found: Sequence[HostArray]) -> list[Any]:
    return [d.reshape(x.shape) if need else None for need, x, d in zip(needs, arrays, found, strict=False)]


# ---- rows ----


def _rows(
    x: HostArray, weight: Optional, bias: Optional, count: int, eps: float, is_centred: bool
) -> tuple[HostArray, Any]:
    from .loops import normalization as loops

    rows = plain(x).reshape(small.view_of_layers(x, count).shape)
    out, w, b = np.empty_like(rows), *(or_full(v, x, rows.shape[1:], i) for v, i in ((weight, 1), (bias, 0)))
    means, scales = np.empty((2, len(rows)), x.dtype)

    def work(start: int, stop: int) -> None:
        here = slice(start, stop)
        loops.rows(rows[here], out[here], means[here], scales[here], w, b, eps, is_centred)

    in_parts(work, len(rows), least_pieces(x, len(rows)))
    return out.reshape(x.shape), (means, scales)


def _rows_back(
    kept: Any, g: HostArray, needs: Sequence[bool], arrays: Sequence[Any], count: int, is_centred: bool
) -> list[Any]:
    from .loops import normalization as loops

    (means, scales), x = kept, arrays[0]
    rows, cotangent = (plain(v).reshape(small.view_of_layers(v, count).shape) for v in (x, g))
    dx, w = np.empty_like(rows), or_full(arrays[1], x, rows.shape[1:], 1)
    sums = Sums(rows.shape[1:], x.dtype)

    def work(start: int, stop: int) -> None:
        here = slice(start, stop)
        dw, db = sums.of(start)
        loops.rows_back(rows[here], cotangent[here], dx[here], means[here], scales[here], w, dw, db, is_centred)

    in_parts(work, len(rows), least_pieces(x, len(rows)))
    return cotangents(needs, arrays, (dx, *sums.total()))


def rows_kernel(name: str, is_centred: bool) -> Kernel:
    """Of layer_norm, or of rms_norm, which has no mean and no bias."""
    other = small.kernels()[name]
    assert other.vjp is not None
    other_vjp: Callable[..., Sequence[Any]] = other.vjp

    def forward(
        xp: Any, x: HostArray, weight: Optional = None, bias: Optional = None, *, count: int, eps: float
    ) -> tuple[HostArray, Any]:
        if are_worth(x, weight, bias):
            return _rows(x, weight, bias, count, eps, is_centred)
        out, kept = small.normalize(x, weight, bias, small.view_of_layers(x, count), eps, is_centred)
        return out, (*kept,)

    def vjp(
        xp: Any, kept: Any, g: HostArray, needs: Sequence[bool], *arrays: Any, count: int, eps: float
    ) -> Sequence[Any]:
        if len(kept) == 3:
            return other_vjp(xp, kept, g, needs, *arrays, count=count, eps=eps)
        return _rows_back(kept, g, needs, arrays, count, is_centred)

    return Kernel(forward, vjp)


# ---- groups of channels ----


def _group_norm(
    xp: Any, x: HostArray, weight: Optional = None, bias: Optional = None, *, groups: int, eps: float
) -> tuple[HostArray, Any]:
    view = small.view_of_groups(x, groups)
    if not are_worth(x, weight, bias):
        return small.normalize(x, weight, bias, view, eps)
    from .loops import normalization as loops

    rows = plain(x).reshape(view.shape[0] * groups, *view.shape[2:])
    out, w, b = np.empty_like(rows), *(or_full(v, x, view.weight[:2], i) for v, i in ((weight, 1), (bias, 0)))
    means, scales = np.empty((2, len(rows)), x.dtype)

    def work(start: int, stop: int) -> None:
        here = slice(start, stop)
        loops.groups(rows[here], out[here], means[here], scales[here], w, b, eps, start)

    in_parts(work, len(rows), least_pieces(x, len(rows)))
    return out.reshape(x.shape), (means, scales)


def _group_norm_vjp(
    xp: Any, kept: Any, g: HostArray, needs: Sequence[bool], *arrays: Any, groups: int, eps: float
) -> list[Any]:
    view = small.view_of_groups(g, groups)
    if len(kept) == 3:
        return small.normalize_back(kept, g, needs, arrays, view, eps)
    from .loops import normalization as loops

    (means, scales), x = kept, arrays[0]
    rows, cotangent = (plain(v).reshape(view.shape[0] * groups, *view.shape[2:]) for v in (x, g))
    dx, w = np.empty_like(rows), or_full(arrays[1], x, view.weight[:2], 1)
    sums = Sums(view.weight[:2], x.dtype)

    def work(start: int, stop: int) -> None:
        here = slice(start, stop)
        loops.groups_back(rows[here], cotangent[here], dx[here], means[here], scales[here], w, *sums.of(start), start)

    in_parts(work, len(rows), least_pieces(x, len(rows)))
    return cotangents(needs, arrays, (dx, *sums.total()))


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {
        "layer_norm": rows_kernel("layer_norm", is_centred=True),
        "rms_norm": rows_kernel("rms_norm", is_centred=False),
        "group_norm": Kernel(_group_norm, _group_norm_vjp),
    }
