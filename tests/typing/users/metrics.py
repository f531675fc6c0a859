"""Metrics: of one batch, in the kind of what they are given; of many, Arrays."""

from typing import reveal_type

import numpy as np

import xnn as xp
from xnn import metrics

scores: xp.Array = xp.asarray([[0.1, 0.9], [0.8, 0.2]])
raw = np.zeros((2, 2), np.float32)
labels = np.zeros(2, np.int64)

reveal_type(metrics.accuracy(scores, labels))  # is: Array
reveal_type(metrics.accuracy(raw, labels, num_classes=2))  # is: ndarray
reveal_type(metrics.f1_score(scores, labels, average="macro"))  # is: Array
reveal_type(metrics.confusion_matrix(raw, labels, normalize="true"))  # is: ndarray
reveal_type(metrics.r2_score(raw, raw, multioutput="variance_weighted"))  # is: ndarray
mean = metrics.MeanMetric()
mean.update(1.5, weight=3)
mean.update(raw)
reveal_type(mean.compute())  # is: Array
roc = metrics.ROCAUC("weighted")
roc.update(scores, labels)
reveal_type(float(roc.compute()))  # is: float
roc.load_state_dict(roc.state_dict())

metrics.accuracy(0.5, 1)  # error
metrics.accuracy(scores, labels, 0.5)  # error
metrics.precision(scores, labels, average="mean")  # error
metrics.roc_auc(scores, labels, average="binary")  # error
metrics.confusion_matrix(raw, labels, normalize=True)  # error
metrics.mean_squared_error(raw, raw, multioutput="variance_weighted")  # error
metrics.TopKAccuracy(k="5")  # error
roc.update(scores)  # error
mean.update("1.5")  # error
