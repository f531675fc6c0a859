"""Dense products."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import cupy

from xnn_backends.protocol import Kernel

from .sources import agreeing


def _rows(x: Any) -> Any:
    """(..., n) as (rows, n): cuBLAS takes many matrices only with a table of their addresses, in six launches more."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def _linear(xp: Any, x: Any, weight: Any, bias: Any = None) -> tuple[Any, None]:
    out = cupy.matmul(_rows(x), weight.T)
    if bias is not None:
        out = cupy.add(out, bias, out=out if out.dtype == cupy.result_type(out, bias) else None)
    return out.reshape(*x.shape[:-1], weight.shape[0]), None


def _linear_vjp(
    xp: Any, residual: None, g: Any, needs: Sequence[bool], x: Any, weight: Any, bias: Any = None
) -> list[Any]:
    rows = _rows(g)
    dx = cupy.matmul(rows, weight).reshape(x.shape) if needs[0] else None
    dw = cupy.matmul(rows.T, _rows(x)) if needs[1] else None
    return [dx, dw, rows.sum(axis=0) if needs[2] else None]


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {"linear": agreeing(Kernel(_linear, _linear_vjp))}
