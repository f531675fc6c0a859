"""What every loss has: `reduction`."""

from __future__ import annotations

import math
from typing import Any

from xnn.errors import OptionError
from xnn.ops.elementwise import divide, multiply
from xnn.ops.statistical import mean, sum


def check_reduction(reduction: str) -> None:
    """Raise OptionError unless it is "mean", "sum" or "none"."""
    if reduction not in ("mean", "sum", "none"):
        raise OptionError(f'reduction is "mean", "sum" or "none"; got {reduction!r}')


def reduce(values: Any, reduction: str) -> Any:
    """The mean or the sum of the values, or the values themselves for "none".

    Args:
        values: any shape, floating-point.
        reduction: "mean", "sum" or "none".

    Returns:
        shape (), or that of values with "none"; of their type. The mean of nothing is NaN.

    Raises:
        OptionError: for another reduction.
    """
    check_reduction(reduction)
    if reduction == "none":
        return values
    if reduction == "sum":
        return sum(values)
    return multiply(sum(values), math.nan) if 0 in values.shape else mean(values)  # NumPy's mean of nothing warns


def reduce_weighted(values: Any, weight: Any, reduction: str) -> Any:
    """The same of values times weights, where the mean is the sum by the sum of weights; None: all weigh the same.

    Args:
        values: any shape, floating-point.
        weight: of the same shape; or None.
        reduction: "mean", "sum" or "none".

    Returns:
        shape (), or that of values with "none".

    Raises:
        OptionError: for another reduction.
    """
    if weight is None:
        return reduce(values, reduction)
    weighted = multiply(values, weight)
    if reduction != "mean" or 0 in values.shape:
        return reduce(weighted, reduction)
    return divide(sum(weighted), sum(weight))
