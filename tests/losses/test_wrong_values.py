"""Labels and other values that make no sense: an error at once on the CPU; on a GPU NaN, and an error at a wait."""

import math
import re

import numpy as np
import pytest

import xnn as xp
from tests.ops.compare import quiet
from xnn import losses
from xnn.errors import LabelError, OptionError

LABELS = "labels are from 0 to 2, for logits of 3 classes; another one came. Cure: count classes from 0, or give"
SCORES = "labels are from 0 to 2, for scores of 3 classes, and -1 behind them; another one came. Cure: count classes"
THREE = np.asarray([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]])
TWO = np.asarray([0.3, 0.6])


def probabilities(name):
    return f"targets of {name} are probabilities from 0 to 1; another one came. Cure: classes are 0 and 1; scores"


def signs(name):
    return f"targets of {name} are -1 and 1; another one came. Cure: 2 * target - 1 makes them of 0 and 1."


def hinges(name):
    return (
        f"targets of {name} are -1 and 1, or 0 and 1; others came. Cure: 2 * target - 1 makes the first of the second."
    )


LENGTHS = {"input_lengths": np.asarray([3, 3]), "target_lengths": np.asarray([1, 2])}
LOGS = {"log_probs": np.log(np.full((3, 2, 3), 1 / 3)), "targets": np.asarray([[1, 1], [2, 1]])}
# loss: the arguments, what is wrong with them, the error, its text, and which losses are not NaN until it comes
WRONG = [
    ("cross_entropy", {"input": THREE, "target": np.asarray([0, 3])}, LabelError, LABELS, [0]),
    ("cross_entropy", {"input": THREE, "target": np.asarray([-100, -1])}, LabelError, LABELS, [0]),
    ("cross_entropy", {"input": THREE, "target": np.asarray([2, 7]), "weight": np.ones(3)}, LabelError, LABELS, [0]),
    ("cross_entropy", {"input": THREE, "target": np.asarray([2, 7]), "label_smoothing": 0.1}, LabelError, LABELS, [0]),
    ("cross_entropy", {"input": THREE, "target": np.asarray([[0.0, 1, 0], [0, 1.5, 0]])}, LabelError,
     probabilities("cross_entropy"), [0]),
    ("nll_loss", {"input": THREE, "target": np.asarray([0, 3])}, LabelError, LABELS, [0]),
    ("linear_cross_entropy", {"input": THREE, "linear_weight": np.ones((3, 3)), "target": np.asarray([0, 3])},
     LabelError, LABELS, [0]),
    ("multi_margin_loss", {"input": THREE, "target": np.asarray([-1, 2])}, LabelError, LABELS, [1]),
    *(
        ("multilabel_margin_loss", {"input": THREE, "target": np.asarray([[0, 1, -1], row])}, LabelError, SCORES, [0])
        for row in ([0, -2, 1], [0, -1, 3])
    ),
    ("categorical_generalized_cross_entropy", {"input": THREE, "target": np.asarray([0, 3])}, LabelError, LABELS, [0]),
    *(
        (name, {"input": TWO, "target": np.asarray([1.0, wrong])}, LabelError, probabilities(name), [0])
        for name in ("binary_cross_entropy", "binary_cross_entropy_with_logits", "sigmoid_focal_loss",
                     "binary_focal_crossentropy")
        for wrong in (-0.5, 1.5, math.nan)
    ),
    *(
        (name, {"input": THREE, "target": np.asarray([[0.0, 1.0, 0.0], [0.0, 2.0, 0.0]])}, LabelError,
         probabilities(name), [0])
        for name in ("multilabel_soft_margin_loss", "categorical_focal_crossentropy")
    ),
    ("binary_cross_entropy", {"input": np.asarray([0.5, 1.5]), "target": np.asarray([1.0, 0.0])}, OptionError,
     "inputs of binary_cross_entropy are probabilities from 0 to 1; another one came. Cure: binary_cross_entropy_with_",
     [0]),
    ("binary_focal_crossentropy", {"input": np.asarray([0.5, -1.5]), "target": np.asarray([1.0, 0.0])}, OptionError,
     "inputs of binary_focal_crossentropy are probabilities from 0 to 1; another one came. Cure: from_logits=True.",
     [0]),
    *(
        (name, {"input": TWO, "target": np.asarray([1.0, wrong])}, LabelError, signs(name), [0])
        for name in ("soft_margin_loss", "hinge_embedding_loss") for wrong in (0.0, 2.0)
    ),
    ("margin_ranking_loss", {"input1": TWO, "input2": TWO, "target": np.asarray([1, 0])}, LabelError,
     signs("margin_ranking_loss"), [0]),
    ("cosine_embedding_loss", {"input1": THREE, "input2": THREE, "target": np.asarray([1, 0])}, LabelError,
     signs("cosine_embedding_loss"), [0]),
    *(
        (name, {"input": TWO, "target": np.asarray([1.0, 3.0])}, LabelError, hinges(name), [0])
        for name in ("hinge", "squared_hinge", "perceptron_loss")
    ),
    ("hinge", {"input": TWO, "target": np.asarray([0.0, -1.0])}, LabelError, hinges("hinge"), []),
    ("gaussian_nll_loss", {"input": TWO, "target": TWO, "var": np.asarray([1.0, -1.0])}, OptionError,
     "variances of gaussian_nll_loss are not negative; another one came. Cure: exp or softplus of it.", [0]),
    *(
        ("ctc_loss", LOGS | LENGTHS | {"targets": np.asarray([[1, 9], [2, wrong]])}, LabelError,
         "targets are labels from 0 to 2 without the blank 0; another one came. Cure: count labels from 1 where", [0])
        for wrong in (3, -1, 0)
    ),
    ("ctc_loss", LOGS | LENGTHS | {"input_lengths": np.asarray([3, 4])}, OptionError,
     "input_lengths are from 0 to 3; another one came. Cure: no more than there is in the array.", [0]),
    ("ctc_loss", LOGS | LENGTHS | {"target_lengths": np.asarray([1, -1])}, OptionError,
     "target_lengths are from 0 to 2; another one came.", [0]),
]  # fmt: skip


