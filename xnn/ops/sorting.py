"""Sorting functions of the array API standard, with the derivative of `sort`.

Shapes: x any of one dimension or more; the result the same. Types: integers and real floating; NaN counts as the
largest. Raises BoundsError for an axis that x lacks, DTypeError for complex numbers, which have no order.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import axis_of
from xnn.errors import OptionError
from xnn.typing import A

from .promotion import of_reals

__all__ = [
    "argsort",
    "sort",
]


Kind = Literal["quicksort", "mergesort", "heapsort", "stable"]


def _is_stable(name: str, kind: Kind | None, stable: bool) -> bool:
    if kind not in (None, *get_args(Kind)):
        raise OptionError(f"{name}: kind is one of {', '.join(get_args(Kind))}; got {kind!r}. Cure: leave it out.")
    return stable or kind in ("mergesort", "stable")


def _unsorted(xp: Any, g: Any, out: Any, x: Any, axis: int, kind: Any, descending: bool, stable: bool) -> Any:
    """Each element's cotangent from where it went: the inverse permutation. Equal ones went in their order."""
    order = xp.argsort(x, axis=axis, descending=descending, stable=True)
    return xp.take_along_axis(g, xp.argsort(order, axis=axis), axis=axis)


@primitive(_unsorted, keeps="x", promote=of_reals())
def sort(
    xp: Any, x: A, /, axis: int = -1, kind: Kind | None = None, *, descending: bool = False, stable: bool = True
) -> A:
    """The elements along `axis` in rising order, or in falling order if `descending`.

    Shapes: x any of one dimension or more; the result the same. `stable`: equal elements stay in their order, which
    can be seen in the gradient, and with it in -0.0 and 0.0. `kind`: NumPy's names of methods, of which "mergesort" and
    "stable" ask for that; the library has its own.
    """
    stable = _is_stable("sort", kind, stable)
    return xp.sort(x, axis=axis_of(axis, x.ndim, "sort"), descending=descending, stable=stable)


@primitive(promote=of_reals())
def argsort(
    xp: Any, x: A, /, axis: int = -1, kind: Kind | None = None, *, descending: bool = False, stable: bool = True
) -> A:
    """The positions that sort x along `axis`; NaN counts as the largest.

    Shapes: x any of one dimension or more; the result the same. Types: the result int64, which requires no gradient.
    `stable`: equal elements stay in their order, also if `descending`; without it they may not. `kind` is as in `sort`.
    """
    stable = _is_stable("argsort", kind, stable)
    return xp.argsort(x, axis=axis_of(axis, x.ndim, "argsort"), descending=descending, stable=stable)
