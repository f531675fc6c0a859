"""Losses of regression: of the difference of two arrays, and of their relation."""

from __future__ import annotations

import math
from typing import Any

from xnn.arguments import number, positive
from xnn.autograd.primitive import fused, primitive
from xnn.ops.elementwise import abs, multiply, square, subtract
from xnn.ops.promotion import arithmetic
from xnn.typing import A, AnyArray, Reduction

from .operands import alike, without_left_out
from .reduction import reduce, reduce_weighted

__all__ = [
    "huber_loss",
    "l1_loss",
    "log_cosh",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "mse_loss",
    "smooth_l1_loss",
]

# Keras's backend.epsilon(), by which its losses keep off a division by 0.
EPSILON = 1e-7


def _operands(name: str, input: Any, target: Any, weight: Any, *, takes_complex: bool = False) -> list[Any]:
    if weight is None:
        return [*alike(name, takes_complex=takes_complex, input=input, target=target), None]
    input, target, weight = alike(name, input=input, target=target, weight=weight)
    return [*without_left_out(weight, input, target), weight]


def l1_loss(input: A, target: AnyArray, *, reduction: Reduction = "mean", weight: AnyArray | None = None) -> A:
    """The absolute error, |input - target|.

    Args:
        input: any shape, floating-point; without a weight also complex, of which the loss is real.
        target: of the same shape; integers and bools are cast to the type of input.
        reduction: "mean" of all elements (with a weight, by the sum of weights), "sum", or "none".
        weight: of the same shape, what each error is multiplied by; or None.

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if input is not floating-point.
        OptionError: for another reduction.
    """
    input, target, weight = _operands("l1_loss", input, target, weight, takes_complex=True)
    return reduce_weighted(abs(subtract(input, target)), weight, reduction)  # type: ignore[return-value]  # the kind of the first


def mse_loss(input: A, target: AnyArray, *, reduction: Reduction = "mean", weight: AnyArray | None = None) -> A:
    """The squared error, (input - target) ** 2.

    Args:
        input: any shape, floating-point.
        target: of the same shape; integers and bools are cast to the type of input.
        reduction: "mean" of all elements (with a weight, by the sum of weights), "sum", or "none".
        weight: of the same shape, what each error is multiplied by; or None.

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if input is not floating-point.
        OptionError: for another reduction.

    Example:
        >>> import xnn as xp
        >>> target = xp.asarray([0.0, 0.0], device="cpu")
        >>> float(xp.losses.mse_loss(xp.asarray([1.0, 3.0], device="cpu"), target))
        5.0
    """
    input, target, weight = _operands("mse_loss", input, target, weight)
    return reduce_weighted(square(subtract(input, target)), weight, reduction)  # type: ignore[return-value]  # the kind of the first


def _huber_rule(xp: Any, g: Any, out: Any, x: Any, delta: float) -> Any:
    # Of the definition it would be NaN where the error is infinite: that of x * x, times 0.
    return g * xp.clip(x, -delta, delta)


@primitive(_huber_rule, keeps="x", kind="elementwise")
def _huber(xp: Any, x: Any, /, *, delta: float) -> Any:
    size = xp.abs(x)
    return xp.where(size <= delta, 0.5 * x * x, delta * (size - 0.5 * delta))


def smooth_l1_loss(input: A, target: AnyArray, *, reduction: Reduction = "mean", beta: float = 1.0) -> A:
    """e ** 2 / (2 beta) where the error e is less than beta, |e| - beta / 2 elsewhere.

    Args:
        input: any shape, floating-point.
        target: of the same shape; integers and bools are cast to the type of input.
        reduction: "mean" of all elements, "sum", or "none".
        beta: where the parabola ends; 0 for `l1_loss`.

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if input is not floating-point.
        OptionError: for another reduction, or a negative beta.

    Girshick, Fast R-CNN, 2015.
    """
    input, target = alike("smooth_l1_loss", input=input, target=target)
    beta = number("smooth_l1_loss", "beta", beta, 0)
    if beta == 0:
        return reduce(abs(subtract(input, target)), reduction)  # type: ignore[return-value]  # the kind of the first
    return reduce(multiply(_huber(subtract(input, target), delta=beta), 1 / beta), reduction)


