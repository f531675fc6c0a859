"""The way back of pooling."""

from __future__ import annotations

__all__: list[str] = []
