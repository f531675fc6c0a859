"""Cross-entropies: of logits and labels in one kernel, of log-probabilities, of class probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xnn.autograd.primitive import fused, primitive
from xnn.typing import A, AnyArray
from xnn_backends.protocol import Kernel

from .promotion import in_single
from .softmax import log_softmax

# PyTorch's 1e-12, which it holds in float32.
SMALL = 9.999999960041972e-13

# ---- labels ----


def is_class(xp: Any, x: Any, target: Any) -> Any:
    """A bool (N, C, ...): whether the class is the label. Without a gather: no index is out of range."""
    target = xp.astype(target, xp.int64, copy=False)  # there may be more classes than a uint8 can count
    classes = xp.arange(x.shape[1], dtype=xp.int64, device=xp.device(target))
    return xp.expand_dims(target, axis=1) == xp.reshape(classes, (-1, *(1,) * (len(x.shape) - 2)))


@primitive()
def labels_fit(xp: Any, target: A, /, *, classes: int, ignore_index: int | None = None) -> A:
    """A bool (): whether all labels are from 0 to classes - 1, or the one that is ignored."""
    wide = xp.astype(target, xp.int64, copy=False)  # there may be more classes than a uint8 can count
    fits = xp.logical_and(wide >= 0, wide < classes)
    return xp.all(fits if ignore_index is None else xp.logical_or(fits, wide == ignore_index))


def _is_ignored(xp: Any, target: Any, ignore_index: int | None) -> Any:
    """A bool (N, ...), or None where no label is ignored."""
    return None if ignore_index is None else xp.astype(target, xp.int64, copy=False) == ignore_index


@primitive()
def left_out(xp: Any, target: A, weight: AnyArray | None = None, /, *, ignore_index: int | None) -> A:
    """A bool (N, 1, ...): whether the label is ignored, or weighs nothing. Its logits, NaN too, reach nothing."""
    found = _is_ignored(xp, target, ignore_index)
    if weight is not None:
        wide = xp.expand_dims(xp.astype(target, xp.int64, copy=False), axis=-1)
        classes = xp.arange(weight.shape[0], dtype=xp.int64, device=xp.device(target))
        without_weight = xp.any(xp.logical_and(wide == classes, weight == 0), axis=-1)
        found = without_weight if found is None else xp.logical_or(found, without_weight)
    return xp.expand_dims(found, axis=1)


def _finite(xp: Any, logs: Any, factor: Any) -> Any:
    """Logarithms of probabilities with 0 in the place of log(0) that is multiplied by 0."""
    return xp.where(xp.logical_and(factor == 0, logs == -math.inf), 0.0, logs)


def _reduced(xp: Any, values: Any, weights: Any, reduction: str) -> Any:
    """The values, their sum, or this by the sum of weights, an array or a number.

    The mean of nothing is NaN, without a warning of the library, and with the derivative 0.
    """
    if reduction == "none":
        return values
    total = xp.sum(values)
    if reduction == "sum":
        return total
    if isinstance(weights, int):
        return total / (weights or math.nan)
    divisor = xp.sum(weights)
    is_nothing = divisor == 0
    return xp.where(is_nothing, math.nan, total / xp.where(is_nothing, 1.0, divisor))


# ---- of logits and labels ----


def _softmax_forward(
    xp: Any, x: Any, target: Any, *, ignore_index: int | None, reduction: str
) -> tuple[Any, tuple[Any, Any]]:
    # Fewer steps than the definition: on a GPU this is most of what a small network's loss costs.
    dtype = x.dtype
    if getattr(dtype, "itemsize", 4) == 2:  # as `in_single` does with the definition
        x = xp.astype(x, xp.float32)
    target = xp.astype(target, xp.int64, copy=False)
    spoilt: Any = math.nan  # a label that no class has gives NaN, never a silent zero
    divisor: Any = math.prod(target.shape) or math.nan
    is_nothing = None
    if ignore_index is not None:
        counts = target != ignore_index
        weights = xp.astype(counts, x.dtype)
        x = xp.where(xp.expand_dims(counts, axis=1), x, 0.0)  # what is ignored may be infinite
        spoilt = xp.where(counts, math.nan, weights)
        if 0 <= ignore_index < x.shape[1]:
            target = xp.where(counts, target, -1)
        if reduction == "mean":
            count = xp.sum(weights)
            is_nothing, divisor = count == 0, xp.maximum(count, 1.0)
    shifted = x - xp.max(x, axis=1, keepdims=True)
    e = xp.exp(shifted)
    total = xp.sum(e, axis=1, keepdims=True)
    is_label = is_class(xp, x, target)
    is_known = xp.any(is_label, axis=1, keepdims=True)
    at_label = xp.sum(xp.where(is_label, shifted, 0.0), axis=1)
    values = xp.where(xp.squeeze(is_known, 1), xp.log(xp.squeeze(total, 1)) - at_label, spoilt)
    # ... and so is its gradient, lest an optimizer goes on with a finite one.
    spoilt = spoilt if ignore_index is None else xp.expand_dims(spoilt, axis=1)
    share = e / total
    slope = xp.where(is_known, share - xp.astype(is_label, x.dtype), spoilt)
    if reduction != "mean":
        divisor = None if reduction == "none" else 1
    if divisor is not None:
        values = xp.sum(values) / divisor
    if is_nothing is not None:
        values = xp.where(is_nothing, math.nan, values)
    return xp.astype(values, dtype, copy=False), (slope, divisor)


def _softmax_vjp(
    xp: Any,
    residual: tuple[Any, Any],
    g: Any,
    needs: Sequence[bool],
    x: Any,
    target: Any,
    *,
    ignore_index: int | None,
    reduction: str,
) -> list[Any]:
    slope, divisor = residual
    g = xp.astype(g, slope.dtype, copy=False)
    dx = slope * (xp.expand_dims(g, axis=1) if divisor is None else g / divisor)
    return [xp.astype(dx, x.dtype, copy=False), None]


@fused(kernel=Kernel(_softmax_forward, _softmax_vjp))
def softmax_cross_entropy(
    xp: Any, x: A, target: AnyArray, /, *, ignore_index: int | None = None, reduction: str = "none"
) -> A:
    """-log softmax(x) at the label: logits (N, C, ...) and integer labels (N, ...), reduced over labels not ignored."""
    if ignore_index is not None:
        x = xp.where(left_out(target, ignore_index=ignore_index), 0.0, x)
    logs = log_softmax(x, axis=1)
    return negative_log_likelihood(logs, target, ignore_index=ignore_index, reduction=reduction)


# ---- of log-probabilities ----


def _column(xp: Any, weight: Any, x: Any) -> Any:
    """Weights of classes (C,), as (1, C, 1, ...) beside x."""
    return xp.reshape(weight, (1, -1, *(1,) * (len(x.shape) - 2)))


@fused()
def negative_log_likelihood(
    xp: Any,
    logs: A,
    target: AnyArray,
    weight: AnyArray | None = None,
    /,
    *,
    ignore_index: int | None = None,
    reduction: str = "none",
    label_smoothing: float = 0.0,
) -> A:
    """-logs at the label, (N, C, ...) and integer labels (N, ...), times the label's weight of (C,).

    With label_smoothing s, (1 - s) of that and s of the mean over classes of -weight * logs. The mean is by the sum of
    the labels' weights. A label that is ignored adds 0; one that no class has NaN, in value and gradient.
    """
    is_label = is_class(xp, logs, target)
    is_known = xp.any(is_label, axis=1, keepdims=True)
    ignored = _is_ignored(xp, target, ignore_index)
    column = None if weight is None else _column(xp, weight, logs)
    of_label = xp.where(xp.squeeze(is_known, 1), xp.ones_like(logs[:, 0, ...]), math.nan)
    if column is not None:
        of_label = of_label * xp.sum(xp.where(is_label, column, 0.0), axis=1)
    # Where no class is the label, each is taken, times NaN: so are value and gradient.
    taken = xp.logical_or(is_label, xp.logical_not(is_known))
    if ignored is not None:
        of_label = xp.where(ignored, 0.0, of_label)
        logs = xp.where(xp.expand_dims(ignored, axis=1), 0.0, logs)  # infinite ones are not multiplied by 0
    values = -of_label * xp.sum(xp.where(taken, logs, 0.0), axis=1)
    if label_smoothing:
        spread = -xp.sum(logs if column is None else column * _finite(xp, logs, column), axis=1)
        values = (1.0 - label_smoothing) * values + label_smoothing / logs.shape[1] * spread
    return _reduced(xp, values, of_label, reduction)


@fused()
def soft_cross_entropy(
    xp: Any,
    logs: A,
    target: AnyArray,
    weight: AnyArray | None = None,
    /,
    *,
    reduction: str = "none",
    label_smoothing: float = 0.0,
) -> A:
    """-sum(weight * target * logs) over classes, of (N, C, ...) both, and weights (C,). The mean is by their number."""
    if label_smoothing:
        target = (1.0 - label_smoothing) * target + label_smoothing / logs.shape[1]
    factor = target if weight is None else _column(xp, weight, logs) * target
    values = -xp.sum(factor * _finite(xp, logs, factor), axis=1)
    return _reduced(xp, values, math.prod(values.shape), reduction)


in_single(softmax_cross_entropy, negative_log_likelihood, soft_cross_entropy)
