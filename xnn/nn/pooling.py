"""Pooling layers."""

from __future__ import annotations

from typing import Any

from . import functional as F
from .functional.windows import Size2
from .module import Module

__all__ = ["MaxPool2d"]


class MaxPool2d(Module):
    """The maximum of each window of images.

    Args:
        kernel_size, stride, padding, dilation: see `functional.max_pool2d`; stride None is kernel_size.

    Shapes: (N, C, H, W) to (N, C, H', W').
    """

    def __init__(
        self, kernel_size: Size2, stride: Size2 | None = None, padding: Size2 = 0, dilation: Size2 = 1
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding, self.dilation = kernel_size, stride, padding, dilation

    def forward(self, input: Any) -> Any:
        return F.max_pool2d(input, self.kernel_size, self.stride, self.padding, self.dilation)

    def extra_repr(self) -> str:
        stride = self.kernel_size if self.stride is None else self.stride
        return f"kernel_size={self.kernel_size}, stride={stride}, padding={self.padding}, dilation={self.dilation}"
