"""Rows of xnn.nn.conv."""

import functools
import warnings

from hypothesis import strategies as st

from tests.nn.row import Case, Function, Input, Row
from tests.oracle import torch

LAYOUTS = st.sampled_from(["C", "C", "F", "strided"])


def each(draw, count, numbers):
    """An option of windows: one int for all dimensions, or one for each."""
    return draw(numbers if draw(st.booleans()) else st.tuples(*[numbers] * count))


def spread(value, count):
    return value if isinstance(value, tuple) else (value,) * count


def images(draw, channels, size):
    """An input with a batch of 0 to 2, or without one."""
    batch = draw(st.sampled_from([(), (0,), (1,), (2,)]))
    return Input((*batch, channels, *size), layout=draw(LAYOUTS))


@st.composite
def convolutions(draw, count):
    """A layer, and an input in which at least one window stands."""
    small = st.integers(1, 3 if count < 3 else 2)
    groups = draw(st.integers(1, 3))
    channels = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    kernel, dilation, stride = each(draw, count, small), each(draw, count, small), each(draw, count, small)
    padding = draw(st.sampled_from(["same", "valid", "numbers", "numbers"]))
    padding = each(draw, count, st.integers(0, 2)) if padding == "numbers" else padding
    stride = 1 if padding == "same" else stride
    reach = [d * (k - 1) for d, k in zip(spread(dilation, count), spread(kernel, count), strict=True)]
    pads = [r - r // 2 for r in reach] if padding == "same" else spread(0 if padding == "valid" else padding, count)
    mode = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
    least = {"zeros": 1, "replicate": 1, "reflect": 1 + max(pads), "circular": max(1, *pads)}[mode]
    size = [max(least, r + 1 - 2 * p) + draw(st.integers(0, 2)) for r, p in zip(reach, pads, strict=True)]
    options = {"padding_mode": mode, "bias": draw(st.booleans()), "dilation": dilation, "groups": groups}
    return Case((images(draw, channels[0], size),), (*channels, kernel, stride, padding), options)


@st.composite
def transposes(draw, count):
    """A layer, and an input of which something is left."""
    small = st.integers(1, 3 if count < 3 else 2)
    groups = draw(st.integers(1, 3))
    channels = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    kernel, dilation, stride = ([draw(small) for _ in range(count)] for _ in range(3))
    padding = [draw(st.integers(0, 2)) for _ in range(count)]
    more = [draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True)]
    size = []
    for k, d, s, p in zip(kernel, dilation, stride, padding, strict=True):
        least = 1
        while (least - 1) * s + d * (k - 1) + 1 - 2 * p < 1:
            least += 1
        size.append(least + draw(st.integers(0, 2)))
    options = {"groups": groups, "bias": draw(st.booleans()), "dilation": tuple(dilation)}
    arguments = (*channels, tuple(kernel), tuple(stride), tuple(padding), tuple(more))
    return Case((images(draw, channels[0], size),), arguments, options)


@st.composite
def depthwise(draw, count, is_separable):
    """Both parts of a separable convolution, or the first."""
    channels, multiplier = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    kernel, stride = each(draw, count, st.integers(1, 3)), each(draw, count, st.integers(1, 2))
    dilation, padding = each(draw, count, st.integers(1, 2)), each(draw, count, st.integers(0, 2))
    size = [5 + draw(st.integers(0, 2)) for _ in range(count)]
    options = {"bias": draw(st.booleans()), "padding_mode": draw(st.sampled_from(["zeros", "reflect"]))}
    outputs = (draw(st.integers(1, 3)),) if is_separable else ()
    arguments = (channels, *outputs, kernel, stride, padding, dilation, multiplier)
    return Case((images(draw, channels, size),), arguments, options)


@functools.cache
def warned():
    """PyTorch warns of the copy that "same" with an even window costs it, once in a process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.nn.functional.conv1d(torch.zeros(1, 1, 2), torch.zeros(1, 1, 2), padding="same")


def plain(count):
    """PyTorch's layer, after it has warned."""

    def make(*arguments, **options):
        warned()
        return getattr(torch.nn, f"Conv{count}d")(*arguments, **options)

    return make


def conv2d(*arrays, **options):
    """PyTorch's function, after it has warned."""
    warned()
    return torch.nn.functional.conv2d(*arrays, **options)


def grouped(count):
    """Keras's DepthwiseConv in PyTorch: as many groups as channels."""

    def make(channels, kernel, stride=1, padding=0, dilation=1, depth_multiplier=1, **options):
        return plain(count)(
            channels, channels * depth_multiplier, kernel, stride, padding, dilation, channels, **options
        )

    return make


def separable(count):
    """Keras's SeparableConv in PyTorch: the first part without bias, the second of size 1."""

    def make(channels, outputs, kernel, stride=1, padding=0, dilation=1, depth_multiplier=1, bias=True, **options):
        options = {"depth_multiplier": depth_multiplier, "bias": False, **options}
        first = grouped(count)(channels, kernel, stride, padding, dilation, **options)
        second = plain(count)(channels * depth_multiplier, outputs, 1, bias=bias)
        made = torch.nn.Sequential()  # one after the other
        made.add_module("depthwise", first)
        made.add_module("pointwise", second)
        return made

    return make


def row(name, drawn, *cases, theirs=None):
    return Row(name, cases, drawn, theirs, has_parameters=True)


