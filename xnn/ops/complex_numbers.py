"""The parts of complex numbers, of the array API standard; see elementwise.py for what is common.

abs and sign of complex numbers are in elementwise.py and rounding.py.
"""

from __future__ import annotations

from typing import Any

from xnn.autograd.primitive import primitive
from xnn.typing import A

__all__ = [
    "conj",
    "imag",
    "real",
]


@primitive(lambda xp, g, out, x: xp.astype(g, x.dtype), kind="linear")
def real(xp: Any, x: A, /) -> A:
    """The real part, element-wise. Shape: any, kept. Types: numeric; real ones are their own real part."""
    return xp.real(x)


def _imag_rule(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return -1j * xp.astype(g, x.dtype) if xp.isdtype(x.dtype, "complex floating") else xp.zeros_like(g)


@primitive(_imag_rule, kind="linear")
def imag(xp: Any, x: A, /) -> A:
    """The imaginary part, element-wise. Shape: any, kept. Types: numeric; that of real numbers is 0, as in NumPy."""
    return xp.imag(x) if xp.isdtype(x.dtype, "complex floating") else xp.zeros_like(x)


@primitive(lambda xp, g, out, x: xp.conj(g), kind="linear")
def conj(xp: Any, x: A, /) -> A:
    """The complex conjugate, element-wise. Shape: any, kept. Types: numeric; real ones are their own conjugate."""
    return xp.conj(x)
