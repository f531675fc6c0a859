"""Dense products."""

from __future__ import annotations

import math
from typing import Any

from xnn.arguments import check_arrays
from xnn.autograd.graph import Tracked
from xnn.errors import DTypeError, ShapeError
from xnn.ops import linear as primitives
from xnn.ops.data_types import agree, dtype_of
from xnn.ops.elementwise import add
from xnn.ops.linear_algebra import matmul
from xnn.ops.manipulation import expand_dims, permute_dims, reshape
from xnn.typing import A, AnyArray

from ._operands import check_operands

__all__ = ["bilinear", "linear"]


def linear(input: A, weight: AnyArray, bias: AnyArray | None = None) -> A:
    """input @ weight.T + bias.

    Args:
        input: (..., in_features), floating-point.
        weight: (out_features, in_features), of the same type; or (in_features,), for one output without a dimension.
        bias: (out_features,), of the same type, or () beside a weight of one dimension; or None.

    Returns:
        (..., out_features), or (...) for a weight of one dimension.

    Raises:
        ShapeError: if the last dimension of input is not in_features, or weight or bias has another shape.
        DTypeError: if input is not floating-point, or weight or bias of another type.
    """
    if fit(input, weight, bias):
        return primitives.linear(input, weight, bias)
    check_arrays("linear", input=input, weight=weight)
    if len(weight.shape) == 1:
        if bias is not None and tuple(getattr(bias, "shape", ())) != ():
            raise ShapeError(
                f"linear takes a bias of shape () beside a weight {tuple(weight.shape)} of one dimension; "
                f"got {tuple(bias.shape)}"
            )
        out = linear(input, reshape(weight, (1, -1)), None if bias is None else reshape(bias, (1,)))
        return reshape(out, tuple(out.shape)[:-1])
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
    return primitives.linear(input, weight, bias)


def fit(input: Any, weight: Any, bias: Any) -> bool:
    """Whether operands are plainly what `linear` takes, at one look: all checks take as long as a small product."""
    if not (isinstance(input, Tracked) and isinstance(weight, Tracked) and isinstance(bias, Tracked)):
        return False
    x, w, b = input._data, weight._data, bias._data
    dtype, shape = x.dtype, w.shape
    return (
        w.dtype is dtype
        and b.dtype is dtype
        and len(shape) == 2
        and x.shape[-1:] == shape[1:]
        and b.shape == shape[:1]
        and dtype in input._device.backend.real_floating
    )


def bilinear(input1: A, input2: AnyArray, weight: AnyArray, bias: AnyArray | None = None) -> A:
    """input1 @ weight[k] @ input2 + bias[k], for each output k.

    Args:
        input1: (..., in1_features), floating-point.
        input2: (..., in2_features), of the same type, with the same leading dimensions.
        weight: (out_features, in1_features, in2_features), of the same type.
        bias: (out_features,), of the same type; or None.

    Returns:
        (..., out_features).

    Raises:
        ShapeError: if the features are not the weight's, or the leading dimensions differ.
        DTypeError: if an input is not floating-point, or one is of another type.
    """
    check_arrays("bilinear", input1=input1, input2=input2)
    check_operands("bilinear", input1, weight, bias, "(out_features, in1_features, in2_features)")
    one, other = tuple(input1.shape), tuple(input2.shape)
    outputs, n, m = tuple(weight.shape)
    if one[-1:] != (n,) or other[-1:] != (m,) or one[:-1] != other[:-1]:
        raise ShapeError(
            f"bilinear takes inputs (..., {n}) and (..., {m}) with equal leading dimensions, for a weight "
            f"{tuple(weight.shape)}; got {one} and {other}"
        )
    if not agree(input2, input1):
        raise DTypeError(
            f"bilinear takes inputs of one type; got {dtype_of(input1).name} and {dtype_of(input2).name}. "
            f"Cure: xnn.astype(input2, xnn.{dtype_of(input1).name})."
        )
    count = math.prod(one[:-1])
    # in this order, since what stands in between then has no more than count * outputs * m elements
    half = matmul(reshape(input1, (count, n)), reshape(permute_dims(weight, (1, 0, 2)), (n, outputs * m)))
    out = matmul(reshape(half, (count, outputs, m)), expand_dims(reshape(input2, (count, m)), axis=-1))
    out = reshape(out, (*one[:-1], outputs))
    return out if bias is None else add(out, bias)  # type: ignore[return-value]  # the kind of the first
