"""Losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xnn_backends.numpy_kernels import losses
from xnn_backends.protocol import HostArray, Kernel

from .arrays import PART, in_loops, is_worth, plain
from .threads import in_parts


def losses_of_rows(x: HostArray, labels: HostArray) -> tuple[HostArray, HostArray]:
    """In one go over each row, three times over what is then in the cache."""
    if not is_worth(x):
        return losses.losses_of_rows(x, labels)
    from .loops.losses import cross_entropy

    rows, labels = plain(x), plain(labels)
    values, slope = np.empty(len(rows), x.dtype), np.empty(rows.shape, x.dtype)

    def work(start: int, stop: int) -> None:
        here = slice(start, stop)
        cross_entropy(rows[here], labels[here], values[here], slope[here])

    in_parts(work, len(rows), max(1, PART // x.shape[1]))
    return values, slope


def _binary_cross_entropy(xp: Any, x: HostArray, t: HostArray) -> HostArray:
    if x.shape != t.shape or not is_worth(x, t):
        return losses.binary_cross_entropy(xp, x, t)
    from .loops.losses import binary_cross_entropy

    return in_loops(binary_cross_entropy, np.empty(x.shape, x.dtype), x, t)


def _forward(xp: Any, x: HostArray, t: HostArray) -> tuple[HostArray, None]:
    return _binary_cross_entropy(xp, x, t), None


def _vjp(xp: Any, residual: None, g: HostArray, needs: Sequence[bool], x: HostArray, t: HostArray) -> list[Any]:
    if not needs[0] or x.shape != t.shape or not is_worth(x, t, g):
        return losses.binary_cross_entropy_vjp(xp, None, g, needs, x, t)
    from .loops.losses import slope_of_binary_cross_entropy

    dx = in_loops(slope_of_binary_cross_entropy, np.empty(x.shape, x.dtype), x, t, g)
    return [dx, losses.binary_cross_entropy_vjp(xp, None, g, (False, needs[1]), x, t)[1]]


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives.

    Forward and backward of logits (128, 1000): 0.21 ms, without loops 0.23; of (4096, 10) 0.21 and 0.41; PyTorch 0.18
    and 1.0. Binary, of 2**18 logits: 0.5 ms, without loops 1.9; PyTorch 0.9.
    """
    return {
        "softmax_cross_entropy": losses.cross_entropy(losses_of_rows),
        "binary_cross_entropy_of_logits": Kernel(_forward, _vjp, _binary_cross_entropy),
    }
