"""Checks of what several families of layers are given."""

from __future__ import annotations

from typing import Any

from xnn.arguments import check_arrays, check_floating
from xnn.errors import DTypeError, ShapeError
from xnn.ops.data_types import agree, dtype_of


def check_input(name: str, x: Any, *, takes_complex: bool = False) -> None:
    """Raise DTypeError unless the input of a layer is floating-point, and real if complex ones have no meaning."""
    cure = "xnn.astype(x, xnn.float32), and for images / 255 as well"
    check_floating(name, "input", x, cure, takes_complex=takes_complex)


def check_operands(name: str, input: Any, weight: Any, bias: Any, rule: str, outputs: int | None = None) -> None:
    """Types of all three, and the shapes of weight (which `rule` says) and bias, of what is linear: complex ones too.

    outputs: how many the weight makes; None for its first dimension.
    """
    check_arrays(name, input=input, weight=weight, **({} if bias is None else {"bias": bias}))
    check_input(name, input, takes_complex=True)
    dtype, wanted = dtype_of(input).name, dtype_of(weight).name
    if not agree(input, weight):
        cure = f"xnn.astype(x, xnn.{wanted}), or model.to(dtype=xnn.{dtype})"
        if "complex" in dtype + wanted:  # which a real type does not hold, nor a model
            cure = f"xnn.astype(weight, xnn.{dtype})" if "complex" in dtype else f"xnn.astype(x, xnn.{wanted})"
        raise DTypeError(f"{name} takes input and weight of one type; got {dtype} and {wanted}. Cure: {cure}.")
    if len(weight.shape) != rule.count(",") + 1:
        raise ShapeError(f"{name} takes a weight of shape {rule}; got shape {tuple(weight.shape)}")
    if bias is None:
        return
    count = weight.shape[0] if outputs is None else outputs
    if tuple(bias.shape) != (count,):
        raise ShapeError(
            f"{name} takes a bias of shape ({count},), one for each output of the weight "
            f"{tuple(weight.shape)}; got shape {tuple(bias.shape)}. Cure: xnn.zeros(({count},))."
        )
    if not agree(weight, bias):
        raise DTypeError(
            f"{name} takes weight and bias of one type; got {wanted} and {dtype_of(bias).name}. "
            f"Cure: xnn.astype(bias, xnn.{wanted})."
        )
