"""Rows of xnn.nn.softmax."""

import numpy as np

from tests.nn.row import Case, Function, Input, Row
from tests.nn.rows.activation import (
    BATCH,
    FAR,
    alone,
    along,
)


def sparsemax(x, dim=-1):
    """Martins & Astudillo, From Softmax to Sparsemax, 2016, proposition 1: max(x - t, 0), with t found by bisection.

    Keras 3.15's sparsemax adds up the cumulative sums, and so is no point of the simplex where the support is not one
    element.
    """
    wide = x.astype("float64")
    low, high = wide.max(dim, keepdims=True) - 1, wide.max(dim, keepdims=True)
    for _ in range(80):
        middle = (low + high) / 2
        is_low = np.maximum(wide - middle, 0).sum(dim, keepdims=True) > 1
        low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
    return np.maximum(wide - low, 0)


ROWS = [
    *[
        Row(
            name,
            (
                Case((Input((3, 4), "real"),), (1,)),
                Case((FAR,), (0,)),
                Case((BATCH,), (-3,)),
                Case((Input(()),), (-1,)),
            ),
            along(),
            kind="activation",
        )
        for name in ("Softmax", "Softmin", "LogSoftmax")
    ],
    Row("Softmax2d", (Case((BATCH,)), Case((Input((3, 2, 2)),))), kind="activation"),
    alone(
        "Sparsemax",
        lambda layer, x: sparsemax(x, layer.dim),
        Case((Input((3, 4), "real"),)),
        Case((BATCH,), (1,)),
        Case((Input((5,), np.asarray([1e4, -1e4, 1e4 - 0.5, 3.0, 1e4])),)),
    ),
]

X = Input((3, 4))
FUNCTIONS = [
    *[Function(name, (X,), {"dim": 0}) for name in ("softmax", "softmin", "log_softmax")],
    Function("gumbel_softmax", (Input((3, 1)),), {"hard": True}),  # the only choice; the others in test_activation.py
    Function("sparsemax", (X,), theirs=False, reference=sparsemax),
    Function("sparsemax", (X,), {"dim": 0}, theirs=False, reference=sparsemax),
]
