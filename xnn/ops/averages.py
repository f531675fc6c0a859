"""Averages, covariances and ranges, under NumPy's names; PyTorch's pairs of them.

Types: integers become the default floating type where the result is floating.
"""

from __future__ import annotations

import math
from typing import Any, Literal, overload

from xnn.autograd.refusals import axes_of
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, ArrayLike, Axis, DTypeLike

from .complex_numbers import conj, imag, real
from .data_types import astype
from .diagonals import diagonal
from .elementwise import sqrt
from .extrema import clip
from .lifting import lifted
from .linear_algebra import matmul
from .manipulation import broadcast_to, concat, permute_dims, reshape, squeeze
from .matrices import as_floating
from .statistical import max as largest
from .statistical import mean as mean_of
from .statistical import min as smallest
from .statistical import reduced_axes
from .statistical import std as std_of
from .statistical import sum as sum_of
from .statistical import var as var_of

__all__ = [
    "aminmax",
    "average",
    "corrcoef",
    "cov",
    "ptp",
    "std_mean",
    "var_mean",
]


@overload
def average(
    a: A,
    axis: Axis | None = None,
    weights: ArrayLike | None = None,
    returned: Literal[False] = False,
    *,
    keepdims: bool = False,
) -> A: ...
@overload
def average(
    a: A, axis: Axis | None = None, weights: ArrayLike | None = None, *, returned: Literal[True], keepdims: bool = False
) -> tuple[A, A]: ...
def average(
    a: A,
    axis: Axis | None = None,
    weights: ArrayLike | None = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> A | tuple[A, A]:
    """The weighted average over dimensions, sum(a * weights) / sum(weights); with `returned` also sum(weights).

    Shapes: a any; weights that of a, or that of the dimensions `axis` alone; the result without the dimensions `axis`,
    or with size 1 there if `keepdims`. Types: numeric. Weights whose sum is 0 give NaN or infinities, where NumPy
    raises: that would wait for the device. Raises ShapeError for weights of another shape.
    """
    (x, w), back = lifted("average", a, weights)
    x = as_floating(x)
    if w is None:
        found = mean_of(x, axis=axis, keepdims=keepdims)
        count = math.prod(x.shape[i] for i in reduced_axes(x.ndim, axis))
        return back((found, found * 0 + count) if returned else found)
    w = weights_along("average", w, x, axis)
    weighted = x * w
    total = sum_of(broadcast_to(astype(w, weighted.dtype, copy=False), x.shape), axis=axis, keepdims=keepdims)
    found = sum_of(weighted, axis=axis, keepdims=keepdims) / total
    return back((found, total) if returned else found)


def weights_along(name: str, w: Any, x: Any, axis: Axis | None) -> Any:
    """Weights of the shape of x, or of its dimensions `axis` alone, so that they broadcast with x."""
    if w.shape == x.shape:
        return w
    axes = None if axis is None else axes_of(axis, x.ndim, name)
    if axes is None or w.shape != tuple(x.shape[i] for i in axes):
        raise ShapeError(
            f"{name}: weights have the shape of a, or of its dimensions axis; got {w.shape} for {x.shape} with "
            f"axis={axis}. Cure: xnn.broadcast_to(weights, a.shape)."
        )
    order = sorted(range(len(axes)), key=lambda i: axes[i])
    return reshape(permute_dims(w, order), tuple(n if i in axes else 1 for i, n in enumerate(x.shape)))


def _is_complex(x: Any) -> bool:
    return bool(x.dtype.kind == "complex floating")


def _rows(name: str, x: Any, rowvar: bool) -> Any:
    if x.ndim > 2:
        raise ShapeError(
            f"{name} takes arrays of at most two dimensions; got {x.shape}. Cure: xnn.reshape(x, (n, -1))."
        )
    if x.ndim < 2:
        return reshape(x, (1, -1))
    return x if rowvar else permute_dims(x, (1, 0))


def cov(
    m: A,
    y: ArrayLike | None = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: ArrayLike | None = None,
    aweights: ArrayLike | None = None,
    *,
    dtype: DTypeLike | None = None,
) -> A:
    """The covariance matrix of variables, of which each row of m has the observations, or each column without `rowvar`.

    Args:
        m: (variables, observations), or (observations,).
        y: more variables, of as many observations.
        rowvar: whether rows are the variables.
        bias: whether to divide by n, and not by n - 1.
        ddof: n - ddof is divided by, whatever `bias` says.
        fweights: (observations,), integers: how often each stands there.
        aweights: (observations,): how much each weighs.
        dtype: of the result.

    Returns:
        (variables, variables), or () of one alone. Where the divisor is 0 or less it is NaN or infinite.

    Raises:
        ShapeError: for more than two dimensions, or weights that are not one for each observation.
        OptionError: if ddof is no integer.
    """
    (x, more, f, a), back = lifted("cov", m, y, fweights, aweights)
    if ddof is not None and ddof != int(ddof):
        raise OptionError(f"cov: ddof is an int; got {ddof!r}. Cure: ddof=1.")
    x = _rows("cov", x, rowvar)
    if more is not None:
        x = concat([x, _rows("cov", more, rowvar)], axis=0)
    x = as_floating(x) if dtype is None else astype(x, dtype, copy=False)
    count = x.shape[1]
    for name, weights in (("fweights", f), ("aweights", a)):
        if weights is not None and weights.shape != (count,):
            raise ShapeError(f"cov: {name} has one number for each of {count} observations; got {weights.shape}.")
    divisor: Any
    free = (0 if bias else 1) if ddof is None else ddof
    if f is None and a is None:
        divisor, w = max(count - free, 0), None
    else:
        dtype = real(x).dtype if _is_complex(x) else x.dtype
        parts = [astype(part, dtype, copy=False) for part in (f, a) if part is not None]
        w = parts[0] if len(parts) == 1 else parts[0] * parts[1]
        total = sum_of(w)
        divisor = total - (free * sum_of(w * parts[-1]) / total if a is not None else free) if free else total
    centred = x - average(x, axis=1, weights=w, keepdims=True)
    other = centred if w is None else centred * w
    found = matmul(centred, permute_dims(conj(other) if _is_complex(x) else other, (1, 0)))
    found = found * (1 / divisor if divisor else math.nan) if w is None else found / divisor
    alone = tuple(i for i in (0, 1) if found.shape[i] == 1)
    return back(squeeze(found, axis=alone) if alone else found)


def corrcoef(m: A, y: ArrayLike | None = None, rowvar: bool = True, *, dtype: DTypeLike | None = None) -> A:
    """The matrix of Pearson's correlation coefficients: of `cov`, whose arguments it takes, over standard deviations.

    Shapes: m (variables, observations), or (observations,); the result (variables, variables), or () of one alone. A
    variable that does not vary has NaN.
    """
    (x, more), back = lifted("corrcoef", m, y)
    c = cov(x, more, rowvar, dtype=dtype)
    if c.ndim == 0:
        return back(c / c)
    deviation = sqrt(real(diagonal(c)) if _is_complex(c) else diagonal(c))
    c = c / reshape(deviation, (-1, 1)) / deviation
    if _is_complex(c):
        return back(clip(real(c), -1, 1) + 1j * clip(imag(c), -1, 1))
    return back(clip(c, -1, 1))


def ptp(a: A, axis: Axis | None = None, *, keepdims: bool = False) -> A:
    """The range of values over dimensions, max - min.

    Shapes: a any; the result without the dimensions `axis`, or with size 1 there if `keepdims`. Types: integers and
    real floating; the type stays. Derivatives and errors: those of max and min.
    """
    (x,), back = lifted("ptp", a)
    return back(largest(x, axis=axis, keepdims=keepdims) - smallest(x, axis=axis, keepdims=keepdims))


def aminmax(x: A, /, axis: Axis | None = None, *, keepdims: bool = False) -> tuple[A, A]:
    """The smallest and the largest element over dimensions, as PyTorch's function gives them.

    Shapes: x any; each result without the dimensions `axis`, or with size 1 there if `keepdims`. Types, derivatives and
    errors: those of min and max.
    """
    return smallest(x, axis=axis, keepdims=keepdims), largest(x, axis=axis, keepdims=keepdims)


def var_mean(x: A, /, axis: Axis | None = None, *, correction: float = 0.0, keepdims: bool = False) -> tuple[A, A]:
    """The variance and the mean over dimensions.

    Shapes: x any; each result without the dimensions `axis`, or with size 1 there if `keepdims`. The correction is 0,
    as in var; PyTorch's is 1.
    """
    return var_of(x, axis=axis, correction=correction, keepdims=keepdims), mean_of(x, axis=axis, keepdims=keepdims)


def std_mean(x: A, /, axis: Axis | None = None, *, correction: float = 0.0, keepdims: bool = False) -> tuple[A, A]:
    """The standard deviation and the mean over dimensions.

    Shapes: x any; each result without the dimensions `axis`, or with size 1 there if `keepdims`. The correction is 0,
    as in std; PyTorch's is 1.
    """
    return std_of(x, axis=axis, correction=correction, keepdims=keepdims), mean_of(x, axis=axis, keepdims=keepdims)
