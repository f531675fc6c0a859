"""Rows of xnn.ops.classification_losses and xnn.ops.ctc."""

import numpy as np

from tests.ops.rows.row import FLOATS, INTEGERS, Operand, Row, tensor
from tests.oracle import F as torch_functional
from tests.oracle import torch
from xnn.ops import activations, classification_losses, ctc

LOGITS, LABELS, WEIGHTS = Operand((3, 4, 2)), Operand((3, 2), "below 4"), Operand((4,), "positive")


def row(id, name, call, operands, torch_call):
    return Row(id, name, call, operands, FLOATS, lambda *raws: torch_call(*map(tensor, raws)).numpy(), torch_call)


def cross_entropy(reduction, ignored):
    static = {"reduction": reduction, "ignore_index": ignored}
    theirs = static | {"ignore_index": -100 if ignored is None else ignored}
    return row(
        f"softmax_cross_entropy {reduction} {ignored}",
        "softmax_cross_entropy",
        lambda xp, x, t: classification_losses.softmax_cross_entropy(x, t, **static),
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


def lengths(t):
    """How many frames and labels count, of 4 and 2: int64, on the device of the targets."""
    first = 0 * t[:, 0]
    return first + 4, first + 2


def alignment(xp, x, t):
    return ctc.ctc(activations.log_softmax(x, axis=-1), t, *lengths(t), blank=3)


def torch_alignment(x, t):
    logs = torch.log_softmax(x, -1)
    return torch_functional.ctc_loss(logs, t, *lengths(t), blank=3, reduction="none")


def log_add(a, b, c):
    return torch.logsumexp(torch.stack([a, b, c]), 0)


ROWS = [
    *(
        Row(
            f"labels_fit {ignored}",
            "labels_fit",
            lambda xp, t, ignored=ignored: classification_losses.labels_fit(t, classes=4, ignore_index=ignored),
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
            lambda xp, t, w, ignored=ignored: classification_losses.left_out(t, w, ignore_index=ignored),
            (Operand((3, 2), "below 4"), Operand((4,), "below 2")),
            INTEGERS,
            lambda t, w, ignored=ignored: ((np.take(w, t) == 0) | (t == ignored))[:, None],
            differentiable=False,
        )
        for ignored in (None, 1)
    ),
    *(cross_entropy(reduction, ignored) for reduction in ("mean", "sum", "none") for ignored in (None, 1)),
    row(
        "negative_log_likelihood",
        "negative_log_likelihood",
        lambda xp, x, t, w: classification_losses.negative_log_likelihood(
            activations.log_softmax(x, axis=1), t, w, ignore_index=1, reduction="mean", label_smoothing=0.1
        ),
        (LOGITS, LABELS, WEIGHTS),
        likelihood,
    ),
    row(
        "soft_cross_entropy",
        "soft_cross_entropy",
        lambda xp, x, t, w: classification_losses.soft_cross_entropy(x, t, w, reduction="none", label_smoothing=0.1),
        (LOGITS, LOGITS, WEIGHTS),
        lambda x, t, w: -((0.9 * t + 0.1 / 4) * x * w.reshape(1, -1, 1)).sum(1),
    ),
    row(
        "binary_cross_entropy",
        "binary_cross_entropy",
        lambda xp, x, t: classification_losses.binary_cross_entropy(activations.sigmoid(x), activations.sigmoid(t)),
        (Operand((2, 3)), Operand((2, 3))),
        lambda x, t: torch_functional.binary_cross_entropy(torch.sigmoid(x), torch.sigmoid(t), reduction="none"),
    ),
    row(
        "binary_cross_entropy_of_logits",
        "binary_cross_entropy_of_logits",
        lambda xp, x, t: classification_losses.binary_cross_entropy_of_logits(x, activations.sigmoid(t)),
        (Operand((2, 3)), Operand((2, 3))),
        lambda x, t: torch_functional.binary_cross_entropy_with_logits(x, torch.sigmoid(t), reduction="none"),
    ),
    row("log_add", "log_add", lambda xp, *a: ctc.log_add(*a), (Operand((2, 3)),) * 3, log_add),
    row(
        "along_normalised",
        "along_normalised",
        lambda xp, x: ctc.along_normalised(activations.log_softmax(x, axis=-1)),
        (Operand((2, 3)),),
        lambda x: torch.log_softmax(x, -1),
    ),
    row("ctc", "ctc", alignment, (Operand((4, 3, 4)), Operand((3, 2), "below 3")), torch_alignment),
]
