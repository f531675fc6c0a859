"""Matrices that a formula gives, of the extension `linalg`, in SciPy's names, each with its derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xnn.autograd.graph import Tracked
from xnn.autograd.operands import device_of, operand
from xnn.autograd.primitive import fused
from xnn.autograd.refusals import integer
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, DeviceLike, DTypeLike

from .complex_numbers import conj
from .creation import asarray, eye
from .data_types import dtype_of
from .elementwise import divide, multiply, negative
from .indexing import getitem
from .manipulation import concat, expand_dims, flip, roll
from .matrices import as_floating
from .promotion import arithmetic, of_arrays

if TYPE_CHECKING:
    from xnn.array_object import Array

__all__ = [
    "circulant",
    "companion",
    "hadamard",
    "hankel",
    "hilbert",
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


def hankel(c: A, r: A | None = None) -> A:
    """The matrix with c as its first column and r as its last row, constant along the other diagonals, as SciPy's.

    Shapes: c (m,), r (n,), whose first element is not read; the result (m, n). None is zeros. Types: numeric; promoted
    together. Raises ShapeError for what is no vector, or has no elements.
    """
    _require_vectors("hankel", c)
    row = multiply(c, 0) if r is None else r
    _require_vectors("hankel", row)
    return flip(_toeplitz(flip(c, axis=0), row), axis=0)


def hadamard(n: int, dtype: DTypeLike = "int64", *, device: DeviceLike | None = None) -> Array:
    """Sylvester's matrix of 1 and -1 whose rows are orthogonal, as SciPy's.

    Shapes: (n, n), for a power of 2. Types: `dtype`. Raises: OptionError for another n.
    """
    size = integer("hadamard", "n", n, least=1)
    if size & (size - 1):
        raise OptionError(f"hadamard: n is a power of 2; got {size}")
    rows = [[(-1) ** (i & j).bit_count() for j in range(size)] for i in range(size)]
    return asarray(rows, dtype=dtype, device=device)


def hilbert(n: int, *, device: DeviceLike | None = None) -> Array:
    """The matrix with 1 / (i + j + 1) at (i, j), as SciPy's, of the default floating type.

    Shapes: (n, n).
    """
    size = integer("hilbert", "n", n, least=1)
    return asarray([[1 / (i + j + 1) for j in range(size)] for i in range(size)], device=device)


def companion(a: A) -> A:
    """The matrix whose eigenvalues are the roots of a polynomial, as SciPy's.

    Shapes: a (n + 1,), the coefficients, highest first; the result (n, n). Types: floating; integers become the default
    floating type. Raises ShapeError for fewer than 2 coefficients.
    """
    x: Any = as_floating(operand(a, "companion"))
    if len(x.shape) != 1 or x.shape[0] < 2:
        raise ShapeError(f"companion takes 2 coefficients or more, (n + 1,); got shape {tuple(x.shape)}")
    first = divide(negative(getitem(x, slice(1, None))), getitem(x, 0))
    n = first.shape[0]
    below = eye(n - 1, n, dtype=dtype_of(first), device=device_of(first, "companion"))
    return concat([expand_dims(first, axis=0), below if isinstance(first, Tracked) else below._data], axis=0)


def circulant(c: A) -> A:
    """The matrix with c as its first column, and in each other column the one before, rolled by one, as SciPy's.

    Shapes: c (n,); the result (n, n). Types: numeric. Raises ShapeError for what is no vector, or has no elements.
    """
    _require_vectors("circulant", c)
    return _toeplitz(c, roll(flip(c, axis=0), 1))
