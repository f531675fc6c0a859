"""Focal losses, in which what is right counts little (Lin et al., Focal loss for dense object detection, 2017)."""

from __future__ import annotations

from numbers import Real
from typing import Any

from xnn.arguments import dim_of, number
from xnn.autograd.primitive import fused
from xnn.errors import OptionError, ShapeError
from xnn.ops import activation, binary, softmax
from xnn.ops.elementwise import multiply, negative, pow, subtract
from xnn.ops.extrema import clip
from xnn.ops.manipulation import reshape
from xnn.ops.promotion import arithmetic
from xnn.typing import A, AnyArray, Reduction

from .binary import of_logits
from .labels import probabilities
from .operands import alike, as_floating, as_operands, nan_unless
from .reduction import reduce

__all__ = ["binary_focal_crossentropy", "categorical_focal_crossentropy", "sigmoid_focal_loss"]

# Keras's backend.epsilon().
EPSILON = 1e-7


def _of_logits(input: Any, target: Any, gamma: float) -> Any:
    wrong = _mixed(activation.sigmoid(negative(input)), activation.sigmoid(input), target)
    return multiply(pow(wrong, gamma), of_logits(input, target))


def _of_probabilities(input: Any, target: Any, gamma: float) -> Any:
    values = binary.binary_cross_entropy(clip(input, EPSILON, 1.0 - EPSILON), target)
    return multiply(pow(_mixed(subtract(1.0, input), input, target), gamma), values)


@fused(promote=arithmetic)
def _mixed(xp: Any, one: Any, other: Any, t: Any, /) -> Any:
    return t * one + (1.0 - t) * other


@fused(promote=arithmetic)
def _balanced(xp: Any, values: Any, t: Any, /, *, alpha: float) -> Any:
    return (alpha * t + (1.0 - alpha) * (1.0 - t)) * values


def sigmoid_focal_loss(
    input: A, target: AnyArray, alpha: float = 0.25, gamma: float = 2.0, *, reduction: Reduction = "mean"
) -> A:
    """(1 - p) ** gamma times `binary_cross_entropy_with_logits`, p the probability of the target.

    Args:
        input: logits, any shape, floating-point.
        target: of the same shape, from 0 to 1; integers and bools are cast to the type of input.
        alpha: weighs positive elements by alpha, negative ones by 1 - alpha; a negative alpha weighs none.
        gamma: how fast the weight falls of what is right; at least 0.
        reduction: "mean" of all elements, "sum", or "none".

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if input is not floating-point.
        LabelError: for a target that is not from 0 to 1: at once on the CPU; on a GPU the loss is NaN, and the next
            call that waits for the device raises.
        OptionError: for another reduction, or a negative gamma.

    It is torchvision.ops.sigmoid_focal_loss, whose reduction is "none" by default.
    """
    name = "sigmoid_focal_loss"
    input, target = alike(name, input=input, target=target)
    alpha, gamma = number(name, "alpha", alpha), number(name, "gamma", gamma, 0)
    input = probabilities(name, input, target)
    values = _of_logits(input, target, gamma)
    return reduce(_balanced(values, target, alpha=alpha) if alpha >= 0 else values, reduction)


def binary_focal_crossentropy(
    input: A,
    target: AnyArray,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    *,
    reduction: Reduction = "mean",
) -> A:
    """(1 - p) ** gamma times the binary cross-entropy, p the probability of the target.

    Args:
        input: probabilities, or logits, any shape, floating-point.
        target: of the same shape, from 0 to 1; integers and bools are cast to the type of input.
        apply_class_balancing: weigh positive elements by alpha, negative ones by 1 - alpha.
        alpha: from 0 to 1.
        gamma: how fast the weight falls of what is right; at least 0.
        from_logits: whether input holds logits, which is the more exact way.
        label_smoothing: from 0 to 1: the part of the target that becomes 1 / 2.
        reduction: "mean" of all elements, "sum", or "none", of which Keras's function takes the mean over the last
            dimension.

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if input is not floating-point.
        LabelError: for a target that is not from 0 to 1, OptionError for such an input: at once on the CPU; on a GPU
            the loss is NaN, and the next call that waits for the device raises.
        OptionError: for another reduction, alpha, gamma or smoothing.
    """
    name = "binary_focal_crossentropy"
    input, target = alike(name, input=input, target=target)
    alpha, gamma = number(name, "alpha", alpha, 0, 1), number(name, "gamma", gamma, 0)
    label_smoothing = number(name, "label_smoothing", label_smoothing, 0, 1)
    input = probabilities(name, input, target)
    if label_smoothing:
        target = _smooth(target, part=label_smoothing, even=0.5)
    if not from_logits:
        input, target = _given_probabilities(name, input), clip(target, 0, 1)  # no power of what is below 0 by rounding
    values = (_of_logits if from_logits else _of_probabilities)(input, target, gamma)
    return reduce(_balanced(values, target, alpha=alpha) if apply_class_balancing else values, reduction)


