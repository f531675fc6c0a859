"""Activations where formulas go wrong: far from 0, at infinities, NaN and kinks; options, types, errors."""

import math
import re

import numpy as np
import pytest

import xnn as xp
from tests.ops.compare import arrays_on, assert_like_torch, quiet
from tests.oracle import F as torch_functional
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.nn import functional as F

inf, nan = math.inf, math.nan

OPTIONS = {
    "relu": {}, "relu6": {}, "leaky_relu": {"negative_slope": 0.25}, "elu": {"alpha": 0.5}, "selu": {},
    "celu": {"alpha": 2.0}, "hardtanh": {}, "hardsigmoid": {}, "hardswish": {}, "hardshrink": {}, "softshrink": {},
    "threshold": {"threshold": 0.5, "value": 7.0}, "rrelu": {}, "sigmoid": {}, "tanh": {}, "logsigmoid": {},
    "softplus": {}, "softsign": {}, "tanhshrink": {}, "silu": {}, "mish": {}, "gelu": {},
    "gelu tanh": {"approximate": "tanh"}, "softplus beta": {"beta": 3.0, "threshold": 1.5}, "hardtanh wide": {
        "min_val": -6.0, "max_val": 20.0},
}  # fmt: skip
SPECIAL = [-inf, -1e4, -6.0, -3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 3.0, 6.0, 20.0, 21.0, 1e4, inf, nan]


# In float32 PyTorch has gelu(inf) = NaN, in float64 inf; in float64 it rounds hardsigmoid's slope 1 / 6 to float32.
WITHOUT = {("gelu", "float32"): {inf}, ("hardsigmoid", "float64"): {-1.0, -0.5, -0.0, 0.0, 0.5, 1.0}}


@pytest.mark.needs("torch")
@pytest.mark.parametrize("id", OPTIONS)
def test_special_points_are_pytorchs(id, device):
    """Values and gradients at kinks, infinities and NaN."""
    name, options = id.partition(" ")[0], OPTIONS[id]
    for dtype in ("float32", "float64"):
        points = [x for x in SPECIAL if x not in WITHOUT.get((name, dtype), ())]
        for raw in (points, points[3:4], points[3]):
            with quiet():
                assert_like_torch(
                    lambda xp, x: getattr(F, name)(x, **options),
                    lambda x: getattr(torch_functional, name)(x, **options),
                    [np.asarray(raw, dtype)],
                    device,
                )


@pytest.mark.needs("torch")
@pytest.mark.parametrize("id", OPTIONS)
def test_float16_far_away(id, device):
    """Where squares overflow: values and derivatives are those of float64, rounded."""
    if xp.float16 not in device.backend.raw_dtypes:
        pytest.skip(f"{device.backend.name} has no float16")
    name, options = id.partition(" ")[0], OPTIONS[id]
    points = np.asarray([-6e4, -300.0, -250.0, 250.0, 300.0, 6e4], "float16")
    x = torch.tensor(points.astype("float64"), requires_grad=True)
    expected = getattr(torch_functional, name)(x, **options)
    expected.sum().backward()
    given = xp.asarray(points, device=device, requires_grad=True)
    with quiet():  # NumPy warns of what overflows on the way
        came = getattr(F, name)(given, **options)
        xp.sum(came).backward()
    assert_close(came.detach().numpy(), expected.detach().numpy().astype("float16"), "float16")
    assert_close(given.grad.numpy(), x.grad.numpy().astype("float16"), "float16")


THROUGH_ZERO = (
    "relu relu6 leaky_relu elu selu gelu silu mish softsign tanh hardtanh hardswish tanhshrink softshrink hardshrink"
)


@pytest.mark.parametrize("name", THROUGH_ZERO.split())
def test_of_zeros_is_zero(name, device):
    y = getattr(F, name)(xp.asarray([0.0, -0.0], device=device))
    assert y.tolist() == [0.0, 0.0]


# ---- tails ----

