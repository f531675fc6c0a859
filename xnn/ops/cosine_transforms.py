"""Cosine and sine transforms of real numbers over an axis, in SciPy's names: types 1 to 4, each with its derivative.

With "backward" no factor stands before a transform, and 1 / (2 n) before its inverse (n - 1 in the place of n for
cosines of type 1, n + 1 for sines of it); with "forward" the other way round; with "ortho" both are orthogonal.

Types: real floating; integers become the default floating type. Raises: OptionError for another type or norm,
ShapeError for fewer elements than there have to be (two for cosines of type 1), BoundsError for an axis that x lacks.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from xnn.autograd.operands import device_of, operand
from xnn.autograd.primitive import fused
from xnn.autograd.refusals import axes_of, axis_of
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, Axis

from .fourier import OPPOSITE, Norm, check_norm
from .manipulation import moveaxis
from .promotion import real_floating

__all__ = [
    "dct",
    "dctn",
    "dst",
    "dstn",
    "idct",
    "idctn",
    "idst",
    "idstn",
]

Kind = Literal[1, 2, 3, 4]
INVERSE: dict[int, Kind] = {1: 1, 2: 3, 3: 2, 4: 4}


def _angles(xp: Any, x: Any, scale: float, shift: float = 0.0) -> Any:
    """The cosines and sines of scale * (k + shift), for each k along the last dimension."""
    k = xp.arange(x.shape[-1], dtype=x.dtype, device=xp.device(x))
    return xp.cos(scale * (k + shift)), xp.sin(scale * (k + shift))


def _signs(xp: Any, x: Any) -> Any:
    """1, -1, 1, ... along the last dimension."""
    k = xp.arange(x.shape[-1], dtype=xp.int64, device=xp.device(x))
    return xp.astype(1 - 2 * (k % 2), x.dtype)


def _weighted_end(xp: Any, x: Any, factor: float, first: bool, last: bool) -> Any:
    """x with its first or last element times a factor."""
    k = xp.arange(x.shape[-1], dtype=xp.int64, device=xp.device(x))
    at = xp.logical_or(k == (0 if first else -1), k == (x.shape[-1] - 1 if last else -1))
    return x * xp.where(at, xp.full_like(at, factor, dtype=x.dtype), xp.full_like(at, 1.0, dtype=x.dtype))


def _first(xp: Any, x: Any, count: int) -> Any:
    return xp.getitem(x, (..., slice(None, count)))


def _as_complex(xp: Any, x: Any, cosine: Any, sine: Any) -> Any:
    """x * (cosine + i sine)."""
    wide = xp.complex64 if x.dtype == xp.float32 else xp.complex128
    return xp.astype(x * cosine, wide) + 1j * xp.astype(x * sine, wide)


def _cosines(xp: Any, x: Any, kind: int) -> Any:
    """The transform without factors, by a Fourier transform of what x is continued to."""
    n = x.shape[-1]
    if kind == 1:
        inner = xp.getitem(x, (..., slice(1, n - 1)))
        return xp.real(xp.fft.rfft(xp.concat([x, xp.flip(inner, axis=-1)], axis=-1)))
    if kind == 2:
        cosine, sine = _angles(xp, x, math.pi / (2 * n))
        whole = _first(xp, xp.fft.rfft(xp.concat([x, xp.flip(x, axis=-1)], axis=-1)), n)
        return xp.real(whole) * cosine + xp.imag(whole) * sine
    if kind == 3:
        half = _as_complex(xp, x, *_angles(xp, x, math.pi / (2 * n)))
        half = xp.concat([half, xp.zeros_like(_first(xp, half, 1))], axis=-1)
        return _first(xp, xp.fft.irfft(half, n=2 * n, norm="forward"), n)
    cosine, sine = _angles(xp, x, math.pi / (2 * n))
    turned = _as_complex(xp, x, cosine, -sine)
    whole = _first(xp, xp.fft.fft(xp.concat([turned, xp.zeros_like(turned)], axis=-1)), n)
    cosine, sine = _angles(xp, x, math.pi / (2 * n), 0.5)
    return 2 * (xp.real(whole) * cosine + xp.imag(whole) * sine)


def _sines(xp: Any, x: Any, kind: int) -> Any:
    """The same of sines, by cosines of x with changed signs or upside down."""
    n = x.shape[-1]
    if kind == 1:
        zero = xp.zeros_like(_first(xp, x, 1))
        whole = xp.fft.rfft(xp.concat([zero, x, zero, -xp.flip(x, axis=-1)], axis=-1))
        return -xp.imag(xp.getitem(whole, (..., slice(1, n + 1))))
    if kind == 2:
        return xp.flip(_cosines(xp, x * _signs(xp, x), 2), axis=-1)
    return _signs(xp, x) * _cosines(xp, xp.flip(x, axis=-1), kind)


@fused(promote=real_floating)
def _transform(xp: Any, x: A, /, *, kind: int, norm: str, sines: bool) -> A:
    """The transform along the last dimension."""
    n = x.shape[-1]
    y: Any = x
    if norm == "ortho" and (kind == 3 or (kind == 1 and not sines)):
        y = _weighted_end(xp, y, math.sqrt(2.0), kind == 1 or not sines, kind == 1 or sines)
    y = _sines(xp, y, kind) if sines else _cosines(xp, y, kind)
    if norm == "ortho" and (kind == 2 or (kind == 1 and not sines)):
        y = _weighted_end(xp, y, math.sqrt(0.5), kind == 1 or not sines, kind == 1 or sines)
    size = 2 * (n + ((1 if sines else -1) if kind == 1 else 0))
    return y * {"backward": 1.0, "forward": 1 / size, "ortho": 1 / math.sqrt(size)}[norm]


def _along(name: str, x: A, type: int, axis: int, norm: Norm, sines: bool) -> A:
    device_of(x, name)
    if type not in INVERSE:
        raise OptionError(f"{name}'s type is 1, 2, 3 or 4; got {type!r}. Cure: 2.")
    check_norm(norm)
    place = axis_of(axis, len(x.shape), name)
    least = 2 if type == 1 and not sines else 1
    if x.shape[place] < least:
        raise ShapeError(f"{name} of type {type} transforms {least} elements or more; got shape {tuple(x.shape)}.")
    return moveaxis(_transform(moveaxis(x, place, -1), kind=type, norm=norm, sines=sines), -1, place)


def dct(x: A, type: Kind = 2, axis: int = -1, norm: Norm = "backward") -> A:
    """The discrete cosine transform, of type 2 the sum over j of 2 x_j cos(pi k (2 j + 1) / (2 n)), for each k.

    Shapes: x of at least one dimension; the result the same. Types: real floating.
    """
    return _along("dct", x, type, axis, norm, sines=False)


def idct(x: A, type: Kind = 2, axis: int = -1, norm: Norm = "backward") -> A:
    """The inverse of dct of that type.

    Shapes: x of at least one dimension; the result the same. Types: real floating.
    """
    check_norm(norm)
    return _along("idct", x, INVERSE.get(type, type), axis, OPPOSITE[norm], sines=False)


def dst(x: A, type: Kind = 2, axis: int = -1, norm: Norm = "backward") -> A:
    """The discrete sine transform, of type 2 the sum over j of 2 x_j sin(pi (k + 1) (2 j + 1) / (2 n)), for each k.

    Shapes: x of at least one dimension; the result the same. Types: real floating.
    """
    return _along("dst", x, type, axis, norm, sines=True)


def idst(x: A, type: Kind = 2, axis: int = -1, norm: Norm = "backward") -> A:
    """The inverse of dst of that type.

    Shapes: x of at least one dimension; the result the same. Types: real floating.
    """
    check_norm(norm)
    return _along("idst", x, INVERSE.get(type, type), axis, OPPOSITE[norm], sines=True)


def _over_axes(function: Any, name: str, x: A, type: Kind, axes: Axis | None, norm: Norm) -> A:
    """One transform after the other, along each of the axes; all for None."""
    x = operand(x, name)
    found: A = x
    for axis in axes_of(tuple(range(len(x.shape))) if axes is None else axes, len(x.shape), name):
        found = function(found, type, axis, norm)
    return found


def dctn(x: A, type: Kind = 2, axes: Axis | None = None, norm: Norm = "backward") -> A:
    """The discrete cosine transform along several axes, or all. Shapes: x any; the result the same."""
    return _over_axes(dct, "dctn", x, type, axes, norm)


def idctn(x: A, type: Kind = 2, axes: Axis | None = None, norm: Norm = "backward") -> A:
    """The inverse of dctn of that type. Shapes: x any; the result the same."""
    return _over_axes(idct, "idctn", x, type, axes, norm)


def dstn(x: A, type: Kind = 2, axes: Axis | None = None, norm: Norm = "backward") -> A:
    """The discrete sine transform along several axes, or all. Shapes: x any; the result the same."""
    return _over_axes(dst, "dstn", x, type, axes, norm)


def idstn(x: A, type: Kind = 2, axes: Axis | None = None, norm: Norm = "backward") -> A:
    """The inverse of dstn of that type. Shapes: x any; the result the same."""
    return _over_axes(idst, "idstn", x, type, axes, norm)
