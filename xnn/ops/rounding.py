"""Element-wise functions of the array API standard that round or look at signs; see elementwise.py for what is common.

All but copysign, and sign of complex numbers, are piecewise constant, or change by the least step there is: the result
requires no gradient.
"""

from __future__ import annotations

from typing import Any

from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.operands import device_of, operand
from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import integer
from xnn.typing import A, Scalar

from .data_types import dtype_of
from .promotion import floating, of_reals

__all__ = [
    "ceil",
    "copysign",
    "floor",
    "nextafter",
    "round",
    "sign",
    "signbit",
    "trunc",
]


@primitive(promote=of_reals())
def floor(xp: Any, x: A, /) -> A:
    """The largest integer that is not above x, element-wise.

    Shape: any, kept. Types: integers, which stay as they are, and real floating.
    """
    return xp.floor(x)


@primitive(promote=of_reals())
def ceil(xp: Any, x: A, /) -> A:
    """The smallest integer that is not below x, element-wise.

    Shape: any, kept. Types: integers, which stay as they are, and real floating.
    """
    return xp.ceil(x)


@primitive(promote=of_reals())
def trunc(xp: Any, x: A, /) -> A:
    """The integer nearest to x that is not farther from 0 than x, element-wise.

    Shape: any, kept. Types: integers, which stay as they are, and real floating.
    """
    return xp.trunc(x)


@primitive()
def _round(xp: Any, x: A, /) -> A:
    return xp.round(x)


_round.name = "round"


def round(x: A, /, decimals: int = 0) -> A:
    """The integer nearest to x, element-wise, and of two that are equally near the even one.

    Shape: any, kept. Types: numeric; integers stay as they are, of complex numbers both parts are rounded. With
    `decimals`, as NumPy does it: of x times 10**decimals, then divided by that; negative ones round to tens, hundreds,
    ..., integers as well.
    """
    if type(decimals) is int and decimals == 0:
        return _round(x)
    places = integer("round", "decimals", decimals)
    x = operand(x, "round")
    kind = device_of(x, "round").backend.dtype_of(x._data if isinstance(x, Tracked) else x).kind
    xp = frontend.xp
    if "floating" not in kind:
        if places >= 0:
            return _round(x)
        wide = xp.astype(x, xp.float64)
        return xp.astype(xp.multiply(_round(xp.divide(wide, 10.0**-places)), 10.0**-places), dtype_of(x))
    if places < 0:
        return xp.multiply(_round(xp.divide(x, 10.0**-places)), 10.0**-places)
    return xp.divide(_round(xp.multiply(x, 10.0**places)), 10.0**places)


@primitive()
def _sign(xp: Any, x: A, /) -> A:
    return xp.sign(x)


def _complex_sign_rule(xp: Any, g: Any, out: Any, x: Any) -> Any:
    size = xp.abs(x)
    size = xp.where(size == 0, 1.0, size)
    return xp.where(out == 0, 0.0, (g - xp.conj(g * out * out)) / (2 * size))


@primitive(_complex_sign_rule, keeps="x out")
def _complex_sign(xp: Any, x: A, /) -> A:
    return xp.sign(x)


_sign.name, _complex_sign.name = "sign", "complex_sign"


def sign(x: A, /) -> A:
    """-1, 0 or 1 as x is below, at or above 0, element-wise; NaN where x is NaN.

    Shape: any, kept. Types: numeric; of complex x it is x / abs(x), and 0 at 0. That alone has a derivative, 0 at 0.
    """
    x = operand(x, "sign")
    device = device_of(x, "sign")
    dtype = device.backend.dtype_of(x._data if isinstance(x, Tracked) else x)
    return _complex_sign(x) if dtype.kind == "complex floating" else _sign(x)


@primitive(promote=of_reals())
def signbit(xp: Any, x: A, /) -> A:
    """Whether the sign of x is negative, element-wise; also of -0 and of NaN.

    Shape: any, kept. Types: real floating; the result is bool.
    """
    return xp.signbit(x)


@primitive(
    lambda xp, g, out, a, b: g * (xp.sign(a) * xp.sign(out)),
    lambda xp, g, out, a, b: xp.zeros_like(g),
    keeps="x1 out",
    promote=of_reals(floating),
    kind="elementwise",
)
def copysign(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """The size of x1 with the sign of x2, element-wise.

    Shapes: x1 and x2 broadcast. Types: real; integers become the default floating type. The derivative with respect to
    x1 is 1 or -1, and 0 at 0; that with respect to x2 is 0.
    """
    return xp.copysign(x1, x2)


@primitive(promote=of_reals(floating))
def nextafter(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """The number next to x1 in the direction of x2, element-wise; x2 where both are equal.

    Shapes: x1 and x2 broadcast. Types: real; integers become the default floating type.
    """
    return xp.nextafter(x1, x2)
