"""Losses of regression."""

from __future__ import annotations

from typing import Any

from xnn.ops.elementwise import square, subtract

from .reduction import check_pair, reduce


def mse_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """The squared error, (input - target) ** 2.

    Args:
        input: any shape, floating-point.
        target: of the same shape; integers and bools are cast to the type of input.
        reduction: "mean" of all elements, "sum", or "none".

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
    target = check_pair("mse_loss", input, target)
    return reduce(square(subtract(input, target)), reduction)
