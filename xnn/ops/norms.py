"""Norms and ranks of vectors and matrices, of the standard's extension `linalg`, each with its derivative.

Types: floating, real or complex, and the result is real; integers become the default floating type. Derivatives at
kinks are PyTorch's: 0 at 0, and what is equally large shares the derivative of a maximum.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from xnn.autograd.graph import require_constants
from xnn.autograd.operands import device_of, operand
from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import axes_of, described, refuse_texts
from xnn.dtypes import int64
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, AnyArray, Axis

from .comparison import equal, greater
from .data_types import astype
from .decompositions import svdvals
from .elementwise import abs as size_of
from .elementwise import divide, multiply
from .indexing import getitem
from .manipulation import expand_dims, moveaxis, reshape
from .matrices import as_floating, conj, first_floating, is_complex, require_square
from .promotion import floating
from .searching import where
from .solving import inv, tolerance
from .statistical import by_root, element_count, of_some, reduced_axes, spread
from .statistical import max as largest
from .statistical import min as smallest
from .statistical import sum as sum_of

__all__ = [
    "cond",
    "matrix_norm",
    "matrix_rank",
    "norm",
    "vector_norm",
]


def _norm_rule(xp: Any, g: Any, out: Any, x: Any, axis: Axis | None, keepdims: bool, ord: float) -> Any:
    # x is conjugated, since cotangents are bilinear: d abs(x) = Re(conj(x) dx) / abs(x)
    if ord == 0:  # piecewise constant
        return xp.zeros_like(x)
    if ord == 2:
        return by_root(xp, g, out, conj(xp, x), x, axis, keepdims)
    g, out = spread(xp, g, x, axis, keepdims), spread(xp, out, x, axis, keepdims)
    size = xp.abs(x)
    zero = size == 0
    safe = xp.where(zero, 1.0, size)
    direction = conj(xp, x) / safe if is_complex(x) else xp.sign(x)
    if ord == 1:
        return g * direction
    if math.isinf(ord):
        hit = xp.astype(xp.logical_or(size == out, xp.isnan(size)), g.dtype)
        return direction * (g / xp.sum(hit, axis=reduced_axes(x.ndim, axis), keepdims=True) * hit)
    # sum(abs(x)**p)**(1/p): g (abs(x) / out)**(p - 1), where neither may be 0 below a negative exponent
    flat = out == 0
    share = xp.pow(safe / xp.where(flat, 1.0, out), ord - 1)
    return direction * xp.where(zero, 0.0, share) * xp.where(flat, 0.0, g)


@primitive(_norm_rule, keeps="x out", promote=floating, explain=of_some("vector_norm"))
def vector_norm(xp: Any, x: A, /, *, axis: Axis | None = None, keepdims: bool = False, ord: float = 2) -> A:
    """The norm of vectors, sum(abs(x)**ord) ** (1/ord) over dimensions.

    inf and -inf give the largest and the smallest absolute value, 0 the number of elements that are not 0.

    Shapes: x any; the result without the dimensions `axis` (an int, a tuple, or None for all), or with size 1 there if
    `keepdims`. Types: floating, and the result is real; integers become the default floating type. The derivative at 0
    is 0, and so is that of ord=0; equal largest elements share it.
    """
    require_constants("vector_norm", ord=ord)
    if axis is not None:
        axes_of(axis, x.ndim, "vector_norm")  # NumPy takes floats
    if ord == math.inf and 0 in x.shape and element_count(x, axis) == 0:  # as NumPy; others refuse it
        return xp.sum(xp.abs(x), axis=axis, keepdims=keepdims)
    out = xp.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)
    return out if ord in (0, 1) or math.isinf(ord) or not math.prod(x.shape) else _in_range(xp, out, x, axis, ord)


def _in_range(xp: Any, out: Any, x: Any, axis: Axis | None, ord: float) -> Any:
    """The norm, by way of the largest number where the powers of some overflow, or lose digits near 0."""
    limits = xp.finfo(out.dtype)
    least = (limits.smallest_normal / limits.eps) ** (1 / ord) if ord > 0 else 0.0
    lost = xp.logical_not(xp.logical_and(out > least, xp.isfinite(out)))
    if xp.is_on_host and not bool(xp.any(lost)):
        return out
    axes = reduced_axes(x.ndim, axis)
    x = xp.abs(x)
    size = xp.max(x, axis=axes, keepdims=True)
    size = xp.where(xp.logical_and(size > 0, xp.isfinite(size)), size, 1.0)
    again = xp.linalg.vector_norm(x / size, axis=axis, keepdims=False, ord=ord)
    again = xp.reshape(again, out.shape) * xp.reshape(size, out.shape)
    return xp.where(lost, again, out)


ORDERS = ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf, None)


def matrix_norm(x: A, /, *, keepdims: bool = False, ord: Literal["fro", "nuc"] | float | None = "fro") -> A:
    """The norm of matrices.

    Args:
        x: (..., m, n), floating; integers become the default floating type.
        keepdims: whether the two dimensions stay, with size 1.
        ord: "fro" (or None), the root of the sum of squares; "nuc", the sum of the singular values; 2 and -2, the
            largest and the smallest of them; 1 and -1, the largest and the smallest sum of absolute values of a
            column, inf and -inf of a row.

    Returns:
        (...), or (..., 1, 1) with `keepdims`, real. Equal largest singular values, or sums, share the derivative.

    Raises:
        ShapeError: for fewer than two dimensions.
        OptionError: for another `ord`.
    """
    x = operand(x, "matrix_norm")
    if len(x.shape) < 2:
        raise ShapeError(
            f"matrix_norm takes matrices, of shape (..., m, n); got shape {tuple(x.shape)}. Cure: vector_norm."
        )
    require_constants("matrix_norm", ord=ord)
    if ord not in ORDERS:
        raise OptionError(f"matrix_norm's ord is 'fro', 'nuc', 1, -1, 2, -2, inf or -inf; got {ord!r}. Cure: 'fro'.")
    x = as_floating(x)
    is_empty = 0 in x.shape[-2:] and ord in (1, 2, math.inf)  # 0, as NumPy's, in the place of the largest of nothing
    if ord is None or ord == "fro" or is_empty:
        return vector_norm(x, axis=(-2, -1), keepdims=keepdims)
    if ord == "nuc":
        return sum_of(expand_dims(svdvals(x), axis=-1), axis=(-2, -1), keepdims=keepdims)
    extreme = largest if ord > 0 else smallest
    if abs(ord) == 2:
        return extreme(expand_dims(svdvals(x), axis=-1), axis=(-2, -1), keepdims=keepdims)
    summed, compared = (-2, -1) if abs(ord) == 1 else (-1, -2)
    sums = sum_of(size_of(x), axis=summed, keepdims=keepdims)
    return extreme(sums, axis=compared if keepdims else -1, keepdims=keepdims)


@primitive(promote=first_floating)
def _matrix_rank(xp: Any, x: A, rtol: AnyArray | float | None = None, /) -> A:
    s = xp.linalg.svdvals(x)
    return xp.sum(xp.astype(s > tolerance(xp, s, x.shape, rtol), xp.int64), axis=-1)


_matrix_rank.name = "matrix_rank"


def matrix_rank(
    x: A,
    /,
    tol: AnyArray | float | None = None,
    hermitian: bool = False,
    *,
    rtol: AnyArray | float | None = None,
) -> A:
    """The rank of matrices: how many singular values are larger than rtol times the largest one. No derivative.

    Args:
        x: (..., m, n); integers become the default floating type.
        tol: how large they are instead: a number, or an array that broadcasts with (...).
        hermitian: for NumPy's code, where it says that x equals its adjoint; nothing is gained by it.
        rtol: a number, or a real array that broadcasts with (...); max(m, n) times the type's epsilon if None.

    Returns:
        (...), int64.
    """
    if tol is None:
        return _matrix_rank(x, rtol)
    given: Any = tol
    bound = expand_dims(given, axis=-1) if hasattr(given, "shape") else given
    values: A = svdvals(x)
    return sum_of(astype(greater(values, bound), int64), axis=-1)


def norm(x: A, ord: Literal["fro", "nuc"] | float | None = None, axis: Axis | None = None, keepdims: bool = False) -> A:
    """The norm of vectors or matrices, as NumPy's: vector_norm over one axis, matrix_norm over two.

    Shapes: x any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. `axis` is an int for
    vectors, a pair for matrices; None is the one axis, or the two, that x has, and where `ord` is None, too, the root
    of the sum of all squares. Types: floating, and the result is real; integers become the default floating type. The
    derivative at 0 is 0.

    Raises:
        OptionError: for an `ord` that such norms do not have.
        ShapeError: for another number of axes.
    """
    x = operand(x, "norm")
    require_constants("norm", ord=ord)
    refuse_texts("norm", keepdims=keepdims)
    ndim = len(x.shape)
    if axis is None and ord is None:
        return vector_norm(x, keepdims=keepdims)
    axes = axes_of(tuple(range(ndim)) if axis is None else axis, ndim, "norm")
    if len(axes) == 1:
        if isinstance(ord, str):
            raise OptionError(f"norm of vectors: ord is a number; got {ord!r}. Cure: axis=(i, j), for matrices.")
        return vector_norm(x, axis=axes[0], keepdims=keepdims, ord=2 if ord is None else ord)
    if len(axes) != 2:
        raise ShapeError(
            f"norm is over one axis, of vectors, or two, of matrices; got {len(axes)} of an array of shape "
            f"{tuple(x.shape)}. Cure: axis=..., or vector_norm."
        )
    out = matrix_norm(moveaxis(x, axes, (-2, -1)), ord=ord)
    return reshape(out, tuple(1 if i in axes else size for i, size in enumerate(x.shape))) if keepdims else out


def cond(x: A, p: Literal["fro", "nuc"] | float | None = None) -> A:
    """The condition number of matrices, norm(x, p) * norm(inv(x), p); for None the largest over the smallest singular
    value.

    Shapes: x (..., m, n), square unless `p` is None, 2 or -2; the result (...). Types: floating, and the result is
    real; integers become the default floating type. Of a singular matrix it is inf; by another `p` than None, 2 and -2
    the array library's own error is raised.

    Raises:
        ShapeError: for matrices without elements, or not square.
        OptionError: for another `p`.
    """
    device_of(x, "cond")
    if len(x.shape) < 2 or 0 in x.shape[-2:]:
        raise ShapeError(f"cond takes matrices, of shape (..., m, n), with elements; got shape {tuple(x.shape)}.")
    if p not in ORDERS:
        raise OptionError(f"cond's p is 'fro', 'nuc', 1, -1, 2, -2, inf or -inf; got {described(p)}. Cure: None.")
    if p is not None and p not in (2, -2):
        require_square("cond", x)
        return multiply(matrix_norm(x, ord=p), matrix_norm(inv(x), ord=p))
    s = svdvals(x)
    high, low = getitem(s, (..., 0)), getitem(s, (..., -1))
    if p == -2:
        high, low = low, high
    singular = equal(low, 0.0)
    return where(singular, math.inf, divide(high, where(singular, 1.0, low)))