def call(name, arguments, device, requires_grad=False):
    given = {k: xp.asarray(v, device=device) if isinstance(v, np.ndarray) else v for k, v in arguments.items()}
    first = next(iter(given.values()))
    first.requires_grad = requires_grad
    return getattr(losses, name)(**given, reduction="none"), first


@pytest.mark.parametrize(
    ("name", "arguments", "kind", "message", "right"), WRONG, ids=lambda x: x if x in losses.__all__ else ""
)
def test_wrong_values_are_caught(name, arguments, kind, message, right, device):
    xp.synchronize(device)
    if not device.is_asynchronous:
        with pytest.raises(kind, match=re.escape(message)):
            call(name, arguments, device)
        return
    with quiet():
        value, leaf = call(name, arguments, device, requires_grad=True)
        xp.sum(value).backward()
    with pytest.raises(kind, match=re.escape(message)):
        xp.synchronize(device)
    xp.synchronize(device)  # not a second time
    is_nan = np.isnan(value.detach().numpy())
    assert [i for i, nan in enumerate(is_nan) if not nan] == right
    assert np.isnan(leaf.grad.numpy()).any()


@pytest.mark.parametrize("name", ["hinge", "squared_hinge", "perceptron_loss"])
def test_classes_0_and_1_stand_for_signs(name, device):
    x = xp.asarray([0.3, -0.4, 2.0], device=device)
    one = getattr(losses, name)(x, xp.asarray([1, 0, 0], device=device), reduction="none")
    other = getattr(losses, name)(x, xp.asarray([1, -1, -1], device=device), reduction="none")
    assert one.tolist() == other.tolist()


def test_labels_behind_a_target_are_not_looked_at(device):
    given = LOGS | LENGTHS | {"targets": np.asarray([[1, -7], [2, 1]])}
    came, _ = call("ctc_loss", given, device)
    xp.synchronize(device)
    assert np.isfinite(came.numpy()).all()


@pytest.mark.parametrize("ignored", [-100, 1, 255])
@pytest.mark.parametrize("dtype", ["uint8", "int64"])
def test_ignored_labels_are_no_error(ignored, dtype, device):
    if dtype == "uint8" and ignored < 0:
        ignored = 200
    labels = xp.asarray(np.asarray([0, ignored], dtype), device=device)
    x = xp.asarray(THREE, device=device, requires_grad=True)
    both = losses.cross_entropy(x, labels, ignore_index=ignored)
    both.backward()
    one = losses.cross_entropy(xp.asarray(THREE[:1], device=device), labels[:1])
    xp.synchronize(device)
    assert math.isclose(float(both), float(one))
    assert x.grad.numpy()[1].tolist() == [0, 0, 0]


def test_nothing_but_ignored_labels_is_the_mean_of_nothing(device):
    x = xp.asarray(THREE, device=device, requires_grad=True)
    labels = xp.asarray([-100, -100], device=device)
    loss = losses.cross_entropy(x, labels)
    loss.backward()
    assert math.isnan(float(loss))
    assert x.grad.numpy().tolist() == np.zeros((2, 3)).tolist()  # PyTorch's, too
    assert losses.cross_entropy(x, labels, reduction="sum").item() == 0
