"""What every loss shares: `reduction`, and the check of shapes."""

from __future__ import annotations

from typing import Any

from xnn.errors import OptionError, ShapeError
from xnn.ops.statistical import mean, sum


def reduce(values: Any, reduction: str) -> Any:
    """The mean or the sum of the values, or the values themselves for "none".

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


def check_same_shape(name: str, input: Any, target: Any) -> None:
    """Raise ShapeError unless both shapes are the same: broadcasting a loss is nearly always a mistake."""
    if tuple(input.shape) != tuple(target.shape):
        raise ShapeError(
            f"{name} takes input and target of one shape; got {tuple(input.shape)} and {tuple(target.shape)}. "
            "Cure: reshape one, as target[:, None] or xnn.squeeze(input, 1)."
        )
