"""Sorting functions of the array API standard."""

from __future__ import annotations

from typing import Any

from xnn.autograd.primitive import primitive


@primitive()
def argsort(xp: Any, x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """The positions that sort x along `axis`."""
    return xp.argsort(x, axis=axis, descending=descending, stable=stable)