FAR = np.asarray([-700.0, -100.0, -50.0, -30.0, -12.0, -5.0, 5.0, 12.0, 30.0, 50.0, 100.0])
e = np.exp(-np.abs(FAR))


def logistic(x):
    """1 / (1 + exp(-x)), by an exponential that does not overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1) / (1 + small)


NEGATIVE = FAR < 0
GATE = np.where(NEGATIVE, (e * e + 2 * e) / (e * e + 2 * e + 2), (1 + 2 * e) / (1 + 2 * e + 2 * e * e))
CDF = np.asarray([0.5 * math.erfc(-x / math.sqrt(2)) for x in FAR])
U = 2 * math.sqrt(2 / math.pi) * (FAR + 0.044715 * FAR**3)
# value and derivative, each in a form that loses no digits
TAILS = {
    "sigmoid": (logistic(FAR), None),
    "logsigmoid": (np.minimum(FAR, 0) - np.log1p(e), logistic(-FAR)),
    "silu": (FAR * logistic(FAR), logistic(FAR) * (1 + FAR * logistic(-FAR))),
    "gelu": (FAR * CDF, CDF + FAR * np.exp(-0.5 * FAR**2) / math.sqrt(2 * math.pi)),
    "gelu tanh": (FAR * logistic(U), None),
    "mish": (FAR * GATE, None),
    "squareplus": (np.where(NEGATIVE, 2 / (np.sqrt(FAR**2 + 4) - FAR), (FAR + np.sqrt(FAR**2 + 4)) / 2), None),
    "softplus": (np.where(FAR > 20, FAR, np.where(NEGATIVE, np.log1p(e), FAR + np.log1p(e))), None),
    "exponential": (np.exp(FAR), np.exp(FAR)),
    "elu": (np.where(NEGATIVE, np.expm1(FAR), FAR), np.where(NEGATIVE, e, 1.0)),
}  # fmt: skip


@pytest.mark.parametrize("id", TAILS)
def test_tails_keep_their_digits(id, device):
    """Relative to each number, where a tolerance relative to the largest would see nothing."""
    options = {"approximate": "tanh"} if id == "gelu tanh" else {}
    x = xp.asarray(FAR, device=device, requires_grad=True)
    y = getattr(F, id.partition(" ")[0])(x, **options)
    xp.sum(y).backward()
    for came, expected in zip((y.detach(), x.grad), TAILS[id], strict=True):
        if expected is not None:
            normal = np.abs(expected) > 1e-290
            np.testing.assert_allclose(came.numpy()[normal], expected[normal], rtol=1e-12)


SMOOTH = ["sigmoid", "tanh", "logsigmoid", "softplus", "silu", "mish", "gelu", "gelu tanh", "tanhshrink", "squareplus",
          "exponential"]  # fmt: skip


@pytest.mark.parametrize("id", SMOOTH)
def test_smooth_ones_have_three_derivatives_at_zero(id):
    """Where a definition by abs(x) has a kink of its own."""
    options = {"approximate": "tanh"} if " " in id else {}
    x = xp.asarray([0.0, 0.0, 1e-3], device="numpy:cpu", dtype=xp.float64)
    xp.check_gradients(lambda x: getattr(F, id.partition(" ")[0])(x, **options), x, order=3)


# ---- parameters of PReLU, and random slopes ----


@pytest.mark.needs("torch")
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4), (0, 3)], ids=str)
def test_prelu_takes_and_refuses_the_weights_that_pytorch_does(shape):
    x = np.random.default_rng(0).normal(size=shape)
    for size in ((), (1,), (2,), (3,), (4,), (1, 3)):
        weight = np.linspace(0.1, 0.4, math.prod(size)).reshape(size)
        try:
            torch_functional.prelu(torch.tensor(x), torch.tensor(weight))
        except RuntimeError:
            with pytest.raises(ShapeError, match=re.escape(f"counts the channels; got {size}. Cure: PReLU(")):
                F.prelu(xp.asarray(x, device="cpu"), xp.asarray(weight, device="cpu"))
        else:
            assert_like_torch(
                lambda xp, *a: F.prelu(*a), torch_functional.prelu, [x, weight], xp.backends.find_device("cpu")
            )


def test_rrelu_draws_a_slope_for_each_element(device):
    layer = nn.RReLU(0.2, 0.6)
    xp.random.manual_seed(2)
    x = xp.asarray(np.tile([-2.0, 3.0], (40, 20)), device=device, requires_grad=True)
    y = layer(x)
    xp.sum(y).backward()
    slopes, values = x.grad.numpy(), y.detach().numpy()
    assert_close(values, slopes * x.detach().numpy())
    assert (slopes[:, 1::2] == 1).all()
    drawn = slopes[:, ::2]
    assert 0.2 <= drawn.min() < 0.21 < 0.59 < drawn.max() < 0.6
    assert abs(drawn.mean() - 0.4) < 0.02
    assert abs(drawn.std() - 0.4 / math.sqrt(12)) < 0.01
    again = F.rrelu(x.detach(), 0.2, 0.6, True, generator=xp.random.Generator(2))
    np.testing.assert_array_equal(again.numpy(), values)
    assert_close(layer.eval()(x.detach()).numpy()[:, 0], np.full(40, -0.8))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_rrelu_draws_no_slope_beyond_the_bounds(dtype, device):
    """Which rounding did, by one unit in the last place: bounds are numbers of the type here."""
    if getattr(xp, dtype) not in device.backend.raw_dtypes:
        pytest.skip(f"{device} has no {dtype}")
    x = xp.full((40_000,), -1.0, dtype=dtype, device=device)
    for low, high in ((0.390380859375, 0.94091796875), (0.25, 0.5)):
        slopes = -F.rrelu(x, low, high, True, generator=xp.random.Generator(2)).numpy().astype("float64")
        assert low <= slopes.min()
        assert slopes.max() <= high


@pytest.mark.every_device
def test_rrelu_has_the_same_slopes_on_every_device(device):
    def run(where, dtype):
        return F.rrelu(
            xp.full((5, 4), -1.0, device=where, dtype=dtype), training=True, generator=xp.random.Generator(1)
        )

    for dtype in (xp.float32, xp.float64):
        assert_close(run(device, dtype).numpy(), run("numpy:cpu", dtype).numpy())
    assert_close(run(device, xp.float64).numpy(), run(device, xp.float32).numpy().astype(float), "float32")


# ---- derivatives that are 0 ----


def test_step_and_sign_have_the_derivative_zero(device):
    for function, expected in ((F.step, [0.0, 1.0, 1.0, nan]), (F.sign, [-1.0, 0.0, 1.0, nan])):
        x = xp.asarray([-2.0, 0.0, 3.0, nan], device=device, requires_grad=True)
        y = function(x)
        assert_close(y.detach().numpy(), np.float32(expected))
        xp.sum(y * y + x).backward()
        assert x.grad.tolist() == [1.0] * 4
    assert F.step(xp.asarray([-inf, 1.4, 1.5, inf], device=device), 1.5).tolist() == [0.0, 0.0, 1.0, 1.0]


# ---- types ----

ALL = [*{id.partition(" ")[0] for id in OPTIONS} - {"threshold"}, "exponential", "squareplus", "sparse_plus",
       "sparse_sigmoid", "step", "sign"]  # fmt: skip


@pytest.mark.parametrize("name", sorted(ALL))
def test_integers_become_floats_and_complex_numbers_raise(name, device):
    came = getattr(F, name)(xp.asarray([-2, 0, 1], device=device))
    assert came.dtype is xp.float32
    expected = getattr(F, name)(xp.asarray([-2.0, 0, 1], device=device))
    assert came.tolist() == expected.tolist()
    if name not in ("tanh", "exponential"):
        with pytest.raises(DTypeError, match="this function is of real numbers; got complex"):
            getattr(F, name)(xp.asarray([1j], device=device))
    with pytest.raises(TypeError, match=f"{name} takes arrays; input is a float. Cure: xnn.asarray"):
        getattr(F, name)(1.0)


WITH_NUMBERS = {
    "leaky_relu": (0.5,), "elu": (0.5,), "celu": (0.5,), "rrelu": (0.25, 0.5), "hardtanh": (-0.5, 0.5),
    "hardshrink": (0.5,), "softshrink": (0.5,), "threshold": (0.5, 2.0), "softplus": (2.0, 4.0), "squareplus": (2.0,),
    "step": (0.5,),
}  # fmt: skip


@pytest.mark.parametrize("name", WITH_NUMBERS)
def test_an_option_from_numpy_does_not_decide_the_type(name, device):
    """Whose numbers have a type of their own: float64 beside float32 would be float64."""
    x = xp.asarray([-2.0, 0.3, 4.0], device=device, dtype=xp.float32)
    function, options = getattr(F, name), WITH_NUMBERS[name]
    expected = function(x, *options)
    for kind in (np.float64, np.float32):
        came, slope = xp.jvp(lambda x, kind=kind: function(x, *map(kind, options)), (x,), (xp.ones_like(x),))
        assert came.dtype is slope.dtype is xp.float32
        np.testing.assert_array_equal(came.numpy(), expected.numpy())
    for wrong in ("a", None, np.asarray(0.5), xp.asarray(0.5, device=device)):
        with pytest.raises(OptionError, match=f"{name}: [a-z_]* is a number; got "):
            function(x, wrong, *options[1:])


def test_what_is_kept_for_the_derivative():
    """One array for an element-wise activation: that which comes in or that which goes out."""
    for id, options in OPTIONS.items():
        x = xp.asarray([0.5, 2.0], device="numpy:cpu", requires_grad=True)
        node = getattr(F, id.partition(" ")[0])(x, **options)._node
        kept = [a for a in (*node.inputs, node.output) if isinstance(a, np.ndarray)]
        assert len(kept) == 1, id
        assert node.primitive.kind == "elementwise", id


# ---- errors ----


def ones(*shape, dtype=None):
    return xp.ones(shape, device="cpu", dtype=dtype or xp.float32)


ERRORS = [
    (lambda: F.celu(ones(2), 0.0), OptionError, "celu divides by alpha, which is not 0; got 0.0"),
    (lambda: F.softplus(ones(2), 0), OptionError, "softplus divides by beta, which is not 0; got 0"),
    (lambda: nn.Softshrink(-1.0)(ones(2)), OptionError, "softshrink takes a lambd of at least 0; got -1.0"),
    (lambda: nn.Hardtanh(2.0, 1.0)(ones(2)), OptionError, "hardtanh takes min_val <= max_val; got 2.0 and 1.0"),
    (
        lambda: nn.RReLU(0.5, 0.2)(ones(2)),
        OptionError,
        "rrelu draws slopes between lower and upper, lower <= upper; got 0.5 and 0.2",
    ),
    (lambda: nn.GELU("erf")(ones(2)), OptionError, "gelu's approximate is 'none' or 'tanh'; got 'erf'"),
    (lambda: F.squareplus(ones(2), -1), OptionError, "squareplus takes b of at least 0; got -1"),
    (
        lambda: nn.GLU(1)(ones(2, 3)),
        ShapeError,
        "glu halves dimension 1, so its size is even; got shape (2, 3). "
        "Cure: give the layer before it twice the features.",
    ),
    (
        lambda: F.glu(ones()),
        ShapeError,
        "glu: dim is a dimension of the input, and an input of shape () has none; got -1. "
        "Cure: xnn.reshape(input, (1,)).",
    ),
    (
        lambda: F.prelu(ones(2, 3), ones(2)),
        ShapeError,
        "prelu takes a weight of shape (1,), or (3,) for an input of shape (2, 3), whose dimension 1 counts the "
        "channels; got (2,). Cure: PReLU(3).",
    ),
    (
        lambda: F.prelu(ones(2, 3), ones(3, dtype=xp.float64)),
        DTypeError,
        "prelu takes input and weight of one type; got float32 and float64. "
        "Cure: xnn.astype(x, xnn.float64), or model.to(dtype=xnn.float32).",
    ),
    (lambda: nn.PReLU(0), OptionError, "num_parameters is an int of at least 1; got 0"),
]


@pytest.mark.parametrize(("call", "kind", "text"), ERRORS, ids=[text[:40] for _, _, text in ERRORS])
def test_errors(call, kind, text):
    with pytest.raises(kind) as raised:
        call()
    assert str(raised.value) == text


@pytest.mark.needs("torch")
def test_options_are_shown():
    for layer in (nn.PReLU(3, device="cpu"), nn.GELU("tanh"), nn.Softmax(1), nn.ELU(2.0), nn.Hardtanh(), nn.ReLU6(),
                  nn.Softplus(), nn.Threshold(1, 2), nn.RReLU(), nn.GLU(), nn.CELU(), nn.Softmax2d()):  # fmt: skip
        theirs = repr(getattr(torch.nn, type(layer).__name__)(**vars_of(layer)))
        assert repr(layer) == theirs
    assert repr(nn.Squareplus()) == "Squareplus(b=4.0)"


def vars_of(layer):
    """The options of a layer, by name."""
    state = {"training", "_modules", "_parameters", "_buffers", "_transient", "weight", "init"}
    return {name: value for name, value in vars(layer).items() if name not in state}


def test_arrays_of_one_element_and_strided_ones(device):
    (x,) = arrays_on(device, [np.linspace(-3, 3, 12).reshape(3, 4)])
    for name in ("gelu", "mish", "selu", "hardswish"):
        whole = getattr(F, name)(x).numpy()
        np.testing.assert_array_equal(getattr(F, name)(x[:, ::2]).numpy(), whole[:, ::2])
        np.testing.assert_array_equal(getattr(F, name)(xp.permute_dims(x, (1, 0))).numpy(), whole.T)


IN_PLACE = {
    "celu_": (2.0,), "elu_": (0.5,), "hardtanh_": (-0.5, 0.5), "leaky_relu_": (0.5,), "relu_": (),
    "rrelu_": (0.25, 0.5), "selu_": (), "threshold_": (0.5, 2.0),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(IN_PLACE))
def test_in_place_on_the_graph(name, device):
    raw = np.asarray([-2.0, -0.3, 0.4, 3.0], np.float32)
    theirs = torch.tensor(raw, requires_grad=True)
    expected = getattr(torch_functional, name)(theirs * 2.0, *IN_PLACE[name])
    expected.sum().backward()
    leaf = xp.asarray(raw, device=device, requires_grad=True)
    x = leaf * 2.0
    assert getattr(F, name)(x, *IN_PLACE[name]) is x
    xp.sum(x).backward()
    assert_close(x.detach().numpy(), expected.detach().numpy(), "float32")
    assert_close(leaf.grad.numpy(), theirs.grad.numpy(), "float32")
    with pytest.raises(RuntimeError, match="leaf"):
        getattr(F, name)(leaf, *IN_PLACE[name])


@pytest.mark.parametrize("name", sorted(IN_PLACE))
def test_in_place_of_raw_arrays(name, device):
    raw = xp.asarray(np.asarray([-2.0, -0.3, 0.4, 3.0], np.float32), device=device)._data
    wanted = getattr(F, name[:-1])(xp.asarray(raw, copy=True), *IN_PLACE[name])
    assert getattr(F, name)(raw, *IN_PLACE[name]) is raw
    assert xp.asarray(raw).tolist() == wanted.tolist()
    with pytest.raises(DTypeError, match=f"{name} takes floating-point input; got int64"):
        getattr(F, name)(xp.asarray([1], device=device), *IN_PLACE[name])
    with pytest.raises(TypeError, match=f"{name} takes arrays; input is a list"):
        getattr(F, name)([1.0], *IN_PLACE[name])
