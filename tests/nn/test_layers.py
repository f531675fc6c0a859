"""Each layer against PyTorch's: output, the gradient of the input and of each parameter, state dicts."""

import itertools

import numpy as np
import pytest

import xnn as xp
from tests.nn.layers import CASES, both, points
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import nn

cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


def run(layer, x, g):
    """The output, and the gradients of the input and of each parameter by name."""
    out = layer(x)
    out.backward(g(out))
    return out, {"input": x.grad, **{name: p.grad for name, p in layer.named_parameters()}}


def test_every_layer_has_a_case():
    layers = {n for n in nn.__all__ if isinstance(getattr(nn, n), type)} - {"Module", "Parameter", "Sequential"}
    assert layers == {case.id.partition("(")[0] for case in CASES}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@cases
def test_output_and_gradients_are_pytorchs(case, dtype, device):
    ours, theirs = both(case, device, dtype)
    values = points(case.shape, dtype)
    for mode in ("train", "eval"):
        getattr(ours, mode)()
        getattr(theirs, mode)()
        x = xp.asarray(values, device=device, requires_grad=True)
        t = torch.tensor(values, requires_grad=True)
        for module in (ours, theirs):
            module.zero_grad()
        out, grads = run(ours, x, lambda y: xp.asarray(points(y.shape, dtype, 1), device=device))
        expected, expected_grads = run(theirs, t, lambda y: torch.tensor(points(tuple(y.shape), dtype, 1)))
        assert out.dtype.name == dtype
        assert_close(out.detach().numpy(), expected.detach().numpy())
        assert set(grads) == set(expected_grads)
        for name, g in grads.items():
            assert_close(g.numpy(), expected_grads[name].numpy())


@cases
def test_derivatives_of_both_orders(case):
    layer = case.ours("cpu", xp.float64)
    xp.check_gradients(layer, xp.asarray(points(case.shape), device="cpu"))


FUNCTIONS = {
    "linear": ([(4, 3), (2, 3), (2,)], {}),
    "conv2d": ([(1, 2, 5, 5), (4, 1, 3, 3), (4,)], {"padding": "same", "groups": 2}),
    "max_pool2d": ([(1, 2, 4, 4)], {"kernel_size": 2}),
    "dropout": ([(3, 4)], {"p": 0.0}),
    "flatten": ([(2, 3, 4)], {"start_dim": 1}),
    "relu": ([(3, 4)], {}),
    "sigmoid": ([(3, 4)], {}),
    "tanh": ([(3, 4)], {}),
    "softmax": ([(3, 4)], {"dim": 0}),
    "log_softmax": ([(3, 4)], {"dim": -1}),
}


def test_every_function_has_a_case():
    assert set(FUNCTIONS) == set(nn.functional.__all__)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_pytorchs_and_give_raw_arrays_for_raw_arrays(name, device):
    shapes, options = FUNCTIONS[name]
    values = [points(shape, seed=i) for i, shape in enumerate(shapes)]
    arrays = [xp.asarray(v, device=device) for v in values]
    function = getattr(nn.functional, name)
    raw, out = function(*(x._data for x in arrays), **options), function(*arrays, **options)
    assert type(raw) is device.backend.array_type
    assert type(out) is xp.Array
    theirs = getattr(torch, name) if name == "flatten" else getattr(torch.nn.functional, name)
    expected = theirs(*map(torch.tensor, values), **options).numpy()
    assert_close(device.backend.to_numpy(raw), expected)
    assert_close(out.numpy(), expected)


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "softmax", "log_softmax", "flatten"])
def test_arguments_are_named_as_pytorchs(name, device):
    options = FUNCTIONS[name][1]
    assert getattr(nn.functional, name)(input=xp.ones((2, 3, 4), device=device), **options).device is device


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4)], ids=str)
def test_flatten_takes_and_refuses_the_dimensions_that_pytorch_does(shape):
    x, t = xp.zeros(shape, device="cpu"), torch.zeros(shape)
    for start, end in itertools.product(range(-5, 5), repeat=2):
        try:
            expected = tuple(torch.flatten(t, start, end).shape)
        except (IndexError, RuntimeError):
            with pytest.raises((xp.errors.ShapeError, xp.errors.OptionError)):
                nn.functional.flatten(x, start, end)
        else:
            assert nn.functional.flatten(x, start, end).shape == expected


@pytest.mark.parametrize("dim", range(-4, 5))
def test_unflatten_takes_and_refuses_the_dimensions_that_pytorch_does(dim):
    x, t = xp.zeros((6, 6), device="cpu"), torch.zeros((6, 6))
    try:
        expected = tuple(torch.nn.Unflatten(dim, (2, 3))(t).shape)
    except IndexError:
        with pytest.raises(xp.errors.ShapeError, match=f"got {dim}"):
            nn.Unflatten(dim, (2, 3))(x)
    else:
        assert nn.Unflatten(dim, (2, 3))(x).shape == expected


def test_sizes_may_be_integers_of_numpy():
    layer = nn.Conv2d(np.int64(1), np.int64(2), np.int64(3), (np.int32(1), 1), padding=np.int64(1), device="cpu")
    assert layer.kernel_size == (3, 3)
    assert layer(xp.zeros((1, 1, 4, 4), device="cpu")).shape == (1, 2, 4, 4)
    assert nn.Linear(np.int64(3), np.int64(2), device="cpu").weight.shape == (2, 3)
    assert nn.MaxPool2d(np.int64(2))(xp.zeros((1, 1, 4, 4), device="cpu")).shape == (1, 1, 2, 2)


