"""Activations and their derivatives, with the values that tutorials print for them."""

import math

import pytest

import xnn as xp
from tests.tolerances import assert_close
from xnn.nn import functional as F

POINTS = [-2.0, -1.0, 0.0, 1.0, 2.0]
# Rounded as printed: the values at the points, and the derivatives.
PRINTED = {
    "sigmoid": (F.sigmoid, [0.1192, 0.2689, 0.5, 0.7311, 0.8808], [0.1050, 0.1966, 0.25, 0.1966, 0.1050]),
    "tanh": (F.tanh, [-0.9640, -0.7616, 0.0, 0.7616, 0.9640], [0.0707, 0.4200, 1.0, 0.4200, 0.0707]),
    "relu": (F.relu, [0.0, 0.0, 0.0, 1.0, 2.0], [0.0, 0.0, 0.0, 1.0, 1.0]),
    "leaky relu": (F.leaky_relu, [-0.02, -0.01, 0.0, 1.0, 2.0], [0.01, 0.01, 0.01, 1.0, 1.0]),
    "step": (F.step, [0.0, 0.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0, 0.0]),
}


@pytest.mark.parametrize("name", PRINTED)
def test_values_and_derivatives(name, device):
    function, values, slopes = PRINTED[name]
    x = xp.asarray(POINTS, dtype=xp.float64, device=device, requires_grad=True)
    y = function(x)
    assert [round(v, 4) for v in y.tolist()] == values
    if y.requires_grad:
        y.backward(xp.ones_like(x))
        assert [round(g, 4) for g in x.grad.tolist()] == slopes


def test_the_derivative_of_sigmoid_and_tanh_by_their_values(device):
    x = xp.asarray(POINTS, dtype=xp.float64, device=device)
    (slope,) = xp.vjp(F.sigmoid, x)[1](xp.ones_like(x))
    assert_close(slope.numpy(), (F.sigmoid(x) * (1 - F.sigmoid(x))).numpy())
    (slope,) = xp.vjp(F.tanh, x)[1](xp.ones_like(x))
    assert_close(slope.numpy(), (1 - F.tanh(x) ** 2).numpy())


def test_softmax(device):
    """The scores (1, 2, 3) have the probabilities 0.09, 0.2447 and 0.6652; J = diag(s) - s s^T."""
    x = xp.asarray([1.0, 2.0, 3.0], dtype=xp.float64, device=device)
    s = F.softmax(x, dim=0)
    assert [round(v, 4) for v in s.tolist()] == [0.0900, 0.2447, 0.6652]
    assert math.isclose(sum(s.tolist()), 1)
    jacobian = xp.jacobian(lambda x: F.softmax(x, dim=0))(x)
    expected = [[(s.tolist()[i] if i == j else 0) - s.tolist()[i] * s.tolist()[j] for j in range(3)] for i in range(3)]
    assert_close(jacobian.numpy(), expected)
    assert F.softmax(x + 1000, dim=0).tolist() == pytest.approx(s.tolist(), rel=1e-12)
