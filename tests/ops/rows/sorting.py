"""Rows of xnn.ops.sorting."""

import numpy as np

from tests.ops.rows.row import Operand, Row

ROWS = [
    Row(
        "argsort", "argsort", lambda xp, x: xp.argsort(x, axis=-1), (Operand((3, 4), "distinct"),), differentiable=False
    ),
    Row(
        "argsort descending",
        "argsort",
        lambda xp, x: xp.argsort(x, axis=0, descending=True),
        (Operand((3, 4), "distinct"),),
        numpy=lambda x: np.argsort(-x, axis=0),
        differentiable=False,
    ),
]
