"""Pooling layers to a size that is given: adaptive windows, and fractional ones at random distances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from xnn.errors import OptionError
from xnn.ops.creation import asarray
from xnn.random import Generator
from xnn.typing import A, ArrayLike

from . import functional as F
from .functional._windows import OutputSize, Ratio, Size
from .module import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
]


class _AdaptiveAvgPool(Module):
    _pool: ClassVar[Callable[..., Any]]

    def __init__(self, output_size: OutputSize) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: A) -> A:
        pooled: A = self._pool(input, self.output_size)
        return pooled

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """The mean of each of so many windows of signals.

    Args:
        output_size: see `functional.adaptive_avg_pool2d`.

    Shapes: (N, C, L) to (N, C, output_size), or (C, L) to (C, output_size).
    """

    _pool = staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """The mean of each of so many windows of images.

    Args:
        output_size: see `functional.adaptive_avg_pool2d`.

    Shapes: (N, C, H, W) to (N, C, *output_size), or (C, H, W) to (C, *output_size).
    """

    _pool = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """The mean of each of so many windows of volumes.

    Args:
        output_size: see `functional.adaptive_avg_pool2d`.

    Shapes: (N, C, D, H, W) to (N, C, *output_size), or (C, D, H, W) to (C, *output_size).
    """

    _pool = staticmethod(F.adaptive_avg_pool3d)


class _AdaptiveMaxPool(Module):
    _pool: ClassVar[Callable[..., Any]]

    def __init__(self, output_size: OutputSize, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, input: A) -> A:
        pooled: A = self._pool(input, self.output_size, self.return_indices)
        return pooled

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The maximum of each of so many windows of signals.

    Args:
        output_size, return_indices: see `functional.adaptive_max_pool2d`.

    Shapes: (N, C, L) to (N, C, output_size), or (C, L) to (C, output_size).
    """

    _pool = staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The maximum of each of so many windows of images.

    Args:
        output_size, return_indices: see `functional.adaptive_max_pool2d`.

    Shapes: (N, C, H, W) to (N, C, *output_size), or (C, H, W) to (C, *output_size).
    """

    _pool = staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The maximum of each of so many windows of volumes.

    Args:
        output_size, return_indices: see `functional.adaptive_max_pool2d`.

    Shapes: (N, C, D, H, W) to (N, C, *output_size), or (C, D, H, W) to (C, *output_size).
    """

    _pool = staticmethod(F.adaptive_max_pool3d)


class _FractionalMaxPool(Module):
    _pool: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        kernel_size: Size,
        output_size: Size | None = None,
        output_ratio: Ratio | None = None,
        return_indices: bool = False,
        _random_samples: ArrayLike | None = None,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        if (output_size is None) == (output_ratio is None):
            raise OptionError(
                f"{type(self).__name__} takes one of output_size and output_ratio; "
                f"got {output_size!r} and {output_ratio!r}"
            )
        self.kernel_size, self.output_size, self.output_ratio = kernel_size, output_size, output_ratio
        self.return_indices, self.generator = return_indices, generator
        if _random_samples is None:
            self._random_samples = None
        else:
            self.register_buffer("_random_samples", asarray(_random_samples))

    def forward(self, input: A) -> A:
        size = (self.output_size, self.output_ratio, self.return_indices, self._random_samples)
        pooled: A = self._pool(input, self.kernel_size, *size, generator=self.generator)
        return pooled

    def extra_repr(self) -> str:
        size = f"output_size={self.output_size}" if self.output_ratio is None else f"output_ratio={self.output_ratio}"
        return f"kernel_size={self.kernel_size}, {size}"


class FractionalMaxPool2d(_FractionalMaxPool):
    """The maximum of windows of images at random distances.

    Args:
        kernel_size, output_size, output_ratio, return_indices, _random_samples, generator: see
            `functional.fractional_max_pool2d`.

    Shapes: (N, C, H, W) to (N, C, *output_size), or (C, H, W) to (C, *output_size).

    Raises:
        OptionError: unless one of output_size and output_ratio is given.
    """

    _pool = staticmethod(F.fractional_max_pool2d)


class FractionalMaxPool3d(_FractionalMaxPool):
    """The maximum of windows of volumes at random distances.

    Args:
        kernel_size, output_size, output_ratio, return_indices, _random_samples, generator: see
            `functional.fractional_max_pool2d`.

    Shapes: (N, C, D, H, W) to (N, C, *output_size), or (C, D, H, W) to (C, *output_size).

    Raises:
        OptionError: unless one of output_size and output_ratio is given.
    """

    _pool = staticmethod(F.fractional_max_pool3d)
