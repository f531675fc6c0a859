"""Normalisation of channels, with statistics of a batch or of each of its images."""

from __future__ import annotations

from typing import cast

from xnn.arguments import check_arrays, number, whole
from xnn.array_object import Array
from xnn.autograd import no_grad
from xnn.errors import ShapeError
from xnn.ops.creation import ones, zeros
from xnn.ops.data_types import astype
from xnn.typing import AnyArray, DeviceLike, DTypeLike

from . import functional as F
from .module import Module, Parameter

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
]


class _Norm(Module):
    ranks: tuple[int, ...]  # the numbers of dimensions that an input may have
    shapes: str
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Array | None
    running_var: Array | None
    num_batches_tracked: Array | None

    def __init__(
        self,
        num_features: int | None,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        bias: bool,
        device: DeviceLike | None,
        dtype: DTypeLike | None,
    ) -> None:
        super().__init__()
        if momentum is not None:
            momentum = number(type(self).__name__, "momentum", momentum)
        self.eps, self.momentum, self.affine, self.track_running_stats = eps, momentum, affine, track_running_stats
        self._has_bias = affine and bias
        if num_features is None:
            self.num_features: int | None = None
            self.defer(device, dtype)
        else:
            self.num_features = whole("num_features", num_features, 1)
            self.create(device, dtype)

    def infer(self, *args: AnyArray) -> None:
        """The number of channels, from the first input."""
        self._check(args[0])
        self.num_features = tuple(args[0].shape)[self._channel_axis(args[0])]

    def create(self, device: DeviceLike | None, dtype: DTypeLike | None) -> None:
        """Parameters and buffers, in PyTorch's order."""
        assert self.num_features is not None  # `infer` came before
        shape = (self.num_features,)
        self.weight = Parameter(ones(shape, device=device, dtype=dtype)) if self.affine else None
        self.bias = Parameter(zeros(shape, device=device, dtype=dtype)) if self._has_bias else None
        if self.track_running_stats:
            self.register_buffer("running_mean", zeros(shape, device=device, dtype=dtype))
            self.register_buffer("running_var", ones(shape, device=device, dtype=dtype))
            self.register_buffer("num_batches_tracked", zeros((), device=device, dtype="int64"))
        else:
            self.running_mean = self.running_var = self.num_batches_tracked = None

    def reset_running_stats(self) -> None:
        """Forget what was tracked: mean 0, variance 1, no batches."""
        if self.track_running_stats:
            with no_grad():
                for buffer, value in ((self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)):
                    assert buffer is not None  # as statistics are tracked
                    buffer[...] = value

    def _channel_axis(self, input: AnyArray) -> int:
        return 1

    def _check(self, input: AnyArray) -> None:
        name = type(self).__name__
        check_arrays(name, input=input)
        shape, channels = tuple(input.shape), self.num_features
        if len(shape) not in self.ranks or channels not in (None, shape[self._channel_axis(input)]):
            rule = self.shapes if channels is None else self.shapes.replace("C", str(channels))
            raise ShapeError(f"{name} takes inputs {rule}; got shape {shape}")

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self._has_bias}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_Norm):
    def __init__(
        self,
        num_features: int | None,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias, device, dtype)

    def forward(self, input: AnyArray) -> Array:
        self._check(input)
        mean, var, count = self.running_mean, self.running_var, self.num_batches_tracked
        if not self.training or not self.track_running_stats:
            uses_batch = self.training or mean is None
            mean, var = (None, None) if uses_batch else (mean, var)
            out = F.batch_norm(input, mean, var, self.weight, self.bias, uses_batch, 0.0, self.eps)
            return cast(Array, out)
        assert mean is not None  # as statistics are tracked
        assert count is not None
        tracked = count + 1
        # Of None, the average of all batches; on the device, whose count the host would have to wait for.
        momentum = 1 / astype(tracked, mean.dtype) if self.momentum is None else self.momentum
        out = F.batch_norm(input, mean, var, self.weight, self.bias, True, momentum, self.eps)
        self.num_batches_tracked = tracked
        return cast(Array, out)


