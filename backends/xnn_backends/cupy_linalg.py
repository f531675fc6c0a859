"""Functions of the standard's extension `linalg` that CuPy gives otherwise."""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np


def solve(a: Any, b: Any, /) -> Any:
    """CuPy's leading dimensions do not broadcast, and several matrices have no solutions of 0 columns."""
    if b.ndim > 1 and a.shape[:-2] != b.shape[:-2]:
        batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        a = cupy.broadcast_to(a, (*batch, *a.shape[-2:]))
        b = cupy.broadcast_to(b, (*batch, *b.shape[-2:]))
    if b.ndim > 1 and not b.size:
        return cupy.empty_like(b)
    return cupy.linalg.solve(a, b)


def eig(x: Any, /) -> Any:
    """CuPy's results for real matrices without elements are real."""
    return tuple(_complex(part) for part in cupy.linalg.eig(x))


def eigvals(x: Any, /) -> Any:
    """As eig."""
    return _complex(cupy.linalg.eigvals(x))


def _complex(x: Any) -> Any:
    return x.astype(np.result_type(x.dtype, np.complex64), copy=False)


OVERRIDES = {"solve": solve, "eig": eig, "eigvals": eigvals}
