"""Rows of xnn.nn.upsampling."""

from hypothesis import strategies as st

from tests.nn.row import Case, Function, Input, Row
from tests.oracle import torch

LAYOUTS = st.sampled_from(["C", "F", "strided"])
MODES = {
    1: ("nearest", "nearest-exact", "linear", "area"),
    2: ("nearest", "nearest-exact", "bilinear", "bicubic", "area"),
    3: ("nearest", "nearest-exact", "trilinear", "area"),
}
INTERPOLATED = ("linear", "bilinear", "trilinear", "bicubic")


@st.composite
def sizes(draw, counts, modes=None, scaled=(0.5, 0.6, 1.0, 1.3, 2.0, 2.5)):
    """(input, size, scale_factor, options) of a resampling, larger or smaller, of sizes from 1 on."""
    count = draw(st.sampled_from(counts))
    shape = [draw(st.integers(2, 7)) for _ in range(count)]
    batch, channels = draw(st.integers(0, 2)), draw(st.integers(1, 2))
    x = Input((batch, channels, *shape), layout=draw(LAYOUTS))
    mode = draw(st.sampled_from(modes or MODES[count]))
    options = {"mode": mode}
    if mode in INTERPOLATED:
        options["align_corners"] = draw(st.sampled_from([None, False, True]))
    if draw(st.booleans()):
        one, many = draw(st.integers(1, 9)), tuple(draw(st.integers(1, 9)) for _ in range(count))
        return x, draw(st.sampled_from([one, many])), None, options
    if mode not in ("nearest", "nearest-exact"):
        options["recompute_scale_factor"] = draw(st.sampled_from([None, False, True]))
    one, many = draw(st.sampled_from(scaled)), tuple(draw(st.sampled_from(scaled)) for _ in range(count))
    return x, None, draw(st.sampled_from([one, many])), options


@st.composite
def upsamples(draw):
    x, size, factor, options = draw(sizes((1, 2, 3)))
    return Case((x,), (size, factor), options)


@st.composite
def images(draw, mode):
    """For the two layers of images, whose mode is fixed."""
    x, size, factor, _ = draw(sizes((2,), (mode,), (1.0, 2.0, 3.0)))
    return Case((x,), (size, factor))


@st.composite
def shuffles(draw, is_inverse):
    """Batches of some: PyTorch's own derivative of an empty one raises."""
    r, lead = draw(st.integers(1, 3)), draw(st.sampled_from([(), (1,), (2,), (2, 2)]))
    channels, height, width = (draw(st.integers(1, 3)) for _ in range(3))
    shape = (channels, height * r, width * r) if is_inverse else (channels * r * r, height, width)
    return Case((Input((*lead, *shape), layout=draw(LAYOUTS)),), (r,))


@st.composite
def channels(draw):
    groups = draw(st.integers(1, 4))
    size = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    return Case((Input((draw(st.integers(1, 2)), groups * draw(st.integers(1, 3)), *size)),), (groups,))


IMAGE = Input((2, 2, 3, 5))
ROWS = [
    Row(
        "Upsample",
        (
            Case((Input((2, 3, 4)),), (7,), {"mode": "linear"}),
            Case((IMAGE,), (None, 2)),
            Case((IMAGE,), ((5, 3),), {"mode": "bicubic", "align_corners": True}),
            Case((IMAGE,), (None, (1.5, 0.7)), {"mode": "bilinear"}),
            Case((Input((1, 2, 2, 3, 3)),), ((3, 2, 5),), {"mode": "trilinear"}),
            Case((IMAGE,), (2,), {"mode": "area"}),
            Case((Input((1, 1, 1)),), (3,), {"mode": "linear", "align_corners": True}),
        ),
        upsamples(),
    ),
    Row("UpsamplingNearest2d", (Case((IMAGE,), (None, 2)), Case((IMAGE,), ((4, 3),))), images("nearest")),
    Row("UpsamplingBilinear2d", (Case((IMAGE,), (None, 2)), Case((IMAGE,), ((4, 1),))), images("bilinear")),
    Row("PixelShuffle", (Case((Input((2, 8, 2, 3)),), (2,)), Case((Input((9, 1, 2)),), (3,))), shuffles(False)),
    Row("PixelUnshuffle", (Case((Input((2, 2, 4, 6)),), (2,)), Case((Input((1, 3, 3)),), (3,))), shuffles(True)),
    Row("ChannelShuffle", (Case((Input((2, 6, 2, 2)),), (3,)), Case((Input((1, 4, 3)),), (2,))), channels()),
]

FUNCTIONS = [
    *(
        Function("interpolate", (Input((2, 1, *(3, 5, 4)[:count])),), {"size": (7, 3, 4)[:count], "mode": mode})
        for count, modes in MODES.items()
        for mode in modes
    ),
    *(
        Function("interpolate", (IMAGE,), {"size": size, "mode": mode, "antialias": True, "align_corners": aligned})
        for mode in ("bilinear", "bicubic")
        for size, aligned in (((2, 7), False), ((4, 2), True))
    ),
    Function("interpolate", (IMAGE,), {"scale_factor": (0.4, 1.2), "mode": "bicubic", "antialias": True}),
    Function("interpolate", (IMAGE,), {"scale_factor": 1.3, "mode": "bilinear", "recompute_scale_factor": True}),
    Function(
        "interpolate", (Input((1, 2, 4), "below 9"),), {"size": 7}, lambda x, size: x[..., torch.arange(7) * 4 // 7]
    ),
    Function("pixel_shuffle", (Input((2, 8, 2, 3)),), {"upscale_factor": 2}),
    Function("pixel_unshuffle", (Input((2, 2, 4, 6)),), {"downscale_factor": 2}),
    Function("pixel_unshuffle", (Input((2, 3, 2), "below 9"),), {"downscale_factor": 1}),
    Function("channel_shuffle", (Input((2, 6, 2, 2)),), {"groups": 2}),
]
