"""Pooling of maxima that always gives a pair, with the indices: `return_indices` under names of their own."""

from __future__ import annotations

from xnn.random import Generator
from xnn.typing import A, AnyArray

from ._adaptive_pooling import (
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    fractional_max_pool2d,
    fractional_max_pool3d,
)
from ._pooling import max_pool1d, max_pool2d, max_pool3d
from ._windows import OutputSize, Ratio, Size

__all__ = [
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d_with_indices",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d_with_indices",
    "max_pool1d_with_indices",
    "max_pool2d_with_indices",
    "max_pool3d_with_indices",
]


def max_pool1d_with_indices(
    input: A,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
) -> tuple[A, A]:
    """`max_pool1d` with return_indices.

    Shapes: (N, C, L), or without N, to those of the maxima, twice.
    """
    return max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True)


def max_pool2d_with_indices(
    input: A,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
) -> tuple[A, A]:
    """`max_pool2d` with return_indices.

    Shapes: (N, C, H, W), or without N, to those of the maxima, twice.
    """
    return max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True)


def max_pool3d_with_indices(
    input: A,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
) -> tuple[A, A]:
    """`max_pool3d` with return_indices.

    Shapes: (N, C, D, H, W), or without N, to those of the maxima, twice.
    """
    return max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True)


def adaptive_max_pool1d_with_indices(input: A, output_size: OutputSize) -> tuple[A, A]:
    """`adaptive_max_pool1d` with return_indices.

    Shapes: (N, C, L), or without N, to those of the maxima, twice.
    """
    return adaptive_max_pool1d(input, output_size, return_indices=True)


def adaptive_max_pool2d_with_indices(input: A, output_size: OutputSize) -> tuple[A, A]:
    """`adaptive_max_pool2d` with return_indices.

    Shapes: (N, C, H, W), or without N, to those of the maxima, twice.
    """
    return adaptive_max_pool2d(input, output_size, return_indices=True)


def adaptive_max_pool3d_with_indices(input: A, output_size: OutputSize) -> tuple[A, A]:
    """`adaptive_max_pool3d` with return_indices.

    Shapes: (N, C, D, H, W), or without N, to those of the maxima, twice.
    """
    return adaptive_max_pool3d(input, output_size, return_indices=True)


def fractional_max_pool2d_with_indices(
    input: A,
    kernel_size: Size,
    output_size: Size | None = None,
    output_ratio: Ratio | None = None,
    _random_samples: AnyArray | None = None,
    *,
    generator: Generator | None = None,
) -> tuple[A, A]:
    """`fractional_max_pool2d` with return_indices.

    Shapes: (N, C, H, W), or without N, to those of the maxima, twice.
    """
    return fractional_max_pool2d(
        input,
        kernel_size,
        output_size,
        output_ratio,
        return_indices=True,
        _random_samples=_random_samples,
        generator=generator,
    )


def fractional_max_pool3d_with_indices(
    input: A,
    kernel_size: Size,
    output_size: Size | None = None,
    output_ratio: Ratio | None = None,
    _random_samples: AnyArray | None = None,
    *,
    generator: Generator | None = None,
) -> tuple[A, A]:
    """`fractional_max_pool3d` with return_indices.

    Shapes: (N, C, D, H, W), or without N, to those of the maxima, twice.
    """
    return fractional_max_pool3d(
        input,
        kernel_size,
        output_size,
        output_ratio,
        return_indices=True,
        _random_samples=_random_samples,
        generator=generator,
    )
