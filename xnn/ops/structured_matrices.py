"""Matrices that are constant along diagonals, of the extension `linalg`, in SciPy's names, each with its derivative."""

from __future__ import annotations

from typing import Any

from xnn.autograd.operands import device_of
from xnn.autograd.primitive import fused
from xnn.errors import ShapeError
from xnn.typing import A

from .complex_numbers import conj
from .manipulation import flip, roll
from .promotion import arithmetic, of_arrays

__all__ = [
    "circulant",
    "toeplitz",
]


@fused(promote=of_arrays("toeplitz", arithmetic))
def _toeplitz(xp: Any, c: A, r: A, /) -> A:
    m, n = c.shape[0], r.shape[0]
    # r backwards, without its first element, and c: the element i - j away from the first of c
    values = xp.concat([xp.flip(xp.getitem(r, slice(1, None)), axis=0), c], axis=0)
    i = xp.expand_dims(xp.arange(m, dtype=xp.int64, device=xp.device(c)), axis=1)
    j = xp.expand_dims(xp.arange(n, dtype=xp.int64, device=xp.device(c)), axis=0)
    places = xp.reshape(i - j + (n - 1), (m * n,))
    return xp.reshape(xp.take(values, places, axis=0), (m, n))


def _require_vectors(name: str, *vectors: Any) -> None:
    for x in vectors:
        device_of(x, name)
        if len(x.shape) != 1 or not x.shape[0]:
            raise ShapeError(f"{name} takes vectors of 1 element or more; got shape {tuple(x.shape)}.")


def toeplitz(c: A, r: A | None = None) -> A:
    """The matrix with c as its first column and r as its first row, constant along diagonals, as SciPy's.

    Shapes: c (m,), r (n,), whose first element is not read; the result (m, n). None is the conjugate of c. Types:
    numeric; promoted together. Raises ShapeError for what is no vector, or has no elements.
    """
    _require_vectors("toeplitz", c)
    row = conj(c) if r is None else r
    _require_vectors("toeplitz", row)
    return _toeplitz(c, row)


def circulant(c: A) -> A:
    """The matrix with c as its first column, and in each other column the one before, rolled by one, as SciPy's.

    Shapes: c (n,); the result (n, n). Types: numeric. Raises ShapeError for what is no vector, or has no elements.
    """
    _require_vectors("circulant", c)
    return _toeplitz(c, roll(flip(c, axis=0), 1))
