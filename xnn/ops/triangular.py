"""Triangular systems and Cholesky factors, of the extension `linalg`, in SciPy's names, each with its derivative.

Types: floating, real or complex; integers become the default floating type. Leading dimensions are of several systems
and broadcast, as those of `solve`. A 0 on a diagonal: NumPy raises its own LinAlgError, others give what is not finite.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from xnn.autograd.operands import device_of
from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import refuse_texts
from xnn.autograd.reverse import unbroadcast
from xnn.errors import OptionError, ShapeError
from xnn.typing import A

from .complex_numbers import conj as conjugate
from .decompositions import cholesky
from .linear_algebra import matrix_transpose
from .manipulation import expand_dims, squeeze
from .matrices import require_square
from .promotion import floating, of_arrays

__all__ = [
    "cho_factor",
    "cho_solve",
    "solve_triangular",
]

Transposition = Literal[0, 1, 2, "N", "T", "C"]
BLOCK = 64  # rows that are left to the library's solver


def triangle(xp: Any, a: Any, lower: bool, unit: bool) -> Any:
    """The triangle of matrices, with ones on the diagonal if it is a unit one."""
    out = xp.tril(a) if lower else xp.triu(a)
    if not unit:
        return out
    n = xp.arange(a.shape[-1], dtype=xp.int64, device=xp.device(a))
    on_diagonal = xp.expand_dims(n, axis=0) == xp.expand_dims(n, axis=1)
    return xp.where(on_diagonal, xp.ones_like(out), out)


def substitute(xp: Any, a: Any, b: Any, lower: bool, unit: bool) -> Any:
    """The solution of a system of the triangle of a, (..., n, n), and b (..., n, k), halved until blocks are small."""
    n = a.shape[-1]
    if (library := getattr(xp.linalg, "solve_triangular", None)) is not None:
        return library(a, b, upper=not lower, unitriangular=unit)
    if n <= BLOCK:
        a = triangle(xp, a, lower, unit)
        if not lower:
            return xp.linalg.solve(a, b)
        # Upside down it is an upper triangle, for which Gaussian elimination is substitution: nothing is exchanged.
        a, b = xp.flip(a, axis=(-2, -1)), xp.flip(b, axis=-2)
        return xp.flip(xp.linalg.solve(a, b), axis=-2)
    half = n // 2
    top, bottom = slice(None, half), slice(half, None)
    b1, b2 = xp.getitem(b, (..., top, slice(None))), xp.getitem(b, (..., bottom, slice(None)))
    a11, a22 = xp.getitem(a, (..., top, top)), xp.getitem(a, (..., bottom, bottom))
    if lower:
        x1 = substitute(xp, a11, b1, lower, unit)
        x2 = substitute(xp, a22, b2 - xp.getitem(a, (..., bottom, top)) @ x1, lower, unit)
    else:
        x2 = substitute(xp, a22, b2, lower, unit)
        x1 = substitute(xp, a11, b1 - xp.getitem(a, (..., top, bottom)) @ x2, lower, unit)
    if x1.shape[:-2] != x2.shape[:-2]:
        x1 = xp.broadcast_to(x1, (*x2.shape[:-2], *x1.shape[-2:]))
    return xp.concat([x1, x2], axis=-2)


def _rule(xp: Any, needs: Sequence[bool], g: Any, out: Any, a: Any, b: Any, lower: bool, unit: bool) -> list[Any]:
    # as that of solve, where only the triangle has a part
    db = triangular(xp.matrix_transpose(a), g, lower=not lower, unit=unit)
    da = None
    if needs[0]:
        da = -(db @ xp.matrix_transpose(out))
        da = xp.tril(da, k=-1 if unit else 0) if lower else xp.triu(da, k=1 if unit else 0)
        da = unbroadcast(xp, da, a)
    return [da, unbroadcast(xp, db, b) if needs[1] else None]


@primitive(joint=_rule, keeps="a out", promote=of_arrays("solve_triangular", floating))
def triangular(xp: Any, a: A, b: A, /, *, lower: bool, unit: bool) -> A:
    """The solution of triangular systems, for b (..., n, k)."""
    return substitute(xp, a, b, lower, unit)


triangular.name = "solve_triangular"


def require_sides(name: str, a: Any, b: Any) -> None:
    """Raise ShapeError unless a is (..., n, n), and b (n,) or (..., n, k)."""
    for x in (a, b):
        device_of(x, name)
    require_square(name, a)
    shape = tuple(b.shape)
    if not shape or shape[-1 if len(shape) == 1 else -2] != a.shape[-1]:
        raise ShapeError(
            f"{name} takes matrices (..., n, n), and b (n,) or (..., n, k); got {tuple(a.shape)} and {shape}. "
            "Cure: xnn.reshape(b, (-1, 1)) for one column."
        )


def transposition(name: str, trans: Transposition) -> int:
    """0, or 1 for the transpose, or 2 for the adjoint."""
    if trans not in (0, 1, 2, "N", "T", "C"):
        raise OptionError(f"{name}'s trans is 0, 1 or 2, or 'N', 'T' or 'C'; got {trans!r}. Cure: 0, for a itself.")
    return "NTC".index(trans) if isinstance(trans, str) else int(trans)


def of_trans(a: A, trans: int) -> A:
    """The matrices, their transpose, or their adjoint."""
    a = matrix_transpose(a) if trans else a
    return conjugate(a) if trans == 2 else a


def solve_triangular(a: A, b: A, trans: Transposition = 0, lower: bool = False, unit_diagonal: bool = False) -> A:
    """The solution x of a @ x = b for triangular matrices a, as SciPy's.

    Shapes: a (..., n, n); b (n,), one vector for all of them, gives (..., n); b (..., n, k) gives (..., n, k), where
    leading dimensions broadcast. Types: numeric; promoted together, integers to the default floating type.

    Args:
        a: matrices, of which the upper triangle is read, or the lower one if `lower`.
        b: right-hand sides.
        trans: 0 or "N"; 1 or "T" solves a.mT @ x = b; 2 or "C" with the adjoint of a.
        lower: which triangle.
        unit_diagonal: take the diagonal for ones, without reading it.

    Raises:
        ShapeError: for shapes that do not fit.
        OptionError: for another `trans`.
    """
    refuse_texts("solve_triangular", lower=lower, unit_diagonal=unit_diagonal)
    require_sides("solve_triangular", a, b)
    turned = transposition("solve_triangular", trans)
    return columns(of_trans(a, turned), b, bool(lower) != (turned > 0), bool(unit_diagonal))


def columns(a: A, b: A, lower: bool, unit: bool = False) -> A:
    """The solution of triangular systems, for b (n,) or (..., n, k)."""
    if len(b.shape) > 1:
        return triangular(a, b, lower=lower, unit=unit)
    return squeeze(triangular(a, expand_dims(b, axis=-1), lower=lower, unit=unit), axis=-1)


def cho_factor(a: A, lower: bool = False) -> tuple[A, bool]:
    """The triangular factor of positive definite matrices, for cho_solve, and which triangle it is, as SciPy's.

    Shapes: a (..., n, n); the factor the same: upper, a = U^H U, of the upper triangle of a; lower, a = L L^H, of the
    lower one. Types: numeric; integers become the default floating type. In the place of what SciPy leaves in the other
    triangle are zeros. Raises the array library's own error for a that is not positive definite (CuPy: NaN).
    """
    refuse_texts("cho_factor", lower=lower)
    device_of(a, "cho_factor")
    require_square("cho_factor", a)
    return (cholesky(a), True) if lower else (of_trans(cholesky(of_trans(a, 2)), 2), False)


def cho_solve(c_and_lower: tuple[A, bool], b: A) -> A:
    """The solution x of a @ x = b by what cho_factor gives of a, as SciPy's.

    Shapes: the factor (..., n, n); b (n,), one vector for all of them, gives (..., n); b (..., n, k) gives
    (..., n, k), where leading dimensions broadcast. Types: numeric; promoted together.

    Raises:
        ShapeError: for shapes that do not fit.
    """
    c, lower = c_and_lower
    require_sides("cho_solve", c, b)
    one = expand_dims(b, axis=-1) if len(b.shape) == 1 else b
    adjoint = of_trans(c, 2)
    first, second = (c, adjoint) if lower else (adjoint, c)
    out = triangular(second, triangular(first, one, lower=True, unit=False), lower=False, unit=False)
    return squeeze(out, axis=-1) if len(b.shape) == 1 else out