def _given_probabilities(name: str, input: Any) -> Any:
    return nan_unless(
        input,
        lambda xp, x: xp.logical_not(xp.logical_or(x < 0, x > 1)),
        OptionError,
        f"inputs of {name} are probabilities from 0 to 1; another one came. Cure: from_logits=True.",
    )


@fused()
def _smooth(xp: Any, t: Any, /, *, part: float, even: float) -> Any:
    return (1.0 - part) * t + part * even


@fused(promote=arithmetic)
def _categorical(xp: Any, logs: Any, t: Any, alpha: Any, /, *, gamma: float, axis: int) -> Any:
    return -xp.sum(alpha * xp.pow(1.0 - xp.exp(logs), gamma) * t * logs, axis=axis)


@fused()
def _logarithms(xp: Any, x: Any, /, *, axis: int) -> Any:
    x = x / xp.sum(x, axis=axis, keepdims=True)
    return xp.log(xp.minimum(xp.maximum(x, EPSILON), 1.0 - EPSILON))


def categorical_focal_crossentropy(
    input: A,
    target: AnyArray,
    alpha: AnyArray | float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
    *,
    reduction: Reduction = "mean",
) -> A:
    """-sum over classes of alpha (1 - p) ** gamma * target * log(p), of probabilities p.

    Args:
        input: probabilities, which are divided by their sum over classes, or logits; any shape, floating-point.
        target: probabilities, of the same shape, from 0 to 1; integers and bools are cast to the type of input.
        alpha: a weight for all classes, or an array with a weight for each, (C,).
        gamma: how fast the weight falls of what is right; at least 0.
        from_logits: whether input holds logits, which is the more exact way.
        label_smoothing: from 0 to 1: the part of the target that is spread over all classes evenly.
        axis: the dimension of the classes.
        reduction: "mean" of all examples, "sum", or "none".

    Returns:
        shape (), or that of input without `axis` with "none".

    Raises:
        ShapeError: if the shapes differ or have no such dimension, or alpha is of another shape.
        DTypeError: if input is not floating-point.
        LabelError: for a target that is not from 0 to 1, OptionError for such an input: at once on the CPU; on a GPU
            the loss is NaN, and the next call that waits for the device raises.
        OptionError: for another reduction, gamma or smoothing.
    """
    name = "categorical_focal_crossentropy"
    input, target = alike(name, input=input, target=target)
    axis = dim_of(name, "axis", axis, tuple(input.shape))
    classes = input.shape[axis]
    weights: Any = alpha
    if isinstance(alpha, Real):
        weights = number(name, "alpha", alpha)
    else:
        input, target, weights = as_operands(name, input=input, target=target, alpha=alpha)
        if tuple(weights.shape) != (classes,):
            raise ShapeError(
                f"{name} takes a number for alpha, or one for each class, ({classes},); "
                f"got shape {tuple(weights.shape)}. Cure: xnn.asarray of {classes} numbers."
            )
        weights = reshape(as_floating(weights, input), (classes, *(1,) * (len(input.shape) - axis - 1)))
    gamma = number(name, "gamma", gamma, 0)
    label_smoothing = number(name, "label_smoothing", label_smoothing, 0, 1)
    input = probabilities(name, input, target)
    if label_smoothing:
        target = _smooth(target, part=label_smoothing, even=1 / (classes or 1))
    if from_logits:
        logs = softmax.log_softmax(input, axis=axis)
    else:
        logs = _logarithms(_given_probabilities(name, input), axis=axis)
    return reduce(_categorical(logs, target, weights, gamma=gamma, axis=axis), reduction)
