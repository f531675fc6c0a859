"""The type of the scalars that stand beside arrays: Python's numbers, and NumPy's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np

    Scalar: TypeAlias = complex | np.number[Any] | np.bool[bool]
else:
    Scalar = complex  # for type checkers, to whom bool, int and float are complex, too
