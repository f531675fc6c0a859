"""Dropout and noise in training: what share is dropped, which elements together, which mean and variance stay."""

import math
import re

import numpy as np
import pytest

import xnn as xp
from tests.oracle import F as torch_functional
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.nn import functional as F

CHANNELS = {
    "dropout1d": [(2, 3, 4), (3, 4)],
    "dropout2d": [(2, 3, 4, 5), (2, 3, 4)],
    "dropout3d": [(2, 3, 4, 5, 6), (2, 3, 4, 5)],
    "feature_alpha_dropout": [(2, 3), (2, 3, 4), (2, 3, 4, 5), (2, 3, 4, 5, 6)],
}
MASKS = ["dropout", "alpha_dropout", *CHANNELS]
NOISES = {"gaussian_noise": 0.4, "gaussian_dropout": 0.4}
LAYERS = {
    "dropout": nn.Dropout, "dropout1d": nn.Dropout1d, "dropout2d": nn.Dropout2d, "dropout3d": nn.Dropout3d,
    "alpha_dropout": nn.AlphaDropout, "feature_alpha_dropout": nn.FeatureAlphaDropout,
    "gaussian_noise": nn.GaussianNoise, "gaussian_dropout": nn.GaussianDropout,
}  # fmt: skip


@pytest.fixture(autouse=True)
def seeded():
    """What is drawn does not depend on the tests before."""
    xp.random.manual_seed(0)


def input_of(name, device, dtype="float64"):
    shape = CHANNELS[name][0] if name in CHANNELS else (6, 5)
    return xp.asarray(np.random.default_rng(1).normal(size=shape).astype(dtype), device=device)


# ---- shares, means and variances ----


def test_dropout_drops_its_share(device):
    layer = nn.Dropout(0.3)
    xp.random.manual_seed(1)
    x = xp.ones((50, 40), device=device, dtype=xp.float64)
    y = layer(x).numpy()
    assert abs((y == 0).mean() - 0.3) < 0.04
    assert_close(y[y != 0], np.full((y != 0).sum(), 1 / 0.7))
    assert layer.eval()(x) is x
    assert layer.train()(x) is not x


@pytest.mark.parametrize("name", CHANNELS)
def test_dropout_of_channels_drops_its_share_of_them(name):
    shape = (100, 60, *[2] * (len(CHANNELS[name][0]) - 2))
    y = getattr(F, name)(xp.ones(shape, device="numpy:cpu"), 0.3, True).numpy().reshape(100, 60, -1)[:, :, 0]
    assert abs((y == y.min()).mean() - 0.3) < 0.025  # four standard deviations
    rows, columns = ((y == y.min()).mean(axis) for axis in (1, 0))
    assert abs(rows.std() / math.sqrt(0.21 / 60) - 1) < 0.35  # as those of a binomial distribution
    assert abs(columns.std() / math.sqrt(0.21 / 100) - 1) < 0.45


@pytest.mark.parametrize("name", ["dropout", "alpha_dropout", *NOISES])
def test_mean_and_variance(name):
    """The mean is kept, and by alpha dropout the variance; by the other two it grows by p / (1 - p) E[x**2]."""
    x = xp.asarray(np.random.default_rng(3).normal(size=200_000), device="numpy:cpu")
    y = getattr(F, name)(x, 0.3, True).numpy()
    variance = {"alpha_dropout": 1.0, "gaussian_noise": 1 + 0.3**2}.get(name, 1 + 0.3 / 0.7)
    assert abs(y.mean()) < 0.015
    assert abs(y.var() - variance) < 0.03


@pytest.mark.needs("torch")
def test_alpha_dropout_keeps_the_constants_of_pytorch(device):
    """Of ones there are two values left, PyTorch's."""
    for p in (0.1, 0.5, 0.8):
        torch.manual_seed(0)
        expected = np.unique(torch_functional.alpha_dropout(torch.ones(200, dtype=torch.float64), p, True).numpy())
        came = np.unique(F.alpha_dropout(xp.ones((200,), dtype=xp.float64, device=device), p, True).numpy())
        assert_close(came, expected)


def test_the_distribution_of_gaussian_noise():
    x = xp.asarray(np.full(100_000, 2.0), device="numpy:cpu")
    for y, std in ((F.gaussian_noise(x, 0.5), 0.5), (F.gaussian_dropout(x, 0.2), 2 * math.sqrt(0.2 / 0.8))):
        z = (y.numpy() - 2) / std
        assert [abs(np.mean(z**n) - moment) < 0.06 for n, moment in ((1, 0), (2, 1), (3, 0), (4, 3))] == [True] * 4


# ---- what is dropped together ----


