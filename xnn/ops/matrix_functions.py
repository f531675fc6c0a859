"""Square roots, logarithms and Sylvester's equation of matrices, under SciPy's names, each with its derivative.

Types: numeric; integers become the default floating type. A real matrix with negative eigenvalues has complex results.
Looking at eigenvalues and norms waits for the device. Source: Higham, Functions of Matrices, 2008.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from typing import Any, Literal

from xnn import dtypes
from xnn.autograd.arguments import choice
from xnn.autograd.primitive import primitive
from xnn.errors import ShapeError
from xnn.typing import A, ArrayLike

from .creation import asarray, eye, zeros
from .data_types import astype
from .decompositions import svd
from .determinants import slogdet
from .eigenvalues import eig, eigh, eigvals
from .elementwise import sqrt
from .indexing import getitem, scatter_add
from .lifting import lifted
from .manipulation import expand_dims
from .matrices import as_floating, identity, require_square
from .promotion import check_real, floating
from .quadrature import gauss_legendre
from .searching import where
from .solving import inv, solve

__all__ = ["logdet", "logm", "pinvh", "polar", "solve_banded", "solve_sylvester", "sqrtm"]

DENSE = 1024  # unknowns of Sylvester's equation that are solved as one system
CLOSE = 0.25  # of a matrix to 1, where 8 nodes give its logarithm to rounding


# ---- Sylvester's equation ----


def _sylvester_rule(xp: Any, needs: Sequence[bool], g: Any, out: Any, a: Any, b: Any, q: Any) -> list[Any]:
    s = _sylvester(xp.matrix_transpose(a), xp.matrix_transpose(b), g)
    transposed = xp.matrix_transpose(out) if needs[0] or needs[1] else None
    return [-s @ transposed if needs[0] else None, -transposed @ s if needs[1] else None, s if needs[2] else None]


def _by_eigenvectors(xp: Any, a: Any, b: Any, q: Any) -> Any:
    """For large matrices, with two corrections; of a defective one the first solution is not near enough."""
    one, left = xp.linalg.eig(a)
    other, right = xp.linalg.eig(b)
    gaps = xp.expand_dims(one, axis=-1) + xp.expand_dims(other, axis=-2)
    is_real = not xp.isdtype(q.dtype, "complex floating")
    a, b, q = (xp.astype(x, left.dtype) for x in (a, b, q))
    rest, total = q, xp.zeros_like(q)
    for _ in range(3):
        inside = xp.linalg.solve(left, rest @ right) / gaps
        total = total + left @ (inside @ xp.linalg.inv(right))
        rest = q - (a @ total + total @ b)
    return xp.real(total) if is_real else total


@primitive(joint=_sylvester_rule, keeps="a b out", promote=floating)
def _sylvester(xp: Any, a: A, b: A, q: A, /) -> A:
    """x with a @ x + x @ b = q."""
    m, n = q.shape
    if m * n > DENSE:
        return _by_eigenvectors(xp, a, b, q)
    one, other = xp.eye(m, dtype=q.dtype, device=xp.device(q)), xp.eye(n, dtype=q.dtype, device=xp.device(q))
    # rows one after another: (a (x) 1 + 1 (x) b.T)
    left = xp.reshape(a, (m, 1, m, 1)) * xp.reshape(other, (1, n, 1, n))
    right = xp.reshape(one, (m, 1, m, 1)) * xp.reshape(xp.matrix_transpose(b), (1, n, 1, n))
    system = xp.reshape(left + right, (m * n, m * n))
    return xp.reshape(xp.linalg.solve(system, xp.reshape(q, (m * n, 1))), (m, n))


def solve_sylvester(a: A, b: ArrayLike, q: ArrayLike) -> A:
    """The solution x of a @ x + x @ b = q, as SciPy's.

    Args:
        a: (m, m).
        b: (n, n), which has no eigenvalue that is minus one of a.
        q: (m, n).

    Returns:
        (m, n). As one system up to 1,024 unknowns, beyond by eigenvectors.

    Raises:
        ShapeError: for matrices that do not fit.
    """
    (left, right, wanted), back = lifted("solve_sylvester", a, b, q)
    require_square("solve_sylvester", left)
    require_square("solve_sylvester", right)
    if tuple(wanted.shape) != (left.shape[-1], right.shape[-1]) or left.ndim != 2 or right.ndim != 2:
        shapes = ", ".join(str(tuple(x.shape)) for x in (left, right, wanted))
        raise ShapeError(f"solve_sylvester takes a (m, m), b (n, n) and q (m, n); got {shapes}")
    return back(_sylvester(left, right, wanted))


_sylvester.name = "solve_sylvester"


# ---- square roots and logarithms ----


def _sqrtm_rule(xp: Any, g: Any, out: Any, a: Any) -> Any:
    root = xp.matrix_transpose(out)
    return _sylvester(root, root, g)


def _square_root(xp: Any, a: Any) -> Any:
    """Denman and Beavers' iteration, scaled by determinants (Higham, 6.28), for no eigenvalue that is negative or 0."""
    n = a.shape[-1]
    x, y = a, xp.eye(n, dtype=a.dtype, device=xp.device(a))
    for i in range(40):
        scale = xp.exp(-(xp.linalg.slogdet(x)[1] + xp.linalg.slogdet(y)[1]) / (2 * n)) if i < 6 else 1.0
        new = 0.5 * (scale * x + xp.linalg.inv(y) / scale)
        y = 0.5 * (scale * y + xp.linalg.inv(x) / scale)
        step = xp.max(xp.abs(new - x))
        x = new
        if not float(step) > 4 * n * float(xp.finfo(a.dtype).eps) * float(xp.max(xp.abs(x))):
            break
    return x


