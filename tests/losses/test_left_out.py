"""What a mask, a label that is ignored, a length or a weight of 0 leaves out reaches neither value nor gradient.

The oracle is PyTorch, of ordinary numbers in the place of those that are left out.
"""

import numpy as np
import pytest

import xnn as xp
from tests.oracle import F, torch
from tests.tolerances import assert_close
from xnn import losses
from xnn.nn import functional

pytestmark = pytest.mark.needs("torch")

RANDOM = np.random.default_rng(0)
X, T = RANDOM.standard_normal((4, 3)), RANDOM.standard_normal((4, 3))
LABELS = np.asarray([0, 2, 1, 2])
CLASS_WEIGHT = np.asarray([1.0, 0.0, 2.0])  # of the third row, nothing
ROW = np.asarray([False, False, True, False])[:, None]  # the third
SOME = np.asarray([[0, 0, 1], [0, 0, 0], [1, 1, 0], [0, 0, 0]], bool)
WEIGHT = np.where(SOME, 0.0, RANDOM.uniform(0.5, 2, (4, 3)))
HALVES = np.where(RANDOM.random((4, 3)) < 0.5, 1.0, 0.0)
IGNORING = {"ignore_index": 1}

# name: ours, PyTorch's, what stands in the first place, what of it is left out, the other operands
CASES = {
    "cross_entropy, ignored": (losses.cross_entropy, F.cross_entropy, X, ROW, {"target": LABELS}, IGNORING),
    "cross_entropy, smoothed": (
        losses.cross_entropy, F.cross_entropy, X, ROW, {"target": LABELS}, {**IGNORING, "label_smoothing": 0.1}
    ),
    "cross_entropy, weight": (
        losses.cross_entropy, F.cross_entropy, X, ROW, {"target": LABELS, "weight": CLASS_WEIGHT}, {}
    ),
    "nll_loss, ignored": (losses.nll_loss, F.nll_loss, -abs(X), ROW, {"target": LABELS}, IGNORING),
    "nll_loss, weight": (
        losses.nll_loss, F.nll_loss, -abs(X), ROW, {"target": LABELS, "weight": CLASS_WEIGHT}, {}
    ),
    "multi_margin_loss": (
        losses.multi_margin_loss, F.multi_margin_loss, X, ROW, {"target": LABELS, "weight": CLASS_WEIGHT}, {}
    ),
    "binary_cross_entropy": (
        losses.binary_cross_entropy, F.binary_cross_entropy, abs(np.sin(X)), SOME, {"target": HALVES, "weight": WEIGHT},
        {},
    ),
    "with_logits": (
        losses.binary_cross_entropy_with_logits, F.binary_cross_entropy_with_logits, X, SOME,
        {"target": HALVES, "weight": WEIGHT}, {},
    ),
    "pos_weight": (
        losses.binary_cross_entropy_with_logits, F.binary_cross_entropy_with_logits, X, HALVES * (WEIGHT == 0) == 1,
        {"target": HALVES, "pos_weight": WEIGHT}, {},
    ),
    "multilabel_soft_margin_loss": (
        losses.multilabel_soft_margin_loss, F.multilabel_soft_margin_loss, X,
        np.broadcast_to([False, True, False], (4, 3)), {"target": HALVES, "weight": CLASS_WEIGHT}, {},
    ),
    "mse_loss": (losses.mse_loss, F.mse_loss, X, SOME, {"target": T, "weight": WEIGHT}, {}),
    "l1_loss": (losses.l1_loss, F.l1_loss, X, SOME, {"target": T, "weight": WEIGHT}, {}),
    "huber_loss": (losses.huber_loss, F.huber_loss, X, SOME, {"target": T, "weight": WEIGHT}, {}),
}  # fmt: skip


def gradient_of(loss, x):
    (loss if loss.ndim == 0 else loss.sum() if isinstance(loss, torch.Tensor) else xp.sum(loss)).backward()
    return x.grad


