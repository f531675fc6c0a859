"""Pooling."""

from __future__ import annotations

from typing import Any

from xnn.arguments import check_arrays
from xnn.errors import OptionError, ShapeError
from xnn.ops import windows

from .operands import check_input
from .windows import Size2, check_windows, sizes

__all__ = ["max_pool2d"]


def max_pool2d(
    input: Any, kernel_size: Size2, stride: Size2 | None = None, padding: Size2 = 0, dilation: Size2 = 1
) -> Any:
    """The maximum of each window; the first of equal ones has the gradient.

    Args:
        input: (N, C, H, W).
        kernel_size: the window's height and width; an int for both.
        stride: of the windows; None for kernel_size.
        padding: -infinity added on each side, at most half of the window.
        dilation: the distance of neighbours in a window.

    Returns:
        (N, C, H', W').

    Raises:
        ShapeError: if input has not four dimensions, or the window is larger than the padded image.
        OptionError: for padding over half of the window.
    """
    check_arrays("max_pool2d", input=input)
    check_input("max_pool2d", input)
    shape, kernel = tuple(input.shape), sizes("kernel_size", kernel_size, 2, 1)
    if len(shape) != 4:
        raise ShapeError(f"max_pool2d takes images (N, C, H, W); got shape {shape}")
    steps = kernel if stride is None else sizes("stride", stride, 2, 1)
    pads, dilation = sizes("padding", padding, 2, 0), sizes("dilation", dilation, 2, 1)
    if any(2 * p > k for p, k in zip(pads, kernel, strict=True)):
        raise OptionError(f"max_pool2d pads by at most half of the window; got padding {pads} for {kernel}")
    check_windows("max_pool2d", shape[2:], kernel, steps, pads, dilation)
    return windows.max_pool(input, kernel_size=kernel, stride=steps, padding=pads, dilation=dilation)
