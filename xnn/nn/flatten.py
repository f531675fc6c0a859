"""Layers that only change the shape."""

from __future__ import annotations

import math
from typing import Any

from xnn.arguments import check_arrays, find_axis
from xnn.errors import ShapeError
from xnn.ops.manipulation import reshape

from . import functional as F
from .module import Module

__all__ = ["Flatten", "Unflatten"]


class Flatten(Module):
    """The dimensions from start_dim to end_dim made one; by default all but the batch's.

    Shapes: (N, ...) to (N, the product of the others). Any data type.

    Raises:
        ShapeError, OptionError: see `functional.flatten`.
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Any) -> Any:
        return F.flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """The dimension `dim` made several, of the sizes `unflattened_size`.

    Shapes: (N, the product) to (N, *unflattened_size) for dim 1. Any data type.

    Raises:
        ShapeError: if input has no such dimension, or it is not the product of the sizes.
    """

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]) -> None:
        super().__init__()
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, input: Any) -> Any:
        check_arrays("Unflatten", input=input)
        shape = tuple(input.shape)
        dim = find_axis("Unflatten", "dim", self.dim, shape)
        if shape[dim] != math.prod(self.unflattened_size):
            raise ShapeError(
                f"Unflatten makes {self.unflattened_size} of a dimension of {math.prod(self.unflattened_size)}; "
                f"dimension {self.dim} of shape {shape} has {shape[dim]}"
            )
        return reshape(input, (*shape[:dim], *self.unflattened_size, *shape[dim + 1 :]))

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
