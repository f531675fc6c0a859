"""Sums of products under NumPy's names: einsum, dot, inner, kron."""

from __future__ import annotations

__all__: list[str] = []
