"""Activations."""

from __future__ import annotations

from typing import Any

from xnn.arguments import check_arrays, find_axis
from xnn.ops import activations, trigonometric

__all__ = ["log_softmax", "relu", "sigmoid", "softmax", "tanh"]


def relu(input: Any) -> Any:
    """max(input, 0); its derivative at 0 is 0.

    Shapes: any, kept; integers become the default floating type.
    """
    check_arrays("relu", input=input)
    return activations.relu(input)


def sigmoid(input: Any) -> Any:
    """1 / (1 + exp(-input)).

    Shapes: any, kept; integers become the default floating type.
    """
    check_arrays("sigmoid", input=input)
    return activations.sigmoid(input)


def tanh(input: Any) -> Any:
    """The hyperbolic tangent.

    Shapes: any, kept; integers become the default floating type.
    """
    check_arrays("tanh", input=input)
    return trigonometric.tanh(input)


def softmax(input: Any, dim: int) -> Any:
    """exp(input) / sum(exp(input)) along `dim`.

    Shapes: any with a dimension `dim`, kept; integers become the default floating type.

    Raises:
        ShapeError: if input has no such dimension.

    Example:
        >>> import xnn as xp
        >>> xp.nn.functional.softmax(xp.zeros((1, 4), device="cpu"), dim=1).tolist()
        [[0.25, 0.25, 0.25, 0.25]]
    """
    check_arrays("softmax", input=input)
    return activations.softmax(input, axis=find_axis("softmax", "dim", dim, tuple(input.shape)))


def log_softmax(input: Any, dim: int) -> Any:
    """The logarithm of `softmax`, which stays finite where that becomes 0.

    Shapes: any with a dimension `dim`, kept; integers become the default floating type.

    Raises:
        ShapeError: if input has no such dimension.
    """
    check_arrays("log_softmax", input=input)
    return activations.log_softmax(input, axis=find_axis("log_softmax", "dim", dim, tuple(input.shape)))
