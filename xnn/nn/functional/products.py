"""Dense products."""

from __future__ import annotations

import math
from typing import Any

from xnn.errors import ShapeError
from xnn.ops import neural

from .operands import check_operands

__all__ = ["linear"]


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """input @ weight.T + bias.

    Args:
        input: (..., in_features), floating-point.
        weight: (out_features, in_features), of the same type.
        bias: (out_features,), of the same type; or None.

    Returns:
        (..., out_features).

    Raises:
        ShapeError: if the last dimension of input is not in_features, or weight or bias has another shape.
        DTypeError: if input is not floating-point, or weight or bias of another type.
    """
    check_operands("linear", input, weight, bias, "(out_features, in_features)")
    shape, (out_features, in_features) = tuple(input.shape), tuple(weight.shape)
    if not shape or shape[-1] != in_features:
        flat = math.prod(shape[1:])
        cure = (
            "nn.Flatten() before it" if flat == in_features else f"Linear({shape[-1] if shape else 1}, {out_features})"
        )
        raise ShapeError(
            f"linear takes inputs with {in_features} features in the last dimension, (..., {in_features}); "
            f"got shape {shape}. Cure: {cure}."
        )
    return neural.linear(input, weight, bias)
