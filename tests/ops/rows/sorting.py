"""Rows of xnn.ops.sorting."""

import numpy as np

from tests.ops.rows.row import NUMBERS, Operand, Row, function


def ordering(name, id, reference, domain="distinct", dtypes=NUMBERS, **options):
    return Row(
        f"{name} {id}",
        name,
        function(name, **options),
        (Operand((3, 4), domain),),
        dtypes,
        reference,
        differentiable=name == "sort",
    )


ROWS = [
    ordering("argsort", "rising", lambda x: np.argsort(x, stable=True)),
    ordering("argsort", "falling", lambda x: np.argsort(-x, axis=0), dtypes=("float32",), axis=0, descending=True),
    ordering("argsort", "unstable", np.argsort, dtypes=("float32",), stable=False),
    ordering("sort", "rising", np.sort),
    ordering("sort", "falling", lambda x: -np.sort(-x, axis=0), dtypes=("float64", "int64"), axis=0, descending=True),
    ordering("sort", "unstable", np.sort, stable=False),
]
