"""Pooling layers: maxima, means and powers of windows, and of whole images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from xnn.errors import ShapeError
from xnn.ops.statistical import max as largest
from xnn.ops.statistical import mean
from xnn.typing import A, AnyArray

from . import functional as F
from .functional._pooling import batched
from .functional._windows import Size
from .module import Module

__all__ = [
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "GlobalAvgPool1d",
    "GlobalAvgPool2d",
    "GlobalAvgPool3d",
    "GlobalMaxPool1d",
    "GlobalMaxPool2d",
    "GlobalMaxPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
]


class _MaxPool(Module):
    _pool: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    # With return_indices a pair, of which the signature says nothing: a type of its own would make two classes of each.
    def forward(self, input: A) -> A:
        options = (self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices)
        pooled: A = self._pool(input, *options)
        return pooled

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The maximum of each window of signals.

    Args:
        kernel_size, stride, padding, dilation, return_indices, ceil_mode: see `functional.max_pool2d`.

    Shapes: (N, C, L) to (N, C, L'), or (C, L) to (C, L').
    """

    _pool = staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPool):
    """The maximum of each window of images.

    Args:
        kernel_size, stride, padding, dilation, return_indices, ceil_mode: see `functional.max_pool2d`; stride None
            is kernel_size.

    Shapes: (N, C, H, W) to (N, C, H', W'), or (C, H, W) to (C, H', W').

    Example:
        >>> import xnn as xp
        >>> xp.nn.MaxPool2d(3, stride=2, ceil_mode=True)(xp.zeros((1, 8, 6, 6), device="cpu")).shape
        (1, 8, 3, 3)
    """

    _pool = staticmethod(F.max_pool2d)


class MaxPool3d(_MaxPool):
    """The maximum of each window of volumes.

    Args:
        kernel_size, stride, padding, dilation, return_indices, ceil_mode: see `functional.max_pool2d`.

    Shapes: (N, C, D, H, W) to (N, C, D', H', W'), or (C, D, H, W) to (C, D', H', W').
    """

    _pool = staticmethod(F.max_pool3d)


class _AvgPool(Module):
    _pool: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode, self.count_include_pad = padding, ceil_mode, count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: A) -> A:
        divisor = {} if self.divisor_override is None else {"divisor_override": self.divisor_override}
        options = (self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)
        pooled: A = self._pool(input, *options, **divisor)
        return pooled

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """The mean of each window of signals.

    Args:
        kernel_size, stride, padding, ceil_mode, count_include_pad: see `functional.avg_pool2d`.

    Shapes: (N, C, L) to (N, C, L'), or (C, L) to (C, L').
    """

    _pool = staticmethod(F.avg_pool1d)

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)


class AvgPool2d(_AvgPool):
    """The mean of each window of images.

    Args:
        kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: see `functional.avg_pool2d`;
            stride None is kernel_size.

    Shapes: (N, C, H, W) to (N, C, H', W'), or (C, H, W) to (C, H', W').
    """

    _pool = staticmethod(F.avg_pool2d)


class AvgPool3d(_AvgPool):
    """The mean of each window of volumes.

    Args:
        kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: see `functional.avg_pool2d`.

    Shapes: (N, C, D, H, W) to (N, C, D', H', W'), or (C, D, H, W) to (C, D', H', W').
    """

    _pool = staticmethod(F.avg_pool3d)