def huber_loss(
    input: A, target: AnyArray, *, reduction: Reduction = "mean", delta: float = 1.0, weight: AnyArray | None = None
) -> A:
    """e ** 2 / 2 where the error e is at most delta, delta (|e| - delta / 2) elsewhere.

    Args:
        input: any shape, floating-point.
        target: of the same shape; integers and bools are cast to the type of input.
        reduction: "mean" of all elements (with a weight too, as PyTorch's), "sum", or "none".
        delta: where the parabola ends; more than 0.
        weight: of the same shape, what each loss is multiplied by; or None.

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if input is not floating-point.
        OptionError: for another reduction, or a delta that is not more than 0.

    Huber, Robust estimation of a location parameter, 1964.
    """
    input, target, weight = _operands("huber_loss", input, target, weight)
    values = _huber(subtract(input, target), delta=positive("huber_loss", "delta", delta))
    return reduce(values if weight is None else multiply(values, weight), reduction)


@primitive(lambda xp, g, out, x: g * xp.tanh(x), keeps="x", kind="elementwise")
def _log_cosh(xp: Any, x: Any, /) -> Any:
    """log(cosh(x)): near 0 by sinh, which keeps all digits; elsewhere without overflow."""
    size = xp.abs(x)
    half = xp.sinh(0.5 * xp.minimum(size, 1.0))
    return xp.where(size < 1, xp.log1p(2.0 * half * half), size + xp.log1p(xp.exp(-2.0 * size)) - math.log(2))


def log_cosh(input: A, target: AnyArray, *, reduction: Reduction = "mean") -> A:
    """log(cosh(input - target)): like e ** 2 / 2 for small errors e, like |e| - log(2) for large ones.

    Args:
        input: any shape, floating-point.
        target: of the same shape; integers and bools are cast to the type of input.
        reduction: "mean" of all elements, "sum", or "none", of which Keras's function takes the mean over the last
            dimension.

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if input is not floating-point.
        OptionError: for another reduction.
    """
    input, target = alike("log_cosh", input=input, target=target)
    return reduce(_log_cosh(subtract(input, target)), reduction)


@fused(promote=arithmetic)
def _percentage(xp: Any, x: Any, t: Any, /) -> Any:
    return 100.0 * xp.abs((t - x) / xp.maximum(xp.abs(t), EPSILON))


def mean_absolute_percentage_error(input: A, target: AnyArray, *, reduction: Reduction = "mean") -> A:
    """100 |target - input| / |target|, whose denominator is at least 1e-7.

    Args:
        input: any shape, floating-point.
        target: of the same shape; integers and bools are cast to the type of input.
        reduction: "mean" of all elements, "sum", or "none", of which Keras's function takes the mean over the last
            dimension.

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if input is not floating-point.
        OptionError: for another reduction.

    Example:
        >>> import xnn as xp
        >>> came, wanted = xp.asarray([90.0, 220.0], device="cpu"), xp.asarray([100.0, 200.0], device="cpu")
        >>> float(xp.losses.mean_absolute_percentage_error(came, wanted))
        10.0
    """
    input, target = alike("mean_absolute_percentage_error", input=input, target=target)
    return reduce(_percentage(input, target), reduction)


@fused(promote=arithmetic)
def _squared_logarithmic(xp: Any, x: Any, t: Any, /) -> Any:
    error = xp.log1p(xp.maximum(x, EPSILON)) - xp.log1p(xp.maximum(t, EPSILON))
    return error * error


def mean_squared_logarithmic_error(input: A, target: AnyArray, *, reduction: Reduction = "mean") -> A:
    """(log(1 + input) - log(1 + target)) ** 2, where both are taken to be at least 1e-7.

    Args:
        input: any shape, floating-point; below 1e-7 its gradient is 0.
        target: of the same shape; integers and bools are cast to the type of input.
        reduction: "mean" of all elements, "sum", or "none", of which Keras's function takes the mean over the last
            dimension.

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if input is not floating-point.
        OptionError: for another reduction.
    """
    input, target = alike("mean_squared_logarithmic_error", input=input, target=target)
    return reduce(_squared_logarithmic(input, target), reduction)
