"""Rows of xnn.ops.set_operations."""

from tests.ops.rows.row import FLOATS, NUMBERS, Operand, Row, function
from tests.oracle import torch


def _not_in(x, other):
    return x[~torch.isin(x, other)]


def theirs(name):
    """By PyTorch's unique, and the positions of what is left."""

    def unique(x):
        return torch.sort(x.reshape(-1))[0]  # the rows' operands have no element twice

    return {
        "unique": unique,
        "union1d": lambda x, y: unique(torch.cat([x.reshape(-1), y.reshape(-1)])),
        "setxor1d": lambda x, y: unique(torch.cat([_not_in(x.reshape(-1), y), _not_in(y.reshape(-1), x)])),
    }[name]


X, Y = Operand((2, 3), "distinct"), Operand((4,), "distinct")

ROWS = [
    Row("uniques", "unique", function("unique"), (X,), FLOATS, torch=theirs("unique")),
    Row(
        "uniques of rows",
        "unique",
        function("unique", axis=0),
        (X,),
        FLOATS,
        torch=lambda x: x[torch.argsort(x[:, 0])],
    ),
    *(
        Row(name, name, function(name), (X, Y), FLOATS, torch=theirs(name))
        for name in ("union1d", "setxor1d")
    ),
    Row(
        "setdiff1d",
        "setdiff1d",
        lambda xp, x: xp.setdiff1d(x, x[1, :2]),
        (X,),
        FLOATS,
        torch=lambda x: torch.sort(_not_in(x.reshape(-1), x[1, :2]))[0],
    ),
    Row(
        "intersect1d",
        "intersect1d",
        lambda xp, x: xp.intersect1d(x, x[1, :2]),
        (X,),
        FLOATS,
        torch=lambda x: torch.sort(x[1, :2])[0],
    ),
    Row(
        "in1d", "in1d", function("in1d"), (X, Y), NUMBERS, lambda x, y: (x.reshape(-1)[:, None] == y).any(1),
        differentiable=False,
    ),
]  # fmt: skip
