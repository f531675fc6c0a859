"""Connectionist temporal classification: of a sequence against labels whose places in it are not known."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

from xnn.arguments import check_floating, whole
from xnn.autograd.graph import Tracked
from xnn.autograd.operands import raw_of
from xnn.autograd.primitive import fused, primitive
from xnn.dtypes import int64
from xnn.errors import DTypeError, LabelError, OptionError, ShapeError
from xnn.ops import ctc
from xnn.ops.creation import asarray
from xnn.ops.data_types import astype, dtype_of
from xnn.ops.elementwise import divide
from xnn.ops.extrema import maximum
from xnn.ops.manipulation import expand_dims, reshape, squeeze
from xnn.typing import A, AnyArray, Reduction

from .labels import check_integer_labels
from .operands import as_operands, is_array, nan_unless
from .reduction import check_reduction, reduce

__all__ = ["ctc_loss"]

NAME = "ctc_loss"
Lengths: TypeAlias = AnyArray | int | Sequence[int]


@fused()
def _rows(xp: Any, flat: Any, lengths: Any, /, *, longest: int) -> Any:
    """Concatenated targets (total,) as rows (N, longest); what stands behind a row's length is of no matter."""
    device = xp.device(flat)
    starts = xp.expand_dims(xp.cumulative_sum(lengths) - lengths, axis=1)
    places = starts + xp.arange(longest, dtype=xp.int64, device=device)
    # There may be no target at all; and a wrong length points beyond them.
    flat = xp.concat([flat, xp.zeros((1,), dtype=xp.int64, device=device)])
    places = xp.minimum(xp.maximum(places, 0 * places), 0 * places + flat.shape[0] - 1)
    return xp.reshape(xp.take(flat, xp.reshape(places, (places.shape[0] * longest,)), axis=0), places.shape)


@fused()
def _finite(xp: Any, values: Any, /) -> Any:
    return xp.where(values == math.inf, 0.0, values)


@primitive()
def _fits(xp: Any, targets: Any, lengths: Any, /, *, classes: int, blank: int) -> Any:
    """Whether each target (N, S) has labels of classes that are no blank, as far as it is long: (N,)."""
    positions = xp.arange(targets.shape[1], dtype=xp.int64, device=xp.device(targets))
    is_class = xp.logical_and(targets >= 0, targets < classes)
    is_behind = positions >= xp.expand_dims(lengths, axis=1)
    return xp.all(xp.logical_or(is_behind, xp.logical_and(is_class, targets != blank)), axis=1)


def _lengths(argument: str, value: Any, count: int, log_probs: Any) -> tuple[Any, list[int] | None]:
    """Lengths (N,) in int64 on the device, and as ints where these are known without a wait."""
    device = raw_of(log_probs, NAME)[1]
    if is_array(value):
        shape = tuple(value.shape)
    else:
        try:
            numbers = [*map(operator.index, value if isinstance(value, Sequence) else (value,))]
        except TypeError:
            raise DTypeError(
                f"{NAME} takes integers for {argument}; got {value!r}. Cure: (5, 3) or an array of int64."
            ) from None
        shape = (len(numbers),)
    if shape != (count,) and not (shape == () and count == 1):
        raise ShapeError(
            f"{NAME} takes a length for each sequence, {argument} of shape ({count},); got {shape}. "
            "Cure: one for each column of log_probs (T, N, C)."
        )
    if not is_array(value):
        array = asarray(numbers, dtype=int64, device=device)
        return array if isinstance(log_probs, Tracked) else array._data, numbers
    if "integer" not in dtype_of(value).kind:
        raise DTypeError(
            f"{NAME} takes integers for {argument}; got {dtype_of(value).name}. "
            f"Cure: xnn.astype({argument}, xnn.int64)."
        )
    array = reshape(astype(value, int64, copy=False), (count,))
    return array, None if device.is_asynchronous else device.backend.to_numpy(raw_of(array, NAME)[0]).tolist()


def _within(argument: str, lengths: tuple[Any, list[int] | None], most: int, log_probs: Any) -> Any:
    """log_probs (T, N, C), NaN where a length is not from 0 to `most`; raises OptionError, now or at the next wait."""
    array, known = lengths
    message = f"{argument} are from 0 to {most}; another one came. Cure: no more than there is in the array."
    if known is None:
        array = reshape(array, (1, -1, 1))
        return nan_unless(
            array, lambda xp, n: xp.logical_and(n >= 0, n <= most), OptionError, message, spoils=log_probs
        )
    if not all(0 <= length <= most for length in known):
        raise OptionError(message)
    return log_probs


