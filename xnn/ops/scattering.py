"""Values added and put at positions, and sums of segments: every result the same in each run."""

from __future__ import annotations

__all__: list[str] = []
