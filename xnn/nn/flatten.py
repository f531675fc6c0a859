"""Layers that only change the shape."""

from __future__ import annotations

import math

from xnn.arguments import check_arrays, dim_of, whole
from xnn.errors import OptionError, ShapeError
from xnn.ops.manipulation import reshape
from xnn.typing import A

from . import functional as F
from .module import Module

__all__ = ["Flatten", "Unflatten"]


class Flatten(Module):
    """The dimensions from start_dim to end_dim made one; by default all but the batch's.

    Args:
        start_dim: the first of them.
        end_dim: the last.

    Shapes: (N, ...) to (N, the product of the others). Any data type.

    Raises:
        ShapeError, OptionError: see `functional.flatten`.
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: A) -> A:
        return F.flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """The dimension `dim` made several, of the sizes `unflattened_size`.

    Args:
        dim: the dimension.
        unflattened_size: the sizes; one of them may be -1: what the others leave.

    Shapes: (N, the product) to (N, *unflattened_size) for dim 1. Any data type.

    Raises:
        OptionError: if unflattened_size are no sizes.
        ShapeError: if input has no such dimension, or it is not the product of the sizes.

    Example:
        >>> import xnn as xp
        >>> xp.nn.Unflatten(1, (3, -1))(xp.zeros((2, 12), device="cpu")).shape
        (2, 3, 4)
    """

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]) -> None:
        super().__init__()
        self.dim = dim
        given = unflattened_size if isinstance(unflattened_size, (tuple, list)) else ()
        self.unflattened_size = tuple(whole("each of Unflatten's unflattened_size", n, -1) for n in given)
        if not given or self.unflattened_size.count(-1) > 1:
            raise OptionError(
                "Unflatten takes unflattened_size as a tuple of sizes, of which one may be -1; "
                f"got {unflattened_size!r}"
            )

    def forward(self, input: A) -> A:
        check_arrays("Unflatten", input=input)
        shape, sizes = tuple(input.shape), self.unflattened_size
        dim = dim_of("Unflatten", "dim", self.dim, shape)
        known = math.prod(n for n in sizes if n != -1)
        if -1 in sizes and known and shape[dim] % known == 0:
            sizes = tuple(shape[dim] // known if n == -1 else n for n in sizes)
        if -1 in sizes or shape[dim] != math.prod(sizes):
            raise ShapeError(
                f"Unflatten makes {self.unflattened_size} of a dimension of {'a multiple of ' * (-1 in sizes)}{known}; "
                f"dimension {self.dim} of shape {shape} has {shape[dim]}"
            )
        return reshape(input, (*shape[:dim], *sizes, *shape[dim + 1 :]))

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
