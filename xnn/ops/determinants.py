"""Determinants of square matrices, of the standard's extension `linalg`, each with its derivative.

Types: floating, real or complex; integers become the default floating type.
"""

from __future__ import annotations

from typing import Any, Generic, NamedTuple

from xnn.autograd.primitive import primitive
from xnn.typing import A

from .cumulative import products_after, products_before
from .diagonals import from_diagonal
from .matrices import adjoint, conj, is_complex, scale_columns, scale_rows
from .promotion import floating

__all__ = [
    "det",
    "slogdet",
]


def _of_factors(xp: Any, u: Any, vh: Any) -> Any:
    """det(u) det(vh) of each matrix, as (..., 1, 1)."""
    return _each(xp, xp.linalg.det(u) * xp.linalg.det(vh))


def _products_without_pairs(xp: Any, s: Any) -> Any:
    """At (i, j), i != j, the product of the elements of s but these two; by no division, so that s may hold zeros."""
    wide = xp.broadcast_to(xp.expand_dims(s, axis=-2), (*s.shape, s.shape[-1]))
    between = products_before(xp, xp.triu(wide, k=1) + xp.tril(xp.ones_like(wide)))
    above = xp.triu(scale_columns(xp, scale_rows(xp, products_before(xp, s), between), products_after(xp, s)), k=1)
    return above + xp.matrix_transpose(above)


def _cofactors_rule(xp: Any, g: Any, out: Any, x: Any) -> Any:
    # The cofactors C have sum(g * C) = D det(A)[g]. With A = U S V^H, E = U^H g V and F = U^H dA V, its derivative is
    # det(U) det(V^H) sum(p_ij (E_ii F_jj - E_ij F_ji)) over i != j, where p_ij is the product of S without i and j.
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    pairs = _products_without_pairs(xp, s)
    e = adjoint(xp, u) @ g @ adjoint(xp, vh)
    on_diagonal = xp.sum(scale_rows(xp, xp.linalg.diagonal(e), pairs), axis=-2)
    inner = from_diagonal(on_diagonal) - xp.matrix_transpose(pairs * e)
    return _of_factors(xp, u, vh) * (conj(xp, u) @ inner @ conj(xp, vh))


@primitive(_cofactors_rule, keeps="x")
def _cofactors(xp: Any, x: A, /) -> A:
    """The cofactors of square matrices, the derivative of det: det(A) A^-T, and its limit where A is singular.

    adj(U S V^H) = adj(V^H) adj(S) adj(U), and adj(S) has products of all singular values but one (Higham, "What is the
    adjugate of a matrix?", 2020).
    """
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    others = products_before(xp, s) * products_after(xp, s)
    return _of_factors(xp, u, vh) * (scale_columns(xp, conj(xp, u), others) @ conj(xp, vh))


def _each(xp: Any, numbers: Any) -> Any:
    """One number for each matrix, as (..., 1, 1)."""
    return xp.expand_dims(xp.expand_dims(numbers, axis=-1), axis=-1)


# det is smooth everywhere, also where A has no inverse: PyTorch's derivative there is 0, which only rank n - 2 has.
@primitive(lambda xp, g, out, x: _each(xp, g) * _cofactors(x), keeps="x", promote=floating)
def det(xp: Any, x: A, /) -> A:
    """The determinant of square matrices; its derivatives of first and second order are right for singular ones too.

    Shapes: x (..., n, n); the result (...). Types: numeric; integers become the default floating type. Raises
    ShapeError for matrices that are not square.
    """
    return xp.linalg.det(x)


class SlogdetResult(NamedTuple, Generic[A]):
    """What slogdet gives: det(x) = sign * exp(logabsdet)."""

    sign: A
    logabsdet: A


def _slogdet_rule(xp: Any, g: Any, out: Any, x: Any) -> Any:
    # z = tr(A^-1 dA) is d log(det A): its real part that of logabsdet, i times its imaginary part that of log(sign)
    (of_sign, total), sign = g, out[0]
    if of_sign is not None and is_complex(x):
        turn = 1j * xp.astype(xp.imag(of_sign * sign), x.dtype)
        total = turn if total is None else total + turn
    if total is None:
        return xp.zeros_like(x)  # the sign of a real determinant is constant
    return _each(xp, total) * xp.matrix_transpose(xp.linalg.inv(x))


@primitive(_slogdet_rule, keeps="x out", promote=floating)
def _slogdet(xp: Any, x: A, /) -> tuple[A, A]:
    return tuple(xp.linalg.slogdet(x))


_slogdet.name = "slogdet"


def slogdet(x: A, /) -> SlogdetResult[A]:
    """Sign and logarithm of the absolute value of the determinant, for determinants beyond the type's range.

    Shapes: x (..., n, n); both results (...). Types: numeric; integers become the default floating type. The sign has
    the type of x, the logarithm the real one; of singular matrices they are 0 and -inf, and the derivative is the
    array library's inverse of x: LinAlgError, or numbers that are not finite.
    """
    return SlogdetResult(*_slogdet(x))
