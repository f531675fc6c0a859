"""LU decompositions with partial pivoting, of the extension `linalg`, in SciPy's names, each with its derivative.

Types: floating, real or complex; integers become the default floating type. The derivative is of matrices whose pivots
are not 0 and whose order of rows is that of matrices nearby.
"""

from __future__ import annotations

from typing import Any

from xnn.autograd.operands import device_of
from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import refuse_texts
from xnn.errors import ShapeError
from xnn.typing import A

from .complex_numbers import real
from .indexing import getitem, take_along_axis
from .manipulation import broadcast_shapes, broadcast_to, expand_dims, squeeze, triu
from .matrices import as_floating, is_complex
from .promotion import floating
from .sorting import argsort
from .triangular import Transposition, of_trans, require_sides, substitute, transposition, triangle, triangular

__all__ = [
    "lu",
    "lu_factor",
    "lu_solve",
]


def _rows(xp: Any, x: Any, order: Any) -> Any:
    """The rows of matrices (..., m, n) in an order (..., m)."""
    index = xp.broadcast_to(xp.expand_dims(order, axis=-1), (*x.shape[:-2], order.shape[-1], x.shape[-1]))
    return xp.take_along_axis(x, index, axis=-2)


def _column(xp: Any, x: Any) -> tuple[Any, Any, Any]:
    """The factors of one column (..., m, 1), where its pivot came from, (..., 1), and the order of its rows."""
    size = xp.abs(xp.real(x)) + xp.abs(xp.imag(x)) if is_complex(x) else xp.abs(x)  # LAPACK's measure
    pivot = xp.argmax(size, axis=-2)
    row = xp.arange(x.shape[-2], dtype=xp.int64, device=xp.device(x))
    order = xp.where(row == 0, pivot, xp.where(row == pivot, xp.zeros_like(pivot), row))
    x = _rows(xp, x, order)
    top = xp.getitem(x, (..., slice(None, 1), slice(None)))
    below = xp.getitem(x, (..., slice(1, None), slice(None)))
    safe = xp.where(top == 0, xp.ones_like(top), top)  # below a pivot of 0 all is 0
    return xp.concat([top, below / safe], axis=-2), pivot, order


def _factors(xp: Any, x: Any) -> tuple[Any, Any, Any]:
    """L and U in one, the exchanges, and the order of rows: by halves of the columns (Toledo 1997)."""
    m, n = x.shape[-2:]
    if n == 1 and m:
        return _column(xp, x)
    left = min(m, n) // 2 if n <= m else m
    first, rest = slice(None, left), slice(left, None)
    if not left:  # without rows
        empty = xp.zeros((*x.shape[:-2], 0), dtype=xp.int64, device=xp.device(x))
        row = xp.arange(m, dtype=xp.int64, device=xp.device(x))
        return x, empty, xp.broadcast_to(row, (*x.shape[:-2], m))
    lu1, pivots, order = _factors(xp, xp.getitem(x, (..., slice(None), first)))
    right = _rows(xp, xp.getitem(x, (..., slice(None), rest)), order)
    l11 = xp.getitem(lu1, (..., first, slice(None)))
    l21 = xp.getitem(lu1, (..., rest, slice(None)))
    u12 = substitute(xp, l11, xp.getitem(right, (..., first, slice(None))), True, True)
    if m == left:
        return xp.concat([lu1, u12], axis=-1), pivots, order
    lu2, pivots2, order2 = _factors(xp, xp.getitem(right, (..., rest, slice(None))) - l21 @ u12)
    top = xp.concat([l11, u12], axis=-1)
    bottom = xp.concat([_rows(xp, l21, order2), lu2], axis=-1)
    kept = xp.getitem(order, (..., first))
    moved = xp.take_along_axis(xp.getitem(order, (..., rest)), order2, axis=-1)
    return (
        xp.concat([top, bottom], axis=-2),
        xp.concat([pivots, pivots2 + left], axis=-1),
        xp.concat([kept, moved], axis=-1),
    )


