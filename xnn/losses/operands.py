"""The operands of losses: arrays of one kind, device and shape, whose values are what the loss is of."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from xnn import checks
from xnn.arguments import check_arrays, check_floating
from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.operands import copied, device_of, mismatch, raw_of
from xnn.errors import DTypeError, ShapeError
from xnn.ops import classification
from xnn.ops.comparison import not_equal
from xnn.ops.data_types import agree, astype, dtype_of, in_full
from xnn.ops.elementwise import multiply
from xnn.ops.promotion import check_real
from xnn.ops.searching import where
from xnn_backends import backend_of

OPTIONAL = {"weight", "pos_weight", "linear_bias", "alpha", "ref_labels", "ref_embeddings"}


def as_operands(name: str, *, takes_complex: bool = False, **arrays: Any) -> list[Any]:
    """The operands of a loss: Arrays if one of them is, else raw arrays; what is OPTIONAL may be None.

    Under autocast, in float32.

    Raises:
        TypeError: if one is no array.
        DTypeError: if one is complex, where the loss would be as well.
        DeviceMismatchError: if they are on several devices.
    """
    given = {argument: x for argument, x in arrays.items() if x is not None or argument not in OPTIONAL}
    check_arrays(name, **given)
    for x in () if takes_complex else given.values():
        check_real(dtype_of(x))
    devices = [device_of(x, name) for x in given.values()]
    for device in devices:
        if device is not devices[0]:
            raise mismatch(name, devices[0], device)
    is_array = any(isinstance(x, Tracked) for x in given.values())
    # A copy, as the engine takes of raw arrays: the caller may write to them before the backward pass.
    operands = [
        frontend.array(copied(x, devices[0]), devices[0])
        if is_array and x is not None and not isinstance(x, Tracked)
        else x
        for x in arrays.values()
    ]
    return [x if x is None else in_full(x) for x in operands]


def alike(name: str, *, takes_complex: bool = False, **arrays: Any) -> list[Any]:
    """Operands of one shape, of which the first is floating-point: broadcasting a loss is nearly always a mistake.

    Integers and bools among the others get the type of the first.

    Raises:
        TypeError: if one is no array.
        DeviceMismatchError: if they are on several devices.
        ShapeError: if the shapes differ.
        DTypeError: if the first is not floating-point, or one is complex, where the loss would be as well.
    """
    operands = as_operands(name, takes_complex=takes_complex, **arrays)
    first, *rest = operands
    shape = tuple(first.shape)
    for argument, other in zip(list(arrays)[1:], rest, strict=True):
        if tuple(other.shape) != shape:
            *most, last = arrays
            raise ShapeError(
                f"{name} takes {', '.join(most)} and {last} of one shape; "
                f"got {_listed([tuple(x.shape) for x in operands])}. "
                f"Cure: reshape one, {_shape_cure(most[0], shape, argument, tuple(other.shape))}."
            )
    check_floating(name, next(iter(arrays)), first, takes_complex=takes_complex)
    return [first, *(as_floating(x, first) for x in rest)]


def _listed(values: list[Any]) -> str:
    return f"{', '.join(map(str, values[:-1]))} and {values[-1]}"


def _shape_cure(first: str, shape: tuple[int, ...], other: str, own: tuple[int, ...]) -> str:
    """How an array of shape `own` becomes one of another shape without a change of what meets what."""
    if shape == (*own, 1) and len(own) == 1:
        return f"as {other}[:, None] or xnn.squeeze({first}, 1)"
    if [n for n in own if n != 1] == [n for n in shape if n != 1]:
        return f"as xnn.reshape({other}, {shape})"
    if does_broadcast(own, shape):
        return f"as {other} by xnn.broadcast_to({other}, {shape}), if each of its elements is for several"
    return "so that each element meets its own: a loss does not broadcast"


def as_floating(x: Any, like: Any) -> Any:
    """x, in the type of another array unless it is floating-point itself."""
    return x if dtype_of(x).is_floating else astype(x, dtype_of(like))


def check_broadcasts(name: str, argument: str, x: Any, shape: tuple[int, ...]) -> None:
    """Raise ShapeError unless x broadcasts to the shape: weights may be fewer than what they weigh."""
    own = tuple(x.shape)
    if not does_broadcast(own, shape):
        raise ShapeError(
            f"{name} takes a {argument} that broadcasts to the input's shape {shape}; got {own}. "
            f"Cure: one number for each element of the last dimensions, or xnn.reshape({argument}, ...)."
        )


def does_broadcast(own: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether an array of shape `own` broadcasts to the shape."""
    padded = (1,) * (len(shape) - len(own)) + own
    return len(own) <= len(shape) and all(n in (1, m) for n, m in zip(padded, shape, strict=True))