@primitive(_sqrtm_rule, keeps="out", promote=floating)
def _sqrtm(xp: Any, a: A, /) -> A:
    return _square_root(xp, a)


_sqrtm.name = "sqrtm"


def _with_turn(name: str, a: Any) -> tuple[Any, float, float]:
    """The matrix, complex for negative eigenvalues; an angle to turn these by; the size of those that are 0."""
    require_square(name, a)
    if len(a.shape) != 2:
        raise ShapeError(f"{name} takes one square matrix; got shape {tuple(a.shape)}")
    x = as_floating(a)
    values = [complex(v) for v in eigvals(x.detach()).tolist()]
    size = max(map(abs, values), default=0.0)
    tiny = max(len(values), 1) * float(_eps(x.dtype)) * size
    angles = [cmath.phase(v) for v in values if abs(v) > tiny]
    if not any(abs(abs(t) - math.pi) < 1e-9 for t in angles):
        return x, 0.0, tiny if len(angles) < len(values) else 0.0
    turned = [-math.pi if abs(abs(t) - math.pi) < 1e-9 else t for t in angles]
    turn = min([t + math.pi for t in turned if t > -math.pi] + [math.pi]) / 2
    return astype(x, dtypes.complex_of(x.dtype), copy=False), turn, tiny if len(angles) < len(values) else 0.0


def _eps(dtype: Any) -> float:
    return 2.0**-23 if dtype in (dtypes.float32, dtypes.complex64) else 2.0**-52


def sqrtm(A: A) -> A:  # SciPy's name
    """The principal square root of a matrix: x @ x = A, and x has no eigenvalue with a negative real part.

    Shapes: (n, n); the result the same. Types: complex for a real matrix with negative eigenvalues. The derivative
    solves Sylvester's equation; of a singular matrix there is none, and the root is by eigenvectors.

    Raises: ShapeError for what is no square matrix.
    """
    (a,), back = lifted("sqrtm", A)
    x, turn, tiny = _with_turn("sqrtm", a)
    if tiny:
        values, vectors = eig(x)
        root = (vectors * sqrt(where(abs(values) > tiny, values, 0.0))) @ inv(vectors)
        return back(root if turn or x.dtype.kind == "complex floating" else root.real)
    if not turn:
        return back(_sqrtm(x))
    return back(_sqrtm(x * cmath.exp(-1j * turn)) * cmath.exp(0.5j * turn))


def _logm_rule(xp: Any, g: Any, out: Any, a: Any) -> Any:
    """The derivative stands in the logarithm of [[a, g], [0, a]] (Higham, 3.16)."""
    h, n = xp.matrix_transpose(a), a.shape[-1]
    blocks = xp.concat([xp.concat([h, g], axis=-1), xp.concat([xp.zeros_like(h), h], axis=-1)], axis=-2)
    return xp.getitem(_logm(blocks), (slice(None, n), slice(n, None)))


