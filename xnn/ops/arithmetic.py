"""Element-wise functions under NumPy's and PyTorch's names, beyond those of the standard."""

from __future__ import annotations

__all__: list[str] = []
