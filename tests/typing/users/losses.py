"""Losses and metrics: of an Array an Array, of a raw array one of its own type."""

from typing import reveal_type

import numpy as np

import xnn as xp
from xnn import losses

x: xp.Array = xp.asarray([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
raw = np.zeros((2, 2), np.float32)
labels = np.zeros(2, np.int64)

reveal_type(losses.mse_loss(x, raw))  # is: Array
reveal_type(losses.mse_loss(raw, raw, reduction="none"))  # is: ndarray
reveal_type(losses.cross_entropy(x, labels, x, label_smoothing=0.1))  # is: Array
reveal_type(losses.cross_entropy(raw, labels))  # is: ndarray
reveal_type(losses.triplet_margin_loss(x, raw, raw, margin=2.0))  # is: Array
reveal_type(losses.ctc_loss(x, raw, [1, 2], labels))  # is: Array
reveal_type(losses.dice(x, raw, axis=(0, 1)))  # is: Array
reveal_type(losses.categorical_focal_crossentropy(x, raw, alpha=0.5))  # is: Array
reveal_type(losses.l2_penalty(xp.nn.Linear(2, 3).parameters(), 0.1))  # is: Array
reveal_type(losses.l1_penalty(x))  # is: Array
reveal_type(losses.l1_penalty([raw, raw]))  # is: ndarray
losses.mse_loss(x, raw).backward()
losses.kl_div(x, raw, reduction="batchmean")

losses.cross_entropy("a", object(), 3)  # error
losses.cross_entropy(x)  # error
losses.mse_loss(x, raw, reduction="average")  # error
losses.mse_loss(x, raw, "sum")  # error
losses.mse_loss(x, raw, size_average=True)  # error
losses.huber_loss(x, raw, delta="large")  # error
losses.nll_loss(x, labels, ignore_index=None)  # error
losses.circle(x, labels, gamma=[1.0])  # error
losses.dice(x, raw, axis="rows")  # error
