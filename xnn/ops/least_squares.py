"""Least squares of linear systems, of the extension `linalg`."""

from __future__ import annotations

from typing import Any, Generic, NamedTuple

from xnn.autograd.operands import device_of
from xnn.errors import OptionError, ShapeError
from xnn.typing import A

from .data_types import finfo
from .decompositions import svdvals
from .elementwise import abs as size_of
from .elementwise import square, subtract
from .indexing import getitem
from .linear_algebra import matmul
from .manipulation import expand_dims
from .matrices import as_floating
from .norms import matrix_rank
from .solving import pinv
from .statistical import sum as sum_of

__all__ = [
    "lstsq",
]


class LstsqResult(NamedTuple, Generic[A]):
    """What lstsq gives."""

    x: A
    residuals: A
    rank: A
    singular_values: A


def lstsq(a: A, b: A, rcond: float | None = None) -> LstsqResult[A]:
    """The x with the least sum of squares of b - a @ x, and of several the one of least norm, as NumPy's.

    Singular values up to rcond times the largest one count as 0. The derivative is that of pinv(a) @ b, for matrices of
    the same rank.

    Args:
        a: (m, n); integers become the default floating type.
        b: (m,) or (m, k).
        rcond: a number; max(m, n) times the type's epsilon if None, and the epsilon if negative.

    Returns:
        x (n,) or (n, k); residuals (1,) or (k,), the sums of squares, but (0,) if the rank is less than n, or m <= n;
        the rank of a, int64, of shape (); its singular values (min(m, n),). On a GPU it waits for the rank if m > n.

    Raises:
        ShapeError: for other shapes.
        OptionError: for an rcond that is no number.
    """
    for x in (a, b):
        device_of(x, "lstsq")
    shapes = tuple(a.shape), tuple(b.shape)
    if len(shapes[0]) != 2 or len(shapes[1]) not in (1, 2) or shapes[0][0] != shapes[1][0]:
        raise ShapeError(
            f"lstsq takes a (m, n), and b (m,) or (m, k); got {shapes[0]} and {shapes[1]}. "
            "Cure: pinv(a) @ b, for several matrices."
        )
    if rcond is not None and not isinstance(rcond, float | int):
        raise OptionError(f"lstsq: rcond is a number, or None; got {rcond!r}. Cure: float(rcond).")
    a = as_floating(a)
    tolerance: Any = float(finfo(a.dtype).eps) if rcond is not None and rcond < 0 else rcond
    x, rank = matmul(pinv(a, rtol=tolerance), b), matrix_rank(a, rtol=tolerance)
    m, n = shapes[0]
    waited: Any = rank
    rest = subtract(b, matmul(a, x))
    sums = sum_of(square(size_of(rest)), axis=0)
    sums = expand_dims(sums, axis=0) if len(shapes[1]) == 1 else sums
    if m <= n or int(waited) < n:
        sums = getitem(sums, slice(0, 0))
    return LstsqResult(x, sums, rank, svdvals(a))
