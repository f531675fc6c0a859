"""Medians, quantiles and percentiles under NumPy's names, with their derivatives."""

from __future__ import annotations

__all__: list[str] = []
