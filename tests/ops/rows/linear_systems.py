"""Rows of xnn.ops.triangular, lu_factors, least_squares and exponentials, against NumPy and PyTorch."""

import array_api_compat.numpy as numpy_xp
import numpy as np

from tests.ops.rows.linear_algebra import called, linalg, regular
from tests.ops.rows.row import FLOATS, INEXACT, Operand, Row
from tests.oracle import torch, torch_xp
from xnn.ops import exponentials, lu_factors

SYSTEMS = [
    ((3, 3), (3,), {}, INEXACT),
    ((2, 3, 3), (3, 2), {"lower": True}, INEXACT),
    ((3, 3), (2, 3, 2), {"trans": 1, "unit_diagonal": True}, INEXACT),
    ((2, 3, 3), (3,), {"trans": "C", "lower": True}, INEXACT),
    ((2, 1, 3, 3), (4, 3, 1), {"trans": "T"}, FLOATS),
    ((2, 2), (2, 2), {"trans": 2, "lower": True, "unit_diagonal": True}, FLOATS),
]


def triangular(xp, a, b, static):
    return xp.linalg.solve_triangular(regular(xp, a), b, **static)


def by_solve(xp, a, b, static):
    """The same by a solver that knows no triangles."""
    a = regular(xp, a)
    part = xp.tril(a) if static.get("lower") else xp.triu(a)
    if static.get("unit_diagonal"):
        one = xp.eye(a.shape[-1], dtype=a.dtype)
        part = part * (1 - one) + one
    trans = static.get("trans", 0)
    part = xp.matrix_transpose(part) if trans else part
    part = xp.conj(part) if trans in (2, "C") else part
    return xp.linalg.solve(part, b[..., None])[..., 0] if b.ndim == 1 else xp.linalg.solve(part, b)


def positive(xp, a):
    return a @ xp.conj(xp.matrix_transpose(a)) + xp.eye(a.shape[-1], dtype=a.dtype, device=a.device)


def of_numpy_positive(a):
    return a @ np.conj(np.matrix_transpose(a)) + np.eye(a.shape[-1], dtype=a.dtype)


def factor(lower):
    return lambda xp, a: xp.linalg.cho_factor(positive(xp, a), lower)[0]


def of_numpy_factor(lower):
    def call(a):
        a = np.linalg.cholesky(of_numpy_positive(a))
        return a if lower else np.conj(np.matrix_transpose(a))

    return call


def cho_solved(lower):
    return lambda xp, a, b: xp.linalg.cho_solve(xp.linalg.cho_factor(positive(xp, a), lower), b)


def solved(xp, a, b):
    return xp.linalg.solve(a, b[..., None])[..., 0] if b.ndim == 1 else xp.linalg.solve(a, b)


def of_lu(index):
    return lambda xp, a: xp.linalg.lu(a)[index]


def torch_lu(a):
    """P, L and U by PyTorch."""
    return torch.linalg.lu(a)


def raw_lu(index):
    """PyTorch's, of NumPy's arrays; it is held against SciPy in test_linear_systems.py."""
    return lambda a: torch_lu(torch.asarray(a))[index].numpy()


def lu_solved(trans):
    return lambda xp, a, b: xp.linalg.lu_solve(xp.linalg.lu_factor(a), b, trans)


def solved_with(xp, trans):
    def call(a, b):
        a = xp.swapaxes(a, -1, -2) if trans else a
        return solved(xp, xp.conj(a) if trans == 2 else a, b)

    return call


def squares(index, rcond=None):
    return lambda xp, a, b: xp.linalg.lstsq(a, b, rcond)[index]


def torch_squares(index):
    def call(a, b):
        x = torch.linalg.pinv(a) @ b
        return (x, (abs(b - a @ x) ** 2).sum(0), torch.linalg.matrix_rank(a), torch.linalg.svdvals(a))[index]

    return call


def by_terms(a):
    """The exponential by its series, of matrices of small norm."""
    out = term = np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
    for k in range(1, 60):
        term = term @ a / k
        out = out + term
    return out.astype(a.dtype)


