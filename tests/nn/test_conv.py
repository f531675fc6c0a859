"""Convolutions, padding and resampling, beyond what the rows of layers say."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import xnn as xp
from tests import cuda_emulation
from tests.nn.rows.conv import transposes
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import nn
from xnn.ops import upsampling

F = nn.functional


def numbers(*shape):
    return np.random.default_rng(len(shape)).uniform(-1, 1, shape)


# ---- convolutions ----


@pytest.mark.needs("torch")
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(transposes(2), st.data())
def test_output_size_is_pytorchs(case, data):
    """H' and W', or a whole shape, in the place of output_padding."""
    theirs = torch.nn.ConvTranspose2d(*case.arguments, **case.options).double()
    ours = nn.ConvTranspose2d(*case.arguments, **case.options, device="cpu", dtype=xp.float64)
    ours.load_state_dict({name: x.numpy() for name, x in theirs.state_dict().items()})
    x = numbers(*case.inputs[0].shape)
    shape = theirs(torch.tensor(x)).shape
    smallest = [n - o for n, o in zip(shape[-2:], case.arguments[5], strict=True)]
    wanted = tuple(n + data.draw(st.integers(0, s - 1)) for n, s in zip(smallest, case.arguments[3], strict=True))
    wanted = data.draw(st.sampled_from([wanted, (*shape[:-2], *wanted)]))
    assert_close(
        ours(xp.asarray(x, device="cpu"), output_size=wanted).detach().numpy(),
        theirs(torch.tensor(x), output_size=wanted).detach().numpy(),
    )


def kernels(layer, depthwise, pointwise=None):
    """Put Keras's kernels (*size, in, multiplier) and (1, ..., in, out) into a layer; each is small integers."""
    order = (depthwise.ndim - 2, depthwise.ndim - 1, *range(depthwise.ndim - 2))
    first = layer.depthwise if pointwise is not None else layer
    weight = np.transpose(depthwise, order).reshape(first.weight.shape)
    state = {f"{'depthwise.' if pointwise is not None else ''}weight": weight}
    if pointwise is not None:
        state["pointwise.weight"] = pointwise.reshape(pointwise.shape[-2:]).T.reshape(layer.pointwise.weight.shape)
    return state


