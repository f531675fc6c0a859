"""Arrays in other shapes under NumPy's names: dimensions added, turned, padded, and windows that slide."""

from __future__ import annotations

__all__: list[str] = []
