"""Draws beyond uniform and normal: the same on every device, with arrays for parameters, derivatives, and refusals."""

import pickle

import numpy as np
import pytest

import xnn as xp
from tests.tolerances import assert_close
from xnn.errors import GraphError, OptionError, ShapeError
from xnn.random import Generator
from xnn.random.later import LATER, NAMES, load
from xnn_backends import DeviceMismatchError

SHAPE = (5, 3)


def put(value, device, dtype="float64"):
    return xp.asarray(value, dtype=dtype, device=device)


# Name: a draw of SHAPE on a device. Real numbers agree as nearly as the devices' logarithms; counts and orders exactly.
REAL = {
    "beta": lambda g, d: g.beta(0.5, put([1.0, 2.0, 3.0], d), SHAPE),
    "cauchy": lambda g, d: g.cauchy(1.0, 2.0, SHAPE, device=d),
    "chisquare": lambda g, d: g.chisquare(3.0, SHAPE, device=d),
    "dirichlet": lambda g, d: g.dirichlet(put([0.5, 2.0, 3.0], d), 5),
    "exponential": lambda g, d: g.exponential(put([1.0, 2.0, 3.0], d, "float32"), SHAPE),
    "gamma": lambda g, d: g.gamma(put([0.5, 1.0, 30.0], d), 2.0, SHAPE),
    "gumbel": lambda g, d: g.gumbel(put([1.0, 2.0, 3.0], d), 1.0, SHAPE),
    "laplace": lambda g, d: g.laplace(0.0, 2.0, SHAPE, device=d),
    "logistic": lambda g, d: g.logistic(0.0, 2.0, SHAPE, device=d),
    "lognormal": lambda g, d: g.lognormal(0.0, 0.3, SHAPE, device=d),
    "multivariate_normal": lambda g, d: g.multivariate_normal(put([1.0, 2.0, 3.0], d), put(np.eye(3) + 1, d), 5),
    "pareto": lambda g, d: g.pareto(3.0, SHAPE, device=d),
    "rand": lambda g, d: g.rand(*SHAPE, device=d),
    "randn": lambda g, d: g.randn(*SHAPE, device=d),
    "random": lambda g, d: g.random(SHAPE, device=d),
    "random_sample": lambda g, d: g.random_sample(SHAPE, device=d),
    "rayleigh": lambda g, d: g.rayleigh(3.0, SHAPE, device=d),
    "standard_cauchy": lambda g, d: g.standard_cauchy(SHAPE, device=d),
    "standard_exponential": lambda g, d: g.standard_exponential(SHAPE, device=d),
    "standard_gamma": lambda g, d: g.standard_gamma(3.0, SHAPE, device=d),
    "standard_normal": lambda g, d: g.standard_normal(SHAPE, device=d),
    "standard_t": lambda g, d: g.standard_t(3.0, SHAPE, device=d),
    "truncated_normal": lambda g, d: g.truncated_normal(put([-1.0, 0.0, 1.0], d), 2.0, size=SHAPE),
    "weibull": lambda g, d: g.weibull(3.0, SHAPE, device=d),
}
COUNTED = {
    "bernoulli": lambda g, d: g.bernoulli(put([0.1, 0.5, 0.9], d), SHAPE),
    "binomial": lambda g, d: g.binomial(10, 0.3, SHAPE, device=d),
    "binomial of arrays": lambda g, d: g.binomial(put([10, 100, 1000], d, "int64"), 0.7, SHAPE),
    "categorical": lambda g, d: g.categorical(put(np.eye(3), d), axis=0, size=SHAPE),
    "choice": lambda g, d: g.choice(put([1.0, 2.0, 3.0], d), SHAPE, p=[0.2, 0.3, 0.5]),
    "choice without replacement": lambda g, d: g.choice(20, SHAPE, replace=False, device=d),
    "geometric": lambda g, d: g.geometric(0.3, SHAPE, device=d),
    "integers": lambda g, d: g.integers(-5, 1000, SHAPE, device=d),
    "integers, wide": lambda g, d: g.integers(0, 3 * 2**61, SHAPE, device=d),
    "integers of arrays": lambda g, d: g.integers(0, put([1, 2, 30], d, "int64"), SHAPE),
    "multinomial": lambda g, d: g.multinomial(10, [0.2, 0.3, 0.5], 5, device=d),
    "negative_binomial": lambda g, d: g.negative_binomial(3, 0.5, SHAPE, device=d),
    "permutation": lambda g, d: g.permutation(put(np.arange(15).reshape(5, 3), d, "int64")),
    "poisson": lambda g, d: g.poisson(3.0, SHAPE, device=d),
    "poisson of arrays": lambda g, d: g.poisson(put([0.0, 9.0, 90.0], d), SHAPE),
    "randint": lambda g, d: g.randint(10, size=SHAPE, device=d),
}


