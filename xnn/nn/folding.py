"""Windows of images as columns, and back: layers."""

from __future__ import annotations

from xnn.typing import A

from . import functional as F
from .functional._folding import window_options
from .functional._windows import Size2, sizes
from .module import Module

__all__ = ["Fold", "Unfold"]


class Unfold(Module):
    """All windows of images, each a column.

    Args:
        kernel_size, dilation, padding, stride: see `functional.unfold`.

    Shapes: (N, C, H, W) to (N, C * kernel height * kernel width, L), or both without N; L windows.

    Raises:
        OptionError, ShapeError: see `functional.unfold`.
    """

    def __init__(self, kernel_size: Size2, dilation: Size2 = 1, padding: Size2 = 0, stride: Size2 = 1) -> None:
        super().__init__()
        window_options(kernel_size, dilation, padding, stride)
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, input: A) -> A:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Module):
    """Columns as windows of images, added up where they overlap: the transpose of `Unfold`.

    Args:
        output_size: the images' height and width; an int for both.
        kernel_size, dilation, padding, stride: see `functional.fold`.

    Shapes: (N, C * kernel height * kernel width, L) to (N, C, *output_size), or both without N; L windows.

    Raises:
        OptionError, ShapeError: see `functional.fold`.
    """

    def __init__(
        self, output_size: Size2, kernel_size: Size2, dilation: Size2 = 1, padding: Size2 = 0, stride: Size2 = 1
    ) -> None:
        super().__init__()
        sizes("output_size", output_size, 2, 1)
        window_options(kernel_size, dilation, padding, stride)
        self.output_size, self.kernel_size = output_size, kernel_size
        self.dilation, self.padding, self.stride = dilation, padding, stride

    def forward(self, input: A) -> A:
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )
