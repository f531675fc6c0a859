"""Initialisers: PyTorch's scales and constants, SciPy's distributions, and the same numbers on every device."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import xnn as xp
from tests import optional, oracle, parity
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import OptionError
from xnn.nn import init
from xnn.random import Generator

drawn = settings(max_examples=15, deadline=None, derandomize=True, database=None)
GAINS = ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"] + [
    f"conv{transposed}{n}d" for transposed in ("", "_transpose") for n in (1, 2, 3)
]
shapes = st.lists(st.integers(1, 6), min_size=2, max_size=5).map(tuple)


def filled(name, shape=(40, 30), options=(), seed=3, device="numpy:cpu", dtype="float64"):
    """What an initialiser fills an array with; the array is what it gives back."""
    x = xp.empty(shape, dtype=dtype, device=device)
    chosen = dict(options)
    if name not in ("constant_", "ones_", "zeros_", "eye_", "dirac_"):
        chosen["generator"] = Generator(seed)
    assert getattr(init, name)(x, **chosen) is x
    assert x.dtype.name == dtype
    return x.numpy()


# ---- what the numbers depend on ----


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", GAINS)
@pytest.mark.parametrize("param", [None, 0, 0.2, 1])
def test_gains_are_pytorchs(name, param):
    expected = oracle.torch.nn.init.calculate_gain(name, param)
    parity.compare("initialiser", "calculate_gain", init.calculate_gain(name, param), expected)
    if param is not None:
        assert init.calculate_gain(name, np.float64(param)) == init.calculate_gain(name, param)
        assert type(init.calculate_gain(name, np.float32(param))) is float


@pytest.mark.needs("torch")
@drawn
@given(shapes)
def test_fans_are_pytorchs(shape):
    expected = oracle.torch.nn.init._calculate_fan_in_and_fan_out(oracle.torch.empty(shape))
    x = xp.empty(shape, device="cpu")
    assert init.fans(x) == expected
    assert init.fan_in(x) == expected[0]


# ---- distributions ----

UNIFORM, NORMAL = "uniform_", "normal_"
modes = st.sampled_from(["fan_in", "fan_out"])
kaiming = st.fixed_dictionaries(
    {}, optional={"a": st.floats(0, 3), "mode": modes, "nonlinearity": st.sampled_from(GAINS)}
)
gain = st.fixed_dictionaries({}, optional={"gain": st.floats(0.1, 3)})
SCALED = {
    "xavier_uniform_": (UNIFORM, gain),
    "xavier_normal_": (NORMAL, gain),
    "kaiming_uniform_": (UNIFORM, kaiming),
    "kaiming_normal_": (NORMAL, kaiming),
}


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", SCALED)
def test_widths_are_pytorchs(name):
    """An initialiser's numbers over those of U(-1, 1) or N(0, 1) from the same stream, here and there."""
    base, options = SCALED[name]
    standard = {UNIFORM: {"a": -1.0, "b": 1.0}, NORMAL: {"mean": 0.0, "std": 1.0}}[base]

    def pytorchs(fill, shape, chosen):
        torch = oracle.torch
        x, generator = torch.empty(shape, dtype=torch.float64), torch.Generator().manual_seed(5)
        return getattr(torch.nn.init, fill)(x, **chosen, generator=generator).numpy()

    @drawn
    @given(shapes, options)
    def check(shape, chosen):
        ours = filled(name, shape, chosen) / filled(base, shape, standard)
        theirs = pytorchs(name, shape, chosen) / pytorchs(base, shape, standard)
        assert np.ptp(ours) <= 1e-9 * ours.max()
        parity.compare("initialiser", name, ours.flat[0], theirs.flat[0])

    check()


def scipys(kind, *arguments):
    stats = optional.module("scipy.stats")
    return getattr(stats, kind)(*arguments)


def truncated(std):
    return "truncnorm", -2, 2, 0, std


