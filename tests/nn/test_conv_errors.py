"""The errors of convolutions, padding, resampling and columns: the rule, what came, the cure."""

import re

import pytest

import xnn as xp
from xnn import nn
from xnn.errors import DTypeError, OptionError, ShapeError

F = nn.functional


def zeros(*shape, dtype=None):
    return xp.zeros(shape, device="cpu", dtype=dtype)


def made(name, *arguments, **options):
    return lambda: getattr(nn, name)(*arguments, **options, device="cpu")


def called(function, *arguments, **options):
    return lambda: function(*arguments, **options)


IMAGE = zeros(2, 3, 4, 5)

CONVOLUTIONS = [
    (
        called(F.conv1d, zeros(2, 8, 3), zeros(4, 3, 2)),
        ShapeError,
        "conv1d takes sequences (N, 3, L), for a weight (4, 3, 2) in 1 group(s); got shape (2, 8, 3). "
        "Cure: x = xnn.permute_dims(x, (0, 2, 1)): channels come before length.",
    ),
    (
        called(F.conv3d, zeros(2, 4, 4, 4, 3), zeros(4, 3, 2, 2, 2)),
        ShapeError,
        "conv3d takes volumes (N, 3, D, H, W), for a weight (4, 3, 2, 2, 2) in 1 group(s); got shape (2, 4, 4, 4, 3). "
        "Cure: x = xnn.permute_dims(x, (0, 4, 1, 2, 3)): channels come before depth, height and width.",
    ),
    (
        called(F.conv1d, zeros(2, 8), zeros(4, 1, 2)),
        ShapeError,
        "Cure: x = xnn.expand_dims(x, axis=1), to (2, 1, 8).",
    ),
    (called(F.conv1d, zeros(2, 5, 8), zeros(4, 3, 2)), ShapeError, "got shape (2, 5, 8). Cure: Conv1d(5, ...)."),
    (called(F.conv1d, zeros(8), zeros(4, 3, 2)), ShapeError, "got shape (8,). Cure: reshape x to three dimensions."),
    (
        called(F.conv_transpose2d, zeros(2, 5, 4, 4), zeros(3, 2, 2, 2)),
        ShapeError,
        "conv_transpose2d takes images (N, 3, H, W), for a weight (3, 2, 2, 2) in 1 group(s); "
        "got shape (2, 5, 4, 4). Cure: ConvTranspose2d(5, ...).",
    ),
    (
        called(F.conv_transpose1d, zeros(1, 2, 3), zeros(2, 3, 2), zeros(2)),
        ShapeError,
        "conv_transpose1d takes a bias of shape (3,), one for each output of the weight (2, 3, 2); got shape (2,)",
    ),
    (
        called(F.conv_transpose1d, zeros(1, 2, 3), zeros(2, 3)),
        ShapeError,
        "conv_transpose1d takes a weight of shape (in_channels, out_channels / groups, length); got shape (2, 3)",
    ),
    (called(F.conv_transpose1d, zeros(1, 2, 3), [1.0]), TypeError, "conv_transpose1d takes arrays; weight is a list"),
    (
        called(F.conv_transpose2d, zeros(1, 1, 1, 3), zeros(1, 1, 2, 2), padding=1),
        ShapeError,
        "conv_transpose2d: of images (1, 3) with a window (2, 2) and padding (1, 1) nothing is left: "
        "the output would be (0, 2). Cure: less padding.",
    ),
    (
        called(F.conv_transpose1d, zeros(1, 1, 3), zeros(1, 1, 2), stride=2, output_padding=2),
        OptionError,
        "output_padding is less than the stride or the dilation; got (2,) for stride (2,) and dilation (1,)",
    ),
    (
        called(F.conv_transpose1d, zeros(1, 3, 3), zeros(3, 1, 2), groups=2),
        OptionError,
        "groups divides the channels; got groups=2 and 3 input channels",
    ),
    (
        called(F.conv2d, IMAGE, zeros(1, 3, 2, 2), stride=(2, 1), padding="same"),
        OptionError,
        'padding="same" is for stride 1; got stride (2, 1). Cure: padding=(0, 0).',
    ),
    (
        called(F.conv3d, zeros(1, 1, 3, 3, 3), zeros(1, 1, 1, 1, 1), padding="full"),
        OptionError,
        'padding is an int, three of them, "same" or "valid"; got \'full\'',
    ),
    (
        called(F.conv3d, zeros(1, 1, 3, 3, 3), zeros(1, 1, 1, 1, 1), stride=(1, 2)),
        OptionError,
        "stride is an int of at least 1, or three of them; got (1, 2)",
    ),
    (made("Conv1d", 1, 1, (3, 3)), OptionError, "kernel_size is an int of at least 1, or one of them; got (3, 3)"),
    (made("Conv2d", 1, 1, 3, stride=0), OptionError, "stride is an int of at least 1, or two of them; got 0"),
    (made("Conv2d", 1, 1, 3, padding=-1), OptionError, "padding is an int of at least 0, or two of them; got -1"),
    (made("Conv2d", 1, 1, 3, 2, "same"), OptionError, 'padding="same" is for stride 1; got stride (2, 2)'),
    (
        made("Conv2d", 1, 1, 3, padding_mode="mirror"),
        OptionError,
        "padding_mode is one of zeros, reflect, replicate, circular; got 'mirror'",
    ),
    (
        made("ConvTranspose2d", 1, 1, 3, padding_mode="reflect"),
        OptionError,
        "ConvTranspose2d has padding_mode=\"zeros\" alone; got 'reflect'",
    ),
    (
        made("ConvTranspose1d", 1, 1, 3, output_padding=-1),
        OptionError,
        "output_padding is an int of at least 0, or one of them; got -1",
    ),
    (
        lambda: nn.ConvTranspose2d(1, 1, 3, 2, device="cpu")(zeros(1, 1, 4, 4), output_size=(11, 9)),
        ShapeError,
        "ConvTranspose2d makes of an input (1, 1, 4, 4) sizes from (9, 9) to (10, 10); got output_size (11, 9)",
    ),
    (
        lambda: nn.ConvTranspose2d(1, 1, 3, 2, device="cpu")(zeros(1, 1, 4, 4), output_size=(9,)),
        OptionError,
        "output_size is an int of at least 0, or two of them; got (9,)",
    ),
    (
        lambda: nn.Conv2d(None, 4, 3, groups=2, device="cpu")(IMAGE),
        OptionError,
        "groups divides the channels; got groups=2 for 3 to 4",
    ),
    (
        lambda: nn.Conv1d(None, 4, 3, device="cpu")(IMAGE),
        ShapeError,
        "Conv1d takes 3 dimensions, or 2 without a batch; got shape (2, 3, 4, 5)",
    ),
    (made("DepthwiseConv2d", 2, 3, depth_multiplier=0), OptionError, "depth_multiplier is an int of at least 1; got 0"),
    (made("SeparableConv1d", "2", 3, 3), OptionError, "in_channels is an int of at least 1; got '2'"),
]

