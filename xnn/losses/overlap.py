"""Losses of the overlap of two sets, as of the pixels of a segmentation, that hold where one class is rare."""

from __future__ import annotations

from typing import Any

from xnn.arguments import dim_of, number
from xnn.autograd.primitive import fused
from xnn.errors import OptionError
from xnn.ops.promotion import arithmetic
from xnn.typing import A, AnyArray, Axis, Reduction

from .labels import probabilities
from .operands import alike, look_at_shares
from .reduction import reduce

__all__ = ["dice", "tversky"]

# Keras's backend.epsilon(), by which two empty sets are not 0 / 0.
EPSILON = 1e-7


def _axes(name: str, axis: Axis | None, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    if axis is None:
        return None
    axes = tuple(dim_of(name, "axis", one, shape) for one in (axis if isinstance(axis, (tuple, list)) else (axis,)))
    if len(set(axes)) < len(axes):
        raise OptionError(f"{name}: axis names each dimension once; got {axis!r}")
    return axes


@fused(promote=arithmetic)
def _dice(xp: Any, x: Any, t: Any, /, *, axis: tuple[int, ...] | None) -> Any:
    both = xp.sum(x * t, axis=axis)
    return 1.0 - 2.0 * both / (xp.sum(x, axis=axis) + xp.sum(t, axis=axis) + EPSILON)


def _probabilities(name: str, input: Any, target: Any) -> tuple[Any, Any]:
    """Operands of one shape that are from 0 to 1: of others an overlap means nothing."""
    input, target = alike(name, input=input, target=target)
    look_at_shares(name, input)
    return probabilities(name, input, target), target


def dice(input: A, target: AnyArray, axis: Axis | None = None, *, reduction: Reduction = "mean") -> A:
    """1 - 2 sum(x t) / (sum(x) + sum(t) + 1e-7): 0 for a full overlap, 1 for none.

    Args:
        input: probabilities, any shape, floating-point.
        target: of the same shape, from 0 to 1; integers and bools are cast to the type of input.
        axis: the dimensions that are summed over, an int or several; None for all.
        reduction: "mean" of what the other dimensions hold, "sum", or "none".

    Returns:
        shape (), or that of input without `axis` with "none".

    Raises:
        ShapeError: if the shapes differ, or have no such dimension.
        DTypeError: if input is not floating-point.
        LabelError: for a target that is not from 0 to 1: at once on the CPU; on a GPU the loss is NaN, and the next
            call that waits for the device raises. Such an input is warned of.
        OptionError: for another reduction, or a dimension that comes twice.

    Milletari et al., V-Net, 2016.

    Example:
        >>> import xnn as xp
        >>> mask = xp.asarray([1.0, 1.0, 0.0, 0.0], device="cpu")
        >>> round(float(xp.losses.dice(xp.asarray([1.0, 0.0, 1.0, 0.0], device="cpu"), mask)), 4)
        0.5
    """
    input, target = _probabilities("dice", input, target)
    return reduce(_dice(input, target, axis=_axes("dice", axis, tuple(input.shape))), reduction)


@fused(promote=arithmetic)
def _tversky(xp: Any, x: Any, t: Any, /, *, alpha: float, beta: float, axis: tuple[int, ...] | None) -> Any:
    both = xp.sum(x * t, axis=axis)
    missed, wrong = xp.sum((1.0 - x) * t, axis=axis), xp.sum(x * (1.0 - t), axis=axis)
    return 1.0 - both / (both + alpha * missed + beta * wrong + EPSILON)


def tversky(
    input: A,
    target: AnyArray,
    alpha: float = 0.5,
    beta: float = 0.5,
    axis: Axis | None = None,
    *,
    reduction: Reduction = "mean",
) -> A:
    """1 - o / (o + alpha m + beta w + 1e-7), with the overlap o = sum(x t), what is missed m and what is wrong w.

    Args:
        input: probabilities, any shape, floating-point.
        target: of the same shape, from 0 to 1; integers and bools are cast to the type of input.
        alpha: the weight of m = sum((1 - x) t), at least 0; Keras calls them false positives.
        beta: the weight of w = sum(x (1 - t)), at least 0. With both 1 / 2 the loss is `dice`.
        axis: the dimensions that are summed over, an int or several; None for all.
        reduction: "mean" of what the other dimensions hold, "sum", or "none".

    Returns:
        shape (), or that of input without `axis` with "none".

    Raises:
        ShapeError: if the shapes differ, or have no such dimension.
        DTypeError: if input is not floating-point.
        LabelError: for a target that is not from 0 to 1: at once on the CPU; on a GPU the loss is NaN, and the next
            call that waits for the device raises. Such an input is warned of.
        OptionError: for another reduction, a dimension that comes twice, or a negative weight.

    Salehi et al., Tversky loss function for image segmentation using 3D fully convolutional deep networks, 2017.
    """
    input, target = _probabilities("tversky", input, target)
    alpha, beta = number("tversky", "alpha", alpha, 0), number("tversky", "beta", beta, 0)
    axes = _axes("tversky", axis, tuple(input.shape))
    return reduce(_tversky(input, target, alpha=alpha, beta=beta, axis=axes), reduction)
