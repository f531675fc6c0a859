"""Padding: what is put around sequences, images and volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from xnn.arguments import check_arrays
from xnn.autograd.graph import require_constants
from xnn.autograd.refusals import index_of
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.ops import padding
from xnn.ops.data_types import dtype_of
from xnn.typing import A

__all__ = ["pad"]

MODES = ("constant", "reflect", "replicate", "circular")


def pad(
    input: A,
    pad: Sequence[int],
    mode: Literal["constant", "reflect", "replicate", "circular"] = "constant",
    value: float | None = None,
) -> A:
    """Put elements before and after, in the last dimensions.

    Args:
        input: any shape and data type.
        pad: pairs (before, after), that of the last dimension first: (left, right, top, bottom, front, back). A
            negative number takes as many elements away.
        mode: "constant": `value`. "reflect": what lies on the other side of the outermost element, which is not
            repeated. "replicate": the outermost element. "circular": the other end.
        value: of the constant, None for 0; the other modes have none.

    Returns:
        the shape of input, where each of the last len(pad) / 2 sizes has grown by the two numbers of its pair.

    Raises:
        OptionError: for an unknown mode, an odd number of ints, or a value that has no meaning.
        ShapeError: for more pairs than input has dimensions, or a dimension that is too small to be reflected or
            wrapped, or from which more is taken away than there is.

    Where PyTorch takes one to three dimensions of inputs with a batch for modes other than "constant", here are any.

    Example:
        >>> import xnn as xp
        >>> x = xp.asarray([1, 2, 3], device="cpu")
        >>> xp.nn.functional.pad(x, (2, 1)).tolist(), xp.nn.functional.pad(x, (2, 1), "reflect").tolist()
        ([0, 0, 1, 2, 3, 0], [3, 2, 1, 2, 3, 2])
    """
    check_arrays("pad", input=input)
    shape, sides = tuple(input.shape), _pairs(pad)
    if mode not in MODES:
        raise OptionError(f"pad has the modes {', '.join(MODES)}; got {mode!r}")
    if len(sides) > len(shape):
        raise ShapeError(
            f"pad takes a pair (before, after) for each of the last dimensions, at most {len(shape)} pairs for shape "
            f"{shape}; got {len(sides)}, {tuple(pad)}"
        )
    for size, pair in zip(shape[len(shape) - len(sides) :], sides, strict=True):
        _check_room(mode, size, pair, shape)
    if mode == "constant":
        return padding.pad_constant(input, padding=sides, value=constant("pad", input, value))
    if value:
        raise OptionError(f'pad has a value for mode="constant" alone; got value={value} for mode="{mode}"')
    return padding.pad_edges(input, padding=sides, mode=mode)


def _pairs(pad: Sequence[int]) -> list[tuple[int, int]]:
    """(before, after) of each dimension, in the order of dimensions."""
    try:
        numbers = [index_of(n) for n in pad]
    except TypeError:
        numbers = [0]
    if len(numbers) % 2:
        raise OptionError(f"pad is pairs of ints (before, after), that of the last dimension first; got {pad!r}")
    return list(zip(numbers[::2], numbers[1::2], strict=True))[::-1]


def _check_room(mode: str, size: int, pair: tuple[int, int], shape: tuple[int, ...]) -> None:
    less, more = sum(min(n, 0) for n in pair), max(pair)
    # What is reflected or repeated can be taken away again; the other two modes take away first.
    left = size + (sum(pair) if mode in ("reflect", "replicate") else less)
    if left < 0:
        raise ShapeError(f"pad takes away no more than there is; got {pair} for a dimension of {size} in shape {shape}")
    most = {"reflect": size - 1, "circular": left, "replicate": more if size else 0}.get(mode, more)
    if more > most:
        raise ShapeError(
            f'pad with mode="{mode}" adds at most {most} to each side of a dimension of {size}; '
            f'got {pair} for shape {shape}. Cure: less padding, or mode="constant".'
        )


def constant(name: str, input: Any, value: float | None) -> Any:
    """The value as a Python number of the input's kind; DTypeError for one that is of another."""
    require_constants(name, value=value)
    dtype = dtype_of(input)
    number: Any = 0 if value is None else value
    kinds = {"bool": bool, "signed integer": int, "unsigned integer": int, "complex floating": complex}
    kind: Any = kinds.get(dtype.kind, float)
    try:
        found = kind(number)
        is_kept = found == number or number != number  # NaN is kept, too
    except (TypeError, ValueError, OverflowError):
        is_kept = False
    if not is_kept:
        raise DTypeError(f"{name} takes a value of the input's type; got {value!r} for {dtype.name}")
    return found
