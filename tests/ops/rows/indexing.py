"""Rows of xnn.ops.indexing."""

import numpy as np

from tests.ops.rows.row import ANY, COMPLEX, INEXACT, NUMBERS, Operand, Row, function
from tests.oracle import torch
from xnn.ops import indexing


def index(id, key, shape=(3, 4)):
    """x[key]: read, written, and added to."""
    places = np.copy(np.arange(np.prod(shape)).reshape(shape)[key])  # in x flattened: torch has no negative steps
    value = Operand(np.shape(places))
    return [
        Row(
            f"getitem {id}",
            "_getitem",
            lambda xp, x: x[key],
            (Operand(shape),),
            (*ANY, *COMPLEX),
            torch=lambda x: x.reshape(-1)[torch.tensor(places)],
        ),
        Row(
            f"setitem {id}",
            "_setitem",
            lambda xp, x, v: indexing.setitem(x, key, v),
            (Operand(shape), value),
            (*ANY, *COMPLEX),
            lambda x, v: _assigned(np.copy(x), key, v),
            lambda x, v: x.reshape(-1).index_put((torch.tensor(places),), v).reshape(shape),
        ),
        Row(
            f"scatter_add {id}",
            "_scatter_add",
            lambda xp, x, v: indexing.scatter_add(x, key, v),
            (Operand(shape), value),
            (*NUMBERS, *COMPLEX),
            lambda x, v: _added(x, key, v),
            lambda x, v: x.reshape(-1).index_put((torch.tensor(places),), v, accumulate=True).reshape(shape),
        ),
    ]


def _assigned(x, key, value):
    x[key] = value
    return x


def _added(x, key, value):
    x = np.copy(x)
    np.add.at(x, key, value)
    return x


ROWS = [
    *index("int", 1),
    *index("ints", (2, -1)),
    *index("slices", (slice(None, None, 2), slice(1, -1))),
    *index("none", (None, ..., 1)),
    *index("backwards", (slice(None, None, -2), slice(2, None, -1))),
    Row("gather", "_getitem", lambda xp, x, i: x[i], (Operand((4,)), Operand((5,), "below 4")), INEXACT),
    Row(
        "gather pairs",
        "_getitem",
        lambda xp, x, i, j: x[i, j],
        (Operand((4, 3)), Operand((5,), "below 4"), Operand((5,), "below 3")),
        INEXACT,
    ),
    Row(
        "scatter_add repeated",
        "_scatter_add",
        lambda xp, x, i, v: indexing.scatter_add(x, i, v),
        (Operand((4,)), Operand((5,), "below 4"), Operand((5,))),
        INEXACT,
        numpy=_added,
        torch=lambda x, i, v: x.index_put((i,), v, accumulate=True),
    ),
    *(
        Row(
            f"take {a}", "take", function("take", axis=a), (Operand((4, 4)), Operand((3,), "below 4")), (*ANY, *COMPLEX)
        )
        for a in (0, -1)
    ),
    Row(
        "untake",
        "_untake",
        lambda xp, x, i: indexing._untake(x, i, axis=1, size=4),
        (Operand((2, 3, 2)), Operand((3,), "below 4")),
        INEXACT,
        numpy=lambda x, i: _added(np.zeros((2, 4, 2), x.dtype), (slice(None), i), x),
        torch=lambda x, i: torch.zeros((2, 4, 2), dtype=x.dtype).index_add(1, i, x),
    ),
    Row(
        "take_along_axis",
        "take_along_axis",
        function("take_along_axis", axis=-2),
        (Operand((4, 2)), Operand((3, 2), "below 4")),
        (*ANY, *COMPLEX),
    ),
]
