"""The cross-entropy of two classes: of logits and probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xnn_backends.protocol import HostArray, Kernel

from .blocks import single


def binary_cross_entropy(xp: Any, x: HostArray, t: HostArray) -> HostArray:
    """t softplus(-x) + (1 - t) softplus(x), whose logarithm is one."""
    wide, share = single(x), single(t)
    e = np.log1p(np.exp(-np.abs(wide)))
    out = e + share * np.maximum(-wide, 0) + (1 - share) * np.maximum(wide, 0)
    return np.asarray(out, x.dtype)


def _forward(xp: Any, x: HostArray, t: HostArray) -> tuple[HostArray, None]:
    return binary_cross_entropy(xp, x, t), None


def binary_cross_entropy_vjp(
    xp: Any, residual: Any, g: HostArray, needs: Sequence[bool], x: HostArray, t: HostArray
) -> list[Any]:
    wide, share = single(x), single(t)
    dx = dt = None
    if needs[0]:
        no, yes = np.exp(np.minimum(wide, 0)), np.exp(np.minimum(-wide, 0))  # np.where would take five times as long
        dx = (g * (((1 - share) * no - share * yes) / (1 + no * yes))).astype(g.dtype, copy=False)
    if needs[1]:
        dt = (g * -wide).astype(g.dtype, copy=False)  # softplus(-x) - softplus(x)
    return [dx, dt]


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {"binary_cross_entropy_of_logits": Kernel(_forward, binary_cross_entropy_vjp, binary_cross_entropy)}
