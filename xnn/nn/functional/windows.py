"""Options of windows, as convolutions and pooling have them: sizes for each dimension, padding."""

from __future__ import annotations

import operator
from collections.abc import Sequence

from xnn.errors import OptionError, ShapeError
from xnn.ops.windows import output_size

Size2 = int | Sequence[int]


def sizes(name: str, value: int | Sequence[int], count: int, least: int) -> tuple[int, ...]:
    """A size for each of `count` dimensions, of one int for all, or as many as they are.

    Raises:
        OptionError: if it is neither, or less than `least`.
    """
    try:
        found = tuple(map(operator.index, value if isinstance(value, Sequence) else (value,) * count))
    except TypeError:
        found = ()
    if len(found) != count or min(found) < least:
        many = {1: "one", 2: "two", 3: "three"}.get(count, str(count))
        raise OptionError(f"{name} is an int of at least {least}, or {many} of them; got {value!r}")
    return found


def padding_of(
    padding: int | Sequence[int] | str, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> tuple[int, ...]:
    """How many zeros stand on each side of each dimension, for an option `padding` of a convolution."""
    if not isinstance(padding, str):
        return sizes("padding", padding, len(kernel), 0)
    if padding == "valid":
        return (0,) * len(kernel)
    if padding != "same":
        raise OptionError(f'padding is an int, two of them, "same" or "valid"; got {padding!r}')
    reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    if any(s != 1 for s in stride) or any(r % 2 for r in reach):
        raise OptionError(
            f'padding="same" is for stride 1 and windows of odd size; got stride {stride} and a window {tuple(kernel)} '
            f"with dilation {dilation}"
        )
    return tuple(r // 2 for r in reach)


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
