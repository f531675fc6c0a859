"""Activations that write what they give into what they are given."""

from __future__ import annotations

from typing import Any

from xnn.arguments import check_arrays, check_floating
from xnn.autograd.graph import Tracked
from xnn.autograd.operands import device_of
from xnn.random import Generator
from xnn.typing import A

from . import _rectifier

__all__ = ["celu_", "elu_", "hardtanh_", "leaky_relu_", "relu_", "rrelu_", "selu_", "threshold_"]


def _checked(name: str, input: A) -> A:
    check_arrays(name, input=input)
    check_floating(name, "input", input)  # an array of integers cannot hold what comes out
    return input


def _written(input: Any, out: Any) -> Any:
    """The input with the values of the output; on the graph `x[...] = y` moves it on to where they come from."""
    if isinstance(input, Tracked):
        input[...] = out  # type: ignore[index]  # an Array, of which the engine knows the base
    else:
        with device_of(input, "input").scope():
            input[...] = out
    return input


def celu_(input: A, alpha: float = 1.0) -> A:
    """`celu`, written into input, which comes back; a leaf that requires grad raises, as in every assignment.

    Shapes: any, kept. Floating-point.
    """
    return _written(input, _rectifier.celu(_checked("celu_", input), alpha))


def elu_(input: A, alpha: float = 1.0) -> A:
    """`elu`, written into input, which comes back; a leaf that requires grad raises, as in every assignment.

    Shapes: any, kept. Floating-point.
    """
    return _written(input, _rectifier.elu(_checked("elu_", input), alpha))


def hardtanh_(input: A, min_val: float = -1.0, max_val: float = 1.0) -> A:
    """`hardtanh`, written into input, which comes back; a leaf that requires grad raises, as in every assignment.

    Shapes: any, kept. Floating-point.
    """
    return _written(input, _rectifier.hardtanh(_checked("hardtanh_", input), min_val, max_val))


def leaky_relu_(input: A, negative_slope: float = 0.01) -> A:
    """`leaky_relu`, written into input, which comes back; a leaf that requires grad raises, as in every assignment.

    Shapes: any, kept. Floating-point.
    """
    return _written(input, _rectifier.leaky_relu(_checked("leaky_relu_", input), negative_slope))


def relu_(input: A) -> A:
    """`relu`, written into input, which comes back; a leaf that requires grad raises, as in every assignment.

    Shapes: any, kept. Floating-point.
    """
    return _written(input, _rectifier.relu(_checked("relu_", input)))


def rrelu_(
    input: A,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    *,
    generator: Generator | None = None,
) -> A:
    """`rrelu`, written into input, which comes back; a leaf that requires grad raises, as in every assignment.

    Shapes: any, kept. Floating-point.
    """
    return _written(input, _rectifier.rrelu(_checked("rrelu_", input), lower, upper, training, generator=generator))


def selu_(input: A) -> A:
    """`selu`, written into input, which comes back; a leaf that requires grad raises, as in every assignment.

    Shapes: any, kept. Floating-point.
    """
    return _written(input, _rectifier.selu(_checked("selu_", input)))


def threshold_(input: A, threshold: float, value: float) -> A:
    """`threshold`, written into input, which comes back; a leaf that requires grad raises, as in every assignment.

    Shapes: any, kept. Floating-point.
    """
    return _written(input, _rectifier.threshold(_checked("threshold_", input), threshold, value))
