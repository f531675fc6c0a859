"""Dense products: a fused operation with its definition."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xnn.autograd.primitive import fused
from xnn.typing import A, AnyArray
from xnn_backends.protocol import Kernel


def _linear_forward(xp: Any, x: Any, weight: Any, bias: Any = None) -> tuple[Any, None]:
    out = xp.matmul(x, xp.matrix_transpose(weight))
    return (out if bias is None else out + bias), None


def _linear_vjp(xp: Any, residual: None, g: Any, needs: Sequence[bool], x: Any, weight: Any, bias: Any) -> list[Any]:
    count = math.prod(g.shape[:-1])  # in the place of -1, which means nothing where there are no features
    rows = xp.reshape(g, (count, g.shape[-1]))
    dx = xp.reshape(xp.matmul(rows, weight), x.shape) if needs[0] else None
    dw = xp.matmul(xp.matrix_transpose(rows), xp.reshape(x, (count, x.shape[-1]))) if needs[1] else None
    db = xp.sum(rows, axis=0) if needs[2] else None
    return [dx, dw, db]


@fused(kernel=Kernel(_linear_forward, _linear_vjp))
def linear(xp: Any, x: A, weight: AnyArray, bias: AnyArray | None = None, /) -> A:
    """x @ weight.T + bias, of shapes (..., n), (m, n) and (m,) to (..., m)."""
    out = xp.matmul(x, xp.matrix_transpose(weight))
    return out if bias is None else xp.add(out, bias)
