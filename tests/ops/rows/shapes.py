"""Rows of xnn.ops.shapes."""

import numpy as np

from tests.ops.rows.row import FLOATS, NUMBERS, Operand, Row
from tests.oracle import torch


def shaped(name, *arguments, shape=(2, 3), numpy=None, theirs, dtypes=NUMBERS, **options):
    def call(xp, x):
        return getattr(xp, name)(x, *arguments, **options)

    label = ", ".join([*map(str, arguments), *(f"{key}={value}" for key, value in options.items())])
    return Row(f"{name} {shape} {label}", name, call, (Operand(shape),), dtypes, numpy, theirs)


def padded(mode, theirs, **options):
    return shaped("pad", ((1, 2), (2, 0)), mode, dtypes=FLOATS, theirs=theirs, **options)


def taken(rows, columns):
    return lambda x: x[list(rows)][:, list(columns)]


ROWS = [
    shaped("atleast_1d", shape=(), theirs=lambda x: x[None]),
    shaped("atleast_2d", shape=(3,), theirs=lambda x: x[None]),
    shaped("atleast_3d", theirs=lambda x: x[..., None]),
    shaped("ravel", theirs=lambda x: x.reshape(-1)),
    shaped("flatten", 1, shape=(2, 3, 2), numpy=lambda x: x.reshape(2, 6), theirs=lambda x: x.flatten(1)),
    shaped("unflatten", 1, (3, -1), shape=(2, 6), numpy=lambda x: x.reshape(2, 3, 2),
           theirs=lambda x: x.unflatten(1, (3, -1))),
    shaped("swapaxes", 0, -1, shape=(2, 3, 4), theirs=lambda x: x.swapaxes(0, -1)),
    shaped("rollaxis", 2, shape=(2, 3, 4), theirs=lambda x: x.movedim(2, 0)),
    shaped("flipud", theirs=lambda x: x.flip(0)),
    shaped("fliplr", theirs=lambda x: x.flip(1)),
    *(shaped("rot90", k, theirs=lambda x, k=k: torch.rot90(x, k)) for k in range(4)),
    shaped("resize", (3, 3), theirs=lambda x: torch.cat((x.reshape(-1), x.reshape(-1)[:3])).reshape(3, 3)),
    shaped("trim_zeros", shape=(4,), dtypes=FLOATS, theirs=lambda x: x * 1),
    shaped("sliding_window_view", 2, 1, numpy=lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, 1),
           theirs=lambda x: x.unfold(1, 2, 1)),
    padded("constant", lambda x: torch.nn.functional.pad(x, (2, 0, 1, 2))),
    padded("empty", lambda x: torch.nn.functional.pad(x, (2, 0, 1, 2)),
           numpy=lambda x: np.pad(x, ((1, 2), (2, 0)))),
    padded("edge", taken([0, 0, 1, 1, 1], [0, 0, 0, 1, 2])),
    padded("reflect", taken([1, 0, 1, 0, 1], [2, 1, 0, 1, 2])),
    padded("symmetric", taken([0, 0, 1, 1, 0], [1, 0, 0, 1, 2])),
    padded("wrap", taken([1, 0, 1, 0, 1], [1, 2, 0, 1, 2])),
]  # fmt: skip
