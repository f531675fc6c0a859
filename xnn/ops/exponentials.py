"""Exponentials of matrices, of the extension `linalg`, in SciPy's names.

Types: floating, real or complex; integers become the default floating type.
"""

from __future__ import annotations

from typing import Any

from xnn.autograd.operands import device_of
from xnn.autograd.primitive import fused, primitive
from xnn.errors import ShapeError
from xnn.typing import A, AnyArray

from .elementwise import positive
from .indexing import getitem
from .matrices import as_floating, require_square
from .promotion import floating, of_arrays
from .statistical import max as largest

__all__ = [
    "expm",
    "expm_frechet",
    "matrix_exp",
]

# The approximant of order (13, 13), and up to which norm it is exact in float64 (Higham 2005, "The scaling and squaring
# method for the matrix exponential revisited").
PADE = (
    64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0, 129060195264000.0,
    10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0, 1.0,
)  # fmt: skip
LARGEST = 5.371920351148152


@primitive(promote=floating)
def _halvings(xp: Any, x: A, /) -> A:
    """How often matrices are halved, (..., 1, 1), until the approximant serves; 0 where a norm is not finite."""
    norms = xp.max(xp.sum(xp.abs(x), axis=-2, keepdims=True), axis=-1, keepdims=True)
    large = xp.logical_and(norms > LARGEST, xp.isfinite(norms))
    return xp.where(large, xp.ceil(xp.log2(xp.where(large, norms, LARGEST) / LARGEST)), xp.zeros_like(norms))


@fused()
def _expm(xp: Any, x: A, halvings: AnyArray, /, *, squarings: int) -> A:
    b = PADE
    x = x * xp.astype(xp.pow(2.0, -halvings), x.dtype)
    one = xp.eye(x.shape[-1], dtype=x.dtype, device=xp.device(x))
    x2 = x @ x
    x4 = x2 @ x2
    x6 = x4 @ x2
    high = x6 @ (b[13] * x6 + b[11] * x4 + b[9] * x2)
    odd = x @ (high + b[7] * x6 + b[5] * x4 + b[3] * x2 + b[1] * one)
    even = x6 @ (b[12] * x6 + b[10] * x4 + b[8] * x2) + b[6] * x6 + b[4] * x4 + b[2] * x2 + b[0] * one
    out = xp.linalg.solve(even - odd, even + odd)
    for i in range(squarings):
        out = xp.where(halvings > i, out @ out, out)
    return out


def expm(a: A) -> A:
    """The exponential of square matrices, by scaling and squaring of a Pade approximant, as SciPy's.

    Shapes: a (..., n, n); the result the same. Types: numeric; integers become the default floating type. On a GPU it
    waits for the largest norm. Raises ShapeError for matrices that are not square.
    """
    device_of(a, "expm")
    require_square("expm", a)
    a = as_floating(a)
    if 0 in a.shape:
        return positive(a)
    halvings = _halvings(a)
    waited: Any = largest(halvings)
    return _expm(a, halvings, squarings=int(waited))


def matrix_exp(a: A) -> A:
    """The exponential of square matrices, expm by its name in PyTorch.

    Shapes: a (..., n, n); the result the same. Types: numeric; integers become the default floating type.
    """
    return expm(a)


@fused(promote=of_arrays("expm_frechet", floating))
def _blocks(xp: Any, a: A, e: A, /) -> A:
    """[[a, e], [0, a]], whose exponential has exp(a) on its diagonal, and the derivative beside it (Van Loan 1978)."""
    a, e = xp.broadcast_arrays(a, e)
    top, bottom = xp.concat([a, e], axis=-1), xp.concat([xp.zeros_like(a), a], axis=-1)
    return xp.concat([top, bottom], axis=-2)


def expm_frechet(a: A, e: A) -> tuple[A, A]:
    """The exponential of square matrices, and its derivative at a in the direction e, as SciPy's.

    Shapes: a and e (..., n, n), where leading dimensions broadcast; the results the same. Types: numeric; promoted
    together, integers to the default floating type. Raises ShapeError for matrices that are not square, or not of one
    size.
    """
    for x in (a, e):
        device_of(x, "expm_frechet")
        require_square("expm_frechet", x)
    n = a.shape[-1]
    if e.shape[-1] != n:
        raise ShapeError(f"expm_frechet takes a and e of one size; got {tuple(a.shape)} and {tuple(e.shape)}.")
    out = expm(_blocks(a, e))
    top = getitem(out, (..., slice(None, n), slice(None)))
    return getitem(top, (..., slice(None), slice(None, n))), getitem(top, (..., slice(None), slice(n, None)))