def networks():
    ours = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 8), nn.Tanh(), nn.Linear(8, 3)
    )
    t = torch.nn
    theirs = t.Sequential(
        t.Conv2d(1, 4, 3), t.ReLU(), t.MaxPool2d(2), t.Flatten(), t.Linear(36, 8), t.Tanh(), t.Linear(8, 3)
    )
    return ours, theirs


def test_pytorchs_state_dict_loads_unchanged_and_ours_loads_into_pytorch():
    ours, theirs = networks()
    x = points((5, 1, 8, 8), "float32")
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    expected = theirs(torch.tensor(x)).detach().numpy()
    assert_close(ours(xp.asarray(x)).detach().numpy(), expected)
    other = networks()[0]
    theirs.load_state_dict({name: torch.tensor(v.numpy()) for name, v in other.state_dict().items()})
    assert_close(theirs(torch.tensor(x)).detach().numpy(), other(xp.asarray(x)).detach().numpy())


def test_loading_shares_no_memory(device):
    theirs = torch.nn.Linear(3, 2)
    ours = nn.Linear(3, 2, device=device)
    ours.load_state_dict(theirs.state_dict())
    before = ours.weight.tolist()
    with torch.no_grad():
        theirs.weight += 1.0
    assert ours.weight.tolist() == before


# ---- initial values ----


@pytest.mark.parametrize("case", [c for c in CASES if list(c.theirs().parameters())], ids=lambda case: case.id)
def test_initial_values_have_pytorchs_bounds(case):
    def many(make):
        found = {}
        for _ in range(60):
            for name, p in make().named_parameters():
                found.setdefault(name, []).append(p.detach().numpy().ravel())
        return {name: np.concatenate(parts) for name, parts in found.items()}

    xp.random.manual_seed(0)
    torch.manual_seed(0)
    ours, theirs = many(lambda: case.ours("cpu", xp.float32)), many(case.theirs)
    assert set(ours) == set(theirs)
    for name, values in ours.items():
        bound = 1 / np.sqrt(np.prod(dict(case.theirs().named_parameters())["weight"].shape[1:]))
        assert abs(values).max() <= bound
        assert abs(theirs[name]).max() <= bound
        assert abs(values).max() > 0.9 * bound
        assert abs(values.mean()) < 0.25 * bound
        assert abs(values.std() - bound / np.sqrt(3)) < 0.15 * bound  # uniform


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_initial_values_are_the_same_on_every_device(dtype, device):
    def values(device):
        xp.random.manual_seed(12)
        layers = nn.Linear(5, 3, device=device, dtype=dtype), nn.Conv2d(2, 3, 3, device=device, dtype=dtype)
        return [p.detach().numpy() for layer in layers for p in layer.parameters()]

    for came, expected in zip(values(device), values("numpy:cpu"), strict=True):
        np.testing.assert_array_equal(came, expected, strict=True)


def test_initialisers(device):
    x = xp.empty((30, 40), device=device)
    assert nn.init.uniform_(x, 2.0, 3.0) is x
    assert 2 <= x.numpy().min() < x.numpy().max() < 3
    nn.init.kaiming_uniform_(x)
    assert x.numpy().max() <= np.sqrt(6 / 40)
    assert x.numpy().max() > 0.9 * np.sqrt(6 / 40)
    own = xp.random.Generator(3)
    nn.init.uniform_(x, generator=own)
    np.testing.assert_array_equal(x.numpy(), xp.random.Generator(3).uniform((30, 40), device="cpu").numpy())
    with pytest.raises(xp.errors.ShapeError, match=r"a weight of two or more dimensions has fans; got shape \(3,\)"):
        nn.init.kaiming_uniform_(xp.empty((3,), device=device))


def test_a_parameter_stays_a_leaf_when_it_is_filled(device):
    weight = nn.Parameter(xp.zeros((2, 2), device=device))
    nn.init.uniform_(weight)
    assert weight.is_leaf
    assert weight.requires_grad


# ---- dropout ----


def test_dropout_drops_its_share(device):
    layer = nn.Dropout(0.3)
    xp.random.manual_seed(1)
    x = xp.ones((50, 40), device=device, dtype=xp.float64)
    y = layer(x).numpy()
    assert abs((y == 0).mean() - 0.3) < 0.04
    assert_close(y[y != 0], np.full((y != 0).sum(), 1 / 0.7))
    assert layer.eval()(x) is x
    assert layer.train()(x) is not x


def test_dropout_has_one_mask_on_every_device_and_for_every_type(device):
    def mask(device, dtype):
        g = xp.random.Generator(4)
        x = xp.ones((7, 9), device=device, dtype=dtype)
        return nn.functional.dropout(x, 0.4, generator=g).numpy() != 0

    expected = mask("numpy:cpu", "float32")
    for dtype in ("float32", "float64"):
        np.testing.assert_array_equal(mask(device, dtype), expected)
    assert 0.3 < expected.mean() < 0.9


def test_dropout_passes_the_gradient_where_it_passes_the_value(device):
    x = xp.asarray(np.ones((6, 5)), device=device, requires_grad=True)
    y = nn.functional.dropout(x, 0.5, generator=xp.random.Generator(2))
    xp.sum(y).backward()
    assert_close(x.grad.numpy(), y.detach().numpy())


def test_dropout_of_everything_and_of_nothing(device):
    x = xp.ones((3, 3), device=device)
    assert nn.functional.dropout(x, 1.0).numpy().max() == 0
    assert nn.functional.dropout(x, 0.0) is x
    assert nn.functional.dropout(x, 0.9, training=False) is x


def test_dropout_of_a_raw_array_is_a_raw_array(device):
    raw = xp.ones((3, 3), device=device)._data
    assert isinstance(nn.functional.dropout(raw, 0.5), device.backend.array_type)