@pytest.mark.parametrize("filling", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", CASES)
def test_losses(name, reduction, filling, device):
    ours, theirs, x, left_out, others, options = CASES[name]
    t = torch.tensor(x, requires_grad=True)
    expected = theirs(t, **{k: torch.tensor(v) for k, v in others.items()}, **options, reduction=reduction)
    for dtype in ("float64", "float32"):
        raw = np.where(left_out, filling, x).astype(dtype)
        given = {k: xp.asarray(v.astype(dtype) if v.dtype.kind == "f" else v, device=device) for k, v in others.items()}
        leaf = xp.asarray(raw, device=device, requires_grad=True)
        loss = ours(leaf, **given, **options, reduction=reduction)
        assert_close(loss.detach().numpy(), expected.detach().numpy(), dtype)
        gradient = gradient_of(loss, leaf).numpy()
        t.grad = None
        wanted = torch.autograd.grad(expected.sum(), t, retain_graph=True)[0].numpy()
        assert_close(gradient, np.where(left_out, 0.0, wanted), dtype)


def test_a_weight_that_is_learnt_leaves_nothing_out(device):
    weight = xp.asarray(WEIGHT, device=device, requires_grad=True)
    w = torch.tensor(WEIGHT, requires_grad=True)
    losses.mse_loss(xp.asarray(X, device=device), xp.asarray(T, device=device), weight=weight).backward()
    F.mse_loss(torch.tensor(X), torch.tensor(T), weight=w).backward()
    assert_close(weight.grad.numpy(), w.grad.numpy())


def test_a_class_that_is_out_of_the_question_costs_nothing_where_its_probability_is_0(device):
    """Logits of -inf, as masks make them, beside targets of 0: 0 log(0) is 0."""
    raw, target = np.where(ROW.T[:, :3], -np.inf, X), np.asarray([[0.5, 0.5, 0.0]] * 4)
    x = xp.asarray(raw, device=device, requires_grad=True)
    t = torch.tensor(X[:, :2], requires_grad=True)
    loss = losses.cross_entropy(x, xp.asarray(target, device=device))
    expected = F.cross_entropy(t, torch.tensor(target[:, :2]))
    loss.backward()
    expected.backward()
    assert_close(float(loss), expected.item())
    assert_close(x.grad.numpy(), np.concatenate([t.grad.numpy(), np.zeros((4, 1))], axis=1))


@pytest.mark.parametrize("log_target", [False, True])
def test_a_class_of_probability_0_adds_nothing_to_a_divergence(log_target, device):
    logs, target = np.log([[0.25, 0.75]]), np.asarray([[0.5, 0.5]])
    t = torch.tensor(logs, requires_grad=True)
    expected = F.kl_div(t, torch.tensor(target), reduction="sum")
    expected.backward()
    x = xp.asarray(np.concatenate([logs, [[-np.inf]]], axis=1), device=device, requires_grad=True)
    wide = np.asarray([[0.5, 0.5, 0.0]])
    with np.errstate(divide="ignore"):
        wide = np.log(wide) if log_target else wide
    loss = losses.kl_div(x, xp.asarray(wide, device=device), reduction="sum", log_target=log_target)
    loss.backward()
    assert_close(float(loss), expected.item())
    assert_close(x.grad.numpy(), np.concatenate([t.grad.numpy(), [[0.0]]], axis=1))


@pytest.mark.parametrize("filling", [np.nan, np.inf])
def test_frames_behind_the_end_of_a_sequence(filling, device):
    logits = RANDOM.standard_normal((5, 2, 4))
    targets, lengths = np.asarray([[1, 2], [3, 0]]), ((5, 3), (2, 1))
    t = torch.tensor(logits, requires_grad=True)
    expected = F.ctc_loss(torch.log_softmax(t, -1), torch.tensor(targets), *lengths)
    expected.backward()
    raw = logits.copy()
    raw[3:, 1] = filling
    x = xp.asarray(raw, device=device, requires_grad=True)
    logs = xp.special.log_softmax(xp.where(xp.isfinite(x), x, 0.0), axis=-1)
    loss = losses.ctc_loss(xp.where(xp.isfinite(x), logs, filling), xp.asarray(targets, device=device), *lengths)
    loss.backward()
    assert_close(float(loss), expected.item())
    assert_close(x.grad.numpy(), t.grad.numpy())


@pytest.mark.parametrize("labels", [[0, 1, 0, 2], [1, 1, 1, 1]])
def test_rows_that_are_ignored_reach_no_weight_of_the_layer_before(labels, device):
    raw, weight, labels = RANDOM.standard_normal((4, 3)), RANDOM.standard_normal((5, 3)), np.asarray(labels)
    x, w = (torch.tensor(v, requires_grad=True) for v in (raw, weight))
    expected = F.cross_entropy(x @ w.T, torch.tensor(labels), ignore_index=1, reduction="sum")
    expected.backward()
    a = xp.asarray(np.where(labels[:, None] == 1, np.nan, raw), device=device, requires_grad=True)
    b = xp.asarray(weight, device=device, requires_grad=True)
    options = {"ignore_index": 1, "reduction": "sum"}
    loss = losses.linear_cross_entropy(a, b, xp.asarray(labels, device=device), **options)
    loss.backward()
    assert_close(float(loss), expected.item())
    assert_close(a.grad.numpy(), x.grad.numpy())
    assert_close(b.grad.numpy(), w.grad.numpy())


# ---- bags ----


@pytest.mark.parametrize("filling", [np.nan, np.inf])
@pytest.mark.parametrize("mode", ["sum", "mean", "max", "weights"])
def test_rows_of_bags(mode, filling, device):
    """A row that padding_idx, or a weight of 0, leaves out."""
    table, numbers = RANDOM.standard_normal((4, 3)), np.asarray([[0, 3, 1], [3, 3, 2]])
    weights = np.where(numbers == 3, 0.0, RANDOM.uniform(0.5, 1, numbers.shape))
    options = {"mode": "sum"} if mode == "weights" else {"mode": mode, "padding_idx": 3}
    t, s = torch.tensor(table, requires_grad=True), torch.tensor(weights, requires_grad=True)
    more = {"per_sample_weights": s} if mode == "weights" else {}
    F.embedding_bag(torch.tensor(numbers), t, **options, **more).square().sum().backward()
    raw = table.copy()
    raw[3] = filling
    x, w = (xp.asarray(v, device=device, requires_grad=True) for v in (raw, weights))
    more = {"per_sample_weights": w} if mode == "weights" else {}
    out = functional.embedding_bag(xp.asarray(numbers, device=device), x, **options, **more)
    xp.sum(out * out).backward()
    assert_close(x.grad.numpy(), t.grad.numpy())
    if mode == "weights":
        kept = weights != 0
        assert_close(w.grad.numpy()[kept], s.grad.numpy()[kept])


def test_a_target_that_is_learnt_leaves_nothing_out(device):
    """Of a target of 1 whose weight is 0 the loss is 0 and the derivative is not, which has the logit in it."""
    weight = np.asarray([0.0, 2.0, 0.0])
    ours, theirs = xp.asarray(HALVES, device=device, requires_grad=True), torch.tensor(HALVES, requires_grad=True)
    x, w = xp.asarray(X, device=device), xp.asarray(weight, device=device)
    came = losses.binary_cross_entropy_with_logits(x, ours, pos_weight=w)
    told = F.binary_cross_entropy_with_logits(torch.tensor(X), theirs, pos_weight=torch.tensor(weight))
    assert_close(gradient_of(came, ours).numpy(), gradient_of(told, theirs).numpy())
