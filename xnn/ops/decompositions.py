"""Cholesky, QR and singular value decompositions, of the standard's extension `linalg`, each with its derivative.

Types: floating, real or complex; integers become the default floating type. The rules are PyTorch's (its
FunctionsManual.cpp): after Giles 2008, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation"; Walter & Lehmann 2010, "Algorithmic differentiation of linear algebra functions"; Townsend 2016,
"Differentiating the singular value decomposition".
"""

from __future__ import annotations

from typing import Any, Generic, Literal, NamedTuple, overload

from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import refuse_texts
from xnn.errors import GraphError, OptionError
from xnn.typing import A

from .complex_numbers import conj as conjugate
from .diagonals import from_diagonal
from .linear_algebra import matrix_transpose
from .matrices import (
    adjoint,
    hermitian,
    identity,
    is_complex,
    refuse_gauge,
    scale_columns,
    scale_rows,
)
from .promotion import floating

__all__ = [
    "cholesky",
    "qr",
    "svd",
    "svdvals",
]


@hermitian
def _cholesky_rule(xp: Any, g: Any, out: Any, x: Any) -> Any:
    # dL = L tril(L^-1 dA L^-H), with half of the diagonal (Giles 2008, 4.1); given as a Hermitian gradient
    lh = adjoint(xp, out)
    lower = xp.tril(lh @ g)
    half = 0.5 * (lower + adjoint(xp, xp.tril(lower, k=-1)))
    return adjoint(xp, xp.linalg.solve(lh, adjoint(xp, xp.linalg.solve(lh, half))))


@primitive(_cholesky_rule, keeps="out", promote=floating)
def _cholesky(xp: Any, x: A, /) -> A:
    return xp.linalg.cholesky(x)


_cholesky.name = "cholesky"


def cholesky(x: A, /, *, upper: bool = False) -> A:
    """The lower triangular factor L of positive definite matrices, x = L L^H; the upper one is L^H, if `upper`.

    Shapes: x (..., n, n); the result the same. Types: numeric; integers become the default floating type. x is taken
    to be Hermitian: its lower triangle is read, and the gradient is Hermitian, spread over both. Raises the array
    library's own error for x that is not positive definite (CuPy: NaN).
    """
    refuse_texts("cholesky", upper=upper)
    factor = _cholesky(x)
    if not upper:
        return factor
    factor = matrix_transpose(factor)
    return conjugate(factor) if is_complex(factor) else factor


class QRResult(NamedTuple, Generic[A]):
    """What qr gives: x = Q @ R."""

    Q: A
    R: A


@hermitian
def _qr_rule(xp: Any, g: Any, out: Any, x: Any, mode: str) -> Any:
    (gq, gr), (q, r) = g, out
    m, n = x.shape[-2:]
    if mode == "complete" and m > n:
        raise GraphError(
            f"qr with mode='complete' has no derivative for more rows than columns, because Q is completed freely; "
            f"got {m} rows and {n} columns. Cure: mode='reduced'."
        )
    if m < n:
        # A = (A1, A2) with A1 = Q R1, and R2 = Q^H A2: what R2 receives goes on to Q and A2
        r2 = xp.getitem(r, (..., slice(m, None)))
        r = xp.getitem(r, (..., slice(None, m)))
        wide = xp.zeros_like(r2)
        if gr is not None:
            gr2 = xp.getitem(gr, (..., slice(m, None)))
            gr = xp.getitem(gr, (..., slice(None, m)))
            of_q, wide = q @ r2 @ adjoint(xp, gr2), q @ gr2
            gq = of_q if gq is None else gq + of_q
        return xp.concat([_qr_square(xp, gq, gr, q, r), wide], axis=-1)
    return _qr_square(xp, gq, gr, q, r)


