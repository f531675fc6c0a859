"""Normalisation with statistics of a batch."""

from __future__ import annotations

__all__: list[str] = []
