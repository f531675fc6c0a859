"""Linear algebra functions of the array API standard's main namespace, each with its derivative.

Types: arrays of numeric types, promoted together; a Python scalar is no array here. Complex arrays are conjugated by
vecdot alone. Shapes that do not fit raise ShapeError, types DTypeError.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import axes_of
from xnn.autograd.reverse import unbroadcast
from xnn.errors import BoundsError, ShapeError
from xnn.typing import A

from .explanations import explain_matmul
from .matrices import axis_of_vectors, conj
from .promotion import arithmetic, of_arrays

__all__ = [
    "matmul",
    "matrix_transpose",
    "tensordot",
    "vecdot",
]

Axes = int | tuple[int | Sequence[int], int | Sequence[int]]


def _matmul(xp: Any, needs: Sequence[bool], g: Any, out: Any, a: Any, b: Any) -> list[Any]:
    if a.ndim == b.ndim == 2:
        return [
            xp.matmul(g, xp.matrix_transpose(b)) if needs[0] else None,
            xp.matmul(xp.matrix_transpose(a), g) if needs[1] else None,
        ]
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


@primitive(
    joint=_matmul,
    keeps="x1 x2",
    promote=of_arrays("matmul", arithmetic),
    kind="multilinear",
    explain=explain_matmul,
)
def matmul(xp: Any, x1: A, x2: A, /) -> A:
    """The matrix product, x1 @ x2.

    Shapes: (..., n, k) and (..., k, m) give (..., n, m); leading dimensions broadcast. A vector (k,) on the left is a
    row, on the right a column, and its dimension is not in the result: (k,) and (k,) give (). Types: numeric; promoted
    together.

    Raises: DTypeError for a Python scalar; ShapeError for an array () and where k differs.
    """
    return xp.matmul(x1, x2)


@primitive(lambda xp, g, out, x: xp.matrix_transpose(g), kind="linear")
def matrix_transpose(xp: Any, x: A, /) -> A:
    """The last two dimensions swapped.

    Shapes: (..., n, m) gives (..., m, n). Types: all. Raises ValueError for fewer than two dimensions.
    """
    return xp.matrix_transpose(x)


def _contracted(ndim1: int, ndim2: int, axes: Axes) -> tuple[list[int], list[int]]:
    """For x1 and x2 the dimensions that are summed over, counted from 0."""
    if isinstance(axes, int):
        return list(range(ndim1 - axes, ndim1)), list(range(axes))
    return [axis % ndim1 for axis in _several(axes[0])], [axis % ndim2 for axis in _several(axes[1])]


def _contract(xp: Any, g: Any, first: int, x: Any, summed: list[int], mates: list[int], ndim: int) -> Any:
    """The cotangent of the operand of `ndim` dimensions whose `mates` were summed with `summed` of x.

    The dimensions of x that were not stand in g from `first` on.
    """
    free = [i for i in range(x.ndim) if i not in summed]
    product = xp.tensordot(g, x, axes=(tuple(range(first, first + len(free))), tuple(free)))
    # What is left: the operand's own free dimensions, then for each of x's summed ones, in their order, its mate.
    order = [i for i in range(ndim) if i not in mates] + [mates[summed.index(i)] for i in sorted(summed)]
    return xp.permute_dims(product, tuple(sorted(range(ndim), key=lambda i: order[i])))


def _tensordot_x1(xp: Any, g: Any, out: Any, a: Any, b: Any, axes: Axes) -> Any:
    of_a, of_b = _contracted(a.ndim, b.ndim, axes)
    return _contract(xp, g, a.ndim - len(of_a), b, of_b, of_a, a.ndim)


def _tensordot_x2(xp: Any, g: Any, out: Any, a: Any, b: Any, axes: Axes) -> Any:
    of_a, of_b = _contracted(a.ndim, b.ndim, axes)
    return _contract(xp, g, 0, a, of_a, of_b, b.ndim)


def _several(axes: int | Sequence[int]) -> tuple[int, ...]:
    return (axes,) if isinstance(axes, int) else tuple(axes)


@primitive(
    _tensordot_x1,
    _tensordot_x2,
    keeps="x1 x2",
    promote=of_arrays("tensordot", arithmetic),
    kind="multilinear",
)
def tensordot(xp: Any, x1: A, x2: A, /, axes: Axes = 2) -> A:
    """The sum of products over dimensions of x1 and x2; nothing is conjugated.

    Shapes: with `axes` an int N, the last N dimensions of x1 and the first N of x2 are summed over, in their order;
    with two sequences of the same length, or two ints, those of x1 and of x2 that they name. The result has the others
    of x1, then those of x2: (2, 3, 4) and (3, 4, 5) give (2, 5). Types: numeric; promoted together.

    Raises: TypeError for a Python scalar; BoundsError for dimensions that x1 or x2 lacks; ShapeError where sizes
    differ.
    """
    if not isinstance(axes, int):
        axes = axes_of(_several(axes[0]), x1.ndim, "tensordot"), axes_of(_several(axes[1]), x2.ndim, "tensordot")
    elif not 0 <= axes <= min(x1.ndim, x2.ndim):
        raise BoundsError(
            f"tensordot: arrays of {x1.ndim} and {x2.ndim} dimensions share 0 to {min(x1.ndim, x2.ndim)}; got {axes}. "
            "Cure: axes=1 for the last of x1 and the first of x2."
        )
    of_x1, of_x2 = _contracted(x1.ndim, x2.ndim, axes)
    if [x1.shape[i] for i in of_x1] != [x2.shape[i] for i in of_x2]:  # of which PyTorch broadcasts those of size 1
        raise ShapeError(
            f"tensordot sums over dimensions of equal sizes; got {tuple(x1.shape)} and {tuple(x2.shape)} with {axes=}. "
            "Cure: axes=(those of x1, those of x2)."
        )
    return xp.tensordot(x1, x2, axes=axes)


@primitive(
    lambda xp, g, out, a, b, axis: conj(xp, xp.expand_dims(g, axis=axis) * b),
    lambda xp, g, out, a, b, axis: xp.expand_dims(g, axis=axis) * conj(xp, a),
    keeps="x1 x2",
    promote=of_arrays("vecdot", arithmetic),
    kind="multilinear",
)
def _vecdot(xp: Any, x1: A, x2: A, /, *, axis: int) -> A:
    return xp.vecdot(x1, x2, axis=axis)


_vecdot.name = "vecdot"


def vecdot(x1: A, x2: A, /, *, axis: int = -1) -> A:
    """The dot product of vectors, sum(conj(x1) * x2) over a dimension.

    Shapes: x1 and x2 have one size at `axis`, which counts from the end, and broadcast in the other dimensions; the
    result lacks it: (2, 1, 4) and (3, 4) give (2, 3). Types: numeric; promoted together.

    Raises:
        ShapeError: for an axis out of range, or sizes there that differ.
        TypeError: for a Python scalar.
    """
    axis = axis_of_vectors("vecdot", x1, x2, axis)
    if x1.shape[axis] != x2.shape[axis]:
        raise ShapeError(
            f"vecdot takes vectors of one size; along axis {axis} the shapes {tuple(x1.shape)} and {tuple(x2.shape)} "
            f"have {x1.shape[axis]} and {x2.shape[axis]}. Cure: axis=... of equal sizes."
        )
    return _vecdot(x1, x2, axis=axis)
