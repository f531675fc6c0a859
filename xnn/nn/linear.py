"""Linear layers."""

from __future__ import annotations

import math
from typing import Any

from xnn.arguments import whole
from xnn.ops.creation import empty
from xnn_backends import Device

from . import functional as F
from . import init
from .module import Module, Parameter

__all__ = ["Linear"]


class Linear(Module):
    """A dense layer: y = x @ weight.T + bias.

    Args:
        in_features: the size of the last dimension of the input.
        out_features: that of the output.
        bias: whether it adds one.
        device: where the parameters are; None for the default device.
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
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        device: str | Device | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in_features = in_features = whole("in_features", in_features, 1)
        self.out_features = out_features = whole("out_features", out_features, 1)
        self.weight = Parameter(empty((out_features, in_features), device=device, dtype=dtype))
        self.bias = Parameter(empty((out_features,), device=device, dtype=dtype)) if bias else None
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(in_features)
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Any:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
