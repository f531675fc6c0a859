"""Metrics are scikit-learn's, of data that Hypothesis draws; and its documentation's numbers, where it is missing."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import xnn as xp
from tests import optional, oracle, parity
from tests.metrics.table import drawn
from xnn import metrics


def sk():
    return optional.module("sklearn.metrics")


def compare(name, came, expected):
    parity.compare("metric", name, came, expected, "float64")


seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)
sizes, classes = st.integers(1, 40), st.integers(2, 6)
averages = st.sampled_from(["macro", "micro", "weighted", "none"])
zeros = st.sampled_from([0.0, 1.0, math.nan])


def none(average):
    return None if average == "none" else average


def scores_of(random, n, c):
    """With ties, and of some classes more than of others."""
    return random.integers(-3, 4, (n, c)) / 2 + np.linspace(0, 1, c).round()


@pytest.mark.needs("sklearn")
@drawn
@given(seeds, sizes, classes)
def test_accuracy(random, n, c):
    scores, labels = scores_of(random, n, c), random.integers(0, c, n)
    compare("Accuracy", metrics.accuracy(scores, labels), sk().accuracy_score(labels, scores.argmax(1)))
    compare("Accuracy", metrics.accuracy(labels[::-1], labels), sk().accuracy_score(labels, labels[::-1]))
    binary, chances = labels % 2, random.random(n).round(1)
    compare("Accuracy", metrics.accuracy(chances, binary), sk().accuracy_score(binary, chances > 0.5))
    compare(
        "Accuracy", metrics.accuracy(scores[:, 0], binary, threshold=0.0), sk().accuracy_score(binary, scores[:, 0] > 0)
    )
    is_right = binary == 1
    compare("Accuracy", metrics.accuracy(chances > 0.5, is_right), sk().accuracy_score(is_right, chances > 0.5))


@pytest.mark.needs("sklearn")
@drawn
@given(seeds, sizes, st.integers(3, 7), st.data())
def test_top_k_accuracy(random, n, c, data):
    """With ties."""
    k = data.draw(st.integers(1, c - 1))
    scores, labels = scores_of(random, n, c), random.integers(0, c, n)
    expected = sk().top_k_accuracy_score(labels, scores, k=k, labels=range(c))
    compare("TopKAccuracy", metrics.top_k_accuracy(scores, labels, k=k), expected)
    assert metrics.top_k_accuracy(scores, labels, k=c) == 1.0


def test_no_number_is_never_among_the_first():
    assert metrics.top_k_accuracy(np.asarray([[math.nan, 1.0, 0.0]]), np.asarray([1]), k=1) == 0.0
    assert metrics.top_k_accuracy(np.asarray([[1.0, 3.0, math.nan]]), np.asarray([0]), k=2) == 0.0


OF_COUNTS = {"Precision": "precision", "Recall": "recall", "F1Score": "f1_score"}


@pytest.mark.needs("sklearn")
@pytest.mark.parametrize("name", OF_COUNTS)
def test_precision_recall_f1(name):
    ours = getattr(metrics, OF_COUNTS[name])
    theirs = getattr(sk(), OF_COUNTS[name].removesuffix("_score") + "_score")

    @drawn
    @given(seeds, sizes, classes, averages, zeros)
    def check(random, n, c, average, zero):
        scores, labels = scores_of(random, n, c), random.integers(0, c, n)
        options = {"average": none(average), "zero_division": zero, "labels": range(c)}
        expected = theirs(labels, scores.argmax(1), **options)
        compare(name, ours(scores, labels, average=average, zero_division=zero), expected)
        came = ours(scores.argmax(1), labels, average=average, zero_division=zero, num_classes=c)
        compare(name, came, expected)
        binary, chances = labels % 2, random.random(n).round(1)
        expected = theirs(binary, chances > 0.3, zero_division=zero)
        compare(name, ours(chances, binary, zero_division=zero, threshold=0.3), expected)

    check()


@pytest.mark.needs("sklearn")
@pytest.mark.parametrize("name", OF_COUNTS)
@pytest.mark.parametrize("zero", [0.0, 1.0, math.nan])
@pytest.mark.parametrize("average", ["binary", "macro", "micro", "weighted", "none"])
def test_of_a_class_that_is_never_there(name, zero, average):
    """Nothing of class 1 right, nothing of it predicted, or neither."""
    ours = getattr(metrics, OF_COUNTS[name])
    theirs = getattr(sk(), OF_COUNTS[name].removesuffix("_score") + "_score")
    for predicted, right in [([0, 1, 0], [0, 0, 0]), ([0, 0, 0], [0, 1, 0]), ([0, 0, 0], [0, 0, 0])]:
        options = {"average": none(average), "zero_division": zero}
        expected = theirs(right, predicted, labels=[0, 1] if average != "binary" else None, **options)
        came = ours(np.asarray(predicted), np.asarray(right), average=average, zero_division=zero, num_classes=2)
        compare(name, came, expected)


@pytest.mark.needs("sklearn")
@pytest.mark.parametrize("normalize", [None, "true", "pred", "all"])
def test_confusion_matrix(normalize):
    @drawn
    @given(seeds, sizes, classes)
    def check(random, n, c):
        scores, labels = scores_of(random, n, c), random.integers(0, c, n)
        expected = sk().confusion_matrix(labels, scores.argmax(1), labels=range(c), normalize=normalize)
        came = metrics.confusion_matrix(scores, labels, normalize=normalize)
        assert came.dtype == (np.int64 if normalize is None else np.float64)
        compare("ConfusionMatrix", came, expected)
        came = metrics.confusion_matrix(scores.argmax(1), labels, num_classes=c, normalize=normalize)
        compare("ConfusionMatrix", came, expected)

    check()


RANKED = {"ROCAUC": "roc_auc", "AveragePrecision": "average_precision"}


@pytest.mark.needs("sklearn")
@pytest.mark.parametrize("name", RANKED)
def test_of_two_classes(name):
    """With ties, and where one class is missing."""
    ours, theirs = getattr(metrics, RANKED[name]), getattr(sk(), f"{RANKED[name]}_score")

    @drawn
    @given(seeds, sizes, st.floats(0, 1))
    def check(random, n, share):
        labels, scores = (random.random(n) < share).astype(int), scores_of(random, n, 1)[:, 0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is undefined
            expected = theirs(labels, scores)
        compare(name, ours(scores, labels), expected)

    check()


@pytest.mark.needs("sklearn")
@pytest.mark.parametrize("average", ["macro", "micro", "weighted", "none"])
@pytest.mark.parametrize("name", RANKED)
def test_of_each_class_against_the_rest(name, average):
    ours, theirs = getattr(metrics, RANKED[name]), getattr(sk(), f"{RANKED[name]}_score")
    options = {"multi_class": "ovr"} if name == "ROCAUC" else {}

    @drawn
    @given(seeds, st.integers(8, 40), st.integers(3, 5))
    def check(random, n, c):
        chances = random.integers(1, 4, (n, c)).astype("float64")
        chances /= chances.sum(1, keepdims=True)
        labels = np.concatenate([np.arange(c), random.integers(0, c, n - c)])
        compare(name, ours(chances, labels, average=average), theirs(labels, chances, average=none(average), **options))

    check()


@pytest.mark.needs("sklearn")
@pytest.mark.parametrize("average", ["macro", "weighted", "none"])
def test_of_a_class_that_has_no_label(average):
    """It has no curve, and no weight."""
    random = np.random.default_rng(0)
    chances = random.dirichlet(np.ones(4), 30)
    labels = random.choice([0, 1, 3], 30)
    with pytest.warns(match="Only one class is present"):
        expected = sk().roc_auc_score(labels, chances, labels=range(4), multi_class="ovr", average=none(average))
    compare("ROCAUC", metrics.roc_auc(chances, labels, average=average), expected)
    assert np.isnan(expected).any() == (average != "weighted")


def test_a_score_that_is_no_number_has_no_rank():
    for function in (metrics.roc_auc, metrics.average_precision):
        assert math.isnan(function(np.asarray([0.1, math.nan, 0.3]), np.asarray([0, 1, 1])))
        assert np.isnan(function(np.asarray([[0.1, math.nan], [0.3, 0.2]]), np.asarray([0, 1]), average="none")).all()


numbers = st.floats(-1e3, 1e3)
shapes = st.one_of(st.tuples(st.integers(2, 20)), st.tuples(st.integers(2, 20), st.integers(1, 4)))
ERRORS = {
    "MeanSquaredError": (metrics.mean_squared_error, ["uniform_average", "raw_values"]),
    "MeanAbsoluteError": (metrics.mean_absolute_error, ["uniform_average", "raw_values"]),
    "R2Score": (metrics.r2_score, ["uniform_average", "raw_values", "variance_weighted"]),
}


@pytest.mark.needs("sklearn")
@pytest.mark.parametrize(("name", "outputs"), [(name, one) for name, (_, every) in ERRORS.items() for one in every])
def test_errors(name, outputs):
    ours = ERRORS[name][0]

    @drawn
    @given(seeds, shapes, numbers, st.booleans())
    def check(random, shape, offset, is_whole):
        x, y = random.normal(size=shape) + offset, random.normal(size=shape) * 3 + offset
        if is_whole:
            x, y = x.astype(int), y.astype(int)
        assume(name != "R2Score" or (y != y[0]).any(axis=0).all())
        expected = np.asarray(getattr(sk(), ours.__name__)(y, x, multioutput=outputs))
        came = ours(x, y, multioutput=outputs)
        compare(name, came, expected.reshape(came.shape))

    check()


@pytest.mark.needs("sklearn")
def test_r2_of_constant_targets_and_of_one():
    constant = np.ones((4, 2))
    for input in (constant, constant + np.asarray([0.0, 1.0]), constant + 1):
        for outputs in ERRORS["R2Score"][1]:
            expected = sk().r2_score(constant, input, multioutput=outputs)
            compare("R2Score", metrics.r2_score(input, constant, multioutput=outputs), expected)
    with pytest.warns(match="less than two samples"):
        compare("R2Score", metrics.r2_score(np.ones(1), np.ones(1)), sk().r2_score(np.ones(1), np.ones(1)))


@pytest.mark.needs("sklearn")
def test_r2_of_batches_far_from_0():
    """Sums of squares would have no digit left."""
    random = np.random.default_rng(0)
    y = random.normal(size=300) + 1e6
    x = y + random.normal(size=300) / 3
    metric = metrics.R2Score()
    for start in range(0, 300, 50):
        metric.update(x[start : start + 50], y[start : start + 50])
    compare("R2Score", metric.compute().numpy(), sk().r2_score(y, x))


def torchs_perplexity(logits, labels, **options):
    torch = oracle.torch
    return np.exp(torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(labels), **options).numpy())


@pytest.mark.needs("torch")
@drawn
@given(seeds, sizes, classes, st.booleans())
def test_perplexity(random, n, c, is_large):
    logits, labels = random.normal(size=(n, c)) * (100 if is_large else 1), random.integers(0, c, n)
    expected = torchs_perplexity(logits, labels)
    compare("Perplexity", metrics.perplexity(logits, labels), expected)
    if not is_large:
        chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        compare(
            "Perplexity", metrics.perplexity(logits, labels), np.exp(sk().log_loss(labels, chances, labels=range(c)))
        )
    labels = np.where(random.random(n) < 0.4, 7, labels)
    expected = torchs_perplexity(logits, labels, ignore_index=7)
    compare("Perplexity", metrics.perplexity(logits, labels, ignore_index=7), expected)


def test_perplexity_of_large_logits_and_of_small_types():
    compare("Perplexity", metrics.perplexity(np.asarray([[1e4, 0.0], [-1e4, 1e4]]), np.asarray([0, 1])), 1.0)
    half = np.random.default_rng(0).normal(size=(50, 9)).astype("float16")
    labels = np.arange(50) % 9
    compare("Perplexity", metrics.perplexity(half, labels), metrics.perplexity(half.astype("float32"), labels))


def test_mean():
    random = np.random.default_rng(0)
    metric, values, weights = metrics.MeanMetric(), random.normal(size=(9, 4)), random.random((9, 4))
    for value, weight in zip(values, weights, strict=True):
        metric.update(value, weight)
    compare("MeanMetric", metric.compute().numpy(), np.average(values, weights=weights))
    metric.reset()
    for value in values:
        metric.update(value, 3)
    compare("MeanMetric", metric.compute().numpy(), values.mean())
    metric.reset()
    metric.update(2, 3)
    metric.update(np.float64(4.0))
    assert float(metric.compute()) == 2.5


# ---- the examples in the docstrings of scikit-learn 1.9 ----

TWELVE = ([0, 2, 1, 0, 0, 1], [0, 1, 2, 0, 1, 2])
FOUR = ([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
OUTPUTS = ([[0.0, 2], [-1, 2], [8, -5]], [[0.5, 1], [-1, 1], [7, -6]])
TOP = ([[0.5, 0.2, 0.2], [0.3, 0.4, 0.2], [0.2, 0.4, 0.3], [0.7, 0.2, 0.1]], [0, 1, 2, 2])
NUMBERS = ([2.5, 0.0, 2, 8], [3, -0.5, 2, 7])
EXAMPLES = [
    ("accuracy", ([0, 2, 1, 3], [0, 1, 2, 3]), {}, 0.5),
    ("top_k_accuracy", TOP, {"k": 2}, 0.75),
    (
        "confusion_matrix",
        ([0, 0, 2, 2, 0, 2], [2, 0, 2, 2, 0, 1]),
        {"num_classes": 3},
        [[2, 0, 0], [0, 0, 1], [1, 0, 2]],
    ),
    ("precision", TWELVE, {"average": "macro", "num_classes": 3}, 2 / 9),
    ("precision", TWELVE, {"average": "micro", "num_classes": 3}, 1 / 3),
    ("precision", TWELVE, {"average": "none", "num_classes": 3}, [2 / 3, 0, 0]),
    ("recall", TWELVE, {"average": "weighted", "num_classes": 3}, 1 / 3),
    ("f1_score", TWELVE, {"average": "macro", "num_classes": 3}, 0.8 / 3),
    ("f1_score", TWELVE, {"average": "none", "num_classes": 3}, [0.8, 0, 0]),
    ("roc_auc", FOUR, {}, 0.75),
    ("average_precision", FOUR, {}, 5 / 6),
    ("mean_squared_error", NUMBERS, {}, 0.375),
    ("mean_squared_error", OUTPUTS, {"multioutput": "raw_values"}, [5 / 12, 1]),
    ("mean_absolute_error", NUMBERS, {}, 0.5),
    ("mean_absolute_error", OUTPUTS, {}, 0.75),
    ("r2_score", NUMBERS, {}, 1 - 1.5 / 29.1875),
    ("r2_score", OUTPUTS, {"multioutput": "variance_weighted"}, 0.9382566585956417),
]


@pytest.mark.parametrize(("name", "batch", "options", "expected"), EXAMPLES)
def test_scikit_learns_examples(name, batch, options, expected, device):
    given = [xp.asarray(part, device=device) for part in batch]
    np.testing.assert_allclose(getattr(metrics, name)(*given, **options).numpy(), expected, rtol=1e-6, atol=1e-7)
