"""Rows of xnn.ops.linear_algebra, products, diagonals and norms."""

import math
from functools import partial

import array_api_compat.numpy as numpy_xp
import numpy as np

from tests.ops.rows.row import ANY, COMPLEX, FLOATS, INEXACT, NUMBERS, Operand, Row, function
from tests.oracle import torch
from xnn.ops import diagonals

inf = math.inf
NUMERIC = (*NUMBERS, *COMPLEX)


def linalg(id, name, call, *shapes, dtypes=INEXACT, **options):
    """A row whose reference is array_api_compat's NumPy: NumPy's own linalg lacks some functions."""
    options = {"numpy": partial(call, numpy_xp), **options}
    return Row(id, name, call, tuple(map(Operand, shapes)), dtypes, **options)


def called(name, *arguments, **static):
    """The function of the extension."""
    return lambda xp, *arrays: getattr(xp.linalg, name)(*arrays, *arguments, **static)


def identity(xp, x):
    return xp.eye(x.shape[-1], dtype=x.dtype, device=x.device)


def regular(xp, x):
    """Square matrices that are far from singular."""
    return x + 4 * identity(xp, x)


def below(xp, x, k):
    """Matrices with x on a diagonal, and zeros."""
    return diagonals.from_diagonal(x, rows=x.shape[-1] + abs(k), columns=x.shape[-1] + abs(k), offset=k)


def placed(x, k):
    out = np.zeros((*x.shape, x.shape[-1]), x.dtype)
    out = np.pad(out, [(0, 0)] * (x.ndim - 1) + [(0, abs(k))] * 2)
    i = np.arange(x.shape[-1])
    out[..., i - min(k, 0), i + max(k, 0)] = x
    return out


MATMUL = [
    ((2, 3), (3, 4), (*INEXACT, "int64")),
    ((3,), (3,), INEXACT),
    ((3,), (3, 2), INEXACT),
    ((2, 3), (3,), INEXACT),
    ((2, 1, 2, 3), (4, 3, 1), INEXACT),
    ((3,), (2, 3, 4), FLOATS),
    ((2, 2, 3), (3,), FLOATS),
]
TENSORDOT = [
    ((2, 3, 4), (3, 4, 2), 2, (*INEXACT, "int64")),
    ((2, 3), (3, 2), 1, INEXACT),
    ((2,), (3, 1), 0, INEXACT),
    ((2, 3, 4), (4, 5, 2), ((0, 2), (2, 0)), INEXACT),
    ((2, 3, 4, 2), (2, 2, 3, 2), ((-1, 0, 1), (0, 1, -2)), FLOATS),
]


def chain(*arrays):
    out = arrays[0]
    for x in arrays[1:]:
        out = out @ x
    return out


VECTORS = [((3,), (3,), -1, (*INEXACT, "int64")), ((2, 1, 3), (4, 3), -1, INEXACT), ((3, 2), (4, 3, 1), -2, INEXACT)]
DIAGONALS = [((3, 3), 0, (*NUMERIC, "bool")), ((2, 3, 4), 1, INEXACT), ((2, 3, 4), -2, FLOATS), ((4, 2), 1, FLOATS)]
TRACES = [((3, 3), 0, (*INEXACT, "int64", "int32")), ((2, 3, 4), 2, INEXACT), ((4, 2), -1, FLOATS)]
VECTOR_NORMS = [
    ({}, INEXACT),
    *(({"ord": p, "axis": -1}, INEXACT) for p in (1, 1.5, 3, 0.5, -1, -2, inf, -inf)),
    ({"ord": 2, "axis": (0, -1), "keepdims": True}, INEXACT),
    ({"ord": 3.5, "axis": 1, "keepdims": True}, FLOATS),
    ({"ord": inf, "axis": (1, 0)}, FLOATS),
    ({"ord": 2, "axis": ()}, INEXACT),
]
MATRIX_NORMS = [
    ({}, INEXACT),
    *(({"ord": p}, INEXACT) for p in ("nuc", 2, -2, 1, -1, inf, -inf)),
    *(({"ord": p, "keepdims": True}, FLOATS) for p in ("fro", "nuc", -2, 1, -inf)),
]
NORMS = [
    ((2, 3), {}, INEXACT),
    ((2, 3, 2), {"keepdims": True}, FLOATS),
    ((2, 3, 2), {"axis": 1}, INEXACT),
    *(((4,), {"ord": p}, FLOATS) for p in (0, 1, -1, 3, -inf)),
    *(((2, 3), {"ord": p}, INEXACT) for p in ("fro", "nuc", 2, -2, 1, -1, inf, -inf)),
    ((2, 3, 2), {"ord": 1, "axis": (2, 0)}, INEXACT),
    ((2, 3, 2), {"ord": "nuc", "axis": (-1, 1), "keepdims": True}, FLOATS),
    ((2, 3, 2), {"ord": 2.5, "axis": (-2), "keepdims": True}, FLOATS),
]


def torch_cond(p):
    """By its definition: PyTorch's own has no gradient of complex matrices."""
    order = 2 if p is None else p
    return lambda x: torch.linalg.matrix_norm(x, order) * torch.linalg.matrix_norm(torch.linalg.inv(x), order)


DOTS = [((2, 3), (3, 4), (4, 2)), ((2,), (2, 3), (3, 4), (4, 2), (2,)), ((3, 2), (2, 3)), ((3,), (3,))]
EQUATIONS = [((2, 3, 6), (2, 3), None), ((6, 2, 3), (2, 3), (0,))]


