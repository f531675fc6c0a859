"""Element-wise extrema of the array API standard; see elementwise.py for what they have in common."""

from __future__ import annotations

from typing import Any

from xnn.autograd.primitive import primitive
from xnn.typing import A, AnyArray, Scalar

from .promotion import arithmetic, of_reals

__all__ = [
    "clip",
    "maximum",
    "minimum",
]


def _share(xp: Any, g: Any, a: Any, b: Any, is_worse: Any) -> Any:
    """g where a is the one taken (or NaN), half of it where both are equal, 0 where it is worse."""
    return xp.where(is_worse, 0.0, xp.where(a == b, 0.5 * g, g))


@primitive(
    lambda xp, g, out, a, b: _share(xp, g, a, b, a < b),
    lambda xp, g, out, a, b: _share(xp, g, b, a, b < a),
    keeps="x1 x2",
    promote=of_reals(arithmetic),
    kind="elementwise",
)
def maximum(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """The larger of x1 and x2, element-wise; NaN where either is NaN.

    Shapes: x1 and x2 broadcast. Types: integers and real floating. Equal operands get half of the derivative each.
    """
    return xp.maximum(x1, x2)


@primitive(
    lambda xp, g, out, a, b: _share(xp, g, a, b, a > b),
    lambda xp, g, out, a, b: _share(xp, g, b, a, b > a),
    keeps="x1 x2",
    promote=of_reals(arithmetic),
    kind="elementwise",
)
def minimum(xp: Any, x1: A | Scalar, x2: A | Scalar, /) -> A:
    """The smaller of x1 and x2, element-wise; NaN where either is NaN.

    Shapes: x1 and x2 broadcast. Types: integers and real floating. Equal operands get half of the derivative each.
    """
    return xp.minimum(x1, x2)


def _clip_x(xp: Any, g: Any, out: Any, x: Any, lower: Any, upper: Any) -> Any:
    bounds = ([] if lower is None else [x >= lower]) + ([] if upper is None else [x <= upper])
    for inside in bounds:
        g = xp.where(inside, g, 0.0)
    return g


def _clip_lower(xp: Any, g: Any, out: Any, x: Any, lower: Any, upper: Any) -> Any:
    below = x < lower
    return xp.where(below if upper is None else xp.logical_and(below, lower < upper), g, 0.0)


def _clip_upper(xp: Any, g: Any, out: Any, x: Any, lower: Any, upper: Any) -> Any:
    above = x > upper
    return xp.where(above if lower is None else xp.logical_or(above, upper < lower), g, 0.0)


@primitive(_clip_x, _clip_lower, _clip_upper, keeps="x lower upper", promote=of_reals(arithmetic), kind="elementwise")
def _clip(xp: Any, x: A, lower: AnyArray | Scalar | None = None, upper: AnyArray | Scalar | None = None, /) -> A:
    if lower is None and upper is None:
        return xp.positive(x)
    if lower is not None:
        x = xp.maximum(x, lower)
    return x if upper is None else xp.minimum(x, upper)


_clip.name = "clip"


def clip(
    x: A,
    /,
    min: AnyArray | Scalar | None = None,
    max: AnyArray | Scalar | None = None,
    *,
    a_min: AnyArray | Scalar | None = None,
    a_max: AnyArray | Scalar | None = None,
) -> A:
    """x where it lies between the bounds, otherwise the bound that it passes, element-wise; NaN where any is NaN.

    Shapes: x, min and max broadcast; a bound is an array, a Python scalar, or None. Where min > max the result is max.
    Types: integers and real floating; a bound of another type is promoted together with x. As torch.clamp's, the
    derivative with respect to x is 1 at a bound itself, and that with respect to the bound then is 0. a_min and a_max
    are NumPy's older names of min and max.

    Raises: DTypeError for a Python int that the integer type of x cannot hold.
    """
    return _clip(x, a_min if min is None else min, a_max if max is None else max)
