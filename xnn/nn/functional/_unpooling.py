"""The way back of max pooling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xnn import checks
from xnn.arguments import check_arrays
from xnn.autograd.graph import Tracked
from xnn.autograd.operands import device_of
from xnn.errors import BoundsError, DTypeError, ShapeError
from xnn.ops import unpooling
from xnn.ops.data_types import astype, dtype_of
from xnn.ops.manipulation import expand_dims
from xnn.typing import A, AnyArray

from ._pooling import batched, unbatched
from ._windows import Size, sizes

__all__ = ["max_unpool1d", "max_unpool2d", "max_unpool3d"]


def _unpooled_size(
    name: str,
    size: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    output_size: Sequence[int] | None,
) -> tuple[int, ...]:
    """The size of the image: the smallest that max pooling makes `size` of, or `output_size`, if near enough."""
    usual = tuple((m - 1) * s - 2 * p + k for m, k, s, p in zip(size, kernel, stride, padding, strict=True))
    if output_size is None:
        wanted = usual
    else:
        count = len(size)
        given = tuple(output_size)
        wanted = sizes("output_size", given[2:] if len(given) == count + 2 else given, count, 1)
        for n, m, s in zip(wanted, usual, stride, strict=True):
            if not m - s < n < m + s:
                raise ShapeError(
                    f"{name} takes an output_size that pooling could have made {tuple(size)} of, nearer to {usual} "
                    f"than the stride {tuple(stride)}; got {wanted}"
                )
    if min(wanted) < 1:
        raise ShapeError(f"{name} makes an image of size {wanted} of {tuple(size)}, which has no elements")
    return wanted


def _check_places(name: str, indices: Any, size: Sequence[int]) -> None:
    device = device_of(indices, name)
    xp, raw = device.backend.xp, indices._data if isinstance(indices, Tracked) else indices
    with device.scope():
        holds = xp.all(xp.logical_and(raw >= 0, raw < math.prod(size)))
    checks.require(
        holds,
        device,
        BoundsError,
        f"{name} takes indices from 0 to {math.prod(size) - 1}, for images of size {tuple(size)}; another one came. "
        "Cure: output_size, that of the image before pooling.",
    )


def _max_unpool(
    count: int,
    input: Any,
    indices: Any,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    output_size: Sequence[int] | None,
) -> Any:
    name = f"max_unpool{count}d"
    check_arrays(name, input=input, indices=indices)
    x, has_batch = batched(name, input, count, takes_complex=True)
    if tuple(indices.shape) != tuple(input.shape):
        raise ShapeError(
            f"{name} takes an index for each element; got shapes {tuple(input.shape)} and {tuple(indices.shape)}. "
            f"Cure: both of max_pool{count}d(..., return_indices=True)."
        )
    if "integer" not in dtype_of(indices).kind:
        raise DTypeError(f"{name} takes integer indices; got {dtype_of(indices).name}")
    kernel = sizes("kernel_size", kernel_size, count, 1)
    steps = kernel if stride is None else sizes("stride", stride, count, 1)
    pads = sizes("padding", padding, count, 0)
    size = _unpooled_size(name, tuple(x.shape[2:]), kernel, steps, pads, output_size)
    places = astype(indices, "int64", copy=False)
    _check_places(name, places, size)
    if not has_batch:
        places = expand_dims(places, axis=0)
    return unbatched(unpooling.unpool(x, places, size=size), has_batch)


def max_unpool1d(
    input: A,
    indices: AnyArray,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> A:
    """Signals of zeros with each maximum where it stood.

    Shapes: input and indices (N, C, L'), to (N, C, L); or (C, L'). Arguments and errors are those of `max_unpool2d`.
    """
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: A,
    indices: AnyArray,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> A:
    """Images of zeros with each maximum where it stood: the way back of `max_pool2d` with `return_indices`.

    Of several elements for one place the last one is written, and has the derivative; PyTorch's gives it to all.

    Args:
        input: (N, C, H', W'), or (C, H', W'), floating-point.
        indices: of the shape of input, integers: positions h * W + w in each image.
        kernel_size: of the pooling.
        stride: of the pooling; None for kernel_size.
        padding: of the pooling.
        output_size: (H, W), or the whole shape; None for the smallest image that pooling makes H' and W' of.

    Returns:
        (N, C, H, W) with H = (H' - 1) stride - 2 padding + kernel, or `output_size`.

    Raises:
        ShapeError: if input has another number of dimensions, indices another shape, or the size cannot be.
        DTypeError: if input is not floating-point, or indices are no integers.
        BoundsError: for an index beyond the image: at once on the CPU; on a GPU the image begins with NaN, and the
            next call that waits for the device raises.

    Example:
        >>> import xnn as xp
        >>> F = xp.nn.functional
        >>> x = xp.asarray([[[1.0, 3.0, 2.0, 0.0]]], device="cpu")
        >>> F.max_unpool1d(*F.max_pool1d(x, 2, return_indices=True), 2).tolist()
        [[[0.0, 3.0, 2.0, 0.0]]]
    """
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: A,
    indices: AnyArray,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> A:
    """Volumes of zeros with each maximum where it stood.

    Shapes: input and indices (N, C, D', H', W'), to (N, C, D, H, W); or (C, D', H', W'). Arguments and errors are
    those of `max_unpool2d`.
    """
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)
