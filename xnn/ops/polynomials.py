"""Polynomials by their coefficients, highest first, under NumPy's names."""

from __future__ import annotations

__all__: list[str] = []