class BatchNorm1d(_BatchNorm):
    """Each feature with mean 0 and variance 1 over the batch, times weight plus bias; see `functional.batch_norm`.

    In training statistics are the batch's, and running ones follow them; in evaluation they are the running ones.

    Args:
        num_features: how many features or channels there are; None: inferred from the first input.
        eps: what is added to the variance.
        momentum: the part of a batch's statistics in the running ones; None: these are the average of all batches.
        affine: whether it has weight and bias.
        track_running_stats: whether it has running statistics; without, those of the batch serve always.
        bias: whether it has one, if `affine`.
        device, dtype: of parameters and buffers; None for the default ones.

    Attributes:
        weight, bias: (num_features,), 1 and 0 at first; or None.
        running_mean, running_var: (num_features,), 0 and 1 at first, buffers; or None.
        num_batches_tracked: (), int64, a buffer; or None.

    Shapes: (N, C) or (N, C, L), kept.

    Raises:
        ShapeError: for inputs of another shape; in training for one value in each channel.

    Example:
        >>> import xnn as xp
        >>> layer = xp.nn.BatchNorm1d(3, device="cpu")
        >>> layer(xp.ones((4, 3), device="cpu")).shape
        (4, 3)
        >>> int(layer.num_batches_tracked)
        1
    """

    ranks, shapes = (2, 3), "(N, C) or (N, C, L)"


class BatchNorm2d(_BatchNorm):
    """Each channel with mean 0 and variance 1 over the batch and its images, times weight plus bias.

    Args:
        num_features, eps, momentum, affine, track_running_stats, bias, device, dtype: see `BatchNorm1d`.

    Shapes: (N, C, H, W), kept.
    """

    ranks, shapes = (4,), "(N, C, H, W)"


class BatchNorm3d(_BatchNorm):
    """Each channel with mean 0 and variance 1 over the batch and its volumes, times weight plus bias.

    Args:
        num_features, eps, momentum, affine, track_running_stats, bias, device, dtype: see `BatchNorm1d`.

    Shapes: (N, C, D, H, W), kept.
    """

    ranks, shapes = (5,), "(N, C, D, H, W)"


class _InstanceNorm(_Norm):
    def __init__(
        self,
        num_features: int | None,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        bias: bool = True,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias, device, dtype)

    def _channel_axis(self, input: AnyArray) -> int:
        return 1 if len(input.shape) == self.ranks[1] else 0

    def forward(self, input: AnyArray) -> Array:
        self._check(input)
        x = input if len(input.shape) == self.ranks[1] else input[None, ...]
        out = F.instance_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return cast(Array, out if x is input else out[0, ...])


class InstanceNorm1d(_InstanceNorm):
    """Each channel of each signal with mean 0 and variance 1, times weight plus bias; see `functional.instance_norm`.

    Args:
        num_features: how many channels there are, also of inputs without a weight, where PyTorch only warns; None:
            inferred from the first input.
        eps: what is added to the variance.
        momentum: the part of a batch's statistics in the running ones.
        affine: whether it has weight and bias.
        track_running_stats: whether it has running statistics, which then serve in evaluation.
        bias: whether it has one, if `affine`.
        device, dtype: of parameters and buffers; None for the default ones.

    Attributes:
        weight, bias, running_mean, running_var, num_batches_tracked: as in `BatchNorm1d`; the last one stays 0, as
            PyTorch's.

    Shapes: (N, C, L) or (C, L), kept.

    Raises:
        ShapeError: for inputs of another shape, and for one element in each channel.
    """

    ranks, shapes = (2, 3), "(N, C, L) or (C, L)"


class InstanceNorm2d(_InstanceNorm):
    """Each channel of each image with mean 0 and variance 1, times weight plus bias.

    Args:
        num_features, eps, momentum, affine, track_running_stats, bias, device, dtype: see `InstanceNorm1d`.

    Shapes: (N, C, H, W) or (C, H, W), kept.
    """

    ranks, shapes = (3, 4), "(N, C, H, W) or (C, H, W)"


class InstanceNorm3d(_InstanceNorm):
    """Each channel of each volume with mean 0 and variance 1, times weight plus bias.

    Args:
        num_features, eps, momentum, affine, track_running_stats, bias, device, dtype: see `InstanceNorm1d`.

    Shapes: (N, C, D, H, W) or (C, D, H, W), kept.
    """

    ranks, shapes = (4, 5), "(N, C, D, H, W) or (C, D, H, W)"
