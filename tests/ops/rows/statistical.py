"""Rows of xnn.ops.statistical."""

from tests.ops.rows.row import ANY, FLOATS, NUMBERS, Operand, Row, function


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


ROWS = [
    *reduction("sum", (*FLOATS, "int64", "int32")),  # torch has no unsigned sums
    *reduction("mean"),
    *reduction("max", NUMBERS),
    *reduction("min", NUMBERS),
    *reduction("var", domain="real", correction=1.0),
    *reduction("all", ANY, False, "real"),
    *reduction("any", ANY, False, "real"),
]
