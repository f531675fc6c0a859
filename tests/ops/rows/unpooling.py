"""Rows of xnn.ops.unpooling."""

import numpy as np

import xnn
from tests.ops.rows.row import FLOATS, Operand, Row, tensor
from tests.oracle import F, torch
from xnn.ops import unpooling

WHERE = np.asarray([[[[0, 5], [7, 11]], [[3, 2], [1, 8]]]])  # no position twice

ROWS = [
    Row(
        "unpool",
        "unpool",
        lambda xp, x: unpooling.unpool(x, xnn.asarray(WHERE, device=x.device), size=(3, 4)),
        (Operand((1, 2, 2, 2), "real"),),
        FLOATS,
        lambda x: F.max_unpool2d(tensor(x), torch.tensor(WHERE), 2, output_size=(3, 4)).numpy(),
        lambda x: F.max_unpool2d(x, torch.tensor(WHERE), 2, output_size=(3, 4)),
    ),
]