FAN_IN, FAN_OUT = 180, 120  # of the weight (40, 60, 3)
WIDE = 0.87962566103423978  # Keras: keras.initializers.VarianceScaling.__call__ divides by it
DISTRIBUTIONS = [
    ("uniform_", {}, ("uniform", 0, 1)),
    ("uniform_", {"a": -3.0, "b": 5.0}, ("uniform", -3, 8)),
    ("normal_", {}, ("norm", 0, 1)),
    ("normal_", {"mean": 2.0, "std": 0.1}, ("norm", 2, 0.1)),
    ("xavier_uniform_", {}, ("uniform", -math.sqrt(6 / 300), 2 * math.sqrt(6 / 300))),
    ("kaiming_normal_", {"nonlinearity": "relu"}, ("norm", 0, math.sqrt(2 / FAN_IN))),
    ("trunc_normal_", {}, ("truncnorm", -2, 2)),
    ("trunc_normal_", {"std": 0.02}, ("truncnorm", -100, 100, 0, 0.02)),
    ("trunc_normal_", {"mean": 1.0, "std": 2.0, "a": 0.0, "b": 1.5}, ("truncnorm", -0.5, 0.25, 1, 2)),
    ("trunc_normal_", {"a": 3.0, "b": 4.0}, ("truncnorm", 3, 4)),
    ("trunc_normal_", {"a": -9.0, "b": -8.0}, ("truncnorm", -9, -8)),
    ("trunc_normal_", {"a": 8.5, "b": 9.0}, ("truncnorm", 8.5, 9)),
    ("trunc_normal_", {"a": 1.0, "b": math.inf}, ("truncnorm", 1, math.inf)),
    # Keras 3.15, keras/src/initializers/random_initializers.py, VarianceScaling and what is made of it
    ("variance_scaling_", {}, truncated(math.sqrt(1 / FAN_IN) / WIDE)),
    ("variance_scaling_", {"scale": 2.0, "mode": "fan_out"}, truncated(math.sqrt(2 / FAN_OUT) / WIDE)),
    ("variance_scaling_", {"mode": "fan_avg"}, truncated(math.sqrt(2 / (FAN_IN + FAN_OUT)) / WIDE)),
    ("variance_scaling_", {"distribution": "untruncated_normal"}, ("norm", 0, math.sqrt(1 / FAN_IN))),
    (
        "variance_scaling_",
        {"distribution": "uniform", "scale": 0.1},
        ("uniform", -math.sqrt(0.3 / FAN_IN), 2 * math.sqrt(0.3 / FAN_IN)),
    ),
    ("lecun_uniform_", {}, ("uniform", -math.sqrt(3 / FAN_IN), 2 * math.sqrt(3 / FAN_IN))),
    ("lecun_normal_", {}, truncated(math.sqrt(1 / FAN_IN) / WIDE)),
]


@pytest.mark.needs("scipy")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options", "expected"), DISTRIBUTIONS)
def test_numbers_have_their_distribution(name, options, expected, dtype):
    """Kolmogorov and Smirnov's test, bounds, mean and standard deviation of 7,200 numbers."""
    expected = scipys(*expected)
    stats = optional.module("scipy.stats")
    x = filled(name, (40, 60, 3), options, dtype=dtype).ravel()
    low, high = expected.support()
    assert low <= x.min() <= expected.ppf(1e-3)
    assert expected.ppf(1 - 1e-3) <= x.max() <= high
    assert stats.kstest(x.astype("float64"), expected.cdf).pvalue > 1e-3
    assert abs(x.mean() - expected.mean()) < 4 * expected.std() / math.sqrt(x.size)
    assert abs(x.std() / expected.std() - 1) < 0.05


@pytest.mark.needs("scipy")
@drawn
@given(mean=st.floats(-2, 2), std=st.floats(0.1, 3), a=st.floats(-5, 4), width=st.floats(0.1, 5))
def test_truncated_numbers_are_scipys_quantiles(mean, std, a, width):
    """Of the uniform numbers of the same stream, which half a step of it does not change."""
    expected = scipys("truncnorm", (a - mean) / std, (a + width - mean) / std, mean, std)
    options = {"mean": mean, "std": std, "a": a, "b": a + width}
    assume(expected.support()[0] < mean + 8 * std and expected.support()[1] > mean - 8 * std)
    x = filled("trunc_normal_", (40,), options)
    u = Generator(3).uniform((40,), dtype="float64", device="cpu").numpy()
    parity.compare("initialiser", "trunc_normal_", x, expected.ppf(u))


