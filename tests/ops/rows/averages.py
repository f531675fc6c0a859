"""Rows of xnn.ops.averages."""

import numpy as np

from tests.ops.rows.row import COMPLEX, FLOATS, INTEGERS, Operand, Row, function
from tests.oracle import torch


def of_one(name, id, *shapes, dtypes=FLOATS, domain="real", reference=None, torch_call=None, **options):
    operands = tuple(Operand(shape, domain) for shape in shapes)
    return Row(f"{name} {id}", name, function(name, **options), operands, dtypes, reference, torch_call)


def weighted(id, shape, weights, axis, dtypes=FLOATS, **options):
    def call(xp, x, w):
        found = xp.average(x, axis=axis, weights=w, **options)
        return found[0] + found[1] if options.get("returned") else found

    def of_torch(x, w):
        if w.ndim < x.ndim:
            w = w.reshape([-1 if i == axis else 1 for i in range(x.ndim)])
        w = torch.broadcast_to(w, x.shape)
        keepdim = options.get("keepdims", False)
        axes = tuple(range(x.ndim)) if axis is None else axis
        total = torch.sum(w, dim=axes, keepdim=keepdim)
        found = torch.sum(x * w, dim=axes, keepdim=keepdim) / total
        return found + total if options.get("returned") else found

    return Row(f"average {id}", "average", call, (Operand(shape), Operand(weights, "positive")), dtypes, torch=of_torch)


def _in_its_type(call):
    """NumPy's covariances are in double precision."""
    return lambda x, *more: np.asarray(call(np, x, *more), x.dtype)


def covariance(name, id, *shapes, dtypes=(*FLOATS, *COMPLEX), **options):
    def of_torch(x, *more):
        if not options.get("rowvar", True):
            x, *more = x.T, *(m.T for m in more)
        x = torch.cat([torch.atleast_2d(part) for part in (x, *more)])
        if name == "corrcoef":
            return torch.corrcoef(x)
        correction = options.get("ddof", 0 if options.get("bias") else 1)
        return torch.cov(x, correction=correction)

    call, operands = function(name, **options), tuple(map(Operand, shapes))
    return Row(f"{name} {id}", name, call, operands, dtypes, _in_its_type(call), of_torch)


def pair(name, place, numpy, of_torch):
    def call(xp, x):
        return getattr(xp, name)(x, axis=1)[place]

    return Row(f"{name} {place}", name, call, (Operand((2, 4), "distinct"),), FLOATS, numpy, of_torch)


ROWS = [
    of_one("average", "of all", (2, 3), dtypes=(*FLOATS, *COMPLEX), torch_call=lambda x: torch.mean(x)),
    weighted("weighted", (2, 3), (2, 3), None, dtypes=(*FLOATS, *COMPLEX)),
    weighted("weighted along an axis", (2, 3, 2), (3,), 1, keepdims=True),
    weighted("with the sums of weights", (2, 3), (3,), 1, returned=True),
    covariance("cov", "of rows", (3, 5)),
    covariance("cov", "of columns", (5, 3), dtypes=FLOATS, rowvar=False, bias=True),
    covariance("cov", "of two", (2, 4), (1, 4), dtypes=FLOATS, ddof=2),
    covariance("corrcoef", "of rows", (2, 5)),
    covariance("corrcoef", "of two", (2, 5), (1, 5), dtypes=FLOATS),
    Row(
        "cov weighted",
        "cov",
        lambda xp, x, w: xp.cov(x, aweights=w),
        (Operand((2, 4)), Operand((4,), "positive")),
        FLOATS,
        lambda x, w: np.asarray(np.cov(x, aweights=w), x.dtype),
        lambda x, w: torch.cov(x, aweights=w),
    ),
    of_one(
        "ptp", "of all", (2, 3), domain="distinct", dtypes=(*FLOATS, *INTEGERS), torch_call=lambda x: x.max() - x.min()
    ),
    of_one(
        "ptp",
        "along an axis",
        (2, 3),
        domain="distinct",
        torch_call=lambda x: torch.amax(x, 0, True) - torch.amin(x, 0, True),
        axis=0,
        keepdims=True,
    ),
    pair("aminmax", 0, lambda x: np.min(x, axis=1), lambda x: torch.amin(x, 1)),
    pair("aminmax", 1, lambda x: np.max(x, axis=1), lambda x: torch.amax(x, 1)),
    pair("var_mean", 0, lambda x: np.var(x, axis=1), lambda x: torch.var(x, 1, correction=0)),
    pair("var_mean", 1, lambda x: np.mean(x, axis=1), lambda x: torch.mean(x, 1)),
    pair("std_mean", 0, lambda x: np.std(x, axis=1), lambda x: torch.std(x, 1, correction=0)),
    pair("std_mean", 1, lambda x: np.mean(x, axis=1), lambda x: torch.mean(x, 1)),
]
