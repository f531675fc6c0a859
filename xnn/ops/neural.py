"""Dense products, and the softmax cross-entropy: fused operations with their definition."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xnn.autograd.primitive import fused
from xnn_backends.protocol import Kernel

from .activations import log_softmax

# ---- products ----


def _linear_forward(xp: Any, x: Any, weight: Any, bias: Any = None) -> tuple[Any, None]:
    out = xp.matmul(x, xp.matrix_transpose(weight))
    return (out if bias is None else out + bias), None


def _linear_vjp(xp: Any, residual: None, g: Any, needs: Sequence[bool], x: Any, weight: Any, bias: Any) -> list[Any]:
    count = math.prod(g.shape[:-1])  # in the place of -1, which means nothing where there are no features
    rows = xp.reshape(g, (count, g.shape[-1]))
    dx = xp.reshape(xp.matmul(rows, weight), x.shape) if needs[0] else None
    dw = xp.matmul(xp.matrix_transpose(rows), xp.reshape(x, (count, x.shape[-1]))) if needs[1] else None
    db = xp.sum(rows, axis=0) if needs[2] else None
    return [dx, dw, db]


@fused(kernel=Kernel(_linear_forward, _linear_vjp))
def linear(xp: Any, x: Any, weight: Any, bias: Any = None, /) -> Any:
    """x @ weight.T + bias, of shapes (..., n), (m, n) and (m,) to (..., m)."""
    out = xp.matmul(x, xp.matrix_transpose(weight))
    return out if bias is None else xp.add(out, bias)


# ---- classification ----


def _labels(xp: Any, x: Any, target: Any) -> Any:
    """A bool (N, C, ...): whether the class is the label. Without a gather: no index is out of range."""
    target = xp.astype(target, xp.int64)  # there may be more classes than a uint8 can count
    classes = xp.arange(x.shape[1], dtype=xp.int64, device=xp.device(target))
    return xp.expand_dims(target, axis=1) == xp.reshape(classes, (-1, *(1,) * (len(x.shape) - 2)))


def _cross_entropy_forward(xp: Any, x: Any, target: Any) -> tuple[Any, tuple[Any, Any]]:
    shifted = x - xp.max(x, axis=1, keepdims=True)
    e = xp.exp(shifted)
    total = xp.sum(e, axis=1, keepdims=True)
    is_label = _labels(xp, x, target)
    # A label that no class has gives NaN, never a silent zero.
    at_label = xp.sum(xp.where(is_label, shifted, 0.0), axis=1)
    at_label = xp.where(xp.any(is_label, axis=1), at_label, math.nan)
    # ... and so is its gradient, lest an optimizer goes on with a finite one.
    probability = xp.where(xp.any(is_label, axis=1, keepdims=True), e / total, math.nan)
    return xp.log(xp.squeeze(total, 1)) - at_label, (probability, is_label)


def _cross_entropy_vjp(
    xp: Any, residual: tuple[Any, Any], g: Any, needs: Sequence[bool], x: Any, target: Any
) -> list[Any]:
    probability, is_label = residual
    return [(probability - xp.astype(is_label, g.dtype)) * xp.expand_dims(g, axis=1), None]


@fused(kernel=Kernel(_cross_entropy_forward, _cross_entropy_vjp))
def cross_entropy(xp: Any, x: Any, target: Any, /) -> Any:
    """-log softmax(x) at the label: logits (N, C, ...) and integer labels (N, ...) to (N, ...)."""
    is_label = _labels(xp, x, target)
    # Where no class is the label, each is taken, times NaN: so are value and gradient.
    known = xp.any(is_label, axis=1, keepdims=True)
    logs = xp.where(xp.logical_or(is_label, xp.logical_not(known)), log_softmax(x, axis=1), 0.0)
    return -xp.sum(logs * xp.where(known, 1.0, math.nan), axis=1)
