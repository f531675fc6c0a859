"""What every loss shares: `reduction`, and the checks of input and target."""

from __future__ import annotations

from typing import Any

from xnn.arguments import check_arrays, check_floating
from xnn.errors import OptionError, ShapeError
from xnn.ops.data_types import astype, dtype_of
from xnn.ops.statistical import mean, sum


def reduce(values: Any, reduction: str) -> Any:
    """The mean or the sum of the values, or the values themselves for "none".

    Args:
        values: any shape, floating-point.
        reduction: "mean", "sum" or "none".

    Returns:
        shape (), or that of values with "none"; of their type.

    Raises:
        OptionError: for another reduction.
    """
    if reduction == "mean":
        return mean(values)
    if reduction == "sum":
        return sum(values)
    if reduction == "none":
        return values
    raise OptionError(f'reduction is "mean", "sum" or "none"; got {reduction!r}')


def check_pair(name: str, input: Any, target: Any) -> Any:
    """Check input and target of one shape: broadcasting a loss is nearly always a mistake.

    Args:
        name: of the loss, for the errors.
        input: any shape, floating-point.
        target: of the same shape; integers and bools become the type of input.

    Returns:
        target, floating-point, of its shape.

    Raises:
        TypeError: if one is no array.
        ShapeError: if the shapes differ.
        DTypeError: if input is not floating-point.
    """
    check_arrays(name, input=input, target=target)
    if tuple(input.shape) != tuple(target.shape):
        raise ShapeError(
            f"{name} takes input and target of one shape; got {tuple(input.shape)} and {tuple(target.shape)}. "
            "Cure: reshape one, as target[:, None] or xnn.squeeze(input, 1)."
        )
    check_floating(name, "input", input)
    return target if dtype_of(target).is_floating else astype(target, dtype_of(input))
