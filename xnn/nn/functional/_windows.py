"""Options of windows, as convolutions and pooling have them: sizes for each dimension, padding."""

from __future__ import annotations

from collections.abc import Sequence

from xnn.autograd.refusals import index_of
from xnn.errors import OptionError, ShapeError
from xnn.ops.folding import output_size

Size = int | Sequence[int]  # one for all dimensions, or one for each
Size2 = Size
OutputSize = int | Sequence[int | None] | None  # of adaptive pooling: None for that of the image
Ratio = float | Sequence[float]  # of fractional pooling
COUNTS = {1: "one", 2: "two", 3: "three"}


def sizes(name: str, value: Size, count: int, least: int) -> tuple[int, ...]:
    """A size for each of `count` dimensions, of one int for all, or as many as they are.

    Raises:
        OptionError: if it is neither, or less than `least`.
    """
    try:
        found = tuple(map(index_of, value if isinstance(value, Sequence) else (value,) * count))
    except TypeError:
        found = ()
    if len(found) != count or min(found) < least:
        raise OptionError(f"{name} is an int of at least {least}, or {COUNTS.get(count, count)} of them; got {value!r}")
    return found


def padding_of(
    padding: Size | str, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """How many zeros stand before and after each dimension, for an option `padding` of a convolution.

    Raises:
        OptionError: if it is no such option, or "same" where windows do not stand at each element.
    """
    if not isinstance(padding, str):
        return tuple((p, p) for p in sizes("padding", padding, len(kernel), 0))
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding != "same":
        raise OptionError(f'padding is an int, {COUNTS[len(kernel)]} of them, "same" or "valid"; got {padding!r}')
    if any(s != 1 for s in stride):
        raise OptionError(
            f'padding="same" is for stride 1; got stride {tuple(stride)}. '
            f"Cure: padding={tuple(d * (k - 1) // 2 for d, k in zip(dilation, kernel, strict=True))}."
        )
    reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    return tuple((r // 2, r - r // 2) for r in reach)  # of an odd number, PyTorch has the larger part behind


def output_padding_of(
    name: str,
    shape: Sequence[int],
    output_size: Sequence[int],
    kernel: Sequence[int],
    stride: Size,
    padding: Size,
    dilation: Size,
) -> tuple[int, ...]:
    """The output_padding that makes of an input of this shape an output of this size, or of this whole shape.

    Raises:
        OptionError: if it is no size.
        ShapeError: if no output_padding less than the stride does.
    """
    count = len(kernel)
    wanted = output_size[-count:] if len(output_size) == len(shape) else output_size
    wanted = sizes("output_size", wanted, count, 0)
    steps, pads, wide = (
        sizes(option, value, count, least)
        for option, value, least in (("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1))
    )
    least = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + 1
        for n, s, p, d, k in zip(shape[-count:], steps, pads, wide, kernel, strict=True)
    )
    most = tuple(n + s - 1 for n, s in zip(least, steps, strict=True))
    if any(not low <= n <= high for low, n, high in zip(least, wanted, most, strict=True)):
        raise ShapeError(
            f"{name} makes of an input {tuple(shape)} sizes from {least} to {most}; "
            f"got output_size {tuple(output_size)}"
        )
    return tuple(n - low for n, low in zip(wanted, least, strict=True))


def check_windows(
    name: str,
    size: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
) -> None:
    """Raise ShapeError unless at least one window fits into the padded image."""
    if any(n < 1 for n in map(output_size, size, kernel, stride, padding, dilation)):
        raise ShapeError(
            f"{name}: the window {tuple(kernel)} with dilation {tuple(dilation)} is larger than "
            f"the image {tuple(size)} with padding {tuple(padding)}"
        )
