"""Polynomials by their coefficients, highest first, under NumPy's names, each with its derivative.

Types: numeric; what divides becomes floating. Leading zeros are coefficients as well: shapes say the degree. No
coefficients, (0,), are the polynomial 0.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from xnn import dtypes
from xnn.autograd.refusals import integer
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, ArrayLike

from .building import vander
from .complex_numbers import conj, real
from .correlations import convolve
from .creation import arange, ones, zeros
from .data_types import astype, finfo, result_type
from .eigenvalues import eigvals
from .elementwise import sqrt
from .least_squares import lstsq
from .lifting import lifted
from .linear_algebra import matmul
from .manipulation import broadcast_to, concat, reshape
from .matrices import as_floating
from .searching import nonzero
from .solving import inv
from .statistical import sum as sum_of
from .structured_matrices import companion

__all__ = ["poly", "polyadd", "polyder", "polydiv", "polyfit", "polyint", "polymul", "polysub", "polyval", "roots"]


class PolyfitResult(NamedTuple):
    """What `polyfit` gives with `full`."""

    coefficients: Any
    residuals: Any
    rank: Any
    singular_values: Any
    rcond: float


def _coefficients(name: str, *polynomials: Any) -> tuple[list[Any], Any]:
    arrays, back = lifted(name, *polynomials)
    if wrong := [tuple(x.shape) for x in arrays if x.ndim > 1]:
        raise ShapeError(f"{name} takes coefficients (n,); got shape {wrong[0]}")
    return [reshape(x, (-1,)) for x in arrays], back


def polyval(p: ArrayLike, x: A) -> A:
    """The values of a polynomial, by Horner's rule.

    Shapes: p (n,), coefficients, highest first; x any; the result that of x.
    """
    (c, points), back = lifted("polyval", p, x)
    if c.ndim != 1:
        raise ShapeError(f"polyval takes coefficients (n,); got shape {tuple(c.shape)}")
    value = zeros(points.shape, dtype=result_type(c, points), device=points.device)
    for i in range(c.shape[0]):
        value = value * points + c[i]
    return back(value)


def polyadd(a1: A, a2: ArrayLike) -> A:
    """The sum of two polynomials. Shapes: (n,) and (m,); the result (max(n, m),)."""
    (one, other), back = _coefficients("polyadd", a1, a2)
    return back(_padded(one, other) + _padded(other, one))


def polysub(a1: A, a2: ArrayLike) -> A:
    """The difference of two polynomials. Shapes: (n,) and (m,); the result (max(n, m),)."""
    (one, other), back = _coefficients("polysub", a1, a2)
    return back(_padded(one, other) - _padded(other, one))


def _padded(x: Any, like: Any) -> Any:
    """With zeros in front, as long as the other one."""
    missing = like.shape[0] - x.shape[0]
    return x if missing <= 0 else concat([zeros((missing,), dtype=x.dtype, device=x.device), x])


def polymul(a1: A, a2: ArrayLike) -> A:
    """The product of two polynomials. Shapes: (n,) and (m,); the result (n + m - 1,), (0,) counting as [0]."""
    (one, other), back = _coefficients("polymul", a1, a2)
    return back(convolve(_not_empty(one), _not_empty(other)))


def _not_empty(x: Any) -> Any:
    return x if x.shape[0] else zeros((1,), dtype=x.dtype, device=x.device)


def polydiv(u: A, v: ArrayLike) -> tuple[A, A]:
    """The quotient of two polynomials, and the remainder.

    Shapes: (n,) and (m,), whose first coefficient is not 0; the results (max(n - m + 1, 1),), and (max(m - 1, 1),),
    where NumPy leaves out coefficients that are about 0; u itself where n < m. Types: floating. Raises: ShapeError for
    a divisor without coefficients.
    """
    (above, below), back = _coefficients("polydiv", u, v)
    if not below.shape[0]:
        raise ShapeError("polydiv divides by coefficients (n,), n > 0; got none")
    above, below = as_floating(_not_empty(above)), as_floating(below)
    dtype = result_type(above, below)
    above, below = astype(above, dtype, copy=False), astype(below, dtype, copy=False)
    n, m = above.shape[0], below.shape[0]
    if n < m:
        return back((zeros((1,), dtype=dtype, device=above.device), above))
    found = []
    for _ in range(n - m + 1):
        factor = above[0] / below[0]
        found.append(reshape(factor, (1,)))
        above = concat([above[1:m] - factor * below[1:], above[m:]])
    return back((concat(found), above if m > 1 else zeros((1,), dtype=dtype, device=above.device)))


def polyder(p: A, m: int = 1) -> A:
    """The m-th derivative of a polynomial.

    Shapes: (n,); the result (n - m,), or (0,) where nothing is left, as NumPy's. Types: integers become int64. Raises:
    OptionError for an m below 0.
    """
    (c,), back = _coefficients("polyder", p)
    c = c if c.dtype.is_floating or not m else astype(c, dtypes.int64, copy=False)
    for _ in range(integer("polyder", "m", m, least=0)):
        n = c.shape[0]
        c = c[:-1] * arange(n - 1, 0, -1, dtype=c.dtype, device=c.device) if n else c
    return back(c)


def polyint(p: A, m: int = 1, k: ArrayLike | None = None) -> A:
    """The m-th integral of a polynomial.

    Args:
        p: (n,).
        m: how often it is integrated.
        k: the constants of integration, one for each time, or one for all; 0 if None.

    Returns:
        (n + m,), floating; complex for complex constants.

    Raises:
        OptionError: for an m below 0, or another number of constants.
    """
    count = integer("polyint", "m", m, least=0)
    (c, constants), back = lifted("polyint", p, 0 if k is None else k)
    c, constants = as_floating(reshape(c, (-1,))), reshape(constants, (-1,))
    if constants.shape[0] == 1:
        constants = broadcast_to(constants, (count,))
    if constants.shape[0] != count:
        raise OptionError(f"polyint takes {count} constants, or one; got {constants.shape[0]}")
    dtype = result_type(c, constants)
    c, constants = astype(c, dtype, copy=False), astype(constants, dtype, copy=False)
    for i in range(count):
        n = c.shape[0]
        c = concat([c / arange(n, 0, -1, dtype=c.dtype, device=c.device), constants[i : i + 1]])
    return back(c)


def poly(seq_of_zeros: A) -> A:
    """The polynomial with these roots and a leading coefficient of 1; of a matrix its characteristic one.

    Shapes: (n,), or (n, n); the result (n + 1,). Types: floating; of complex roots it is complex, where NumPy looks
    whether they are conjugates of each other.
    """
    (x,), back = lifted("poly", seq_of_zeros)
    x, is_real = as_floating(x), False
    if x.ndim == 2 and x.shape[0] == x.shape[1] and x.shape[0]:
        is_real = x.dtype.kind != "complex floating"
        x = eigvals(x)
    elif x.ndim > 1:
        raise ShapeError(f"poly takes roots (n,), or a square matrix; got shape {tuple(x.shape)}")
    x = reshape(x, (-1,))
    one = ones((1,), dtype=x.dtype, device=x.device)
    found = one
    for i in range(x.shape[0]):
        found = convolve(found, concat([one, -x[i : i + 1]]))
    return back(found.real if is_real else found)


def roots(p: A) -> A:
    """The roots of a polynomial, the eigenvalues of its companion matrix.

    Shapes: (n,); the result (k,), without those of leading coefficients that are 0, for which it waits for the device.
    Types: complex.
    """
    (c,), back = _coefficients("roots", p)
    c = as_floating(c)
    places = nonzero(c)[0].tolist()
    if not places:
        return back(_no_roots(c))
    first, last = places[0], places[-1]
    inner, missing = c[first : last + 1], c.shape[0] - 1 - last
    found = _no_roots(c) if inner.shape[0] < 2 else eigvals(companion(inner))
    return back(concat([found, zeros((missing,), dtype=found.dtype, device=c.device)]) if missing else found)


def _no_roots(c: Any) -> Any:
    return astype(c[:0], eigvals(ones((1, 1), dtype=c.dtype, device=c.device)).dtype)


def polyfit(
    x: A,
    y: ArrayLike,
    deg: int,
    rcond: float | None = None,
    full: bool = False,
    w: ArrayLike | None = None,
    cov: bool | Literal["unscaled"] = False,
) -> A | tuple[A, A] | PolyfitResult:
    """The coefficients of the polynomial with the least sum of squares of its differences from samples.

    Args:
        x: (n,), real: where the samples are.
        y: (n,), or (n, k) for k polynomials.
        deg: the degree.
        rcond: singular values up to rcond times the largest one count as 0; n times the type's epsilon if None.
        full: whether to give the residuals, the rank, the singular values and rcond as well.
        w: (n,), weights of the differences, not of their squares.
        cov: whether to give the covariance of the coefficients as well; "unscaled" takes 1 / w for known deviations.

    Returns:
        (deg + 1,), or (deg + 1, k), highest first.

    Raises:
        ShapeError: for samples that do not fit, or too few for a covariance.
    """
    order = integer("polyfit", "deg", deg, least=0) + 1
    (points, values, weights), back = lifted("polyfit", x, y, w)
    points, values = as_floating(points), as_floating(values)
    n = points.shape[0] if points.ndim == 1 else 0
    fits = values.ndim in (1, 2) and values.shape[0] == n and (weights is None or tuple(weights.shape) == (n,))
    if not n or not fits:
        raise ShapeError(
            f"polyfit takes x (n,), y (n,) or (n, k), and w (n,); got {tuple(points.shape)} and {tuple(values.shape)}"
        )
    rcond = n * float(finfo(points.dtype).eps) if rcond is None else rcond
    left, right = vander(points, order), values
    if weights is not None:
        left = left * weights[:, None]
        right = right * (weights if right.ndim == 1 else weights[:, None])
    scale = sqrt(sum_of(left * left, axis=0))
    left = left / scale
    result = lstsq(left, right, rcond)
    found = result.x / (scale if right.ndim == 1 else scale[:, None])
    if full:
        parts = [back(part) for part in (found, result.residuals, result.rank, result.singular_values)]
        return PolyfitResult(parts[0], parts[1], parts[2], parts[3], rcond)
    if cov is False:
        return back(found)
    if n <= order and cov != "unscaled":
        raise ShapeError(f"polyfit takes more samples than {order} for a covariance; got {n}. Cure: cov='unscaled'.")
    base = inv(matmul(left.mT, left)) / (scale[:, None] * scale)
    if cov != "unscaled":
        misfit = right - matmul(left, result.x)
        factor = sum_of(real(conj(misfit) * misfit), axis=0) / (n - order)
        base = base * factor if right.ndim == 1 else base[:, :, None] * factor
    elif right.ndim == 2:
        base = base[:, :, None]
    return back((found, base))
