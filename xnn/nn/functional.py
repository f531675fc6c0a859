"""The functions behind the layers, with PyTorch's names and arguments.

They take Arrays, and raw arrays of any backend, which give raw arrays.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

from xnn.arguments import check_arrays, check_floating, find_axis, whole
from xnn.autograd.graph import Tracked
from xnn.autograd.primitive import lift
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.ops import elementwise, neural, trigonometric
from xnn.ops.data_types import astype, dtype_of
from xnn.ops.manipulation import reshape
from xnn.random import Generator, default_generator

__all__ = [
    "conv2d",
    "dropout",
    "flatten",
    "linear",
    "log_softmax",
    "max_pool2d",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]

Size2 = int | Sequence[int]


def relu(input: Any) -> Any:
    """max(input, 0); its derivative at 0 is 0.

    Shapes: any, kept; integers become the default floating type.
    """
    check_arrays("relu", input=input)
    return neural.relu(input)


def sigmoid(input: Any) -> Any:
    """1 / (1 + exp(-input)).

    Shapes: any, kept; integers become the default floating type.
    """
    check_arrays("sigmoid", input=input)
    return neural.sigmoid(input)


def tanh(input: Any) -> Any:
    """The hyperbolic tangent.

    Shapes: any, kept; integers become the default floating type.
    """
    check_arrays("tanh", input=input)
    return trigonometric.tanh(input)


def softmax(input: Any, dim: int) -> Any:
    """exp(input) / sum(exp(input)) along `dim`.

    Shapes: any with a dimension `dim`, kept; integers become the default floating type.

    Raises:
        ShapeError: if input has no such dimension.

    Example:
        >>> import xnn as xp
        >>> xp.nn.functional.softmax(xp.zeros((1, 4), device="cpu"), dim=1).tolist()
        [[0.25, 0.25, 0.25, 0.25]]
    """
    check_arrays("softmax", input=input)
    return neural.softmax(input, axis=find_axis("softmax", "dim", dim, tuple(input.shape)))


def log_softmax(input: Any, dim: int) -> Any:
    """The logarithm of `softmax`, which stays finite where that becomes 0.

    Shapes: any with a dimension `dim`, kept; integers become the default floating type.

    Raises:
        ShapeError: if input has no such dimension.
    """
    check_arrays("log_softmax", input=input)
    return neural.log_softmax(input, axis=find_axis("log_softmax", "dim", dim, tuple(input.shape)))


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """input @ weight.T + bias.

    Args:
        input: (..., in_features), floating-point.
        weight: (out_features, in_features), of the same type.
        bias: (out_features,), of the same type; or None.

    Returns:
        (..., out_features).

    Raises:
        ShapeError: if the last dimension of input is not in_features, or weight or bias has another shape.
        DTypeError: if input is not floating-point, or weight or bias of another type.
    """
    _check_operands("linear", input, weight, bias, "(out_features, in_features)")
    shape, (out_features, in_features) = tuple(input.shape), tuple(weight.shape)
    if not shape or shape[-1] != in_features:
        flat = math.prod(shape[1:])
        cure = (
            "nn.Flatten() before it" if flat == in_features else f"Linear({shape[-1] if shape else 1}, {out_features})"
        )
        raise ShapeError(
            f"linear takes inputs with {in_features} features in the last dimension, (..., {in_features}); "
            f"got shape {shape}. Cure: {cure}."
        )
    return neural.linear(input, weight, bias)


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Size2 = 1,
    padding: Size2 | str = 0,
    dilation: Size2 = 1,
    groups: int = 1,
) -> Any:
    """Two-dimensional cross-correlation.

    Args:
        input: (N, in_channels, H, W), floating-point.
        weight: (out_channels, in_channels / groups, kernel height, kernel width), of the same type.
        bias: (out_channels,), of the same type; or None.
        stride: of the windows; an int, or one for each dimension.
        padding: zeros added on each side; "valid" is 0, "same" keeps H and W (stride 1, odd windows).
        dilation: the distance of neighbours in a window.
        groups: in how many parts the channels are taken, each by itself.

    Returns:
        (N, out_channels, H', W') with H' = (H + 2 padding - dilation (kernel - 1) - 1) // stride + 1.

    Raises:
        ShapeError: if the channels do not fit, the window is larger than the padded image, or weight or bias
            has another shape.
        OptionError: for groups that do not divide the channels, or "same" where it cannot be.
        DTypeError: if input is not floating-point, or weight or bias of another type.
    """
    _check_operands("conv2d", input, weight, bias, "(out_channels, in_channels / groups, height, width)")
    shape, kernel = tuple(input.shape), tuple(weight.shape)
    stride, dilation = _pair("stride", stride, 1), _pair("dilation", dilation, 1)
    groups = whole("groups", groups, 1)
    channels = kernel[1] * groups
    if len(shape) != 4 or shape[1] != channels:
        raise ShapeError(
            f"conv2d takes images (N, {channels}, H, W), for a weight {kernel} in {groups} group(s); "
            f"got shape {shape}. Cure: {_image_cure(shape, channels)}."
        )
    if kernel[0] % groups:
        raise OptionError(f"groups divides the channels; got groups={groups} and {kernel[0]} output channels")
    pads = _padding(padding, kernel[2:], stride, dilation)
    _check_windows("conv2d", shape[2:], kernel[2:], stride, pads, dilation)
    return neural.conv(input, weight, bias, stride=stride, padding=pads, dilation=dilation, groups=groups)


def max_pool2d(
    input: Any, kernel_size: Size2, stride: Size2 | None = None, padding: Size2 = 0, dilation: Size2 = 1
) -> Any:
    """The maximum of each window; the first of equal ones has the gradient.

    Args:
        input: (N, C, H, W).
        kernel_size: the window's height and width; an int for both.
        stride: of the windows; None for kernel_size.
        padding: -infinity added on each side, at most half of the window.
        dilation: the distance of neighbours in a window.

    Returns:
        (N, C, H', W').

    Raises:
        ShapeError: if input has not four dimensions, or the window is larger than the padded image.
        OptionError: for padding over half of the window.
    """
    check_arrays("max_pool2d", input=input)
    _check_floating("max_pool2d", input)
    shape, kernel = tuple(input.shape), _pair("kernel_size", kernel_size, 1)
    if len(shape) != 4:
        raise ShapeError(f"max_pool2d takes images (N, C, H, W); got shape {shape}")
    steps = kernel if stride is None else _pair("stride", stride, 1)
    pads, dilation = _pair("padding", padding, 0), _pair("dilation", dilation, 1)
    if any(2 * p > k for p, k in zip(pads, kernel, strict=True)):
        raise OptionError(f"max_pool2d pads by at most half of the window; got padding {pads} for {kernel}")
    _check_windows("max_pool2d", shape[2:], kernel, steps, pads, dilation)
    return neural.max_pool(input, kernel_size=kernel, stride=steps, padding=pads, dilation=dilation)


def dropout(input: Any, p: float = 0.5, training: bool = True, *, generator: Generator | None = None) -> Any:
    """In training, each element becomes 0 with probability p, and the others grow by 1 / (1 - p).

    Srivastava et al., Dropout, 2014. The mask comes from `generator`, or the default stream, and is
    the same on every device and for every data type.

    Shapes: any, kept; floating-point.

    Raises:
        OptionError: if p is not from 0 to 1.
    """
    if not 0 <= p <= 1:
        raise OptionError(f"dropout takes a probability p from 0 to 1; got {p}")
    check_arrays("dropout", input=input)
    if not training or p == 0:
        return input
    _check_floating("dropout", input)
    device = input._device if isinstance(input, Tracked) else lift(input, "dropout")[1]
    draws = (generator or default_generator()).uniform(tuple(input.shape), dtype="float32", device=device)
    kept = astype(draws >= p, dtype_of(input))
    factor = kept * (1 / (1 - p)) if p < 1 else kept
    return elementwise.multiply(input, factor if isinstance(input, Tracked) else factor._data)


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The dimensions from start_dim to end_dim, both included, made one.

    Shapes: (N, C, H, W) to (N, C H W) for start_dim 1; () to (1,). Any data type.

    Raises:
        ShapeError: if input has no such dimensions.
        OptionError: if start_dim comes after end_dim.
    """
    check_arrays("flatten", input=input)
    shape = tuple(input.shape) or (1,)
    first = find_axis("flatten", "start_dim", start_dim, shape)
    last = find_axis("flatten", "end_dim", end_dim, shape)
    if first > last:
        raise OptionError(
            f"flatten: start_dim comes before end_dim; got {start_dim} and {end_dim} for {len(shape)} dimensions"
        )
    return reshape(input, (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))


