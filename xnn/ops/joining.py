"""Arrays put together and taken apart under NumPy's names: stacks, splits, blocks, elements put in and left out."""

from __future__ import annotations

__all__: list[str] = []