def _qr_square(xp: Any, gq: Any, gr: Any, q: Any, r: Any) -> Any:
    # (gQ + Q H) R^-H, where H is Hermitian with the upper triangle of gR R^H - Q^H gQ and a real diagonal, as that of R
    # (Walter & Lehmann 2010; with complex numbers, Roberts & Roberts 2020, "QR and LQ decomposition matrix
    # backpropagation algorithms for square, wide, and deep matrices")
    inner = 0.0
    if gr is not None:
        inner = gr @ adjoint(xp, r)
    if gq is not None:
        inner = inner - adjoint(xp, q) @ gq
    half = xp.triu(inner) * (1 - 0.5 * identity(xp, inner))
    total = q @ (half + adjoint(xp, half))
    if gq is not None:
        total = gq + total
    return adjoint(xp, xp.linalg.solve(r, adjoint(xp, total)))


@primitive(_qr_rule, keeps="out", promote=floating)
def _qr(xp: Any, x: A, /, *, mode: str) -> tuple[A, A]:
    return tuple(xp.linalg.qr(x, mode=mode))


_qr.name = "qr"


def qr(x: A, /, *, mode: Literal["reduced", "complete"] = "reduced") -> QRResult[A]:
    """Matrices with orthonormal columns and upper triangular ones, x = Q @ R.

    The derivative is of matrices whose first k columns are independent; elsewhere it raises the array library's own
    error, or is not finite.

    Args:
        x: (..., m, n); integers become the default floating type.
        mode: "reduced" gives Q (..., m, k) and R (..., k, n), with k = min(m, n); "complete" Q (..., m, m) and R
            (..., m, n).

    Raises:
        OptionError: for another mode.
        GraphError: in the backward pass, with "complete" and m > n: the last columns of Q are any.
    """
    if mode not in ("reduced", "complete"):
        raise OptionError(f"qr's mode is 'reduced' or 'complete'; got {mode!r}")
    return QRResult(*_qr(x, mode=mode))


class SVDResult(NamedTuple, Generic[A]):
    """What svd gives: x = (U * S) @ Vh, with the reduced U and Vh."""

    U: A
    S: A
    Vh: A


def _reduced(xp: Any, g: Any, u: Any, k: int) -> tuple[Any, Any, tuple[Any, Any] | None]:
    """Of U, or V, the k columns that belong to singular values, their cotangent, and that of the other columns.

    Those, u2, span what the first, u1, leave: when u1 turns, du2 = -u1 (u2^H du1)^H.
    """
    if u.shape[-1] == k:
        return g, u, None
    first, last = (..., slice(None, k)), (..., slice(k, None))
    u1, u2 = xp.getitem(u, first), xp.getitem(u, last)
    if g is None:
        return None, u1, None
    g2 = xp.getitem(g, last)
    turn = adjoint(xp, u2) @ g2
    return xp.getitem(g, first) - u2 @ (adjoint(xp, g2) @ u1), u1, (turn - adjoint(xp, turn), g2)


def _turning(xp: Any, g: Any, u: Any, s: Any) -> tuple[Any, Any]:
    """skew(U^H gU), and (I - U U^H) gU S^-1 unless U is square; the same for V."""
    uh = adjoint(xp, u)
    turn = uh @ g
    turn = turn - adjoint(xp, turn)
    if u.shape[-2] == u.shape[-1]:
        return turn, None
    steep = g / xp.expand_dims(s, axis=-2)
    return turn, steep - u @ (uh @ steep)