def test_every_family_has_what_is_said_of_it():
    for chapter, names in LATER.items():
        family = {name for name in vars(load(chapter, chapter.capitalize())) if name[0] != "_"}
        assert family == {name for name in names if name[0] != "_"}
    drawn = {name.partition(" ")[0].rstrip(",") for name in REAL | COUNTED}
    assert drawn == set(NAMES) - {"RandomState", "default_rng", "seed", "shuffle", "spawn", "split"}


@pytest.mark.every_device
@pytest.mark.parametrize("name", [*REAL, *COUNTED])
def test_numbers_are_the_same_on_every_device(name, device):
    draw = (REAL | COUNTED)[name]
    here, there = Generator(21), Generator(21)
    expected, came = draw(here, xp.backends.find_device("numpy:cpu")), draw(there, device)
    assert came.shape == SHAPE
    assert came.device is device
    assert came.dtype is expected.dtype
    assert here.state_dict() == there.state_dict()
    if name in REAL:
        assert_close(came.numpy(), expected.numpy())
    else:
        np.testing.assert_array_equal(came.numpy(), expected.numpy(), strict=True)


@pytest.mark.parametrize("name", [*REAL, *COUNTED])
def test_functions_draw_from_the_default_stream(name):
    device = xp.backends.find_device("numpy:cpu")
    xp.random.seed(21)
    came = (REAL | COUNTED)[name](xp.random, device).numpy()
    np.testing.assert_array_equal(came, (REAL | COUNTED)[name](Generator(21), device).numpy())


def test_functions_are_pickled_by_name():
    """A bound method would be a copy of the stream, and every worker would draw the same."""
    for name in ("gamma", "normal", "spawn"):
        function = getattr(xp.random, name)
        assert pickle.loads(pickle.dumps(function)) is function
        assert function.__qualname__ == name


# ---- parameters ----


def test_sizes_and_types(device):
    g = Generator(3)
    loc = put([[0.0], [1.0]], device)
    assert g.laplace(loc, [1.0, 2.0, 3.0]).shape == (2, 3)
    assert g.laplace(loc, 1.0, (4, 2, 3)).shape == (4, 2, 3)
    assert g.gamma(2.0, device=device).shape == ()
    assert g.poisson(put([], device)).shape == (0,)
    assert g.gumbel(size=0, device=device).shape == (0,)
    assert g.laplace(loc).dtype is xp.float64
    assert g.laplace(loc, dtype="float32").dtype is xp.float32
    assert g.laplace(put([1.0], device, "float32")).dtype is xp.float32
    assert g.laplace(put([1], device, "int64")).dtype is xp.get_default_dtype()
    assert g.laplace(np.float64(1.0), device=device).dtype is xp.get_default_dtype()
    assert g.poisson(3.0, dtype="int32", device=device).dtype is xp.int32
    assert g.poisson(3.0, dtype="float64", device=device).dtype is xp.float64
    assert g.integers(3, dtype="int8", device=device).dtype is xp.int8
    assert g.bernoulli(0.5, device=device).dtype is xp.bool
    assert g.bernoulli(0.5, dtype="float32", device=device).dtype is xp.float32
    assert g.multivariate_normal(put(np.zeros((4, 2)), device), put(np.eye(2), device)).shape == (4, 2)
    assert g.categorical(put(np.zeros((2, 5, 3)), device), axis=1).shape == (2, 3)
    assert g.categorical(put(np.zeros(3), device), size=(7,)).shape == (7,)
    assert g.multinomial(0, [0.5, 0.5], (2, 0), device=device).shape == (2, 0, 2)
    assert g.choice(put(np.zeros((2, 3)), device), (4, 5), axis=1).shape == (2, 4, 5)
    assert g.choice(put(np.zeros((2, 3)), device)).shape == (3,)


