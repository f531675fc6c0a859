"""Dropout."""

from __future__ import annotations

from typing import Any

from xnn.arguments import check_arrays
from xnn.autograd.graph import Tracked
from xnn.autograd.primitive import lift
from xnn.errors import OptionError
from xnn.ops import elementwise
from xnn.ops.data_types import astype, dtype_of
from xnn.random import Generator, default_generator

from .operands import check_input

__all__ = ["dropout"]


def dropout(input: Any, p: float = 0.5, training: bool = True, *, generator: Generator | None = None) -> Any:
    """In training, each element becomes 0 with probability p, and the others grow by 1 / (1 - p).

    Srivastava et al., Dropout, 2014. The mask comes from `generator`, or the default stream, and is
    the same on every device and for every data type.

    Shapes: any, kept; floating-point.

    Raises:
        OptionError: if p is not from 0 to 1.
    """
    if not 0 <= p <= 1:
        raise OptionError(f"dropout takes a probability p from 0 to 1; got {p}")
    check_arrays("dropout", input=input)
    if not training or p == 0:
        return input
    check_input("dropout", input)
    device = input._device if isinstance(input, Tracked) else lift(input, "dropout")[1]
    draws = (generator or default_generator()).uniform(tuple(input.shape), dtype="float32", device=device)
    kept = astype(draws >= p, dtype_of(input))
    factor = kept * (1 / (1 - p)) if p < 1 else kept
    return elementwise.multiply(input, factor if isinstance(input, Tracked) else factor._data)
