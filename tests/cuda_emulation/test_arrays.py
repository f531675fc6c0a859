"""CuPy's array functions, against NumPy."""

import importlib

import numpy as np
import pytest

from tests.cuda_emulation.comparison import A, B, compare, cupy


def set_items(xp, a):
    a = a.copy()
    a[:, 1] = 7
    a[xp.asarray([0, 1])] += 1
    return a


def add_at(xp):
    total = xp.zeros(3)
    xp.add.at(total, xp.asarray([0, 0, 1]), 1.0)
    return total


ARRAYS = {
    "add": lambda xp, a, b: a + b,
    "scalar": lambda xp, a, b: a * 2.5,
    "exp": lambda xp, a, b: xp.exp(a),
    "tanh": lambda xp, a, b: xp.tanh(a),
    "where": lambda xp, a, b: xp.where(a > 0, a, b),
    "to f64": lambda xp, a, b: a.astype("d"),
    "to f16": lambda xp, a, b: a.astype("e"),
    "f16 product": lambda xp, a, b: a.astype("e") * b.astype("e"),
    "f16 matmul": lambda xp, a, b: xp.matmul(xp.ones((2, 3), "e"), xp.ones((3, 2), "e")),
    "f16 sum": lambda xp, a, b: xp.ones((3, 4), "e").sum(axis=0),
    "transposed copy": lambda xp, a, b: xp.ascontiguousarray(a.T),
    "slice": lambda xp, a, b: a[1:, ::2] + 1,
    "index arrays": lambda xp, a, b: a[xp.asarray([0, 2]), xp.asarray([1, 3])],
    "take": lambda xp, a, b: xp.take(a, xp.asarray([3, 1]), axis=1),
    "mask": lambda xp, a, b: a[a > 0],
    "set items": lambda xp, a, b: set_items(xp, a),
    "add.at": lambda xp, a, b: add_at(xp),
    "sum": lambda xp, a, b: a.sum(),
    "sum axis 0": lambda xp, a, b: a.sum(axis=0),
    "sum keepdims": lambda xp, a, b: a.sum(axis=1, keepdims=True),
    "mean": lambda xp, a, b: a.mean(axis=1),
    "max": lambda xp, a, b: a.max(axis=1),
    "argmax": lambda xp, a, b: a.argmax(axis=1),
    "var": lambda xp, a, b: a.var(axis=0),
    "prod": lambda xp, a, b: a.prod(),
    "all": lambda xp, a, b: (a > -100).all(),
    "large sum": lambda xp, a, b: xp.ones(100000, "f").sum(),
    "cumsum": lambda xp, a, b: xp.cumsum(a, axis=1),
    "long cumsum": lambda xp, a, b: xp.cumsum(xp.ones(5000)),
    "sort": lambda xp, a, b: xp.sort(a, axis=1),
    "argsort": lambda xp, a, b: xp.argsort(a, axis=1),
    "unique": lambda xp, a, b: xp.unique(xp.asarray([3, 1, 3])),
    "lexsort": lambda xp, a, b: xp.lexsort(xp.asarray([[1, 0, 1], [2, 2, 0]])),
    "matmul": lambda xp, a, b: a @ b.T,
    "matmul f64": lambda xp, a, b: a.astype("d").T @ b.astype("d"),
    "matmul complex": lambda xp, a, b: (a + 1j * b) @ (a - 1j * b).T.conj(),
    "matmul int": lambda xp, a, b: xp.arange(6).reshape(2, 3) @ xp.arange(6).reshape(3, 2),
    "batched matmul": lambda xp, a, b: xp.stack([a, b]) @ xp.stack([b, a]).swapaxes(1, 2),
    "matrix vector": lambda xp, a, b: a @ b[0],
    "einsum": lambda xp, a, b: xp.einsum("ij,kj->ik", a, b),
    "tensordot": lambda xp, a, b: xp.tensordot(a, b, axes=([1], [1])),
    "concatenate": lambda xp, a, b: xp.concatenate([a, b]),
    "stack": lambda xp, a, b: xp.stack([a, b]),
    "pad": lambda xp, a, b: xp.pad(a, 1),
    "arange": lambda xp, a, b: xp.arange(5, dtype="f"),
    "full": lambda xp, a, b: [xp.zeros(3), xp.ones(3), xp.full(3, 2.5)],
    "eye, tril": lambda xp, a, b: [xp.eye(3), xp.tril(xp.ones((3, 3)))],
    "linspace": lambda xp, a, b: xp.linspace(0, 1, 5),
    "meshgrid": lambda xp, a, b: xp.meshgrid(xp.arange(3), xp.arange(2)),
    "repeat, tile": lambda xp, a, b: [xp.repeat(a, 2, axis=0), xp.tile(a, (2, 1))],
    "clip": lambda xp, a, b: xp.clip(a, -1, 1),
    "complex": lambda xp, a, b: (a + 1j * b) * (a - 1j * b),
    "isfinite": lambda xp, a, b: xp.isfinite(a / 0),
    "floor division": lambda xp, a, b: xp.arange(-4, 5) // 3,
    "remainder": lambda xp, a, b: xp.arange(-4, 5) % 3,
    "round": lambda xp, a, b: xp.round(a, 2),
    "logaddexp": lambda xp, a, b: xp.logaddexp(a, b),
    "power": lambda xp, a, b: xp.abs(a) ** 0.5,
    "nonzero": lambda xp, a, b: xp.nonzero(a > 0),
    "maximum": lambda xp, a, b: xp.maximum(a, b),
    "searchsorted": lambda xp, a, b: xp.searchsorted(xp.arange(5.0), xp.asarray([1.5])),
    "bincount": lambda xp, a, b: xp.bincount(xp.asarray([0, 1, 1])),
    "windows": lambda xp, a, b: xp.lib.stride_tricks.sliding_window_view(a, (2, 2)) + 0,
    "norm": lambda xp, a, b: xp.linalg.norm(a),
    "float()": lambda xp, a, b: float(a.sum()),
    "special.erf": lambda xp, a, b: importlib.import_module("scipy.special" if xp is np else "cupyx.scipy.special").erf(
        a
    ),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays(name):
    compare(ARRAYS[name], A, B, tol=1e-2 if "f16" in name else 1e-4 if "m" in name else 1e-5)


def test_numpy_refused():
    with pytest.raises(TypeError, match="Implicit conversion"):
        np.asarray(cupy.ones(3))
