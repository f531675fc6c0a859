"""Changes of shape alone."""

from __future__ import annotations

import math

from xnn.arguments import check_arrays, dim_of
from xnn.autograd.graph import Tracked
from xnn.errors import OptionError
from xnn.ops.manipulation import reshape
from xnn.typing import A

__all__ = ["flatten"]


def flatten(input: A, start_dim: int = 0, end_dim: int = -1) -> A:
    """The dimensions from start_dim to end_dim, both included, made one.

    Shapes: (N, C, H, W) to (N, C H W) for start_dim 1; () to (1,). Any data type.

    Raises:
        ShapeError: if input has no such dimensions.
        OptionError: if start_dim comes after end_dim.
    """
    if start_dim == 1 and end_dim == -1 and isinstance(input, Tracked) and len(shape := input._data.shape) > 1:
        return reshape(input, shape=(shape[0], math.prod(shape[1:])))  # as nearly always: half of the time
    check_arrays("flatten", input=input)
    shape = tuple(input.shape) or (1,)
    first = dim_of("flatten", "start_dim", start_dim, shape)
    last = dim_of("flatten", "end_dim", end_dim, shape)
    if first > last:
        raise OptionError(
            f"flatten: start_dim comes before end_dim; got {start_dim} and {end_dim} for {len(shape)} dimensions"
        )
    return reshape(input, shape=(*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))