PADDING = [
    (
        called(F.pad, IMAGE, (1, 2), "mirror"),
        OptionError,
        "pad has the modes constant, reflect, replicate, circular; got 'mirror'",
    ),
    (
        called(F.pad, IMAGE, (1, 2, 3)),
        OptionError,
        "pad is pairs of ints (before, after), that of the last dimension first; got (1, 2, 3)",
    ),
    (called(F.pad, IMAGE, 1), OptionError, "pad is pairs of ints (before, after)"),
    (called(F.pad, IMAGE, (1.5, 2)), OptionError, "pad is pairs of ints (before, after)"),
    (
        called(F.pad, zeros(2, 3), (1, 1, 1, 1, 1, 1)),
        ShapeError,
        "pad takes a pair (before, after) for each of the last dimensions, at most 2 pairs for shape (2, 3); "
        "got 3, (1, 1, 1, 1, 1, 1)",
    ),
    (
        called(F.pad, IMAGE, (-3, -3)),
        ShapeError,
        "pad takes away no more than there is; got (-3, -3) for a dimension of 5 in shape (2, 3, 4, 5)",
    ),
    (
        called(F.pad, IMAGE, (5, 0), "reflect"),
        ShapeError,
        'pad with mode="reflect" adds at most 4 to each side of a dimension of 5; got (5, 0) for shape (2, 3, 4, 5). '
        'Cure: less padding, or mode="constant".',
    ),
    (called(F.pad, IMAGE, (0, 6), "circular"), ShapeError, 'mode="circular" adds at most 5 to each side of a'),
    (called(F.pad, zeros(2, 0), (0, 1), "replicate"), ShapeError, 'mode="replicate" adds at most 0 to each side'),
    (
        called(F.pad, IMAGE, (1, 1), "reflect", 2.0),
        OptionError,
        'pad has a value for mode="constant" alone; got value=2.0 for mode="reflect"',
    ),
    (
        called(F.pad, zeros(2, dtype=xp.int64), (1, 1), value=0.5),
        DTypeError,
        "pad takes a value of the input's type; got 0.5 for int64",
    ),
    (called(F.pad, IMAGE, (1, 1), value="1"), DTypeError, "pad takes a value of the input's type; got '1' for float32"),
    (called(F.pad, [1.0], (1, 1)), TypeError, "pad takes arrays; input is a list"),
    (
        called(nn.ReflectionPad2d, (1, 2, 3)),
        OptionError,
        "ReflectionPad2d takes an int for padding, or 4 of them; got (1, 2, 3)",
    ),
    (called(nn.ZeroPad1d, 1.0), OptionError, "ZeroPad1d takes an int for padding, or 2 of them; got 1.0"),
    (
        called(nn.CircularPad1d(1), IMAGE),
        ShapeError,
        "CircularPad1d takes 3 dimensions, or 2 without a batch; got shape (2, 3, 4, 5)",
    ),
    (
        lambda: nn.Conv2d(3, 1, 3, padding=(4, 0), padding_mode="reflect", device="cpu")(IMAGE),
        ShapeError,
        'pad with mode="reflect" adds at most 3 to each side of a dimension of 4',
    ),
]

