"""Rows of xnn.ops.predicates."""

import numpy as np

from tests.ops.rows.row import ANY, COMPLEX, NUMBERS, Operand, Row, function


def row(name, arity=1, dtypes=(*ANY, *COMPLEX), call=None, **more):
    operands = tuple(Operand((2, 3)) for _ in range(arity))
    return Row(name, name, call or function(name), operands, dtypes, differentiable=False, **more)


def said(name, *more):
    """Of a function that gives a Python bool."""

    def call(xp, a, b):
        return (a == a) & getattr(xp, name)(a, b, *more)

    return row(name, 2, call=call)


ROWS = [
    row("isclose", 2, call=lambda xp, a, b: xp.isclose(a, b, 0.5, 1)),
    said("allclose", 0.5, 1),
    said("array_equal"),
    said("array_equiv"),
    row("isposinf", dtypes=NUMBERS),
    row("isneginf", dtypes=NUMBERS),
    row("isreal"),
    row("iscomplex"),
    row("isrealobj", call=lambda xp, a: (a == a) & xp.isrealobj(a)),
    row("iscomplexobj", call=lambda xp, a: (a == a) & xp.iscomplexobj(a)),
    row("isscalar", call=lambda xp, a: (a == a) & xp.isscalar(a), numpy=lambda a: np.zeros_like(a, bool)),
]
