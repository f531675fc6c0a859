"""Resampling of sequences, images and volumes, and pixels that become channels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from xnn.arguments import check_arrays, whole
from xnn.autograd.graph import require_constants
from xnn.errors import OptionError, ShapeError
from xnn.ops import upsampling
from xnn.ops.manipulation import permute_dims, reshape
from xnn.ops.upsampling import Taps
from xnn.typing import A

from ._operands import check_input
from ._windows import COUNTS, Size, sizes

__all__ = ["channel_shuffle", "interpolate", "pixel_shuffle", "pixel_unshuffle"]

# The modes, and of how many dimensions beyond (N, C).
MODES = {
    "nearest": (1, 2, 3), "nearest-exact": (1, 2, 3), "linear": (1,), "bilinear": (2,), "bicubic": (2,),
    "trilinear": (3,), "area": (1, 2, 3),
}  # fmt: skip
LINEAR = ("linear", "bilinear", "trilinear")


def interpolate(
    input: A,
    size: Size | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: Literal["nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area"] = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> A:
    """Resample to another size, dimension by dimension.

    An element at position i of the output lies at (i + 1/2) s - 1/2 in the input, s being the input's size over the
    output's: both are cells of one area.

    Args:
        input: (N, C, L), (N, C, H, W) or (N, C, D, H, W), floating-point; "nearest" and "nearest-exact": any type.
        size: of the output; an int, or one for each dimension beyond (N, C).
        scale_factor: in the place of size: how many times the input's, a number or one for each dimension; the size
            is rounded down.
        mode: "nearest": the element at floor(i s); "nearest-exact": at floor((i + 1/2) s). "linear" (N, C, L),
            "bilinear" (N, C, H, W), "trilinear" (N, C, D, H, W): the two elements next to it in each dimension.
            "bicubic" (N, C, H, W): the four next to it in each, by Keys's kernel with a = -3/4. "area": the mean of all
            elements that are touched.
        align_corners: of the linear modes and "bicubic": whether the centres of the outermost elements stay
            where they are, so that position i lies at i (size - 1) / (output - 1).
        recompute_scale_factor: whether s comes from the rounded size, not from scale_factor as it was given.
        antialias: of "bilinear" and "bicubic": make the kernel (there with a = -1/2) as wide as the output's elements.

    Returns:
        (N, C, *size).

    Raises:
        ShapeError: for a number of dimensions that the mode has not, and for a dimension of size 0, before or after.
        OptionError: for an unknown mode, both or none of size and scale_factor, and an option that the mode has not.
        DTypeError: if input is not floating-point, for the modes that compute.

    PyTorch in float32 rounds s to float32, so that "nearest" may take the neighbour where i s is an integer.

    Example:
        >>> import xnn as xp
        >>> x = xp.asarray([[[0.0, 4.0]]], device="cpu")
        >>> xp.nn.functional.interpolate(x, scale_factor=2, mode="linear").tolist()
        [[[0.0, 1.0, 3.0, 4.0]]]
    """
    check_arrays("interpolate", input=input)
    if mode not in MODES:
        raise OptionError(f"interpolate has the modes {', '.join(MODES)}; got {mode!r}")
    is_nearest = mode in ("nearest", "nearest-exact")
    if not is_nearest:
        check_input("interpolate", input, takes_complex=True)
    shape = tuple(input.shape)
    count = len(shape) - 2
    if count not in MODES[mode]:
        counts = " or ".join(str(n + 2) for n in MODES[mode])
        raise ShapeError(f'interpolate with mode="{mode}" takes {counts} dimensions, (N, C, ...); got shape {shape}')
    _check_options(mode, align_corners, antialias)
    targets, factors = _targets(shape[2:], size, scale_factor, mode == "area" or bool(recompute_scale_factor))
    if size is not None and recompute_scale_factor:
        raise OptionError("interpolate recomputes a scale_factor; got recompute_scale_factor=True with size alone")
    if not all(shape[2:]) or not all(targets):
        raise ShapeError(f"interpolate takes and makes sizes of at least 1; got {shape[2:]} to {targets}")
    is_aligned = bool(align_corners)
    dimensions = sorted(range(count), key=lambda d: targets[d] / shape[d + 2])  # what shrinks first: less to compute
    for d in dimensions:
        taps = _taps(mode, shape[d + 2], targets[d], factors[d], is_aligned, antialias)
        if not taps.is_identity:
            input = upsampling.resample(input, axis=d + 2, taps=taps)
    return input


def _taps(mode: str, size: int, out: int, factor: float | None, align_corners: bool, antialias: bool) -> Taps:
    scale = upsampling.source_scale(size, out, align_corners, factor)
    if mode == "area":
        return upsampling.area(size, out)
    if mode in ("nearest", "nearest-exact"):
        return upsampling.nearest(size, out, scale, mode == "nearest-exact")
    if antialias:
        is_cubic = mode == "bicubic"
        kernel = upsampling.keys if is_cubic else upsampling.triangle
        return upsampling.smooth(size, out, scale, kernel, 2 if is_cubic else 1)
    return (upsampling.linear if mode in LINEAR else upsampling.cubic)(size, out, scale, align_corners)


def _check_options(mode: str, align_corners: bool | None, antialias: bool) -> None:
    if align_corners is not None and mode not in (*LINEAR, "bicubic"):
        raise OptionError(
            f"align_corners is an option of {', '.join(LINEAR)} and bicubic; got align_corners={align_corners} for "
            f'mode="{mode}". Cure: leave it out.'
        )
    if antialias and mode not in ("bilinear", "bicubic"):
        raise OptionError(f'antialias is an option of bilinear and bicubic; got mode="{mode}"')


def _targets(
    shape: tuple[int, ...], size: Size | None, scale_factor: float | Sequence[float] | None, is_recomputed: bool
) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    """The output's sizes; and for each dimension the factor that was asked for, None where the sizes tell it."""
    count = len(shape)
    if (size is None) == (scale_factor is None):
        raise OptionError(
            f"interpolate takes size or scale_factor; got size={size!r} and scale_factor={scale_factor!r}"
        )
    if size is not None:
        return sizes("size", size, count, 1), (None,) * count
    given = scale_factor if isinstance(scale_factor, Sequence) else (scale_factor,) * count
    for factor in given:
        require_constants("interpolate", scale_factor=factor)
    try:
        factors = tuple(float(factor) for factor in given)  # type: ignore[arg-type]  # not None
    except (TypeError, ValueError):
        factors = ()
    if len(factors) != count or not all(0 < factor < math.inf for factor in factors):
        raise OptionError(
            f"scale_factor is a positive number, or {COUNTS[count]} of them, for {count} dimension(s); "
            f"got {scale_factor!r}"
        )
    targets = tuple(math.floor(n * factor) for n, factor in zip(shape, factors, strict=True))
    return targets, (None,) * count if is_recomputed else factors


