"""Training steps of all kinds of networks: compiled and as they are written, they give the same numbers."""

import math

import pytest

import xnn as xp
from tests.conftest import why_not
from xnn import losses, nn, optim
from xnn_backends import Backend, find_device

from .twice import assert_replays, batches

STEPS = 20


def trained(model, loss, optimizer=None):
    """The usual step."""
    optimizer = optimizer or optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def step(*batch):
        optimizer.zero_grad()
        value = loss(model(*batch[:-1]), batch[-1])
        value.backward()
        optimizer.step()
        return value

    return step, model, optimizer


def test_softmax_regression(device):
    calls = batches(device, STEPS, (5, 3), classes=4)
    assert_replays(lambda: trained(nn.Linear(3, 4, device=device), losses.cross_entropy), calls)


def test_perceptron(device):
    def make():
        model = nn.Sequential(nn.Linear(3, 6, device=device), nn.ReLU(), nn.Linear(6, 4, device=device))
        return trained(model, losses.cross_entropy, optim.Adam(model.parameters()))

    assert_replays(make, batches(device, STEPS, (5, 3), classes=4))


def test_convolutions_with_dropout_and_batch_norm(device):
    def make():
        model = nn.Sequential(
            nn.Conv2d(1, 2, 3, padding=1, device=device),
            nn.BatchNorm2d(2, device=device),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(0.3),
            nn.Flatten(),
            nn.Linear(8, 3, device=device),
        )
        return trained(model, losses.cross_entropy)

    assert_replays(make, batches(device, 8, (4, 1, 4, 4), classes=3))


def test_running_average_of_all_batches(device):
    def make():
        model = nn.Sequential(nn.Linear(3, 4, device=device), nn.BatchNorm1d(4, momentum=None, device=device))
        return trained(model, losses.cross_entropy)

    assert_replays(make, batches(device, STEPS, (5, 3), classes=4))


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_recurrent_layers(device, kind):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = getattr(nn, kind)(3, 4, batch_first=True, device=device)
            self.head = nn.Linear(4, 2, device=device)

        def forward(self, x):
            return self.head(self.layer(x)[0][:, -1, :])

    assert_replays(lambda: trained(Net(), losses.cross_entropy), batches(device, 6, (2, 3, 3), classes=2))


def test_transformer_layer(device):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.TransformerEncoderLayer(4, 2, 8, 0.1, batch_first=True, device=device)
            self.head = nn.Linear(4, 2, device=device)

        def forward(self, x):
            return self.head(xp.mean(self.layer(x), axis=1))

    def make():
        model = Net()
        return trained(model, losses.cross_entropy, optim.AdamW(model.parameters()))

    assert_replays(make, batches(device, 6, (2, 3, 4), classes=2))


def test_embeddings(device):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(7, 3, device=device)
            self.head = nn.Linear(3, 2, device=device)

        def forward(self, words):
            return self.head(xp.mean(self.table(words), axis=1))

    def make():
        model = Net()
        return trained(model, losses.cross_entropy, optim.Adam(model.parameters()))

    calls = [[xp.astype(xp.abs(x) * 2, xp.int64) % 7, y] for x, y in batches(device, STEPS, (5, 4), classes=2)]
    assert_replays(make, calls)


@pytest.mark.parametrize(
    "name",
    ["mse_loss", "smooth_l1_loss", "binary_cross_entropy_with_logits", "binary_cross_entropy", "kl_div"],
)
def test_losses(device, name):
    def make():
        model = nn.Sequential(nn.Linear(3, 4, device=device), nn.Sigmoid())
        return trained(model, getattr(losses, name))

    calls = [[x, xp.astype(t > 0, xp.float32)] for x, t in batches(device, 6, (5, 3), (5, 4))]
    assert_replays(make, calls)


def test_weighted_and_smoothed_cross_entropy(device):
    weight = xp.asarray([1.0, 2.0, 0.5, 1.0], device=device)

    def make():
        return trained(
            nn.Linear(3, 4, device=device),
            lambda x, y: losses.cross_entropy(x, y, weight, label_smoothing=0.1),
        )

    assert_replays(make, batches(device, 6, (5, 3), classes=4))


def test_inference(device):
    model = nn.Sequential(nn.Linear(3, 4, device=device), nn.Tanh(), nn.Softmax(1)).eval()

    def make():
        @xp.no_grad()
        def step(x):
            return model(x)

        return (step,)

    assert_replays(make, batches(device, 6, (5, 3)))


