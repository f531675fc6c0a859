"""Linear algebra functions of the array API standard's main namespace, each with its derivative."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xnn.autograd.backward import unbroadcast
from xnn.autograd.primitive import SCALARS, primitive
from xnn_backends import Device

from .promotion import arithmetic

__all__ = [
    "matmul",
    "matrix_transpose",
]


def _matmul(xp: Any, needs: Sequence[bool], g: Any, out: Any, a: Any, b: Any) -> list[Any]:
    # A vector is a matrix of one row (on the left) or of one column (on the right).
    wide_a = xp.expand_dims(a, axis=0) if a.ndim == 1 else a
    wide_b = xp.expand_dims(b, axis=1) if b.ndim == 1 else b
    if a.ndim == 1:
        g = xp.expand_dims(g, axis=-1 if b.ndim == 1 else -2)
    if b.ndim == 1:
        g = xp.expand_dims(g, axis=-1)
    da = db = None
    if needs[0]:
        da = xp.matmul(g, xp.matrix_transpose(wide_b))
        da = xp.reshape(unbroadcast(xp, da, wide_a), a.shape) if a.ndim == 1 else unbroadcast(xp, da, a)
    if needs[1]:
        db = xp.matmul(xp.matrix_transpose(wide_a), g)
        db = xp.reshape(unbroadcast(xp, db, wide_b), b.shape) if b.ndim == 1 else unbroadcast(xp, db, b)
    return [da, db]


def _promote(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
    if any(type(raw) in SCALARS for raw in raws):
        raise TypeError("matmul takes two arrays; got a Python scalar. Cure: x * number.")
    return arithmetic(device, args, raws)


@primitive(joint=_matmul, keeps="x1 x2", promote=_promote)
def matmul(xp: Any, x1: Any, x2: Any, /) -> Any:
    """The matrix product, x1 @ x2.

    Shapes: (..., n, k) and (..., k, m) give (..., n, m); leading dimensions broadcast. A vector (k,) on the left is a
    row, on the right a column, and its dimension is not in the result: (k,) and (k,) give (). Types: numeric; promoted
    together.

    Raises: TypeError for a Python scalar; the array library's own error for an array () and where k differs.
    """
    return xp.matmul(x1, x2)


@primitive(lambda xp, g, out, x: xp.matrix_transpose(g))
def matrix_transpose(xp: Any, x: Any, /) -> Any:
    """The last two dimensions swapped.

    Shapes: (..., n, m) gives (..., m, n). Types: all. Raises ValueError for fewer than two dimensions.
    """
    return xp.matrix_transpose(x)
