"""Rows of xnn.ops.ctc."""

from tests.ops.rows.row import Operand, of_torch
from tests.oracle import F as torch_functional
from tests.oracle import torch
from xnn.ops import ctc, softmax


def lengths(t):
    """How many frames and labels count, of 4 and 2: int64, on the device of the targets."""
    first = 0 * t[:, 0]
    return first + 4, first + 2


def alignment(xp, x, t):
    return ctc.ctc(softmax.log_softmax(x, axis=-1), t, *lengths(t), blank=3)


def torch_alignment(x, t):
    logs = torch.log_softmax(x, -1)
    return torch_functional.ctc_loss(logs, t, *lengths(t), blank=3, reduction="none")


def log_add(a, b, c):
    return torch.logsumexp(torch.stack([a, b, c]), 0)


ROWS = [
    of_torch("log_add", "log_add", lambda xp, *a: ctc.log_add(*a), (Operand((2, 3)),) * 3, log_add),
    of_torch(
        "along_normalised",
        "along_normalised",
        lambda xp, x: ctc.along_normalised(softmax.log_softmax(x, axis=-1)),
        (Operand((2, 3)),),
        lambda x: torch.log_softmax(x, -1),
    ),
    of_torch("ctc", "ctc", alignment, (Operand((4, 3, 4)), Operand((3, 2), "below 3")), torch_alignment),
]
