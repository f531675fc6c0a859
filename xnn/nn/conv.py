"""Convolutions."""

from __future__ import annotations

import math
from typing import Any

from xnn.arguments import whole
from xnn.errors import OptionError
from xnn.ops.creation import empty
from xnn_backends import Device

from . import functional as F
from . import init
from .functional.windows import Size2, sizes
from .module import Module, Parameter

__all__ = ["Conv2d"]


class Conv2d(Module):
    """A two-dimensional convolution (cross-correlation, as everywhere in the field).

    Args:
        in_channels, out_channels: of the images that come and go.
        kernel_size: the window's height and width; an int for both.
        stride, padding, dilation, groups: see `functional.conv2d`.
        bias: whether it adds one for each output channel.
        device: where the parameters are; None for the default device.
        dtype: their data type; None for the default one.

    Attributes:
        weight: (out_channels, in_channels / groups, *kernel_size), drawn from U(-k, k),
            k = 1 / sqrt(in_channels / groups * height * width).
        bias: (out_channels,), drawn likewise; or None.

    Shapes: (N, in_channels, H, W) to (N, out_channels, H', W').

    Raises:
        OptionError: for sizes that are no ints, or too small, and for groups that do not divide the channels.
        ShapeError, DTypeError: see `functional.conv2d`.

    Example:
        >>> import xnn as xp
        >>> layer = xp.nn.Conv2d(1, 4, kernel_size=3, padding="same", device="cpu")
        >>> layer(xp.zeros((2, 1, 8, 8), device="cpu")).shape
        (2, 4, 8, 8)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size2,
        stride: Size2 = 1,
        padding: Size2 | str = 0,
        dilation: Size2 = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        device: str | Device | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        in_channels, out_channels = whole("in_channels", in_channels, 1), whole("out_channels", out_channels, 1)
        groups = whole("groups", groups, 1)
        if in_channels % groups or out_channels % groups:
            raise OptionError(f"groups divides the channels; got groups={groups} for {in_channels} to {out_channels}")
        kernel = sizes("kernel_size", kernel_size, 2, 1)
        self.in_channels, self.out_channels, self.kernel_size = in_channels, out_channels, kernel
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups
        shape = (out_channels, in_channels // groups, *kernel)
        self.weight = Parameter(empty(shape, device=device, dtype=dtype))
        self.bias = Parameter(empty((out_channels,), device=device, dtype=dtype)) if bias else None
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(init.fan_in(self.weight))
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Any:
        return F.conv2d(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding!r}, dilation={self.dilation}, groups={self.groups}, bias={self.bias is not None}"
        )
