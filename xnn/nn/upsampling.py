"""Resampling of sequences, images and volumes, and pixels that become channels: layers."""

from __future__ import annotations

from collections.abc import Sequence

from xnn.arguments import whole
from xnn.errors import OptionError
from xnn.typing import A, Interpolation

from . import functional as F
from .functional._windows import Size, Size2
from .module import Module

__all__ = [
    "ChannelShuffle",
    "PixelShuffle",
    "PixelUnshuffle",
    "Upsample",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
]


class Upsample(Module):
    """Resample to another size, larger or smaller.

    Args:
        size, scale_factor, mode, align_corners, recompute_scale_factor: see `functional.interpolate`.

    Shapes: (N, C, L), (N, C, H, W) or (N, C, D, H, W) to (N, C, *size).

    Raises:
        OptionError: for both or none of size and scale_factor; at the call, see `functional.interpolate`.
        ShapeError, DTypeError: see `functional.interpolate`.

    Example:
        >>> import xnn as xp
        >>> xp.nn.Upsample(scale_factor=2)(xp.asarray([[[1.0, 2.0]]], device="cpu")).tolist()
        [[[1.0, 1.0, 2.0, 2.0]]]
    """

    def __init__(
        self,
        size: Size | None = None,
        scale_factor: float | Sequence[float] | None = None,
        mode: Interpolation = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        if (size is None) == (scale_factor is None):
            name = type(self).__name__
            raise OptionError(f"{name} takes size or scale_factor; got size={size!r} and scale_factor={scale_factor!r}")
        self.size, self.scale_factor, self.mode = size, scale_factor, mode
        self.align_corners, self.recompute_scale_factor = align_corners, recompute_scale_factor

    def forward(self, input: A) -> A:
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        size = f"size={self.size!r}" if self.scale_factor is None else f"scale_factor={self.scale_factor!r}"
        return f"{size}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """`Upsample` of images with mode="nearest".

    Shapes: (N, C, H, W) to (N, C, *size).
    """

    def __init__(self, size: Size2 | None = None, scale_factor: float | Sequence[float] | None = None) -> None:
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """`Upsample` of images with mode="bilinear" and align_corners=True.

    Shapes: (N, C, H, W) to (N, C, *size).
    """

    def __init__(self, size: Size2 | None = None, scale_factor: float | Sequence[float] | None = None) -> None:
        super().__init__(size, scale_factor, "bilinear", align_corners=True)


class PixelShuffle(Module):
    """Channels become pixels: of r * r channels that follow each other, a square of r by r.

    Args:
        upscale_factor: r; see `functional.pixel_shuffle`.

    Shapes: (..., C * r * r, H, W) to (..., C, H * r, W * r).

    Raises:
        OptionError, ShapeError: see `functional.pixel_shuffle`.
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = whole("upscale_factor", upscale_factor, 1)

    def forward(self, input: A) -> A:
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """The inverse of `PixelShuffle`: squares of r by r pixels become channels.

    Args:
        downscale_factor: r; see `functional.pixel_unshuffle`.

    Shapes: (..., C, H * r, W * r) to (..., C * r * r, H, W).

    Raises:
        OptionError, ShapeError: see `functional.pixel_unshuffle`.
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = whole("downscale_factor", downscale_factor, 1)

    def forward(self, input: A) -> A:
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Channels in a new order: the first of each group, then the second of each, ...

    Args:
        groups: how many; see `functional.channel_shuffle`.

    Shapes: (N, C, ...), kept.

    Raises:
        OptionError, ShapeError: see `functional.channel_shuffle`.
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = whole("groups", groups, 1)

    def forward(self, input: A) -> A:
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
