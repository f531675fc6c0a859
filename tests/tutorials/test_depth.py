"""Gradients that vanish and explode: their norm in each of ten layers, with sigmoids and ReLU, by initialisation."""

import numpy as np
import pytest

import xnn as xp
from xnn import losses, nn

WIDTH, DEPTH = 64, 10


def norms(activation, initialise, device="cpu", seed=0):
    """The norm of the gradient of each layer's weights, the first layer's first."""
    xp.random.manual_seed(seed)
    layers = []
    for _ in range(DEPTH):
        dense = nn.Linear(WIDTH, WIDTH, device=device)
        initialise(dense.weight)
        nn.init.zeros_(dense.bias)
        layers += [dense, activation()]
    net = nn.Sequential(*layers)
    x = xp.random.normal((128, WIDTH), device=device)
    out = net(x)
    losses.mse_loss(out, xp.random.normal((128, WIDTH), device=device)).backward()
    return np.asarray([float(xp.linalg.vector_norm(layer.weight.grad)) for layer in layers[::2]])


def test_sigmoids_make_gradients_vanish():
    """Each layer multiplies by at most 1/4 times the weights: the first has a millionth of the last one's."""
    found = norms(nn.Sigmoid, nn.init.xavier_normal_)
    assert found[0] < 1e-4 * found[-1]
    assert (found[:-1] < found[1:]).all()


def test_relu_with_he_initialisation_keeps_them():
    found = norms(nn.ReLU, lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"))
    assert found.max() < 10 * found.min()


def test_large_weights_make_them_explode():
    found = norms(nn.ReLU, lambda w: nn.init.normal_(w, std=0.5))
    kept = norms(nn.ReLU, lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"))
    assert found[0] > 1e6 * kept[0]


@pytest.mark.parametrize("gain", [0.5])
def test_small_weights_make_them_vanish_with_relu_too(gain):
    found = norms(nn.ReLU, lambda w: nn.init.normal_(w, std=gain * (2 / WIDTH) ** 0.5))
    kept = norms(nn.ReLU, lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"))
    assert found[0] < 0.01 * kept[0]


def test_every_device_tells_the_same(device):
    one, other = (norms(nn.Sigmoid, nn.init.xavier_normal_, where) for where in (device, "numpy:cpu"))
    np.testing.assert_allclose(one, other, rtol=1e-3)
