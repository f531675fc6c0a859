"""Pooling to a size that is given: adaptive windows, and fractional ones at random distances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xnn.arguments import check_arrays
from xnn.autograd.graph import Tracked
from xnn.autograd.operands import device_of
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.ops import adaptive_pooling, pooling
from xnn.ops.data_types import dtype_of
from xnn.ops.promotion import check_real
from xnn.random import Generator, default_generator
from xnn.typing import A, AnyArray

from ._pooling import batched, unbatched
from ._pooling_types import typed_adaptive_max_pool, typed_fractional_max_pool
from ._windows import OutputSize, Ratio, Size, sizes

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "fractional_max_pool2d",
    "fractional_max_pool3d",
]


def output_sizes(output_size: OutputSize, size: Sequence[int]) -> tuple[int, ...]:
    """The wanted size in each dimension; None is that of the image.

    Raises:
        OptionError: if it is neither.
    """
    given = output_size if isinstance(output_size, Sequence) else (output_size,) * len(size)
    if len(given) != len(size):
        return sizes("output_size", output_size, len(size), 1)  # type: ignore[arg-type]  # raises
    full = tuple(m if n is None else n for n, m in zip(given, size, strict=True))
    return sizes("output_size", full, len(size), 1)


def _checked(
    name: str, input: Any, count: int, output_size: OutputSize, *, takes_complex: bool = False
) -> tuple[Any, bool, tuple[int, ...]]:
    x, has_batch = batched(name, input, count, takes_complex=takes_complex)
    size = tuple(x.shape[2:])
    if 0 in size:
        raise ShapeError(f"{name} takes images that have elements; got shape {tuple(input.shape)}")
    return x, has_batch, output_sizes(output_size, size)


def _adaptive_avg_pool(count: int, input: Any, output_size: OutputSize) -> Any:
    x, has_batch, wanted = _checked(f"adaptive_avg_pool{count}d", input, count, output_size, takes_complex=True)
    return unbatched(adaptive_pooling.adaptive_avg_pool(x, output_size=wanted), has_batch)


def adaptive_avg_pool1d(input: A, output_size: OutputSize) -> A:
    """The mean of each of so many windows of signals.

    Shapes: input (N, C, L), to (N, C, output_size); or (C, L). Arguments and errors are those of
    `adaptive_avg_pool2d`.
    """
    return _adaptive_avg_pool(1, input, output_size)


def adaptive_avg_pool2d(input: A, output_size: OutputSize) -> A:
    """The mean of each of so many windows as are wanted.

    Number i of n windows in a dimension of size m is from floor(i m / n) to ceil((i + 1) m / n), as in PyTorch.

    Args:
        input: (N, C, H, W), or (C, H, W), floating-point.
        output_size: (H', W'); an int for both; None keeps a size.

    Returns:
        (N, C, H', W').

    Raises:
        ShapeError: if input has another number of dimensions, or none of an image's elements.
        OptionError: for sizes that are no ints of at least 1.
        DTypeError: if input is not floating-point.
    """
    return _adaptive_avg_pool(2, input, output_size)


def adaptive_avg_pool3d(input: A, output_size: OutputSize) -> A:
    """The mean of each of so many windows of volumes.

    Shapes: input (N, C, D, H, W), to (N, C, *output_size); or (C, D, H, W). Arguments and errors are those of
    `adaptive_avg_pool2d`.
    """
    return _adaptive_avg_pool(3, input, output_size)


def _adaptive_max_pool(count: int, input: Any, output_size: OutputSize, return_indices: bool) -> Any:
    x, has_batch, wanted = _checked(f"adaptive_max_pool{count}d", input, count, output_size)
    size = tuple(x.shape[2:])
    if not return_indices and not any(m % n for m, n in zip(size, wanted, strict=True)):
        kernel = tuple(m // n for m, n in zip(size, wanted, strict=True))
        pool = pooling.max_pool(x, kernel_size=kernel, stride=kernel, padding=(0,) * count, dilation=(1,) * count)
        return unbatched(pool, has_batch)
    places = adaptive_pooling.adaptive_max_places(x, output_size=wanted)
    out = unbatched(pooling.pick(x, places), has_batch)
    return (out, unbatched(places, has_batch)) if return_indices else out


@typed_adaptive_max_pool
def adaptive_max_pool1d(input: A, output_size: OutputSize, return_indices: bool = False) -> A | tuple[A, A]:
    """The maximum of each of so many windows of signals.

    Shapes: input (N, C, L), to (N, C, output_size); or (C, L). Arguments and errors are those of
    `adaptive_max_pool2d`.
    """
    return _adaptive_max_pool(1, input, output_size, return_indices)


@typed_adaptive_max_pool
def adaptive_max_pool2d(input: A, output_size: OutputSize, return_indices: bool = False) -> A | tuple[A, A]:
    """The maximum of each of so many windows as are wanted; the windows are those of `adaptive_avg_pool2d`.

    Args:
        input: (N, C, H, W), or (C, H, W), floating-point.
        output_size: (H', W'); an int for both; None keeps a size.
        return_indices: whether the positions of the maxima are given, too.

    Returns:
        (N, C, H', W'); with `return_indices` a tuple of it and the positions, as in `max_pool2d`.

    Raises:
        ShapeError: if input has another number of dimensions, or none of an image's elements.
        OptionError: for sizes that are no ints of at least 1.
        DTypeError: if input is not floating-point.
    """
    return _adaptive_max_pool(2, input, output_size, return_indices)


@typed_adaptive_max_pool
def adaptive_max_pool3d(input: A, output_size: OutputSize, return_indices: bool = False) -> A | tuple[A, A]:
    """The maximum of each of so many windows of volumes.

    Shapes: input (N, C, D, H, W), to (N, C, *output_size); or (C, D, H, W). Arguments and errors are those of
    `adaptive_max_pool2d`.
    """
    return _adaptive_max_pool(3, input, output_size, return_indices)


def fractional_size(
    name: str, output_size: Size | None, output_ratio: Ratio | None, size: Sequence[int]
) -> tuple[int, ...]:
    """The wanted size, given as such or as a part of the image's.

    Raises:
        OptionError: if none of both, or both, are given; for a ratio that is not between 0 and 1.
    """
    if (output_size is None) == (output_ratio is None):
        raise OptionError(f"{name} takes one of output_size and output_ratio; got {output_size!r} and {output_ratio!r}")
    if output_ratio is None:
        return output_sizes(output_size, size)
    ratios = tuple(output_ratio) if isinstance(output_ratio, Sequence) else (output_ratio,) * len(size)
    if len(ratios) != len(size) or not all(0 < ratio < 1 for ratio in ratios):
        raise OptionError(f"{name}: output_ratio is between 0 and 1, for each dimension; got {output_ratio!r}")
    return sizes("output_size", tuple(int(m * r) for m, r in zip(size, ratios, strict=True)), len(size), 1)


def _fractional_max_pool(
    count: int,
    input: Any,
    kernel_size: Size,
    output_size: Size | None,
    output_ratio: Ratio | None,
    return_indices: bool,
    samples: Any,
    generator: Generator | None,
) -> Any:
    name = f"fractional_max_pool{count}d"
    x, has_batch = batched(name, input, count)
    kernel, size = sizes("kernel_size", kernel_size, count, 1), tuple(x.shape[2:])
    wanted = fractional_size(name, output_size, output_ratio, size)
    if any(n + k - 1 > m for n, k, m in zip(wanted, kernel, size, strict=True)):
        raise ShapeError(
            f"{name}: {wanted} windows {kernel}, each at another place, do not fit into the image {size}. "
            "Cure: output_size + kernel_size - 1 is at most the image's size."
        )
    shape = (*x.shape[:2], count)
    if samples is None:
        drawn = (generator or default_generator()).uniform(shape, dtype=dtype_of(x), device=device_of(x, name))
        samples = drawn if isinstance(x, Tracked) else drawn._data
    else:
        check_arrays(name, _random_samples=samples)
        check_real(dtype_of(samples))
        if tuple(samples.shape) != shape:
            raise ShapeError(f"{name} takes _random_samples of shape {shape}; got {tuple(samples.shape)}")
        if dtype_of(samples) is not dtype_of(x):
            raise DTypeError(
                f"{name} takes _random_samples of the type of input, {dtype_of(x).name}; got {dtype_of(samples).name}"
            )
        if isinstance(samples, Tracked) and not isinstance(x, Tracked):
            samples = samples._data  # a layer's, for a raw input
    places = adaptive_pooling.fractional_max_places(x, samples, kernel_size=kernel, output_size=wanted)
    out = unbatched(pooling.pick(x, places), has_batch)
    return (out, unbatched(places, has_batch)) if return_indices else out


@typed_fractional_max_pool
def fractional_max_pool2d(
    input: A,
    kernel_size: Size,
    output_size: Size | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: AnyArray | None = None,
    *,
    generator: Generator | None = None,
) -> A | tuple[A, A]:
    """The maximum of windows at random distances, pseudorandom and overlapping; also in evaluation, as in PyTorch.

    Graham, Fractional max-pooling, 2015.

    Args:
        input: (N, C, H, W), or (C, H, W), floating-point.
        kernel_size: the window's height and width; an int for both.
        output_size: (H', W'), an int for both.
        output_ratio: H' / H and W' / W, between 0 and 1, in the place of output_size.
        return_indices: whether the positions of the maxima are given, too.
        _random_samples: (N, C, 2), numbers from 0 to 1 that place the windows of each image and channel, of width and
            height; None draws them.
        generator: what they are drawn from; None for the default stream.

    Returns:
        (N, C, H', W'); with `return_indices` a tuple of it and the positions, as in `max_pool2d`.

    Raises:
        ShapeError: if input has another number of dimensions, or the windows do not fit into the image.
        OptionError: unless one of output_size and output_ratio is given, and right.
        DTypeError: if input is not floating-point, or the samples of another type.
    """
    return _fractional_max_pool(
        2, input, kernel_size, output_size, output_ratio, return_indices, _random_samples, generator
    )


@typed_fractional_max_pool
def fractional_max_pool3d(
    input: A,
    kernel_size: Size,
    output_size: Size | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: AnyArray | None = None,
    *,
    generator: Generator | None = None,
) -> A | tuple[A, A]:
    """The maximum of windows of volumes at random distances.

    Shapes: input (N, C, D, H, W), to (N, C, *output_size); or (C, D, H, W). Arguments and errors are those of
    `fractional_max_pool2d`; _random_samples are (N, C, 3).
    """
    return _fractional_max_pool(
        3, input, kernel_size, output_size, output_ratio, return_indices, _random_samples, generator
    )
