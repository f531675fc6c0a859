"""Rows of xnn.ops.polynomials."""

import numpy as np

from tests.ops.rows.row import FLOATS, INEXACT, INTEGERS, Operand, Row, function
from tests.oracle import torch


def _padded(x, n):
    return torch.cat([x.new_zeros(n - len(x)), x])


def _product(a, b):
    return sum(_padded(torch.cat([a * b[i], a.new_zeros(len(b) - 1 - i)]), len(a) + len(b) - 1) for i in range(len(b)))


def _value(p, x):
    return sum(p[i] * x ** (len(p) - 1 - i) for i in range(len(p)))


def _fit(x, y, weights=None):
    a = torch.stack([x**2, x, torch.ones_like(x)], 1)
    if weights is not None:
        a, y = a * weights[:, None], y * weights
    return torch.linalg.pinv(a) @ y


def _quotient(u, v):
    found = []
    for _ in range(len(u) - len(v) + 1):
        found.append(u[0] / v[0])
        u = torch.cat([u[1 : len(v)] - found[-1] * v[1:], u[len(v) :]])
    return torch.stack(found), u


def pair(name, theirs, *domains):
    operands = tuple(Operand((n,), d) for n, d in zip((4, 2), domains or ("real", "real"), strict=True))
    return Row(name, name, function(name), operands, (*INEXACT, *(INTEGERS if name != "polymul" else ())), torch=theirs)


ROWS = [
    pair("polyadd", lambda a, b: _padded(a, 4) + _padded(b, 4)),
    pair("polysub", lambda a, b: _padded(a, 4) - _padded(b, 4)),
    pair("polymul", _product),
    *(
        Row(
            f"polydiv {i}", "polydiv", lambda xp, a, b, i=i: xp.polydiv(a, b)[i],
            (Operand((5,)), Operand((3,), "positive")), INEXACT,
            numpy=lambda a, b, i=i: np.polydiv(a, b)[i][-3 + i :], torch=lambda a, b, i=i: _quotient(a, b)[i],
        )
        for i in (0, 1)
    ),
    Row("polyval", "polyval", function("polyval"), (Operand((4,)), Operand((2, 3))), INEXACT, torch=_value),
    Row(
        "polyder", "polyder", function("polyder", 2), (Operand((5,)),), (*INEXACT, "int64"),
        numpy=lambda p: np.polyder(p, 2).astype(p.dtype), torch=lambda p: torch.stack([12 * p[0], 6 * p[1], 2 * p[2]]),
    ),
    Row(
        "polyint", "polyint", lambda xp, p: xp.polyint(p, 2, [3.0, 0.5]), (Operand((2,)),), FLOATS,
        numpy=lambda p: np.polyint(p, 2, [3.0, 0.5]).astype(p.dtype),
        torch=lambda p: torch.stack([p[0] / 6, p[1] / 2, 0 * p[0] + 3, 0 * p[0] + 0.5]),
    ),
    Row(
        "poly", "poly", function("poly"), (Operand((3,)),), FLOATS,
        torch=lambda r: _product(_product(torch.stack([1 + 0 * r[0], -r[0]]), torch.stack([1 + 0 * r[0], -r[1]])),
                                 torch.stack([1 + 0 * r[0], -r[2]])),
    ),
    Row(
        "roots", "roots", lambda xp, p: xp.real(xp.sum(xp.roots(p) ** 3)), (Operand((4,), "positive"),), FLOATS,
        numpy=lambda p: np.real(np.sum(np.roots(p) ** 3)).astype(p.dtype),
        torch=lambda p: -(p[1] / p[0]) ** 3 + 3 * p[1] * p[2] / p[0] ** 2 - 3 * p[3] / p[0],
    ),
    Row(
        "polyfit", "polyfit", lambda xp, x, y: xp.polyfit(x, y, 2),
        (Operand((6,), "distinct"), Operand((6, 2))), FLOATS,
        numpy=lambda x, y: np.polyfit(x, y, 2).astype(x.dtype), torch=_fit,
    ),
    Row(
        "polyfit weighted", "polyfit", lambda xp, x, y, w: xp.polyfit(x, y, 2, w=w),
        (Operand((6,), "distinct"), Operand((6,)), Operand((6,), "positive")), FLOATS,
        numpy=lambda x, y, w: np.polyfit(x, y, 2, w=w).astype(x.dtype), torch=_fit,
    ),
]  # fmt: skip
