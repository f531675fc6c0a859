"""Losses against torch.nn.functional's: values and gradients, every reduction, special points."""

import numpy as np
import pytest

import xnn as xp
from tests.ops.compare import assert_like_torch
from tests.oracle import F, torch
from tests.tolerances import assert_close
from xnn import losses

random = np.random.default_rng(0)


def labels(shape, classes):
    return random.integers(0, classes, shape)


CASES = {
    "mse_loss": [
        (np.asarray(random.normal(size=s)), np.asarray(random.normal(size=s))) for s in [(4,), (3, 2), (), (2, 1, 3)]
    ],
    "binary_cross_entropy_with_logits": [
        *((np.asarray(random.normal(size=s) * 3), np.asarray(random.uniform(size=s))) for s in [(4,), (3, 2), ()]),
        (np.asarray([0.0, 0.0, 500.0, -500.0, 500.0]), np.asarray([0.0, 1.0, 1.0, 0.0, 0.0])),
    ],
    "cross_entropy": [
        (random.normal(size=(4, 3)), labels((4,), 3)),
        (random.normal(size=(2, 3, 2)) * 10, labels((2, 2), 3)),
        (random.normal(size=(2, 3, 2, 2)), labels((2, 2, 2), 3)),
        (random.normal(size=(2, 1)), labels((2,), 1)),
        (np.asarray([[1000.0, -1000.0, 0.0]]), np.asarray([1])),
    ],
}


def test_every_loss_has_cases():
    assert set(CASES) == set(losses.__all__)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients(name, reduction, device):
    for dtype in ("float32", "float64"):
        for raws in CASES[name]:
            assert_like_torch(
                lambda xp, *a: getattr(losses, name)(*a, reduction=reduction),
                lambda *a: getattr(F, name)(*a, reduction=reduction),
                [np.asarray(r, dtype) if r.dtype.kind == "f" else r for r in raws],
                device,
            )


@pytest.mark.parametrize("name", CASES)
def test_the_mean_is_the_default(name):
    raws = [xp.asarray(r, device="cpu") for r in CASES[name][0]]
    assert float(getattr(losses, name)(*raws)) == float(getattr(losses, name)(*raws, reduction="mean"))


@pytest.mark.parametrize("name", CASES)
def test_derivatives_of_both_orders(name, device):
    for raws in CASES[name][:3]:
        xp.check_gradients(getattr(losses, name), *(xp.asarray(r, device=device) for r in raws))


@pytest.mark.parametrize("name", CASES)
def test_raw_arrays_give_raw_arrays(name, device):
    raws = [xp.asarray(r, device=device)._data for r in CASES[name][0]]
    assert isinstance(getattr(losses, name)(*raws), device.backend.array_type)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64"])
def test_labels_of_every_integer_type(dtype, device):
    x, t = CASES["cross_entropy"][0]
    came = losses.cross_entropy(xp.asarray(x, device=device), xp.asarray(t.astype(dtype), device=device))
    assert_close(came.item(), F.cross_entropy(torch.tensor(x), torch.tensor(t)).item())


def test_binary_cross_entropy_is_smooth_at_0(device):
    """s'(0) = 1/4; a formula of max and abs has kinks there."""
    loss = losses.binary_cross_entropy_with_logits
    x = xp.asarray(np.zeros(3), device=device)
    t = xp.asarray([0.25, 0.5, 0.75], dtype=xp.float64, device=device)
    xp.check_gradients(lambda x: loss(x, t), x)
    xp.check_gradients(loss, x, t)
    x.requires_grad = True
    loss(x, t, reduction="sum").backward(create_graph=True)
    first, x.grad = x.grad, None
    assert_close(first.detach().numpy(), 0.5 - t.numpy())
    xp.sum(first).backward()
    assert_close(x.grad.numpy(), np.full(3, 0.25))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_binary_cross_entropy_of_extreme_logits(dtype, device):
    values = np.asarray([1e4, 1e4, -1e4, -1e4, 20.0, -20.0], dtype)
    targets = np.asarray([0.0, 1.0, 0.0, 1.0, 1.0, 0.0], dtype)
    x = xp.asarray(values, device=device, requires_grad=True)
    out = losses.binary_cross_entropy_with_logits(x, xp.asarray(targets, device=device), reduction="none")
    xp.sum(out).backward()
    tail = np.exp(-20.0)  # small losses keep their digits
    expected = [1e4, 0.0, 0.0, 1e4, tail, tail]
    np.testing.assert_allclose(out.detach().numpy(), np.asarray(expected, dtype), rtol=1e-6)
    np.testing.assert_allclose(x.grad.numpy(), np.asarray([1, 0, 0, -1, -tail, tail], dtype), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool"])
@pytest.mark.parametrize("name", ["mse_loss", "binary_cross_entropy_with_logits"])
def test_targets_of_integers_are_cast_to_the_type_of_the_input(name, dtype, device):
    values = np.asarray([0, 1, 1], dtype)
    for floating in ("float32", "float64"):
        x = xp.asarray([-1.0, 2.0, 3.0], dtype=floating, device=device)
        came = getattr(losses, name)(x, xp.asarray(values, device=device))
        expected = getattr(losses, name)(x, xp.asarray(values.astype(floating), device=device))
        assert came.dtype.name == floating
        assert float(came) == float(expected)


def test_the_mean_of_two_types_has_the_wider_one(device):
    x = xp.asarray([1.0, 2.0], device=device, requires_grad=True)
    loss = losses.mse_loss(x, xp.asarray([0.0, 0.0], dtype=xp.float64, device=device))
    assert loss.dtype is xp.float64
    loss.backward()
    assert x.grad.dtype is xp.float32
