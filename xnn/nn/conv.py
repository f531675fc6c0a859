"""Convolutions and their transposes; and convolutions in two parts, of each channel and between channels."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal

from xnn.arguments import check_arrays, whole
from xnn.array_object import Array
from xnn.errors import OptionError, ShapeError
from xnn.ops.creation import empty
from xnn.typing import AnyArray, DeviceLike, DTypeLike, PaddingMode

from . import functional as F
from . import init
from .functional._windows import Size, output_padding_of, padding_of, sizes
from .module import Module, Parameter

__all__ = [
    "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "DepthwiseConv1d",
    "DepthwiseConv2d", "SeparableConv1d", "SeparableConv2d",
]  # fmt: skip

MODES = ("zeros", "reflect", "replicate", "circular")


class _Convolution(Module):
    """What convolutions and their transposes share: channels, parameters and their first values."""

    spatial: ClassVar[int]
    is_transposed: ClassVar[bool] = False
    in_channels: int | None
    weight: Parameter
    bias: Parameter | None

    def _set_windows(self, kernel_size: Size, stride: Size, dilation: Size) -> None:
        """Store these, one for each dimension."""
        self.kernel_size = sizes("kernel_size", kernel_size, self.spatial, 1)
        self.stride = sizes("stride", stride, self.spatial, 1)
        self.dilation = sizes("dilation", dilation, self.spatial, 1)

    def _set_channels(self, in_channels: int | None, out_channels: int, groups: int, bias: bool, place: Any) -> None:
        """Store these; make the parameters, at once or with the first input."""
        self.in_channels = None if in_channels is None else whole("in_channels", in_channels, 1)
        self.out_channels, self.groups = whole("out_channels", out_channels, 1), whole("groups", groups, 1)
        self.has_bias = bool(bias)
        make = self.defer if self.in_channels is None else self.create
        make(*place)

    def create(self, device: DeviceLike | None, dtype: DTypeLike | None) -> None:
        """Make weight and bias, with PyTorch's first values."""
        assert self.in_channels is not None
        if self.in_channels % self.groups or self.out_channels % self.groups:
            raise OptionError(
                f"groups divides the channels; got groups={self.groups} for {self.in_channels} to {self.out_channels}"
            )
        channels = self.out_channels, self.in_channels
        first, second = reversed(channels) if self.is_transposed else channels
        shape = (first, second // self.groups, *self.kernel_size)
        self.weight = Parameter(empty(shape, device=device, dtype=dtype))
        self.bias = Parameter(empty((self.out_channels,), device=device, dtype=dtype)) if self.has_bias else None
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(math.prod(shape[1:]))
            init.uniform_(self.bias, -bound, bound)

    def infer(self, input: AnyArray, *_: object) -> None:
        """Take the channels from the first input."""
        shape, least, name = tuple(input.shape), self.spatial + 1, type(self).__name__
        if len(shape) not in (least, least + 1):
            raise ShapeError(f"{name} takes {least + 1} dimensions, or {least} without a batch; got shape {shape}")
        self.in_channels = shape[-least]


class _Conv(_Convolution):
    def __init__(
        self,
        in_channels: int | None,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | Literal["same", "valid"] = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: PaddingMode = "zeros",
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        if padding_mode not in MODES:
            raise OptionError(f"padding_mode is one of {', '.join(MODES)}; got {padding_mode!r}")
        self.padding_mode = padding_mode
        self._set_windows(kernel_size, stride, dilation)
        sides = padding_of(padding, self.kernel_size, self.stride, self.dilation)
        self.padding = padding if isinstance(padding, str) else sizes("padding", padding, self.spatial, 0)
        # In the order of functional.pad: of the last dimension first.
        self._sides = [] if padding_mode == "zeros" else [p for pair in reversed(sides) for p in pair]
        self._set_channels(in_channels, out_channels, groups, bias, (device, dtype))

    def forward(self, input: AnyArray) -> Array:
        padding: Size | Literal["same", "valid"] = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._sides, self.padding_mode), 0
        convolve: Callable[..., Array] = getattr(F, f"conv{self.spatial}d")
        return convolve(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        mode = "" if self.padding_mode == "zeros" else f", padding_mode={self.padding_mode!r}"
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding!r}, dilation={self.dilation}, groups={self.groups}, bias={self.has_bias}{mode}"
        )


class Conv1d(_Conv):
    """A convolution of sequences (cross-correlation, as everywhere in the field).

    Args, Attributes, Raises: as those of `Conv2d`, with one dimension.

    Shapes: (N, in_channels, L) to (N, out_channels, L'), or both without N; weight (out_channels,
        in_channels / groups, kernel_size).
    """

    spatial = 1