ROWS = [
    row(
        "Conv1d",
        convolutions(1),
        Case((Input((2, 4, 7)),), (4, 6, 3), {"stride": 2, "padding": 2, "dilation": 2, "groups": 2}),
        Case((Input((4, 6)),), (4, 2, 4), {"padding": "same", "padding_mode": "reflect"}),
        theirs=plain(1),
    ),
    row(
        "Conv2d",
        convolutions(2),
        Case((Input((2, 2, 5, 6)),), (2, 3, 3)),
        Case((Input((2, 4, 5, 6)),), (4, 6, (2, 3), (2, 1), (1, 2), (2, 1), 2, False)),
        Case((Input((1, 2, 5, 4)),), (2, 2, 3), {"padding": "same", "dilation": (2, 1)}),
        Case((Input((1, 2, 4, 4)),), (2, 2, 1), {"padding": "valid", "groups": 2}),
        Case((Input((2, 5, 4)),), (2, 2, (2, 4)), {"padding": "same", "padding_mode": "circular"}),
        Case((Input((0, 1, 3, 3)),), (1, 2, 2)),
        Case((Input((1, 1, 1, 1)),), (1, 2, 3), {"padding": 1, "padding_mode": "replicate"}),
        theirs=plain(2),
    ),
    row(
        "Conv3d",
        convolutions(3),
        Case((Input((2, 2, 3, 4, 3)),), (2, 4, (1, 2, 3), (1, 2, 1), (0, 1, 1)), {"groups": 2}),
        Case((Input((2, 3, 2, 3)),), (2, 2, 2), {"padding": "same"}),
        theirs=plain(3),
    ),
    row(
        "ConvTranspose1d",
        transposes(1),
        Case((Input((2, 4, 5)),), (4, 6, 3, 2, 1, 1, 2)),
        Case((Input((4, 3)),), (4, 2, 2), {"dilation": 3, "output_padding": 2, "bias": False}),
    ),
    row(
        "ConvTranspose2d",
        transposes(2),
        Case((Input((2, 4, 3, 2)),), (4, 6, (3, 2), (2, 1), (1, 0), (1, 0), 2), {"dilation": (1, 2)}),
        Case((Input((2, 3, 3, 2)),), (3, 2, 3, 3, 1), {}, {"output_size": (8, 6)}),
        Case((Input((0, 1, 2, 2)),), (1, 2, 2)),
    ),
    row(
        "ConvTranspose3d",
        transposes(3),
        Case((Input((2, 2, 2, 1, 2)),), (2, 4, (1, 2, 3), 2, (0, 1, 1), 1, 2)),
        Case((Input((1, 2, 2, 2)),), (1, 2, 2), {}, {"output_size": (2, 3, 3, 3)}),
    ),
    row(
        "DepthwiseConv1d",
        depthwise(1, False),
        Case((Input((2, 3, 6)),), (3, 2), {"depth_multiplier": 2, "stride": 2}),
        Case((Input((2, 6)),), (2, 3), {"padding": "same", "bias": False}),
        theirs=grouped(1),
    ),
    row(
        "DepthwiseConv2d",
        depthwise(2, False),
        Case((Input((2, 3, 5, 4)),), (3, (2, 3)), {"depth_multiplier": 2, "padding": 1, "stride": (2, 1)}),
        Case((Input((2, 5, 4)),), (2, 3), {"padding": "same", "dilation": 2, "padding_mode": "circular"}),
        theirs=grouped(2),
    ),
    row(
        "SeparableConv1d",
        depthwise(1, True),
        Case((Input((2, 3, 6)),), (3, 4, 2), {"depth_multiplier": 2, "stride": 2}),
        Case((Input((2, 6)),), (2, 3, 3), {"padding": "same", "bias": False}),
        theirs=separable(1),
    ),
    row(
        "SeparableConv2d",
        depthwise(2, True),
        Case((Input((2, 3, 5, 4)),), (3, 4, (2, 3)), {"depth_multiplier": 2, "padding": 1, "stride": (2, 1)}),
        Case((Input((2, 5, 4)),), (2, 3, 3), {"padding": "same", "dilation": 2}),
        theirs=separable(2),
    ),
]

BIAS = Input((4,))
FUNCTIONS = [
    Function("conv1d", (Input((2, 4, 6)), Input((4, 2, 3)), BIAS), {"stride": 2, "padding": 1, "groups": 2}),
    Function("conv2d", (Input((1, 2, 5, 5)), Input((4, 1, 3, 3)), BIAS), {"padding": "same", "groups": 2}),
    Function("conv2d", (Input((2, 4, 5)), Input((4, 2, 2, 4))), {"padding": "same", "dilation": (3, 1)}, conv2d),
    Function("conv3d", (Input((1, 2, 3, 4, 3)), Input((4, 2, 2, 3, 2)), BIAS), {"dilation": (1, 1, 2)}),
    Function(
        "conv_transpose1d",
        (Input((2, 4, 3)), Input((4, 2, 3)), BIAS),
        {"stride": 3, "padding": 1, "output_padding": 2, "groups": 2, "dilation": 2},
    ),
    Function("conv_transpose2d", (Input((4, 2, 3)), Input((4, 4, 2, 3)), BIAS), {"stride": (1, 2), "padding": (0, 1)}),
    Function("conv_transpose3d", (Input((1, 2, 2, 1, 2)), Input((2, 4, 2, 1, 2)), BIAS), {"stride": 2}),
    Function("conv_tbc", (Input((6, 2, 3)), Input((2, 3, 4)), BIAS), {"pad": 1}),
    Function("conv_tbc", (Input((4, 1, 3)), Input((4, 3, 4)), BIAS)),
]
