"""Rows of xnn.ops.contractions."""

import numpy as np

from tests.ops.rows.row import COMPLEX, FLOATS, Operand, Row, function
from tests.oracle import torch

NUMERIC = (*FLOATS, "int64", *COMPLEX)


def summed(subscripts, *shapes, dtypes=NUMERIC, **options):
    return Row(
        f"einsum {subscripts}",
        "einsum",
        lambda xp, *arrays: xp.einsum(subscripts, *arrays, **options),
        tuple(map(Operand, shapes)),
        dtypes,
        lambda *arrays: np.einsum(subscripts, *arrays),
        lambda *arrays: torch.einsum(subscripts, *arrays),
    )


def product(name, id, *shapes, torch=None, **options):
    return Row(f"{name} {id}", name, function(name, **options), tuple(map(Operand, shapes)), NUMERIC, torch=torch)


def _kron(a, b):
    return torch.kron(a, b)


ROWS = [
    summed("ij,jk->ik", (2, 3), (3, 4)),
    summed("ij,kj->ki", (2, 3), (4, 3)),
    summed("bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
    summed("bi,bi->b", (3, 4), (3, 4)),
    summed("i,j->ij", (3,), (2,)),
    summed("ij,ij->", (2, 3), (2, 3)),
    summed("ii->i", (3, 3)),
    summed("iji->j", (3, 2, 3)),
    summed("ba", (2, 3)),
    summed("...ij,...jk->...ik", (2, 1, 2, 3), (2, 3, 2), dtypes=FLOATS),
    summed("ij,jk,kl,l->i", (2, 3), (3, 2), (2, 3), (3,), dtypes=("float64",)),
    summed("i,j,ij->", (3,), (2,), (3, 2), dtypes=("float64",), optimize="optimal"),
    Row(
        "einsum of lists",
        "einsum",
        lambda xp, a, b: xp.einsum(a, [0, 1], b, [1, 2], [2, 0]),
        (Operand((2, 3)), Operand((3, 4))),
        FLOATS,
        torch=lambda a, b: torch.einsum("ij,jk->ki", a, b),
    ),
    Row(
        "einsum_path",
        "einsum_path",
        lambda xp, a, b: a @ b if xp.einsum_path("ij,jk", a, b)[0] == ["einsum_path", (0, 1)] else a,
        (Operand((2, 3)), Operand((3, 4))),
        FLOATS,
        torch=lambda a, b: a @ b,
    ),
    product("cross", "vectors", (2, 1, 3), (4, 3), torch=lambda a, b: torch.linalg.cross(a, b[None])),
    product("dot", "vectors", (3,), (3,), torch=lambda a, b: torch.dot(a, b)),
    product("dot", "matrices", (2, 3), (3, 2), torch=lambda a, b: a @ b),
    product("dot", "many", (2, 2, 3), (2, 3, 2), torch=lambda a, b: torch.tensordot(a, b, dims=([2], [1]))),
    product("dot", "number", (), (2, 3), torch=lambda a, b: a * b),
    product("inner", "many", (2, 3), (4, 3), torch=lambda a, b: torch.inner(a, b)),
    product("outer", "flat", (2, 2), (3,), torch=lambda a, b: torch.outer(a.reshape(-1), b)),
    product("kron", "matrices", (2, 3), (3, 2), torch=_kron),
    product("kron", "vector", (2,), (2, 3), torch=_kron),
    product("vdot", "matrices", (2, 3), (2, 3), torch=lambda a, b: torch.vdot(a.reshape(-1), b.reshape(-1))),
    product("matvec", "many", (2, 3, 4), (4,), torch=lambda a, b: a @ b),
    product("vecmat", "many", (2, 3), (2, 3, 4), torch=lambda a, b: torch.einsum("bi,bij->bj", a.conj(), b)),
]
