"""Rows of xnn.ops.arithmetic."""

import math

import numpy as np

from tests.ops.rows.row import COMPLEX, FLOATS, INEXACT, INTEGERS, NUMBERS, Operand, Row, function
from tests.oracle import torch


def row(name, domain="real", arity=1, dtypes=FLOATS, call=None, id="", **more):
    operands = tuple(Operand((2, 3), domain) for _ in range(arity))
    return Row(f"arithmetic {name}{id}", name, call or function(name), operands, dtypes, **{"order": 3, **more})


def part(name, number, dtypes=FLOATS, arity=1, domain="distinct", **more):
    return row(name, domain, arity, dtypes, lambda xp, *x: getattr(xp, name)(*x)[number], f" {number}", **more)


def _kept(x, dtype):
    return np.asarray(x, dtype)


ROWS = [
    row("exp2", torch=lambda x: torch.exp2(x)),
    row("cbrt", "distinct", torch=lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3)),
    row("rsqrt", "positive", numpy=lambda x: (1 / np.sqrt(x)).astype(x.dtype), torch=lambda x: torch.rsqrt(x)),
    row("logaddexp2", arity=2, torch=lambda a, b: torch.logaddexp2(a, b)),
    row("float_power", "positive", 2, ("float64", "complex128"), torch=lambda a, b: torch.pow(a, b)),
    row("fmod", "positive", 2, FLOATS, torch=lambda a, b: torch.fmod(a, b)),
    row("fmod", "positive", 2, call=lambda xp, a, b: xp.fmod(-3 * a, b), id=" of negative numbers",
        torch=lambda a, b: torch.fmod(-3 * a, b)),
    row("fmod", "positive", 2, INTEGERS, id=" of integers"),
    row("frac", "distinct", numpy=lambda x: x - np.trunc(x), torch=lambda x: torch.frac(x)),
    part("divmod", 0, FLOATS, 2, "positive", differentiable=False),
    part("divmod", 1, NUMBERS, 2, "positive", torch=lambda a, b: torch.remainder(a, b)),
    part("modf", 0, torch=lambda x: torch.frac(x)),
    part("modf", 1, differentiable=False),
    *(row(name, dtypes=FLOATS, differentiable=False) for name in ("fix", "rint")),
    *(row(name, "distinct", 2, NUMBERS, torch=(lambda n: lambda a, b: getattr(torch, n)(a, b))(name))
      for name in ("fmax", "fmin")),
    row("heaviside", "distinct", 2, torch=lambda a, b: torch.where(a == 0, b, a.detach() * 0 + (a > 0))),
    row("heaviside", "real", 2, id=" at 0", call=lambda xp, a, b: xp.heaviside(a * 0, b),
        numpy=lambda a, b: np.heaviside(a * 0, b), torch=lambda a, b: b + 0 * a),
    row("nan_to_num", dtypes=(*INEXACT, "int64"), torch=lambda x: x * 1),
    row("real_if_close", dtypes=INEXACT, torch=lambda x: x * 1),
    row("sgn", "distinct", dtypes=FLOATS, numpy=np.sign, differentiable=False),
    row("angle", "positive", dtypes=COMPLEX, torch=lambda x: torch.angle(x)),
    row("angle", "distinct", id=" of real numbers", numpy=lambda x: _kept(np.angle(x), x.dtype), differentiable=False),
    row("angle", "positive", dtypes=COMPLEX, id=" in degrees", call=function("angle", True),
        torch=lambda x: torch.angle(x) * (180 / math.pi)),
    *(row(name, torch=lambda x: x * (math.pi / 180)) for name in ("deg2rad", "radians")),
    *(row(name, torch=lambda x: x * (180 / math.pi)) for name in ("rad2deg", "degrees")),
    row("lerp", arity=3, numpy=lambda a, b, t: a + t * (b - a), torch=lambda a, b, t: torch.lerp(a, b, t)),
    row("addcmul", arity=3, call=function("addcmul", value=0.5), numpy=lambda a, b, c: a + (b * c) / 2,
        torch=lambda a, b, c: torch.addcmul(a, b, c, value=0.5)),
    row("addcdiv", "positive", 3, call=function("addcdiv", value=0.5), numpy=lambda a, b, c: a + (b / c) / 2,
        torch=lambda a, b, c: torch.addcdiv(a, b, c, value=0.5)),
    row("sinc", torch=lambda x: torch.sinc(x)),
    row("i0", torch=lambda x: torch.special.i0(x), numpy=lambda x: np.i0(x).astype(x.dtype)),
]  # fmt: skip
