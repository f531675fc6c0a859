"""A network with one hidden layer whose gradients are written out by hand, as tutorials on back-propagation do."""

import itertools

import numpy as np
import pytest

import xnn as xp
from tests.tolerances import assert_close
from xnn import losses, nn, optim

X = np.asarray([[0, 0], [0, 1], [1, 0], [1, 1]], float)
XOR = np.asarray([[0], [1], [1], [0]], float)


def network(device, hidden=2, seed=3, activation=nn.ReLU):
    xp.random.manual_seed(seed)
    net = nn.Sequential(nn.Linear(2, hidden, device=device), activation(), nn.Linear(hidden, 1, device=device))
    return net.to(dtype=xp.float64)


def by_hand(net):
    """The cost and its gradients, with samples in columns and the letters of the tutorials (dZ2 = A2 - Y and on)."""
    w1, b1, w2, b2 = (p.detach().numpy() for p in net.parameters())
    x, y, m = X.T, XOR.T, len(X)
    z1 = w1 @ x + b1[:, None]
    a1 = np.maximum(z1, 0)
    a2 = 1 / (1 + np.exp(-(w2 @ a1 + b2[:, None])))
    cost = -np.sum(y * np.log(a2) + (1 - y) * np.log(1 - a2)) / m
    dz2 = a2 - y
    dw2, db2 = dz2 @ a1.T / m, dz2.sum(axis=1) / m
    dz1 = w2.T @ dz2 * (z1 > 0)
    dw1, db1 = dz1 @ x.T / m, dz1.sum(axis=1) / m
    return cost, [dw1, db1, dw2, db2]


def test_gradients_are_those_by_hand_and_the_cost_falls(device):
    net = network(device)
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    x, t = xp.asarray(X, device=device), xp.asarray(XOR, device=device)
    costs = []
    for _ in range(10):
        optimizer.zero_grad()
        cost = losses.binary_cross_entropy(xp.nn.functional.sigmoid(net(x)), t)
        cost.backward()
        expected_cost, expected = by_hand(net)
        assert_close(float(cost), expected_cost, "float64")
        for p, g in zip(net.parameters(), expected, strict=True):
            assert_close(p.grad.numpy(), g)
        costs.append(float(cost))
        optimizer.step()
    assert all(later < earlier for earlier, later in itertools.pairwise(costs))


def test_the_loss_of_logits_is_the_same(device):
    net = network(device)
    x, t = xp.asarray(X, device=device), xp.asarray(XOR, device=device)
    one = losses.binary_cross_entropy(xp.nn.functional.sigmoid(net(x)), t)
    other = losses.binary_cross_entropy_with_logits(net(x), t)
    assert_close(float(one), float(other), "float64")


@pytest.mark.parametrize("seed", range(3))
def test_xor_by_a_hidden_layer_of_four_sigmoids(seed):
    net = network("cpu", hidden=4, seed=seed, activation=nn.Sigmoid)
    optimizer = optim.Adam(net.parameters(), lr=0.1)
    x, t = xp.asarray(X, device="cpu"), xp.asarray(XOR, device="cpu")
    for _ in range(500):
        optimizer.zero_grad()
        losses.binary_cross_entropy_with_logits(net(x), t).backward()
        optimizer.step()
    predicted = nn.functional.sigmoid(net(x)).detach().numpy()
    assert abs(predicted - XOR).max() < 0.1