def test_half_precision_is_rounded(device):
    if xp.float16 not in device.backend.raw_dtypes:
        pytest.skip(f"{device} has no float16")
    x = Generator(3).laplace(0.0, 2.0, 100, dtype="float16", device=device)
    exact = Generator(3).laplace(0.0, 2.0, 100, dtype="float32", device=device)
    np.testing.assert_array_equal(x.numpy(), exact.numpy().astype(np.float16))


def test_raw_arrays_stay_raw():
    x = np.arange(12.0).reshape(4, 3)
    for came in (Generator(1).permutation(x), Generator(1).choice(x, 4, replace=False)):
        assert type(came) is np.ndarray
        assert sorted(came[:, 0]) == [0, 3, 6, 9]
    assert type(Generator(1).permutation(x, axis=1)) is np.ndarray
    assert type(Generator(1).permutation([3, 4, 5], device="cpu")) is xp.Array


def test_shuffle_works_in_place(device):
    array, raw, listed = put(np.arange(20), device, "int64"), np.arange(20), list("abcdefgh")
    for x in (array, raw):
        assert Generator(1).shuffle(x) is None
        values = np.asarray(x.numpy() if x is array else x)
        assert sorted(values) == list(range(20))
        assert list(values) != list(range(20))
    np.testing.assert_array_equal(array.numpy(), raw)
    Generator(1).shuffle(listed)
    assert sorted(listed) == list("abcdefgh") != listed
    columns = put(np.arange(12).reshape(2, 6), device, "int64")
    Generator(2).shuffle(columns, axis=1)
    np.testing.assert_array_equal(columns.numpy()[1] - columns.numpy()[0], 6)
    with pytest.raises(GraphError, match="a leaf that requires a gradient cannot be changed in place"):
        Generator(1).shuffle(xp.asarray([1.0, 2.0], device=device, requires_grad=True))


def test_extremes(device):
    """What has one outcome, and numbers beyond where a table or the formula would end."""
    g = Generator(4)
    assert set(g.binomial(7, 1.0, 20, device=device).tolist()) == {7}
    assert set(g.binomial(7, 0.0, 20, device=device).tolist()) == {0}
    assert set(g.binomial(put([0.0, 7.0], device), put([0.5, 1.0], device), (5, 2))[:, 1].tolist()) == {7}
    assert set(g.poisson(0.0, 20, device=device).tolist()) == {0}
    assert set(g.poisson(put([0.0], device), 20).tolist()) == {0}
    assert set(g.geometric(1.0, 20, device=device).tolist()) == {1}
    assert g.geometric(1e-300, device=device).tolist() == 2**53
    assert set(g.integers(5, 6, 20, device=device).tolist()) == {5}
    assert set(g.bernoulli(1.0, 20, device=device).tolist()) == {True}
    assert set(g.choice(3, 50, p=[0, 1, 0], device=device).tolist()) == {1}
    assert set(g.categorical(put([-np.inf, 0.0, -np.inf], device), size=50).tolist()) == {1}
    assert set(g.laplace(2.0, 0.0, 5, device=device).tolist()) == {2.0}
    large = g.poisson(1e9, 1000, dtype="float64", device=device).numpy()
    assert abs(large.mean() - 1e9) < 5 * np.sqrt(1e9 / 1000)
    tiny = g.beta(1e-3, 1e-3, 1000, device=device).numpy()
    assert np.isfinite(tiny).all()
    assert 0.4 < (tiny > 0.5).mean() < 0.6
    assert (g.integers(-(2**63), 0, 100, device=device).numpy() < 0).all()
    x = g.truncated_normal(-30.0, -29.0, size=100, dtype="float64", device=device).numpy()
    assert ((x >= -30) & (x <= -29)).all()
    assert set(g.truncated_normal(50.0, np.inf, size=5, device=device).tolist()) == {50.0}
    assert g.integers(put([-128], device, "int64"), 128, 5, dtype="int8").dtype is xp.int8


