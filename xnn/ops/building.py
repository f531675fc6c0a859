"""Arrays made of others, or of nothing but sizes, under NumPy's names: diagonals, triangles, grids, ranges."""

from __future__ import annotations

__all__: list[str] = []
