"""What every loss has: `reduction`."""

from __future__ import annotations

import math

from xnn.dtypes import float32
from xnn.errors import OptionError
from xnn.ops.data_types import astype, dtype_of
from xnn.ops.elementwise import divide, multiply
from xnn.ops.statistical import mean, sum
from xnn.typing import A, AnyArray, Reduction


def check_reduction(reduction: str, *more: str) -> None:
    """Raise OptionError unless it is "mean", "sum" or "none", or one that the loss has beside them."""
    known = (*more, "mean", "sum", "none")
    if reduction not in known:
        names = ", ".join(f'"{name}"' for name in known[:-1])
        raise OptionError(f'reduction is {names} or "none"; got {reduction!r}')


def reduce(values: A, reduction: Reduction) -> A:
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


def reduce_weighted(values: A, weight: AnyArray | None, reduction: Reduction) -> A:
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
        return reduce(weighted, reduction)  # type: ignore[return-value]  # the kind of the first
    dtype = dtype_of(weighted)
    wide = float32 if dtype.bits == 16 else dtype  # the sums may be beyond float16 where their ratio is not
    return astype(divide(sum(weighted, dtype=wide), sum(weight, dtype=wide)), dtype, copy=False)  # type: ignore[return-value]  # the kind of the first
