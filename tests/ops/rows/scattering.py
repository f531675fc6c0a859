"""Rows of xnn.ops.scattering."""

import numpy as np

from tests.ops.rows.row import FLOATS, Operand, Row, tensor
from tests.oracle import torch

X, INDEX, SRC = Operand((3, 4), "distinct"), Operand((3, 5), "below 4"), Operand((3, 5), "distinct")
IDS, DATA = Operand((6,), "below 3"), Operand((6, 2), "distinct")


def row(id, name, call, torch_call, operands, **more):
    def numpy(*arrays):
        return torch_call(*map(tensor, arrays)).numpy()

    return Row(id, name, call, operands, FLOATS, numpy, torch_call, **more)


def reduced(reduce, include_self):
    return row(
        f"scatter_reduce {reduce} {include_self}", "scatter_reduce",
        lambda xp, x, i, s: xp.scatter_reduce(x, 1, i, s, reduce, include_self=include_self),
        lambda x, i, s: torch.scatter_reduce(x, 1, i, s, reduce, include_self=include_self),
        (X, INDEX, SRC), order=1 if reduce == "prod" else 2,
    )  # fmt: skip


def put(reduce, how):
    return row(
        f"put_along_axis {reduce}", "put_along_axis",
        lambda xp, x, i, s: xp.put_along_axis(x, i, s, 1, reduce=reduce),
        lambda x, i, s: torch.scatter_reduce(x, 1, i, s, how) if how else torch.scatter(x, 1, i, s),
        (X, Operand((3, 1), "below 4"), Operand((3, 1), "distinct")),
    )  # fmt: skip


def segment(name, how, primitive=None, start=0.0):
    def torch_call(x, ids):
        zeros = torch.full((3, 2), start, dtype=x.dtype)
        return torch.scatter_reduce(zeros, 0, ids[:, None].expand(-1, 2), x, how, include_self=how in ("sum", "prod"))

    return row(primitive or name, primitive or name, lambda xp, x, i: getattr(xp, name)(x, i, 3), torch_call,
               (DATA, IDS))  # fmt: skip


ROWS = [
    row("scatter", "scatter", lambda xp, x, i, s: xp.scatter(x, 1, i, s),
        lambda x, i, s: torch.scatter(x, 1, i, s[:, :1]), (X, Operand((3, 1), "below 4"), SRC)),
    row("scatter_add", "scatter_add", lambda xp, x, i, s: xp.scatter_add(x, 1, i, s),
        lambda x, i, s: torch.scatter_add(x, 1, i, s), (X, INDEX, SRC)),
    *(reduced(how, include) for how in ("sum", "prod", "mean", "amax", "amin") for include in (True, False)),
    put("assign", None),
    *(put(*pair) for pair in [("add", "sum"), ("multiply", "prod"), ("min", "amin"), ("max", "amax")]),
    row("index_add", "index_add", lambda xp, x, i, s: xp.index_add(x, 1, i, s, alpha=2),
        lambda x, i, s: torch.index_add(x, 1, i, s, alpha=2), (X, Operand((5,), "below 4"), SRC)),
    row("index_copy", "index_copy", lambda xp, x, i, s: xp.index_copy(x, 1, i, s),
        lambda x, i, s: torch.index_copy(x, 1, i, s), (X, Operand((1,), "below 4"), Operand((3, 1)))),
    row("index_fill", "index_fill", lambda xp, x, i: xp.index_fill(x, 1, i, 2.0),
        lambda x, i: torch.index_fill(x, 1, i, 2.0), (X, Operand((2,), "below 4"))),
    segment("segment_sum", "sum"),
    segment("segment_mean", "mean"),
    segment("segment_prod", "prod", start=1.0),
    segment("segment_max", "amax", start=-np.inf),
    segment("segment_min", "amin", start=np.inf),
    segment("segment_sum", "sum", "_segment_sum"),
    segment("segment_max", "amax", "_segment_extreme", start=-np.inf),
    *(Row(name, name, lambda xp, x: xp.astype(xp.scatter_add(x * 0, 0, x, 1), xp.int64), (IDS,), ("int64",),
          lambda x: np.bincount(x, minlength=6), differentiable=False)
      for name in ("_winners", "_flat_places", "_every_place")),
]  # fmt: skip
