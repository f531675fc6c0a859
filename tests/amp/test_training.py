"""Small networks learn under float16 autocast with loss scaling as they do in float32."""

import numpy as np
import pytest

import xnn as xp
from tests.amp.devices import lacks_half, needs_torch
from xnn import nn

STEPS = 30


def mlp(device):
    return nn.Sequential(
        nn.Linear(64, 32, device=device), nn.ReLU(), nn.Dropout(0.1), nn.LayerNorm(32, device=device),
        nn.Linear(32, 4, device=device),
    )  # fmt: skip


def cnn(device):
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 4, 3, device=device), nn.BatchNorm2d(4, device=device), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 4, device=device),
    )  # fmt: skip


def images(device):
    """Four kinds of image, each a bright quarter in noise."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 4, 48)
    x = random.uniform(0, 0.5, (48, 8, 8))
    for image, label in zip(x, labels, strict=True):
        row, column = divmod(label, 2)
        image[4 * row : 4 * row + 4, 4 * column : 4 * column + 4] += 0.5
    return xp.asarray(x.reshape(48, 64), dtype="float32", device=device), xp.asarray(labels, device=device)


def train(make, device, dtype=None, scale=2.0**24):
    """The losses of each step, the network, and how many steps were left out: the scale begins too large."""
    xp.random.manual_seed(3)
    model = make(device)
    optimizer = xp.optim.Adam(model.parameters(), lr=0.01)
    scaler = xp.amp.GradScaler(scale, enabled=dtype is xp.float16)
    x, labels = images(device)
    losses, skipped = [], 0
    while len(losses) < STEPS and skipped < STEPS:
        xp.random.manual_seed(len(losses))  # a step that was left out is tried again
        optimizer.zero_grad()
        with xp.amp.autocast(dtype=dtype, enabled=dtype is not None):
            loss = xp.losses.cross_entropy(model(x), labels)
        scaler.scale(loss).backward()
        before = scaler.get_scale()
        scaler.step(optimizer)
        scaler.update()
        if scaler.get_scale() < before:
            skipped += 1
        else:
            losses.append(loss)
    return [loss.item() for loss in losses], model, skipped


@pytest.mark.parametrize("make", [mlp, cnn])
def test_float16(make, device):
    if lacks_half(device):
        pytest.skip(f"{device} has no float16")
    with np.errstate(over="ignore", invalid="ignore"):  # the scale begins too large, of which NumPy warns
        assert_learns_as_in_float32(make, device, xp.float16, 0.02)


@needs_torch
@pytest.mark.parametrize("make", [mlp, cnn])
def test_bfloat16(make):
    """Of the libraries PyTorch alone has it; it needs no scaler."""
    assert_learns_as_in_float32(make, "torch:cpu", xp.bfloat16, 0.1)


def assert_learns_as_in_float32(make, device, dtype, tolerance):
    expected, _, _ = train(make, device)
    losses, model, skipped = train(make, device, dtype)
    assert expected[-1] < 0.5 * expected[0]
    np.testing.assert_allclose(losses, expected, atol=tolerance * expected[0])
    assert {p.dtype for p in model.parameters()} == {xp.float32}
    assert {p.grad.dtype for p in model.parameters()} == {xp.float32}
    assert skipped > 0 if dtype is xp.float16 else skipped == 0


def test_without_scaling_small_gradients_are_lost():
    """What the scaler is for: a float16 below 6e-8 is 0."""
    gradients = []
    for scaler in (xp.amp.GradScaler(enabled=False), xp.amp.GradScaler(2.0**16)):
        w = nn.Parameter(xp.ones((1, 1), device="numpy:cpu"))
        with xp.amp.autocast():
            y = nn.functional.linear(xp.ones((1, 1), device="numpy:cpu"), w)
            loss = xp.sum(xp.astype(y, xp.float32) * 1e-8)
        scaler.scale(loss).backward()
        scaler.unscale_(xp.optim.SGD([w], lr=1.0))
        gradients.append(w.grad.item())
    assert gradients == [0.0, pytest.approx(1e-8, rel=1e-3)]
