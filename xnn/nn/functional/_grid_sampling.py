"""Spatial transformers: grids of positions, and images read there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from xnn.arguments import check_arrays
from xnn.autograd.operands import device_of
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.ops import grid_sampling
from xnn.ops.creation import linspace, ones
from xnn.ops.data_types import agree, dtype_of
from xnn.ops.linear_algebra import matmul, matrix_transpose
from xnn.ops.manipulation import broadcast_to, reshape, stack
from xnn.ops.promotion import check_real
from xnn.typing import A, AnyArray

from ._noise import beside
from ._operands import check_input
from ._windows import sizes

__all__ = ["affine_grid", "grid_sample"]

MODES = ("bilinear", "nearest", "bicubic")
PADDING_MODES = ("zeros", "border", "reflection")


def affine_grid(theta: A, size: Sequence[int], align_corners: bool | None = None) -> A:
    """The positions that an affine map gives to the elements of images, as `grid_sample` takes them.

    Positions go from -1 to 1 over an image, the last dimension first: (x, y), or (x, y, z). Jaderberg et al., Spatial
    Transformer Networks, 2015.

    Args:
        theta: (N, 2, 3), or (N, 3, 4) for volumes, floating-point: of each image the map [A | b], position to A p + b.
        size: of the images, (N, C, H, W) or (N, C, D, H, W).
        align_corners: whether -1 and 1 are the centres of the outermost elements; else (None, too) their outer edges.

    Returns:
        (N, H, W, 2), or (N, D, H, W, 3).

    Raises:
        ShapeError: if theta has another shape than size says.
        DTypeError: if theta is not floating-point.
        OptionError: for a size that is none.

    Example:
        >>> import xnn as xp
        >>> F = xp.nn.functional
        >>> mirrored = xp.asarray([[[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]], device="cpu")
        >>> x = xp.asarray([[[[1.0, 2.0, 3.0]]]], device="cpu")
        >>> F.grid_sample(x, F.affine_grid(mirrored, (1, 1, 1, 3))).tolist()
        [[[[3.0, 2.0, 1.0]]]]
    """
    check_arrays("affine_grid", theta=theta)
    check_input("affine_grid", theta)
    count = len(size) - 2 if isinstance(size, Sequence) else 0
    if count not in (2, 3):
        raise OptionError(f"affine_grid takes a size (N, C, H, W) or (N, C, D, H, W); got {size!r}")
    images = sizes("size", size, count + 2, 1)
    wanted, space = (images[0], count, count + 1), images[2:]
    if tuple(theta.shape) != wanted:
        raise ShapeError(f"affine_grid takes theta of shape {wanted} for size {images}; got shape {tuple(theta.shape)}")
    options: dict[str, Any] = {"dtype": dtype_of(theta), "device": device_of(theta, "affine_grid")}
    columns = []
    for axis in reversed(range(count)):
        n = space[axis]
        # Of one element the centre is the middle, with aligned corners too.
        edge = (1.0 if align_corners else (n - 1) / n) if n > 1 else 0.0
        column = reshape(linspace(-edge, edge, n, **options), tuple(n if i == axis else 1 for i in range(count)))
        columns.append(broadcast_to(column, space))
    positions = reshape(stack([*columns, ones(space, **options)], axis=-1), (-1, count + 1))
    return reshape(matmul(beside(theta, positions), matrix_transpose(theta)), (images[0], *space, count))


def grid_sample(
    input: A,
    grid: AnyArray,
    mode: Literal["bilinear", "nearest", "bicubic"] = "bilinear",
    padding_mode: Literal["zeros", "border", "reflection"] = "zeros",
    align_corners: bool | None = None,
) -> A:
    """Images read at any positions, with derivatives by the images and by the positions.

    Args:
        input: (N, C, H, W), or (N, C, D, H, W), floating-point.
        grid: (N, H', W', 2), or (N, D', H', W', 3), of the same type: positions (x, y), or (x, y, z), from -1 to 1
            over an image, x in the last dimension. NaN lies beyond the image.
        mode: "bilinear": of the elements next to the position, in each dimension two, by their distances. "nearest":
            of two that are equally near the one of even index. "bicubic" (images only): of four in each dimension,
            by Keys's kernel with a = -3/4.
        padding_mode: what lies beyond the image. "zeros": 0. "border": the nearest element. "reflection": the image's
            reflection at its borders.
        align_corners: whether -1 and 1 are the centres of the outermost elements; else (None, too) their outer edges.

    Returns:
        (N, C, H', W'), or (N, C, D', H', W').

    Raises:
        ShapeError: for other numbers of dimensions, images without elements, batches of two sizes.
        DTypeError: if input is not floating-point, or grid of another type.
        OptionError: for another mode or padding_mode, or "bicubic" of volumes.
    """
    check_arrays("grid_sample", input=input, grid=grid)
    check_input("grid_sample", input)
    check_real(dtype_of(grid))
    if mode not in MODES:
        raise OptionError(f"grid_sample has the modes {', '.join(MODES)}; got {mode!r}")
    if padding_mode not in PADDING_MODES:
        raise OptionError(f"grid_sample has the padding modes {', '.join(PADDING_MODES)}; got {padding_mode!r}")
    shape, places = tuple(input.shape), tuple(grid.shape)
    count = len(shape) - 2
    if count not in (2, 3) or len(places) != count + 2 or places[-1] != count or places[0] != shape[0]:
        raise ShapeError(
            "grid_sample takes images (N, C, H, W) with a grid (N, H', W', 2), or volumes (N, C, D, H, W) with "
            f"(N, D', H', W', 3); got shapes {shape} and {places}"
        )
    if 0 in shape[2:]:
        raise ShapeError(f"grid_sample reads images that have elements; got shape {shape}")
    if mode == "bicubic" and count == 3:
        raise OptionError(f'grid_sample takes images for mode "bicubic"; got shape {shape}. Cure: "bilinear".')
    if not agree(input, grid):
        raise DTypeError(
            f"grid_sample takes input and grid of one type; got {dtype_of(input).name} and {dtype_of(grid).name}. "
            f"Cure: xnn.astype(grid, xnn.{dtype_of(input).name})."
        )
    return grid_sampling.grid_sample(
        input, grid, mode=mode, padding_mode=padding_mode, align_corners=bool(align_corners)
    )
