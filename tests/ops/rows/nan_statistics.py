"""Rows of xnn.ops.nan_statistics; the NaN themselves come in test_averages.py."""

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
    """PyTorch's function of what has no NaN."""
    name, axis, keepdim = name.removeprefix("nan"), options.get("axis"), options.get("keepdims", False)

    def call(x):
        if name.startswith("cum"):
            return getattr(torch, name)(x.reshape(-1) if axis is None else x, 0 if axis is None else axis)
        if name.startswith("arg"):
            return getattr(torch, name)(x, axis, keepdim)
        axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        if name in ("var", "std"):
            return getattr(torch, name)(x, axes, correction=options.get("ddof", 0), keepdim=keepdim)
        if name == "prod":
            for i in sorted((i % x.ndim for i in axes), reverse=True):
                x = torch.prod(x, i, keepdim)
            return x
        return getattr(torch, {"min": "amin", "max": "amax"}.get(name, name))(x, axes, keepdim)

    return call


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