def check_class_weight(name: str, weight: Any, input: Any, classes: int) -> None:
    """Raise unless there is a weight for each class, of the input's type."""
    if tuple(weight.shape) != (classes,):
        raise ShapeError(
            f"{name} takes a weight for each class, ({classes},); got shape {tuple(weight.shape)}. "
            f"Cure: xnn.ones(({classes},)) weighs all the same."
        )
    if not agree(weight, input):
        raise DTypeError(
            f"{name} takes input and weight of one type; got {dtype_of(input).name} and {dtype_of(weight).name}. "
            f"Cure: xnn.astype(weight, xnn.{dtype_of(input).name})."
        )


def is_array(x: Any) -> bool:
    """Whether it is an Array, or a raw array of any backend."""
    return isinstance(x, Tracked) or backend_of(x) is not None


# ---- weights of 0 ----


def without_left_out(weight: Any, *arrays: Any) -> tuple[Any, ...]:
    """Arrays with 0 where the weight, which broadcasts to them, is 0: NaN there reaches neither value nor gradient.

    A weight that has a derivative itself leaves nothing out: that is the loss. None: all count.
    """
    if weight is None or is_learnt(weight):
        return arrays
    counts = not_equal(weight, 0)
    return tuple(where(counts, x, 0.0) for x in arrays)


def is_learnt(weight: Any) -> bool:
    """Whether a weight is on the graph."""
    return isinstance(weight, Tracked) and weight._node is not None


def without_rows_left_out(x: Any, target: Any, weight: Any, ignored: int | None) -> Any:
    """Arrays (N, C, ...), 0 where the label of (N, ...) is ignored, or weighs nothing by (classes,)."""
    weight = None if weight is None or is_learnt(weight) else weight
    if weight is None and ignored is None:
        return x
    return where(classification.left_out(target, weight, ignore_index=ignored), 0.0, x)


# ---- values ----


def nan_unless(x: Any, holds: Callable[[Any, Any], Any], kind: checks.Kind, message: str, *, spoils: Any = None) -> Any:
    """The array that is to be NaN for wrong values of x: `spoils`, with which x broadcasts, or x itself.

    Where `holds(xp, x)` is False, `kind(message)` is raised. On a device that is not to be waited for, the next wait
    raises, and the array is multiplied by NaN there: so are the loss and its gradient, and no optimizer goes on. Of a
    warning nothing becomes NaN.
    """
    raw, device = raw_of(x, "a loss")
    spoilt = x if spoils is None else spoils
    xp = device.backend.xp
    with device.scope():
        fits = holds(xp, raw)
        checks.require(xp.all(fits), device, kind, message)
        if not device.is_asynchronous or issubclass(kind, Warning):
            return spoilt
        ones = xp.ones(fits.shape, dtype=raw_of(spoilt, "a loss")[0].dtype, device=xp.device(raw))
        factor = xp.where(fits, ones, math.nan)
    return multiply(spoilt, factor)


def look_at_shares(name: str, x: Any) -> None:
    """Warn, now or at the next wait, of an input that is no probability: of logits, such a loss is a number as well."""
    nan_unless(
        x,
        lambda xp, x: xp.logical_or(checks.are_shares(xp, x), xp.isnan(x)),  # NaN shows in the loss
        UserWarning,
        f"{name} takes input as probabilities from 0 to 1; others came. Cure: sigmoid or softmax before it.",
    )


def look_at_logarithms(name: str, argument: str, x: Any, cure: str) -> None:
    """Warn, now or at the next wait, of logarithms of probabilities above 0, as of probabilities themselves.

    No error: scores that are no logarithms have their uses, as densities above 1, and gradients weighted by a return.
    """
    nan_unless(
        x,
        # NaN passes: it came from somewhere else, and shows in the loss.
        lambda xp, x: xp.logical_not(x > checks.slack(xp, x.dtype)),
        UserWarning,
        f"{name} takes {argument} as logarithms of probabilities, which are at most 0; larger ones came. Cure: {cure}.",
    )
