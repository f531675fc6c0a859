"""Rows of xnn.ops.dropout."""

import numpy as np

from tests.ops.rows.row import FLOATS, Operand, Row
from tests.oracle import torch
from xnn.ops import dropout

KEPT = np.random.Generator(np.random.Philox(key=7, counter=3)).random((3, 1), np.float32) >= np.float32(0.3)


def dropped(xp, x):
    return dropout.dropped(x, p=0.3, seed=7, block=3, shape=(3, 1))


ROWS = [
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
