"""Rows of xnn.ops.matrix_functions, and of what else a formula makes of vectors."""

import numpy as np

from tests import optional
from tests.ops.rows.row import FLOATS, INEXACT, Operand, Row
from tests.oracle import torch


def scipy(name):
    return lambda *arrays: getattr(optional.module("scipy.linalg"), name)(*arrays)


def in_double(function, x):
    return function(x.astype(np.result_type(x, np.float64))).astype(x.dtype)


def near_one(xp, x):
    return 0.3 * x + 2 * xp.eye(3, dtype=x.dtype)


def _root(a):
    values, vectors = torch.linalg.eig(a)
    root = (vectors * torch.sqrt(values)) @ torch.linalg.inv(vectors)
    return root if a.is_complex() else root.real


def _logarithm(a):
    values, vectors = torch.linalg.eig(a)
    log = (vectors * torch.log(values)) @ torch.linalg.inv(vectors)
    return log if a.is_complex() else log.real


def _sylvester(a, b, q):
    one, other = torch.eye(len(a), dtype=q.dtype), torch.eye(len(b), dtype=q.dtype)
    system = torch.kron(a, other) + torch.kron(one, b.mT.contiguous())
    return torch.linalg.solve(system, q.reshape(-1)).reshape(q.shape)


def of_matrix(name, theirs, dtypes=INEXACT):
    """Of a matrix whose eigenvalues are not negative."""

    def call(xp, x):
        return getattr(xp.linalg, name)(0.3 * x + 2 * xp.eye(3, dtype=x.dtype, device=x.device))

    return Row(
        f"linalg.{name}", name if name in ("sqrtm", "logm") else f"linalg.{name}", call, (Operand((3, 3)),), dtypes,
        lambda x: in_double(scipy(name), near_one(np, x)), lambda x: theirs(near_one(torch, x)),
    )  # fmt: skip


def _banded(ab, b):
    a = torch.diag(ab[1]) + torch.diag(ab[0, 1:], 1) + torch.diag(ab[2, :-1], -1)
    return torch.linalg.solve(a, b)


def bands(xp, ab):
    """With a large main diagonal."""
    return ab + 5 * xp.asarray([[0.0], [1.0], [0.0]], dtype=ab.dtype, **({"device": ab.device} if xp is not np else {}))


ROWS = [
    of_matrix("sqrtm", _root),
    of_matrix("logm", _logarithm),
    Row(
        "linalg.pinvh",
        "linalg.pinvh",
        lambda xp, x: xp.linalg.pinvh(xp.matmul(x, xp.conj(xp.matrix_transpose(x))), rtol=1e-3),
        (Operand((3, 2)),),
        INEXACT,
        lambda x: np.linalg.pinv(x @ x.conj().T, rtol=1e-3),
        lambda x: torch.linalg.pinv(x @ x.mH, rtol=1e-3),
    ),
    of_matrix("logdet", torch.logdet, FLOATS)._replace(numpy=lambda x: np.linalg.slogdet(near_one(np, x))[1]),
    Row(
        "linalg.solve_sylvester",
        "solve_sylvester",
        lambda xp, a, b, q: xp.linalg.solve_sylvester(a, b, q),
        (Operand((3, 3), "positive"), Operand((2, 2), "positive"), Operand((3, 2))),
        INEXACT,
        scipy("solve_sylvester"),
        _sylvester,
    ),
    Row(
        "linalg.solve_banded",
        "linalg.solve_banded",
        lambda xp, ab, b: xp.linalg.solve_banded((1, 1), bands(xp, ab), b),
        (Operand((3, 5)), Operand((5, 2))),
        INEXACT,
        lambda ab, b: scipy("solve_banded")((1, 1), bands(np, ab), b),
        lambda ab, b: _banded(bands(torch, ab), b),
    ),
    *(
        Row(
            f"linalg.polar {side} {i}",
            "linalg.polar",
            lambda xp, x, side=side, i=i: xp.linalg.polar(x, side)[i],
            (Operand((4, 3)),),
            INEXACT,
            lambda x, side=side, i=i: scipy("polar")(x, side)[i],
            lambda x, side=side, i=i: _polar(x, side)[i],
        )
        for side in ("right", "left")
        for i in (0, 1)
        if side == "right" or i == 0
    ),
    Row(
        "linalg.hankel",
        "linalg.hankel",
        lambda xp, c, r: xp.linalg.hankel(c, r),
        (Operand((3,)), Operand((4,))),
        INEXACT,
        scipy("hankel"),
        lambda c, r: torch.stack([torch.cat([c, r[1:]])[i : i + 4] for i in range(3)]),
    ),
    Row(
        "linalg.companion",
        "linalg.companion",
        lambda xp, a: xp.linalg.companion(a),
        (Operand((4,), "positive"),),
        INEXACT,
        scipy("companion"),
        lambda a: torch.cat([(-a[1:] / a[0])[None], torch.eye(2, 3, dtype=a.dtype)]),
    ),
]


def _polar(x, side):
    u, s, vh = torch.linalg.svd(x, full_matrices=False)
    of = vh.mH if side == "right" else u
    return u @ vh, (of * s[..., None, :]) @ of.mH