@pytest.mark.needs("torch")
@pytest.mark.parametrize(("name", "shape"), [(name, shape) for name, shapes in CHANNELS.items() for shape in shapes])
@pytest.mark.filterwarnings("ignore:dropout2d:UserWarning")  # PyTorch's, that (N, C, L) may come to mean (C, H, W)
def test_channels_are_dropped_whole_as_in_pytorch(name, shape, device):
    """Along the dimensions, and only along them, in which PyTorch's mask never changes."""
    ours = getattr(F, name)(xp.ones(shape, device=device), 0.5, True, generator=xp.random.Generator(5)).numpy()
    torch.manual_seed(4)
    theirs = np.stack([getattr(torch_functional, name)(torch.ones(shape), 0.5, True).numpy() for _ in range(8)])
    constant = [bool((theirs == theirs.take([0], axis + 1)).all()) for axis in range(len(shape))]
    assert [bool((ours == ours.take([0], axis)).all()) for axis in range(len(shape))] == constant


# ---- one mask everywhere ----


@pytest.mark.every_device
@pytest.mark.parametrize("name", MASKS)
def test_dropout_has_one_mask_on_every_device_and_for_every_type(name, device):
    def mask(device, dtype):
        x = xp.ones(input_of(name, "numpy:cpu").shape, device=device, dtype=dtype)
        y = getattr(F, name)(x, 0.4, True, generator=xp.random.Generator(4)).numpy()
        return y != y.min()

    expected = mask("numpy:cpu", "float32")
    for dtype in ("float32", "float64"):
        np.testing.assert_array_equal(mask(device, dtype), expected)
    assert 0.1 < expected.mean() < 0.95


@pytest.mark.every_device
@pytest.mark.parametrize("name", NOISES)
def test_noise_is_the_same_on_every_device(name, device):
    for dtype in ("float32", "float64"):
        came, expected = (
            getattr(F, name)(input_of(name, where, dtype), 0.4, generator=xp.random.Generator(4))
            for where in (device, "numpy:cpu")
        )
        assert came.dtype.name == dtype
        assert came.device is device
        assert_close(came.numpy(), expected.numpy())


@pytest.mark.every_device
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_draws_from_the_default_stream(name, device):
    x = input_of(name, device)
    xp.random.manual_seed(6)
    first, second = LAYERS[name](0.4)(x), LAYERS[name](0.4)(x)
    expected = getattr(F, name)(x, 0.4, True, generator=xp.random.Generator(6))
    np.testing.assert_array_equal(first.numpy(), expected.numpy())
    assert not np.array_equal(first.numpy(), second.numpy())


# ---- gradients ----


@pytest.mark.parametrize("name", [*MASKS, *NOISES])
def test_the_gradient_is_that_of_the_affine_function_that_was_drawn(name, device):
    def call(x):
        return getattr(F, name)(x, 0.4, True, generator=xp.random.Generator(2))

    x = input_of(name, device)
    leaf = xp.asarray(x, copy=True, requires_grad=True)
    xp.sum(call(leaf)).backward()
    slope = call(xp.ones_like(x)).numpy() - call(xp.zeros_like(x)).numpy()
    assert_close(leaf.grad.numpy(), slope)
    assert_close(call(x).numpy(), slope * x.numpy() + call(xp.zeros_like(x)).numpy())


# ---- ends ----


@pytest.mark.parametrize("name", MASKS)
def test_dropout_of_everything_and_of_nothing(name, device):
    x, function = input_of(name, device), getattr(F, name)
    assert abs(function(x, 1.0, True).numpy()).max() == 0
    assert function(x, 0.0, True) is x
    assert function(x, 0.9, training=False) is x


@pytest.mark.needs("torch")
@pytest.mark.parametrize("p", [0.99999, 1 - 1e-9, 1 - 2**-53])
def test_what_is_dropped_is_0_however_much_the_rest_grows(p, device):
    """1 / (1 - p) is beyond float16, and infinity times 0 were NaN; PyTorch's zeros are the oracle."""
    for name in ("float16", "float32"):
        dtype = getattr(xp, name)
        if dtype not in device.backend.raw_dtypes:
            continue
        x = xp.asarray(np.full(1000, 1e-3), dtype=dtype, device=device, requires_grad=True)
        y = F.dropout(x, p, True, generator=xp.random.Generator(1))
        xp.sum(y).backward()
        expected = torch_functional.dropout(torch.full((1000,), 1e-3, dtype=getattr(torch, name)), p).numpy()
        for came in (y.detach().numpy(), x.grad.numpy()):
            assert np.isfinite(came).all()
            assert (came == 0).sum() >= 998 <= (expected == 0).sum()


