"""Losses of classification; all in the log domain, where large logits stay finite."""

from __future__ import annotations

from typing import Any

from xnn import checks
from xnn.autograd.graph import Tracked
from xnn.autograd.primitive import lift
from xnn.errors import DTypeError, LabelError, ShapeError
from xnn.ops import neural
from xnn.ops.data_types import dtype_of
from xnn.ops.elementwise import abs, add, exp, log1p, maximum, multiply, negative, subtract

from .reduction import check_same_shape, reduce


def cross_entropy(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Softmax cross-entropy, -log softmax(input) at the label.

    Args:
        input: logits (N, C) or (N, C, d1, ...), floating-point; softmax is over dimension 1.
        target: labels (N,) or (N, d1, ...), integers from 0 to C - 1.
        reduction: "mean" of all labels, "sum", or "none".

    Returns:
        shape (), or that of target with "none".

    Raises:
        ShapeError: if the shapes do not fit.
        DTypeError: if the labels are not integers, or the logits not floating-point.
        LabelError: for a label that no class has: at once on the CPU; on a GPU the loss is NaN, and
            the next call that waits for the device (float(loss), synchronize) raises.
        OptionError: for another reduction.

    Example:
        >>> import xnn as xp
        >>> logits = xp.asarray([[0.0, 0.0]], device="cpu")
        >>> round(float(xp.losses.cross_entropy(logits, xp.asarray([1], device="cpu"))), 4)
        0.6931
    """
    shape, labels = tuple(input.shape), tuple(target.shape)
    if len(shape) < 2 or (shape[0], *shape[2:]) != labels:
        raise ShapeError(
            f"cross_entropy takes logits (N, C, ...) and labels (N, ...); got {shape} and {labels}. "
            f"Cure: {_shape_cure(shape, labels)}."
        )
    if not dtype_of(input).is_floating:
        raise DTypeError(f"cross_entropy takes floating-point logits; got {dtype_of(input).name}")
    if "integer" not in dtype_of(target).kind:
        raise DTypeError(
            f"cross_entropy takes integer labels; got {dtype_of(target).name}. Cure: xnn.astype(target, xnn.int64)."
        )
    _check_labels(target, shape[1])
    return reduce(neural.cross_entropy(input, target), reduction)


def _check_labels(target: Any, classes: int) -> None:
    raw, device = (target._data, target._device) if isinstance(target, Tracked) else lift(target, "cross_entropy")
    assert device is not None
    xp = device.backend.xp
    with device.scope():
        wide = xp.astype(raw, xp.int64)  # there may be more classes than a uint8 can count
        fits = xp.all(xp.logical_and(wide >= 0, wide < classes))
    checks.require(
        fits,
        device,
        LabelError,
        f"labels are from 0 to {classes - 1}, for logits of {classes} classes; another one came. "
        "Cure: count classes from 0, or give the last layer more outputs.",
    )


def _shape_cure(shape: tuple[int, ...], labels: tuple[int, ...]) -> str:
    if len(labels) == len(shape):
        return "labels are class numbers, not one-hot rows: xnn.argmax(target, axis=1)"
    return "one label for each row of logits"


def binary_cross_entropy_with_logits(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """-t log s(x) - (1 - t) log(1 - s(x)) with s the sigmoid, as max(x, 0) - x t + log(1 + exp(-|x|)).

    Args:
        input: logits, any shape, floating-point.
        target: of the same shape, from 0 to 1.
        reduction: "mean" of all elements, "sum", or "none".

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: if the shapes differ.
        OptionError: for another reduction.
    """
    check_same_shape("binary_cross_entropy_with_logits", input, target)
    # maximum, not relu: at 0 its derivative is 1/2, which makes that of the loss s(0) - t
    linear = subtract(maximum(input, 0.0), multiply(input, target))
    return reduce(add(linear, log1p(exp(negative(abs(input))))), reduction)