def pixel_shuffle(input: A, upscale_factor: int) -> A:
    """Channels become pixels: of r * r channels that follow each other, a square of r by r.

    Shi et al., Real-time single image and video super-resolution using an efficient sub-pixel convolutional neural
    network, 2016.

    Shapes: (..., C * r * r, H, W) to (..., C, H * r, W * r), r the upscale_factor. Any data type.

    Raises:
        ShapeError: for fewer than three dimensions, or channels that r * r does not divide.
        OptionError: if r is no int of at least 1.
    """
    check_arrays("pixel_shuffle", input=input)
    r, shape = whole("upscale_factor", upscale_factor, 1), tuple(input.shape)
    if len(shape) < 3 or shape[-3] % (r * r):
        raise ShapeError(
            f"pixel_shuffle takes (..., C * {r * r}, H, W), for an upscale_factor of {r}; got shape {shape}"
        )
    *lead, channels, height, width = shape
    n = len(lead)
    x = reshape(input, (*lead, channels // (r * r), r, r, height, width))
    x = permute_dims(x, (*range(n + 1), n + 3, n + 1, n + 4, n + 2))
    return reshape(x, (*lead, channels // (r * r), height * r, width * r))


def pixel_unshuffle(input: A, downscale_factor: int) -> A:
    """The inverse of `pixel_shuffle`: squares of r by r pixels become channels.

    Shapes: (..., C, H * r, W * r) to (..., C * r * r, H, W), r the downscale_factor. Any data type.

    Raises:
        ShapeError: for fewer than three dimensions, or heights or widths that r does not divide.
        OptionError: if r is no int of at least 1.
    """
    check_arrays("pixel_unshuffle", input=input)
    r, shape = whole("downscale_factor", downscale_factor, 1), tuple(input.shape)
    if len(shape) < 3 or shape[-2] % r or shape[-1] % r:
        raise ShapeError(
            f"pixel_unshuffle takes (..., C, H * {r}, W * {r}), for a downscale_factor of {r}; got shape {shape}"
        )
    *lead, channels, height, width = shape
    n = len(lead)
    x = reshape(input, (*lead, channels, height // r, r, width // r, r))
    x = permute_dims(x, (*range(n + 1), n + 2, n + 4, n + 1, n + 3))
    return reshape(x, (*lead, channels * r * r, height // r, width // r))


def channel_shuffle(input: A, groups: int) -> A:
    """Channels in a new order: the first of each group, then the second of each, ...

    Zhang et al., ShuffleNet, 2018.

    Shapes: (N, C, ...), kept; three dimensions or more. Any data type.

    Raises:
        ShapeError: for fewer dimensions.
        OptionError: for groups that do not divide the channels.
    """
    check_arrays("channel_shuffle", input=input)
    groups, shape = whole("groups", groups, 1), tuple(input.shape)
    if len(shape) < 3:
        raise ShapeError(f"channel_shuffle takes (N, C, ...), three dimensions or more; got shape {shape}")
    if shape[1] % groups:
        raise OptionError(f"groups divides the channels; got groups={groups} for {shape[1]} channels")
    x = reshape(input, (shape[0], groups, shape[1] // groups, *shape[2:]))
    return reshape(permute_dims(x, (0, 2, 1, *range(3, len(shape) + 1))), shape)
