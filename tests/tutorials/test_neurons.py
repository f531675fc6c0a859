"""A neuron, a network of neurons, and how it learns: the numbers of a tutorial from the neuron up.

The numbers are those that Victor Zhou's "Machine learning for beginners: an introduction to neural networks" (2019)
prints; its network is 2-2-1 with sigmoids, its loss the mean squared error.
"""

import numpy as np
import pytest

import xnn as xp
from tests.tolerances import assert_close
from xnn import losses, nn, optim


def layer(weight, bias, device):
    """A dense layer in float64 with these values."""
    made = nn.Linear(len(weight[0]), len(weight), device=device, dtype=xp.float64)
    made.load_state_dict({"weight": np.asarray(weight, float), "bias": np.asarray(bias, float)})
    return made


def network(hidden, output, device, biases=((0, 0), (0,))):
    """2-2-1 with sigmoids."""
    return nn.Sequential(layer(hidden, biases[0], device), nn.Sigmoid(), layer(output, biases[1], device), nn.Sigmoid())


def row(values, device):
    return xp.asarray([values], dtype=xp.float64, device=device)


def test_a_neuron(device):
    neuron = nn.Sequential(layer([[0, 1]], [4], device), nn.Sigmoid())
    assert_close(neuron(row([2, 3], device)).detach().numpy(), [[0.9990889488055994]])


def test_a_network_of_neurons(device):
    net = network([[0, 1], [0, 1]], [[0, 1]], device)
    assert_close(net(row([2, 3], device)).detach().numpy(), [[0.7216325609518421]])


def test_on_the_cpu_to_the_last_digit():
    neuron = nn.Sequential(layer([[0, 1]], [4], "cpu"), nn.Sigmoid())
    net = network([[0, 1], [0, 1]], [[0, 1]], "cpu")
    assert float(neuron(row([2, 3], "cpu"))[0, 0]) == pytest.approx(0.9990889488055994, rel=0, abs=2e-16)
    assert float(net(row([2, 3], "cpu"))[0, 0]) == pytest.approx(0.7216325609518421, rel=0, abs=2e-16)


def test_the_loss(device):
    true, predicted = (xp.asarray(x, dtype=xp.float64, device=device) for x in ([1, 0, 0, 1], [0, 0, 0, 0]))
    assert float(losses.mse_loss(predicted, true)) == 0.5


def test_one_derivative(device):
    """All weights 1, all biases 0, Alice (-2, -1), whose answer is 1: dL/dw1 = 0.0214, a product of rounded factors."""
    net = network([[1, 1], [1, 1]], [[1, 1]], device)
    x = row([-2, -1], device)
    hidden = net[:2](x)
    out = net(x)
    assert [round(float(h), 4) for h in hidden[0, :]] == [0.0474, 0.0474]
    assert round(float(out[0, 0]), 3) == 0.524
    losses.mse_loss(out, xp.ones((1, 1), dtype=xp.float64, device=device)).backward()
    by_autograd = float(net[0].weight.grad[0, 0])
    assert by_autograd == pytest.approx(0.0214, abs=1e-4)

    def slope(x):  # of the sigmoid
        s = 1 / (1 + np.exp(-x))
        return s * (1 - s)

    h = 1 / (1 + np.exp(3))
    y = 1 / (1 + np.exp(-2 * h))
    d_loss, d_output, d_hidden = -2 * (1 - y), 1 * slope(h + h), -2 * slope(-2 - 1)
    assert_close(by_autograd, d_loss * d_output * d_hidden, "float64")
    h, y = round(h, 4), round(y, 3)  # the tutorial goes on from what it printed
    printed = [-2 * (1 - y), round(slope(h + h), 3), round(-2 * slope(-3), 4)]
    assert printed == pytest.approx([-0.952, 0.249, -0.0904])
    assert round(float(np.prod(printed)), 4) == 0.0214


PEOPLE = np.asarray([[-2, -1], [25, 6], [17, 4], [-15, -6]], float)  # Alice, Bob, Charlie, Diana: weight, height
IS_FEMALE = np.asarray([[1], [0], [0], [1]], float)


def learn(epochs, device, seed=1):
    """One step for each sample, in order; weights are drawn from a normal distribution."""
    xp.random.manual_seed(seed)
    net = network(np.zeros((2, 2)), np.zeros((1, 2)), device)
    for parameter in net.parameters():
        nn.init.normal_(parameter)
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    x, t = xp.asarray(PEOPLE, device=device), xp.asarray(IS_FEMALE, device=device)
    samples = [(x[i : i + 1], t[i : i + 1]) for i in range(len(PEOPLE))]
    for _ in range(epochs):
        for inputs, target in samples:
            optimizer.zero_grad()
            losses.mse_loss(net(inputs), target).backward()
            optimizer.step()
    return net, float(losses.mse_loss(net(x), t))


@pytest.mark.parametrize("seed", range(3))
def test_it_learns_who_is_female(seed):
    net, loss = learn(1000, "cpu", seed)
    assert loss < 0.01
    emily, frank = (float(net(row(x, "cpu"))[0, 0]) for x in ([-7, -3], [20, 2]))
    assert emily == pytest.approx(0.95, abs=0.03)
    assert frank == pytest.approx(0.04, abs=0.03)


def test_every_device_learns_the_same(device):
    net, loss = learn(5, device)
    expected, expected_loss = learn(5, "numpy:cpu")
    assert_close(loss, expected_loss, "float64")
    for came, wanted in zip(net.parameters(), expected.parameters(), strict=True):
        assert_close(came.detach().numpy(), wanted.detach().numpy())
