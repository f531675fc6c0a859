"""Rows of xnn.ops.structured_matrices."""

import numpy as np

from tests.ops.rows.linear_algebra import called, linalg
from tests.ops.rows.row import COMPLEX, INEXACT
from tests.oracle import torch


def places(m, n):
    return np.arange(m)[:, None] - np.arange(n)[None, :]


def toeplitz(c, r):
    k = places(len(c), len(r))
    return np.where(k >= 0, c[np.maximum(k, 0)], r[np.maximum(-k, 0)])


def of_torch(c, r):
    k = torch.asarray(places(len(c), len(r)))
    return torch.where(k >= 0, c[k.clip(0)], r[(-k).clip(0)])


ROWS = [
    *(
        linalg(f"toeplitz {a}{b}", name, called("toeplitz"), a, b, dtypes=(*INEXACT, "int64"), numpy=toeplitz,
               torch=of_torch)
        for name, a, b in (("linalg.toeplitz", (3,), (4,)), ("_toeplitz", (4,), (1,)))
    ),
    linalg("toeplitz of one", "linalg.toeplitz", called("toeplitz"), (3,), dtypes=COMPLEX,
           numpy=lambda c: toeplitz(c, np.conj(c)), torch=lambda c: of_torch(c, torch.conj(c))),
    *(
        linalg(f"circulant {n}", name, called("circulant"), (n,), dtypes=(*INEXACT, "int64"),
               numpy=lambda c: c[places(len(c), len(c))], torch=lambda c: c[torch.asarray(places(len(c), len(c)))])
        for name, n in (("linalg.circulant", 4), ("linalg.circulant", 1))
    ),
]  # fmt: skip
