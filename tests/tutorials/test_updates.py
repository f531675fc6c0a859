"""The updates of gradient descent and its relatives, written out by hand beside the optimizers."""

import numpy as np
import pytest

import xnn as xp
from tests.tolerances import assert_close
from xnn import losses, nn, optim

W, TARGETS = np.asarray([[0.5, -0.3]]), np.asarray([[1.0], [2.0], [-1.0], [0.5]])
X = np.asarray([[1.0, 2.0], [-1.0, 0.5], [0.3, -0.7], [2.0, 1.0]])


def gradient(w, rows=slice(None)):
    """Of the mean squared error of a line without a bias, over some of the samples."""
    x, t = X[rows], TARGETS[rows]
    return 2 * (x @ w.T - t).T @ x / len(x)


def descend(optimizer, batches, device, steps=3):
    """The weights after each step by the optimizer."""
    line = nn.Linear(2, 1, bias=False, device=device, dtype=xp.float64)
    line.load_state_dict({"weight": W})
    made = optimizer(line.parameters())
    found = []
    for _ in range(steps):
        for rows in batches:
            made.zero_grad()
            x, t = (xp.asarray(v[rows], device=device) for v in (X, TARGETS))
            losses.mse_loss(line(x), t).backward()
            made.step()
            found.append(line.weight.detach().numpy())
    return found


def by_hand(update, batches, steps=3):
    w, state, found = W.copy(), {}, []
    for step in range(steps * len(batches)):
        w = update(w, gradient(w, batches[step % len(batches)]), state, step + 1)
        found.append(w)
    return found


def momentum(w, g, state, step):
    state["v"] = 0.9 * state.get("v", 0) + g
    return w - 0.1 * state["v"]


def nesterov(w, g, state, step):
    state["v"] = 0.9 * state.get("v", 0) + g
    return w - 0.1 * (g + 0.9 * state["v"])


def adagrad(w, g, state, step):
    state["s"] = state.get("s", 0) + g**2
    return w - 0.1 * g / (np.sqrt(state["s"]) + 1e-10)


def rmsprop(w, g, state, step):
    state["s"] = 0.9 * state.get("s", 0) + 0.1 * g**2
    return w - 0.1 * g / (np.sqrt(state["s"]) + 1e-8)


def adam(w, g, state, step):
    state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
    state["v"] = 0.999 * state.get("v", 0) + 0.001 * g**2
    m, v = state["m"] / (1 - 0.9**step), state["v"] / (1 - 0.999**step)
    return w - 0.1 * m / (np.sqrt(v) + 1e-8)


def plain(w, g, state, step):
    return w - 0.1 * g


ALL = [slice(None)]
ONE_BY_ONE = [slice(i, i + 1) for i in range(4)]
PAIRS = [slice(0, 2), slice(2, 4)]
UPDATES = {
    "gradient descent": (lambda p: optim.SGD(p, lr=0.1), plain, ALL),
    "stochastic": (lambda p: optim.SGD(p, lr=0.1), plain, ONE_BY_ONE),
    "mini-batches": (lambda p: optim.SGD(p, lr=0.1), plain, PAIRS),
    "momentum": (lambda p: optim.SGD(p, lr=0.1, momentum=0.9), momentum, ALL),
    "Nesterov": (lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True), nesterov, PAIRS),
    "AdaGrad": (lambda p: optim.Adagrad(p, lr=0.1), adagrad, PAIRS),
    "RMSprop": (lambda p: optim.RMSprop(p, lr=0.1, alpha=0.9), rmsprop, PAIRS),
    "Adam": (lambda p: optim.Adam(p, lr=0.1), adam, PAIRS),
}


@pytest.mark.parametrize("name", UPDATES)
def test_updates(name, device):
    optimizer, update, batches = UPDATES[name]
    for came, expected in zip(descend(optimizer, batches, device), by_hand(update, batches), strict=True):
        assert_close(came, expected)


def test_a_larger_rate_overshoots():
    """The curvature of this bowl is 2: rates above 1 diverge, 0.5 arrives at once."""

    def after(lr, steps=20):
        w = nn.Parameter(xp.asarray(4.0, dtype=xp.float64, device="cpu"))
        optimizer = optim.SGD([w], lr=lr)
        for _ in range(steps):
            optimizer.zero_grad()
            (w * w).backward()
            optimizer.step()
        return abs(float(w))

    assert after(0.5, 1) == 0
    assert after(0.1) < 0.05
    assert after(1.1) > 4