def _check_floating(name: str, x: Any) -> None:
    check_floating(name, "input", x, "xnn.astype(x, xnn.float32), and for images / 255 as well")


def _check_operands(name: str, input: Any, weight: Any, bias: Any, rule: str) -> None:
    """Types of all three, and the shapes of weight (which `rule` says) and bias."""
    check_arrays(name, input=input, weight=weight, **({} if bias is None else {"bias": bias}))
    _check_floating(name, input)
    dtype, wanted = dtype_of(input).name, dtype_of(weight).name
    if dtype != wanted:
        raise DTypeError(
            f"{name} takes input and weight of one type; got {dtype} and {wanted}. "
            f"Cure: xnn.astype(x, xnn.{wanted}), or model.to(dtype=xnn.{dtype})."
        )
    if len(weight.shape) != rule.count(",") + 1:
        raise ShapeError(f"{name} takes a weight of shape {rule}; got shape {tuple(weight.shape)}")
    if bias is None:
        return
    if tuple(bias.shape) != (weight.shape[0],):
        raise ShapeError(
            f"{name} takes a bias of shape ({weight.shape[0]},), one for each output of the weight "
            f"{tuple(weight.shape)}; got shape {tuple(bias.shape)}. Cure: xnn.zeros(({weight.shape[0]},))."
        )
    if dtype_of(bias).name != wanted:
        raise DTypeError(
            f"{name} takes weight and bias of one type; got {wanted} and {dtype_of(bias).name}. "
            f"Cure: xnn.astype(bias, xnn.{wanted})."
        )


