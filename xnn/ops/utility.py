"""Utility functions of the array API standard; see statistical.py for `axis`, `keepdims` and what is raised."""

from __future__ import annotations

from typing import Any

from xnn.autograd.operands import operand
from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import axis_of
from xnn.errors import OptionError
from xnn.typing import A, AnyArray, Axis

from .elementwise import subtract
from .indexing import getitem
from .manipulation import concat

__all__ = [
    "all",
    "any",
    "diff",
]


@primitive()
def all(xp: Any, x: A, /, axis: Axis | None = None, *, keepdims: bool = False) -> A:
    """Whether all elements over dimensions are true, or not 0; of no elements, True.

    Shapes: x any; the result, a bool, without the dimensions `axis`, or with size 1 there if `keepdims`. NaN is not 0.
    """
    return xp.all(x, axis=axis, keepdims=keepdims)


@primitive()
def any(xp: Any, x: A, /, axis: Axis | None = None, *, keepdims: bool = False) -> A:
    """Whether an element over dimensions is true, or not 0; of no elements, False.

    Shapes: x any; the result, a bool, without the dimensions `axis`, or with size 1 there if `keepdims`. NaN is not 0.
    """
    return xp.any(x, axis=axis, keepdims=keepdims)


def diff(x: A, /, n: int = 1, axis: int = -1, prepend: AnyArray | None = None, append: AnyArray | None = None) -> A:
    """The differences of neighbours along a dimension, x[i + 1] - x[i], taken `n` times.

    Shapes: x any but (); prepend and append, which x is put between first, as x but along `axis`. The result is shorter
    by `n` there; with n = 0 it is x alone, as NumPy's. Types: numeric.

    Raises: OptionError if n < 0; BoundsError for an axis that x lacks.
    """
    x = operand(x, "diff")
    if n < 0:
        raise OptionError(f"diff: n is at least 0; got {n}")
    axis = axis_of(axis, len(x.shape), "diff")
    if n == 0:
        return getitem(x, ...)  # another Array, which an assignment in place changes alone
    parts: list[Any] = [part for part in (prepend, x, append) if part is not None]
    if len(parts) > 1:
        x = concat(parts, axis=axis)
    before = (slice(None),) * axis
    for _ in range(n):
        x = subtract(getitem(x, (*before, slice(1, None))), getitem(x, (*before, slice(None, -1))))
    return x
