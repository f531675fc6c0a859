"""Rows of xnn.ops.selection."""

import numpy as np

from tests.ops.rows.row import ANY, FLOATS, INEXACT, Operand, Row, function
from tests.oracle import torch

MASK = Operand((3, 4), "bool")


def of_arrays(name, id, call, operands, theirs, dtypes=INEXACT, numpy=None):
    return Row(f"{name} {id}", name, call, operands, dtypes, numpy, theirs)


ROWS = [
    of_arrays(
        "select",
        "of two",
        lambda xp, a, b, one, other: xp.select([a, b], [one, other], 0.5),
        (MASK, Operand((4,), "bool"), Operand((3, 4)), Operand((3, 1))),
        lambda a, b, one, other: torch.where(a, one, torch.where(b, other, 0.5)),
        FLOATS,
        lambda a, b, one, other: np.select([a, np.broadcast_to(b, (3, 4))], [one, other], one.dtype.type(0.5)),
    ),
    of_arrays(
        "piecewise",
        "of functions",
        lambda xp, x: xp.piecewise(x, [x > 1, x < 0], [lambda v: v**2, 3.0, lambda v: 2 * v]),
        (Operand((3, 4), "distinct"),),
        lambda x: torch.where(x < 0, 3.0, torch.where(x > 1, x**2, 2 * x)),
        FLOATS,
    ),
    of_arrays(
        "choose",
        "of three",
        lambda xp, n, a, b, c: xp.choose(n, [a, b, c]),
        (Operand((3, 4), "below 3"), Operand((3, 4)), Operand((4,)), Operand((3, 1))),
        lambda n, a, b, c: torch.where(n == 0, a, torch.where(n == 1, b, c)),
    ),
    of_arrays(
        "compress",
        "along an axis",
        lambda xp, m, x: xp.compress(m, x, axis=1),
        (Operand((3,), "bool"), Operand((2, 4))),
        lambda m, x: x[:, :3][:, m],
    ),
    of_arrays("extract", "", function("extract"), (MASK, Operand((3, 4))), lambda m, x: x[m]),
    of_arrays(
        "masked_select",
        "",
        lambda xp, m, x: xp.masked_select(x, m),
        (MASK, Operand((3, 1))),
        lambda m, x: torch.masked_select(x, m),
        numpy=lambda m, x: np.broadcast_to(x, (3, 4))[m],
    ),
    of_arrays(
        "masked_fill",
        "",
        lambda xp, m, x, v: xp.masked_fill(x, m, v),
        (MASK, Operand((3, 4)), Operand(())),
        lambda m, x, v: torch.masked_fill(x, m, v),
        numpy=lambda m, x, v: np.where(m, v, x),
    ),
    of_arrays(
        "index_select",
        "",
        lambda xp, i, x: xp.index_select(x, 1, i),
        (Operand((5,), "below 4"), Operand((3, 4))),
        lambda i, x: torch.index_select(x, 1, i),
        numpy=lambda i, x: np.take(x, i, axis=1),
    ),
    *(
        Row(f"{name} of values", name, function(name), (Operand((3, 4)),), ANY, differentiable=False)
        for name in ("argwhere", "flatnonzero")
    ),
    *(
        Row(
            f"unravel_index {order}",
            "unravel_index",
            lambda xp, i, order=order: xp.stack(list(xp.unravel_index(i, (3, 4), order))),
            (Operand((2, 3), "below 12"),),
            ("int64",),
            differentiable=False,
        )
        for order in "CF"
    ),
    Row(
        "ravel_multi_index",
        "ravel_multi_index",
        lambda xp, i, j: xp.ravel_multi_index((i, j), (3, 4)),
        (Operand((2, 3), "below 3"), Operand((3,), "below 4")),
        ("int64",),
        differentiable=False,
    ),
]