def test_mathematics_of_ones_own(device):
    """Indexing, comparison, reductions, creation, a second derivative: all of it in one step."""

    def make():
        w = nn.Parameter(xp.asarray([[0.5, -1.0], [2.0, 1.0], [0.1, 0.2]], device=device))
        optimizer = optim.SGD([w], lr=0.1)

        def step(x):
            w.grad = None
            y = xp.tanh(xp.matmul(x, w))
            y = xp.where(y > 0, y, 0.1 * y) + xp.arange(2, dtype=xp.float32, device=device)
            gradient = xp.grad(lambda v: xp.sum(xp.sin(v) * v))(y)
            z = xp.concat([y[:2, :], xp.flip(gradient, axis=0)[1:, :]]) - xp.mean(y, axis=0, keepdims=True)
            loss = xp.sum(z**2) + y[0, 0] + xp.sum(y[xp.asarray([0, 2], device=device), 1])
            loss.backward()
            optimizer.step()
            return {"loss": loss, "parts": (z.detach(), xp.argmax(z.detach(), axis=1)), "size": len(x)}

        return step, optimizer

    assert_replays(make, batches(device, STEPS, (4, 3)))


def test_gradient_penalty(device):
    def make():
        model = nn.Sequential(nn.Linear(3, 4, device=device), nn.Tanh(), nn.Linear(4, 1, device=device))
        optimizer = optim.Adam(model.parameters())

        def step(x):
            optimizer.zero_grad()
            slope = xp.grad(lambda v: xp.sum(model(v)))(x)
            loss = xp.mean((xp.sqrt(xp.sum(slope * slope, axis=1)) - 1.0) ** 2)
            loss.backward()
            optimizer.step()
            return loss

        return step, model, optimizer

    assert_replays(make, batches(device, 6, (5, 3)))


def test_functions_with_their_own_derivative_and_recomputed_ones(device):
    @xp.custom_vjp
    def clipped(x):
        return x + 0

    clipped.defvjp(lambda x: (x + 0, x > 0), lambda positive, g: (xp.where(positive, xp.clip(g, -0.1, 0.1), g),))

    def make():
        model = nn.Linear(3, 2, device=device)
        dropped = xp.remat(lambda x: nn.functional.dropout(xp.exp(x), 0.5))
        return trained(model, lambda out, y: xp.sum(clipped(dropped(out)) * math.pi) + 0 * xp.sum(y))

    assert_replays(make, batches(device, 6, (5, 3), classes=2))


def test_an_error_in_a_part_that_is_computed_again(monkeypatch):
    """It leaves the default stream where it was, not in the replay of what was drawn before."""
    w = nn.Parameter(xp.ones((4,), device="cpu"))
    part = xp.remat(lambda x: nn.functional.dropout(xp.exp(x), 0.5))
    step = xp.compile(lambda x: xp.sum(part(x * w)).backward())
    x = xp.ones((4,), device="cpu")
    for _ in range(3):
        step(x)
    assert step.reason is None
    stream, draw, drawn = xp.random.default_generator(), Backend.random_uniform, []

    def failing(*args):
        drawn.append(1)
        if len(drawn) == 2:  # the second time, in the backward pass
            raise KeyboardInterrupt
        return draw(*args)

    monkeypatch.setattr(Backend, "random_uniform", failing)
    state = stream.state_dict()
    with pytest.raises(KeyboardInterrupt):
        step(x)
    monkeypatch.undo()
    assert len(drawn) == 2
    there = {**state, "block": state["block"] + 1}
    assert stream.state_dict() == there
    expected = xp.random.Generator(**there).uniform(4, device="cpu").tolist()
    assert xp.random.uniform(4, device="cpu").tolist() == expected


def test_noise(device):
    def make():
        model = nn.Sequential(nn.GaussianNoise(0.5), nn.Linear(3, 2, device=device), nn.AlphaDropout(0.2))
        return trained(model, losses.cross_entropy)

    assert_replays(make, batches(device, 6, (5, 3), classes=2))


def test_generators_of_ones_own(device):
    def make():
        stream = xp.random.Generator(3)

        def step(x):
            xp.random.manual_seed(5)
            return (
                x + stream.normal((3,), device=device),
                xp.random.uniform((2,), device=device),
                stream.uniform((1,), device=device),
            )

        return (step,)

    assert_replays(make, batches(device, 4, (2, 3)))


@pytest.mark.parametrize(
    "pair", [("strict:CPU_DEVICE", "strict:device1"), ("cupy:cuda:0", "cupy:cuda:1"), ("numpy:cpu", "cupy:cuda:1")]
)
def test_two_devices(pair, request):
    """A network of which one half is elsewhere."""
    reasons = [why for row in pair if (why := why_not(row, request.config))]
    if reasons:
        pytest.skip(reasons[0])
    here, there = map(find_device, pair)

    def make():
        one, other = nn.Linear(3, 4, device=here), nn.Linear(4, 2, device=there)
        optimizers = [optim.Adam(layer.parameters()) for layer in (one, other)]

        def step(x, y):
            for optimizer in optimizers:
                optimizer.zero_grad()
            hidden = xp.tanh(one(x)).to_device(there) + xp.ones((4,), device=there)
            loss = losses.cross_entropy(other(hidden), y.to_device(there))
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
            return loss

        return step, one, other, *optimizers

    assert_replays(make, batches(here, 4, (5, 3), classes=2))
