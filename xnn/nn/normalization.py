"""Normalisation over features, groups of channels and neighbouring channels, and to norm 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xnn.arguments import whole
from xnn.array_object import Array
from xnn.errors import OptionError
from xnn.ops.creation import ones, zeros
from xnn.typing import A, AnyArray, Axis, DeviceLike, DTypeLike, Shape

from . import functional as F
from .functional._normalization import normalized
from .module import Module, Parameter

__all__ = ["GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm", "UnitNorm"]


class LayerNorm(Module):
    """Mean 0 and variance 1 over the last dimensions, times weight plus bias; see `functional.layer_norm`.

    Args:
        normalized_shape: of these dimensions; an int for the last one.
        eps: what is added to the variance.
        elementwise_affine: whether it has weight and bias.
        bias: whether it has one, if `elementwise_affine`.
        device, dtype: of the parameters; None for the default ones.

    Attributes:
        weight, bias: normalized_shape, 1 and 0 at first; or None.

    Shapes: (..., *normalized_shape), kept.

    Raises:
        OptionError: for a normalized_shape that is none.
        ShapeError, DTypeError: see `functional.layer_norm`.

    Example:
        >>> import xnn as xp
        >>> xp.nn.LayerNorm(4, device="cpu")(xp.ones((2, 3, 4), device="cpu")).shape
        (2, 3, 4)
    """

    def __init__(
        self,
        normalized_shape: Shape,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = shape = normalized("LayerNorm", normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        has_bias = elementwise_affine and bias
        self.weight = Parameter(ones(shape, device=device, dtype=dtype)) if elementwise_affine else None
        self.bias = Parameter(zeros(shape, device=device, dtype=dtype)) if has_bias else None

    def forward(self, input: AnyArray) -> Array:
        return cast(Array, F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps))

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Root mean square 1 over the last dimensions, times weight; see `functional.rms_norm`.

    Args:
        normalized_shape: of these dimensions; an int for the last one.
        eps: what is added to the mean square; None for the distance of 1 and the next number of the input's type.
        elementwise_affine: whether it has a weight.
        device, dtype: of the weight; None for the default ones.

    Attributes:
        weight: normalized_shape, 1 at first; or None.

    Shapes: (..., *normalized_shape), kept.

    Raises:
        OptionError: for a normalized_shape that is none.
        ShapeError, DTypeError: see `functional.rms_norm`.
    """

    def __init__(
        self,
        normalized_shape: Shape,
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = shape = normalized("RMSNorm", normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self.weight = Parameter(ones(shape, device=device, dtype=dtype)) if elementwise_affine else None

    def forward(self, input: AnyArray) -> Array:
        return cast(Array, F.rms_norm(input, self.normalized_shape, self.weight, self.eps))

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    """Mean 0 and variance 1 over each group of channels of each image, times weight plus bias.

    Args:
        num_groups: into how many groups of neighbours the channels are parted.
        num_channels: how many there are.
        eps: what is added to the variance.
        affine: whether it has weight and bias.
        bias: whether it has one, if `affine`.
        device, dtype: of the parameters; None for the default ones.

    Attributes:
        weight, bias: (num_channels,), 1 and 0 at first; or None.

    Shapes: (N, num_channels, ...), kept.

    Raises:
        OptionError: for numbers that are no ints of at least 1, or groups that do not divide the channels.
        ShapeError, DTypeError: see `functional.group_norm`.
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.num_groups, self.num_channels = whole("num_groups", num_groups, 1), whole("num_channels", num_channels, 1)
        if num_channels % num_groups:
            raise OptionError(f"num_groups divides num_channels; got {num_groups} and {num_channels}")
        self.eps, self.affine = eps, affine
        shape, has_bias = (self.num_channels,), affine and bias
        self.weight = Parameter(ones(shape, device=device, dtype=dtype)) if affine else None
        self.bias = Parameter(zeros(shape, device=device, dtype=dtype)) if has_bias else None

    def forward(self, input: AnyArray) -> Array:
        return cast(Array, F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps))

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LocalResponseNorm(Module):
    """Channels divided by a power of the squares of their neighbours; see `functional.local_response_norm`.

    Args:
        size: how many channels are neighbours.
        alpha, beta, k: of x / (k + alpha * mean)**beta.

    Shapes: (N, C, L, ...), kept.

    Raises:
        OptionError: for a size that is no int of at least 1.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = whole("size", size, 1), alpha, beta, k

    def forward(self, input: A) -> A:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class UnitNorm(Module):
    """Vectors of norm 1: x / max(norm, 1e-12). Keras's UnitNormalization.

    Args:
        dim: along which vectors are; an int or several. Keras's `axis`.

    Shapes: any, kept.
    """

    def __init__(self, dim: Axis = -1) -> None:
        super().__init__()
        self.dim = tuple(dim) if isinstance(dim, Sequence) else dim

    def forward(self, input: A) -> A:
        return F.normalize(input, dim=self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"
