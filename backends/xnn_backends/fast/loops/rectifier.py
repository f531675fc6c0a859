"""Rectifiers: one pass forward, one back."""

from __future__ import annotations

from typing import Any

from .exponentials import loop


@loop
def relu(x: Any, out: Any) -> None:
    for i in range(x.size):
        out[i] = 0 if x[i] <= 0 else x[i]


@loop
def slope_of_relu(y: Any, g: Any, dx: Any) -> None:
    for i in range(y.size):
        dx[i] = 0 if y[i] <= 0 else g[i]
