"""Rows of xnn.ops.calculus."""

import numpy as np

from tests import optional
from tests.ops.rows.row import FLOATS, Operand, Row, function
from tests.oracle import torch


def _interp(x, points, values):
    points = torch.cumsum(points, 0) - 3
    place = torch.clip(torch.searchsorted(points.detach(), x.detach(), right=True) - 1, 0, len(points) - 2)
    x0, x1, y0, y1 = points[place], points[place + 1], values[place], values[place + 1]
    found = y0 + (y1 - y0) / (x1 - x0) * (x - x0)
    found = torch.where(x < points[0], values[0], found)
    return torch.where(x > points[-1], values[-1], found)


def interpolation(id, reference, **options):
    def call(xp, x, steps, values):
        return xp.interp(x, xp.cumulative_sum(steps) - 3, values, **options)

    operands = (Operand((2, 3)), Operand((5,), "positive"), Operand((5,)))
    return Row(
        f"interp {id}", "interp", call, operands, FLOATS, lambda *raws: call(np, *raws).astype(raws[0].dtype), reference
    )


def integral(name, id, *shapes, torch_call, **options):
    def cumulative(*raws):
        return optional.module("scipy.integrate").cumulative_trapezoid(*raws, **options)

    numpy = None if name == "trapezoid" else cumulative
    return Row(f"{name} {id}", name, function(name, **options), tuple(map(Operand, shapes)), FLOATS, numpy, torch_call)


ROWS = [
    interpolation("of points", _interp),
    Row(
        "ediff1d", "ediff1d", function("ediff1d"), (Operand((2, 3)),), FLOATS, torch=lambda x: torch.diff(x.reshape(-1))
    ),
    Row(
        "ediff1d with ends",
        "ediff1d",
        function("ediff1d"),
        (Operand((4,)), Operand((2,)), Operand((1,))),
        FLOATS,
        torch=lambda x, end, begin: torch.cat([begin, torch.diff(x), end]),
    ),
    integral("trapezoid", "of distances", (2, 4), torch_call=lambda y: torch.trapezoid(y, dx=0.5), dx=0.5),
    integral("trapezoid", "of points", (2, 4), (4,), torch_call=lambda y, x: torch.trapezoid(y, x)),
    integral(
        "cumulative_trapezoid", "of points", (2, 4), (2, 4), torch_call=lambda y, x: torch.cumulative_trapezoid(y, x)
    ),
    integral(
        "cumulative_trapezoid",
        "from 0",
        (3, 2),
        torch_call=lambda y: torch.cat([torch.zeros_like(y[:1]), torch.cumulative_trapezoid(y, dim=0)]),
        axis=0,
        initial=0,
    ),
]
