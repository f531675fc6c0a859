"""Diagonals of matrices and their sum, of the standard's extension `linalg`, each with its derivative."""

from __future__ import annotations

from typing import Any

from xnn.autograd.primitive import primitive
from xnn.typing import A, DTypeLike

from .statistical import sum as sum_of

__all__ = [
    "diagonal",
    "trace",
]


def _diagonal_rule(xp: Any, g: Any, out: Any, x: Any, offset: int) -> Any:
    return from_diagonal(g, rows=x.shape[-2], columns=x.shape[-1], offset=offset)


@primitive(_diagonal_rule, kind="linear")
def diagonal(xp: Any, x: A, /, *, offset: int = 0) -> A:
    """The diagonals of matrices; that of number `offset` lies above the main one, below for a negative number.

    Shapes: x (..., m, n); the result (..., k), of the k elements x[..., i, i + offset]. Types: all. Raises
    ShapeError for fewer than two dimensions.
    """
    return xp.linalg.diagonal(x, offset=offset)


@primitive(lambda xp, g, out, x, rows, columns, offset: diagonal(g, offset=offset), kind="linear")
def _from_diagonal(xp: Any, x: A, /, *, rows: int, columns: int, offset: int) -> A:
    """Matrices (..., rows, columns) with x on a diagonal and zeros elsewhere: the transpose of `diagonal`."""
    batch = tuple(x.shape[:-1])
    flat = xp.zeros((*batch, rows * columns), dtype=x.dtype, device=xp.device(x))
    count = x.shape[-1]
    if count:
        start = offset if offset >= 0 else -offset * columns
        step = columns + 1
        flat = xp.setitem(flat, (..., slice(start, start + (count - 1) * step + 1, step)), x)
    return xp.reshape(flat, (*batch, rows, columns))


_from_diagonal.name = "from_diagonal"


def from_diagonal(x: A, *, rows: int | None = None, columns: int | None = None, offset: int = 0) -> A:
    """Matrices (..., rows, columns) with x (..., k) on a diagonal and zeros elsewhere; by default (..., k, k)."""
    size = x.shape[-1]
    return _from_diagonal(
        x, rows=size if rows is None else rows, columns=size if columns is None else columns, offset=offset
    )


def trace(x: A, /, *, offset: int = 0, dtype: DTypeLike | None = None) -> A:
    """The sum along a diagonal of matrices.

    Shapes: x (..., m, n); the result (...). Types: numeric; small integers are summed in 64 bits; `dtype` is the type
    to sum in, and that of the result. `offset` is as in `diagonal`.
    """
    return sum_of(diagonal(x, offset=offset), axis=-1, dtype=dtype)
