"""Networks of several layers: PyTorch's states, memory, sizes; and initial values on every device."""

import itertools

import numpy as np
import pytest

import xnn as xp
from tests.nn.row import Input, values
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import nn


@pytest.mark.needs("torch")
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


@pytest.mark.needs("torch")
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


@pytest.mark.needs("torch")
def test_pytorchs_state_dict_loads_unchanged_and_ours_loads_into_pytorch():
    ours, theirs = networks()
    x = values(Input((5, 1, 8, 8)), "float32", 0)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    expected = theirs(torch.tensor(x)).detach().numpy()
    assert_close(ours(xp.asarray(x)).detach().numpy(), expected)
    other = networks()[0]
    theirs.load_state_dict({name: torch.tensor(v.numpy()) for name, v in other.state_dict().items()})
    assert_close(theirs(torch.tensor(x)).detach().numpy(), other(xp.asarray(x)).detach().numpy())


@pytest.mark.needs("torch")
def test_loading_shares_no_memory(device):
    theirs = torch.nn.Linear(3, 2)
    ours = nn.Linear(3, 2, device=device)
    ours.load_state_dict(theirs.state_dict())
    before = ours.weight.tolist()
    with torch.no_grad():
        theirs.weight += 1.0
    assert ours.weight.tolist() == before


@pytest.mark.every_device
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
