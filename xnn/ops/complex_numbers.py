"""The parts of complex numbers, of the array API standard; see elementwise.py for what is common.

abs and sign of complex numbers are in elementwise.py and rounding.py.
"""

from __future__ import annotations

from typing import Any

from xnn.autograd.primitive import primitive
from xnn.typing import A

from .promotion import of_complex

__all__ = [
    "conj",
    "imag",
    "real",
]


@primitive(lambda xp, g, out, x: xp.astype(g, x.dtype), kind="linear")
def real(xp: Any, x: A, /) -> A:
    """The real part, element-wise. Shape: any, kept. Types: numeric; real ones are their own real part."""
    return xp.real(x)


@primitive(lambda xp, g, out, x: -1j * xp.astype(g, x.dtype), promote=of_complex, kind="linear")
def imag(xp: Any, x: A, /) -> A:
    """The imaginary part, element-wise. Shape: any, kept. Types: complex; the result has the real type.

    Raises: DTypeError for a real array.
    """
    return xp.imag(x)


@primitive(lambda xp, g, out, x: xp.conj(g), kind="linear")
def conj(xp: Any, x: A, /) -> A:
    """The complex conjugate, element-wise. Shape: any, kept. Types: numeric; real ones are their own conjugate."""
    return xp.conj(x)
