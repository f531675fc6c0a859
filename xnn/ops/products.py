"""Products of vectors and powers of matrices, of the standard's extension `linalg`, each with its derivative."""

from __future__ import annotations

import operator
from typing import Any

from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.operands import device_of
from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import described
from xnn.errors import OptionError, ShapeError
from xnn.typing import A

from .elementwise import multiply, positive
from .linear_algebra import matmul
from .manipulation import reshape
from .matrices import as_floating, axis_of_vectors, require_square
from .promotion import arithmetic, of_arrays
from .searching import where
from .solving import inv

__all__ = [
    "cross",
    "matrix_power",
    "outer",
]


# The product a x b is linear in each, and sum(g * (a x b)) = sum((b x g) * a) = sum((g x a) * b).
@primitive(
    lambda xp, g, out, a, b, axis: xp.linalg.cross(b, g, axis=axis),
    lambda xp, g, out, a, b, axis: xp.linalg.cross(g, a, axis=axis),
    keeps="x1 x2",
    promote=of_arrays("cross", arithmetic),
    kind="multilinear",
)
def _cross(xp: Any, x1: A, x2: A, /, *, axis: int) -> A:
    return xp.linalg.cross(x1, x2, axis=axis)


_cross.name = "cross"


def cross(x1: A, x2: A, /, *, axis: int = -1) -> A:
    """The cross product of vectors of three elements.

    Shapes: x1 and x2 have the size 3 at `axis`, which counts from the end, and broadcast in the other dimensions; so
    does the result: (2, 1, 3) and (4, 3) give (2, 4, 3). Types: numeric; promoted together.

    Raises:
        ShapeError: for an axis out of range, or another size there.
        TypeError: for a Python scalar.
    """
    axis = axis_of_vectors("cross", x1, x2, axis)
    if not x1.shape[axis] == x2.shape[axis] == 3:
        raise ShapeError(
            f"cross takes vectors of 3 elements; the shapes {tuple(x1.shape)} and {tuple(x2.shape)} have "
            f"{x1.shape[axis]} and {x2.shape[axis]} along axis {axis}. Cure: axis=..., or a 0 as the third."
        )
    return _cross(x1, x2, axis=axis)


def outer(x1: A, x2: A, /) -> A:
    """The outer product of two vectors, x1[i] * x2[j] at (i, j); nothing is conjugated.

    Shapes: (n,) and (m,) give (n, m). Types: numeric; promoted together.

    Raises:
        ShapeError: for an array of another number of dimensions.
        TypeError: for a Python scalar.
    """
    for x in (x1, x2):
        device_of(x, "outer")
    if len(x1.shape) != 1 or len(x2.shape) != 1:
        raise ShapeError(
            f"outer takes two vectors; got shapes {tuple(x1.shape)} and {tuple(x2.shape)}. Cure: tensordot, axes=0."
        )
    return multiply(reshape(x1, (-1, 1)), reshape(x2, (1, -1)))


def matrix_power(x: A, n: int, /) -> A:
    """The n-th power of square matrices: the identity for 0, a power of the inverse for a negative n.

    Shapes: x (..., m, m); the result the same. Types: numeric; integers become the default floating type. The
    derivative of the identity is 0.

    Raises:
        ShapeError: for matrices that are not square.
        OptionError: if n is not an integer.
    """
    device = device_of(x, "matrix_power")
    require_square("matrix_power", x)
    try:
        n = operator.index(n)
    except TypeError:
        raise OptionError(f"matrix_power takes an integer n; got {described(n)}. Cure: int(n).") from None
    x = as_floating(x)
    if n == 0:
        xp = frontend.xp if isinstance(x, Tracked) else device.backend.xp
        with device.scope():
            one = xp.eye(x.shape[-1], dtype=x.dtype, device=xp.device(x))
            never = xp.zeros((), dtype=xp.bool, device=xp.device(x))
        return where(never, x, one)
    if n == 1:
        return positive(x)
    if n < 0:
        x, n = inv(x), -n
    # By squaring: log2(n) products, and one more for each further bit of n.
    result: Any = None
    while True:
        if n & 1:
            result = x if result is None else matmul(result, x)
        n >>= 1
        if not n:
            return result
        x = matmul(x, x)
