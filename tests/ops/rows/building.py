"""Rows of xnn.ops.building."""

import numpy as np

from tests.ops.rows.row import FLOATS, INEXACT, Operand, Row
from tests.oracle import torch


def built(name, *arguments, shape=(3,), numpy=None, theirs, dtypes=INEXACT):
    def call(xp, x):
        return getattr(xp, name)(x, *arguments)

    return Row(f"{name} {shape} {arguments}", name, call, (Operand(shape),), dtypes, numpy, theirs)


ROWS = [
    *(built("diag", k, theirs=lambda x, k=k: torch.diag(x, k)) for k in (-1, 0, 2)),
    *(built("diag", k, shape=(2, 3), theirs=lambda x, k=k: torch.diag(x, k)) for k in (-1, 0, 2)),
    built("diagflat", 1, shape=(2, 2), theirs=lambda x: torch.diagflat(x, 1)),
    built("diag_embed", -1, shape=(2, 3), numpy=lambda x: np.stack([np.diag(row, -1) for row in x]),
          theirs=lambda x: torch.diag_embed(x, -1)),
    built("vander", numpy=lambda x: np.vander(x).astype(x.dtype), theirs=lambda x: torch.stack((x * x, x, x**0), 1)),
    built("vander", 2, True, numpy=lambda x: np.vander(x, 2, True).astype(x.dtype),
          theirs=lambda x: torch.stack((x**0, x), 1)),
    Row("block_diag", "block_diag", lambda xp, x, y: xp.block_diag(x, y), (Operand((2, 3)), Operand((2,))), FLOATS,
        lambda x, y: np.block([[x, np.zeros((2, 2), x.dtype)], [np.zeros((1, 3), x.dtype), y[None]]]),
        lambda x, y: torch.block_diag(x, y)),
]  # fmt: skip