class Ends(Generator):
    """A stream of the least and the largest number that there can be."""

    def uniform(self, shape, low=0.0, high=1.0, *, dtype=None, device=None):
        step = 2.0 ** (-24 if xp.dtypes.as_dtype(dtype).name == "float32" else -53)
        return xp.asarray([0.0, 1 - step], dtype=dtype, device=device)


@pytest.mark.parametrize(("dtype", "farthest"), [("float32", 5.5), ("float64", 8.4)])
def test_bounds_far_away_are_never_met(dtype, farthest, device):
    """The outermost numbers lie even, and as far as the stream resolves, not at the bounds 100 deviations away."""
    x = xp.empty((2,), dtype=dtype, device=device)
    low, high = init.trunc_normal_(x, std=0.02, generator=Ends(0)).tolist()
    assert low == -high
    assert 0.02 * (farthest - 0.3) < high < 0.02 * farthest


def test_rounding_does_not_lead_beyond_the_bounds(device):
    a, b = -3.08, -2.13
    x = init.trunc_normal_(xp.empty((2,), device=device), -0.13, 1.47, a, b, generator=Ends(0)).numpy()
    assert np.float32(a) <= x[0] < x[1] <= np.float32(b)


@pytest.mark.parametrize(("a", "b"), [(-0.3, 0.1), (1.9, 2.1), (0.7, 0.9), (0, 1), (-1, 1), (1, 1.01)], ids=str)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ["uniform_", "trunc_normal_"])
def test_no_type_rounds_a_number_beyond_the_bounds(name, dtype, a, b, device):
    """The outermost numbers of the stream, and 20,000 others; the bounds are numbers of no type, or of one."""
    if xp.dtypes.as_dtype(dtype) not in device.backend.raw_dtypes:
        pytest.skip(f"{device} has no {dtype}")
    x = getattr(init, name)(xp.empty((20_000,), dtype=dtype, device=device), a=a, b=b, generator=Generator(5))
    values = x.numpy().astype("float64")
    assert a <= values.min()
    assert values.max() < b if name == "uniform_" else values.max() <= b


def test_bounds_with_nothing_between_are_refused():
    for name in ("uniform_", "trunc_normal_"):
        with pytest.raises(OptionError, match=r"no float32 lies "):
            getattr(init, name)(xp.empty((2,)), a=1 + 1e-12, b=1 + 2e-12)


# ---- constants and matrices ----


@pytest.mark.needs("torch")
@drawn
@given(st.integers(1, 7), st.integers(1, 7))
def test_eye_is_pytorchs(n, m):
    expected = oracle.torch.nn.init.eye_(oracle.torch.empty(n, m)).numpy()
    parity.compare("initialiser", "eye_", filled("eye_", (n, m)), expected)


@pytest.mark.needs("torch")
@drawn
@given(st.integers(1, 4), st.integers(1, 4), st.lists(st.integers(1, 6), min_size=1, max_size=3), st.integers(1, 3))
def test_dirac_is_pytorchs(out, inputs, kernel, groups):
    shape = (out * groups, inputs, *kernel)
    expected = oracle.torch.nn.init.dirac_(oracle.torch.empty(shape), groups).numpy()
    parity.compare("initialiser", "dirac_", filled("dirac_", shape, {"groups": groups}), expected)


def test_dirac_keeps_an_image(device):
    weight = init.dirac_(xp.empty((3, 3, 3, 3), device=device))
    x = Generator(1).uniform((2, 3, 5, 4), device=device)
    np.testing.assert_array_equal(nn.functional.conv2d(x, weight, padding=1).numpy(), x.numpy())


def test_constants(device):
    for name, options, value in [("constant_", {"val": 0.5}, 0.5), ("ones_", {}, 1.0), ("zeros_", {}, 0.0)]:
        np.testing.assert_array_equal(filled(name, (2, 3), options, device=device), np.full((2, 3), value), strict=True)