class Conv2d(_Conv):
    """A two-dimensional convolution (cross-correlation, as everywhere in the field).

    Args:
        in_channels, out_channels: of the images that come and go; in_channels None: inferred from the first input.
        kernel_size: the window's height and width; an int for both.
        stride, padding, dilation, groups: see `functional.conv2d`.
        bias: whether it adds one for each output channel.
        padding_mode: what stands in the padding: "zeros", or as in `functional.pad` "reflect", "replicate", "circular".
        device: where the parameters are; None for the default device.
        dtype: their data type; None for the default one.

    Attributes:
        weight: (out_channels, in_channels / groups, *kernel_size), drawn from U(-k, k),
            k = 1 / sqrt(in_channels / groups * height * width).
        bias: (out_channels,), drawn likewise; or None.

    Shapes: (N, in_channels, H, W) to (N, out_channels, H', W'), or both without N.

    Raises:
        OptionError: for sizes that are no ints, or too small, for groups that do not divide the channels, for an
            unknown padding_mode, and for padding "same" with a stride.
        ShapeError, DTypeError: see `functional.conv2d`.

    Example:
        >>> import xnn as xp
        >>> layer = xp.nn.Conv2d(1, 4, kernel_size=3, padding="same", device="cpu")
        >>> layer(xp.zeros((2, 1, 8, 8), device="cpu")).shape
        (2, 4, 8, 8)
    """

    spatial = 2


class Conv3d(_Conv):
    """A convolution of volumes (cross-correlation, as everywhere in the field).

    Args, Attributes, Raises: as those of `Conv2d`, with three dimensions.

    Shapes: (N, in_channels, D, H, W) to (N, out_channels, D', H', W'), or both without N; weight (out_channels,
        in_channels / groups, *kernel_size).
    """

    spatial = 3


class _ConvTranspose(_Convolution):
    is_transposed = True

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        padding_mode: PaddingMode = "zeros",
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        if padding_mode != "zeros":
            raise OptionError(f'{type(self).__name__} has padding_mode="zeros" alone; got {padding_mode!r}')
        self.padding_mode = padding_mode
        self._set_windows(kernel_size, stride, dilation)
        self.padding = sizes("padding", padding, self.spatial, 0)
        self.output_padding = sizes("output_padding", output_padding, self.spatial, 0)
        self._set_channels(in_channels, out_channels, groups, bias, (device, dtype))

    def forward(self, input: AnyArray, output_size: Sequence[int] | None = None) -> Array:
        more = self.output_padding
        if output_size is not None:
            check_arrays(f"conv_transpose{self.spatial}d", input=input)
            options = (self.stride, self.padding, self.dilation)
            more = output_padding_of(type(self).__name__, input.shape, output_size, self.kernel_size, *options)
        convolve: Callable[..., Array] = getattr(F, f"conv_transpose{self.spatial}d")
        return convolve(input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation)

    def extra_repr(self) -> str:
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding}, output_padding={self.output_padding}, groups={self.groups}, "
            f"bias={self.has_bias}, dilation={self.dilation}"
        )


class ConvTranspose1d(_ConvTranspose):
    """The transpose of a convolution of sequences.

    Args, Attributes, Raises: as those of `ConvTranspose2d`, with one dimension.

    Shapes: (N, in_channels, L) to (N, out_channels, L'), or both without N; weight (in_channels,
        out_channels / groups, kernel_size).
    """

    spatial = 1


class ConvTranspose2d(_ConvTranspose):
    """The transpose of a two-dimensional convolution, which makes images larger.

    Its call takes output_size, too: (H', W') or a whole shape, one of the sizes that a stride leaves open; then
    output_padding has no say.

    Args:
        in_channels, out_channels: of the images that come and go; in_channels None: inferred from the first input.
        kernel_size: the window's height and width; an int for both.
        stride, padding, output_padding, groups, dilation: see `functional.conv_transpose2d`.
        bias: whether it adds one for each output channel.
        padding_mode: "zeros".
        device: where the parameters are; None for the default device.
        dtype: their data type; None for the default one.

    Attributes:
        weight: (in_channels, out_channels / groups, *kernel_size), drawn from U(-k, k),
            k = 1 / sqrt(out_channels / groups * height * width).
        bias: (out_channels,), drawn likewise; or None.

    Shapes: (N, in_channels, H, W) to (N, out_channels, H', W'), or both without N.

    Raises:
        OptionError: for sizes that are no ints, or too small, for groups that do not divide the channels, and for
            another padding_mode.
        ShapeError: for an output_size that no output_padding gives; and see `functional.conv_transpose2d`.
        DTypeError: see `functional.conv_transpose2d`.

    Example:
        >>> import xnn as xp
        >>> layer = xp.nn.ConvTranspose2d(4, 1, kernel_size=3, stride=2, device="cpu")
        >>> x = xp.zeros((2, 4, 8, 8), device="cpu")
        >>> layer(x).shape, layer(x, output_size=(18, 18)).shape
        ((2, 1, 17, 17), (2, 1, 18, 18))
    """

    spatial = 2


