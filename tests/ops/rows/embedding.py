"""Rows of xnn.ops.embedding."""

import numpy as np

from tests.ops.rows.row import FLOATS, Operand, Row, tensor
from tests.oracle import F as torch_functional
from tests.oracle import torch
from xnn.ops import embedding

TABLE, NUMBERS, LINE = Operand((4, 3), "distinct"), Operand((2, 3), "below 4"), Operand((5,), "below 4")
OFFSETS = [0, 2, 2]


def row(name, call, operands, theirs, **options):
    def numpy(*arrays):
        return theirs(*map(tensor, arrays)).numpy()

    return Row(name, name.partition(" ")[0], call, operands, FLOATS, numpy, theirs, **options)


def bags(mode, padding_idx=None):
    """Bags one after another."""

    def ours(xp, table, numbers):
        offsets = xp.asarray(OFFSETS, device=table.device)
        return embedding.embedding_bag(table, numbers, offsets, mode=mode, padding_idx=padding_idx)

    def theirs(table, numbers):
        offsets = torch.tensor(OFFSETS)
        return torch_functional.embedding_bag(numbers, table, offsets, mode=mode, padding_idx=padding_idx)

    return row(f"embedding_bag {mode}", ours, (TABLE, LINE), theirs)


ROWS = [
    row(
        "embedding",
        lambda xp, table, numbers: embedding.embedding(table, numbers),
        (TABLE, NUMBERS),
        lambda table, numbers: torch_functional.embedding(numbers, table),
    ),
    Row(
        "renormalised",
        "renormalised",
        lambda xp, table, numbers: embedding.renormalised(table, numbers, max_norm=0.5, norm_type=2.0),
        (TABLE, NUMBERS),
        FLOATS,
        lambda table, numbers: torch.embedding_renorm_(tensor(table).clone(), tensor(numbers), 0.5, 2.0).numpy(),
        differentiable=False,
    ),
    Row(
        "first_largest",
        "first_largest",
        lambda xp, x: embedding.first_largest(x, xp.zeros((5,), dtype=xp.int64, device=x.device)),
        (Operand((5, 3)),),
        FLOATS,
        lambda x: np.asarray([x[: n + 1].argmax(axis=0) for n in range(5)]),
        differentiable=False,
    ),
    row(
        "embedding_bag",
        lambda xp, table, numbers, factors: embedding.embedding_bag(table, numbers, None, factors, mode="sum"),
        (TABLE, NUMBERS, Operand((2, 3))),
        lambda table, numbers, factors: torch_functional.embedding_bag(
            numbers, table, mode="sum", per_sample_weights=factors
        ),
    ),
    row(
        "embedding_bag of rows",
        lambda xp, table, numbers: embedding.embedding_bag(table, numbers, mode="max", padding_idx=3),
        (TABLE, NUMBERS),
        lambda table, numbers: torch_functional.embedding_bag(numbers, table, mode="max", padding_idx=3),
    ),
    bags("mean", padding_idx=1),
    bags("max"),
]
