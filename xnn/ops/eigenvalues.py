"""Eigenvalues and eigenvectors of matrices, of the standard's extension `linalg`, each with its derivative.

Types: floating, real or complex; integers become the default floating type. The rules are PyTorch's (its
FunctionsManual.cpp, linalg_eig_backward): after Giles 2008, "Collected matrix derivative results for forward and
reverse mode algorithmic differentiation", 3.1, and Boeddeker et al. 2017, "On the computation of complex-valued
gradients".
"""

from __future__ import annotations

from typing import Any, Generic, Literal, NamedTuple

from xnn.autograd.graph import Tracked, is_recording
from xnn.autograd.operands import device_of
from xnn.autograd.primitive import primitive
from xnn.errors import OptionError
from xnn.typing import A

from .complex_numbers import conj as conjugate
from .diagonals import from_diagonal
from .linear_algebra import matrix_transpose
from .matrices import (
    adjoint,
    conj,
    demand,
    differences,
    hermitian,
    identity,
    is_complex,
    refuse_gauge,
    require_square,
    scale_columns,
    scale_rows,
)
from .promotion import floating

__all__ = [
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
]

PHASES = "a phase for each eigenvector"


class EighResult(NamedTuple, Generic[A]):
    """What eigh gives: x = (eigenvectors * eigenvalues) @ eigenvectors^H."""

    eigenvalues: A
    eigenvectors: A


@hermitian
def _eigh_rule(xp: Any, g: Any, out: Any, x: Any) -> Any:
    # V (gL + skew(V^H gV) / E) V^H, with E_ij = L_j - L_i and skew(X) = (X - X^H) / 2: a Hermitian gradient
    (gw, gv), (w, v) = g, out
    vh = adjoint(xp, v)
    if gv is None:
        return scale_columns(xp, v, gw) @ vh
    turn = vh @ gv
    turn = 0.5 * (turn - adjoint(xp, turn))
    inner = turn / differences(xp, w) * (1 - identity(xp, w))
    if gw is not None:
        inner = inner + from_diagonal(gw)
    result = v @ inner @ vh
    return refuse_gauge("eigh", result, xp.linalg.diagonal(turn), [gv], PHASES) if is_complex(v) else result


@primitive(_eigh_rule, keeps="out", promote=floating)
def _eigh(xp: Any, x: A, /) -> tuple[A, A]:
    return tuple(xp.linalg.eigh(x))


_eigh.name = "eigh"


def _lower(name: str, x: A, UPLO: str) -> A:
    """Matrices whose lower triangle says what the one that is named, "L" or "U", says in x."""
    if UPLO not in ("L", "U", "l", "u"):
        raise OptionError(f"{name}'s UPLO is 'L' or 'U', the triangle that is read; got {UPLO!r}. Cure: 'L'.")
    if UPLO in ("L", "l"):
        return x
    device_of(x, name)
    require_square(name, x)
    return conjugate(matrix_transpose(x))


def eigh(x: A, /, UPLO: Literal["L", "U"] = "L") -> EighResult[A]:
    """Eigenvalues and orthonormal eigenvectors of Hermitian matrices: x = (V * L) @ V^H.

    Shapes: x (..., n, n); eigenvalues (..., n), real and from the smallest on; eigenvectors (..., n, n), as columns.
    Types: numeric; integers become the default floating type.

    x is taken to be Hermitian: its lower triangle is read, or the upper one, as `UPLO` says, and the gradient is
    Hermitian, spread over both. The signs
    (or phases) of eigenvectors are any, and a derivative is of what does not depend on them. Where eigenvalues are
    equal, derivatives of eigenvectors are not finite; a function of the eigenvalues alone has one.

    Raises: GraphError in the backward pass of a loss that depends on phases of complex eigenvectors (on a GPU, at the
    next call that waits); ShapeError for matrices that are not square.
    """
    return EighResult(*_eigh(_lower("eigh", x, UPLO)))


@hermitian
def _eigvalsh_rule(xp: Any, g: Any, out: Any, x: Any) -> Any:
    # dL_i = v_i^H dA v_i
    v = xp.linalg.eigh(x)[1]
    return scale_columns(xp, v, g) @ adjoint(xp, v)


