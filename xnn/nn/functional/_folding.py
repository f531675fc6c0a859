"""Windows of images as columns, and back."""

from __future__ import annotations

import math

from xnn.arguments import check_arrays
from xnn.errors import ShapeError
from xnn.ops import folding
from xnn.ops.manipulation import reshape
from xnn.typing import A

from ._operands import check_input
from ._windows import Size2, check_windows, sizes

__all__ = ["fold", "unfold"]


def window_options(kernel_size: Size2, dilation: Size2, padding: Size2, stride: Size2) -> list[tuple[int, ...]]:
    """All four, as sizes of two dimensions each; OptionError for what is none."""
    options = (
        ("kernel_size", kernel_size, 1), ("dilation", dilation, 1), ("padding", padding, 0), ("stride", stride, 1)
    )  # fmt: skip
    return [sizes(name, value, 2, least) for name, value, least in options]


def unfold(input: A, kernel_size: Size2, dilation: Size2 = 1, padding: Size2 = 0, stride: Size2 = 1) -> A:
    """All windows of images, each a column: `conv2d` is a matrix product with them.

    Args:
        input: (N, C, H, W) or (C, H, W), floating-point.
        kernel_size: the window's height and width; an int for both.
        dilation: the distance of neighbours in a window.
        padding: zeros added on each side.
        stride: of the windows.

    Returns:
        (N, C * kernel height * kernel width, L), without N where the input has none; L is the number of windows, row
        after row.

    Raises:
        ShapeError: for another number of dimensions, or a window larger than the padded image.
        OptionError: for sizes that are no ints, or too small.

    Example:
        >>> import xnn as xp
        >>> x = xp.asarray([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]], device="cpu")
        >>> xp.nn.functional.unfold(x, 2).tolist()
        [[1.0, 2.0], [2.0, 3.0], [4.0, 5.0], [5.0, 6.0]]
    """
    check_arrays("unfold", input=input)
    check_input("unfold", input, takes_complex=True)
    shape = tuple(input.shape)
    kernel, wide, pads, steps = window_options(kernel_size, dilation, padding, stride)
    if len(shape) not in (3, 4):
        raise ShapeError(f"unfold takes images (N, C, H, W) or (C, H, W); got shape {shape}")
    check_windows("unfold", shape[-2:], kernel, steps, pads, wide)
    batch = shape if len(shape) == 4 else (1, *shape)
    columns = folding.unfold(
        input if len(shape) == 4 else reshape(input, batch),
        kernel_size=kernel,
        stride=steps,
        padding=pads,
        dilation=wide,
    )
    return reshape(columns, (*shape[:-3], shape[-3] * math.prod(kernel), math.prod(columns.shape[-2:])))


def fold(
    input: A,
    output_size: Size2,
    kernel_size: Size2,
    dilation: Size2 = 1,
    padding: Size2 = 0,
    stride: Size2 = 1,
) -> A:
    """The transpose of `unfold`, not its inverse: columns become windows of images, added up where they overlap.

    Args:
        input: (N, C * kernel height * kernel width, L) or the same without N, floating-point.
        output_size: the images' height and width; an int for both.
        kernel_size: the window's height and width; an int for both.
        dilation: the distance of neighbours in a window.
        padding: how much of the images is left out on each side.
        stride: of the windows.

    Returns:
        (N, C, *output_size), without N where the input has none.

    Raises:
        ShapeError: for another number of dimensions, of rows than a multiple of the window's elements, or of columns
            than that of the windows.
        OptionError: for sizes that are no ints, or too small.
    """
    check_arrays("fold", input=input)
    check_input("fold", input, takes_complex=True)
    shape, size = tuple(input.shape), sizes("output_size", output_size, 2, 1)
    kernel, wide, pads, steps = window_options(kernel_size, dilation, padding, stride)
    area = math.prod(kernel)
    if len(shape) not in (2, 3) or shape[-2] % area:
        raise ShapeError(
            f"fold takes columns (N, C * {area}, L) or (C * {area}, L), for a window {kernel}; got shape {shape}"
        )
    check_windows("fold", size, kernel, steps, pads, wide)
    counts = tuple(map(folding.output_size, size, kernel, steps, pads, wide))
    if math.prod(counts) != shape[-1]:
        raise ShapeError(
            f"fold takes as many columns as windows stand in the images: {counts[0]} * {counts[1]} for output_size "
            f"{size}, window {kernel}, stride {steps}, padding {pads} and dilation {wide}; got {shape[-1]}"
        )
    channels = shape[-2] // area
    columns = reshape(input, (shape[0] if len(shape) == 3 else 1, channels, *kernel, *counts))
    out = folding.fold(columns, size=size, stride=steps, padding=pads, dilation=wide)
    return out if len(shape) == 3 else reshape(out, (channels, *size))