def _pair(name: str, value: Size2, least: int) -> tuple[int, int]:
    try:
        pair = tuple(map(operator.index, value if isinstance(value, Sequence) else (value, value)))
    except TypeError:
        pair = ()
    if len(pair) != 2 or min(pair) < least:
        raise OptionError(f"{name} is an int of at least {least}, or two of them; got {value!r}")
    return pair


def _padding(
    padding: Size2 | str, kernel: Sequence[int], stride: tuple[int, int], dilation: tuple[int, int]
) -> tuple[int, int]:
    if not isinstance(padding, str):
        return _pair("padding", padding, 0)
    if padding == "valid":
        return (0, 0)
    if padding != "same":
        raise OptionError(f'padding is an int, two of them, "same" or "valid"; got {padding!r}')
    reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    if stride != (1, 1) or any(r % 2 for r in reach):
        raise OptionError(
            f'padding="same" is for stride 1 and windows of odd size; got stride {stride} and a window {tuple(kernel)} '
            f"with dilation {dilation}"
        )
    return (reach[0] // 2, reach[1] // 2)


def _check_windows(
    name: str,
    size: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
) -> None:
    if any(n < 1 for n in map(neural.output_size, size, kernel, stride, padding, dilation)):
        raise ShapeError(
            f"{name}: the window {tuple(kernel)} with dilation {tuple(dilation)} is larger than "
            f"the image {tuple(size)} with padding {tuple(padding)}"
        )


def _image_cure(shape: tuple[int, ...], channels: int) -> str:
    if len(shape) == 3 and channels == 1:
        return f"x = xnn.expand_dims(x, axis=1), to ({shape[0]}, 1, {shape[1]}, {shape[2]})"
    if len(shape) == 4 and shape[3] == channels:
        return "x = xnn.permute_dims(x, (0, 3, 1, 2)): channels come before height and width"
    if len(shape) == 2:
        return f"nn.Unflatten(1, ({channels}, height, width)) before it"
    return f"Conv2d({shape[1]}, ...)" if len(shape) == 4 else "reshape x"
