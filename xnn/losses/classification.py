"""Losses of one class among many; all in the log domain, where large logits stay finite."""

from __future__ import annotations

import math
import warnings
from typing import Any

from xnn.arguments import check_floating, number
from xnn.autograd.refusals import index_of
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.ops import classification, linear, softmax
from xnn.ops.data_types import agree, dtype_of
from xnn.ops.elementwise import multiply, negative, pow, subtract
from xnn.ops.manipulation import expand_dims, reshape, squeeze
from xnn.typing import A, AnyArray, Reduction

from .labels import check_integer_labels, check_labels, probabilities
from .operands import (
    as_floating,
    as_operands,
    check_class_weight,
    look_at_logarithms,
    look_at_shares,
    without_rows_left_out,
)
from .reduction import check_reduction, reduce

__all__ = ["categorical_generalized_cross_entropy", "cross_entropy", "linear_cross_entropy", "nll_loss"]

IGNORED = -100  # the label that no class has, and PyTorch ignores


def cross_entropy(
    input: A,
    target: AnyArray,
    weight: AnyArray | None = None,
    *,
    ignore_index: int = IGNORED,
    reduction: Reduction = "mean",
    label_smoothing: float = 0.0,
) -> A:
    """Softmax cross-entropy, -log softmax(input) at the label; or -sum(target * log softmax(input)) over classes.

    Args:
        input: logits (C,), (N, C) or (N, C, d1, ...), floating-point; softmax is over the C classes.
        target: labels (), (N,) or (N, d1, ...), integers from 0 to C - 1; or probabilities of the classes, of input's
            shape, floating-point, each from 0 to 1.
        weight: (C,), of input's type: what the loss at a class is multiplied by; or None.
        ignore_index: a label whose loss is 0, and which the mean does not count; for labels only.
        reduction: "mean", "sum", or "none". The mean of labels is by the sum of their weights, that of probabilities by
            their number N * d1 * ...
        label_smoothing: from 0 to 1: the part of the target that is spread over all classes evenly.

    Returns:
        shape (), or that of labels with "none".

    Raises:
        ShapeError: if the shapes do not fit.
        DTypeError: if labels are not integers, the logits not floating-point, or the weight is of another type.
        LabelError: for a label that no class has, or a probability that is not from 0 to 1: at once on the CPU; on a
            GPU the loss is NaN, and the next call that waits for the device (float(loss), synchronize) raises.
        OptionError: for another reduction or smoothing, or an ignore_index beside probabilities.

    Szegedy et al., Rethinking the Inception architecture for computer vision, 2015 (smoothing).

    Example:
        >>> import xnn as xp
        >>> logits = xp.asarray([[0.0, 0.0]], device="cpu")
        >>> round(float(xp.losses.cross_entropy(logits, xp.asarray([1], device="cpu"))), 4)
        0.6931
    """
    name = "cross_entropy"
    input, target, weight = as_operands(name, input=input, target=target, weight=weight)
    shape = tuple(input.shape)
    is_soft = tuple(target.shape) == shape != () and dtype_of(target).is_floating
    if not is_soft:
        _check_shapes(name, "logits", shape, tuple(target.shape))
    check_floating(name, "input", input)
    check_reduction(reduction)
    label_smoothing = number(name, "label_smoothing", label_smoothing, 0, 1)
    if not is_soft:
        check_integer_labels(name, target)
    elif ignore_index != IGNORED:
        raise OptionError(f"{name}: ignore_index is for labels, not for probabilities; got {ignore_index}")
    is_single = len(shape) == 1
    if is_single:
        input, target = expand_dims(input, axis=0), expand_dims(target, axis=0)
    classes = input.shape[1]
    if not classes:
        raise ShapeError(f"{name} takes logits of at least one class; got shape {shape}")
    if classes == 1:
        text = "cross_entropy of one class is 0, whatever the logit. Cure: binary_cross_entropy_with_logits."
        warnings.warn(text, UserWarning, stacklevel=2)
    if weight is not None:
        check_class_weight(name, weight, input, classes)
    if is_soft:
        logs = softmax.log_softmax(probabilities(name, input, target), axis=1)
        values = classification.soft_cross_entropy(
            logs, as_floating(target, input), weight, reduction=reduction, label_smoothing=label_smoothing
        )
    else:
        ignored = _ignored(name, target, classes, ignore_index)
        if weight is None and not label_smoothing:
            values = classification.softmax_cross_entropy(input, target, ignore_index=ignored, reduction=reduction)
        else:
            # With smoothing a label without weight has a loss all the same.
            input = without_rows_left_out(input, target, None if label_smoothing else weight, ignored)
            values = classification.negative_log_likelihood(
                softmax.log_softmax(input, axis=1),
                target,
                weight,
                ignore_index=ignored,
                reduction=reduction,
                label_smoothing=label_smoothing,
            )
    return squeeze(values, 0) if is_single and reduction == "none" else values


