"""Rows of xnn.ops.aliases: those that are no other function."""

import numpy as np

from tests.ops.rows.row import INEXACT, Operand, Row
from tests.oracle import torch


def alias(name, numpy, theirs, *arguments, dtypes=INEXACT):
    def call(xp, x):
        return getattr(xp, name)(x, *arguments)

    return Row(f"{name} {arguments}", name, call, (Operand((2, 3)),), dtypes, lambda x: numpy(x, *arguments), theirs)


ROWS = [
    alias("copy", np.copy, torch.clone),
    alias("permute", np.transpose, lambda x: x.permute(1, 0), (1, 0)),
    alias("transpose", np.transpose, lambda x: x.T),
    alias("transpose", np.transpose, lambda x: x.permute(1, 0), (1, 0)),
    alias("cumsum", np.cumsum, lambda x: torch.cumsum(x.reshape(-1), 0)),
    alias("cumsum", np.cumsum, lambda x: torch.cumsum(x, 1), 1),
    alias("cumprod", np.cumprod, lambda x: torch.cumprod(x.reshape(-1), 0)),
    alias("cumprod", np.cumprod, lambda x: torch.cumprod(x, 0), 0),
]