@pytest.mark.parametrize("name", ["cauchy", "exponential", "gumbel", "laplace", "logistic", "truncated_normal"])
def test_outermost_uniform_numbers_give_finite_ones(name, device, monkeypatch):
    for dtype, step in (("float32", 2.0**-24), ("float64", 2.0**-53)):
        u = {
            kind: device.backend.from_numpy(np.asarray([0, 1 - step], kind), device) for kind in ("float32", "float64")
        }
        monkeypatch.setattr(device.backend, "random_uniform", lambda s, b, n, kind, d, u=u: u[kind.name])
        extra = (-1.0, 1.0) if name == "truncated_normal" else ()
        assert np.isfinite(getattr(Generator(1), name)(*extra, size=2, dtype=dtype, device=device).numpy()).all()


# ---- derivatives ----


DIFFERENTIABLE = {
    "cauchy": ((1.0, 2.0), {}),
    "exponential": ((2.0,), {}),
    "gumbel": ((1.0, 2.0), {}),
    "laplace": ((1.0, 2.0), {}),
    "logistic": ((1.0, 2.0), {}),
    "lognormal": ((0.5, 0.7), {}),
    "_located_normal": ((1.0, 2.0), {}),
    "pareto": ((3.0,), {}),
    "rayleigh": ((2.0,), {}),
    "truncated_normal": ((-1.0, 2.0, 0.5, 1.5), {}),
    "_located_uniform": ((1.0, 2.0), {}),
    "weibull": ((2.0,), {}),
}


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_draws_are_differentiable(name, device):
    parameters = [put([value, value + 0.1], device) for value in DIFFERENTIABLE[name][0]]

    def draw(*parameters):
        options = {"dtype": None, "device": None} if name[0] == "_" else {}
        return getattr(Generator(6), name)(*parameters, **({"size": (3, 2)} | options))

    xp.check_gradients(draw, *parameters)


def test_multivariate_normal_is_differentiable(device):
    mean, root = put([1.0, 2.0], device), put([[1.0, 0.3], [0.2, 2.0]], device)
    for method in ("cholesky", "eigh"):
        xp.check_gradients(
            lambda m, r, how=method: Generator(6).multivariate_normal(m, r @ xp.matrix_transpose(r), 3, method=how),
            mean, root,
        )  # fmt: skip


def test_where_parameters_are_constants(device):
    k = put([0.5, 2.0], device)
    k = xp.asarray(k, requires_grad=True)
    for draw in (Generator(1).standard_gamma, Generator(1).chisquare, Generator(1).poisson, Generator(1).standard_t):
        assert not draw(k).requires_grad
    scale = xp.asarray(put([0.5, 2.0], device), requires_grad=True)
    x = Generator(1).gamma(k, scale)
    xp.sum(x).backward()
    assert k.grad is None
    assert_close(scale.grad.numpy(), x.detach().numpy() / scale.detach().numpy())


def test_what_is_computed_again_is_drawn_again(device):
    x = xp.asarray([1.0, 2.0], device=device)
    for draw in (lambda x: xp.random.laplace(0.0, xp.exp(x)), lambda x: x * xp.random.gamma(2.0, x, device=device)):
        gradients = []
        for function in (draw, xp.remat(draw)):
            xp.random.manual_seed(2)
            gradients.append(xp.grad(lambda x, f=function: xp.sum(f(x)))(x).tolist())
        assert gradients[0] == gradients[1]