def _check_shapes(name: str, of: str, shape: tuple[int, ...], labels: tuple[int, ...], least: int = 1) -> None:
    """Raise ShapeError unless there is one label for each row of classes."""
    fits = labels == (() if len(shape) == 1 else (*shape[:1], *shape[2:]))
    if len(shape) < least or not fits:
        cure = f"one label for each row of {of}"
        axis = min(len(shape) - 1, 1)
        if shape and shape[axis] == 1:
            cure = f"{of} of two classes or more; of one, binary_cross_entropy_with_logits"
        elif len(labels) == len(shape) > 0 and labels[axis] == 1:
            cure = f"xnn.squeeze(target, axis={axis})"
        elif labels == shape != ():
            cure = f"labels are class numbers, not one-hot rows: xnn.argmax(target, axis={axis})"
        raise ShapeError(f"{name} takes {of} (N, C, ...) and labels (N, ...); got {shape} and {labels}. Cure: {cure}.")


def _ignored(name: str, target: Any, classes: int, ignore_index: Any) -> int | None:
    """The label that is ignored, or None where it does not come; raises LabelError for one that no class has."""
    try:
        found = index_of(ignore_index)
    except TypeError:
        raise OptionError(f"{name}: ignore_index is an int; got {ignore_index!r}") from None
    return found if check_labels(target, classes, found) else None


def nll_loss(
    input: A,
    target: AnyArray,
    weight: AnyArray | None = None,
    *,
    ignore_index: int = IGNORED,
    reduction: Reduction = "mean",
) -> A:
    """-input at the label: the cross-entropy of logarithms of probabilities, as of `log_softmax`.

    Args:
        input: log-probabilities (C,), (N, C) or (N, C, d1, ...), floating-point.
        target: labels (), (N,) or (N, d1, ...), integers from 0 to C - 1.
        weight: (C,), of input's type: what the loss of a label is multiplied by; or None.
        ignore_index: a label whose loss is 0, and which the mean does not count.
        reduction: "mean", by the sum of the labels' weights; "sum", or "none".

    Returns:
        shape (), or that of target with "none".

    Raises:
        ShapeError: if the shapes do not fit.
        DTypeError: if labels are not integers, the input not floating-point, or the weight is of another type.
        LabelError: for a label that no class has: at once on the CPU; on a GPU the loss is NaN, and the next call that
            waits for the device raises.
        OptionError: for another reduction.

    An input above 0, which is no logarithm of a probability, is warned of, and not refused: PyTorch takes any scores.
    """
    name = "nll_loss"
    input, target, weight = as_operands(name, input=input, target=target, weight=weight)
    shape = tuple(input.shape)
    _check_shapes(name, "log-probabilities", shape, tuple(target.shape))
    check_floating(name, "input", input)
    check_reduction(reduction)
    check_integer_labels(name, target)
    is_single = len(shape) == 1
    if is_single:
        input, target = expand_dims(input, axis=0), expand_dims(target, axis=0)
    if weight is not None:
        check_class_weight(name, weight, input, input.shape[1])
    ignored = _ignored(name, target, input.shape[1], ignore_index)
    input = without_rows_left_out(input, target, weight, ignored)
    look_at_logarithms(name, "input", input, "log_softmax before it, or cross_entropy of logits")
    values = classification.negative_log_likelihood(input, target, weight, ignore_index=ignored, reduction=reduction)
    return squeeze(values, 0) if is_single and reduction == "none" else values


