"""Convolutions and correlations of sequences, under NumPy's names; `nn.functional.conv1d` is of batches."""

from __future__ import annotations

from typing import Any, Literal

from xnn import dtypes
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, ArrayLike

from .complex_numbers import conj
from .creation import arange
from .data_types import astype
from .indexing import take
from .lifting import lifted
from .linear_algebra import matmul
from .manipulation import concat, expand_dims, flip, reshape
from .padding import pad_constant

__all__ = ["convolve", "correlate"]

Mode = Literal["full", "same", "valid"]
ELEMENTS = 1 << 20  # of the windows that are held at once, 8 MB in float64


def convolve(a: A, v: ArrayLike, mode: Mode = "full") -> A:
    """The convolution of two sequences: sum over k of a[n - k] v[k].

    Args:
        a: (n,), or a number.
        v: (m,), or a number.
        mode: "full" is of every overlap, "same" of the max(n, m) in its middle, "valid" of the overlaps that are whole.

    Returns:
        (n + m - 1,), (max(n, m),) or (max(n, m) - min(n, m) + 1,), of the promoted type. Sums of products, not Fourier
        transforms: the time is n m.

    Raises:
        ShapeError: for more dimensions than 1, or a sequence without elements.
        OptionError: for another mode.
    """
    (one, other), back = _sequences("convolve", a, v, mode)
    if other.shape[0] > one.shape[0]:
        one, other = other, one
    return back(_correlated(one, flip(other), mode))


def correlate(a: A, v: ArrayLike, mode: Mode = "valid") -> A:
    """The cross-correlation of two sequences: sum over k of a[n + k] conj(v[k]).

    Args, shapes and errors as of `convolve`.
    """
    (one, other), back = _sequences("correlate", a, v, mode)
    other = conj(other) if other.dtype.kind == "complex floating" else other
    if other.shape[0] > one.shape[0]:
        return back(flip(_correlated(other, one, mode)))
    return back(_correlated(one, other, mode))


def _sequences(name: str, a: Any, v: Any, mode: Any) -> Any:
    arrays, back = lifted(name, a, v)
    if mode not in ("full", "same", "valid"):
        raise OptionError(f"{name}: mode is 'full', 'same' or 'valid'; got {mode!r}")
    if any(x.ndim > 1 or 0 in x.shape for x in arrays):
        shapes = " and ".join(str(tuple(x.shape)) for x in arrays)
        raise ShapeError(f"{name} takes sequences (n,) of 1 or more elements; got {shapes}")
    return [reshape(x, (-1,)) for x in arrays], back


def _correlated(x: Any, v: Any, mode: Mode) -> Any:
    """sum over k of x[n + k] v[k], of the longer x, in blocks of windows."""
    if x.dtype.kind == v.dtype.kind == "bool":
        return astype(_correlated(astype(x, dtypes.int64), astype(v, dtypes.int64), mode), dtypes.bool_)
    size = v.shape[0]
    before = {"full": size - 1, "same": size // 2, "valid": 0}[mode]
    after = size - 1 - before if mode == "same" else before
    if before or after:
        x = pad_constant(x, padding=[(before, after)], value=0)
    count, rows = x.shape[0] - size + 1, max(ELEMENTS // size, 1)
    offsets = arange(size, dtype=dtypes.int64, device=x.device)
    blocks = []
    for start in range(0, count, rows):
        starts = arange(start, min(start + rows, count), dtype=dtypes.int64, device=x.device)
        places = expand_dims(starts, axis=1) + offsets
        windows = reshape(take(x, reshape(places, (-1,)), axis=0), places.shape)
        blocks.append(matmul(windows, v))
    return blocks[0] if len(blocks) == 1 else concat(blocks)
