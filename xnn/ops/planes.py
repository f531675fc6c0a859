"""Fourier transforms of planes, and of Hermitian signals over several axes, in NumPy's and SciPy's names.

Norms, types, derivatives and errors are those of the transforms over several axes: fftn, rfftn and their inverses.
"""

from __future__ import annotations

from collections.abc import Sequence

from xnn.autograd.operands import device_of
from xnn.typing import A, Axis

from .complex_numbers import conj
from .fourier import OPPOSITE, Norm, check_norm, fftn, ifftn, irfftn, rfftn, to_complex

__all__ = [
    "fft2",
    "hfft2",
    "hfftn",
    "ifft2",
    "ihfft2",
    "ihfftn",
    "irfft2",
    "rfft2",
]

PLANE = (-2, -1)


def fft2(x: A, s: Sequence[int] | None = None, axes: Axis = PLANE, norm: Norm = "backward") -> A:
    """The discrete Fourier transform over two axes, the last ones by default.

    Shapes: x of two dimensions or more; in the result the axes have the sizes `s`, as in x for None. Types: complex
    floating.
    """
    return fftn(x, s=s, axes=axes, norm=norm)


def ifft2(x: A, s: Sequence[int] | None = None, axes: Axis = PLANE, norm: Norm = "backward") -> A:
    """The inverse of fft2.

    Shapes: x of two dimensions or more; in the result the axes have the sizes `s`, as in x for None. Types: complex
    floating.
    """
    return ifftn(x, s=s, axes=axes, norm=norm)


def rfft2(x: A, s: Sequence[int] | None = None, axes: Axis = PLANE, norm: Norm = "backward") -> A:
    """The Fourier transform of real numbers over two axes: the half along the last of them.

    Shapes: x of two dimensions or more; in the result the axes have the sizes `s`, as in x for None, but the last one
    s[-1] // 2 + 1. Types: real floating; the result is complex.
    """
    return rfftn(x, s=s, axes=axes, norm=norm)


def irfft2(x: A, s: Sequence[int] | None = None, axes: Axis = PLANE, norm: Norm = "backward") -> A:
    """The inverse of rfft2: real numbers from half a spectrum along the last of two axes.

    Shapes: x of two dimensions or more; in the result the axes have the sizes `s`, as in x for None, but the last one
    of them then 2 * (m - 1), of m elements: name an odd size. Types: complex floating; the result is real.
    """
    return irfftn(x, s=s, axes=axes, norm=norm)


def hfftn(x: A, s: Sequence[int] | None = None, axes: Axis | None = None, norm: Norm = "backward") -> A:
    """The Fourier transform of a Hermitian signal over several axes, all for None, of which x is the first half.

    Shapes: x of at least one dimension; in the result the axes have the sizes `s`, as in x for None, but the last one
    of them then 2 * (m - 1), of m elements. Types: complex floating; the result is real.
    """
    device = device_of(x, "hfftn")
    check_norm(norm)
    whole: A = to_complex(device, [x], [getattr(x, "_data", x)])[0]
    return irfftn(conj(whole), s=s, axes=axes, norm=OPPOSITE[norm])


def ihfftn(x: A, s: Sequence[int] | None = None, axes: Axis | None = None, norm: Norm = "backward") -> A:
    """The inverse of hfftn: the first half of a Hermitian signal from its real spectrum.

    Shapes: x of at least one dimension; in the result the axes have the sizes `s`, as in x for None, but the last one
    s[-1] // 2 + 1. Types: real floating; the result is complex.
    """
    device_of(x, "ihfftn")
    check_norm(norm)
    return conj(rfftn(x, s=s, axes=axes, norm=OPPOSITE[norm]))


def hfft2(x: A, s: Sequence[int] | None = None, axes: Axis = PLANE, norm: Norm = "backward") -> A:
    """The Fourier transform of a Hermitian signal over two axes, of which x is the first half.

    Shapes: x of two dimensions or more; in the result the axes have the sizes `s`, as in x for None, but the last one
    of them then 2 * (m - 1), of m elements. Types: complex floating; the result is real.
    """
    return hfftn(x, s=s, axes=axes, norm=norm)


def ihfft2(x: A, s: Sequence[int] | None = None, axes: Axis = PLANE, norm: Norm = "backward") -> A:
    """The inverse of hfft2: the first half of a Hermitian signal from its real spectrum.

    Shapes: x of two dimensions or more; in the result the axes have the sizes `s`, as in x for None, but the last one
    s[-1] // 2 + 1. Types: real floating; the result is complex.
    """
    return ihfftn(x, s=s, axes=axes, norm=norm)