def linear_cross_entropy(
    input: A,
    linear_weight: AnyArray,
    target: AnyArray,
    *,
    linear_bias: AnyArray | None = None,
    weight: AnyArray | None = None,
    reduction: Reduction = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> A:
    """The `cross_entropy` of a dense layer's output, input @ linear_weight.T + linear_bias.

    Args:
        input: (n,) or (N, n), floating-point.
        linear_weight: (C, n) or (C, d1, ..., n), of the same type.
        target: labels (), (N,) or (N, d1, ...); or probabilities (C,), (N, C) or (N, C, d1, ...).
        linear_bias: (C,) or (C, d1, ...), of the same type; or None.
        weight: (C,), of the same type; or None.
        reduction: "mean", "sum", or "none"; see `cross_entropy`.
        ignore_index: a label whose loss is 0; None: -100, and for probabilities none.
        label_smoothing: from 0 to 1; see `cross_entropy`.

    Returns:
        shape (), or that of labels with "none".

    Raises:
        ShapeError: if the shapes do not fit.
        DTypeError, LabelError, OptionError: see `cross_entropy`.

    PyTorch's `options`, which choose how it goes in chunks, are not taken: the whole matrix of logits is made.
    """
    name = "linear_cross_entropy"
    input, linear_weight, target, linear_bias, weight = as_operands(
        name, input=input, linear_weight=linear_weight, target=target, linear_bias=linear_bias, weight=weight
    )
    shape, layout = tuple(input.shape), tuple(linear_weight.shape)
    if len(shape) not in (1, 2) or len(layout) < 2 or shape[-1] != layout[-1] or (len(shape) == 1 < len(layout) - 1):
        raise ShapeError(
            f"{name} takes input (N, n) and linear_weight (C, ..., n), or (n,) and (C, n); got {shape} and {layout}. "
            "Cure: the last dimensions are of one size, the features."
        )
    if linear_bias is not None and tuple(linear_bias.shape) != layout[:-1]:
        raise ShapeError(
            f"{name} takes a linear_bias of shape {layout[:-1]}, for linear_weight {layout}; "
            f"got {tuple(linear_bias.shape)}. Cure: xnn.zeros({layout[:-1]})."
        )
    logits_shape = (*shape[:-1], *layout[:-1])
    check_floating(name, "input", input)
    for argument, x in {"linear_weight": linear_weight, "linear_bias": linear_bias}.items():
        if x is not None and not agree(x, input):
            raise DTypeError(
                f"{name} takes input and {argument} of one type; got {dtype_of(input).name} and {dtype_of(x).name}. "
                f"Cure: xnn.astype({argument}, xnn.{dtype_of(input).name})."
            )
    flat = reshape(linear_weight, (math.prod(layout[:-1]), layout[-1])) if len(layout) > 2 else linear_weight
    bias = linear_bias if linear_bias is None or len(layout) == 2 else reshape(linear_bias, (math.prod(layout[:-1]),))
    ignored = IGNORED if ignore_index is None else ignore_index
    if len(logits_shape) == 2 and tuple(target.shape) == shape[:1] and not dtype_of(target).is_floating:
        left = None if label_smoothing or weight is None or tuple(weight.shape) != layout[:1] else weight
        input = without_rows_left_out(input, target, left, ignored)
    logits = reshape(linear.linear(input, flat, bias), logits_shape)
    return cross_entropy(
        logits,
        target,
        weight,
        ignore_index=ignored,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


def categorical_generalized_cross_entropy(
    input: A, target: AnyArray, q: float = 0.5, *, reduction: Reduction = "mean"
) -> A:
    """(1 - p ** q) / q, of the label's probability p: between the cross-entropy (q to 0) and 1 - p, for noisy labels.

    Args:
        input: probabilities (N, C) or (N, C, d1, ...), floating-point, as of `softmax`.
        target: labels (N,) or (N, d1, ...), integers from 0 to C - 1.
        q: more than 0, at most 1.
        reduction: "mean" of all labels, "sum", or "none".

    Returns:
        shape (), or that of target with "none".

    Raises:
        ShapeError: if the shapes do not fit.
        DTypeError: if labels are not integers, or input not floating-point.
        LabelError: for a label that no class has: at once on the CPU; on a GPU the loss is NaN, and the next call that
            waits for the device raises.
        OptionError: for another reduction or q. An input that is not from 0 to 1 is warned of.

    Zhang and Sabuncu, Generalized cross entropy loss for training deep neural networks with noisy labels, 2018.
    """
    name = "categorical_generalized_cross_entropy"
    input, target = as_operands(name, input=input, target=target)
    shape = tuple(input.shape)
    _check_shapes(name, "probabilities", shape, tuple(target.shape), least=2)
    check_floating(name, "input", input)
    check_integer_labels(name, target)
    q = number(name, "q", q, 0, 1)
    if q == 0:
        raise OptionError(f"{name}: q is more than 0; got 0. Cure: nll_loss of the logarithm is its limit.")
    check_labels(target, shape[1])
    look_at_shares(name, input)
    at_label = negative(classification.negative_log_likelihood(input, target))
    return reduce(multiply(subtract(1.0, pow(at_label, q)), 1 / q), reduction)
