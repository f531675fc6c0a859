"""NumPy's diagonals and traces, of any two dimensions; those of `linalg` are of the last two."""

from __future__ import annotations

from xnn.autograd.operands import device_of
from xnn.autograd.refusals import axes_of
from xnn.typing import A, DTypeLike

from .diagonals import diagonal as diagonal_of_matrices
from .diagonals import trace as trace_of_matrices
from .manipulation import moveaxis

__all__ = [
    "diagonal",
    "trace",
]


def _matrices(name: str, a: A, axis1: int, axis2: int) -> A:
    """The array with two dimensions moved to its end."""
    device_of(a, name)
    return moveaxis(a, axes_of((axis1, axis2), len(a.shape), name), (-2, -1))


def diagonal(a: A, offset: int = 0, axis1: int = 0, axis2: int = 1) -> A:
    """The elements a[i, i + offset] of the dimensions axis1 and axis2, along a last dimension, as NumPy's.

    Shapes: a of at least two dimensions; the result lacks these two and ends with the diagonal. Types: all. Raises
    BoundsError for a dimension that is not there, or named twice. `linalg.diagonal` is of the last two.
    """
    return diagonal_of_matrices(_matrices("diagonal", a, axis1, axis2), offset=offset)


def trace(a: A, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: DTypeLike | None = None) -> A:
    """The sum of the elements a[i, i + offset] of the dimensions axis1 and axis2, as NumPy's.

    Shapes: a of at least two dimensions; the result lacks these two. Types: numeric; small integers are summed in 64
    bits; `dtype` is the type to sum in. Raises BoundsError for a dimension that is not there, or named twice.
    `linalg.trace` is of the last two.
    """
    return trace_of_matrices(_matrices("trace", a, axis1, axis2), offset=offset, dtype=dtype)