RESAMPLING = [
    (
        called(F.interpolate, IMAGE, 2, mode="cubic"),
        OptionError,
        "interpolate has the modes nearest, nearest-exact, linear, bilinear, bicubic, trilinear, area; got 'cubic'",
    ),
    (
        called(F.interpolate, IMAGE, 2, mode="linear"),
        ShapeError,
        'interpolate with mode="linear" takes 3 dimensions, (N, C, ...); got shape (2, 3, 4, 5)',
    ),
    (
        called(F.interpolate, zeros(2, 3), 2),
        ShapeError,
        'with mode="nearest" takes 3 or 4 or 5 dimensions, (N, C, ...)',
    ),
    (
        called(F.interpolate, IMAGE),
        OptionError,
        "interpolate takes size or scale_factor; got size=None and scale_factor=None",
    ),
    (called(F.interpolate, IMAGE, 2, 2.0), OptionError, "takes size or scale_factor; got size=2 and scale_factor=2.0"),
    (
        called(F.interpolate, IMAGE, (2, 2, 2)),
        OptionError,
        "size is an int of at least 1, or two of them; got (2, 2, 2)",
    ),
    (
        called(F.interpolate, IMAGE, scale_factor=(2.0,)),
        OptionError,
        "scale_factor is a positive number, or two of them, for 2 dimension(s); got (2.0,)",
    ),
    (called(F.interpolate, IMAGE, scale_factor=0), OptionError, "scale_factor is a positive number, or two of them"),
    (called(F.interpolate, IMAGE, scale_factor="2"), OptionError, "scale_factor is a positive number, or two of them"),
    (
        called(F.interpolate, IMAGE, scale_factor=0.2),
        ShapeError,
        "interpolate takes and makes sizes of at least 1; got (4, 5) to (0, 1)",
    ),
    (called(F.interpolate, zeros(1, 1, 0), 2), ShapeError, "takes and makes sizes of at least 1; got (0,) to (2,)"),
    (
        called(F.interpolate, IMAGE, 2, mode="area", align_corners=False),
        OptionError,
        "align_corners is an option of linear, bilinear, trilinear and bicubic; got align_corners=False for "
        'mode="area". Cure: leave it out.',
    ),
    (
        called(F.interpolate, IMAGE, 2, antialias=True),
        OptionError,
        'antialias is an option of bilinear and bicubic; got mode="nearest"',
    ),
    (
        called(F.interpolate, IMAGE, 2, recompute_scale_factor=True),
        OptionError,
        "interpolate recomputes a scale_factor; got recompute_scale_factor=True with size alone",
    ),
    (
        called(F.interpolate, zeros(1, 1, 2, dtype=xp.uint8), 4, mode="linear"),
        DTypeError,
        "interpolate takes floating-point input; got uint8 of shape (1, 1, 2)",
    ),
    (nn.Upsample, OptionError, "Upsample takes size or scale_factor; got size=None and scale_factor=None"),
    (
        called(nn.UpsamplingNearest2d, 2, 2.0),
        OptionError,
        "UpsamplingNearest2d takes size or scale_factor; got size=2 and scale_factor=2.0",
    ),
    (
        called(F.pixel_shuffle, IMAGE, 2),
        ShapeError,
        "pixel_shuffle takes (..., C * 4, H, W), for an upscale_factor of 2; got shape (2, 3, 4, 5)",
    ),
    (
        called(F.pixel_unshuffle, IMAGE, 2),
        ShapeError,
        "pixel_unshuffle takes (..., C, H * 2, W * 2), for a downscale_factor of 2; got shape (2, 3, 4, 5)",
    ),
    (called(nn.PixelShuffle, 0), OptionError, "upscale_factor is an int of at least 1; got 0"),
    (called(nn.PixelUnshuffle, 1.0), OptionError, "downscale_factor is an int of at least 1; got 1.0"),
    (
        called(F.channel_shuffle, IMAGE, 2),
        OptionError,
        "groups divides the channels; got groups=2 for 3 channels",
    ),
    (
        called(F.channel_shuffle, zeros(2, 4), 2),
        ShapeError,
        "channel_shuffle takes (N, C, ...), three dimensions or more; got shape (2, 4)",
    ),
]

