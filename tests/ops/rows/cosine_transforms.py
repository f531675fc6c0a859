"""Rows of xnn.ops.cosine_transforms, against the sums that define them."""

import math

import numpy as np

from tests.ops.rows.row import FLOATS, Operand, Row
from tests.oracle import torch


def matrix(name, kind, n, norm):
    """What the transform multiplies by, in float64: rows are k, columns j; SciPy's documentation."""
    k, j = np.arange(n)[:, None], np.arange(n)[None, :]
    sines, inverse = name.endswith("dst"), name[0] == "i"
    if sines:
        out = {
            1: lambda: 2 * np.sin(math.pi * (k + 1) * (j + 1) / (n + 1)),
            2: lambda: 2 * np.sin(math.pi * (k + 1) * (2 * j + 1) / (2 * n)),
            3: lambda: np.where(j == n - 1, (-1.0) ** k, 2 * np.sin(math.pi * (2 * k + 1) * (j + 1) / (2 * n))),
            4: lambda: 2 * np.sin(math.pi * (2 * k + 1) * (2 * j + 1) / (4 * n)),
        }[kind]()
    else:
        out = {
            1: lambda: np.where((j == 0) | (j == n - 1), 1, 2) * np.cos(math.pi * k * j / (n - 1)),
            2: lambda: 2 * np.cos(math.pi * k * (2 * j + 1) / (2 * n)),
            3: lambda: np.where(j == 0, 1, 2) * np.cos(math.pi * (2 * k + 1) * j / (2 * n)),
            4: lambda: 2 * np.cos(math.pi * (2 * k + 1) * (2 * j + 1) / (4 * n)),
        }[kind]()
    if norm == "ortho":  # the orthogonal matrix next to it: rows of length 1, after columns were made alike
        ends = [0, n - 1] if kind == 1 and not sines else [n - 1 if sines else 0] if kind == 3 else []
        out[:, ends] *= math.sqrt(2)
        out = out / np.linalg.norm(out, axis=1, keepdims=True)
    out = np.linalg.inv(out) if inverse else out
    size = 2 * (n + (0 if kind != 1 else 1 if sines else -1))
    return out * (1.0 if norm != "forward" else size if inverse else 1 / size)


def transform(name, kind, norm, shape, axis):
    def call(xp, x):
        return getattr(xp.fft, name)(x, kind, axis, norm)

    def product(x, xp):
        moved = xp.moveaxis(x, axis, -1)
        weights = xp.asarray(matrix(name, kind, shape[axis], norm).T.astype(str(x.dtype).removeprefix("torch.")))
        return xp.moveaxis(moved @ weights, -1, axis)

    return Row(
        f"{name} {kind} {norm} {shape}",
        f"fft.{name}",
        call,
        (Operand(shape),),
        FLOATS,
        lambda x: product(x, np),
        lambda x: product(x, torch),
    )


ROWS = [
    *(
        transform(name, kind, norm, (3, 4), -1)
        for name in ("dct", "idct", "dst", "idst")
        for kind in (1, 2, 3, 4)
        for norm in ("backward", "ortho", "forward")
    ),
    *(transform(name, kind, "backward", (5, 2), 0) for name in ("dct", "idst") for kind in (1, 2, 3, 4)),
]
ROWS.append(ROWS[0]._replace(id="cosine transform", name="_transform"))
