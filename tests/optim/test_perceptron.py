"""Rosenblatt's rule beside scikit-learn's Perceptron, on what it can learn and what it cannot, and what it refuses."""

import re

import numpy as np
import pytest

import xnn as xp
from tests import optional, parity
from xnn import nn, optim
from xnn.errors import DeviceMismatchError, LabelError, OptionError, ShapeError

CORNERS = np.asarray([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
GATES = {"and": [0.0, 0.0, 0.0, 1.0], "or": [0.0, 1.0, 1.0, 1.0], "xor": [0.0, 1.0, 1.0, 0.0]}


def layer_of(weight, bias, device="cpu"):
    """A Linear layer of float64, with these values."""
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, dtype="float64", device=device)
    layer.load_state_dict({"weight": weight} | ({} if bias is None else {"bias": bias}))
    return layer


def drawn(seed, k, n, samples=30):
    """Weights, bias, samples, and the class of each."""
    random = np.random.default_rng(seed)
    inputs = random.normal(size=(samples, n))
    return random.normal(size=(k, n)), random.normal(size=k), inputs, random.integers(0, max(k, 2), size=samples)


def targets(classes, k, output):
    """One column for two classes, and one for each of more."""
    fires = (classes[:, None] == np.arange(k)) if k > 1 else classes[:, None] == 1
    return np.where(fires, 1.0, 0.0 if output == "step" else -1.0)


@pytest.mark.needs("sklearn")
@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("output", ["step", "sign"])
@pytest.mark.parametrize("k", [1, 3])
def test_scikit_learns_perceptron(k, output, with_bias, device):
    sklearn = optional.module("sklearn.linear_model")
    weight, bias, inputs, classes = drawn(1, k, 4)
    epochs = 5 if device.backend.name == "numpy" else 1
    layer = layer_of(weight, bias if with_bias else None, device)
    rule = optim.PerceptronRule(layer, lr=0.3, output=output)
    x, t = (xp.asarray(v, device=device) for v in (inputs, targets(classes, k, output)))
    for _ in range(epochs):
        rule.step(x, t)
    step = 0.3 if output == "step" else 0.6  # from -1 to 1 is twice as far as from 0 to 1
    theirs = sklearn.Perceptron(eta0=step, shuffle=False, max_iter=epochs, tol=None, fit_intercept=with_bias)
    theirs.fit(inputs, classes, coef_init=weight.copy(), **({"intercept_init": bias.copy()} if with_bias else {}))
    parity.compare("learning rule", "perceptron", layer.weight.detach().numpy(), theirs.coef_)
    if with_bias:
        parity.compare("learning rule", "perceptron", layer.bias.detach().numpy(), theirs.intercept_)


def test_one_sample_by_hand(device):
    """z = 0.5 * 1 - 1 * 2 + 0.25 = -1.25 does not fire, and should."""
    layer = layer_of(np.asarray([[0.5, -1.0]]), np.asarray([0.25]), device)
    rule = optim.PerceptronRule(layer, lr=0.1)
    x, target = xp.asarray([1.0, 2.0], device=device), xp.asarray([1.0], device=device)
    assert int(rule.step(x, target)) == 1
    parity.compare("learning rule", "perceptron", layer.weight.detach().numpy(), [[0.6, -0.8]])
    parity.compare("learning rule", "perceptron", layer.bias.detach().numpy(), [0.35])
    assert all(p.is_leaf and p.requires_grad and p.grad is None for p in layer.parameters())


@pytest.mark.parametrize(("output", "low"), [("step", 0.0), ("sign", -1.0)])
def test_at_0_it_fires(output, low):
    layer = layer_of(np.zeros((1, 2)), np.zeros(1))
    rule = optim.PerceptronRule(layer, output=output)
    x = xp.asarray([1.0, 2.0], device="cpu")
    assert int(rule.step(x, xp.asarray([1.0], device="cpu"))) == 0
    assert layer.weight.tolist() == [[0.0, 0.0]]
    assert int(rule.step(x, xp.asarray([low], device="cpu"))) == 1
    assert layer.weight.tolist() == [[low - 1, 2 * (low - 1)]]


@pytest.mark.parametrize("output", ["step", "sign"])
@pytest.mark.parametrize("gate", GATES)
def test_gates(gate, output):
    """AND and OR are learnt from every start, and XOR from none."""
    target = xp.asarray(targets(np.asarray(GATES[gate]), 1, output), device="cpu")
    x = xp.asarray(CORNERS, device="cpu")
    for seed in range(5):
        weight, bias, _, _ = drawn(seed, 1, 2)
        rule = optim.PerceptronRule(layer_of(weight, bias), lr=0.5, output=output)
        wrong = [int(rule.step(x, target)) for _ in range(60)]
        if gate == "xor":
            assert min(wrong) > 0
        else:
            assert wrong[-1] == 0


def test_labels_may_be_integers_and_flat(device):
    layers = [layer_of(np.asarray([[1.0, -2.0]]), None, device) for _ in range(2)]
    x = xp.asarray(CORNERS, device=device)
    optim.PerceptronRule(layers[0]).step(x, xp.asarray([0, 1, 1, 0], device=device))
    optim.PerceptronRule(layers[1]).step(x, xp.asarray([[0.0], [1.0], [1.0], [0.0]], device=device))
    assert layers[0].weight.tolist() == layers[1].weight.tolist() != [[1.0, -2.0]]


def test_no_samples(device):
    layer = layer_of(np.ones((2, 3)), np.ones(2), device)
    wrong = optim.PerceptronRule(layer).step(xp.zeros((0, 3), device=device), xp.zeros((0, 2), device=device))
    assert (int(wrong), wrong.dtype, wrong.device) == (0, xp.int64, device)
    assert layer.weight.tolist() == [[1.0] * 3] * 2


@pytest.mark.parametrize(("output", "wrong", "low"), [("step", -1.0, "0"), ("sign", 0.0, "-1"), ("step", 0.5, "0")])
def test_other_targets(output, wrong, low, device):
    layer = layer_of(np.ones((1, 2)), np.ones(1), device)
    rule = optim.PerceptronRule(layer, output=output)
    message = f"targets of a perceptron with {output} output are {low} and 1; got others"
    x, target = xp.ones((2, 2), device=device), xp.asarray([1.0, wrong], device=device)
    if device.is_asynchronous:
        rule.step(x, target)
        with pytest.raises(LabelError, match=message):
            xp.synchronize(device)
        assert np.isnan(layer.weight.detach().numpy()).all()
    else:
        with pytest.raises(LabelError, match=message):
            rule.step(x, target)
        assert layer.weight.tolist() == [[1.0, 1.0]]


@pytest.mark.parametrize(
    ("x", "target", "shapes"),
    [
        ((4,), (2,), r"(3,) or (N, 3) and targets (2,) or (N, 2); got (4,) and (2,)"),
        ((5, 3), (5,), r"(3,) or (N, 3) and targets (2,) or (N, 2); got (5, 3) and (5,)"),
        ((5, 3), (4, 2), r"(3,) or (N, 3) and targets (2,) or (N, 2); got (5, 3) and (4, 2)"),
        ((1, 5, 3), (5, 2), r"(3,) or (N, 3) and targets (2,) or (N, 2); got (1, 5, 3) and (5, 2)"),
        ((), (2,), r"(3,) or (N, 3) and targets (2,) or (N, 2); got () and (2,)"),
    ],
)
def test_shapes_that_do_not_fit(x, target, shapes):
    rule = optim.PerceptronRule(layer_of(np.ones((2, 3)), None))
    with pytest.raises(ShapeError, match=re.escape(f"PerceptronRule takes inputs {shapes}")):
        rule.step(xp.zeros(x, device="cpu"), xp.zeros(target, device="cpu"))


def test_what_it_refuses():
    layer = layer_of(np.ones((1, 2)), None)
    with pytest.raises(OptionError, match="PerceptronRule changes a Linear layer; got ReLU"):
        optim.PerceptronRule(nn.ReLU())
    with pytest.raises(OptionError, match="PerceptronRule: lr is a number of at least 0; got -1"):
        optim.PerceptronRule(layer, lr=-1)
    with pytest.raises(OptionError, match='PerceptronRule: output is "step" or "sign"; got \'relu\''):
        optim.PerceptronRule(layer, output="relu")
    with pytest.raises(
        DeviceMismatchError, match="PerceptronRule: target works on arrays of one device; got numpy:cpu"
    ):
        optim.PerceptronRule(layer).step(xp.zeros(2, device="numpy:cpu"), xp.zeros(1, device="strict:CPU_DEVICE"))
