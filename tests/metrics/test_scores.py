"""Scores that say no class: logits where probabilities are meant, NaN, one column, complex numbers."""

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.metrics.table import FUNCTIONS
from xnn import metrics
from xnn.errors import DTypeError, OptionError, ShapeError

random = np.random.default_rng(0)
LABELS = random.integers(0, 2, 50)
LOGITS = random.normal(size=50) + 2 * LABELS - 1
OF_CLASSES = ("Accuracy", "ConfusionMatrix", "F1Score", "Precision", "Recall")
of_classes = pytest.mark.parametrize("name", OF_CLASSES)


def scikit_learns(name, right, predicted):
    sk = optional.module("sklearn.metrics")
    functions = {"Accuracy": sk.accuracy_score, "ConfusionMatrix": sk.confusion_matrix, "F1Score": sk.f1_score,
                 "Precision": sk.precision_score, "Recall": sk.recall_score}  # fmt: skip
    return functions[name](right, predicted)


def computed(metric, *batch):
    """The metric on the host, after a wait."""
    metric.update(*batch)
    return metric.compute().numpy()


@pytest.mark.needs("sklearn")
@of_classes
def test_logits_are_not_taken_for_probabilities(name, device):
    logits, labels = xp.asarray(LOGITS, device=device), xp.asarray(LABELS, device=device)
    with pytest.raises(OptionError) as raised:
        computed(getattr(metrics, name)(), logits, labels)
    assert str(raised.value) == (
        f"scores of {name}, one for each label, are probabilities from 0 to 1; another one came. "
        "Cure: threshold=0.0 for logits."
    )
    expected = scikit_learns(name, LABELS, LOGITS > 0)
    for options, scores in (({"threshold": 0.0}, logits), ({}, xp.special.expit(logits)), ({"threshold": 0.5}, logits)):
        came = FUNCTIONS[name](scores, labels, **options).numpy()
        wanted = scikit_learns(name, LABELS, LOGITS > 0.5) if options == {"threshold": 0.5} else expected
        np.testing.assert_allclose(came, wanted, rtol=1e-12)


@of_classes
def test_probabilities_beyond_1_by_rounding_are_taken(name, device):
    scores = xp.asarray(np.asarray([1.0000001, -1e-7], np.float32), device=device)
    came = FUNCTIONS[name](scores, xp.asarray([1, 0], device=device)).numpy()
    np.testing.assert_array_equal(came, np.eye(2) if name == "ConfusionMatrix" else 1.0)


@of_classes
@pytest.mark.parametrize("shape", ["one", "several"])
def test_nan_is_no_class(name, shape, device):
    scores = np.asarray([0.2, np.nan, 0.7])
    scores = scores if shape == "one" else np.stack([1 - scores, scores], axis=1)
    metric, labels = getattr(metrics, name)(threshold=0.5), xp.asarray([0, 0, 1], device=device)
    with pytest.raises(OptionError, match=f"^scores of {name} are numbers; NaN came. Cure: look where it comes from"):
        computed(metric, xp.asarray(scores, device=device), labels)


def test_nan_finds_no_label_among_the_largest(device):
    scores = xp.asarray([[np.nan, 1.0, 0.0], [2.0, 1.0, 0.0]], device=device)
    assert metrics.top_k_accuracy(scores, xp.asarray([0, 0], device=device), k=1).item() == 0.5
    assert np.isnan(metrics.roc_auc(scores[:, 0], xp.asarray([0, 1], device=device)).item())
    assert np.isnan(metrics.average_precision(scores[:, 0], xp.asarray([0, 1], device=device)).item())
    assert np.isnan(metrics.perplexity(scores, xp.asarray([0, 1], device=device)).item())


@pytest.mark.parametrize("name", ["ROCAUC", "AveragePrecision"])
def test_a_score_for_each_pixel_ranks_each(name, device):
    """Of images, classes stand in dimension 1: the same as one row for each pixel."""
    scores, labels = random.random((2, 3, 4, 5)), random.integers(0, 3, (2, 4, 5))
    images = xp.asarray(scores, device=device), xp.asarray(labels, device=device)
    pixels = xp.asarray(scores.transpose(0, 2, 3, 1).reshape(-1, 3), device=device), xp.reshape(images[1], (-1,))
    came, expected = (FUNCTIONS[name](*batch, average="none").numpy() for batch in (images, pixels))
    np.testing.assert_allclose(came, expected, rtol=1e-12)
    assert len(set(came.tolist())) == 3


@pytest.mark.parametrize("name", [*OF_CLASSES, "ROCAUC", "AveragePrecision"])
def test_one_column_of_scores_is_squeezed(name, device):
    chances, labels = xp.asarray(np.abs(np.sin(LOGITS))[:, None], device=device), xp.asarray(LABELS, device=device)
    function = FUNCTIONS[name]
    with pytest.raises(
        ShapeError, match=r"got \(50, 1\)\. Cure: xnn\.squeeze\(input, axis=1\), one score for each label\.$"
    ):
        function(chances, labels)
    cured = function(xp.squeeze(chances, axis=1), labels).numpy()
    if name in OF_CLASSES:
        np.testing.assert_allclose(cured, scikit_learns(name, LABELS, np.abs(np.sin(LOGITS)) > 0.5), rtol=1e-12)


@pytest.mark.parametrize("name", [name for name, function in FUNCTIONS.items() if function])
def test_complex_numbers_are_refused(name, device):
    real, labels = xp.asarray(LOGITS, device=device), xp.asarray(LABELS, device=device)
    z = xp.astype(real, xp.complex128)
    rows = xp.stack([z, z], axis=1)
    for arguments in ((z, labels), (real, z), (z, z), (rows, labels)):
        with pytest.raises(DTypeError) as raised:
            FUNCTIONS[name](*arguments)
        message = "this function is of real numbers; got complex128. Cure: real(x), or abs(x), before."
        assert str(raised.value) == message
    with pytest.raises(DTypeError, match="of real numbers"):
        metrics.MeanMetric().update(z)


def test_targets_that_come_first_are_told_apart(device):
    chances, labels = xp.asarray(np.abs(np.sin(LOGITS)), device=device), xp.asarray(LABELS, device=device)
    with pytest.raises(DTypeError, match=r"target is float64\. Cure: input first, then target"):
        metrics.accuracy(labels, chances)  # scikit-learn's order


def test_a_threshold_is_a_number():
    with pytest.raises(OptionError, match=r"Accuracy: threshold is a number; got '0\.5'"):
        metrics.Accuracy(threshold="0.5")