@primitive(_eigvalsh_rule, keeps="x", promote=floating)
def _eigvalsh(xp: Any, x: A, /) -> A:
    return xp.linalg.eigvalsh(x)


_eigvalsh.name = "eigvalsh"


def eigvalsh(x: A, /, UPLO: Literal["L", "U"] = "L") -> A:
    """The eigenvalues of Hermitian matrices, real and from the smallest on.

    Shapes: x (..., n, n); the result (..., n). Types: numeric; integers become the default floating type. The lower
    triangle of x is read, or the upper one, as `UPLO` says, and the gradient is Hermitian, spread over both.
    """
    return _eigvalsh(_lower("eigvalsh", x, UPLO))


class EigResult(NamedTuple, Generic[A]):
    """What eig gives: x @ eigenvectors = eigenvectors * eigenvalues."""

    eigenvalues: A
    eigenvectors: A


def _independent(v: Any) -> Any:
    """The eigenvectors v, if they are linearly independent; otherwise GraphError."""
    xp = device_of(v, "eig").backend.xp
    s = xp.linalg.svdvals(getattr(v, "_data", v))
    least = s.shape[-1] * float(xp.finfo(s.dtype).eps)
    smallest, largest = xp.getitem(s, (..., slice(-1, None))), xp.getitem(s, (..., slice(None, 1)))
    return demand(
        v,
        xp.logical_not(xp.any(smallest <= least * largest)),
        "eig has a derivative where the eigenvectors are linearly independent; a matrix here is defective, or within "
        "rounding of one. Cure: other matrices; or eigh, if they are Hermitian.",
    )


@hermitian
def _eig_rule(xp: Any, g: Any, out: Any, x: Any) -> Any:
    # V^-H (gL + (V^H gV - V^H V diag(Re(V^H gV))) / conj(E)) V^H, with E_ij = L_j - L_i, for columns of length 1
    (gw, gv), (w, v) = g, out
    v = _independent(v)
    vh = adjoint(xp, v)
    if gv is None:
        inner = scale_rows(xp, gw, vh)
    else:
        turn = vh @ gv
        along = xp.linalg.diagonal(turn)
        turn = turn - vh @ scale_columns(xp, v, xp.real(along))
        turn = turn / conj(xp, differences(xp, w)) * (1 - identity(xp, w))
        inner = (turn if gw is None else turn + from_diagonal(gw)) @ vh
    result = xp.linalg.solve(vh, inner)
    if gv is not None:
        result = refuse_gauge("eig", result, xp.imag(along), [gv], PHASES)
    return result if is_complex(x) else xp.real(result)


@primitive(_eig_rule, keeps="out", promote=floating)
def _eig(xp: Any, x: A, /) -> tuple[A, A]:
    return tuple(xp.linalg.eig(x))


_eig.name = "eig"


def eig(x: A, /) -> EigResult[A]:
    """Eigenvalues and eigenvectors of square matrices: x @ V = V * L.

    Shapes: x (..., n, n); eigenvalues (..., n), in no order; eigenvectors (..., n, n), as columns of length 1. Types:
    numeric; integers become the default floating type; both results are complex.

    The phases of eigenvectors are any, and a derivative is of what does not depend on them. Where eigenvalues are
    equal, derivatives of eigenvectors are not finite.

    Raises: GraphError in the backward pass, for a loss that depends on phases, and where eigenvectors are linearly
    dependent (on a GPU, both at the next call that waits); ShapeError for matrices that are not square.
    """
    return EigResult(*_eig(x))


@primitive(promote=floating)
def _eigvals(xp: Any, x: A, /) -> A:
    return xp.linalg.eigvals(x)


def eigvals(x: A, /) -> A:
    """The eigenvalues of square matrices, in no order.

    Shapes: x (..., n, n); the result (..., n). Types: numeric; integers become the default floating type; the result is
    complex. Raises GraphError in the backward pass where eigenvectors are linearly dependent (on a GPU, at the next
    call that waits).
    """
    # The order may be another one than eig's, whose eigenvectors the derivative needs.
    on_graph = isinstance(x, Tracked) and x._node is not None and is_recording()
    return eig(x).eigenvalues if on_graph else _eigvals(x)
