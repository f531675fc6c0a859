"""Resampling of images, and pixels that become channels."""

from __future__ import annotations

__all__: list[str] = []