def steps(*shape, period=5):
    """0, 1, 2, ... modulo the period, about 0."""
    return (np.arange(float(np.prod(shape))) % period - period // 2).reshape(shape)


def channels_last(layer, state, x):
    """The layer's output for Keras's (N, ..., C), as that."""
    layer.load_state_dict(state)
    y = layer(xp.asarray(np.moveaxis(x, -1, 1), device="cpu")).detach().numpy()
    return np.moveaxis(y, 1, -1).tolist()


def test_depthwise_convolutions_are_keras():
    """The numbers are those of keras.layers.DepthwiseConv2D and DepthwiseConv1D, Keras 3.15.1."""
    double = {"device": "cpu", "dtype": xp.float64}
    layer = nn.DepthwiseConv2d(2, 2, depth_multiplier=2, **double)
    state = {**kernels(layer, steps(2, 2, 2, 2)), "bias": np.asarray([1.0, -1, 2, 0])}
    x = (np.arange(24.0) % 7 - 3).reshape(1, 3, 4, 2)
    assert channels_last(layer, state, x) == [
        [
            [[3.0, 0.0, 6.0, -3.0], [5.0, 0.0, 4.0, -7.0], [7.0, -7.0, -5.0, 3.0]],
            [[4.0, 0.0, 5.0, -5.0], [6.0, 0.0, -11.0, 5.0], [-6.0, 7.0, 8.0, 8.0]],
        ]
    ]
    layer = nn.DepthwiseConv1d(2, 3, padding="same", depth_multiplier=2, bias=False, **double)
    assert channels_last(layer, kernels(layer, steps(3, 2, 2)), steps(1, 6, 2)) == [
        [
            [-4.0, 4.0, -1.0, -1.0], [6.0, 6.0, 3.0, 1.0], [3.0, -6.0, 2.0, 1.0], [-5.0, 2.0, -4.0, -4.0],
            [2.0, -5.0, 0.0, 1.0], [-6.0, 3.0, 1.0, 2.0],
        ]
    ]  # fmt: skip


def test_separable_convolutions_are_keras():
    """The numbers are those of keras.layers.SeparableConv2D and SeparableConv1D, Keras 3.15.1."""
    double = {"device": "cpu", "dtype": xp.float64}
    layer = nn.SeparableConv2d(2, 3, 2, dilation=(1, 2), depth_multiplier=2, **double)
    state = kernels(layer, steps(2, 2, 2, 2), steps(1, 1, 4, 3)) | {"pointwise.bias": np.asarray([0.5, 0, -1])}
    x = (np.arange(24.0) % 7 - 3).reshape(1, 3, 4, 2)
    assert channels_last(layer, state, x) == [
        [[[-32.5, 6.0, 14.0], [-14.5, -30.0, 9.0]], [[4.5, -19.0, -13.0], [22.5, 15.0, -18.0]]]
    ]
    layer = nn.SeparableConv1d(2, 2, 3, stride=2, depth_multiplier=2, bias=False, **double)
    state = kernels(layer, steps(3, 2, 2), steps(1, 4, 2, period=3))
    assert channels_last(layer, state, steps(1, 6, 2)) == [[[-1.0, -3.0], [11.0, -6.0]]]


@pytest.mark.parametrize(
    ("kind", "fan"), [(nn.Conv1d, 30), (nn.Conv2d, 150), (nn.ConvTranspose1d, 20), (nn.ConvTranspose2d, 100)]
)
def test_first_values_are_uniform_to_the_root_of_the_fan(kind, fan):
    """PyTorch's: to 1 / sqrt(fan), of the weight's second dimension and the window; nearly to its end."""
    xp.random.manual_seed(0)
    layers = [kind(12, 8, 5, groups=2, device="cpu") for _ in range(30)]
    for name in ("weight", "bias"):
        largest = max(abs(getattr(layer, name).detach().numpy()).max() for layer in layers)
        assert 0.97 < largest * np.sqrt(fan) <= 1.0 + 1e-6


LAZY = [
    (nn.Conv1d, (4, 3), {"groups": 3}, (2, 3, 5), 6),
    (nn.Conv2d, (4, 3), {}, (3, 5, 4), None),
    (nn.Conv3d, (4, 2), {}, (2, 3, 2, 2, 2), None),
    (nn.ConvTranspose2d, (6, 3), {"groups": 3}, (2, 3, 2, 2), None),
    (nn.DepthwiseConv2d, (3,), {"depth_multiplier": 2}, (2, 3, 4, 4), None),
    (nn.SeparableConv1d, (4, 3), {"depth_multiplier": 2}, (2, 3, 4), None),
]


@pytest.mark.parametrize(
    ("kind", "arguments", "options", "shape", "outputs"), LAZY, ids=[case[0].__name__ for case in LAZY]
)
def test_the_first_input_tells_the_channels(kind, arguments, options, shape, outputs, device):
    """The layer that comes is the one with that number of channels, of one seed."""
    arguments = arguments if outputs is None else (outputs, *arguments[1:])
    x = xp.asarray(numbers(*shape), dtype=xp.float32, device=device)
    layers = []
    for channels in (None, 3):
        xp.random.manual_seed(4)
        layers.append(kind(channels, *arguments, **options, device=device))
        layers[-1](x)
    lazy, eager = layers
    assert list(lazy.state_dict()) == list(eager.state_dict())
    for name, parameter in eager.state_dict().items():
        np.testing.assert_array_equal(lazy.state_dict()[name].numpy(), parameter.numpy())
    assert repr(lazy) == repr(eager)
    np.testing.assert_array_equal(lazy(x).detach().numpy(), eager(x).detach().numpy())


@pytest.mark.needs("torch")
def test_looks():
    assert repr(nn.Conv1d(2, 4, 3, padding_mode="reflect", device="cpu")) == (
        "Conv1d(2, 4, kernel_size=(3,), stride=(1,), padding=(0,), dilation=(1,), groups=1, bias=True, "
        "padding_mode='reflect')"
    )
    assert repr(nn.ConvTranspose2d(2, 4, 3, bias=False, device="cpu")) == (
        "ConvTranspose2d(2, 4, kernel_size=(3, 3), stride=(1, 1), padding=(0, 0), output_padding=(0, 0), groups=1, "
        "bias=False, dilation=(1, 1))"
    )
    for name, arguments, options in (
        ("ConstantPad1d", (2, 0.5), {}), ("ZeroPad2d", (1,), {}), ("CircularPad2d", ((1, 2, 0, 0),), {}),
        ("PixelShuffle", (2,), {}), ("PixelUnshuffle", (2,), {}), ("ChannelShuffle", (3,), {}),
        ("Fold", ((4, 5), 2), {}), ("Unfold", (2,), {"stride": 2}), ("Upsample", (), {"size": 3}),
    ):  # fmt: skip
        assert repr(getattr(nn, name)(*arguments, **options)) == repr(getattr(torch.nn, name)(*arguments, **options))


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", [f"Conv{transposed}{n}d" for transposed in ("", "Transpose") for n in (1, 2, 3)])
@pytest.mark.parametrize("options", [{}, {"stride": np.int64(2), "padding": 1, "dilation": np.int64(2)}], ids=len)
def test_options_are_kept_as_pytorchs(name, options):
    """A size for each dimension, whatever was given."""
    ours, theirs = getattr(nn, name)(2, 4, 3, **options), getattr(torch.nn, name)(2, 4, 3, **options)
    options = ["in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "padding_mode"]
    for option in [*options, *(["output_padding"] if "Transpose" in name else [])]:
        assert getattr(ours, option) == getattr(theirs, option), option
    assert "np." not in repr(ours)


# ---- padding ----


def test_padding_keeps_the_type(device):
    x = xp.asarray([[True, False]], device=device)
    assert F.pad(x, (1, 0)).tolist() == [[False, True, False]]
    assert F.pad(x, (1, 0), value=True).tolist() == [[True, True, False]]
    for dtype in (xp.uint8, xp.int64, xp.float32, xp.float64, xp.complex64):
        for mode in ("constant", "reflect", "replicate", "circular"):
            padded = F.pad(xp.asarray([1, 2], dtype=dtype, device=device), (1, 1), mode)
            assert padded.dtype is dtype
            assert padded.tolist()[0] == {"constant": 0, "reflect": 2, "replicate": 1, "circular": 2}[mode]
    assert F.pad(xp.asarray([1.0], device=device), (0, 1), value=-np.inf).tolist() == [1.0, -np.inf]


# ---- resampling ----


def dense(taps):
    matrix = np.zeros((len(taps.rows), taps.size))
    for i, row in enumerate(taps.rows):
        for j, weight in row:
            matrix[i, j] += weight
    return matrix


TAPS = {
    "nearest": upsampling.nearest(5, 3, 5 / 3, False),
    "linear": upsampling.linear(3, 7, 3 / 7, False),
    "cubic": upsampling.cubic(4, 9, 4 / 9, False),
    "smooth": upsampling.smooth(9, 4, 9 / 4, upsampling.keys, 2),
    "area": upsampling.area(7, 3),
}


@pytest.mark.parametrize("name", TAPS)
def test_a_resampling_is_a_matrix_and_its_derivative_the_transpose(name, device):
    taps = TAPS[name]
    matrix = dense(taps)
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0, rtol=1e-14)
    x = xp.asarray(numbers(2, taps.size, 3), device=device, requires_grad=True)
    y = upsampling.resample(x, axis=1, taps=taps)
    assert_close(y.detach().numpy(), matrix @ x.detach().numpy())
    g = numbers(*y.shape)
    y.backward(xp.asarray(g, device=device))
    assert_close(x.grad.numpy(), matrix.T @ g)


@pytest.mark.parametrize("name", ["nearest", "smooth", "area"])
def test_what_is_not_read_has_no_effect(name, device):
    """Taps of uneven number are filled up, with what may be infinite: 0 times that would be NaN."""
    taps = TAPS[name]
    for forward in (taps, taps.transposed):
        x = np.ones(forward.size)
        x[0] = np.inf
        out = upsampling.resample(xp.asarray(x, device=device), axis=0, taps=forward).numpy()
        reads = np.asarray([any(j == 0 for j, _ in row) for row in forward.rows])
        assert not np.isfinite(out[reads]).any()
        assert np.isfinite(out[~reads]).all()
        assert reads.any()
        assert not reads.all()


def test_nearest_is_exact():
    """Of all sizes to 40, floor(i s) in integers. PyTorch's float32 takes the neighbour for 11 of 3200 to 80."""
    for size in range(1, 41):
        for out in range(1, 41):
            scale = upsampling.source_scale(size, out)
            for exact, twice in ((False, 0), (True, 1)):
                expected = [(2 * i + twice) * size // (2 * out) for i in range(out)]
                assert [row[0][0] for row in upsampling.nearest(size, out, scale, exact).rows] == expected


@pytest.mark.needs("torch")
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_antialiasing_between_equal_sizes_copies(mode):
    """As PyTorch does, whatever the factor; its own gradient there is of what it does not compute."""
    x = numbers(1, 1, 3, 5)
    options = {"scale_factor": (1.2, 0.5), "mode": mode, "antialias": True}
    expected = torch.nn.functional.interpolate(torch.tensor(x), **options).numpy()
    assert_close(F.interpolate(xp.asarray(x, device="cpu"), **options).numpy(), expected)
    xp.check_gradients(lambda y: F.interpolate(y, **options), xp.asarray(x, device="cpu"))


def test_a_size_that_stays_is_the_input():
    x = xp.zeros((1, 1, 3, 4), device="cpu")
    for mode in ("nearest", "bilinear", "area"):
        assert F.interpolate(x, (3, 4), mode=mode) is x


def test_empty_batches(device):
    x = xp.asarray(np.zeros((0, 4, 2, 6)), device=device, requires_grad=True)
    for call, shape in (
        (lambda: F.pixel_shuffle(x, 2), (0, 1, 4, 12)),
        (lambda: F.pixel_unshuffle(x, 2), (0, 16, 1, 3)),
        (lambda: F.channel_shuffle(x, 2), (0, 4, 2, 6)),
        (lambda: F.interpolate(x, 3, mode="area"), (0, 4, 3, 3)),
        (lambda: F.pad(x, (1, 1), "reflect"), (0, 4, 2, 8)),
        (lambda: F.fold(F.unfold(x, 2), (2, 6), 2), (0, 4, 2, 6)),
    ):
        x.grad = None
        out = call()
        assert out.shape == shape
        xp.sum(out).backward()
        assert x.grad.shape == x.shape


# ---- on CUDA ----


@pytest.mark.needs("cuda_emulation")
def test_no_step_waits_for_the_host():
    """Taps are put on the device once; the rest has nothing from the host at all."""
    with xp.use_device("cupy:cuda:1"):
        model = nn.Sequential(
            nn.Conv2d(1, 4, 2, padding="same", padding_mode="reflect"),
            nn.Upsample(scale_factor=1.5, mode="bicubic"),
            nn.SeparableConv2d(4, 4, 3, padding="same"),
            nn.PixelShuffle(2),
            nn.ConvTranspose2d(1, 2, 3, 2, 1, 1),
            nn.Upsample(5, mode="area"),
            nn.CircularPad2d(1),
            nn.Unfold(3),
        )
        x = xp.zeros((2, 1, 6, 6))

        def step():
            xp.sum(model(x)).backward()
            for p in model.parameters():
                p.grad = None

        step()
        with cuda_emulation.count() as counts:
            step()
    assert counts.launches > 0
    assert (counts.d2h, counts.h2d, counts.peer, counts.synchronisations) == (0, 0, 0, 0), counts