# ---- what is refused ----


REFUSED = {
    "scale of laplace": (lambda g, n: g.laplace(0.0, n(-1.0)), "laplace: scale is at least 0"),
    "scale of exponential": (lambda g, n: g.exponential(n(-1.0)), "exponential: scale is at least 0"),
    "std of normal": (lambda g, n: g.normal(0.0, n(-1.0), 3), "normal: scale is at least 0"),
    "shape of gamma": (lambda g, n: g.gamma(n(0.0)), "gamma: shape is more than 0"),
    "a of beta": (lambda g, n: g.beta(n(-1.0), 1.0), "beta: a is more than 0"),
    "df of standard_t": (lambda g, n: g.standard_t(n(0)), "standard_t: df is more than 0"),
    "lam of poisson": (lambda g, n: g.poisson(n(-1.0)), "poisson: lam is at least 0"),
    "n of binomial": (lambda g, n: g.binomial(n(-1.0), 0.5), "binomial: n is at least 0"),
    "p of binomial": (lambda g, n: g.binomial(3, n(1.5)), "binomial: p is from 0 to 1"),
    "p of bernoulli": (lambda g, n: g.bernoulli(n(-0.5)), "bernoulli: p is from 0 to 1"),
    "p of geometric": (lambda g, n: g.geometric(n(0.0)), "geometric: p is more than 0 and at most 1"),
    "alpha of dirichlet": (lambda g, n: g.dirichlet([1.0, -1.0]), "dirichlet: alpha is more than 0"),
    "high of integers": (lambda g, n: g.integers(xp.asarray([3]), 3), "integers: low is less than high"),
    "high of integers as ints": (lambda g, n: g.integers(3, 3), "integers: low is less than high"),
    "a range of integers": (lambda g, n: g.integers(0, 300, dtype="uint8"), "integers: low is less than high"),
    "a wide range": (lambda g, n: g.integers(-(2**63), 2**63 - 1), "integers: low is less than high"),
    "a range of arrays": (lambda g, n: g.integers(xp.asarray([0]), 300, dtype="uint8"), "integers: bounds are"),
    "a wide range of arrays": (lambda g, n: g.integers(xp.asarray([0]), 2**53), "integers: low is less than high, and"),
    "num of split": (lambda g, n: g.split(g), "split: num is an int of at least 0"),
    "low of integers": (lambda g, n: g.integers(0.5, 3), "integers: low is an int"),
    "integers of floats": (lambda g, n: g.integers(xp.asarray([0.5]), 3), "integers: low is of integers; got float32"),
    "low of uniform": (lambda g, n: g.uniform(xp.asarray([2.0]), 1.0, 3), "uniform: low is at most high"),
    "lower": (lambda g, n: g.truncated_normal(1.0, n(1.0)), "truncated_normal: lower is below upper"),
    "p of choice": (lambda g, n: g.choice(2, p=[0.5, 0.6]), "choice: probabilities sum to 1"),
    "negative p of choice": (lambda g, n: g.choice(2, p=[1.5, -0.5]), "choice: a probability is at least 0"),
    "size of choice": (lambda g, n: g.choice(2, 3, replace=False), "choice: without replacement at most as many"),
    "choice of nothing": (lambda g, n: g.choice(0, 3), "choice: without replacement at most as many"),
    "choice of 0s": (lambda g, n: g.choice(2, 2, replace=False, p=[1.0, 0.0]), "choice: of 2 without replacement"),
    "pvals": (lambda g, n: g.multinomial(3, [0.5, 0.4]), "multinomial: probabilities sum to 1"),
    "n of multinomial": (lambda g, n: g.multinomial(-3, [0.5, 0.5]), "multinomial: n is an int of at least 0"),
    "logits": (lambda g, n: g.categorical([-np.inf, -np.inf]), "categorical: logits are numbers or -inf"),
    "NaN of logits": (lambda g, n: g.categorical([np.nan, 0.0]), "categorical: logits"),
    "method": (lambda g, n: g.multivariate_normal([0.0], [[1.0]], method="svd"), "multivariate_normal: method is "),
    "dtype of counts": (lambda g, n: g.poisson(1.0, dtype="complex64"), "poisson: dtype is an integer type"),
    "dtype of numbers": (lambda g, n: g.laplace(dtype="int64"), "random numbers are float16"),
    "size": (lambda g, n: g.laplace(size=-1), "laplace: size is an int of at least 0"),
    "children": (lambda g, n: g.spawn(-1), "spawn: n_children is an int of at least 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_values_are_checked(name):
    """Of numbers at once, and of arrays as well where the host need not wait."""
    call, text = REFUSED[name]
    for kind in (lambda x: x, lambda x: xp.asarray([x], device="cpu")):
        stream = Generator(1)
        with xp.use_device("numpy:cpu"), pytest.raises(OptionError) as error:
            call(stream, kind)
        assert str(error.value).startswith(text)
        assert stream.block == 0


WRONG = {
    "gamma": lambda g, x: g.gamma(x),
    "laplace": lambda g, x: g.laplace(0.0, x),
    "beta": lambda g, x: g.beta(x, 1.0),
    "exponential": lambda g, x: g.exponential(x),
}


@pytest.mark.parametrize("name", WRONG)
def test_no_device_is_waited_for(name, device):
    """Where the host would wait for the values, they are NaN at once, and the next wait says why."""
    if not device.is_asynchronous:
        pytest.skip(f"{device} is not asynchronous")
    wrong = WRONG[name](Generator(1), put([1.0, -1.0], device))
    raw = device.backend.to_numpy(wrong._data)
    assert np.isnan(raw).tolist() == [False, True]
    with pytest.raises(OptionError, match=rf"^{name}: \w+ is (more than|at least) 0; others came"):
        wrong.numpy()


def test_messages_have_a_cure():
    with pytest.raises(OptionError) as error:
        Generator(1).gamma(-2.0)
    assert str(error.value) == (
        "gamma: shape is more than 0; got -2.0. Cure: xnn.exp(shape), or xnn.clip(shape, min=...)."
    )
    with pytest.raises(OptionError) as error:
        Generator(1).bernoulli(xp.asarray([2.0], device="cpu"))
    assert str(error.value) == (
        "bernoulli: p is from 0 to 1; others came. Cure: xnn.clip(p, 0.0, 1.0), or of logits xnn.special.expit(p)."
    )


def test_shapes_are_checked():
    with pytest.raises(ShapeError) as error:
        Generator(1).laplace(xp.zeros((2, 3), device="cpu"), size=3)
    assert str(error.value) == (
        "laplace: parameters broadcast to size; got parameters of shape (2, 3) and size (3,). "
        "Cure: size=None for (2, 3), or sizes before it, as size=(n, 2, 3)."
    )
    for call in (
        lambda: Generator(1).choice(3, p=[0.5, 0.5]),
        lambda: Generator(1).multinomial(3, [[0.5, 0.5]]),
        lambda: Generator(1).dirichlet(1.0),
        lambda: Generator(1).multivariate_normal([0.0, 0.0], [1.0, 1.0]),
        lambda: Generator(1).permutation(xp.zeros((2, 3), device="cpu"), axis=2),
        lambda: Generator(1).shuffle(xp.zeros((), device="cpu")),
        lambda: Generator(1).categorical(1.0),
    ):
        with pytest.raises(ShapeError, match="Cure: "):
            call()


def test_devices_do_not_mix():
    loc = xp.zeros(3, device="strict:device1")
    with pytest.raises(DeviceMismatchError):
        Generator(1).laplace(loc, device="numpy:cpu")
    with pytest.raises(DeviceMismatchError):
        Generator(1).laplace(loc, xp.ones(3, device="numpy:cpu"))
    assert Generator(1).laplace(loc, np.ones(3)).device is loc.device
