"""Linear algebra: the extension `linalg` of the array API standard."""

from .ops.decompositions import *

__all__: list[str] = []
