"""Rows of xnn.ops.traces."""

from functools import partial

import numpy as np

from tests.ops.rows.row import ANY, COMPLEX, INEXACT, Operand, Row

SHAPES = [((3, 3), {}), ((2, 3, 4), {"offset": 1, "axis1": 2, "axis2": 0}), ((2, 3, 4), {"offset": -1, "axis1": -1})]


def called(xp, x, name, static):
    return getattr(xp, name)(x, **static)


def row(name, shape, static, dtypes):
    call = partial(called, name=name, static=static)
    return Row(
        f"xnn.{name} {shape}{static}",
        name,
        call,
        (Operand(shape),),
        dtypes,
        partial(call, np),
        lambda x: call(_Torch, x),
    )


class _Torch:
    """NumPy's functions by PyTorch's, which has diagonals of any two dimensions."""

    @staticmethod
    def diagonal(x, offset=0, axis1=0, axis2=1):
        return x.diagonal(offset, axis1, axis2)

    @staticmethod
    def trace(x, offset=0, axis1=0, axis2=1):
        return x.diagonal(offset, axis1, axis2).sum(-1)


ROWS = [
    *(row("diagonal", shape, static, (*ANY, *COMPLEX)) for shape, static in SHAPES),
    *(row("trace", shape, static, (*INEXACT, "int64", "int32")) for shape, static in SHAPES),
]
