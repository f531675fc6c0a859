"""The way back of max pooling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from xnn.typing import A, AnyArray

from . import functional as F
from .functional._windows import Size
from .module import Module

__all__ = ["MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"]


class _MaxUnpool(Module):
    _unpool: ClassVar[Callable[..., Any]]

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, kernel_size if stride is None else stride, padding

    def forward(self, input: A, indices: AnyArray, output_size: Sequence[int] | None = None) -> A:
        unpooled: A = self._unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)
        return unpooled

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """Signals of zeros with each maximum where it stood.

    Args:
        kernel_size, stride, padding: of the pooling, see `functional.max_unpool2d`.

    Shapes: input and indices (N, C, L') to (N, C, L), or (C, L') to (C, L).
    """

    _unpool = staticmethod(F.max_unpool1d)


class MaxUnpool2d(_MaxUnpool):
    """Images of zeros with each maximum where it stood.

    Args:
        kernel_size, stride, padding: of the pooling, see `functional.max_unpool2d`.

    Shapes: input and indices (N, C, H', W') to (N, C, H, W), or (C, H', W') to (C, H, W); `output_size`, that of the
    image before pooling, may be given with each call.

    Example:
        >>> import xnn as xp
        >>> pool, unpool = xp.nn.MaxPool2d(2, return_indices=True), xp.nn.MaxUnpool2d(2)
        >>> x = xp.ones((1, 1, 5, 5), device="cpu")
        >>> unpool(*pool(x), output_size=x.shape).shape
        (1, 1, 5, 5)
    """

    _unpool = staticmethod(F.max_unpool2d)


class MaxUnpool3d(_MaxUnpool):
    """Volumes of zeros with each maximum where it stood.

    Args:
        kernel_size, stride, padding: of the pooling, see `functional.max_unpool2d`.

    Shapes: input and indices (N, C, D', H', W') to (N, C, D, H, W), or (C, D', H', W') to (C, D, H, W).
    """

    _unpool = staticmethod(F.max_unpool3d)