@primitive(promote=floating)
def _factorised(xp: Any, x: A, /) -> tuple[A, A, A]:
    return _factors(xp, x)


def _square_rule(xp: Any, g_lower: Any, g_upper: Any, lu: Any) -> Any:
    # dL = L tril(L^-1 dA U^-1, -1), dU = triu(L^-1 dA U^-1) U, of which these are the transposes
    phi = xp.tril(xp.matrix_transpose(triangle(xp, lu, True, True)) @ g_lower, k=-1)
    phi = phi + xp.triu(g_upper @ xp.matrix_transpose(xp.triu(lu)))
    left = triangular(xp.matrix_transpose(lu), phi, lower=False, unit=True)
    return xp.matrix_transpose(triangular(lu, xp.matrix_transpose(left), lower=False, unit=False))


def _rule(xp: Any, g: Any, out: Any, x: Any, factors: Any, order: Any) -> Any:
    m, n = out.shape[-2:]
    k = min(m, n)
    first, rest = slice(None, k), slice(k, None)
    square, g_square = xp.getitem(out, (..., first, first)), xp.getitem(g, (..., first, first))
    g_lower, g_upper = xp.tril(g_square, k=-1), xp.triu(g_square)
    if m > n:  # L2 = A2 U^-1
        l2 = xp.getitem(out, (..., rest, slice(None)))
        g_l2 = xp.matrix_transpose(xp.getitem(g, (..., rest, slice(None))))
        g_a2 = xp.matrix_transpose(triangular(square, g_l2, lower=False, unit=False))
        g_upper = g_upper - xp.triu(xp.matrix_transpose(l2) @ g_a2)
        total = xp.concat([_square_rule(xp, g_lower, g_upper, square), g_a2], axis=-2)
    elif m < n:  # U2 = L^-1 A2
        u2, g_u2 = xp.getitem(out, (..., slice(None), rest)), xp.getitem(g, (..., slice(None), rest))
        g_a2 = triangular(xp.matrix_transpose(square), g_u2, lower=False, unit=True)
        g_lower = g_lower - xp.tril(g_a2 @ xp.matrix_transpose(u2), k=-1)
        total = xp.concat([_square_rule(xp, g_lower, g_upper, square), g_a2], axis=-1)
    else:
        total = _square_rule(xp, g_lower, g_upper, square)
    return _rows(xp, total, xp.argsort(order, axis=-1))


@primitive(_rule, None, None, keeps="out order")
def _compact(xp: Any, x: A, factors: A, order: A, /) -> A:
    """The factors in one matrix, which are known, as a function of x."""
    return factors


@primitive()
def _order_of(xp: Any, pivots: A, /) -> A:
    """The order (..., n) of rows after exchanging row i with pivots[i], for one i after another."""
    n = pivots.shape[-1]
    row = xp.arange(n, dtype=xp.int64, device=xp.device(pivots))
    order = xp.broadcast_to(row, pivots.shape)
    pivots = xp.astype(pivots, xp.int64)
    for i in range(n):
        other = xp.getitem(pivots, (..., slice(i, i + 1)))
        exchange = xp.where(row == i, other, xp.where(row == other, xp.full_like(other, i), row))
        order = xp.take_along_axis(order, exchange, axis=-1)
    return order


@primitive(lambda xp, g, out, x: xp.tril(g, k=-1))
def _unit_lower(xp: Any, x: A, /) -> A:
    """What is below the diagonal, with ones on it."""
    m, n = x.shape[-2:]
    return xp.tril(x, k=-1) + xp.eye(m, n, dtype=x.dtype, device=xp.device(x))


@primitive()
def _permutations(xp: Any, order: A, like: A, /) -> A:
    """Matrices (..., m, m) whose product with others puts the rows in an order; in the type of `like`."""
    row = xp.arange(order.shape[-1], dtype=xp.int64, device=xp.device(order))
    return xp.astype(xp.expand_dims(order, axis=-1) == row, like.dtype)