def frechet(index):
    return lambda xp, a, e: xp.linalg.expm_frechet(a, e)[index]


def direction(xp_block, exp):
    """The derivative by the exponential of a block matrix."""

    def call(a, e):
        n = a.shape[-1]
        return exp(xp_block([[a, e], [0 * a, a]]))[..., :n, n:]

    return call


def torch_block(rows):
    return torch.cat([torch.cat(row, -1) for row in rows], -2)


def halvings(a):
    """How often to halve until the largest sum of a column is at most 5.37."""
    norms = np.abs(a).sum(-2, keepdims=True).max(-1, keepdims=True)
    return np.maximum(np.ceil(np.log2(norms / 5.371920351148152)), 0).astype(a.dtype)


def exchanged(pivots):
    """The order of rows after one exchange after another."""
    order = np.broadcast_to(np.arange(pivots.shape[-1]), pivots.shape).copy()
    for row, swaps in zip(order, pivots, strict=True):
        for i, j in enumerate(swaps):
            row[i], row[j] = row[j], row[i]
    return order


def lstsq(a, b):
    x, residuals, rank, s = np.linalg.lstsq(a, b)
    return x, residuals, np.int64(rank), s


ROWS = [
    *(
        linalg(
            f"solve_triangular {a}{b}{static}",
            "solve_triangular",
            lambda xp, x, y, static=static: triangular(xp, x, y, static),
            a,
            b,
            dtypes=dtypes,
            numpy=lambda x, y, static=static: by_solve(numpy_xp, x, y, static),
            torch=lambda x, y, static=static: by_solve(torch_xp, x, y, static),
        )
        for a, b, static, dtypes in SYSTEMS
    ),
    *(
        linalg(
            f"cho_factor {lower}",
            "linalg.cho_factor",
            factor(lower),
            (2, 3, 3),
            numpy=of_numpy_factor(lower),
            torch=lambda a, lower=lower: torch.linalg.cholesky(positive(torch_xp, a), upper=not lower),
        )
        for lower in (False, True)
    ),
    *(
        linalg(
            f"cho_solve {lower} {b}",
            "linalg.cho_solve",
            cho_solved(lower),
            (2, 3, 3),
            b,
            numpy=lambda a, b: solved(np, of_numpy_positive(a), b),
            torch=lambda a, b: solved(torch, positive(torch_xp, a), b),
        )
        for lower, b in ((False, (3, 2)), (True, (3,)))
    ),
    *(
        linalg(
            f"lu {shape}{'PLU'[i]}",
            "linalg.lu",
            of_lu(i),
            shape,
            numpy=raw_lu(i),
            torch=lambda a, i=i: torch_lu(a)[i],
            dtypes=INEXACT if i else FLOATS,  # PyTorch's permutations are complex beside complex factors, SciPy's real
            differentiable=i > 0,
        )
        for shape in ((3, 3), (2, 4, 2), (2, 4))
        for i in (0, 1, 2)
    ),
    *(
        linalg(
            f"lu factors {shape}",
            "_compact",
            lambda xp, a: xp.linalg.lu_factor(a)[0],
            shape,
            numpy=lambda a: torch.linalg.lu_factor(torch.asarray(a))[0].numpy(),
            torch=lambda a: torch.linalg.lu_factor(a)[0],
        )
        for shape in ((2, 3, 3), (3, 2), (2, 5))
    ),
    linalg(
        "lu exchanges",
        "_factorised",
        lambda xp, a: xp.linalg.lu_factor(a)[1],
        (2, 4, 4),
        numpy=lambda a: torch.linalg.lu_factor(torch.asarray(a))[1].numpy().astype("int64") - 1,
        torch=lambda a: torch.linalg.lu_factor(a)[1].long() - 1,
        differentiable=False,
    ),
    linalg(
        "lu lower part",
        "_unit_lower",
        lambda xp, a: lu_factors._unit_lower(a),
        (2, 4, 3),
        numpy=lambda a: np.tril(a, -1) + np.eye(4, 3, dtype=a.dtype),
        torch=lambda a: torch.tril(a, -1) + torch.eye(4, 3, dtype=a.dtype),
    ),
    Row(
        "lu permutations",
        "_permutations",
        lambda xp, order, like: lu_factors._permutations(order, like),
        (Operand((2, 4), "below 4"), Operand((1,))),
        FLOATS,
        lambda order, like: np.eye(4, dtype=like.dtype)[order],
        lambda order, like: torch.eye(4, dtype=like.dtype)[order],
        differentiable=False,
    ),
    Row(
        "lu order",
        "_order_of",
        lambda xp, pivots: lu_factors._order_of(pivots),
        (Operand((2, 4), "below 4"),),
        FLOATS,
        lambda pivots: exchanged(pivots),
        lambda pivots: torch.asarray(exchanged(pivots.numpy())),
        differentiable=False,
    ),
    *(
        linalg(
            f"lu_solve {trans}{a}{b}",
            "linalg.lu_solve",
            lu_solved(trans),
            a,
            b,
            numpy=solved_with(np, trans),
            torch=solved_with(torch, trans),
        )
        for trans, a, b in ((0, (2, 3, 3), (3, 2)), (1, (3, 3), (3,)), (2, (3, 3), (2, 3, 2)), (0, (2, 3, 3), (3,)))
    ),
    linalg(
        "lstsq singular values",
        "linalg.lstsq",
        lambda xp, a: xp.linalg.lstsq(a, a)[3],
        (4, 3),
        numpy=lambda a: np.linalg.svdvals(a),
        torch=torch.linalg.svdvals,
    ),
    *(
        linalg(
            f"lstsq {a}{b}{i}",
            "linalg.lstsq",
            squares(i),
            a,
            b,
            numpy=lambda a, b, i=i: lstsq(a, b)[i],
            torch=torch_squares(i),
            differentiable=i != 2,
        )
        for a, b in (((4, 2), (4, 3)), ((2, 4), (2,)))
        for i in ((0, 1, 2) if a == (4, 2) else (0,))
    ),
    *(
        linalg(f"{name} {shape}", f"linalg.{name}", called(name), shape, numpy=by_terms, torch=torch.linalg.matrix_exp)
        for name, shape in (("expm", (2, 3, 3)), ("expm", (1, 1)), ("matrix_exp", (3, 3)))
    ),
    linalg(
        "expm by squaring",
        "_expm",
        lambda xp, a: xp.linalg.expm(4 * a),
        (2, 3, 3),
        numpy=lambda a: by_terms(4 * a.astype("complex128" if a.dtype.kind == "c" else "float64")).astype(a.dtype),
        torch=lambda a: torch.linalg.matrix_exp(4 * a),
    ),
    linalg(
        "expm blocks",
        "_blocks",
        lambda xp, a, e: exponentials._blocks(a, e),
        (2, 2, 2),
        (2, 2),
        numpy=lambda a, e: np.block([[a, np.broadcast_to(e, a.shape)], [0 * a, a]]),
        torch=lambda a, e: torch_block([[a, e.expand(a.shape)], [0 * a, a]]),
    ),
    linalg(
        "expm halvings",
        "_halvings",
        lambda xp, a: exponentials._halvings(8 * a),
        (2, 3, 3),
        dtypes=FLOATS,
        numpy=lambda a: halvings(8 * a),
        torch=lambda a: torch.asarray(halvings(8 * a.numpy())),
        differentiable=False,
    ),
    *(
        linalg(
            f"expm_frechet {i}",
            "linalg.expm_frechet",
            frechet(i),
            (2, 3, 3),
            (2, 3, 3),
            numpy=[lambda a, e: by_terms(a), direction(np.block, by_terms)][i],
            torch=[lambda a, e: torch.linalg.matrix_exp(a) + 0 * e, direction(torch_block, torch.linalg.matrix_exp)][i],
        )
        for i in (0, 1)
    ),
]