@hermitian
def _svd_rule(xp: Any, g: Any, out: Any, x: Any, full_matrices: bool) -> Any:
    # Townsend 2016, with complex numbers PyTorch's svd_backward. With E_ij = s_j^2 - s_i^2 and skew(X) = X - X^H:
    # U [(skew(U^H gU) / E) S + S (skew(V^H gV) / E) + gS + diag(skew(U^H gU)) / (2 S)] V^H
    #   + (I - U U^H) gU S^-1 V^H + U S^-1 gV^H (I - V V^H)
    (gu, gs, gvh), (u, s, vh) = g, out
    gu, u, free_u = _reduced(xp, gu, u, s.shape[-1])
    gv, v, free_v = _reduced(xp, None if gvh is None else adjoint(xp, gvh), adjoint(xp, vh), s.shape[-1])
    vh = adjoint(xp, v)
    if gu is None and gv is None:
        return scale_columns(xp, u, gs) @ vh
    columns, rows = xp.expand_dims(s, axis=-2), xp.expand_dims(s, axis=-1)
    gap = (columns - rows) * (columns + rows) + identity(xp, s)  # the diagonal is divided by, too
    inner, outside, phases = [], [], []
    if gs is not None:
        inner.append(from_diagonal(gs))
    if gu is not None:
        turn, beyond = _turning(xp, gu, u, s)
        inner.append(scale_columns(xp, turn / gap, s))
        outside += [] if beyond is None else [beyond @ vh]
        phases.append(xp.linalg.diagonal(turn))
    if gv is not None:
        turn, beyond = _turning(xp, gv, v, s)
        inner.append(scale_rows(xp, s, turn / gap))
        outside += [] if beyond is None else [u @ adjoint(xp, beyond)]
        phases.append(xp.linalg.diagonal(turn))
    if is_complex(u) and len(phases) == 2:
        inner.append(from_diagonal(phases[0] / (2 * s)))
    result = _total([u @ _total(inner) @ vh, *outside])
    if is_complex(u) and phases:
        cotangents = [one for one in (gu, gv) if one is not None]
        result = refuse_gauge("svd", result, _total(phases), cotangents, "a phase for each pair of singular vectors")
    for turn, among in filter(None, (free_u, free_v)):
        result = refuse_gauge("svd", result, turn, [among], "a basis of what no singular value belongs to")
    return result


def _total(terms: list[Any]) -> Any:
    return sum(terms[1:], terms[0])


@primitive(_svd_rule, keeps="out", promote=floating)
def _svd(xp: Any, x: A, /, *, full_matrices: bool) -> tuple[A, A, A]:
    return tuple(xp.linalg.svd(x, full_matrices=full_matrices))


_svd.name = "svd"


@overload
def svd(
    x: A, /, full_matrices: bool = True, compute_uv: Literal[True] = True, hermitian: bool = False
) -> SVDResult[A]: ...
@overload
def svd(x: A, /, full_matrices: bool = True, *, compute_uv: Literal[False], hermitian: bool = False) -> A: ...
@overload
def svd(x: A, /, full_matrices: bool, compute_uv: Literal[False], hermitian: bool = False) -> A: ...
def svd(x: A, /, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> SVDResult[A] | A:
    """Singular values, and singular vectors as the columns of U and the rows of Vh: x = (U * S) @ Vh, if reduced.

    The signs of singular vectors (complex ones: a common phase for each pair) are any, and so is the basis of what the
    k singular values leave; a derivative is of what does not depend on these. Derivatives of singular vectors are not
    finite where singular values are equal, or 0; those of S are right all the same.

    Args:
        x: (..., m, n); integers become the default floating type.
        full_matrices: U (..., m, m) and Vh (..., n, n), or U (..., m, k) and Vh (..., k, n), with k = min(m, n).
        compute_uv: with False it gives S alone, as `svdvals`.
        hermitian: for NumPy's code, where it says that x equals its adjoint; nothing is gained by it.

    Returns:
        U, S (..., k), real and from the largest on, and Vh.

    Raises:
        GraphError: in the backward pass of a loss that depends on what is any (on a GPU, at the next call that waits).
    """
    return SVDResult(*_svd(x, full_matrices=full_matrices)) if compute_uv else svdvals(x)


@hermitian
def _svdvals_rule(xp: Any, g: Any, out: Any, x: Any) -> Any:
    # ds_i = Re(u_i^H dA v_i), also where singular values are equal (any basis will do) or 0, as in PyTorch
    u, _, vh = xp.linalg.svd(x, full_matrices=False)
    return scale_columns(xp, u, g) @ vh


@primitive(_svdvals_rule, keeps="x", promote=floating)
def svdvals(xp: Any, x: A, /) -> A:
    """The singular values of matrices, from the largest on.

    Shapes: x (..., m, n); the result (..., min(m, n)). Types: numeric; integers become the default floating type; the
    result is real.
    """
    return xp.linalg.svdvals(x)
