"""Sorting functions of the array API standard."""

from __future__ import annotations

from typing import Any

from xnn.autograd.primitive import primitive

__all__ = [
    "argsort",
]


@primitive()
def argsort(xp: Any, x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """The positions that sort x along `axis`; NaN counts as the largest.

    Shapes: x any of one dimension or more; the result the same. Types: integers and real floating; the result int64,
    which requires no gradient. `stable`: equal elements stay in their order, also if `descending`; without it they may
    not.
    """
    return xp.argsort(x, axis=axis, descending=descending, stable=stable)
