"""Special functions under SciPy's names."""

from .ops.special import *

__all__: list[str] = []