def _require_matrices(name: str, a: Any) -> None:
    device_of(a, name)
    if len(a.shape) < 2:
        raise ShapeError(f"{name} takes matrices, of shape (..., m, n); got shape {tuple(a.shape)}.")


def _decomposed(name: str, a: A) -> tuple[A, A, A]:
    _require_matrices(name, a)
    a = as_floating(a)
    factors, pivots, order = _factorised(a)
    return _compact(a, factors, order), pivots, order


def lu_factor(a: A) -> tuple[A, A]:
    """L and U in one matrix, and the exchanges of rows that came before, for lu_solve, as SciPy's.

    Shapes: a (..., m, n); the factors (..., m, n): U in the upper triangle, below it L, whose diagonal of ones is left
    out; the exchanges (..., k), k = min(m, n), int64: row i was exchanged with that row, for one i after another.
    Types: numeric; integers become the default floating type. Raises ShapeError for fewer than two dimensions.
    """
    factors, pivots, _ = _decomposed("lu_factor", a)
    return factors, pivots


def lu_solve(lu_and_piv: tuple[A, A], b: A, trans: Transposition = 0) -> A:
    """The solution x of a @ x = b by what lu_factor gives of a, as SciPy's.

    Shapes: the factors (..., n, n); b (n,), one vector for all of them, gives (..., n); b (..., n, k) gives
    (..., n, k), where leading dimensions broadcast. `trans` is as in solve_triangular. Types: numeric; promoted
    together.

    Raises:
        ShapeError: for shapes that do not fit.
        OptionError: for another `trans`.
    """
    factors, pivots = lu_and_piv
    require_sides("lu_solve", factors, b)
    turned = transposition("lu_solve", trans)
    one = expand_dims(b, axis=-1) if len(b.shape) == 1 else b
    order = _order_of(pivots)
    if turned:
        factors = of_trans(factors, turned)  # the first is U^T now, a lower triangle
        out = triangular(factors, one, lower=True, unit=False)
        out = _in_order(triangular(factors, out, lower=False, unit=True), argsort(order, axis=-1))
    else:
        out = triangular(factors, _in_order(one, order), lower=True, unit=True)
        out = triangular(factors, out, lower=False, unit=False)
    return squeeze(out, axis=-1) if len(b.shape) == 1 else out


def _in_order(x: A, order: A) -> A:
    """The rows of x (..., n, k) in an order (..., n), where leading dimensions broadcast."""
    batch = broadcast_shapes(tuple(x.shape[:-2]), tuple(order.shape[:-1]))
    index = broadcast_to(expand_dims(order, axis=-1), (*batch, *x.shape[-2:]))
    return take_along_axis(broadcast_to(x, (*batch, *x.shape[-2:])), index, axis=-2)


def lu(a: A, permute_l: bool = False, p_indices: bool = False) -> tuple[A, A, A] | tuple[A, A]:
    """Permutations P, unit lower triangular L and upper triangular U: a = P @ L @ U, as SciPy's.

    Shapes: a (..., m, n), with k = min(m, n); P (..., m, m), L (..., m, k), U (..., k, n). With `permute_l` two
    results, P @ L and U; with `p_indices` P is int64 (..., m), for a = L[P] @ U. Types: numeric; integers become the
    default floating type, and P has the real one. Raises ShapeError for fewer than two dimensions.
    """
    refuse_texts("lu", permute_l=permute_l, p_indices=p_indices)
    factors, _, order = _decomposed("lu", a)
    back = argsort(order, axis=-1)
    m, n = factors.shape[-2:]
    k = min(m, n)
    upper = triu(getitem(factors, (..., slice(None, k), slice(None))))
    lower = _unit_lower(getitem(factors, (..., slice(None), slice(None, k))))
    if permute_l:
        return _in_order(lower, back), upper
    if p_indices:
        return back, lower, upper
    return _permutations(back, real(factors)), lower, upper
