"""Pooling over windows: of maxima, means and powers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xnn.arguments import check_arrays, number, whole
from xnn.errors import OptionError, ShapeError
from xnn.ops import folding, pooling
from xnn.ops.manipulation import expand_dims, squeeze
from xnn.typing import A

from ._operands import check_input
from ._pooling_types import typed_max_pool
from ._windows import Size, check_windows, sizes

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
]

IMAGES = {1: "(N, C, L)", 2: "(N, C, H, W)", 3: "(N, C, D, H, W)"}


def batched(
    name: str, input: Any, count: int, argument: str = "input", *, takes_complex: bool = False
) -> tuple[Any, bool]:
    """Images of `count` dimensions with one for the batch, and whether they came with it.

    Raises:
        TypeError, DTypeError: for what is no array, or not floating-point.
        ShapeError: for another number of dimensions.
    """
    check_arrays(name, **{argument: input})
    check_input(name, input, takes_complex=takes_complex)
    shape = tuple(input.shape)
    if len(shape) == count + 1:
        return expand_dims(input, axis=0), False
    if len(shape) != count + 2:
        raise ShapeError(
            f"{name} takes images {IMAGES[count]}; got shape {shape}. "
            f"Cure: xnn.reshape; a single image may have the shape {IMAGES[count].replace('N, ', '')}."
        )
    return input, True


def unbatched(x: Any, has_batch: bool) -> Any:
    """The way back of `batched`."""
    return x if has_batch else squeeze(x, 0)


def count_windows(
    name: str,
    size: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    ceil_mode: bool,
) -> tuple[int, ...]:
    """How many windows there are in each dimension; with `ceil_mode` a last one may overhang, but begins inside.

    Raises:
        OptionError: for padding over half of the window.
        ShapeError: where there is none.
    """
    found = []
    for m, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True):
        if 2 * p > k:
            raise OptionError(f"{name} pads by at most half of the window; got padding {padding} for {kernel}")
        span = m + 2 * p - d * (k - 1) - 1
        n = span // s + 1
        if ceil_mode and span % s and n * s < m + p:
            n += 1
        if n < 1:
            check_windows(name, size, kernel, stride, padding, dilation)
        found.append(n)
    return tuple(found)


def _check_elements(
    size: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    counts: Sequence[int],
) -> None:
    """Raise ShapeError if a window holds padding alone, which PyTorch gives an index beyond the image."""
    for m, k, s, p, d, n in zip(size, kernel, stride, padding, dilation, counts, strict=True):
        for start in range(-p, min(0, (n - 1) * s - p + 1), s):
            first = start + (d - 1 - start) // d * d
            if first >= m or first > start + (k - 1) * d:
                raise ShapeError(
                    f"a window of padding alone has no maximum: the one of {k} elements with dilation {d} that begins "
                    f"at {start} misses the image, of size {m}. Cure: less padding, or less dilation."
                )


def _max_pool(
    count: int,
    input: Any,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    dilation: Size,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    name = f"max_pool{count}d"
    x, has_batch = batched(name, input, count)
    kernel = sizes("kernel_size", kernel_size, count, 1)
    steps = kernel if stride is None else sizes("stride", stride, count, 1)
    pads, gaps = sizes("padding", padding, count, 0), sizes("dilation", dilation, count, 1)
    size = tuple(x.shape[2:])
    counts = count_windows(name, size, kernel, steps, pads, gaps, ceil_mode)
    if any(pads) and max(gaps) > 1:
        _check_elements(size, kernel, steps, pads, gaps, counts)
    if not return_indices and (
        not ceil_mode or counts == tuple(map(folding.output_size, size, kernel, steps, pads, gaps))
    ):
        out = pooling.max_pool(x, kernel_size=kernel, stride=steps, padding=pads, dilation=gaps)
        return out if has_batch else squeeze(out, 0)
    places = pooling.max_places(x, kernel_size=kernel, stride=steps, padding=pads, dilation=gaps, windows=counts)
    out = unbatched(pooling.pick(x, places), has_batch)
    return (out, unbatched(places, has_batch)) if return_indices else out


@typed_max_pool
def max_pool1d(
    input: A,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> A | tuple[A, A]:
    """The maximum of each window of signals.

    Shapes: input (N, C, L), to (N, C, L'); or (C, L). Arguments and errors are those of `max_pool2d`.
    """
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@typed_max_pool
def max_pool2d(
    input: A,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> A | tuple[A, A]:
    """The maximum of each window; the first of equal ones has the gradient, and NaN is larger than any number.

    Args:
        input: (N, C, H, W), or (C, H, W), floating-point.
        kernel_size: the window's height and width; an int for both.
        stride: of the windows; None for kernel_size.
        padding: -infinity added on each side, at most half of the window.
        dilation: the distance of neighbours in a window.
        ceil_mode: whether a last window may overhang the padded image, if it begins inside the image or before it:
            H' is then rounded up.
        return_indices: whether the positions of the maxima are given, too.

    Returns:
        (N, C, H', W') with H' = (H + 2 padding - dilation (kernel - 1) - 1) // stride + 1. With `return_indices`
        a tuple of it and of the positions, of its shape, int64: h * W + w in each image.

    Raises:
        ShapeError: if input has another number of dimensions, the window is larger than the padded image, or one
            would hold padding alone (by dilation; PyTorch gives -infinity there, and an index beyond the image).
        OptionError: for padding over half of the window.
        DTypeError: if input is not floating-point.
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@typed_max_pool
def max_pool3d(
    input: A,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> A | tuple[A, A]:
    """The maximum of each window of volumes.

    Shapes: input (N, C, D, H, W), to (N, C, D', H', W'); or (C, D, H, W). Arguments and errors are those of
    `max_pool2d`; positions are (d * H + h) * W + w.
    """
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _avg_pool(
    count: int,
    input: Any,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None = None,
) -> Any:
    name = f"avg_pool{count}d"
    x, has_batch = batched(name, input, count, takes_complex=True)
    kernel = sizes("kernel_size", kernel_size, count, 1)
    steps = kernel if stride is None else sizes("stride", stride, count, 1)
    pads = sizes("padding", padding, count, 0)
    if divisor_override is not None:
        divisor_override = whole("divisor_override", divisor_override, 1)
    counts = count_windows(name, tuple(x.shape[2:]), kernel, steps, pads, (1,) * count, ceil_mode)
    out = pooling.avg_pool(
        x,
        kernel_size=kernel,
        stride=steps,
        padding=pads,
        windows=counts,
        count_include_pad=count_include_pad,
        divisor_override=divisor_override,
    )
    return unbatched(out, has_batch)


def avg_pool1d(
    input: A,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> A:
    """The mean of each window of signals.

    Shapes: input (N, C, L), to (N, C, L'); or (C, L). Arguments and errors are those of `avg_pool2d`.
    """
    return _avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(
    input: A,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> A:
    """The mean of each window.

    Args:
        input: (N, C, H, W), or (C, H, W), floating-point.
        kernel_size: the window's height and width; an int for both.
        stride: of the windows; None for kernel_size.
        padding: zeros added on each side, at most half of the window.
        ceil_mode: as in `max_pool2d`; what overhangs the padded image is not counted.
        count_include_pad: whether the zeros count among the elements.
        divisor_override: what sums are divided by, in the place of the number of elements.

    Returns:
        (N, C, H', W') with H' = (H + 2 padding - kernel) // stride + 1, or rounded up.

    Raises:
        ShapeError: if input has another number of dimensions, or the window is larger than the padded image.
        OptionError: for padding over half of the window, or a divisor that is no int of at least 1.
        DTypeError: if input is not floating-point.
    """
    return _avg_pool(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: A,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> A:
    """The mean of each window of volumes.

    Shapes: input (N, C, D, H, W), to (N, C, D', H', W'); or (C, D, H, W). Arguments and errors are those of
    `avg_pool2d`.
    """
    return _avg_pool(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def _lp_pool(count: int, input: Any, norm_type: float, kernel_size: Size, stride: Size | None, ceil_mode: bool) -> Any:
    name = f"lp_pool{count}d"
    x, has_batch = batched(name, input, count)
    if not 0 < number(name, "norm_type", norm_type) < math.inf:
        raise OptionError(
            f"{name}: norm_type is a positive number; got {norm_type}. Cure: max_pool{count}d for infinity."
        )
    kernel = sizes("kernel_size", kernel_size, count, 1)
    steps = kernel if stride is None else sizes("stride", stride, count, 1)
    counts = count_windows(name, tuple(x.shape[2:]), kernel, steps, (0,) * count, (1,) * count, ceil_mode)
    return unbatched(
        pooling.lp_pool(x, norm_type=float(norm_type), kernel_size=kernel, stride=steps, windows=counts), has_batch
    )


def lp_pool1d(input: A, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False) -> A:
    """sum(x**p) ** (1/p) over each window of signals.

    Shapes: input (N, C, L), to (N, C, L'); or (C, L). Arguments and errors are those of `lp_pool2d`.
    """
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(input: A, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False) -> A:
    """sum(x**p) ** (1/p) over each window: the sum for p = 1, the Euclidean norm for p = 2.

    As in PyTorch the powers are of x itself, not of its absolute value, so that a negative sum for odd p gives NaN;
    the derivative is 0 where the sum is; and an overhanging window's sum is scaled up to the size of a whole one.

    Args:
        input: (N, C, H, W), or (C, H, W), floating-point.
        norm_type: the exponent p, positive.
        kernel_size: the window's height and width; an int for both.
        stride: of the windows; None for kernel_size.
        ceil_mode: as in `avg_pool2d`.

    Returns:
        (N, C, H', W') with H' = (H - kernel) // stride + 1, or rounded up.

    Raises:
        ShapeError: if input has another number of dimensions, or the window is larger than the image.
        OptionError: for p that is not positive, or infinite, which is `max_pool2d`.
        DTypeError: if input is not floating-point.
    """
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(input: A, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False) -> A:
    """sum(x**p) ** (1/p) over each window of volumes.

    Shapes: input (N, C, D, H, W), to (N, C, D', H', W'); or (C, D, H, W). Arguments and errors are those of
    `lp_pool2d`.
    """
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)
