"""Convolutions."""

from __future__ import annotations

from typing import Any

from xnn.arguments import whole
from xnn.errors import OptionError, ShapeError
from xnn.ops import windows

from .operands import check_operands
from .windows import Size2, check_windows, padding_of, sizes

__all__ = ["conv2d"]


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Size2 = 1,
    padding: Size2 | str = 0,
    dilation: Size2 = 1,
    groups: int = 1,
) -> Any:
    """Two-dimensional cross-correlation.

    Args:
        input: (N, in_channels, H, W), floating-point.
        weight: (out_channels, in_channels / groups, kernel height, kernel width), of the same type.
        bias: (out_channels,), of the same type; or None.
        stride: of the windows; an int, or one for each dimension.
        padding: zeros added on each side; "valid" is 0, "same" keeps H and W (stride 1, odd windows).
        dilation: the distance of neighbours in a window.
        groups: in how many parts the channels are taken, each by itself.

    Returns:
        (N, out_channels, H', W') with H' = (H + 2 padding - dilation (kernel - 1) - 1) // stride + 1.

    Raises:
        ShapeError: if the channels do not fit, the window is larger than the padded image, or weight or bias
            has another shape.
        OptionError: for groups that do not divide the channels, or "same" where it cannot be.
        DTypeError: if input is not floating-point, or weight or bias of another type.
    """
    check_operands("conv2d", input, weight, bias, "(out_channels, in_channels / groups, height, width)")
    shape, kernel = tuple(input.shape), tuple(weight.shape)
    stride, dilation = sizes("stride", stride, 2, 1), sizes("dilation", dilation, 2, 1)
    groups = whole("groups", groups, 1)
    channels = kernel[1] * groups
    if len(shape) != 4 or shape[1] != channels:
        raise ShapeError(
            f"conv2d takes images (N, {channels}, H, W), for a weight {kernel} in {groups} group(s); "
            f"got shape {shape}. Cure: {_image_cure(shape, channels)}."
        )
    if kernel[0] % groups:
        raise OptionError(f"groups divides the channels; got groups={groups} and {kernel[0]} output channels")
    pads = padding_of(padding, kernel[2:], stride, dilation)
    check_windows("conv2d", shape[2:], kernel[2:], stride, pads, dilation)
    return windows.conv(input, weight, bias, stride=stride, padding=pads, dilation=dilation, groups=groups)


def _image_cure(shape: tuple[int, ...], channels: int) -> str:
    if len(shape) == 3 and channels == 1:
        return f"x = xnn.expand_dims(x, axis=1), to ({shape[0]}, 1, {shape[1]}, {shape[2]})"
    if len(shape) == 4 and shape[3] == channels:
        return "x = xnn.permute_dims(x, (0, 3, 1, 2)): channels come before height and width"
    if len(shape) == 2:
        return f"nn.Unflatten(1, ({channels}, height, width)) before it"
    return f"Conv2d({shape[1]}, ...)" if len(shape) == 4 else "reshape x"
