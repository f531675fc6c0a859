"""Convolutions and their transposes, of sequences, images and volumes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from xnn.arguments import check_arrays, whole
from xnn.errors import OptionError, ShapeError
from xnn.ops import conv
from xnn.ops.manipulation import expand_dims, permute_dims, squeeze
from xnn.ops.padding import pad_constant
from xnn.typing import A, AnyArray

from ._operands import check_operands
from ._windows import COUNTS, Size, check_windows, padding_of, sizes

__all__ = ["conv1d", "conv2d", "conv3d", "conv_tbc", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]

# What the inputs are called, and their sizes; what the weight's are called.
KINDS = {
    1: ("sequences", "L", "length"),
    2: ("images", "H, W", "height, width"),
    3: ("volumes", "D, H, W", "depth, height, width"),
}


def conv1d(
    input: A,
    weight: AnyArray,
    bias: AnyArray | None = None,
    stride: Size = 1,
    padding: Size | Literal["valid", "same"] = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> A:
    """Cross-correlation of sequences.

    Args:
        input: (N, in_channels, L) or (in_channels, L), floating-point.
        weight: (out_channels, in_channels / groups, kernel length), of the same type.
        bias: (out_channels,), of the same type; or None.
        stride: of the windows.
        padding: zeros added on each side, "valid" or "same".
        dilation: the distance of neighbours in a window.
        groups: in how many parts the channels are taken; for all options see `conv2d`.

    Returns:
        (N, out_channels, L'), or (out_channels, L') of an input without N; L' as H' of `conv2d`.

    Raises:
        ShapeError, OptionError, DTypeError: see `conv2d`.
    """
    return _conv(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: A,
    weight: AnyArray,
    bias: AnyArray | None = None,
    stride: Size = 1,
    padding: Size | Literal["valid", "same"] = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> A:
    """Cross-correlation of images: out[o, y, x] = bias[o] + sum of weight[o, c, i, j] * input[c, y + i, x + j].

    Args:
        input: (N, in_channels, H, W) or (in_channels, H, W), floating-point.
        weight: (out_channels, in_channels / groups, kernel height, kernel width), of the same type.
        bias: (out_channels,), of the same type; or None.
        stride: of the windows; an int, or one for each dimension.
        padding: zeros added on each side; "valid" is 0, "same" keeps H and W (for stride 1; where the zeros are odd in
            number, the last one stands behind).
        dilation: the distance of neighbours in a window.
        groups: in how many parts the channels are taken, each by itself.

    Returns:
        (N, out_channels, H', W') with H' = (H + 2 padding - dilation (kernel - 1) - 1) // stride + 1; or
        (out_channels, H', W') of an input without N.

    Raises:
        ShapeError: if the channels do not fit, the window is larger than the padded image, or weight or bias
            has another shape.
        OptionError: for groups that do not divide the channels, or "same" with a stride.
        DTypeError: if input is not floating-point, or weight or bias of another type.

    Example:
        >>> import xnn as xp
        >>> x, differences = xp.asarray([[[1.0, 2.0, 4.0]]], device="cpu"), xp.asarray([[[[-1.0, 1.0]]]], device="cpu")
        >>> xp.nn.functional.conv2d(x, differences).tolist()
        [[[1.0, 2.0]]]
    """
    return _conv(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: A,
    weight: AnyArray,
    bias: AnyArray | None = None,
    stride: Size = 1,
    padding: Size | Literal["valid", "same"] = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> A:
    """Cross-correlation of volumes.

    Args:
        input: (N, in_channels, D, H, W) or (in_channels, D, H, W), floating-point.
        weight: (out_channels, in_channels / groups, kernel depth, kernel height, kernel width), of the same type.
        bias: (out_channels,), of the same type; or None.
        stride: of the windows.
        padding: zeros added on each side, "valid" or "same".
        dilation: the distance of neighbours in a window.
        groups: in how many parts the channels are taken; for all options see `conv2d`.

    Returns:
        (N, out_channels, D', H', W'), or without N where the input has none; D' as H' of `conv2d`.

    Raises:
        ShapeError, OptionError, DTypeError: see `conv2d`.
    """
    return _conv(3, input, weight, bias, stride, padding, dilation, groups)


def conv_tbc(input: A, weight: AnyArray, bias: AnyArray | None = None, pad: int = 0) -> A:
    """`conv1d` of sequences in the order time, batch, channels.

    PyTorch's takes no bias of None; it is the default here, as in `conv1d`.

    Args:
        input: (L, N, in_channels), floating-point.
        weight: (kernel length, in_channels, out_channels), of the same type.
        bias: (out_channels,), of the same type; or None.
        pad: zeros added on each side.

    Returns:
        (L + 2 pad - kernel length + 1, N, out_channels).

    Raises:
        ShapeError: for other numbers of dimensions, and as `conv1d`.
        OptionError, DTypeError: see `conv1d`.
    """
    check_arrays("conv_tbc", input=input, weight=weight)
    for argument, x, rule in (
        ("inputs", input, "(L, N, in_channels)"),
        ("a weight", weight, "(kernel length, in_channels, out_channels)"),
    ):
        if len(x.shape) != 3:
            raise ShapeError(f"conv_tbc takes {argument} {rule}; got shape {tuple(x.shape)}")
    out = conv1d(permute_dims(input, (1, 2, 0)), permute_dims(weight, (2, 1, 0)), bias, padding=pad)
    return permute_dims(out, (2, 0, 1))


def conv_transpose1d(
    input: A,
    weight: AnyArray,
    bias: AnyArray | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> A:
    """The transpose of `conv1d`.

    Args:
        input: (N, in_channels, L) or (in_channels, L), floating-point.
        weight: (in_channels, out_channels / groups, kernel length), of the same type.
        bias: (out_channels,), of the same type; or None.
        stride: of the windows in the output.
        padding: how much of the output is left out on each side.
        output_padding: how much larger the output is at its end.
        groups: in how many parts the channels are taken.
        dilation: the distance of neighbours in a window; for all options see `conv_transpose2d`.

    Returns:
        (N, out_channels, L'), or (out_channels, L') of an input without N; L' as H' of `conv_transpose2d`.

    Raises:
        ShapeError, OptionError, DTypeError: see `conv_transpose2d`.
    """
    return _conv_transpose(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: A,
    weight: AnyArray,
    bias: AnyArray | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> A:
    """The transpose of `conv2d`, not its inverse: each element gives a window, and windows add up where they overlap.

    Args:
        input: (N, in_channels, H, W) or (in_channels, H, W), floating-point.
        weight: (in_channels, out_channels / groups, kernel height, kernel width), of the same type.
        bias: (out_channels,), of the same type; or None.
        stride: of the windows in the output.
        padding: how much of the output is left out on each side: what `conv2d` of the output would pad.
        output_padding: how much larger the output is at its end, for a stride has several sizes of one number of
            windows; less than the stride or the dilation.
        groups: in how many parts the channels are taken, each by itself.
        dilation: the distance of neighbours in a window.

    Returns:
        (N, out_channels, H', W') with H' = (H - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1;
        or (out_channels, H', W') of an input without N.

    Raises:
        ShapeError: if the channels do not fit, weight or bias has another shape, or nothing is left by the padding.
        OptionError: for groups that do not divide the channels, or an output_padding that is too large.
        DTypeError: if input is not floating-point, or weight or bias of another type.
    """
    return _conv_transpose(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: A,
    weight: AnyArray,
    bias: AnyArray | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> A:
    """The transpose of `conv3d`.

    Args:
        input: (N, in_channels, D, H, W) or (in_channels, D, H, W), floating-point.
        weight: (in_channels, out_channels / groups, kernel depth, kernel height, kernel width), of the same type.
        bias: (out_channels,), of the same type; or None.
        stride: of the windows in the output.
        padding: how much of the output is left out on each side.
        output_padding: how much larger the output is at its end.
        groups: in how many parts the channels are taken.
        dilation: the distance of neighbours in a window; for all options see `conv_transpose2d`.

    Returns:
        (N, out_channels, D', H', W'), or without N where the input has none; D' as H' of `conv_transpose2d`.

    Raises:
        ShapeError, OptionError, DTypeError: see `conv_transpose2d`.
    """
    return _conv_transpose(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def _conv(
    count: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Size,
    padding: Size | str,
    dilation: Size,
    groups: int,
) -> Any:
    name = f"conv{count}d"
    check_operands(name, input, weight, bias, f"(out_channels, in_channels / groups, {KINDS[count][2]})")
    kernel = tuple(weight.shape)
    steps, dilation = sizes("stride", stride, count, 1), sizes("dilation", dilation, count, 1)
    groups = whole("groups", groups, 1)
    _check_input(name, count, input, kernel, kernel[1] * groups, groups)
    if kernel[0] % groups:
        raise OptionError(f"groups divides the channels; got groups={groups} and {kernel[0]} output channels")
    sides = padding_of(padding, kernel[2:], steps, dilation)
    pads = tuple(min(pair) for pair in sides)
    check_windows(name, tuple(input.shape)[-count:], kernel[2:], steps, [max(pair) for pair in sides], dilation)
    if any(before != after for before, after in sides):  # "same", with an odd number of zeros
        input = pad_constant(input, padding=[(0, after - before) for before, after in sides])
    static = {"stride": steps, "padding": pads, "dilation": dilation, "groups": groups}
    return _batched(conv.conv, count, input, weight, bias, static)


def _conv_transpose(
    count: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Size,
    padding: Size,
    output_padding: Size,
    groups: int,
    dilation: Size,
) -> Any:
    name, groups = f"conv_transpose{count}d", whole("groups", groups, 1)
    check_arrays(name, weight=weight)
    kernel = tuple(weight.shape)
    rule = f"(in_channels, out_channels / groups, {KINDS[count][2]})"
    check_operands(name, input, weight, bias, rule, kernel[1] * groups if len(kernel) == count + 2 else None)
    steps, wide = sizes("stride", stride, count, 1), sizes("dilation", dilation, count, 1)
    pads, more = sizes("padding", padding, count, 0), sizes("output_padding", output_padding, count, 0)
    _check_input(name, count, input, kernel, kernel[0], groups)
    if kernel[0] % groups:
        raise OptionError(f"groups divides the channels; got groups={groups} and {kernel[0]} input channels")
    if any(o >= max(s, d) for o, s, d in zip(more, steps, wide, strict=True)):
        raise OptionError(
            f"output_padding is less than the stride or the dilation; got {more} for stride {steps} and dilation {wide}"
        )
    size = tuple(input.shape)[-count:]
    out = [
        (n - 1) * s - 2 * p + d * (k - 1) + o + 1
        for n, s, p, d, k, o in zip(size, steps, pads, wide, kernel[2:], more, strict=True)
    ]
    if min(size) < 1 or min(out) < 1:
        raise ShapeError(
            f"{name}: of {KINDS[count][0]} {size} with a window {kernel[2:]} and padding {pads} nothing is left: "
            f"the output would be {tuple(out)}. Cure: less padding."
        )
    static = {"stride": steps, "padding": pads, "output_padding": more, "dilation": wide, "groups": groups}
    return _batched(conv.conv_transpose, count, input, weight, bias, static)


def _batched(operation: Callable[..., Any], count: int, input: Any, weight: Any, bias: Any, static: Any) -> Any:
    """The operation, which takes (N, C, *size), of an input without N as well."""
    if len(input.shape) == count + 2:
        return operation(input, weight, bias, **static)
    return squeeze(operation(expand_dims(input, axis=0), weight, bias, **static), 0)


def _check_input(name: str, count: int, input: Any, weight: tuple[int, ...], channels: int, groups: int) -> None:
    """Raise ShapeError unless the input has the channels, and one or two dimensions more than windows have."""
    shape = tuple(input.shape)
    if len(shape) in (count + 1, count + 2) and shape[-count - 1] == channels:
        return
    kind, letters, _ = KINDS[count]
    raise ShapeError(
        f"{name} takes {kind} (N, {channels}, {letters}), for a weight {weight} in {groups} group(s); "
        f"got shape {shape}. Cure: {_cure(name, count, shape, channels)}."
    )


def _cure(name: str, count: int, shape: tuple[int, ...], channels: int) -> str:
    _, _, words = KINDS[count]
    if len(shape) == count + 1 and channels == 1:
        return f"x = xnn.expand_dims(x, axis=1), to ({shape[0]}, 1, {', '.join(map(str, shape[1:]))})"
    if len(shape) == count + 2 and shape[-1] == channels:
        order = (0, count + 1, *range(1, count + 1))
        return f"x = xnn.permute_dims(x, {order}): channels come before {' and '.join(words.rsplit(', ', 1))}"
    if len(shape) == 2 and count > 1:
        return f"nn.Unflatten(1, ({channels}, {words})) before it"
    layer = f"ConvTranspose{count}d" if "transpose" in name else f"Conv{count}d"
    if len(shape) in (count + 1, count + 2):
        return f"{layer}({shape[-count - 1]}, ...)"
    return f"reshape x to {COUNTS.get(count + 2, count + 2)} dimensions"
