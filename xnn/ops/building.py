"""Arrays made of others, or of nothing but sizes, under NumPy's names: diagonals, triangles, grids, ranges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from xnn.autograd.graph import Tracked
from xnn.autograd.operands import device_of, operand
from xnn.dtypes import as_dtype, bool_, float64, get_default_dtype, int64
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, AnyArray, ArrayLike, DeviceLike, DTypeLike, Scalar

from .creation import arange, asarray, eye, linspace, zeros, zeros_like
from .data_types import astype, dtype_of
from .elementwise import pow
from .lifting import lifted
from .logic import logical_not
from .manipulation import broadcast_to, concat, expand_dims, meshgrid, moveaxis, reshape, stack
from .searching import nonzero, where
from .traces import diagonal

if TYPE_CHECKING:
    from xnn.array_object import Array

__all__ = [
    "block_diag", "diag", "diag_embed", "diag_indices", "diagflat", "geomspace", "identity", "indices", "ix_",
    "logspace", "tri", "tril_indices", "tril_indices_from", "triu_indices", "triu_indices_from", "vander",
]  # fmt: skip


def diag_embed(input: A, offset: int = 0, dim1: int = -2, dim2: int = -1) -> A:
    """PyTorch's: matrices with the last dimension's elements on a diagonal, and zeros elsewhere.

    Shapes: (..., n); the result (..., m, m) with m = n + |offset|.
    """
    x: Any = operand(input, "diag_embed")
    n, wide = x.shape[-1], abs(offset)
    size = n + wide
    place = eye(size, size, k=offset, dtype=bool_, device=device_of(x, "diag_embed"))
    if wide:
        zero = zeros_like(x[..., :1])
        gap = concat([zero] * wide, axis=-1)
        x = concat([x, gap] if offset < 0 else [gap, x], axis=-1)
    # the element of each column for a diagonal above, of each row for one below
    spread = expand_dims(x, axis=-1 if offset < 0 else -2)
    if offset < 0:
        spread = expand_dims(concat([x[..., n:], x[..., :n]], axis=-1), axis=-1)
    spread = broadcast_to(spread, (*spread.shape[:-2], size, size))
    mask = place if isinstance(x, Tracked) else place._data
    found: Any = where(mask, spread, 0.0 if dtype_of(x).is_floating else 0)
    found = astype(found, dtype_of(x), copy=False)
    return found if (dim1, dim2) == (-2, -1) else moveaxis(found, (-2, -1), (dim1, dim2))


def diag(v: A, k: int = 0) -> A:
    """The diagonal of a matrix, or the matrix with a vector on its diagonal; `linalg.diagonal` takes batches.

    Shapes: (m, n) gives a vector; (n,) gives (n + |k|, n + |k|).
    """
    v = operand(v, "diag")
    if len(v.shape) == 1:
        return diag_embed(v, k)
    if len(v.shape) != 2:
        raise ShapeError(f"diag takes a vector or a matrix; got shape {tuple(v.shape)}. Cure: linalg.diagonal.")
    return diagonal(v, offset=k)


def diagflat(v: A, k: int = 0) -> A:
    """The matrix with the elements of an array, in a row, on its diagonal.

    Shapes: any of n elements; (n + |k|, n + |k|).
    """
    return diag_embed(reshape(operand(v, "diagflat"), (-1,)), k)


def block_diag(*arrs: A) -> A:
    """SciPy's: matrices along a diagonal, zeros elsewhere; vectors count as rows.

    Shapes: (..., m, n) each, of one batch shape; the result (..., sum of m, sum of n). Types: promoted together.
    """
    arrays, back = lifted("block_diag", *arrs)
    blocks = [x if x.ndim > 1 else reshape(x, (1, -1)) for x in arrays]
    if not blocks:
        raise ShapeError("block_diag takes at least one matrix; got none")
    total, left, rows = sum(x.shape[-1] for x in blocks), 0, []
    for x in blocks:
        n = x.shape[-1]
        one = expand_dims(zeros_like(x[..., 0]), axis=-1) if n else zeros_like(blocks[0][..., :1])
        parts = [broadcast_to(one, (*x.shape[:-1], left)), x, broadcast_to(one, (*x.shape[:-1], total - left - n))]
        rows.append(concat(parts, axis=-1))
        left += n
    return back(concat(rows, axis=-2))


# ---- of sizes ----


def tri(
    N: int,  # NumPy's name
    M: int | None = None,  # NumPy's name
    k: int = 0,
    dtype: DTypeLike | None = None,
    *,
    device: DeviceLike | None = None,
) -> Array:
    """Ones at and below a diagonal, zeros above.

    Shapes: (N, M), square without M.
    """
    columns = N if M is None else M
    rows = reshape(arange(N, device=device), (-1, 1))
    return astype(arange(columns, device=device) <= rows + k, get_default_dtype() if dtype is None else dtype)


def identity(n: int, dtype: DTypeLike | None = None, *, device: DeviceLike | None = None) -> Array:
    """`eye` of one size.

    Shapes: (n, n).
    """
    return eye(n, dtype=dtype, device=device)


def tril_indices(n: int, k: int = 0, m: int | None = None, *, device: DeviceLike | None = None) -> tuple[Array, ...]:
    """The positions at and below a diagonal of a matrix of shape (n, m), row by row: two int64 vectors of one shape."""
    return nonzero(tri(n, m, k, dtype=bool_, device=device))


def triu_indices(n: int, k: int = 0, m: int | None = None, *, device: DeviceLike | None = None) -> tuple[Array, ...]:
    """The positions at and above a diagonal of a matrix of shape (n, m), row by row: two int64 vectors of one shape."""
    return nonzero(logical_not(tri(n, m, k - 1, dtype=bool_, device=device)))


def tril_indices_from(arr: AnyArray, k: int = 0) -> tuple[Array, ...]:
    """`tril_indices` for a matrix, on its device: vectors of one shape."""
    return tril_indices(*_matrix(arr, "tril_indices_from", k), device=device_of(arr, "tril_indices_from"))


def triu_indices_from(arr: AnyArray, k: int = 0) -> tuple[Array, ...]:
    """`triu_indices` for a matrix, on its device: vectors of one shape."""
    return triu_indices(*_matrix(arr, "triu_indices_from", k), device=device_of(arr, "triu_indices_from"))


def _matrix(arr: AnyArray, name: str, k: int) -> tuple[int, int, int]:
    if len(arr.shape) != 2:
        raise ShapeError(f"{name} takes a matrix; got shape {tuple(arr.shape)}")
    return arr.shape[0], k, arr.shape[1]


def diag_indices(n: int, ndim: int = 2, *, device: DeviceLike | None = None) -> tuple[Array, ...]:
    """The positions of the main diagonal: for each dimension a vector of shape (n,)."""
    return (arange(n, device=device),) * ndim


def indices(dimensions: Sequence[int], dtype: DTypeLike | None = None, *, device: DeviceLike | None = None) -> Array:
    """For each dimension of a shape the positions along it, of every element.

    Shapes: (len(dimensions), *dimensions). Types: int64, or `dtype`.
    """
    axes = [arange(n, device=device) for n in dimensions]
    found = stack(list(meshgrid(*axes, indexing="ij"))) if axes else zeros((0,), device=device)
    return astype(found, int64 if dtype is None else dtype, copy=False)


def ix_(*args: ArrayLike) -> tuple[Any, ...]:
    """Vectors of positions, or masks, in shapes that index the grid of them all: x[ix_([0, 2], [1, 3])].

    Shapes: (n,) each; the k-th has n elements along dimension k.
    """
    found = []
    for k, arg in enumerate(args):
        x: Any = arg if hasattr(arg, "shape") else asarray(arg)
        if len(x.shape) != 1:
            raise ShapeError(f"ix_ takes vectors; got shape {tuple(x.shape)}")
        if dtype_of(x).kind == "bool":
            (x,) = nonzero(x)
        found.append(reshape(x, (*(1,) * k, -1, *(1,) * (len(args) - k - 1))))
    return tuple(found)


def logspace(
    start: AnyArray | Scalar,
    stop: AnyArray | Scalar,
    num: int = 50,
    endpoint: bool = True,
    base: AnyArray | Scalar = 10.0,
    dtype: DTypeLike | None = None,
    *,
    device: DeviceLike | None = None,
) -> Array:
    """Powers of a base, of evenly spaced exponents; integers are rounded towards 0 from float64, as NumPy's.

    Shapes: (num,).
    """
    exponents = linspace(start, stop, num, endpoint=endpoint, dtype=_computed_in(dtype), device=device)
    found = cast("Array", pow(base, exponents))
    return found if dtype is None else astype(found, dtype)


def geomspace(
    start: float,
    stop: float,
    num: int = 50,
    endpoint: bool = True,
    dtype: DTypeLike | None = None,
    *,
    device: DeviceLike | None = None,
) -> Array:
    """Numbers of one ratio to the next, from start to stop, both real and of one sign.

    Shapes: (num,).
    """
    if not start * stop > 0:
        raise OptionError(f"geomspace goes between numbers of one sign that are not 0; got {start!r} and {stop!r}")
    ends = math.log10(abs(start)), math.log10(abs(stop))  # of base 10, so that NumPy's integers come out
    found = math.copysign(1.0, start) * logspace(*ends, num, endpoint, dtype=_computed_in(dtype), device=device)
    exact = asarray([start, stop], dtype=found.dtype, device=device)
    if num > 1 and endpoint:
        found = concat([found[:-1], exact[1:]])
    found = concat([exact[:1], found[1:]])[:num]
    return found if dtype is None else astype(found, dtype)


def _computed_in(dtype: DTypeLike | None) -> DTypeLike | None:
    """The type that a range is computed in: the wanted one where that has fractions."""
    return dtype if dtype is None or as_dtype(dtype).is_floating else float64


def vander(x: A, N: int | None = None, increasing: bool = False) -> A:  # NumPy's name
    """The powers of each element in a row, the highest first, or from 0 on if `increasing`.

    Shapes: (n,); the result (n, N), square without N.
    """
    x = operand(x, "vander")
    if len(x.shape) != 1:
        raise ShapeError(f"vander takes a vector; got shape {tuple(x.shape)}")
    count = x.shape[0] if N is None else N
    powers: list[Any] = []
    term: Any = x * 0 + 1
    for _ in range(count):
        powers.append(term)
        term = term * x
    if not powers:
        return reshape(x[:0], (0, 0)) if not x.shape[0] else reshape(x[:0], (x.shape[0], 0))
    found: A = stack(powers if increasing else powers[::-1], axis=-1)
    return found
