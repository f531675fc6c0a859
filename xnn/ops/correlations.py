"""Convolutions and correlations of sequences, under NumPy's names; `nn.functional.conv1d` is of batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from xnn import dtypes
from xnn.autograd.arguments import choice
from xnn.autograd.refusals import axes_of
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, ArrayLike

from .complex_numbers import conj
from .creation import arange, asarray
from .data_types import astype
from .extrema import clip
from .indexing import getitem, take
from .lifting import lifted
from .linear_algebra import matmul, tensordot
from .logic import logical_and
from .manipulation import concat, expand_dims, flip, moveaxis, permute_dims, reshape
from .padding import pad_constant
from .searching import where
from .shapes import sliding_window_view
from .statistical import sum as sum_of

__all__ = ["convolve", "correlate"]

Mode = Literal["full", "same", "valid"]
Pair = tuple[Sequence[int], Sequence[int]]
ELEMENTS = 1 << 20  # of the windows that are held at once, 8 MB in float64


def convolve(
    a: A,
    v: ArrayLike,
    mode: Mode = "full",
    *,
    axes: Pair | None = None,
    dot_axes: Pair = ((), ()),
) -> A:
    """The convolution of two sequences: sum over k of a[n - k] v[k]; of more dimensions that of images, as SciPy's.

    Args:
        a: (n,), or a number; or more dimensions.
        v: (m,), or a number; or as many dimensions as a.
        mode: "full" is of every overlap, "same" of the max(n, m) in its middle (of images, of the size of a), "valid"
            of the overlaps that are whole.
        axes: which dimensions of a and of v are convolved, in pairs; all if None. As autograd's.
        dot_axes: which dimensions of a and of v are multiplied and summed, in pairs.

    Returns:
        (n + m - 1,), (max(n, m),) or (max(n, m) - min(n, m) + 1,), of the promoted type; with axes, the dimensions of
        a and of v that these do not name come first. Sums of products, not Fourier transforms: the time is n m, and of
        sequences NaN stays where it overlaps.

    Raises:
        ShapeError: for dimensions that do not fit, or a sequence without elements.
        OptionError: for another mode.
    """
    if axes is not None or max(_ndim(a), _ndim(v)) > 1:
        return _of_dimensions(a, v, mode, axes, dot_axes)
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


def _ndim(x: Any) -> int:
    return len(x.shape) if hasattr(x, "shape") else len(asarray(x, device="numpy:cpu").shape)


def _of_dimensions(a: Any, v: Any, mode: Any, axes: Pair | None, dot_axes: Pair) -> Any:
    choice("convolve", "mode", mode, ("full", "same", "valid"))
    (one, other), back = lifted("convolve", a, v)
    if axes is None:
        if one.ndim != other.ndim:
            raise ShapeError(
                f"convolve takes sequences, or arrays of one number of dimensions; got {tuple(one.shape)} and "
                f"{tuple(other.shape)}. Cure: axes=..., which says what is convolved."
            )
        axes = (range(one.ndim), range(other.ndim))
    pairs = [(axes_of(tuple(axes[i]), x.ndim, "convolve"), axes_of(tuple(dot_axes[i]), x.ndim, "convolve"))
             for i, x in enumerate((one, other))]  # fmt: skip
    if len(pairs[0][0]) != len(pairs[1][0]) or len(pairs[0][1]) != len(pairs[1][1]):
        raise ShapeError(f"convolve takes dimensions in pairs; got axes={axes} and dot_axes={dot_axes}")
    sizes = [[x.shape[i] for i in conv] for x, (conv, _) in zip((one, other), pairs, strict=True)]
    if mode == "valid" and any(n < m for n, m in zip(*sizes, strict=True)):
        if any(n > m for n, m in zip(*sizes, strict=True)):
            raise ShapeError(f"convolve: in mode 'valid' one array is larger in each dimension; got {sizes}")
        swapped = _convolved(other, one, mode, pairs[::-1])
        first = other.ndim - len(pairs[1][0]) - len(pairs[1][1])
        second = one.ndim - len(pairs[0][0]) - len(pairs[0][1])
        places = tuple(range(first, first + second))
        return back(moveaxis(swapped, places, tuple(range(second))))
    return back(_convolved(one, other, mode, pairs))


def _convolved(x: Any, v: Any, mode: str, pairs: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]) -> Any:
    """By windows of x, each times v: (dimensions of x alone, those of v alone, those that are convolved)."""
    (conv, dot), (conv_v, dot_v) = pairs
    alone = [i for i in range(x.ndim) if i not in (*conv, *dot)]
    alone_v = [i for i in range(v.ndim) if i not in (*conv_v, *dot_v)]
    x, v = permute_dims(x, (*alone, *dot, *conv)), permute_dims(v, (*alone_v, *dot_v, *conv_v))
    count, kept = len(conv), [x.shape[x.ndim - len(conv) + i] for i in range(len(conv))]
    sizes = [v.shape[v.ndim - count + i] for i in range(count)]
    last = tuple(range(x.ndim - count, x.ndim))
    if count:
        v = flip(v, axis=tuple(range(v.ndim - count, v.ndim)))
    if mode != "valid" and count:
        x = pad_constant(x, padding=[(n - 1, n - 1) for n in sizes], value=0)
    windows = sliding_window_view(x, sizes, axis=last) if count else x
    summed = [*range(len(alone), len(alone) + len(dot)), *range(x.ndim, x.ndim + count)]
    found = tensordot(windows, v, axes=(tuple(summed), tuple(range(len(alone_v), v.ndim))))
    spots = tuple(range(len(alone) + count, len(alone) + count + len(alone_v)))
    found = moveaxis(found, spots, tuple(range(len(alone), len(alone) + len(alone_v))))
    if mode == "same":
        for i, (n, m) in enumerate(zip(kept, sizes, strict=True)):
            place, start = found.ndim - count + i, (m - 1) // 2
            found = getitem(found, (*(slice(None),) * place, slice(start, start + n)))
    return found


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
    n, size = x.shape[0], v.shape[0]
    before = {"full": size - 1, "same": size // 2, "valid": 0}[mode]
    after = size - 1 - before if mode == "same" else before
    rows = max(ELEMENTS // size, 1)
    parts = (-before, 0), (0, n - size + 1), (n - size + 1, n - size + 1 + after)
    blocks = [_block(x, v, start, min(start + rows, end)) for first, end in parts for start in range(first, end, rows)]
    return blocks[0] if len(blocks) == 1 else concat(blocks)


def _block(x: Any, v: Any, start: int, end: int) -> Any:
    """Those of the windows start to end; where they hang over an end of x, of what overlaps: 0 times NaN is not 0."""
    n, size = x.shape[0], v.shape[0]
    starts = arange(start, end, dtype=dtypes.int64, device=x.device)
    places = expand_dims(starts, axis=1) + arange(size, dtype=dtypes.int64, device=x.device)
    if 0 <= start <= n - size:
        return matmul(_taken(x, places), v)
    overlaps = logical_and(places >= 0, places < n)
    products = where(overlaps, _taken(x, clip(places, 0, n - 1)), 0) * where(overlaps, v, 0)
    return sum_of(products, axis=1, dtype=products.dtype)


def _taken(x: Any, places: Any) -> Any:
    return reshape(take(x, reshape(places, (-1,)), axis=0), places.shape)
