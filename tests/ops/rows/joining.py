"""Rows of xnn.ops.joining."""

import numpy as np

from tests.ops.rows.row import FLOATS, NUMBERS, Operand, Row
from tests.oracle import torch


def joined(name, *shapes, theirs):
    def call(xp, *arrays):
        return getattr(xp, name)(arrays)

    operands = tuple(Operand(shape) for shape in shapes)
    return Row(f"{name} {shapes}", name, call, operands, NUMBERS, torch=lambda *arrays: theirs(arrays))


def changed(name, *arguments, numpy=None, theirs, shapes=((2, 3),), **options):
    """Of one array, or of one and what is put into it; of what gives several arrays the last."""

    def call(xp, *arrays):
        found = getattr(xp, name)(arrays[0], *arguments, *arrays[1:], **options)
        return found[-1] if isinstance(found, (list, tuple)) else found

    operands = tuple(map(Operand, shapes))
    return Row(f"{name} {arguments}{options}", name, call, operands, FLOATS, numpy, theirs)


ROWS = [
    *(joined(name, (2, 3), (2, 3), theirs=getattr(torch, name, None)) for name in ["vstack", "hstack", "dstack"]),
    joined("column_stack", (3,), (3, 2), theirs=getattr(torch, "column_stack", None)),
    Row("row_stack", "row_stack", lambda xp, x, y: xp.row_stack((x, y)), (Operand((3,)), Operand((2, 3))), NUMBERS,
        lambda x, y: np.vstack((x, y)), lambda x, y: torch.vstack((x, y))),
    Row("block", "block", lambda xp, x, y: xp.block([[x, y], [y, x]]), (Operand((2, 3)), Operand((2, 3))), FLOATS,
        torch=lambda x, y: torch.vstack((torch.hstack((x, y)), torch.hstack((y, x))))),
    changed("split", 3, axis=1, theirs=lambda x: x[:, 2:]),
    changed("array_split", 2, axis=1, theirs=lambda x: x[:, 2:]),
    changed("hsplit", 3, theirs=lambda x: x[:, 2:]),
    changed("vsplit", [1], theirs=lambda x: x[1:]),
    changed("dsplit", 2, shapes=((2, 3, 4),), theirs=lambda x: x[..., 2:]),
    changed("chunk", 2, dim=1, numpy=lambda x: x[:, 2:], theirs=lambda x: x[:, 2:]),
    changed("append", axis=0, shapes=((2, 3), (1, 3)), theirs=lambda x, y: torch.cat((x, y))),
    changed("delete", [0, 2], axis=1, theirs=lambda x: x[:, 1:2]),
    changed("insert", 1, axis=1, shapes=((2, 3), (2,)), numpy=lambda x, y: np.insert(x, 1, y, axis=1),
            theirs=lambda x, y: torch.cat((x[:, :1], y[:, None], x[:, 1:]), 1)),
]  # fmt: skip
