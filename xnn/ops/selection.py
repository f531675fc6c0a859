"""Elements chosen by conditions and positions, and functions along axes, under NumPy's names."""

from __future__ import annotations

__all__: list[str] = []