@primitive(_logm_rule, keeps="a", promote=floating)
def _logm(xp: Any, a: A, /) -> A:
    """By square roots until it is near 1, and Gauss and Legendre's rule, a Padé approximant (Higham, 11.18)."""
    one = identity(xp, xp.linalg.diagonal(a))
    roots = 0
    while float(xp.max(xp.sum(xp.abs(a - one), axis=-1))) > CLOSE and roots < 60:
        a, roots = _square_root(xp, a), roots + 1
    e = a - one
    total = xp.zeros_like(e)
    for node, weight in zip(*gauss_legendre(8), strict=True):
        total = total + weight * xp.linalg.solve(one + node * e, e)
    return total * 2.0**roots


_logm.name = "logm"


def logm(A: A) -> A:  # SciPy's name
    """The principal logarithm of a matrix: expm of it is A.

    Shapes: (n, n); the result the same. Types: complex for a real matrix with negative eigenvalues; a singular one has
    no logarithm, and the result is not finite.

    Raises: ShapeError for what is no square matrix.
    """
    (a,), back = lifted("logm", A)
    x, turn, _ = _with_turn("logm", a)
    if not turn:
        return back(_logm(x))
    return back(_logm(x * cmath.exp(-1j * turn)) + 1j * turn * eye(x.shape[-1], dtype=x.dtype, device=x.device))


# ---- what goes through others ----


def polar(a: A, side: Literal["right", "left"] = "right") -> tuple[A, A]:
    """A matrix as u @ p, or p @ u on the left: u has orthonormal columns or rows, and p is positive semidefinite.

    Shapes: a (..., m, n); u the same, and p (..., n, n), or (..., m, m) on the left. Derivatives are not finite where
    singular values are equal, or 0. Raises: OptionError for another side.
    """
    choice("polar", "side", side, ("right", "left"))
    (x,), back = lifted("polar", a)
    u, s, vh = svd(x, full_matrices=False)
    of = vh.mT.conj() if side == "right" else u
    return back((u @ vh, of * expand_dims(s, axis=-2) @ of.mT.conj()))


def logdet(A: A) -> A:  # PyTorch's name
    """The logarithm of the determinant of real matrices; NaN where it is negative, and -infinity where it is 0.

    Shapes: (..., n, n); the result (...).
    """
    (x,), back = lifted("logdet", A)
    check_real(x.dtype)
    sign, value = slogdet(x)
    return back(where(sign < 0, math.nan, value))


def pinvh(a: A, atol: float | None = None, rtol: float | None = None) -> A:
    """The pseudo-inverse of Hermitian matrices, as SciPy's: eigenvalues up to atol + rtol times the largest count as 0.

    Shapes: (..., n, n); the result the same. `rtol` is n times the type's epsilon, unless atol is given.
    """
    (x,), back = lifted("pinvh", a)
    require_square("pinvh", x)
    x = as_floating(x)
    values, vectors = eigh(x)
    size = abs(values)
    relative = (0.0 if atol else x.shape[-1] * _eps(x.dtype)) if rtol is None else rtol
    limit = (atol or 0.0) + relative * size.max(axis=-1, keepdims=True)
    inverse = where(size > limit, 1 / where(size > limit, values, 1.0), 0.0)
    return back(vectors * expand_dims(inverse, axis=-2) @ vectors.mT.conj())


def solve_banded(l_and_u: tuple[int, int], ab: A, b: ArrayLike) -> A:
    """The solution of a system whose matrix has elements near its diagonal alone, as SciPy's.

    Args:
        l_and_u: how many diagonals below and above the main one have elements.
        ab: (l + u + 1, n), the diagonals from the uppermost on: a[i, j] is ab[u + i - j, j].
        b: (n,) or (n, k).

    Returns:
        the shape of b. The matrix is made, and solved as a dense one.

    Raises:
        ShapeError: for another number of diagonals.
    """
    below, above = l_and_u
    (bands, right), back = lifted("solve_banded", ab, b)
    if bands.ndim != 2 or bands.shape[0] != below + above + 1:
        raise ShapeError(f"solve_banded takes ab ({below + above + 1}, n); got shape {tuple(bands.shape)}")
    n = bands.shape[1]
    places = [(k, j, above + j) for k in range(below + above + 1) for j in range(n) if 0 <= j + k - above < n]
    rows = asarray([j + k - above for k, j, _ in places], dtype=dtypes.int64, device=bands.device)
    columns = asarray([j for _, j, _ in places], dtype=dtypes.int64, device=bands.device)
    which = asarray([k for k, _, _ in places], dtype=dtypes.int64, device=bands.device)
    matrix = scatter_add(
        zeros((n, n), dtype=bands.dtype, device=bands.device), (rows, columns), getitem(bands, (which, columns))
    )
    return back(solve(matrix, right))
