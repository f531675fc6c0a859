"""Parametrizations beyond the rows: first values, assignment, removal, copies, caches, errors."""

import copy
import pickle

import numpy as np
import pytest

import xnn as xp
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import DTypeError, OptionError, ShapeError

P = nn.parametrizations


def linear(device="cpu", n=3, m=2, **options):
    xp.random.manual_seed(4)
    return nn.Linear(n, m, device=device, dtype=xp.float64, **options)


class Doubled(nn.Module):
    """Without a way back."""

    def forward(self, x):
        return x + x


class Halves(nn.Module):
    """Of several originals."""

    def forward(self, a, b):
        return a + b

    def right_inverse(self, value):
        return value / 2, value / 2


class Wide(nn.Module):
    """A row for each row and its negative, in float32."""

    def forward(self, x):
        return xp.astype(xp.concat([x, -x], axis=0), xp.float32)

    def right_inverse(self, value):
        return xp.astype(value, xp.float64)[: value.shape[0] // 2, :]


# ---- first values ----


@pytest.mark.parametrize("name", ["weight_norm", "spectral_norm", "orthogonal"])
def test_the_weight_is_computed_anew_and_differentiable(name, device):
    layer = getattr(P, name)(linear(device))
    assert isinstance(layer, nn.Linear)
    assert type(layer).__name__ == "ParametrizedLinear"
    assert "weight" not in dict(layer.named_parameters())
    layer.eval()
    before = layer.weight.detach().numpy()
    xp.sum(layer(xp.ones((4, 3), device=device, dtype=xp.float64))).backward()
    with xp.no_grad():
        for p in layer.parametrizations.parameters():
            assert p.grad is not None
            p[...] = p + 0.1 * xp.reshape(xp.arange(p.size, device=device, dtype=xp.float64), p.shape)
    assert np.abs(layer.weight.detach().numpy() - before).max() > 1e-3


def test_an_unsafe_parametrization_may_give_another_shape_and_type(device):
    layer = nn.Linear(3, 4, bias=False, device=device)
    weight = layer.weight.detach().numpy()
    P.register_parametrization(layer, "weight", Wide(), unsafe=True)
    original = layer.parametrizations.weight.original
    assert (original.shape, original.dtype) == ((2, 3), xp.float64)
    np.testing.assert_allclose(layer.weight.detach().numpy(), np.concatenate([weight[:2], -weight[:2]]))
    assert layer(xp.ones((1, 3), device=device)).shape == (1, 4)
    layer.weight = xp.ones((4, 3), device=device)
    assert layer.weight.tolist() == [[1.0] * 3] * 2 + [[-1.0] * 3] * 2
    P.remove_parametrizations(layer, "weight")
    assert isinstance(layer.weight, nn.Parameter)
    assert (layer.weight.shape, layer.weight.dtype) == ((4, 3), xp.float32)


def test_weight_norm_begins_with_the_weight(device):
    weight = linear(device).weight.detach().numpy()
    layer = P.weight_norm(linear(device))
    assert_close(layer.weight.detach().numpy(), weight)
    assert_close(
        layer.parametrizations.weight.original0.detach().numpy(), np.linalg.norm(weight, axis=1, keepdims=True)
    )


def test_spectral_norm_comes_to_the_largest_singular_value(device):
    weight = linear(device, 5, 4).weight.detach().numpy()
    layer = P.spectral_norm(linear(device, 5, 4))
    for _ in range(300):
        x = layer.weight
    assert_close(x.detach().numpy(), weight / np.linalg.svd(weight)[1][0])
    layer.eval()
    before = layer.parametrizations.weight[0]._u.tolist()
    assert layer.weight.shape == (4, 5)
    assert layer.parametrizations.weight[0]._u.tolist() == before


def test_weight_decay_leaves_an_orthogonal_weight_orthogonal(device):
    """The diagonal of what is learnt is 1 and -1 no longer; PyTorch's weight becomes 0."""
    layer = P.orthogonal(linear(device))
    optimizer = xp.optim.SGD(layer.parameters(), lr=0.1, weight_decay=0.1)
    x = xp.asarray([[1.0, -2.0, 0.5]], dtype=xp.float64, device=device)
    for _ in range(3):
        optimizer.zero_grad()
        xp.sum(layer(x) ** 2).backward()
        optimizer.step()
    weight = layer.weight.detach()
    assert_close(xp.matmul(weight, weight.mT).numpy(), np.eye(2))


@pytest.mark.needs("torch")
@pytest.mark.parametrize("trivial", [True, False])
@pytest.mark.parametrize("name", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize(("n", "m"), [(3, 3), (2, 5), (5, 2), (1, 1), (4, 1)])
def test_orthogonal_begins_and_stays_orthogonal(n, m, name, trivial, device):
    layer = P.orthogonal(linear(device, n, m), "weight", name, use_trivialization=trivial)
    theirs = torch.nn.Linear(n, m).double()
    with torch.no_grad():
        theirs.weight.copy_(torch.tensor(linear("cpu", n, m).weight.detach().numpy()))
    torch.nn.utils.parametrizations.orthogonal(theirs, "weight", name, use_trivialization=trivial)
    assert_close(layer.weight.detach().numpy(), theirs.weight.detach().numpy())
    for size in (1.0, 40.0):
        if name != "householder":
            with xp.no_grad():
                layer.parametrizations.weight.original[...] = size * xp.random.normal(
                    (m, n), dtype="float64", device=device
                )
        w = layer.weight.detach().numpy()
        assert_close(w.T @ w if m >= n else w @ w.T, np.eye(min(m, n)))


def test_two_parametrizations_follow_each_other(device):
    layer = P.spectral_norm(P.weight_norm(linear(device))).eval()
    names = [name for name in layer.state_dict() if "bias" not in name]
    assert names == [
        "parametrizations.weight.original0",
        "parametrizations.weight.original1",
        "parametrizations.weight.1._u",
        "parametrizations.weight.1._v",
    ]
    largest = np.linalg.svd(layer.weight.detach().numpy())[1][0]
    assert 0.9 < largest < 1.1


# ---- assignment, removal ----


def test_assigning_to_a_weight_sets_the_originals(device):
    layer = P.weight_norm(linear(device))
    value = xp.asarray(np.arange(6.0).reshape(2, 3) - 2.4, device=device)
    layer.weight = value
    assert_close(layer.weight.detach().numpy(), value.detach().numpy())
    assert layer.parametrizations.weight.original0.is_leaf
    layer = P.register_parametrization(linear(device), "weight", Halves())
    layer.weight = value
    assert_close(layer.parametrizations.weight.original1.detach().numpy(), value.detach().numpy() / 2)


def test_removal_leaves_what_was_computed(device):
    layer = P.weight_norm(P.weight_norm(linear(device)), "bias")
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    P.remove_parametrizations(layer, "weight")
    assert P.is_parametrized(layer)
    assert P.is_parametrized(layer, "bias")
    assert not P.is_parametrized(layer, "weight")
    P.remove_parametrizations(layer, "bias")
    assert type(layer) is nn.Linear
    assert not P.is_parametrized(layer)
    assert sorted(layer.state_dict()) == ["bias", "weight"]
    assert_close(layer.weight.detach().numpy(), weight)
    assert_close(layer.bias.detach().numpy(), bias)
    assert layer.weight.requires_grad


def test_removal_of_one_original_keeps_the_parameter_that_an_optimizer_knows():
    layer = linear()
    weight = layer.weight
    P.spectral_norm(layer)
    assert layer.parametrizations.weight.original is weight
    values = weight.tolist()
    P.remove_parametrizations(layer, "weight", leave_parametrized=False)
    assert layer.weight is weight
    assert weight.tolist() == values


# ---- copies, transforms, caches ----


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_copies_compute_their_own_weight(copied):
    layer = P.weight_norm(linear())
    other = copied(layer)
    assert type(other) is type(layer)
    np.testing.assert_array_equal(other.weight.detach().numpy(), layer.weight.detach().numpy())
    with xp.no_grad():
        other.parametrizations.weight.original0[...] = 0.0
    assert np.abs(layer.weight.detach().numpy()).max() > 0


def test_transforms_differentiate_with_respect_to_the_originals(device):
    layer = P.weight_norm(linear(device))
    x = xp.asarray(np.random.default_rng(0).normal(size=(4, 3)), device=device)
    found = xp.grad(lambda layer: xp.sum(layer(x) ** 2))(layer)
    xp.sum(layer(x) ** 2).backward()
    for name, p in layer.parametrizations.weight.named_parameters():
        assert_close(getattr(found.parametrizations.weight, name).detach().numpy(), p.grad.detach().numpy())


def test_a_cache_computes_once():
    layer = P.spectral_norm(linear())
    with P.cached():
        with P.cached():
            first = layer.weight
        assert layer.weight is first
    assert layer.weight is not first


def test_what_a_cache_holds_of_no_grad_is_not_the_weight_of_training():
    layer = P.weight_norm(linear())
    with P.cached():
        with xp.no_grad():
            assert not layer.weight.requires_grad
        xp.sum(layer.weight).backward()
    assert layer.parametrizations.weight.original1.grad is not None


@pytest.mark.every_device
def test_a_module_moves_with_its_parametrizations(device):
    layer = P.spectral_norm(linear()).to(device, dtype=xp.float32)
    assert layer.weight.device is device
    assert layer.weight.dtype is xp.float32


# ---- errors ----


class Wrong(nn.Module):
    """Gives what no weight is."""

    def __init__(self, make):
        super().__init__()
        self.make = make

    def forward(self, x):
        return self.make(x)


def register(make):
    return P.register_parametrization(linear(), "weight", Wrong(make))


def assign(layer, value):
    layer.weight = value


def delete(layer):
    del layer.weight


ERRORS = [
    (lambda: P.weight_norm(3), TypeError, "parametrizations are of modules; got int"),
    (
        lambda: P.weight_norm(linear(), "wait"),
        OptionError,
        "Linear has no parameter 'wait'; it has weight, bias. Cure: for a layer that learns its sizes from an input, "
        "model(x) once before.",
    ),
    (lambda: P.spectral_norm(nn.Linear(None, 3)), OptionError, "Linear has no parameter 'weight'; it has none."),
    (
        lambda: P.weight_norm(linear(), dim=-1),
        OptionError,
        "weight_norm: dim is None, or from 0 to 1 for 'weight'; got -1",
    ),
    (
        lambda: P.weight_norm(P.spectral_norm(linear())),
        OptionError,
        "weight_norm comes before other parametrizations of 'weight', which it gives two parameters",
    ),
    (
        lambda: P.spectral_norm(linear(), n_power_iterations=1.5),
        OptionError,
        "spectral_norm: n_power_iterations is an int of at least 1; got 1.5",
    ),
    (
        lambda: P.spectral_norm(linear(), n_power_iterations=0),
        OptionError,
        "spectral_norm: n_power_iterations is an int of at least 1; got 0",
    ),
    (
        lambda: P.spectral_norm(linear(), dim=2),
        OptionError,
        "spectral_norm: dim is a dimension of 'weight', of shape (2, 3); got 2",
    ),
    (
        lambda: P.orthogonal(linear(), orthogonal_map="qr"),
        OptionError,
        'orthogonal_map is "matrix_exp", "cayley" or "householder"; got \'qr\'',
    ),
    (
        lambda: P.orthogonal(linear(), "bias"),
        ShapeError,
        "orthogonal is of matrices (..., m, n); 'bias' has shape (2,)",
    ),
    (
        lambda: assign(P.orthogonal(linear(), "weight", "cayley", use_trivialization=False), xp.zeros((2, 3))),
        NotImplementedError,
        'what gives a value by cayley is not known with use_trivialization=False. Cure: orthogonal_map="householder".',
    ),
    (
        lambda: P.register_parametrization(linear(), "weight", abs),
        TypeError,
        "a parametrization is a module; got builtin_function_or_method",
    ),
    (
        lambda: register(lambda x: x[0, ...]),
        ShapeError,
        "a parametrization keeps the shape (2, 3) of 'weight'; got (3,)",
    ),
    (
        lambda: register(lambda x: xp.astype(x, xp.float32)),
        DTypeError,
        "a parametrization keeps the type float64 of 'weight'; got float32",
    ),
    (lambda: register(lambda x: 3), TypeError, "a parametrization gives an Array; got int for 'weight'"),
    (
        lambda: P.remove_parametrizations(linear(), "weight"),
        OptionError,
        "Linear has no parametrization of 'weight'",
    ),
    (
        lambda: P.remove_parametrizations(P.weight_norm(linear()), "weight", leave_parametrized=False),
        OptionError,
        "'weight' is computed of 2 parameters, none of which is the original. Cure: leave_parametrized=True.",
    ),
    (
        lambda: delete(P.weight_norm(linear())),
        OptionError,
        "weight is parametrized. Cure: nn.parametrizations.remove_parametrizations first.",
    ),
    (
        lambda: assign(P.weight_norm(linear()), 3.0),
        TypeError,
        "a parametrized parameter takes an Array; got float",
    ),
    (
        lambda: assign(P.weight_norm(linear()), xp.zeros((3, 3), device="cpu")),
        ShapeError,
        "a parameter of shape (2, 1) keeps it; got (3, 1)",
    ),
    (
        lambda: assign(P.register_parametrization(linear(), "weight", Doubled()), xp.zeros((2, 3))),
        TypeError,
        "Doubled has no right_inverse, which says what gives a value. "
        "Cure: define `def right_inverse(self, value)`, or assign to its original.",
    ),
]


@pytest.mark.parametrize(("call", "kind", "text"), ERRORS, ids=[text[:40] for _, _, text in ERRORS])
def test_errors(call, kind, text):
    with pytest.raises(kind) as caught:
        call()
    assert text in str(caught.value)


def test_a_parametrization_that_is_refused_changes_nothing():
    layer = linear()
    weight = layer.weight
    with pytest.raises(ShapeError):
        P.register_parametrization(layer, "weight", Wrong(lambda x: x[0, ...]))
    assert type(layer) is nn.Linear
    assert layer.weight is weight
    assert list(layer.state_dict()) == ["weight", "bias"]
