"""Losses with a margin: what is right by enough costs nothing."""

from __future__ import annotations

from typing import Any

from xnn.arguments import check_floating, number
from xnn.autograd.primitive import fused
from xnn.dtypes import int64
from xnn.errors import LabelError, OptionError, ShapeError
from xnn.ops import classification, rectifier
from xnn.ops.comparison import equal
from xnn.ops.data_types import astype
from xnn.ops.elementwise import square
from xnn.ops.manipulation import expand_dims, squeeze
from xnn.ops.promotion import arithmetic
from xnn.ops.searching import where
from xnn.typing import A, AnyArray, Reduction

from .labels import check_integer_labels, rows_of_classes, signs
from .operands import alike, as_operands, check_class_weight, nan_unless, without_rows_left_out
from .reduction import reduce

__all__ = [
    "categorical_hinge",
    "hinge",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "perceptron_loss",
    "squared_hinge",
]


@fused(promote=arithmetic)
def _hinge_embedding(xp: Any, x: Any, t: Any, /, *, margin: float) -> Any:
    return xp.where(t == 1, x, xp.where(x > margin, 0.0, margin - x))


def hinge_embedding_loss(input: A, target: AnyArray, margin: float = 1.0, *, reduction: Reduction = "mean") -> A:
    """The input where target is 1, max(0, margin - input) where it is -1: of distances of like and unlike pairs.

    Args:
        input: any shape, floating-point.
        target: of the same shape, -1 or 1; integers are cast to the type of input.
        margin: how far unlike ones are to be.
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
    input, target = alike("hinge_embedding_loss", input=input, target=target)
    margin = number("hinge_embedding_loss", "margin", margin)
    input = signs("hinge_embedding_loss", input, target)
    return reduce(_hinge_embedding(input, target, margin=margin), reduction)


@fused(promote=arithmetic)
def _ranking(xp: Any, one: Any, other: Any, t: Any, /, *, margin: float) -> Any:
    excess = margin - t * (one - other)
    return xp.where(excess < 0, 0.0, excess)  # at 0 with the derivative of clip, PyTorch's


def margin_ranking_loss(
    input1: A, input2: AnyArray, target: AnyArray, margin: float = 0.0, *, reduction: Reduction = "mean"
) -> A:
    """max(0, margin - target * (input1 - input2)): the first is to be larger where target is 1, smaller where it is -1.

    Args:
        input1: any shape, floating-point.
        input2: of the same shape.
        target: of the same shape, -1 or 1; integers are cast to the type of input1.
        margin: by how much.
        reduction: "mean" of all elements, "sum", or "none".

    Returns:
        shape (), or that of input1 with "none".

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if input1 is not floating-point.
        LabelError: for another target: at once on the CPU; on a GPU the loss is NaN, and the next call that waits for
            the device raises.
        OptionError: for another reduction.
    """
    name = "margin_ranking_loss"
    input1, input2, target = alike(name, input1=input1, input2=input2, target=target)
    margin = number(name, "margin", margin)
    return reduce(_ranking(signs(name, input1, target), input2, target, margin=margin), reduction)


# ---- several classes ----


@fused()
def _multi_margin(xp: Any, x: Any, target: Any, weight: Any = None, /, *, p: int, margin: float) -> Any:
    is_label = classification.is_class(xp, x, target)
    at_label = xp.sum(xp.where(is_label, x, 0.0), axis=1, keepdims=True)
    excess = rectifier.relu(margin - at_label + x)
    excess = xp.where(is_label, 0.0, excess if p == 1 else excess * excess)
    if weight is not None:
        excess = excess * xp.sum(xp.where(is_label, weight, 0.0), axis=1, keepdims=True)
    return xp.sum(excess, axis=1) / x.shape[1]


def multi_margin_loss(
    input: A,
    target: AnyArray,
    p: int = 1,
    margin: float = 1.0,
    weight: AnyArray | None = None,
    *,
    reduction: Reduction = "mean",
) -> A:
    """The sum over other classes of max(0, margin - x[label] + x[class]) ** p, by the number of classes.

    Args:
        input: scores (C,) or (N, C), floating-point.
        target: labels () or (N,), integers from 0 to C - 1.
        p: 1 or 2.
        margin: by how much the label's score is to be larger.
        weight: (C,), of input's type: what the loss of a label is multiplied by; or None.
        reduction: "mean" of all labels, "sum", or "none".

    Returns:
        shape (), or that of target with "none".

    Raises:
        ShapeError: if the shapes do not fit.
        DTypeError: if labels are not integers, input is not floating-point, or the weight is of another type.
        LabelError: for a label that no class has: at once on the CPU; on a GPU the loss is NaN, and the next call that
            waits for the device raises.
        OptionError: for another reduction or p.
    """
    name = "multi_margin_loss"
    input, target, weight = as_operands(name, input=input, target=target, weight=weight)
    shape = tuple(input.shape)
    if len(shape) not in (1, 2) or tuple(target.shape) != shape[:-1]:
        raise ShapeError(
            f"{name} takes scores (N, C) and labels (N,), or (C,) and (); got {shape} and {tuple(target.shape)}. "
            "Cure: one label for each row of scores."
        )
    check_floating(name, "input", input)
    check_integer_labels(name, target)
    if p not in (1, 2):
        raise OptionError(f"{name}: p is 1 or 2; got {p!r}")
    margin = number(name, "margin", margin)
    if weight is not None:
        check_class_weight(name, weight, input, shape[-1])
    is_single = len(shape) == 1
    if is_single:
        input, target = expand_dims(input, axis=0), expand_dims(target, axis=0)
    input = without_rows_left_out(rows_of_classes(input, target), target, weight, None)
    values = _multi_margin(input, target, weight, p=p, margin=margin)
    return reduce(squeeze(values, 0) if is_single else values, reduction)


@fused()
def _multilabel_margin(xp: Any, x: Any, target: Any, /) -> Any:
    target = xp.astype(target, xp.int64)
    classes = xp.arange(x.shape[-1], dtype=xp.int64, device=xp.device(target))
    counts = xp.cumulative_sum(xp.astype(target < 0, xp.int64), axis=-1) == 0  # up to the first that is negative
    # (..., place in the target, class)
    is_label = xp.logical_and(xp.expand_dims(counts, axis=-1), xp.expand_dims(target, axis=-1) == classes)
    scores = xp.expand_dims(x, axis=-2)
    at_label = xp.sum(xp.where(is_label, scores, 0.0), axis=-1, keepdims=True)
    is_other = xp.logical_not(xp.any(is_label, axis=-2, keepdims=True))
    matters = xp.logical_and(xp.expand_dims(counts, axis=-1), is_other)
    excess = xp.where(matters, rectifier.relu(1.0 - at_label + scores), 0.0)
    return xp.sum(excess, axis=(-2, -1)) / (x.shape[-1] or 1)


def multilabel_margin_loss(input: A, target: AnyArray, *, reduction: Reduction = "mean") -> A:
    """The sum over labels i and classes j that are no labels of max(0, 1 - x[i] + x[j]), by the number of classes.

    Args:
        input: scores (C,) or (N, C), floating-point.
        target: of the same shape, integers: the labels of each example, and -1 behind the last one.
        reduction: "mean" of all examples, "sum", or "none".

    Returns:
        shape (), or (N,) with "none".

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if labels are not integers, or input is not floating-point.
        LabelError: for a label that is not from -1 to C - 1: at once on the CPU; on a GPU the loss is NaN, and the next
            call that waits for the device raises.
        OptionError: for another reduction.

    Memory of N * C * C elements is used, since how many labels there are is not known without a wait.
    """
    name = "multilabel_margin_loss"
    input, target = as_operands(name, input=input, target=target)
    shape = tuple(input.shape)
    if len(shape) not in (1, 2) or tuple(target.shape) != shape:
        raise ShapeError(
            f"{name} takes scores and labels of one shape, (N, C) or (C,); got {shape} and {tuple(target.shape)}. "
            "Cure: -1 behind the labels of each example."
        )
    check_floating(name, "input", input)
    check_integer_labels(name, target)
    classes = shape[-1]
    target = astype(target, int64)
    input = nan_unless(
        target,
        # One wrong label spoils all scores beside it.
        lambda xp, t: xp.all(xp.logical_and(t >= -1, t < classes), axis=-1, keepdims=True),
        LabelError,
        f"labels are from 0 to {classes - 1}, for scores of {classes} classes, and -1 behind them; another one came. "
        "Cure: count classes from 0, or give the last layer more outputs.",
        spoils=input,
    )
    return reduce(_multilabel_margin(input, target), reduction)


# ---- Keras's hinges, and the perceptron ----


def _of_signs(name: str, input: Any, target: Any) -> list[Any]:
    """Input and target of one shape, of -1 and 1; classes 0 and 1 become these where all are such, as in Keras."""
    input, target = alike(name, input=input, target=target)
    input = nan_unless(
        target,
        lambda xp, t: xp.logical_and(
            xp.logical_or(t == 1, xp.logical_or(t == 0, t == -1)),
            xp.logical_not(xp.logical_and(xp.any(t == 0), xp.any(t == -1))),
        ),
        LabelError,
        f"targets of {name} are -1 and 1, or 0 and 1; others came. Cure: 2 * target - 1 makes the first of the second.",
        spoils=input,
    )
    return [input, where(equal(target, 0), -1.0, target)]


@fused(promote=arithmetic)
def _hinge(xp: Any, x: Any, t: Any, /) -> Any:
    return xp.maximum(1.0 - t * x, 0.0)


def hinge(input: A, target: AnyArray, *, reduction: Reduction = "mean") -> A:
    """max(0, 1 - target * input), the loss of support vector machines.

    Args:
        input: any shape, floating-point.
        target: of the same shape, -1 and 1, or 0 and 1, which stand for these; cast to the type of input.
        reduction: "mean" of all elements, "sum", or "none", of which Keras's function takes the mean over the last
            dimension.

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if input is not floating-point.
        LabelError: for other targets: at once on the CPU; on a GPU the loss is NaN, and the next call that waits for
            the device raises.
        OptionError: for another reduction.
    """
    input, target = _of_signs("hinge", input, target)
    return reduce(_hinge(input, target), reduction)


def squared_hinge(input: A, target: AnyArray, *, reduction: Reduction = "mean") -> A:
    """max(0, 1 - target * input) ** 2.

    Args:
        input: any shape, floating-point.
        target: of the same shape, -1 and 1, or 0 and 1, which stand for these; cast to the type of input.
        reduction: "mean" of all elements, "sum", or "none", of which Keras's function takes the mean over the last
            dimension.

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError, DTypeError, LabelError, OptionError: see `hinge`.
    """
    input, target = _of_signs("squared_hinge", input, target)
    return reduce(square(_hinge(input, target)), reduction)


@fused(promote=arithmetic)
def _categorical_hinge(xp: Any, x: Any, t: Any, /) -> Any:
    right = xp.sum(t * x, axis=-1)
    wrong = xp.max((1.0 - t) * x, axis=-1)
    return xp.maximum(1.0 - right + wrong, 0.0)


def categorical_hinge(input: A, target: AnyArray, *, reduction: Reduction = "mean") -> A:
    """max(0, 1 - sum(target * input) + max((1 - target) * input)), over classes, the last dimension.

    Args:
        input: scores (..., C), floating-point, of at least one class.
        target: of the same shape, 0 and a 1 for the class; cast to the type of input.
        reduction: "mean" of all examples, "sum", or "none".

    Returns:
        shape (), or (...) with "none".

    Raises:
        ShapeError: if the shapes differ or have no class.
        DTypeError: if input is not floating-point.
        OptionError: for another reduction.
    """
    input, target = alike("categorical_hinge", input=input, target=target)
    if not len(input.shape) or not input.shape[-1]:
        raise ShapeError(f"categorical_hinge takes inputs with a dimension of classes, (..., C); got {input.shape}")
    return reduce(_categorical_hinge(input, target), reduction)


@fused(promote=arithmetic)
def _perceptron(xp: Any, x: Any, t: Any, /) -> Any:
    wrong = -t * x
    return xp.where(wrong < 0, 0.0, wrong)


def perceptron_loss(input: A, target: AnyArray, *, reduction: Reduction = "mean") -> A:
    """max(0, -target * input): its gradient is the perceptron's rule, which learns from wrong answers alone.

    Args:
        input: any shape, floating-point: what comes before the step.
        target: of the same shape, -1 and 1, or 0 and 1, which stand for these; cast to the type of input.
        reduction: "mean" of all elements, "sum", or "none".

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError, DTypeError, LabelError, OptionError: see `hinge`.

    Rosenblatt, The perceptron, 1958. At 0 the derivative is -target, as in scikit-learn, so that weights of 0 learn.
    """
    input, target = _of_signs("perceptron_loss", input, target)
    return reduce(_perceptron(input, target), reduction)