def ctc_loss(
    log_probs: A,
    targets: AnyArray,
    input_lengths: Lengths,
    target_lengths: Lengths,
    blank: int = 0,
    *,
    reduction: Reduction = "mean",
    zero_infinity: bool = False,
) -> A:
    """-log of the probability that a sequence of T frames says the target: the sum over all ways to align it.

    A frame says a label or a blank; labels that are repeated count once unless there is a blank in between.

    Args:
        log_probs: log-probabilities (T, N, C) or (T, C), floating-point, T at least 1, as of `log_softmax` over the
            last dimension. C counts the blank.
        targets: labels (N, S), of which the first target_lengths[n] count; or (sum(target_lengths),), one after
            another; for (T, C) those of the one sequence, (S,). Integers from 0 to C - 1, without the blank.
        input_lengths: how many frames count, from 0 to T: integers (N,), for (T, C) () or (1,); an array, a list or a
            tuple.
        target_lengths: how many labels each target has, likewise.
        blank: the class that says nothing.
        reduction: "mean" of the losses, each divided by its target's length (at least 1); "sum", or "none".
        zero_infinity: make a loss 0, and its gradient, that is infinite since the target does not fit into the frames.

    Returns:
        shape (), or (N,) with "none", for (T, C) ().

    Raises:
        ShapeError: if the shapes do not fit.
        DTypeError: if log_probs is not floating-point, or labels or lengths are not integers.
        LabelError: for a label that no class has, or the blank; OptionError: for a length that is too large or
            negative: at once on the CPU; on a GPU the loss is NaN, and the next call that waits for the device raises.
        OptionError: for another reduction, or a blank that no class is.

    The gradient is PyTorch's, exp(log_probs) less the probability that the frame says the class in an alignment: the
    derivative along arrays that are normalised, as those of log_softmax. Without a wait the longest of concatenated
    targets is not known on a GPU, and all of them are taken to be as long as the sum; lists of Python ints, or targets
    (N, S), save that.

    Graves et al., Connectionist temporal classification, 2006.
    """
    check_reduction(reduction)
    given: dict[str, Any] = {"log_probs": log_probs, "targets": targets}
    numbers = {"input_lengths": input_lengths, "target_lengths": target_lengths}
    given |= {name: x for name, x in numbers.items() if is_array(x)}
    found = dict(zip(given, as_operands(NAME, **given), strict=True))
    log_probs, targets = found["log_probs"], found["targets"]
    shape = tuple(log_probs.shape)
    if len(shape) not in (2, 3) or not shape[0]:
        raise ShapeError(f"{NAME} takes log_probs (T, N, C) or (T, C), of at least one frame; got {shape}")
    check_floating(NAME, "log_probs", log_probs)
    check_integer_labels(NAME, targets)
    is_single = len(shape) == 2
    if is_single:
        log_probs = expand_dims(log_probs, axis=1)
    frames, count, classes = log_probs.shape
    blank = whole("blank", blank, 0)
    if blank >= classes:
        raise OptionError(f"{NAME}: blank is a class from 0 to {classes - 1}; got {blank}")
    targets = astype(targets, int64, copy=False)
    inputs = _lengths("input_lengths", found.get("input_lengths", input_lengths), count, log_probs)
    wanted = _lengths("target_lengths", found.get("target_lengths", target_lengths), count, log_probs)
    targets = _padded(targets, wanted, count, is_single)
    log_probs = _within("input_lengths", inputs, frames, log_probs)
    log_probs = _within("target_lengths", wanted, targets.shape[1], log_probs)
    fits = _fits(targets, wanted[0], classes=classes, blank=blank)
    log_probs = nan_unless(
        reshape(fits, (1, count, 1)),
        lambda xp, fits: fits,
        LabelError,
        f"targets are labels from 0 to {classes - 1} without the blank {blank}; another one came. "
        "Cure: count labels from 1 where the blank is 0, or give the last layer more outputs.",
        spoils=log_probs,
    )
    values = ctc.ctc(log_probs, targets, inputs[0], wanted[0], blank=blank)
    if zero_infinity:
        values = _finite(values)
    if reduction == "mean":
        values = divide(values, astype(maximum(wanted[0], 1), dtype_of(values)))
    if is_single:
        values = squeeze(values, 0)
    return reduce(values, reduction)


def _padded(targets: Any, lengths: tuple[Any, list[int] | None], count: int, is_single: bool) -> Any:
    """Targets (N, S), of the three forms."""
    array, known = lengths
    shape = tuple(targets.shape)
    if is_single and len(shape) == 1:
        return expand_dims(targets, axis=0)
    if len(shape) == 2 and shape[0] == count:
        return targets
    if len(shape) != 1 or (known is not None and sum(known) != shape[0]):
        raise ShapeError(
            f"{NAME} takes targets (N, S), a row for each of the {count} sequences, or (sum(target_lengths),); "
            f"got {shape}. Cure: rows of labels, padded to one length."
        )
    return _rows(targets, array, longest=shape[0] if known is None else max(known, default=0))
