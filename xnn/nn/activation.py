"""Activations as layers."""

from __future__ import annotations

from typing import Any

from . import functional as F
from .module import Module

__all__ = ["ReLU", "Sigmoid", "Tanh"]


class ReLU(Module):
    """max(x, 0).

    Shapes: any, kept.
    """

    def forward(self, input: Any) -> Any:
        return F.relu(input)


class Sigmoid(Module):
    """1 / (1 + exp(-x)).

    Shapes: any, kept.
    """

    def forward(self, input: Any) -> Any:
        return F.sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent.

    Shapes: any, kept.
    """

    def forward(self, input: Any) -> Any:
        return F.tanh(input)
