"""Losses of two classes: what is to be added up or averaged, of probabilities and of logits."""

from __future__ import annotations

from typing import Any

from xnn.autograd.primitive import primitive
from xnn.typing import A, AnyArray

from .activation import as_array, sigmoid, softplus
from .classification import SMALL
from .promotion import arithmetic


def _logarithm(xp: Any, x: Any) -> Any:
    """log(x), at least -100: there PyTorch's ends, so that a sure and wrong answer costs a finite loss."""
    return xp.where(x == 0, -100.0, xp.maximum(xp.log(xp.where(x == 0, 1.0, x)), -100.0))


def _by_target(xp: Any, g: Any, out: Any, x: Any, t: Any) -> Any:
    return g * (_logarithm(xp, 1.0 - x) - _logarithm(xp, x))


@primitive(
    lambda xp, g, out, x, t: g * (x - t) / xp.maximum(x * (1.0 - x), SMALL),
    _by_target,
    keeps="x t",
    promote=arithmetic,
    kind="elementwise",
)
def binary_cross_entropy(xp: Any, x: A, t: AnyArray, /) -> A:
    """-t log(x) - (1 - t) log(1 - x), of probabilities x and t of one shape; each logarithm is at least -100.

    The derivative by x is (x - t) / (x (1 - x)), whose denominator is at least 1e-12: both are PyTorch's.
    """
    return (t - 1.0) * _logarithm(xp, 1.0 - x) - t * _logarithm(xp, x)


def _by_logit(xp: Any, g: Any, out: Any, x: Any, t: Any) -> Any:
    # Not sigmoid(x) - t, whose terms cancel where the answer is sure and right.
    return g * ((1.0 - t) * sigmoid(x) - t * sigmoid(as_array(xp, -x)))


@primitive(
    _by_logit,
    lambda xp, g, out, x, t: g * -x,  # softplus(-x) - softplus(x)
    keeps="x t",
    promote=arithmetic,
    kind="elementwise",
)
def binary_cross_entropy_of_logits(xp: Any, x: A, t: AnyArray, /) -> A:
    """-t log s(x) - (1 - t) log(1 - s(x)), s the sigmoid, of logits x and probabilities t of one shape.

    As t softplus(-x) + (1 - t) softplus(x), not softplus(x) - x t, whose terms cancel.
    """
    return t * softplus(as_array(xp, -x)) + (1.0 - t) * softplus(x)
