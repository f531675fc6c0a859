"""Rows of xnn.ops.neural and xnn.ops.dropouts."""

import numpy as np

from tests.ops.rows.row import FLOATS, Operand, Row
from tests.oracle import F as torch_functional
from tests.oracle import torch
from xnn.ops import dropouts, neural

KEPT = np.random.Generator(np.random.Philox(key=7, counter=3)).random((3, 1), np.float32) >= np.float32(0.3)


def dropped(xp, x):
    return dropouts.dropped(x, p=0.3, seed=7, block=3, shape=(3, 1))


ROWS = [
    Row(
        "linear",
        "linear",
        lambda xp, *a: neural.linear(*a),
        (Operand((2, 2, 3)), Operand((4, 3)), Operand((4,))),
        FLOATS,
        lambda x, w, b: x @ w.T + b,
        torch_functional.linear,
    ),
    Row(
        "dropped",
        "dropped",
        dropped,
        (Operand((3, 4)),),
        FLOATS,
        lambda x: x * (KEPT.astype(x.dtype) / 0.7).astype(x.dtype),
        lambda x: x * torch.tensor(KEPT).to(x.dtype) / 0.7,
    ),
]
