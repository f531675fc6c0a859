"""Losses at their hard places: logits of 1e4, probabilities of 0 and 1, infinities, arrays without elements."""

import math

import numpy as np
import pytest

import xnn as xp
from tests.amp.devices import low_types
from tests.losses.row import Case, Numbers, evaluate
from tests.losses.table import ROWS
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import losses

BY_NAME = {row.name: row for row in ROWS}
LARGE = np.asarray([[1e4, -1e4, 0.0], [-1e4, 1e4, 1.0], [1e4, 1e4, -1e4]])
LABELS = np.asarray([1, 1, 2])
HALVES = np.asarray([[0.0, 1.0, 0.5], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
SIGNS = np.where(HALVES > 0.5, 1.0, -1.0)

EXTREMES = {
    "cross_entropy": [
        {"input": LARGE, "target": LABELS},
        {"input": LARGE, "target": LABELS, "weight": np.asarray([1.0, 2.0, 3.0])},
        {"input": LARGE, "target": np.eye(3)[LABELS]},
    ],
    "linear_cross_entropy": [{"input": LARGE, "linear_weight": np.eye(3), "target": LABELS}],
    "binary_cross_entropy_with_logits": [{"input": LARGE, "target": HALVES, "pos_weight": np.asarray([1.0, 2.0, 3.0])}],
    "binary_cross_entropy": [{"input": np.asarray([0.0, 1.0, 0.0, 1.0]), "target": np.asarray([0.0, 0.0, 1.0, 1.0])}],
    "multilabel_soft_margin_loss": [{"input": LARGE, "target": HALVES}],
    "soft_margin_loss": [{"input": LARGE, "target": SIGNS}],
    "sigmoid_focal_loss": [{"input": LARGE, "target": HALVES}],
    "binary_focal_crossentropy": [{"input": np.asarray([0.0, 1.0, 0.0, 1.0]), "target": np.asarray([0.0, 0, 1, 1])}],
    "ctc_loss": [{"log_probs": np.broadcast_to(LARGE, (4, 3, 3)), "targets": np.asarray([[1], [2], [1]])}],
    "log_cosh": [{"input": LARGE, "target": np.zeros((3, 3))}],
    "hinge": [{"input": LARGE, "target": SIGNS}],
    "cosine_similarity": [{"input": np.zeros((2, 3)), "target": np.ones((2, 3))}, {"input": LARGE, "target": LARGE}],
    "cosine_embedding_loss": [
        {"input1": np.zeros((2, 3)), "input2": np.ones((2, 3)), "target": np.asarray([1.0, -1.0])}
    ],
    "triplet_margin_loss": [{k: np.zeros((2, 3)) for k in ("anchor", "positive", "negative")}],
    "dice": [{"input": np.zeros((2, 3)), "target": np.zeros((2, 3))}],
    "tversky": [{"input": np.zeros((2, 3)), "target": np.zeros((2, 3))}],
    "mean_absolute_percentage_error": [{"input": LARGE, "target": np.zeros((3, 3))}],
    "mean_squared_logarithmic_error": [{"input": -LARGE, "target": np.zeros((3, 3))}],
}
LENGTHS = {"input_lengths": (4, 4, 4), "target_lengths": (1, 1, 1)}
POINTS = [
    pytest.param(name, arrays, id=f"{name}{i}") for name, cases in EXTREMES.items() for i, arrays in enumerate(cases)
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "arrays"), POINTS)
def test_loss_and_gradient_are_finite(name, arrays, dtype, device):
    case = Case(arrays, LENGTHS if name == "ctc_loss" else {})
    value, gradients = evaluate(BY_NAME[name], case, dtype, device)
    assert np.isfinite(value).all(), value
    for gradient in gradients.values():
        assert np.isfinite(gradient).all(), gradient


def test_values_of_large_logits():
    x, labels = xp.asarray(LARGE, device="cpu", requires_grad=True), xp.asarray(LABELS, device="cpu")
    loss = losses.cross_entropy(x, labels, reduction="none")
    xp.sum(loss).backward()
    assert_close(loss.detach().numpy(), [2e4, 0.0, 2e4 + math.log(2)])
    assert_close(x.grad.numpy(), [[1.0, -1.0, 0.0], [0.0, 0.0, 0.0], [0.5, 0.5, -1.0]])


def test_a_masked_logit_costs_nothing(device):
    """-inf for a class that is out of the question, as masks make it, does not come near the loss or its gradient."""
    for options in ({}, {"weight": xp.asarray([1.0, 1.0, 2.0], device=device)}):
        x = xp.asarray([[1.0, -math.inf, 2.0]], device=device, requires_grad=True)
        loss = losses.cross_entropy(x, xp.asarray([2], device=device), **options)
        loss.backward()
        assert math.isclose(float(loss), math.log1p(math.exp(-1)), rel_tol=1e-6)
        share = 1 / (1 + math.e)
        np.testing.assert_allclose(x.grad.numpy(), [[share, 0.0, -share]], rtol=1e-6)


def test_log_cosh_keeps_the_digits_of_small_errors():
    x = xp.asarray([1e-4, 1e-6], dtype=xp.float32, device="cpu")
    came = losses.log_cosh(x, xp.zeros((2,), device="cpu"), reduction="none")
    np.testing.assert_allclose(came.numpy(), [5e-9, 5e-13], rtol=1e-5)


# ---- nothing at all ----


EMPTY = {
    "cross_entropy": {"input": np.zeros((0, 3)), "target": np.zeros((0,), int)},
    "nll_loss": {"input": np.zeros((0, 3)), "target": np.zeros((0,), int)},
    "multi_margin_loss": {"input": np.zeros((0, 3)), "target": np.zeros((0,), int)},
    "multilabel_margin_loss": {"input": np.zeros((0, 3)), "target": np.zeros((0, 3), int)},
    "categorical_generalized_cross_entropy": {"input": np.zeros((0, 3)), "target": np.zeros((0,), int)},
    "linear_cross_entropy": {"input": np.zeros((0, 3)), "linear_weight": np.ones((2, 3)), "target": np.zeros(0, int)},
    "margin_ranking_loss": {k: np.zeros((0,)) for k in ("input1", "input2", "target")},
    "cosine_embedding_loss": {"input1": np.zeros((0, 3)), "input2": np.zeros((0, 3)), "target": np.zeros((0,))},
    "gaussian_nll_loss": {k: np.zeros((0, 3)) for k in ("input", "target", "var")},
    "circle": {"input": np.zeros((0, 3)), "target": np.zeros((0,), int)},
    "ctc_loss": {"log_probs": np.zeros((2, 0, 3)), "targets": np.zeros((0, 1), int),
                 "input_lengths": np.zeros((0,), int), "target_lengths": np.zeros((0,), int)},
}  # fmt: skip
TRIPLETS = ("triplet_margin_loss", "triplet_margin_with_distance_loss")
EMPTY |= {name: {k: np.zeros((0, 3)) for k in ("anchor", "positive", "negative")} for name in TRIPLETS}
OF_ALL = ("dice", "tversky", "l1_penalty", "l2_penalty")  # sums over everything


@pytest.mark.parametrize("name", [row.name for row in ROWS if row.name not in OF_ALL])
def test_the_mean_of_nothing_is_nan_and_the_sum_0(name, device):
    pair = {"input": np.zeros((0, 3)), "target": np.zeros((0, 3))}
    given = {k: xp.asarray(v, device=device) for k, v in EMPTY.get(name, pair).items()}
    call = getattr(losses, name)
    assert math.isnan(float(call(**given)))
    assert float(call(**given, reduction="sum")) == 0
    assert 0 in call(**given, reduction="none").shape


# ---- sequences ----


def test_a_target_that_does_not_fit_is_infinite_and_has_no_gradient(device):
    """Two equal labels need a blank in between, three frames; zero_infinity leaves it out."""
    n = Numbers(5)
    logits = n.normal((2, 2, 3))
    targets, lengths = np.asarray([[1, 1], [1, 2]]), ((2, 2), (2, 2))
    for zero in (False, True):
        x = xp.asarray(logits, device=device, requires_grad=True)
        logs = xp.special.log_softmax(x, axis=-1)
        loss = losses.ctc_loss(logs, xp.asarray(targets, device=device), *lengths, reduction="none", zero_infinity=zero)
        xp.sum(loss).backward()
        value = loss.detach().numpy()
        assert value[0] == (0 if zero else math.inf)
        assert np.isfinite(value[1])
        assert x.grad.numpy()[:, 0].tolist() == np.zeros((2, 3)).tolist()


@pytest.mark.needs("torch")
def test_the_gradient_of_ctc_at_log_probabilities_is_pytorchs(device):
    """It is that along normalised ones, whether they are or not."""
    n = Numbers(6)
    logs = n.normal((5, 2, 4))
    targets, lengths = np.asarray([[1, 2], [3, 3]]), ((5, 4), (2, 2))
    x = xp.asarray(logs, device=device, requires_grad=True)
    loss = losses.ctc_loss(x, xp.asarray(targets, device=device), *lengths)
    loss.backward()
    t = torch.tensor(logs, requires_grad=True)
    expected = torch.nn.functional.ctc_loss(t, torch.tensor(targets), *lengths)
    expected.backward()
    assert_close(loss.item(), expected.item())
    assert_close(x.grad.numpy(), t.grad.numpy())


@pytest.mark.needs("torch")
def test_a_long_sequence():
    """No probability of 300 frames is a float64, nor a float32; their logarithms are."""
    n = Numbers(7)
    logits, targets = n.normal((300, 1, 5)) * 30, n.labels((1, 40), 4) + 1
    t = torch.tensor(logits, requires_grad=True)
    expected = torch.nn.functional.ctc_loss(torch.log_softmax(t, -1), torch.tensor(targets), (300,), (40,))
    expected.backward()
    for dtype in ("float64", "float32"):
        x = xp.asarray(logits, dtype=dtype, device="cpu", requires_grad=True)
        loss = losses.ctc_loss(xp.special.log_softmax(x, axis=-1), xp.asarray(targets, device="cpu"), (300,), (40,))
        loss.backward()
        assert_close(loss.item(), expected.item(), dtype)
        if dtype == "float64":  # in float32 the logarithms, of thousands, leave the gradient three digits
            assert_close(x.grad.numpy(), t.grad.numpy())
        assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", ["huber_loss", "smooth_l1_loss"])
def test_an_infinite_error_has_the_slope_of_a_large_one(name, device):
    errors = np.asarray([math.inf, -math.inf, 3.0, 0.5])
    for dtype in ("float32", "float64"):
        x = xp.asarray(errors.astype(dtype), device=device, requires_grad=True)
        t = torch.tensor(errors, requires_grad=True)
        value = getattr(losses, name)(x, xp.zeros_like(x), reduction="none")
        xp.sum(value).backward()
        expected = getattr(torch.nn.functional, name)(t, torch.zeros_like(t), reduction="none")
        expected.sum().backward()
        assert_close(value.detach().numpy(), expected.detach().numpy().astype(dtype))
        assert_close(x.grad.numpy(), t.grad.numpy().astype(dtype))


# ---- more than float16 counts ----

MANY = 70000
MANY_ROWS = {
    "cross_entropy": {},
    "cross_entropy, weighted": {"weight": [1.0, 1.0]},
    "cross_entropy, smoothed": {"label_smoothing": 0.1},
    "cross_entropy, soft": {},
    "nll_loss": {},
    "mse_loss": {"weight": np.ones((MANY, 2))},
}


@pytest.mark.parametrize("name", MANY_ROWS)
def test_the_mean_of_many_labels_in_a_low_type(name, device):
    """Neither their number nor the sum of their losses is a float16; PyTorch's is NaN on the CPU, and right on CUDA."""
    for low in low_types(device):
        x = xp.asarray(np.repeat([[-3.0, -0.5]], MANY, axis=0), dtype=low, device=device, requires_grad=True)
        labels = xp.zeros((MANY,), dtype="int64", device=device)
        target = xp.zeros_like(x) if "mse" in name else x.detach() * 0 + 0.5 if "soft" in name else labels
        weight = MANY_ROWS[name].get("weight")
        options = MANY_ROWS[name] | ({} if weight is None else {"weight": xp.asarray(weight, dtype=low, device=device)})
        call = getattr(losses, name.split(",")[0])
        loss = call(x, target, **options)
        expected = call(x.detach()[:10, ...], target[:10, ...], **{
            key: value[:10, ...] if "mse" in name else value for key, value in options.items()
        })  # fmt: skip
        loss.backward()
        assert loss.dtype.name == x.grad.dtype.name == low
        assert float(loss) == pytest.approx(float(expected), rel=xp.finfo(loss.dtype).eps)
        assert bool(xp.all(xp.isfinite(x.grad)))