class _LPPool(Module):
    _pool: ClassVar[Callable[..., Any]]

    def __init__(
        self, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type, self.kernel_size, self.stride, self.ceil_mode = norm_type, kernel_size, stride, ceil_mode

    def forward(self, input: A) -> A:
        pooled: A = self._pool(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)
        return pooled

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """sum(x**p) ** (1/p) over each window of signals.

    Args:
        norm_type, kernel_size, stride, ceil_mode: see `functional.lp_pool2d`.

    Shapes: (N, C, L) to (N, C, L'), or (C, L) to (C, L').
    """

    _pool = staticmethod(F.lp_pool1d)


class LPPool2d(_LPPool):
    """sum(x**p) ** (1/p) over each window of images.

    Args:
        norm_type, kernel_size, stride, ceil_mode: see `functional.lp_pool2d`.

    Shapes: (N, C, H, W) to (N, C, H', W'), or (C, H, W) to (C, H', W').
    """

    _pool = staticmethod(F.lp_pool2d)


class LPPool3d(_LPPool):
    """sum(x**p) ** (1/p) over each window of volumes.

    Args:
        norm_type, kernel_size, stride, ceil_mode: see `functional.lp_pool2d`.

    Shapes: (N, C, D, H, W) to (N, C, D', H', W'), or (C, D, H, W) to (C, D', H', W').
    """

    _pool = staticmethod(F.lp_pool3d)


# ---- whole images: Keras's GlobalAveragePooling and GlobalMaxPooling, of images with channels first ----


class _GlobalPool(Module):
    count: int
    keepdims: bool

    def __init__(self, keepdims: bool = False) -> None:
        super().__init__()
        self.keepdims = keepdims

    def _axes(self, input: AnyArray) -> tuple[int, ...]:
        name = type(self).__name__
        batched(name, input, self.count, takes_complex=True)  # max refuses them itself
        if 0 in tuple(input.shape)[-self.count :]:
            raise ShapeError(f"{name} takes images that have elements; got shape {tuple(input.shape)}")
        return tuple(range(-self.count, 0))

    def extra_repr(self) -> str:
        return f"keepdims={self.keepdims}"


class _GlobalAvgPool(_GlobalPool):
    def forward(self, input: A) -> A:
        return mean(input, axis=self._axes(input), keepdims=self.keepdims)


class _GlobalMaxPool(_GlobalPool):
    def forward(self, input: A) -> A:
        return largest(input, axis=self._axes(input), keepdims=self.keepdims)


class GlobalAvgPool1d(_GlobalAvgPool):
    """The mean of each channel of signals: Keras's GlobalAveragePooling1D with data_format="channels_first".

    Args:
        keepdims: whether the dimensions that are averaged stay, with size 1.

    Shapes: (N, C, L) to (N, C) or (N, C, 1); without N, too.
    """

    count = 1


class GlobalAvgPool2d(_GlobalAvgPool):
    """The mean of each channel of images: Keras's GlobalAveragePooling2D with data_format="channels_first".

    Lin, Chen & Yan, Network in network, 2014.

    Args:
        keepdims: whether the dimensions that are averaged stay, with size 1.

    Shapes: (N, C, H, W) to (N, C) or (N, C, 1, 1); without N, too.
    """

    count = 2


class GlobalAvgPool3d(_GlobalAvgPool):
    """The mean of each channel of volumes: Keras's GlobalAveragePooling3D with data_format="channels_first".

    Args:
        keepdims: whether the dimensions that are averaged stay, with size 1.

    Shapes: (N, C, D, H, W) to (N, C) or (N, C, 1, 1, 1); without N, too.
    """

    count = 3


class GlobalMaxPool1d(_GlobalMaxPool):
    """The maximum of each channel of signals, Keras's GlobalMaxPooling1D; equal ones share the derivative.

    Args:
        keepdims: whether the dimensions of the maximum stay, with size 1.

    Shapes: (N, C, L) to (N, C) or (N, C, 1); without N, too.
    """

    count = 1


class GlobalMaxPool2d(_GlobalMaxPool):
    """The maximum of each channel of images, Keras's GlobalMaxPooling2D; equal ones share the derivative.

    Args:
        keepdims: whether the dimensions of the maximum stay, with size 1.

    Shapes: (N, C, H, W) to (N, C) or (N, C, 1, 1); without N, too.
    """

    count = 2


class GlobalMaxPool3d(_GlobalMaxPool):
    """The maximum of each channel of volumes, Keras's GlobalMaxPooling3D; equal ones share the derivative.

    Args:
        keepdims: whether the dimensions of the maximum stay, with size 1.

    Shapes: (N, C, D, H, W) to (N, C) or (N, C, 1, 1, 1); without N, too.
    """

    count = 3
