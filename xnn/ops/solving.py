"""Inverses and the solution of linear systems, of the standard's extension `linalg`, each with its derivative.

Types: floating, real or complex; integers become the default floating type. Singular matrices: NumPy and PyTorch raise
their own LinAlgError, CuPy gives numbers that are not finite.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xnn.autograd.operands import device_of
from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import axes_of, integer
from xnn.autograd.reverse import unbroadcast
from xnn.errors import ShapeError
from xnn.typing import A, AnyArray

from .manipulation import moveaxis, reshape
from .matrices import adjoint, first_floating, hermitian, require_square, scale_rows
from .promotion import floating, of_arrays

__all__ = [
    "inv",
    "pinv",
    "solve",
    "tensorinv",
    "tensorsolve",
]


def _inv_rule(xp: Any, g: Any, out: Any, x: Any) -> Any:
    # d(A^-1) = -A^-1 dA A^-1 (Giles 2008, 2.2.3)
    transposed = xp.matrix_transpose(out)
    return -(transposed @ g @ transposed)


@primitive(_inv_rule, keeps="out", promote=floating)
def inv(xp: Any, x: A, /) -> A:
    """The inverse of square matrices.

    Shapes: x (..., n, n); the result the same. Types: numeric; integers become the default floating type. Raises
    ShapeError for matrices that are not square, the array library's own error for singular ones (CuPy: not finite).
    """
    return xp.linalg.inv(x)


def _solve_rule(xp: Any, needs: Sequence[bool], g: Any, out: Any, a: Any, b: Any) -> list[Any]:
    # A dX = dB - dA X (Giles 2008, 2.3.1): the cotangent of B is A^-T g, that of A is -(A^-T g) X^T
    if b.ndim == 1:
        g, out = xp.expand_dims(g, axis=-1), xp.expand_dims(out, axis=-1) if needs[0] else None
    db = xp.linalg.solve(xp.matrix_transpose(a), g)
    da = unbroadcast(xp, -(db @ xp.matrix_transpose(out)), a) if needs[0] else None
    if not needs[1]:
        return [da, None]
    return [da, unbroadcast(xp, xp.squeeze(db, axis=-1) if b.ndim == 1 else db, b)]


@primitive(joint=_solve_rule, keeps="x1 out", promote=of_arrays("solve", floating))
def solve(xp: Any, x1: A, x2: A, /) -> A:
    """The solution x of x1 @ x = x2.

    Shapes: x1 (..., n, n), square matrices; x2 (n,), one vector for all of them, gives (..., n); x2 (..., n, k) gives
    (..., n, k), where leading dimensions broadcast. Types: numeric; promoted together, integers to the default floating
    type. Raises ShapeError for shapes that do not fit, and the array library's own error for singular x1 (CuPy: not
    finite).
    """
    require_square("solve", x1)
    if x2.ndim == 0 or x2.shape[-1 if x2.ndim == 1 else -2] != x1.shape[-1]:
        raise ShapeError(
            f"solve takes x1 (..., n, n), and x2 (n,) or (..., n, k); got {tuple(x1.shape)} and {tuple(x2.shape)}. "
            "Cure: xnn.reshape(x2, (-1, 1)) for one column."
        )
    return xp.linalg.solve(x1, x2)


def tolerance(xp: Any, s: Any, shape: tuple[int, ...], rtol: Any) -> Any:
    """Up to which size singular values (..., k) of matrices of that shape count as 0: (..., 1)."""
    if rtol is None:
        rtol = max(shape[-2:]) * float(xp.finfo(s.dtype).eps)
    elif not isinstance(rtol, float | int):
        rtol = xp.expand_dims(xp.astype(rtol, s.dtype), axis=-1)
    return xp.getitem(s, (..., slice(None, 1))) * rtol  # the first one is the largest


@hermitian
def _pinv_rule(xp: Any, g: Any, out: Any, x: Any, rtol: Any) -> Any:
    # Golub & Pereyra 1973, (4.12), for a rank that does not change nearby; P = A^+:
    # dP = -P dA P + P P^H dA^H (I - A P) + (I - P A) dA^H P^H P
    ph, gh = adjoint(xp, out), adjoint(xp, g)
    left, right = gh @ out, out @ gh
    left_ph, ph_right = left @ ph, ph @ right
    return (left_ph - x @ (out @ left_ph)) + (ph_right - (ph_right @ out) @ x) - ph @ g @ ph


@primitive(_pinv_rule, None, keeps="x out", promote=first_floating)
def _pinv(xp: Any, x: A, rtol: AnyArray | float | None = None, /) -> A:
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    large = s > tolerance(xp, s, x.shape, rtol)
    inverse = xp.where(large, 1 / xp.where(large, s, 1.0), 0.0)
    return adjoint(xp, vh) @ scale_rows(xp, inverse, adjoint(xp, u))


_pinv.name = "pinv"


def pinv(
    x: A,
    /,
    rcond: AnyArray | float | None = None,
    hermitian: bool = False,
    *,
    rtol: AnyArray | float | None = None,
) -> A:
    """The Moore-Penrose pseudo-inverse of matrices, whatever their rank.

    Singular values up to rtol times the largest one count as 0. The derivative is that of matrices of the same rank,
    whose pseudo-inverse is continuous; it does not depend on rtol.

    Args:
        x: (..., m, n); integers become the default floating type.
        rcond: NumPy's older name of rtol.
        hermitian: for NumPy's code, where it says that x equals its adjoint; nothing is gained by it.
        rtol: a number, or a real array that broadcasts with (...); max(m, n) times the type's epsilon if None.

    Returns:
        (..., n, m), in the type of x.
    """
    return _pinv(x, rcond if rtol is None else rtol)


def tensorinv(a: A, ind: int = 2) -> A:
    """The inverse of the linear map that tensordot(a, x, axes) is, over the dimensions from number `ind` on.

    Shapes: a (*m, *n), with as many elements in the first `ind` dimensions, m, as in the others, n; the result
    (*n, *m). Types: numeric; integers become the default floating type. Raises ShapeError for sizes that do not fit.
    """
    device_of(a, "tensorinv")
    ind = integer("tensorinv", "ind", ind, least=1)
    shape = tuple(a.shape)
    rows, columns = shape[:ind], shape[ind:]
    if math.prod(rows) != math.prod(columns):
        raise ShapeError(
            f"tensorinv takes as many elements in the first {ind} dimensions as in the others; got shape {shape}. "
            "Cure: another ind."
        )
    return reshape(inv(reshape(a, (math.prod(rows), math.prod(columns)))), columns + rows)


def tensorsolve(a: A, b: A, axes: Sequence[int] | None = None) -> A:
    """The solution x of tensordot(a, x, x.ndim) = b.

    Shapes: a (*b.shape, *n), with as many elements in n as b has, the result (*n); the dimensions `axes` of a are moved
    to its end first. Types: numeric; promoted together, integers to the default floating type.

    Raises:
        ShapeError: for sizes that do not fit.
    """
    for x in (a, b):
        device_of(x, "tensorsolve")
    if axes is not None:
        moved = axes_of(axes, len(a.shape), "tensorsolve")
        a = moveaxis(a, moved, tuple(range(-len(moved), 0)))
    shape, count = tuple(a.shape), math.prod(b.shape)
    columns = shape[len(b.shape) :]
    if math.prod(shape) != count**2 or math.prod(columns) != count:
        raise ShapeError(
            f"tensorsolve takes a of shape (*b.shape, *n), with as many elements in n as in b; got {shape} and "
            f"{tuple(b.shape)}. Cure: axes=..., which are moved to the end of a."
        )
    return reshape(solve(reshape(a, (count, count)), reshape(b, (count,))), columns)