def test_noise_of_nothing(device):
    x = xp.ones((3, 3), device=device)
    assert F.gaussian_noise(x, 0.0) is x
    assert F.gaussian_noise(x, 0.3, training=False) is x
    assert F.gaussian_dropout(x, 0) is x
    assert F.gaussian_dropout(x, 0.3, training=False) is x


@pytest.mark.parametrize("name", [*MASKS, *NOISES])
def test_of_a_raw_array_is_a_raw_array_and_of_none_nothing(name, device):
    function = getattr(F, name)
    assert isinstance(function(input_of(name, device)._data, 0.5, True), device.backend.array_type)
    shape = (0, *input_of(name, "numpy:cpu").shape[1:])
    assert function(xp.ones(shape, device=device), 0.5, True).shape == shape
    if name not in CHANNELS:
        assert function(xp.ones((), device=device), 0.5, True).shape == ()


# ---- errors ----


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("p", [-0.1, 1.5])
def test_no_probability(name, p):
    text = re.escape(f"{name} takes a probability p from 0 to 1; got {p}")
    with pytest.raises(OptionError, match=text):
        getattr(F, name)(input_of(name, "cpu"), p)
    with pytest.raises(OptionError, match=re.escape(f"takes a probability p from 0 to 1; got {p}")):
        LAYERS[name](p)


@pytest.mark.parametrize("name", MASKS)
def test_a_probability_that_is_no_number(name):
    for p in (math.nan, "0.5", None):
        text = re.escape(f"{name}: p is a number; got {p!r}")
        with pytest.raises(OptionError, match=text):
            getattr(F, name)(input_of(name, "cpu"), p)
        with pytest.raises(OptionError, match=re.escape(f": p is a number; got {p!r}")):
            LAYERS[name](p)


def test_no_standard_deviation_and_no_rate():
    x = xp.ones((2,), device="cpu")
    for call, argument in ((F.dropout, "p"), (F.gaussian_noise, "stddev"), (F.gaussian_dropout, "rate")):
        with pytest.raises(OptionError, match=f"{call.__name__}: {argument} is a number; got 'much'"):
            call(x, "much")
    for call in (lambda: F.gaussian_noise(x, -1.0), lambda: nn.GaussianNoise(-1.0)):
        with pytest.raises(
            OptionError, match=r"gaussian_noise takes a standard deviation stddev of at least 0; got -1.0"
        ):
            call()
    text = r"gaussian_dropout takes a rate from 0 to below 1, for a variance of rate / \(1 - rate\); got 1"
    for call in (lambda: F.gaussian_dropout(x, 1), lambda: nn.GaussianDropout(1)):
        with pytest.raises(OptionError, match=text):
            call()


@pytest.mark.parametrize(
    ("name", "shape", "rule"),
    [
        ("dropout1d", (3,), "(N, C, L) or (C, L), and drops channels C; got shape (3,)"),
        ("dropout1d", (2, 3, 4, 5), "(N, C, L) or (C, L), and drops channels C; got shape (2, 3, 4, 5)"),
        ("dropout2d", (2, 3), "(N, C, H, W) or (N, C, L), and drops channels C; got shape (2, 3)"),
        ("dropout3d", (2, 3, 4), "(N, C, D, H, W) or (C, D, H, W), and drops channels C; got shape (2, 3, 4)"),
        ("feature_alpha_dropout", (3,), "(N, C, ...), and drops channels C; got shape (3,)"),
    ],
)
def test_shapes_without_channels(name, shape, rule):
    with pytest.raises(ShapeError) as raised:
        LAYERS[name]().eval()(xp.ones(shape, device="cpu"))
    other = "alpha_dropout" if "alpha" in name else "dropout"
    assert str(raised.value) == f"{name} takes inputs {rule}. Cure: {other}, which drops elements."


@pytest.mark.parametrize("name", [*MASKS, *NOISES])
def test_integers(name):
    x = xp.ones(input_of(name, "cpu").shape, dtype=xp.int64, device="cpu")
    with pytest.raises(DTypeError, match=f"{name} takes floating-point input; got int64"):
        getattr(F, name)(x, 0.5, True)
    with pytest.raises(TypeError, match=f"{name} takes arrays; input is a list"):
        getattr(F, name)([1.0], 0.5, True)


def test_repr():
    assert repr(nn.Dropout2d()) == "Dropout2d(p=0.5)"
    assert repr(nn.GaussianNoise(0.1)) == "GaussianNoise(stddev=0.1)"
    assert repr(nn.GaussianDropout(0.1)) == "GaussianDropout(rate=0.1)"
