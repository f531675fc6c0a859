"""Averages, covariances, and statistics that leave NaN out, under NumPy's names."""

from __future__ import annotations

__all__: list[str] = []
