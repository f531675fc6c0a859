"""Rows of xnn.ops.sets."""

import numpy as np

from tests.ops.rows.row import ANY, COMPLEX, INTEGERS_AND_BOOL, Operand, Row, function
from tests.oracle import torch


def first_of(x):
    """The unique elements of a tensor, each from its first position."""
    return x.reshape(-1)[np.unique(x.detach().numpy(), return_index=True)[1]]


def positions(x, part):
    _, indices, inverse, counts = np.unique(x, return_index=True, return_inverse=True, return_counts=True)
    return {"indices": indices, "inverse_indices": inverse, "counts": counts}[part]


def unique(function, field, **options):
    """One of the results, for elements that come twice."""

    def call(xp, x):
        found = getattr(xp, function)(xp.concat([x, x]))
        return getattr(found, field) if field else found

    return Row(
        f"{function} {field}".strip(),
        "_unique" if function == "unique_all" and field == "indices" else function,
        call,
        (Operand((2, 3)),),
        (*ANY, *COMPLEX),
        **options,
    )


def values(function, field="values"):
    return unique(
        function,
        field,
        numpy=lambda x: np.unique(x),
        torch=lambda x: first_of(torch.concat([x, x])),
    )


def found(function, field):
    return unique(function, field, numpy=lambda x: positions(np.concat([x, x]), field), differentiable=False)


ROWS = [
    values("unique_all"),
    values("unique_counts"),
    values("unique_inverse"),
    values("unique_values", ""),
    found("unique_all", "indices"),
    found("unique_all", "inverse_indices"),
    found("unique_all", "counts"),
    found("unique_inverse", "inverse_indices"),
    found("unique_counts", "counts"),
    *(
        Row(
            f"isin {i}",
            "isin",
            function("isin", **o),
            (Operand((2, 3)), Operand((4, 2))),
            INTEGERS_AND_BOOL,
            differentiable=False,
        )
        for i, o in enumerate([{}, {"invert": True}])
    ),
    Row("isin a number", "isin", lambda xp, x: xp.isin(3, x), (Operand((2, 3)),), ("int64",), differentiable=False),
    Row("a number isin", "isin", lambda xp, x: xp.isin(x, 3), (Operand((2, 3)),), ("int64",), differentiable=False),
]