COLUMNS = [
    (
        called(F.unfold, zeros(2, 3), 2),
        ShapeError,
        "unfold takes images (N, C, H, W) or (C, H, W); got shape (2, 3)",
    ),
    (
        called(F.unfold, IMAGE, 5),
        ShapeError,
        "unfold: the window (5, 5) with dilation (1, 1) is larger than the image (4, 5) with padding (0, 0)",
    ),
    (
        called(F.fold, zeros(2, 6, 4), 3, 2),
        ShapeError,
        "fold takes columns (N, C * 4, L) or (C * 4, L), for a window (2, 2); got shape (2, 6, 4)",
    ),
    (
        called(F.fold, zeros(2, 8, 5), (3, 4), 2),
        ShapeError,
        "fold takes as many columns as windows stand in the images: 2 * 3 for output_size (3, 4), window (2, 2), "
        "stride (1, 1), padding (0, 0) and dilation (1, 1); got 5",
    ),
    (called(F.fold, zeros(2, 8, 5), (3, 1), 2), ShapeError, "fold: the window (2, 2) with dilation (1, 1) is larger"),
    (called(F.fold, zeros(2, 8, 5, dtype=xp.int64), 3, 2), DTypeError, "fold takes floating-point input; got int64"),
    (called(nn.Unfold, (2, 2, 2)), OptionError, "kernel_size is an int of at least 1, or two of them; got (2, 2, 2)"),
    (called(nn.Unfold, 2, stride=0), OptionError, "stride is an int of at least 1, or two of them; got 0"),
    (called(nn.Fold, 0, 2), OptionError, "output_size is an int of at least 1, or two of them; got 0"),
]

MESSAGES = [*CONVOLUTIONS, *PADDING, *RESAMPLING, *COLUMNS]


@pytest.mark.parametrize(("call", "kind", "message"), MESSAGES, ids=[m[2][:60] for m in MESSAGES])
def test_message(call, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        call()
