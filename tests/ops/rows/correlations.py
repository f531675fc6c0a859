"""Rows of xnn.ops.correlations."""

import numpy as np

from tests.ops.rows.row import INEXACT, INTEGERS, Operand, Row, function
from tests.oracle import torch


def _theirs(name, mode):
    """PyTorch's conv1d, which is a correlation."""

    def call(a, v):
        longer, shorter, turned = (a, v, False) if len(a) >= len(v) else (v, a, name == "correlate")
        kernel = shorter.flip(0) if name == "convolve" else v.conj().resolve_conj() if shorter is v else shorter
        if turned:
            longer = longer.conj().resolve_conj()
        m = len(shorter)
        left, right = {"full": (m - 1, m - 1), "same": (m // 2, m - 1 - m // 2), "valid": (0, 0)}[mode]
        padded = torch.cat([longer.new_zeros(left), longer, longer.new_zeros(right)])
        found = (padded.unfold(0, m, 1) * kernel).sum(1)
        return found.flip(0) if turned else found

    return call


def pair(name, n, m, mode, dtypes=(*INEXACT, *INTEGERS)):
    operands = (Operand((n,)), Operand((m,)))
    return Row(f"{name} {n} {m} {mode}", name, function(name, mode=mode), operands, dtypes, torch=_theirs(name, mode))


ROWS = [
    pair(name, *sizes, mode)
    for name in ("convolve", "correlate")
    for sizes, mode in (((5, 3), "full"), ((3, 5), "full"), ((4, 2), "same"), ((2, 5), "same"), ((5, 3), "valid"))
] + [
    Row(
        "correlate defaults", "correlate", lambda xp, a, v: xp.correlate(a, v), (Operand((4,)), Operand((2,))),
        torch=_theirs("correlate", "valid"), numpy=lambda a, v: np.correlate(a, v),
    )
]  # fmt: skip
