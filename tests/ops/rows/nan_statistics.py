"""Rows of xnn.ops.nan_statistics; the NaN themselves come in test_averages.py."""

import numpy as np

from tests.ops.rows.row import COMPLEX, FLOATS, INTEGERS, Operand, Row, function
from tests.oracle import torch


def reduction(name, dtypes=FLOATS, differentiable=True, domain="distinct", several=True, **more):
    options = [{}, {"axis": 1}, {"axis": (0, -1), "keepdims": True} if several else {"axis": 0, "keepdims": True}]
    options += [{"axis": 0, **more}] * bool(more)
    operands = (Operand((2, 3, 2), domain),)
    return [
        Row(
            f"{name}{i}",
            name,
            function(name, **o),
            operands,
            dtypes,
            torch=_plain(name, o),
            differentiable=differentiable,
        )
        for i, o in enumerate(options)
    ]


def _plain(name, options):
    """What NumPy says, for want of PyTorch's."""
    return lambda x: torch.asarray(np.asarray(getattr(np, name)(x.numpy(), **options)))


def cumulative(name):
    return [
        Row(
            f"{name}{i}",
            name,
            function(name, **o),
            (Operand((2, 3), "distinct"),),
            (*FLOATS, "int64"),
            torch=_plain(name, o),
        )
        for i, o in enumerate([{}, {"axis": 1}])
    ]


ROWS = [
    *reduction("nansum", (*FLOATS, *COMPLEX, "int64")),
    *reduction("nanprod", (*FLOATS, "int64")),
    *reduction("nanmean", (*FLOATS, *COMPLEX)),
    *reduction("nanvar", domain="real", ddof=1),
    *reduction("nanstd", domain="real", ddof=1),
    *reduction("nanmin", (*FLOATS, *INTEGERS)),
    *reduction("nanmax", (*FLOATS, *INTEGERS)),
    *reduction("nanargmin", (*FLOATS, "int64"), False, several=False),
    *reduction("nanargmax", (*FLOATS, "int64"), False, several=False),
    *cumulative("nancumsum"),
    *cumulative("nancumprod"),
]
