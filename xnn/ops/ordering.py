"""Orders under NumPy's and PyTorch's names: the largest, parts sorted, running extremes, and modes."""

from __future__ import annotations

__all__: list[str] = []
