"""The perceptron, with step and with sign output and its own learning rule: AND and OR it learns, XOR it cannot."""

import numpy as np
import pytest

import xnn as xp
from xnn import losses, nn, optim

X = [[0, 0], [0, 1], [1, 0], [1, 1]]
GATES = {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "xor": [0, 1, 1, 0]}


def learn(gate, output, device, seed, epochs=100, lr=0.1):
    """The numbers of wrong answers in each epoch, until there are none; and the layer."""
    xp.random.manual_seed(seed)
    layer = nn.Linear(2, 1, device=device)
    nn.init.normal_(layer.weight)
    nn.init.normal_(layer.bias)
    rule = optim.PerceptronRule(layer, lr=lr, output=output)
    x = xp.asarray(X, dtype=xp.float32, device=device)
    t = xp.asarray(GATES[gate], dtype=xp.float32, device=device)
    t = 2 * t - 1 if output == "sign" else t
    wrong = []
    for _ in range(epochs):
        wrong.append(int(rule.step(x, t)))
        if wrong[-1] == 0:
            break
    return wrong, layer


def answers(layer, output, device):
    z = layer(xp.asarray(X, dtype=xp.float32, device=device))
    fires = nn.functional.step(z) if output == "step" else nn.functional.sign(z)
    return (fires.detach().numpy()[:, 0] > 0).astype(int).tolist()


@pytest.mark.parametrize("output", ["step", "sign"])
@pytest.mark.parametrize("gate", ["and", "or"])
def test_it_learns(gate, output, device):
    wrong, layer = learn(gate, output, device, seed=0)
    assert wrong[-1] == 0
    assert answers(layer, output, device) == GATES[gate]


@pytest.mark.parametrize("output", ["step", "sign"])
@pytest.mark.parametrize("gate", ["and", "or"])
def test_it_learns_from_every_start(gate, output):
    assert all(learn(gate, output, "cpu", seed)[0][-1] == 0 for seed in range(10))


@pytest.mark.parametrize("output", ["step", "sign"])
@pytest.mark.parametrize("seed", range(5))
def test_it_cannot_learn_xor(output, seed):
    """No line separates the two classes (Minsky and Papert 1969): in no epoch are all four answers right."""
    wrong, layer = learn("xor", output, "cpu", seed, epochs=200)
    assert len(wrong) == 200
    assert min(wrong) > 0
    assert answers(layer, output, "cpu") != GATES["xor"]


def test_no_line_at_all_gives_xor():
    grid = np.linspace(-2, 2, 41)
    w1, w2, b = np.meshgrid(grid, grid, grid)
    right = np.ones(w1.shape, bool)
    for (x1, x2), t in zip(X, GATES["xor"], strict=True):
        right &= (w1 * x1 + w2 * x2 + b >= 0) == bool(t)
    assert not right.any()


def test_the_rule_is_a_step_along_the_gradient_of_the_perceptrons_loss(device):
    """max(0, -t z) has the gradient -t x where the answer is wrong: half of what the rule of signs adds."""
    x, t = [1.0, -2.0], -1.0
    layers = [nn.Linear(2, 1, device=device) for _ in range(2)]
    for layer in layers:
        layer.load_state_dict({"weight": np.asarray([[1.0, -0.5]]), "bias": np.asarray([0.25])})
    given = xp.asarray([x], device=device), xp.asarray([[t]], device=device)
    optim.PerceptronRule(layers[0], lr=0.1, output="sign").step(*given)
    losses.perceptron_loss(layers[1](given[0]), given[1]).backward()
    optim.SGD(layers[1].parameters(), lr=0.2).step()
    for one, other in zip(*(layer.parameters() for layer in layers), strict=True):
        np.testing.assert_allclose(one.detach().numpy(), other.detach().numpy(), rtol=1e-6)
