"""What metrics are given: arrays as they come, scores and labels, and the checks of them."""

from __future__ import annotations

from typing import Any

from xnn import checks
from xnn.arguments import check_arrays
from xnn.array_object import Array
from xnn.autograd.call import lifted
from xnn.autograd.graph import frontend
from xnn.autograd.operands import mismatch
from xnn.errors import DTypeError, LabelError, OptionError, ShapeError
from xnn.ops.data_types import dtype_of
from xnn.ops.promotion import check_real


def as_array(name: str, argument: str, x: Any) -> Array:
    """An Array, of itself or of a raw array of any backend.

    Raises:
        TypeError: for what is neither.
        DTypeError: for complex numbers: metrics are of real ones.
    """
    check_arrays(name, **{argument: x})
    check_real(dtype_of(x))
    array: Array = lifted(x)
    return array


def pair(name: str, **arrays: Any) -> tuple[Array, Array]:
    """The two arrays, as Arrays.

    Raises:
        TypeError: if one is no array.
        DeviceMismatchError: if they are on two devices.
    """
    one, other = (as_array(name, argument, x) for argument, x in arrays.items())
    if one.device is not other.device:
        raise mismatch(name, one.device, other.device)
    return one, other


def is_score(x: Array) -> bool:
    """Whether an array holds scores (real floating-point), and not labels."""
    return x.dtype.kind == "real floating"


def labels_of(name: str, argument: str, x: Array) -> Array:
    """Labels as int64.

    Raises:
        DTypeError: unless they are integers or bools.
    """
    if "integer" not in x.dtype.kind and x.dtype.kind != "bool":
        cure = "xnn.astype(x, xnn.int64)"
        if argument == "target":
            cure = "input first, then target; xnn.astype(target, xnn.int64) for labels that are whole numbers"
        raise DTypeError(f"{name} takes integer labels; {argument} is {x.dtype.name}. Cure: {cure}.")
    labels: Array = frontend.xp.astype(x, frontend.xp.int64)
    return labels


def check_range(name: str, labels: Array, classes: int, ignored: int | None = None) -> None:
    """Raise LabelError unless all labels are classes, or the ignored one: now, or at the next wait."""
    xp = frontend.xp
    fits = xp.logical_and(labels >= 0, labels < classes)
    if ignored is not None:
        fits = xp.logical_or(fits, labels == ignored)
    checks.require(
        xp.all(fits)._data,
        labels.device,
        LabelError,
        f"labels of {name} are from 0 to {classes - 1}; another one came. "
        "Cure: count classes from 0, or say how many there are.",
    )


def check_numbers(name: str, scores: Array) -> None:
    """Raise OptionError if a score is NaN, which speaks for no class: now, or at the next wait."""
    xp = frontend.xp
    checks.require(
        xp.logical_not(xp.any(xp.isnan(scores)))._data,
        scores.device,
        OptionError,
        f"scores of {name} are numbers; NaN came. Cure: look where it comes from, as too large a learning rate.",
    )


def check_probabilities(name: str, scores: Array) -> None:
    """Raise OptionError unless all scores are from 0 to 1, but for rounding: now, or at the next wait."""
    xp = frontend.xp
    checks.require(
        xp.all(checks.are_shares(xp, scores))._data,
        scores.device,
        OptionError,
        f"scores of {name}, one for each label, are probabilities from 0 to 1; another one came. "
        "Cure: threshold=0.0 for logits.",
    )


def check_same_shape(name: str, input: Array, target: Array) -> None:
    """Raise ShapeError unless both have one shape."""
    if input.shape != target.shape:
        raise ShapeError(f"{name} takes input and target of one shape; got {input.shape} and {target.shape}")


def check_scores(name: str, input: Array, target: Array, least: int = 1) -> int:
    """How many classes scores (N, C, ...) of labels (N, ...) have.

    Raises:
        DTypeError: if they are not floating-point.
        ShapeError: if the shapes do not fit.
    """
    if not is_score(input):
        raise DTypeError(f"{name} takes floating-point scores; input is {input.dtype.name}")
    shape = input.shape
    if len(shape) < 2 or (shape[0], *shape[2:]) != target.shape:
        raise ShapeError(f"{name} takes scores (N, C, ...) and labels (N, ...); got {shape} and {target.shape}")
    if shape[1] < least:
        raise ShapeError(
            f"{name} takes scores of two classes or more, (N, C, ...); got {shape}. "
            "Cure: xnn.squeeze(input, axis=1), one score for each label."
        )
    return shape[1]
