"""Dense layers: sizes inferred from the first input, weights of one dimension, errors."""

import numpy as np
import pytest

import xnn as xp
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.nn import functional as F


def ones(*shape, dtype=None):
    return xp.ones(shape, device="cpu", dtype=dtype or xp.float32)


def test_a_linear_layer_finds_its_size(device):
    layer = nn.Linear(None, 2)
    assert repr(layer) == "Linear(in_features=None, out_features=2, bias=True)"
    assert layer(xp.ones((3, 5), device=device)).shape == (3, 2)
    assert (layer.in_features, layer.weight.shape, layer.weight.device) == (5, (2, 5), device)
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
    assert nn.Linear(None, 2, bias=False, dtype=xp.float64)(xp.ones((5,), dtype=xp.float64, device=device)).shape == (
        2,
    )
    for shape in ((), (2, 0)):
        with pytest.raises(ShapeError) as raised:
            nn.Linear(None, 2)(xp.ones(shape, device=device))
        assert (
            str(raised.value)
            == f"Linear takes inputs (..., in_features), of which in_features is inferred; got shape {shape}"
        )


def test_identity_gives_what_it_gets(device):
    x = xp.ones((2, 3), device=device)
    assert nn.Identity(54, unused=0.1)(x) is x
    assert nn.Identity()(x._data) is x._data
    assert repr(nn.Identity(54)) == "Identity()"


@pytest.mark.needs("torch")
def test_a_bilinear_layer_is_the_sum_of_its_definition(device):
    layer = nn.Bilinear(3, 2, 4, device=device, dtype=xp.float64)
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, 5, 3)), random.normal(size=(2, 5, 2))
    came = layer(xp.asarray(a, device=device), xp.asarray(b, device=device)).detach().numpy()
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    assert_close(came, np.einsum("...i,kij,...j->...k", a, weight, b) + bias)
    assert repr(layer) == repr(torch.nn.Bilinear(3, 2, 4))
    nothing = (xp.ones((0, n), dtype=xp.float64, device=device) for n in (3, 2))
    assert layer(*nothing).shape == (0, 4)


ERRORS = [
    (lambda: nn.Linear(0, 2), OptionError, "in_features is an int of at least 1; got 0"),
    (lambda: nn.Linear(None, 0), OptionError, "out_features is an int of at least 1; got 0"),
    (lambda: nn.Bilinear(2, 0, 2), OptionError, "in2_features is an int of at least 1; got 0"),
    (lambda: nn.Bilinear(0, 1, 2), OptionError, "in1_features is an int of at least 1; got 0"),
    (
        lambda: F.linear(ones(2, 3), ones(3), ones(1)),
        ShapeError,
        "linear takes a bias of shape () beside a weight (3,) of one dimension; got (1,)",
    ),
    (
        lambda: F.linear(ones(2, 3), ones(4)),
        ShapeError,
        "linear takes inputs with 4 features in the last dimension, (..., 4); got shape (2, 3). Cure: Linear(3, 1).",
    ),
    (
        lambda: F.linear(ones(2, 3), ones(2, 3, 1)),
        ShapeError,
        "linear takes a weight of shape (out_features, in_features); got shape (2, 3, 1)",
    ),
    (
        lambda: F.bilinear(ones(2, 3), ones(2, 4), ones(3, 4)),
        ShapeError,
        "bilinear takes a weight of shape (out_features, in1_features, in2_features); got shape (3, 4)",
    ),
    (
        lambda: F.bilinear(ones(2, 3), ones(1, 4), ones(5, 3, 4)),
        ShapeError,
        "bilinear takes inputs (..., 3) and (..., 4) with equal leading dimensions, for a weight (5, 3, 4); "
        "got (2, 3) and (1, 4)",
    ),
    (
        lambda: F.bilinear(ones(2, 4), ones(2, 4), ones(5, 3, 4)),
        ShapeError,
        "bilinear takes inputs (..., 3) and (..., 4) with equal leading dimensions, for a weight (5, 3, 4); "
        "got (2, 4) and (2, 4)",
    ),
    (
        lambda: F.bilinear(ones(2, 3), ones(2, 4, dtype=xp.float64), ones(5, 3, 4)),
        DTypeError,
        "bilinear takes inputs of one type; got float32 and float64. Cure: xnn.astype(input2, xnn.float32).",
    ),
    (
        lambda: F.bilinear(ones(2, 3), ones(2, 4), ones(5, 3, 4), ones(3)),
        ShapeError,
        "bilinear takes a bias of shape (5,), one for each output of the weight (5, 3, 4); got shape (3,). "
        "Cure: xnn.zeros((5,)).",
    ),
    (lambda: F.bilinear(ones(2, 3), [1.0], ones(5, 3, 4)), TypeError, "bilinear takes arrays; input2 is a list."),
]


@pytest.mark.parametrize(("call", "kind", "text"), ERRORS, ids=[text[:40] for _, _, text in ERRORS])
def test_errors(call, kind, text):
    with pytest.raises(kind) as raised:
        call()
    assert str(raised.value).startswith(text)