class ConvTranspose3d(_ConvTranspose):
    """The transpose of a convolution of volumes.

    Args, Attributes, Raises: as those of `ConvTranspose2d`, with three dimensions.

    Shapes: (N, in_channels, D, H, W) to (N, out_channels, D', H', W'), or both without N; weight (in_channels,
        out_channels / groups, *kernel_size).
    """

    spatial = 3


class _Depthwise(_Conv):
    def __init__(
        self,
        in_channels: int | None,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | Literal["same", "valid"] = 0,
        dilation: Size = 1,
        depth_multiplier: int = 1,
        bias: bool = True,
        padding_mode: PaddingMode = "zeros",
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        self.depth_multiplier = count = whole("depth_multiplier", depth_multiplier, 1)
        groups = 1 if in_channels is None else whole("in_channels", in_channels, 1)
        options = (stride, padding, dilation, groups, bias, padding_mode)
        super().__init__(in_channels, count * groups, kernel_size, *options, device=device, dtype=dtype)

    def infer(self, input: AnyArray, *_: object) -> None:
        super().infer(input)
        assert self.in_channels is not None
        self.groups, self.out_channels = self.in_channels, self.depth_multiplier * self.in_channels


class DepthwiseConv1d(_Depthwise):
    """A convolution of each channel of sequences by itself; see `DepthwiseConv2d`.

    Shapes: (N, in_channels, L) to (N, in_channels * depth_multiplier, L'), or both without N.
    """

    spatial = 1


class DepthwiseConv2d(_Depthwise):
    """A convolution of each channel by itself: Keras's DepthwiseConv2D, as PyTorch's Conv2d with as many groups.

    Args:
        in_channels: of the images; None: inferred from the first input.
        kernel_size, stride, padding, dilation, bias, padding_mode, device, dtype: see `Conv2d`.
        depth_multiplier: how many outputs each channel has; they follow each other, as in Keras.

    Attributes:
        weight: (in_channels * depth_multiplier, 1, height, width), the layout, the names and the first values of
            PyTorch's Conv2d with groups=in_channels; of Keras's kernel (height, width, in_channels,
            depth_multiplier): xnn.reshape(xnn.permute_dims(kernel, (2, 3, 0, 1)), weight.shape).
        bias: (in_channels * depth_multiplier,), or None.

    Shapes: (N, in_channels, H, W) to (N, in_channels * depth_multiplier, H', W'), or both without N.

    Raises:
        OptionError, ShapeError, DTypeError: see `Conv2d`. Keras's "same" with a stride is none of them.
    """

    spatial = 2


class _Separable(Module):
    spatial: ClassVar[int]

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | Literal["same", "valid"] = 0,
        dilation: Size = 1,
        depth_multiplier: int = 1,
        bias: bool = True,
        padding_mode: PaddingMode = "zeros",
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        first, second = {1: (DepthwiseConv1d, Conv1d), 2: (DepthwiseConv2d, Conv2d)}[self.spatial]
        options = (kernel_size, stride, padding, dilation, depth_multiplier, False, padding_mode)
        self.depthwise = first(in_channels, *options, device=device, dtype=dtype)
        between = None if in_channels is None else in_channels * depth_multiplier
        self.pointwise = second(between, out_channels, 1, bias=bias, device=device, dtype=dtype)

    def forward(self, input: AnyArray) -> Array:
        return self.pointwise(self.depthwise(input))


class SeparableConv1d(_Separable):
    """A convolution of each channel of sequences, then one between channels; see `SeparableConv2d`.

    Shapes: (N, in_channels, L) to (N, out_channels, L'), or both without N.
    """

    spatial = 1


class SeparableConv2d(_Separable):
    """A convolution of each channel by itself, then one between channels, of size 1: Keras's SeparableConv2D.

    Chollet, Xception: Deep learning with depthwise separable convolutions, 2017.

    Args:
        in_channels, out_channels, kernel_size, stride, padding, dilation, padding_mode, device, dtype: see `Conv2d`.
        depth_multiplier: how many channels the first part makes of each.
        bias: whether the second part adds one for each output channel; the first never does.

    Attributes:
        depthwise: a `DepthwiseConv2d` without bias. pointwise: a `Conv2d` of size 1, whose weight is
            (out_channels, in_channels * depth_multiplier, 1, 1).

    Shapes: (N, in_channels, H, W) to (N, out_channels, H', W'), or both without N.

    Raises:
        OptionError, ShapeError, DTypeError: see `DepthwiseConv2d`.
    """

    spatial = 2
