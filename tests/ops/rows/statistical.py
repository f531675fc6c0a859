"""Rows of xnn.ops.statistical, xnn.ops.cumulative and xnn.ops.utility."""

from tests.ops.rows.row import ANY, COMPLEX, FLOATS, INEXACT, INTEGERS, NUMBERS, Operand, Row, function
from tests.oracle import torch

SUMMED = (*INEXACT, *INTEGERS)


def reduction(name, dtypes=FLOATS, differentiable=True, domain="distinct", **more):
    options = [
        {},
        {"axis": 1},
        {"axis": (0, -1), "keepdims": True},
        {"axis": -2, "keepdims": True},
        *({"axis": 0, **more},) * bool(more),
    ]
    return [
        Row(
            f"{name}{i}",
            name,
            function(name, **o),
            (Operand((2, 3, 2), domain),),
            dtypes,
            differentiable=differentiable,
        )
        for i, o in enumerate(options)
    ]


def cumulative(name):
    def row(id, shape, dtypes=INEXACT, **options):
        return Row(f"{name} {id}", name, function(name, **options), (Operand(shape, "distinct"),), dtypes)

    return [
        row("of a row", (5,), SUMMED),
        row("along the last", (2, 3), axis=-1),
        row("from the start", (4, 2), SUMMED, axis=0, include_initial=True),
    ]


def difference(id, shapes, dtypes=(*INEXACT, *INTEGERS), names=(), **options):
    def call(xp, *arrays):
        return xp.diff(arrays[0], **dict(zip(names, arrays[1:], strict=True)), **options)

    def of_torch(*tensors):
        dim = options.get("axis", -1)
        return torch.diff(tensors[0], n=options.get("n", 1), dim=dim, **dict(zip(names, tensors[1:], strict=True)))

    return Row(f"diff {id}", "diff", call, tuple(Operand(s) for s in shapes), dtypes, torch=of_torch)


ROWS = [
    *reduction("sum", SUMMED),
    *reduction("prod", SUMMED),
    *reduction("mean", INEXACT),
    *reduction("max", NUMBERS),
    *reduction("min", NUMBERS),
    *reduction("var", domain="real", correction=1.0),
    *reduction("std", domain="real", correction=1.0),
    *cumulative("cumulative_sum"),
    *cumulative("cumulative_prod"),
    *reduction("all", (*ANY, *COMPLEX), False, "real"),
    *reduction("any", (*ANY, *COMPLEX), False, "real"),
    difference("of neighbours", [(2, 4)]),
    difference("of differences", [(4, 2)], axis=0, n=2),
    difference("of more", [(2, 2), (2, 1), (2, 2)], FLOATS, ("prepend", "append"), n=3),
    difference("of too few", [(2, 2)], FLOATS, n=3),
]
