"""Dropout layers."""

from __future__ import annotations

from typing import Any

from xnn.errors import OptionError

from . import functional as F
from .module import Module

__all__ = ["Dropout"]


class Dropout(Module):
    """In training, drops each element with probability p; afterwards it changes nothing.

    Args:
        p: the probability, from 0 to 1.

    Shapes: any, kept.

    Raises:
        OptionError: if p is not from 0 to 1.
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise OptionError(f"dropout takes a probability p from 0 to 1; got {p}")
        self.p = p

    def forward(self, input: Any) -> Any:
        return F.dropout(input, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}"
