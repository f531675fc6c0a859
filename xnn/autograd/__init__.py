"""The engine of derivatives: primitives, the graph, the backward pass, the checker. Knows no operation."""

from .backward import backward, unbroadcast
from .check import check_gradients
from .graph import enable_grad, no_grad
from .primitive import Primitive, fused, primitive

__all__ = [
    "Primitive",
    "backward",
    "check_gradients",
    "enable_grad",
    "fused",
    "no_grad",
    "primitive",
    "unbroadcast",
]
