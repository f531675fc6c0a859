"""A cure that a message names is followed, and gives what was meant; what only looks wrong is warned of."""

import re
import warnings

import numpy as np
import pytest

import xnn as xp
from tests.losses.row import Numbers
from tests.oracle import F, torch
from tests.tolerances import assert_close
from xnn import losses
from xnn.errors import DTypeError, LabelError, ShapeError

n = Numbers(0)


def cured(call, **arrays):
    """What the call gives, and the text of its error: of the arrays, of which the cure makes another one."""
    with pytest.raises(ShapeError) as raised:
        call(**arrays)
    cure = re.search(r"Cure: (?:[^:]*: |reshape one, as )?(.*)\.$", str(raised.value))[1]
    for text in re.split(r" or | by ", cure):
        if found := re.match(r"(xnn\.\w+\((\w+).*\)|(\w+)\[:, None\])", text):
            name = found[2] or found[3]
            yield text, call(**arrays | {name: eval(found[1], {"xnn": xp} | arrays)})


@pytest.mark.parametrize("loss", [losses.cross_entropy, losses.nll_loss, losses.categorical_generalized_cross_entropy])
@pytest.mark.parametrize("shape", [(5, 3), (5, 3, 2, 2)])
def test_labels_with_a_dimension_of_one_are_squeezed(loss, shape, device):
    labels = n.labels((shape[0], *shape[2:]), 3)
    input = n.softmax(shape, 1) if loss is not losses.nll_loss else -n.uniform(shape)
    x, t = xp.asarray(input, device=device), xp.asarray(labels, device=device)
    found = list(cured(loss, input=x, target=xp.expand_dims(t, axis=1)))
    assert [text for text, _ in found] == ["xnn.squeeze(target, axis=1)"]
    assert found[0][1].item() == loss(x, t).item() != 0


@pytest.mark.needs("torch")
def test_one_hot_rows_become_class_numbers(device):
    x, t = n.normal((5, 3)), n.labels((5,), 3)
    rows = xp.asarray(np.eye(3, dtype=np.int64)[t], device=device)
    (found,) = cured(losses.cross_entropy, input=xp.asarray(x, device=device), target=rows)
    assert_close(found[1].item(), F.cross_entropy(torch.tensor(x), torch.tensor(t)).item())


def test_one_logit_is_no_class_among_several(device):
    x, t = xp.zeros((4, 1), device=device), xp.asarray([[0], [1], [1], [0]], device=device)
    for loss in (losses.cross_entropy, losses.nll_loss):
        with pytest.raises(ShapeError, match=r"Cure: .* of two classes or more; of one, binary_cross_entropy_with_log"):
            loss(x, t)
    for target in (xp.astype(x, xp.int64)[:, 0], x + 1.0):
        with pytest.warns(
            UserWarning, match=r"^cross_entropy of one class is 0, .* Cure: binary_cross_entropy_with_logits\.$"
        ):
            assert losses.cross_entropy(x + 3.0, target).item() == 0.0
    with pytest.raises(LabelError, match="give the last layer more outputs"):
        losses.cross_entropy(x, t[:, 0]).item()


@pytest.mark.parametrize(("one", "other", "count"), [
    ((4, 1), (4,), 2), ((4,), (4, 1), 1), ((4, 1, 2), (4, 2), 1), ((1, 4), (4,), 1), ((4, 3), (3,), 1),
    ((4, 3), (4, 1), 1),
])  # fmt: skip
def test_operands_of_two_shapes_meet_as_they_were_meant(one, other, count, device):
    x, t = n.normal(one), n.normal(other)
    meant = np.reshape(t, one) if x.size == t.size else np.broadcast_to(t, one)
    given = {"input": xp.asarray(x, device=device), "target": xp.asarray(t, device=device)}
    found = list(cured(losses.mse_loss, **given))
    assert len(found) == count
    for _, value in found:
        assert_close(value.item(), np.mean((x - meant) ** 2))


def test_no_reshape_is_named_that_mixes_elements():
    with pytest.raises(
        ShapeError, match="Cure: reshape one, so that each element meets its own: a loss does not broad"
    ):
        losses.mse_loss(xp.zeros((3, 4)), xp.zeros((4, 3)))


def test_labels_that_a_cast_would_cut_off_are_said():
    with pytest.raises(
        DTypeError, match=r"Cure: xnn\.astype\(target, xnn\.int64\)\. It cuts off: of whole numbers only"
    ):
        losses.cross_entropy(xp.zeros((2, 3)), xp.asarray([0.9, 1.9]))


# ---- rounding ----

ROUNDED = ("binary_cross_entropy", "binary_cross_entropy_with_logits", "sigmoid_focal_loss", "dice", "tversky",
           "binary_focal_crossentropy", "multilabel_soft_margin_loss", "categorical_focal_crossentropy",
           "cross_entropy")  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("name", ROUNDED)