def torch_norm(static):
    """PyTorch's, where a dimension is called so."""
    renamed = {{"axis": "dim", "keepdims": "keepdim"}.get(key, key): value for key, value in static.items()}
    return lambda x: torch.linalg.norm(x, **renamed)


ROWS = [
    *(
        linalg(
            f"norm {shape}{static}",
            "linalg.norm",
            called("norm", **static),
            shape,
            dtypes=dtypes,
            torch=torch_norm(static),
        )
        for shape, static, dtypes in NORMS
    ),
    *(
        linalg(f"cond {p}", "linalg.cond", called("cond", p), (2, 3, 3), torch=torch_cond(p))
        for p in (None, 2, -2, 1, -inf, "fro")
    ),
    linalg("cond of more rows", "linalg.cond", called("cond"), (4, 2), dtypes=FLOATS),
    *(
        linalg(
            f"multi_dot {shapes}",
            "linalg.multi_dot",
            lambda xp, *arrays: xp.linalg.multi_dot(arrays),
            *shapes,
            numpy=lambda *raws: np.asarray(np.linalg.multi_dot(raws)),
            torch=chain,
        )
        for shapes in DOTS
    ),
    *(
        linalg(f"tensorinv {shape}", "linalg.tensorinv", called("tensorinv", ind), shape)
        for shape, ind in [((2, 3, 6), 2), ((4, 2, 2), 1)]
    ),
    *(
        linalg(
            f"tensorsolve {axes}",
            "linalg.tensorsolve",
            called("tensorsolve", axes=axes),
            a,
            b,
            torch=lambda a, b, axes=axes: torch.linalg.tensorsolve(a, b, axes),
        )
        for a, b, axes in EQUATIONS
    ),
    Row("matrix_transpose", "matrix_transpose", function("matrix_transpose"), (Operand((2, 3, 4)),), (*ANY, *COMPLEX)),
    *(Row(f"matmul {a}{b}", "matmul", function("matmul"), (Operand(a), Operand(b)), dtypes) for a, b, dtypes in MATMUL),
    *(
        linalg(f"tensordot {axes}", "tensordot", function("tensordot", axes=axes), a, b, dtypes=dtypes)
        for a, b, axes, dtypes in TENSORDOT
    ),
    *(
        linalg(f"vecdot {a}{b}", "vecdot", function("vecdot", axis=axis), a, b, dtypes=dtypes)
        for a, b, axis, dtypes in VECTORS
    ),
    *(
        linalg(f"cross {a}{b}", "cross", called("cross", axis=axis), a, b, dtypes=dtypes)
        for a, b, axis, dtypes in VECTORS
    ),
    *(linalg(f"linalg.{n}", n, called(n), (2, 2), (2, 2), dtypes=FLOATS) for n in ("matmul", "vecdot", "tensordot")),
    linalg("linalg.matrix_transpose", "matrix_transpose", called("matrix_transpose"), (2, 3), dtypes=FLOATS),
    linalg("outer", "linalg.outer", called("outer"), (2,), (3,), dtypes=NUMERIC),
    *(linalg(f"matrix_power {n}", "linalg.matrix_power", called("matrix_power", n), (2, 2, 2)) for n in (1, 2, 5, 6)),
    linalg("matrix_power 0", "linalg.matrix_power", called("matrix_power", 0), (2, 3, 3), differentiable=False),
    linalg(
        "matrix_power -3", "linalg.matrix_power", lambda xp, x: xp.linalg.matrix_power(regular(xp, x), -3), (2, 3, 3)
    ),
    *(
        linalg(f"diagonal {shape}{k}", "diagonal", called("diagonal", offset=k), shape, dtypes=dtypes)
        for shape, k, dtypes in DIAGONALS
    ),
    *(
        linalg(
            f"from_diagonal {k}",
            "from_diagonal",
            partial(below, k=k),
            (2, 3),
            numpy=partial(placed, k=k),
            torch=lambda x, k=k: x.diag_embed(k),
        )
        for k in (0, 1, -2)
    ),
    *(
        linalg(f"trace {shape}{k}", "linalg.trace", called("trace", offset=k), shape, dtypes=dtypes)
        for shape, k, dtypes in TRACES
    ),
    linalg(
        "trace in float64",
        "linalg.trace",
        lambda xp, x: xp.linalg.trace(x, dtype=xp.float64),
        (3, 3),
        dtypes=("int32", *FLOATS),
    ),
    *(
        linalg(f"vector_norm {static}", "vector_norm", called("vector_norm", **static), (3, 2), dtypes=dtypes)
        for static, dtypes in VECTOR_NORMS
    ),
    *(
        linalg(f"matrix_norm {static}", "linalg.matrix_norm", called("matrix_norm", **static), (2, 3, 2), dtypes=dtypes)
        for static, dtypes in MATRIX_NORMS
    ),
    linalg("matrix_rank", "matrix_rank", called("matrix_rank"), (2, 4, 3), differentiable=False),
    linalg("matrix_rank rtol", "matrix_rank", called("matrix_rank", rtol=0.4), (3, 3), differentiable=False),
    linalg(
        "matrix_rank low",
        "matrix_rank",
        lambda xp, x, y: xp.linalg.matrix_rank(x @ y, rtol=1e-4),
        (2, 3, 1),
        (2, 1, 3),
        differentiable=False,
    ),
]
