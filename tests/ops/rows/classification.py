"""Rows of xnn.ops.classification."""

import numpy as np

from tests.ops.rows.row import INTEGERS, Operand, Row, of_torch
from tests.oracle import F as torch_functional
from tests.oracle import torch
from xnn.ops import classification, softmax

LOGITS, LABELS, WEIGHTS = Operand((3, 4, 2)), Operand((3, 2), "below 4"), Operand((4,), "positive")


def cross_entropy(reduction, ignored):
    static = {"reduction": reduction, "ignore_index": ignored}
    theirs = static | {"ignore_index": -100 if ignored is None else ignored}
    return of_torch(
        f"softmax_cross_entropy {reduction} {ignored}",
        "softmax_cross_entropy",
        lambda xp, x, t: classification.softmax_cross_entropy(x, t, **static),
        (LOGITS, LABELS),
        lambda x, t: torch_functional.cross_entropy(x, t, **theirs),
    )


def likelihood(x, t, w):
    """What PyTorch's cross_entropy is, of whose weights there is no derivative."""
    logs, counts = torch.log_softmax(x, 1), (t != 1).to(x.dtype)
    of_label = w[t] * counts
    at_label = logs.gather(1, t.unsqueeze(1)).squeeze(1)
    spread = (logs * w.reshape(1, -1, 1)).sum(1) * counts
    return -(0.9 * of_label * at_label + 0.1 / 4 * spread).sum() / of_label.sum()


ROWS = [
    *(
        Row(
            f"labels_fit {ignored}",
            "labels_fit",
            lambda xp, t, ignored=ignored: classification.labels_fit(t, classes=4, ignore_index=ignored),
            (Operand((3, 2)),),
            INTEGERS,
            lambda t, ignored=ignored: np.all(((t >= 0) & (t < 4)) | (t == ignored)),
            differentiable=False,
        )
        for ignored in (None, 1)
    ),
    *(
        Row(
            f"left_out {ignored}",
            "left_out",
            lambda xp, t, w, ignored=ignored: classification.left_out(t, w, ignore_index=ignored),
            (Operand((3, 2), "below 4"), Operand((4,), "below 2")),
            INTEGERS,
            lambda t, w, ignored=ignored: ((np.take(w, t) == 0) | (t == ignored))[:, None],
            differentiable=False,
        )
        for ignored in (None, 1)
    ),
    *(cross_entropy(reduction, ignored) for reduction in ("mean", "sum", "none") for ignored in (None, 1)),
    of_torch(
        "negative_log_likelihood",
        "negative_log_likelihood",
        lambda xp, x, t, w: classification.negative_log_likelihood(
            softmax.log_softmax(x, axis=1), t, w, ignore_index=1, reduction="mean", label_smoothing=0.1
        ),
        (LOGITS, LABELS, WEIGHTS),
        likelihood,
    ),
    of_torch(
        "soft_cross_entropy",
        "soft_cross_entropy",
        lambda xp, x, t, w: classification.soft_cross_entropy(x, t, w, reduction="none", label_smoothing=0.1),
        (LOGITS, LOGITS, WEIGHTS),
        lambda x, t, w: -((0.9 * t + 0.1 / 4) * x * w.reshape(1, -1, 1)).sum(1),
    ),
]
