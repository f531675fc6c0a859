"""Counts under NumPy's names: histograms, bins, numbers of occurrences."""

from __future__ import annotations

__all__: list[str] = []