@pytest.mark.needs("torch")
@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (4, 2, 3), (2, 3, 2, 2), (1, 1)], ids=str)
def test_orthogonal_matrices(shape, device):
    """Orthogonal, and what PyTorch's function makes of the same normal numbers."""
    x = filled("orthogonal_", shape, {"gain": 1.5}, device=device).reshape(shape[0], -1)
    n, m = x.shape
    small = x @ x.T if n < m else x.T @ x
    assert_close(small, 2.25 * np.eye(min(n, m)))
    normal = oracle.torch.tensor(Generator(3).normal((n, m), dtype="float64", device="cpu").numpy())
    q, r = oracle.torch.linalg.qr(normal.T if n < m else normal)
    q = q * oracle.torch.diag(r).sign()
    parity.compare("initialiser", "orthogonal_", x, 1.5 * (q.T if n < m else q).numpy())


@pytest.mark.parametrize("sparsity", [0.0, 0.1, 0.5, 1.0])
def test_sparse_matrices(sparsity, device):
    x = filled("sparse_", (30, 8), {"sparsity": sparsity, "std": 2.0}, device=device)
    zeros = x == 0
    assert (zeros.sum(axis=0) == math.ceil(30 * sparsity)).all()
    whole = filled("normal_", (30, 8), {"std": 2.0}, device=device)
    np.testing.assert_array_equal(x[~zeros], whole[~zeros])
    if 0 < sparsity < 1:
        assert len({tuple(column) for column in zeros.T}) > 1


# ---- all of them ----

OPTIONS = {"constant_": {"val": 2.0}, "sparse_": {"sparsity": 0.3}}
EXACT = {"uniform_", "xavier_uniform_", "kaiming_uniform_", "lecun_uniform_"} | {
    "constant_", "ones_", "zeros_", "eye_", "dirac_",
}  # fmt: skip
FILLING = [name for name in init.__all__ if name.endswith("_")]


def shape_of(name):
    return {"dirac_": (4, 3, 5)}.get(name, (6, 5))


@pytest.mark.every_device
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FILLING)
def test_numbers_are_the_same_on_every_device(name, dtype, device):
    came, expected = (
        filled(name, shape_of(name), OPTIONS.get(name, {}), device=where, dtype=dtype)
        for where in (device, "numpy:cpu")
    )
    assert_close(came, expected)
    if name in EXACT:
        np.testing.assert_array_equal(came, expected, strict=True)


@pytest.mark.parametrize("name", FILLING)
def test_a_smaller_type_has_the_numbers_of_float32(name):
    half, single = (filled(name, shape_of(name), OPTIONS.get(name, {}), dtype=d) for d in ("float16", "float32"))
    np.testing.assert_array_equal(half, single.astype("float16"))


@pytest.mark.every_device
@pytest.mark.parametrize("name", FILLING)
def test_a_parameter_stays_a_leaf_and_the_default_stream_goes_on(name, device):
    weight = nn.Parameter(xp.full(shape_of(name), 9.0, device=device))
    xp.random.manual_seed(3)
    fill, options = getattr(init, name), OPTIONS.get(name, {})
    first = fill(weight, **options).detach().numpy()
    assert weight.is_leaf
    assert weight.requires_grad
    assert not (first == 9.0).any()
    again = fill(weight, **options).detach().numpy()
    is_random = name not in ("constant_", "ones_", "zeros_", "eye_", "dirac_")
    assert np.array_equal(first, again) is not is_random
    if is_random:
        assert_close(first, filled(name, shape_of(name), options, device=device, dtype="float32"))


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
@pytest.mark.parametrize("name", FILLING)
def test_an_array_without_elements_stays_one(name, shape, device):
    shape = (*shape, 2) if name == "dirac_" else shape
    assert filled(name, shape, OPTIONS.get(name, {}), device=device).shape == shape


def test_linear_layers_keep_pytorchs_default():
    """U(-1 / sqrt(in), 1 / sqrt(in)): `a=math.sqrt(5)` is a slope by keyword."""
    xp.random.manual_seed(0)
    weight = nn.Linear(100, 50, device="cpu").weight.detach().numpy()
    assert 0.099 < np.abs(weight).max() <= 0.1
