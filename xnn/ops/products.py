"""Products of vectors and powers of matrices, of the standard's extension `linalg`, each with its derivative."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.operands import arrays_of, device_of
from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import described
from xnn.errors import OptionError, ShapeError
from xnn.typing import A

from .elementwise import multiply, positive
from .linear_algebra import matmul
from .manipulation import reshape
from .matrices import as_floating, axis_of_vectors, require_square
from .promotion import arithmetic, of_arrays
from .searching import where
from .solving import inv

__all__ = [
    "cross",
    "matrix_power",
    "multi_dot",
    "outer",
]


# The product a x b is linear in each, and sum(g * (a x b)) = sum((b x g) * a) = sum((g x a) * b).
@primitive(
    lambda xp, g, out, a, b, axis: xp.linalg.cross(b, g, axis=axis),
    lambda xp, g, out, a, b, axis: xp.linalg.cross(g, a, axis=axis),
    keeps="x1 x2",
    promote=of_arrays("cross", arithmetic),
    kind="multilinear",
)
def _cross(xp: Any, x1: A, x2: A, /, *, axis: int) -> A:
    return xp.linalg.cross(x1, x2, axis=axis)


_cross.name = "cross"


def cross(x1: A, x2: A, /, *, axis: int = -1) -> A:
    """The cross product of vectors of three elements.

    Shapes: x1 and x2 have the size 3 at `axis`, which counts from the end, and broadcast in the other dimensions; so
    does the result: (2, 1, 3) and (4, 3) give (2, 4, 3). Types: numeric; promoted together.

    Raises:
        ShapeError: for an axis out of range, or another size there.
        TypeError: for a Python scalar.
    """
    axis = axis_of_vectors("cross", x1, x2, axis)
    if not x1.shape[axis] == x2.shape[axis] == 3:
        raise ShapeError(
            f"cross takes vectors of 3 elements; the shapes {tuple(x1.shape)} and {tuple(x2.shape)} have "
            f"{x1.shape[axis]} and {x2.shape[axis]} along axis {axis}. Cure: axis=..., or a 0 as the third."
        )
    return _cross(x1, x2, axis=axis)


def outer(x1: A, x2: A, /) -> A:
    """The outer product of two vectors, x1[i] * x2[j] at (i, j); nothing is conjugated.

    Shapes: (n,) and (m,) give (n, m). Types: numeric; promoted together.

    Raises:
        ShapeError: for an array of another number of dimensions.
    """
    x1, x2 = arrays_of([x1, x2], "outer")
    if len(x1.shape) != 1 or len(x2.shape) != 1:
        raise ShapeError(
            f"outer takes two vectors; got shapes {tuple(x1.shape)} and {tuple(x2.shape)}. Cure: tensordot, axes=0."
        )
    return multiply(reshape(x1, (-1, 1)), reshape(x2, (1, -1)))


def matrix_power(x: A, n: int, /) -> A:
    """The n-th power of square matrices: the identity for 0, a power of the inverse for a negative n.

    Shapes: x (..., m, m); the result the same. Types: numeric; integers become the default floating type. The
    derivative of the identity is 0.

    Raises:
        ShapeError: for matrices that are not square.
        OptionError: if n is not an integer.
    """
    device = device_of(x, "matrix_power")
    require_square("matrix_power", x)
    try:
        n = operator.index(n)
    except TypeError:
        raise OptionError(f"matrix_power takes an integer n; got {described(n)}. Cure: int(n).") from None
    x = as_floating(x)
    if n == 0:
        xp = frontend.xp if isinstance(x, Tracked) else device.backend.xp
        with device.scope():
            one = xp.eye(x.shape[-1], dtype=x.dtype, device=xp.device(x))
            never = xp.zeros((), dtype=xp.bool, device=xp.device(x))
        return where(never, x, one)
    if n == 1:
        return positive(x)
    if n < 0:
        x, n = inv(x), -n
    # By squaring: log2(n) products, and one more for each further bit of n.
    result: Any = None
    while True:
        if n & 1:
            result = x if result is None else matmul(result, x)
        n >>= 1
        if not n:
            return result
        x = matmul(x, x)


def multi_dot(arrays: Sequence[A]) -> A:
    """The product of two or more matrices, in the order that takes the fewest multiplications.

    Shapes: (n0, n1), (n1, n2), ...; the first and the last may be vectors, a row and a column, whose dimension the
    result lacks. Types: numeric; promoted together.

    Raises:
        ShapeError: for fewer than two arrays, and for shapes that do not fit.
    """
    operands = list(arrays)
    shapes = [tuple(x.shape) for x in operands if device_of(x, "multi_dot")]
    ends = [len(shape) for shape in shapes[:1] + shapes[-1:]]
    if len(shapes) < 2 or not set(ends) <= {1, 2} or any(len(shape) != 2 for shape in shapes[1:-1]):
        raise ShapeError(
            f"multi_dot takes two or more matrices, the first and the last may be vectors; got shapes {shapes}."
        )
    sizes = [shapes[0][0] if ends[0] == 2 else 1, *(shape[0] for shape in shapes[1:])]
    sizes.append(shapes[-1][1] if ends[1] == 2 else 1)
    if [shape[-1] for shape in shapes[:-1]] != sizes[1:-1]:
        raise ShapeError(f"multi_dot takes shapes (n0, n1), (n1, n2), ...; got {shapes}. Cure: the same size inside.")
    return _in_order(operands, _splits(sizes), 0, len(operands) - 1)


def _splits(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where to part each range of matrices (Cormen et al., Introduction to Algorithms, matrix-chain multiplication)."""
    count = len(sizes) - 1
    cost = {(i, i): 0 for i in range(count)}
    splits = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            costs = {k: cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j)}
            splits[i, j] = min(costs, key=costs.__getitem__)
            cost[i, j] = costs[splits[i, j]]
    return splits


def _in_order(operands: list[Any], splits: dict[tuple[int, int], int], i: int, j: int) -> Any:
    if i == j:
        return operands[i]
    k = splits[i, j]
    return matmul(_in_order(operands, splits, i, k), _in_order(operands, splits, k + 1, j))
