"""What single losses do beyond the table: types of labels, targets, options; smoothness; names for the same thing."""

import inspect
import math

import numpy as np
import pytest

import xnn as xp
from tests.losses.row import Numbers, as_type
from tests.losses.table import ROWS
from tests.oracle import F, torch
from tests.tolerances import assert_close
from xnn import losses


@pytest.mark.needs("torch")
@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64"])
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss", "multi_margin_loss"])
def test_labels_of_every_integer_type(name, dtype, device):
    n = Numbers(0)
    x, t = n.normal((4, 3)), n.labels((4,), 3)
    came = getattr(losses, name)(xp.asarray(x, device=device), xp.asarray(t.astype(dtype), device=device))
    assert_close(came.item(), getattr(F, name)(torch.tensor(x), torch.tensor(t)).item())


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


@pytest.mark.parametrize("name", ["log_cosh", "smooth_l1_loss", "huber_loss", "mse_loss"])
def test_losses_that_are_parabolas_at_0_bend_there(name, device):
    """Their second derivative is 1, or the square's 2; of a formula of |x| it would be 0."""
    zero, t = xp.asarray(0.0, dtype=xp.float64, device=device), xp.asarray(0.0, dtype=xp.float64, device=device)
    bend = xp.grad(xp.grad(lambda x: getattr(losses, name)(x, t)))(zero)
    assert float(bend) == (2 if name == "mse_loss" else 1)


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


CAST = {
    "mse_loss": [0, 1, 1], "l1_loss": [0, 1, 1], "huber_loss": [0, 1, 1], "log_cosh": [0, 1, 1],
    "poisson_nll_loss": [0, 1, 1], "binary_cross_entropy_with_logits": [0, 1, 1], "sigmoid_focal_loss": [0, 1, 1],
    "multilabel_soft_margin_loss": [0, 1, 1], "hinge": [0, 1, 1], "dice": [0, 1, 1], "categorical_hinge": [0, 0, 1],
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool"])
@pytest.mark.parametrize("name", CAST)
def test_targets_of_integers_are_cast_to_the_type_of_the_input(name, dtype, device):
    values = np.asarray(CAST[name], dtype)
    for floating in ("float32", "float64"):
        x = xp.asarray([-1.0, 2.0, 3.0], dtype=floating, device=device)
        came = getattr(losses, name)(x, xp.asarray(values, device=device))
        expected = getattr(losses, name)(x, xp.asarray(values.astype(floating), device=device))
        assert came.dtype.name == floating
        assert float(came) == float(expected)


def test_signs_of_integers_are_cast_too(device):
    x = xp.asarray([[1.0, 2.0], [0.5, -1.0]], device=device)
    t = xp.asarray([1, -1], device=device)
    for loss in (losses.soft_margin_loss, losses.hinge_embedding_loss, losses.perceptron_loss):
        assert loss(x[0], t).item() == loss(x[0], xp.astype(t, xp.float32)).item()
    assert (
        losses.cosine_embedding_loss(x, x, t).item()
        == losses.cosine_embedding_loss(x, x, xp.asarray([1.0, -1.0], device=device)).item()
    )
    assert losses.margin_ranking_loss(x[0], x[1], t).item() == 1.5


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_options_of_numpy_are_weak(row, kind):
    """A margin of np.linspace, a float64, does not make a float32 loss float64."""
    call = getattr(losses, row.name)
    defaults = {name: found.default for name, found in inspect.signature(call).parameters.items()}
    names = [name for name, default in defaults.items() if isinstance(default, float)]
    for case in row.cases:
        arrays = {k: xp.asarray(v, device="cpu") for k, v in as_type(case.arrays, "float32").items()}
        given = row.prepare(xp, arrays) if row.prepare else arrays
        for name in names:
            if name in arrays:
                continue
            value = float(kind(defaults[name] or 0.5))
            expected = call(**given, **{**case.options, name: value})
            came = call(**given, **{**case.options, name: kind(value)})
            assert came.dtype is xp.float32, name
            assert came.tolist() == expected.tolist(), name


def test_numbers_of_numpy_are_lengths_and_variances():
    n = Numbers(3)
    logs, t = xp.asarray(np.log(n.softmax((5, 2, 4), -1)), device="cpu"), xp.asarray([[1, 2], [3, 3]], device="cpu")
    expected = losses.ctc_loss(logs, t, (5, 4), (2, 2), blank=0)
    came = losses.ctc_loss(logs, t, [np.int64(5), np.int64(4)], (np.int32(2), 2), blank=np.int64(0))
    assert came.item() == expected.item()
    single = losses.ctc_loss(logs[:, 0], t[0], np.int64(5), np.int64(2))
    assert single.item() == losses.ctc_loss(logs[:, 0], t[0], 5, 2).item()
    x = xp.asarray([1.0, 2.0], device="cpu")
    came = losses.gaussian_nll_loss(x, x + 1, np.float32(0.25))
    assert came.dtype is xp.float32
    assert came.item() == losses.gaussian_nll_loss(x, x + 1, 0.25).item()


def test_the_mean_of_two_types_has_the_wider_one(device):
    x = xp.asarray([1.0, 2.0], device=device, requires_grad=True)
    loss = losses.mse_loss(x, xp.asarray([0.0, 0.0], dtype=xp.float64, device=device))
    assert loss.dtype is xp.float64
    loss.backward()
    assert x.grad.dtype is xp.float32


def test_soft_labels_that_are_one_hot_are_labels(device):
    n = Numbers(1)
    x, t = xp.asarray(n.normal((3, 4, 2)), device=device), n.labels((3, 2), 4)
    one_hot = xp.asarray(np.moveaxis(np.eye(4)[t], -1, 1), device=device)
    for smoothing in (0.0, 0.3):
        hard = losses.cross_entropy(x, xp.asarray(t, device=device), label_smoothing=smoothing)
        assert_close(losses.cross_entropy(x, one_hot, label_smoothing=smoothing).item(), hard.item())


def test_tversky_of_halves_is_dice():
    n = Numbers(2)
    x, t = xp.asarray(n.uniform((3, 4)), device="cpu"), xp.asarray(np.round(n.uniform((3, 4))), device="cpu")
    assert math.isclose(losses.tversky(x, t).item(), losses.dice(x, t).item(), rel_tol=1e-7)


def test_penalties_take_the_parameters_of_a_network(device):
    layer = xp.nn.Linear(3, 2, device=device)
    loss = losses.l2_penalty(layer.parameters(), 0.5)
    loss.backward()
    sizes = [float(np.sum(p.detach().numpy() ** 2)) for p in layer.parameters()]
    assert math.isclose(float(loss), 0.5 * sum(sizes), rel_tol=1e-5)
    np.testing.assert_allclose(layer.weight.grad.numpy(), layer.weight.detach().numpy(), rtol=1e-6)
    size = sum(float(np.abs(p.detach().numpy()).sum()) for p in layer.parameters())
    assert math.isclose(float(losses.l1_penalty(layer.parameters())), 0.01 * size, rel_tol=1e-5)


def test_perceptron_loss_has_the_perceptrons_rule():
    """The gradient of wrong answers is -t x, that of right ones 0; at 0, where one starts, the answer is wrong."""
    w = xp.asarray([0.0, 0.0], device="cpu", requires_grad=True)
    x, t = xp.asarray([[1.0, 2.0], [-3.0, 1.0]], device="cpu"), xp.asarray([1, -1], device="cpu")
    losses.perceptron_loss(xp.matmul(x, w), t, reduction="sum").backward()
    assert w.grad.tolist() == [-4.0, -1.0]
