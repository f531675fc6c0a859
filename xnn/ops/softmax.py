"""Softmaxes along a dimension, and sparsemax."""

from __future__ import annotations

from typing import Any

from xnn.autograd.primitive import primitive
from xnn.typing import A

from .promotion import in_single, real_floating


@primitive(
    lambda xp, g, out, x, axis: g - xp.exp(out) * xp.sum(g, axis=axis, keepdims=True),
    keeps="out",
    promote=real_floating,
)
def log_softmax(xp: Any, x: A, /, axis: int | tuple[int, ...] | None = -1) -> A:
    """log(exp(x) / sum(exp(x))) along `axis`; shifted by the maximum first, because exp overflows."""
    if 0 in x.shape:
        return xp.zeros_like(x)
    shifted = x - xp.max(x, axis=axis, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))


@primitive(
    lambda xp, g, out, x, axis: out * (g - xp.sum(g * out, axis=axis, keepdims=True)),
    keeps="out",
    promote=real_floating,
)
def softmax(xp: Any, x: A, /, axis: int | tuple[int, ...] | None = -1) -> A:
    """exp(x) / sum(exp(x)) along `axis`; shifted by the maximum first, because exp overflows."""
    if 0 in x.shape:
        return xp.zeros_like(x)
    e = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return e / xp.sum(e, axis=axis, keepdims=True)


def _sparsemax(xp: Any, g: Any, out: Any, x: Any, axis: int) -> Any:
    support = xp.astype(out > 0, g.dtype)
    mean = xp.sum(g * support, axis=axis, keepdims=True) / xp.sum(support, axis=axis, keepdims=True)
    return support * (g - mean)


@primitive(_sparsemax, keeps="out", promote=real_floating)
def sparsemax(xp: Any, x: A, /, axis: int) -> A:
    """The point of the simplex that is nearest to x, along `axis`: max(x - t, 0), with t such that the sum is 1.

    Martins & Astudillo, 2016, algorithm 1: the k largest are the support, for the largest k with 1 + k x_k > their sum.
    """
    if 0 in x.shape:
        return xp.zeros_like(x)
    x = x - xp.max(x, axis=axis, keepdims=True)  # lest their sum loses the digits that count
    falling = xp.sort(x, axis=axis, descending=True)
    counts = xp.arange(1, x.shape[axis] + 1, dtype=x.dtype, device=xp.device(x))
    counts = xp.reshape(counts, tuple(-1 if i == axis % len(x.shape) else 1 for i in range(len(x.shape))))
    is_in = 1 + counts * falling > xp.cumulative_sum(falling, axis=axis)
    count = xp.sum(xp.astype(is_in, x.dtype), axis=axis, keepdims=True)
    total = xp.sum(xp.where(is_in, falling, 0.0), axis=axis, keepdims=True)
    return xp.maximum(x - (total - 1) / count, 0.0)


in_single(log_softmax, softmax)
