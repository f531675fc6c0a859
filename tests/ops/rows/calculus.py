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


def gradient(id, shape, *steps, torch_call, **options):
    def call(xp, x):
        found = xp.gradient(x, *steps, **options)
        return xp.stack(list(found)) if isinstance(found, tuple) else found

    return Row(f"gradient {id}", "gradient", call, (Operand(shape),), FLOATS, torch=torch_call)


def _parabolas(x, steps):
    """By the derivatives of the parabolas of Lagrange through three neighbours."""
    places = torch.cumsum(steps, 0)

    def slope(i, at):
        a, b, c = places[i], places[i + 1], places[i + 2]
        t = places[at]
        return (
            x[:, i] * (2 * t - b - c) / ((a - b) * (a - c))
            + x[:, i + 1] * (2 * t - a - c) / ((b - a) * (b - c))
            + x[:, i + 2] * (2 * t - a - b) / ((c - a) * (c - b))
        )

    return torch.stack([slope(0, 0), slope(0, 1), slope(1, 2), slope(1, 3)], dim=1)


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
    gradient("of distance 1", (3, 4), torch_call=lambda x: torch.stack(torch.gradient(x))),
    gradient("along an axis", (3, 4), 0.5, torch_call=lambda x: torch.gradient(x, spacing=0.5, dim=1)[0], axis=1),
    gradient(
        "with parabolas", (2, 4), torch_call=lambda x: torch.gradient(x, dim=1, edge_order=2)[0], axis=-1, edge_order=2
    ),
    Row(
        "gradient of places",
        "gradient",
        lambda xp, x, steps: xp.gradient(x, xp.cumulative_sum(steps), axis=1, edge_order=2),
        (Operand((2, 4)), Operand((4,), "positive")),
        FLOATS,
        lambda x, steps: np.gradient(x, np.cumsum(steps), axis=1, edge_order=2),
        _parabolas,
    ),
    Row(
        "unwrap",
        "unwrap",
        lambda xp, x: xp.unwrap(8 * x, axis=0),
        (Operand((6, 2), "distinct"),),
        FLOATS,
        torch=lambda x: 8 * x + (torch.from_numpy(np.unwrap((8 * x).detach().numpy(), axis=0)) - 8 * x).detach(),
    ),
    Row("unwrap period", "unwrap", function("unwrap", period=5, discont=3), (Operand((6,)),), ("int64", "int32")),
]
