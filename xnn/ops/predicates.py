"""Questions about arrays and their elements under NumPy's names."""

from __future__ import annotations

__all__: list[str] = []
