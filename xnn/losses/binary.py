"""Losses of yes or no, for each element or each of several labels of an example."""

from __future__ import annotations

from typing import Any

from xnn.errors import OptionError, ShapeError
from xnn.ops import activation, binary
from xnn.ops.comparison import not_equal
from xnn.ops.elementwise import add, multiply, negative, subtract
from xnn.ops.extrema import clip
from xnn.ops.logic import logical_or
from xnn.ops.statistical import sum
from xnn.typing import A, AnyArray, Reduction

from .labels import probabilities, signs
from .operands import alike, as_floating, as_operands, check_broadcasts, is_learnt, nan_unless, without_left_out
from .reduction import reduce

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "multilabel_soft_margin_loss",
    "soft_margin_loss",
]


def _weighted(values: Any, weight: Any) -> Any:
    return values if weight is None else multiply(values, weight)


def _weights(name: str, input: Any, **weights: Any) -> list[Any]:
    """Weights that broadcast to the input's shape, floating-point; None stays."""
    found = as_operands(name, input=input, **weights)[1:]
    for argument, x in zip(weights, found, strict=True):
        if x is not None:
            check_broadcasts(name, argument, x, tuple(input.shape))
    return [x if x is None else as_floating(x, input) for x in found]


def binary_cross_entropy(
    input: A, target: AnyArray, weight: AnyArray | None = None, *, reduction: Reduction = "mean"
) -> A:
    """-t log(x) - (1 - t) log(1 - x), of probabilities x; each logarithm is at least -100, so the loss is finite.

    Args:
        input: any shape, floating-point, from 0 to 1, as of `sigmoid`; of logits
            `binary_cross_entropy_with_logits` is more exact.
        target: of the same shape, from 0 to 1; integers and bools are cast to the type of input.
        weight: what each loss is multiplied by, of a shape that broadcasts to input's; or None.
        reduction: "mean" of all elements, "sum", or "none".

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: if the shapes differ, or the weight does not broadcast.
        DTypeError: if input is not floating-point.
        OptionError: for an input that is not from 0 to 1, LabelError for such a target: at once on the CPU; on a GPU
            the loss is NaN, and the next call that waits for the device raises. OptionError for another reduction.
    """
    name = "binary_cross_entropy"
    input, target = alike(name, input=input, target=target)
    (weight,) = _weights(name, input, weight=weight)
    input, target = without_left_out(weight, input, target)
    input = nan_unless(
        probabilities(name, input, target),
        # NaN passes: it came from somewhere else, and shows in the loss.
        lambda xp, x: xp.logical_not(xp.logical_or(x < 0, x > 1)),
        OptionError,
        "inputs of binary_cross_entropy are probabilities from 0 to 1; another one came. "
        "Cure: binary_cross_entropy_with_logits, or sigmoid before it.",
    )
    # Beside a sure answer the slope of a target beyond 1, by rounding, would be huge.
    values = binary.binary_cross_entropy(input, clip(target, 0, 1))
    return reduce(_weighted(values, weight), reduction)


def of_logits(input: A, target: AnyArray, pos_weight: AnyArray | None = None) -> A:
    """The binary cross-entropy of logits and targets of one shape, floating-point, and of that shape."""
    if pos_weight is None:
        return binary.binary_cross_entropy_of_logits(input, target)
    positive = multiply(pos_weight, multiply(target, activation.softplus(negative(input))))
    return add(positive, multiply(subtract(1.0, target), activation.softplus(input)))  # type: ignore[return-value]  # the kind of the first


def binary_cross_entropy_with_logits(
    input: A,
    target: AnyArray,
    weight: AnyArray | None = None,
    *,
    reduction: Reduction = "mean",
    pos_weight: AnyArray | None = None,
) -> A:
    """-t log s(x) - (1 - t) log(1 - s(x)) with s the sigmoid, as t softplus(-x) + (1 - t) softplus(x).

    Args:
        input: logits, any shape, floating-point.
        target: of the same shape, from 0 to 1; integers and bools are cast to the type of input.
        weight: what each loss is multiplied by, of a shape that broadcasts to input's; or None.
        reduction: "mean" of all elements, "sum", or "none".
        pos_weight: what the first term is multiplied by, that of t, as the number of negative examples by that of
            positive ones; of a shape that broadcasts to input's, (C,) for (N, C); or None.

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: if the shapes differ, or a weight does not broadcast.
        DTypeError: if input is not floating-point.
        LabelError: for a target that is not from 0 to 1: at once on the CPU; on a GPU the loss is NaN, and
            the next call that waits for the device (float(loss), synchronize) raises.
        OptionError: for another reduction.
    """
    name = "binary_cross_entropy_with_logits"
    input, target = alike(name, input=input, target=target)
    weight, pos_weight = _weights(name, input, weight=weight, pos_weight=pos_weight)
    input, target = without_left_out(weight, input, target)
    if pos_weight is not None and not is_learnt(pos_weight) and not is_learnt(target):
        (input,) = without_left_out(logical_or(not_equal(pos_weight, 0), not_equal(target, 1)), input)
    input = probabilities(name, input, target)
    return reduce(_weighted(of_logits(input, target, pos_weight), weight), reduction)


def multilabel_soft_margin_loss(
    input: A, target: AnyArray, weight: AnyArray | None = None, *, reduction: Reduction = "mean"
) -> A:
    """The mean over classes, the last dimension, of weight times `binary_cross_entropy_with_logits`.

    Args:
        input: logits (C,), (N, C) or (..., C), floating-point.
        target: of the same shape, from 0 to 1; integers and bools are cast to the type of input.
        weight: what each loss is multiplied by, (C,) or another shape that broadcasts to input's; or None.
        reduction: "mean" of all examples, "sum", or "none".

    Returns:
        shape (), or (...) with "none".

    Raises:
        ShapeError: if the shapes differ or are (), or the weight does not broadcast.
        DTypeError: if input is not floating-point.
        LabelError: for a target that is not from 0 to 1: at once on the CPU; on a GPU the loss is NaN, and the next
            call that waits for the device raises.
        OptionError: for another reduction.
    """
    name = "multilabel_soft_margin_loss"
    input, target = alike(name, input=input, target=target)
    if not len(input.shape):
        raise ShapeError(f"{name} takes inputs with a dimension of classes, (..., C); got shape ()")
    (weight,) = _weights(name, input, weight=weight)
    input, target = without_left_out(weight, input, target)
    values = _weighted(of_logits(probabilities(name, input, target), target), weight)
    return reduce(multiply(sum(values, axis=-1), 1 / (input.shape[-1] or 1)), reduction)


def soft_margin_loss(input: A, target: AnyArray, *, reduction: Reduction = "mean") -> A:
    """log(1 + exp(-target * input)), without overflow.

    Args:
        input: any shape, floating-point.
        target: of the same shape, -1 or 1; integers are cast to the type of input.
        reduction: "mean" of all elements, "sum", or "none".

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if input is not floating-point.
        LabelError: for another target: at once on the CPU; on a GPU the loss is NaN, and the next call that waits for
            the device raises.
        OptionError: for another reduction.
    """
    input, target = alike("soft_margin_loss", input=input, target=target)
    right = multiply(signs("soft_margin_loss", input, target), target)
    return reduce(activation.softplus(negative(right)), reduction)
