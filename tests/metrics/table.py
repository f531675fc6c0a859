"""Each metric with batches that it takes, for the tests of them all; and how data is drawn."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import settings

import xnn as xp
from xnn import metrics

drawn = settings(max_examples=15, deadline=None, derandomize=True, database=None)


@dataclass(frozen=True)
class Row:
    """A metric: `make(**options)`, its function `function(input, target, **options)` if it has one, and 3 batches."""

    name: str
    batches: list[Any]
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self):
        return f"{self.name}{self.options or ''}"

    def make(self):
        return getattr(metrics, self.name)(**self.options)

    @property
    def function(self):
        return FUNCTIONS[self.name]


FUNCTIONS = {
    "Accuracy": metrics.accuracy,
    "TopKAccuracy": metrics.top_k_accuracy,
    "ConfusionMatrix": metrics.confusion_matrix,
    "Precision": metrics.precision,
    "Recall": metrics.recall,
    "F1Score": metrics.f1_score,
    "ROCAUC": metrics.roc_auc,
    "AveragePrecision": metrics.average_precision,
    "MeanSquaredError": metrics.mean_squared_error,
    "MeanAbsoluteError": metrics.mean_absolute_error,
    "R2Score": metrics.r2_score,
    "Perplexity": metrics.perplexity,
    "MeanMetric": None,
}

random = np.random.default_rng(0)
SIZES = (7, 1, 12)


def batches(input, target):
    return [(input(n), target(n)) for n in SIZES]


def scores(n):
    return np.round(random.normal(size=(n, 4)), 1)


def labels(n, classes=4):
    return random.integers(0, classes, n)


SEVERAL = batches(scores, labels)
IMAGES = batches(lambda n: random.normal(size=(n, 3, 2, 2)), lambda n: random.integers(0, 3, (n, 2, 2)))
BINARY = batches(lambda n: np.round(random.random(n), 1), lambda n: labels(n, 2))
LABELS = batches(labels, labels)
NUMBERS = batches(lambda n: random.normal(size=n) + 100, lambda n: random.normal(size=n) + 100)
OUTPUTS = batches(lambda n: random.normal(size=(n, 3)), lambda n: random.normal(size=(n, 3)))
PADDED = [(x, np.where(random.random(t.shape) < 0.3, -100, t)) for x, t in IMAGES]

ROWS = [
    Row("Accuracy", SEVERAL), Row("Accuracy", IMAGES), Row("Accuracy", BINARY, {"threshold": 0.3}),
    Row("Accuracy", LABELS), Row("Accuracy", LABELS, {"num_classes": 4}), Row("TopKAccuracy", SEVERAL, {"k": 2}),
    Row("TopKAccuracy", IMAGES, {"k": 1}), Row("ConfusionMatrix", SEVERAL),
    Row("ConfusionMatrix", LABELS, {"num_classes": 4, "normalize": "true"}),
    Row("ConfusionMatrix", BINARY, {"normalize": "all"}), Row("Precision", BINARY),
    Row("Precision", SEVERAL, {"average": "macro"}), Row("Recall", BINARY),
    Row("Recall", LABELS, {"average": "none", "num_classes": 4}), Row("F1Score", BINARY),
    Row("F1Score", IMAGES, {"average": "weighted"}), Row("F1Score", SEVERAL, {"average": "micro"}),
    Row("ROCAUC", BINARY), Row("ROCAUC", SEVERAL, {"average": "weighted"}), Row("ROCAUC", IMAGES, {"average": "none"}),
    Row("AveragePrecision", BINARY), Row("AveragePrecision", SEVERAL, {"average": "micro"}),
    Row("MeanSquaredError", NUMBERS), Row("MeanSquaredError", OUTPUTS, {"multioutput": "raw_values"}),
    Row("MeanAbsoluteError", OUTPUTS), Row("R2Score", NUMBERS),
    Row("R2Score", OUTPUTS, {"multioutput": "variance_weighted"}), Row("Perplexity", SEVERAL),
    Row("Perplexity", PADDED), Row("MeanMetric", NUMBERS),
]  # fmt: skip


def arrays(batch, device="numpy:cpu"):
    return [xp.asarray(x, device=device) for x in batch]


def whole(row):
    return tuple(np.concatenate(parts) for parts in zip(*row.batches, strict=True))


def streamed(row, device="numpy:cpu"):
    """The metric of all batches."""
    metric = row.make()
    for batch in row.batches:
        metric.update(*arrays(batch, device))
    return metric.compute()
