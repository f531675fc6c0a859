"""Losses of classification; all in the log domain, where large logits stay finite."""

from __future__ import annotations

import math
from typing import Any

from xnn import checks
from xnn.arguments import check_arrays, check_floating
from xnn.autograd.graph import Tracked
from xnn.autograd.primitive import lift
from xnn.errors import DTypeError, LabelError, ShapeError
from xnn.ops import neural
from xnn.ops.data_types import dtype_of
from xnn.ops.elementwise import add, multiply, negative, subtract
from xnn.ops.searching import where
from xnn_backends import Device

from .reduction import check_pair, reduce


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
    check_arrays("cross_entropy", input=input, target=target)
    shape, labels = tuple(input.shape), tuple(target.shape)
    if len(shape) < 2 or (shape[0], *shape[2:]) != labels:
        raise ShapeError(
            f"cross_entropy takes logits (N, C, ...) and labels (N, ...); got {shape} and {labels}. "
            f"Cure: {_shape_cure(shape, labels)}."
        )
    check_floating("cross_entropy", "input", input)
    if "integer" not in dtype_of(target).kind:
        raise DTypeError(
            f"cross_entropy takes integer labels; got {dtype_of(target).name}. Cure: xnn.astype(target, xnn.int64)."
        )
    _check_labels(target, shape[1])
    return reduce(neural.cross_entropy(input, target), reduction)


def _check_labels(target: Any, classes: int) -> None:
    raw, device = _raw(target)
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


def _check_probabilities(target: Any) -> Any:
    """Whether each is from 0 to 1, a raw bool array; raises LabelError unless all are."""
    raw, device = _raw(target)
    xp = device.backend.xp
    with device.scope():
        fits = xp.logical_and(raw >= 0, raw <= 1)
        checks.require(
            xp.all(fits),
            device,
            LabelError,
            "targets of binary_cross_entropy_with_logits are probabilities from 0 to 1; another one came. "
            "Cure: classes are 0 and 1; scores that are not bounded are for mse_loss.",
        )
    return fits


def _raw(x: Any) -> tuple[Any, Device]:
    raw, device = (x._data, x._device) if isinstance(x, Tracked) else lift(x, "a loss")
    assert device is not None  # check_arrays came before
    return raw, device


def _shape_cure(shape: tuple[int, ...], labels: tuple[int, ...]) -> str:
    if len(labels) == len(shape):
        return "labels are class numbers, not one-hot rows: xnn.argmax(target, axis=1)"
    return "one label for each row of logits"


def binary_cross_entropy_with_logits(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """-t log s(x) - (1 - t) log(1 - s(x)) with s the sigmoid, as t softplus(-x) + (1 - t) softplus(x).

    Args:
        input: logits, any shape, floating-point.
        target: of the same shape, from 0 to 1; integers and bools are cast to the type of input.
        reduction: "mean" of all elements, "sum", or "none".

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if input is not floating-point.
        LabelError: for a target that is not from 0 to 1: at once on the CPU; on a GPU the loss is NaN, and
            the next call that waits for the device (float(loss), synchronize) raises.
        OptionError: for another reduction.
    """
    target = check_pair("binary_cross_entropy_with_logits", input, target)
    target = where(_check_probabilities(target), target, math.nan)
    # Two softplus, not softplus(x) - x t, whose terms cancel where the answer is sure and right.
    positive = multiply(target, neural.softplus(negative(input)))
    return reduce(add(positive, multiply(subtract(1.0, target), neural.softplus(input))), reduction)
