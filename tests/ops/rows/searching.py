"""Rows of xnn.ops.searching."""

import numpy as np

from tests.ops.rows.row import ANY, COMPLEX, INEXACT, NUMBERS, Operand, Row, function
from tests.oracle import torch


def arg_reduction(name):
    return [
        Row(f"{name}{i}", name, function(name, **o), (Operand((2, 3), "distinct"),), NUMBERS, differentiable=False)
        for i, o in enumerate([{}, {"axis": 1}, {"axis": 0, "keepdims": True}])
    ]


def search(id, call, shape=(2, 3)):
    return Row(id, "searchsorted", call, (Operand((5,)), Operand(shape)), NUMBERS, differentiable=False)


ROWS = [
    *arg_reduction("argmax"),
    *arg_reduction("argmin"),
    *(
        Row(
            f"count_nonzero{i}",
            "count_nonzero",
            lambda xp, x, o=o: xp.count_nonzero(x * (x == x[:1, :]), **o),
            (Operand((3, 2)),),
            (*NUMBERS, *COMPLEX),
            lambda x, o=o: np.int64(np.count_nonzero(x * (x == x[:1, :]), **o)),
            differentiable=False,
        )
        for i, o in enumerate([{}, {"axis": 1}, {"axis": (0, 1), "keepdims": True}, {"axis": -2, "keepdims": True}])
    ),
    Row(
        "nonzero",
        "nonzero",
        lambda xp, x: xp.stack(xp.nonzero(x)),
        (Operand((3, 4), "bool"),),
        differentiable=False,
    ),
    Row(
        "nonzero of numbers",
        "nonzero",
        lambda xp, x: xp.stack(xp.nonzero(x)),
        (Operand((3, 4)),),
        (*ANY, *COMPLEX),
        differentiable=False,
    ),
    search("searchsorted", lambda xp, x, v: xp.searchsorted(xp.sort(x), v)),
    search("searchsorted right", lambda xp, x, v: xp.searchsorted(xp.sort(x), v, side="right"), ()),
    search("searchsorted by a sorter", lambda xp, x, v: xp.searchsorted(x, v, sorter=xp.argsort(x))),
    search("searchsorted a number", lambda xp, x, v: xp.searchsorted(xp.sort(x), 2) + 0 * xp.argmax(v)),
    Row(
        "search rows",
        "_search_rows",
        lambda xp, x, v: xp.searchsorted(xp.sort(x), v, "right"),
        (Operand((2, 5)), Operand((2, 3))),
        NUMBERS,
        lambda x, v: torch.searchsorted(torch.tensor(np.sort(x)), torch.tensor(v), right=True).numpy(),
        differentiable=False,
    ),
    Row(
        "where",
        "where",
        function("where"),
        (Operand((2, 3), "bool"), Operand((2, 3)), Operand((2, 3))),
        (*ANY, *COMPLEX),
    ),
    Row("where wide", "where", function("where"), (Operand((2, 1), "bool"), Operand((3,)), Operand((1, 3))), INEXACT),
    Row(
        "where scalar",
        "where",
        lambda xp, c, x: xp.where(c, x, 2.0),
        (Operand((3,), "bool"), Operand((2, 3))),
        INEXACT,
    ),
    Row(
        "where real and complex",
        "where",
        lambda xp, c, x: xp.where(c, xp.astype(x, xp.complex128), x),
        (Operand((3,), "bool"), Operand((2, 3))),
        ("float64",),
        torch=lambda c, x: torch.complex(x, torch.zeros_like(x)),
    ),
]
