"""Linear layers."""

from __future__ import annotations

import math
from typing import cast

from xnn.arguments import whole
from xnn.array_object import Array
from xnn.errors import ShapeError
from xnn.ops.creation import empty
from xnn.typing import A, AnyArray, DeviceLike, DTypeLike

from . import functional as F
from . import init
from .module import Module, Parameter

__all__ = ["Bilinear", "Identity", "Linear"]


class Identity(Module):
    """What comes in, which is Keras's activation `linear`, too.

    Args:
        args: any, and not used: so that it can stand in the place of another layer.
        kwargs: likewise.

    Shapes: any, kept.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__()

    def forward(self, input: A) -> A:
        return input


class Linear(Module):
    """A dense layer: y = x @ weight.T + bias.

    Args:
        in_features: the size of the last dimension of the input; None: that of the first input.
        out_features: that of the output.
        bias: whether it adds one.
        device: where the parameters are; None for the default device, or that of the input if the size is inferred.
        dtype: their data type; None for the default one.

    Attributes:
        weight: (out_features, in_features), drawn from U(-k, k), k = 1 / sqrt(in_features).
        bias: (out_features,), drawn likewise; or None.

    Shapes: (..., in_features) to (..., out_features).

    Raises:
        OptionError: for numbers of features that are no ints of at least 1.
        ShapeError, DTypeError: see `functional.linear`.

    Example:
        >>> import xnn as xp
        >>> layer = xp.nn.Linear(3, 2, device="cpu")
        >>> layer(xp.zeros((5, 3), device="cpu")).shape
        (5, 2)
    """

    def __init__(
        self,
        in_features: int | None,
        out_features: int,
        bias: bool = True,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.in_features = None if in_features is None else whole("in_features", in_features, 1)
        self.out_features = whole("out_features", out_features, 1)
        self.has_bias = bias
        if self.in_features is None:
            self.defer(device, dtype)
        else:
            self.create(device, dtype)

    def infer(self, input: AnyArray) -> None:
        shape = tuple(input.shape)
        if not shape or not shape[-1]:
            raise ShapeError(
                f"Linear takes inputs (..., in_features), of which in_features is inferred; got shape {shape}"
            )
        self.in_features = shape[-1]

    def create(self, device: DeviceLike | None, dtype: DTypeLike | None) -> None:
        assert self.in_features is not None
        self.weight = Parameter(empty((self.out_features, self.in_features), device=device, dtype=dtype))
        self.bias = Parameter(empty((self.out_features,), device=device, dtype=dtype)) if self.has_bias else None
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features)
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: AnyArray) -> Array:
        return cast(Array, F.linear(input, self.weight, self.bias))

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.has_bias}"


class Bilinear(Module):
    """A dense layer of two inputs: y[k] = x1 @ weight[k] @ x2 + bias[k].

    Args:
        in1_features: the size of the last dimension of the first input.
        in2_features: that of the second.
        out_features: that of the output.
        bias: whether it adds one.
        device: where the parameters are; None for the default device.
        dtype: their data type; None for the default one.

    Attributes:
        weight: (out_features, in1_features, in2_features), drawn from U(-k, k), k = 1 / sqrt(in1_features).
        bias: (out_features,), drawn likewise; or None.

    Shapes: (..., in1_features) and (..., in2_features) to (..., out_features).

    Raises:
        OptionError: for numbers of features that are no ints of at least 1.
        ShapeError, DTypeError: see `functional.bilinear`.
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.in1_features = whole("in1_features", in1_features, 1)
        self.in2_features = whole("in2_features", in2_features, 1)
        self.out_features = whole("out_features", out_features, 1)
        shape = (self.out_features, self.in1_features, self.in2_features)
        self.weight = Parameter(empty(shape, device=device, dtype=dtype))
        self.bias = Parameter(empty(shape[:1], device=device, dtype=dtype)) if bias else None
        bound = 1 / math.sqrt(self.in1_features)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def forward(self, input1: AnyArray, input2: AnyArray) -> Array:
        return cast(Array, F.bilinear(input1, input2, self.weight, self.bias))

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