def test_targets_beyond_1_by_rounding_are_taken(name, dtype, device):
    """As mixup in float32 gives them; the loss and its gradient are those of the targets cut off at the bounds."""
    if dtype == "float16" and device.backend.name == "strict":
        pytest.skip("array-api-strict has no float16")
    beyond = np.asarray([[np.nextafter(np.float32(1), np.float32(2)), np.float32(-1e-7), 0.5]], dtype)
    if dtype == "float16":
        beyond = np.asarray([[np.nextafter(np.float16(1), np.float16(2)), 0.0, 0.5]], dtype)
    loss, values, slopes = getattr(losses, name), [], []
    for target in (beyond, np.clip(beyond, 0, 1)):
        x = xp.asarray(np.asarray([[0.75, 0.125, 0.5]], dtype), device=device, requires_grad=True)
        value = loss(x, xp.asarray(target, device=device))
        value.backward()
        values.append(value.item())
        slopes.append(x.grad.numpy())
    assert np.isfinite(values[0])
    assert values[0] == pytest.approx(values[1], rel=5e-3 if dtype == "float16" else 1e-6)
    np.testing.assert_allclose(slopes[0], slopes[1], atol=5e-3 if dtype == "float16" else 1e-6)


def test_a_sure_answer_beside_a_target_beyond_1_has_no_huge_slope(device):
    target = xp.asarray(np.asarray([1.0000001, -1e-7], np.float32), device=device)
    for loss, options in ((losses.binary_cross_entropy, {}), (losses.binary_focal_crossentropy, {"gamma": 1.5})):
        x = xp.asarray([1.0, 0.0], device=device, requires_grad=True)
        value = loss(x, target, **options)
        value.backward()
        assert abs(value.item()) < 1e-5
        assert max(map(abs, x.grad.tolist())) < 1e-3


@pytest.mark.parametrize("wrong", [1.00001, -1e-5])
def test_targets_beyond_1_by_more_are_refused(wrong):
    with pytest.raises(LabelError, match="probabilities from 0 to 1"):
        losses.binary_cross_entropy_with_logits(xp.zeros((1,), device="cpu"), xp.asarray([wrong], device="cpu"))


# ---- logarithms ----

LOGARITHMS = r"takes input as logarithms of probabilities, which are at most 0; larger ones came. Cure: "


def test_probabilities_in_the_place_of_logarithms_are_warned_of(device):
    chances, labels = xp.asarray(n.softmax((4, 3), 1), device=device), xp.asarray([0, 1, 2, 0], device=device)
    with pytest.warns(UserWarning, match=f"^nll_loss {LOGARITHMS}log_softmax before it"):
        losses.nll_loss(chances, labels).item()
    with pytest.warns(UserWarning, match=rf"^kl_div {LOGARITHMS}xnn\.log of probabilities"):
        losses.kl_div(chances, chances).item()
    with pytest.warns(UserWarning, match=r"^kl_div takes target as logarithms .* log_target=False for probabilities"):
        losses.kl_div(xp.log(chances), chances, log_target=True).item()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        losses.nll_loss(xp.log(chances), labels).item()
        losses.kl_div(xp.log(chances), chances).item()
        losses.kl_div(xp.log(chances), xp.log(chances), log_target=True).item()


def test_a_warning_points_at_the_call_of_the_loss(device):
    """So that each call is told of once, however many lines are between it and the check."""
    chances, labels = xp.asarray(n.softmax((4, 3), 1), device=device), xp.asarray([0, 1, 2, 0], device=device)
    calls = [
        lambda: losses.nll_loss(chances, labels).item(),
        lambda: losses.kl_div(chances, chances).item(),  # which has an option that is a flag, and so a line more
        lambda: losses.dice(chances + 1, chances).item(),
    ]
    for call in calls:
        with pytest.warns(UserWarning, match="others came|larger ones came") as told:
            call()
        assert {(w.filename, w.lineno) for w in told} == {(__file__, call.__code__.co_firstlineno)}


@pytest.mark.needs("torch")
def test_the_value_of_what_is_warned_of_is_pytorchs(device):
    x, t = n.normal((4, 3)), n.labels((4,), 3)
    with pytest.warns(UserWarning, match="^nll_loss takes"):
        came = losses.nll_loss(xp.asarray(x, device=device), xp.asarray(t, device=device)).item()
    assert_close(came, F.nll_loss(torch.tensor(x), torch.tensor(t)).item())


def test_what_a_label_excludes_is_not_looked_at(device):
    x = xp.asarray([[-1.0, -2.0], [5.0, 7.0]], device=device)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert losses.nll_loss(x, xp.asarray([0, -100], device=device)).item() == 1.0
        assert losses.nll_loss(x, xp.asarray([1, 0], device=device), ignore_index=0).item() == 2.0


@pytest.mark.parametrize("name", ["dice", "tversky"])
def test_an_overlap_of_logits_is_warned_of(name, device):
    x, t = xp.asarray([-2.0, 3.0], device=device), xp.asarray([0.0, 1.0], device=device)
    with pytest.warns(
        UserWarning, match=rf"^{name} takes input as probabilities .* Cure: sigmoid or softmax before it"
    ):
        getattr(losses, name)(x, t).item()
    with pytest.raises(LabelError, match="probabilities from 0 to 1"):
        getattr(losses, name)(xp.special.expit(x), 2 * t).item()
