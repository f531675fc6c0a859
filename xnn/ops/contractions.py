"""Sums of products under NumPy's names: einsum, dot, inner, kron.

Types: numeric, promoted together; the result has the common type. Nothing is conjugated but by vdot and vecmat.
Operands are arrays, and numbers and lists beside them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any, overload

from xnn import dtypes
from xnn.autograd.operands import arrays_of, device_of
from xnn.dtypes import DType
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, AnyArray, ArrayLike

from . import products
from .complex_numbers import conj
from .data_types import astype, dtype_of
from .diagonals import diagonal
from .elementwise import multiply, subtract
from .indexing import getitem
from .linear_algebra import matmul, tensordot, vecdot
from .manipulation import concat, moveaxis, permute_dims, reshape, squeeze, unstack
from .statistical import sum as sum_of
from .subscripts import Label, Labels, Path, Terms, from_lists, parsed, path_of, terms_of

__all__ = [
    "cross",
    "dot",
    "einsum",
    "einsum_path",
    "inner",
    "kron",
    "matvec",
    "outer",
    "vdot",
    "vecmat",
]


def _promoted(arrays: Sequence[Any], name: str) -> list[Any]:
    """The arrays in their common type, so that no step of several rounds to a narrower one."""
    for x in arrays:
        device_of(x, name)
    common = functools.reduce(dtypes.promote_dtypes, [dtype_of(x) for x in arrays])
    return [astype(x, common, copy=False) for x in arrays]


def _summed(x: Any, labels: Labels, away: Sequence[Label], dtype: DType) -> tuple[Any, Labels]:
    """x summed over some of its labels."""
    if away:
        x = sum_of(x, axis=tuple(labels.index(label) for label in away), dtype=dtype)
    return x, tuple(label for label in labels if label not in away)


def _simple(x: Any, labels: Labels, sizes: dict[Label, int]) -> tuple[Any, Labels]:
    """x with the diagonal of labels that stand there twice, and without dimensions that broadcast."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            pair = (first, labels.index(label, first + 1))
            rest = [i for i in range(len(labels)) if i not in pair]
            x = diagonal(permute_dims(x, (*rest, *pair)))
            labels = (*(labels[i] for i in rest), label)
    if wide := [i for i, label in enumerate(labels) if x.shape[i] == 1 != sizes[label]]:
        x = squeeze(x, axis=tuple(wide))
        labels = tuple(label for i, label in enumerate(labels) if i not in wide)
    return x, labels


def _arranged(x: Any, labels: Labels, groups: Sequence[Sequence[Label]], shape: tuple[int, ...]) -> Any:
    """x with its labels in the order of the groups, in a shape that has one dimension for each group, or several."""
    order = tuple(labels.index(label) for group in groups for label in group)
    if order != tuple(range(len(order))):
        x = permute_dims(x, order)
    return x if tuple(x.shape) == shape else reshape(x, shape)


def _multiplied(
    one: tuple[Any, Labels], other: tuple[Any, Labels], kept: set[Label], order: Labels, sizes: dict[Label, int]
) -> tuple[Any, Labels]:
    """The product of two operands, summed over what nothing needs afterwards: one matrix product."""
    dtype = dtype_of(one[0])
    a, of_a = _summed(*one, [label for label in one[1] if label not in kept and label not in other[1]], dtype)
    b, of_b = _summed(*other, [label for label in other[1] if label not in kept and label not in of_a], dtype)
    shared = [label for label in of_a if label in of_b]
    inner = [label for label in shared if label not in kept]
    batch = sorted((label for label in shared if label in kept), key=lambda n: order.index(n) if n in order else -1)
    left = [label for label in of_a if label not in shared]
    right = [label for label in of_b if label not in shared]
    if {*left, *right} <= {*order} and left and right and order.index(right[0]) < order.index(left[0]):
        a, b, of_a, of_b, left, right = b, a, of_b, of_a, right, left

    def sizes_of(labels: Sequence[Label]) -> tuple[int, ...]:
        return tuple(sizes[label] for label in labels)

    labels = (*batch, *left, *right)
    if not inner:
        a = _arranged(a, of_a, (batch, left), (*sizes_of(batch), *sizes_of(left), *(1 for _ in right)))
        b = _arranged(b, of_b, (batch, right), (*sizes_of(batch), *(1 for _ in left), *sizes_of(right)))
        return multiply(a, b), labels
    length, rows, columns = (math.prod(sizes_of(group)) for group in (inner, left, right))
    wide = sizes_of(batch)
    if not left and not right and dtype.kind == "real floating":
        a = _arranged(a, of_a, (batch, inner), (*wide, length))
        b = _arranged(b, of_b, (batch, inner), (*wide, length))
        return vecdot(a, b), labels
    a = _arranged(a, of_a, (batch, left, inner), (*wide, rows, length))
    b = _arranged(b, of_b, (batch, inner, right), (*wide, length, columns))
    product = matmul(a, b)
    shape = sizes_of(labels)
    return product if tuple(product.shape) == shape else reshape(product, shape), labels


def _contracted(arrays: list[Any], terms: Terms, path: Path) -> Any:
    output, sizes = terms.output, terms.sizes
    dtype = dtype_of(arrays[0])
    left = [_simple(x, labels, sizes) for x, labels in zip(arrays, terms.inputs, strict=True)]
    for step in path:
        taken = [left[k] for k in step]
        left = [x for k, x in enumerate(left) if k not in step]
        result = taken[0]
        for i, other in enumerate(taken[1:], 2):
            kept = {*output}.union(*(labels for _, labels in (*left, *taken[i:])))
            result = _multiplied(result, other, kept, output, sizes)
        left.append(result)
    x, labels = left[0]
    x, labels = _summed(x, labels, [label for label in labels if label not in output], dtype)
    order = tuple(labels.index(label) for label in output)
    if order != tuple(range(len(order))) or any(x is given for given in arrays):
        x = permute_dims(x, order)
    return x


def _read(args: Sequence[Any], name: str) -> tuple[list[Any], Terms]:
    if not args:
        raise OptionError(f"{name} takes subscripts and operands; got nothing. Cure: {name}('ij,jk->ik', x, y).")
    if isinstance(args[0], str):
        operands, (inputs, output) = list(args[1:]), parsed(args[0])
    else:
        operands, inputs, output = from_lists(args)
    if not operands:
        raise OptionError(f"{name} takes one operand or more; got none. Cure: {name}('ij,jk->ik', x, y).")
    arrays = arrays_of(operands, name)
    return arrays, terms_of(inputs, output, tuple(tuple(x.shape) for x in arrays))


@overload
def einsum(subscripts: str, x: A, /, *operands: ArrayLike, optimize: bool | str | Sequence[Any] = True) -> A: ...
@overload
def einsum(subscripts: str, /, *operands: ArrayLike, optimize: bool | str | Sequence[Any] = True) -> AnyArray: ...
@overload
def einsum(x: A, labels: Sequence[Any], /, *more: ArrayLike, optimize: bool | str | Sequence[Any] = True) -> A: ...
def einsum(*operands: str | ArrayLike, optimize: bool | str | Sequence[Any] = True) -> AnyArray:
    """The sum of products that Einstein's notation says: `einsum("ij,jk->ik", x, y)` is x @ y.

    Args:
        operands: subscripts, then arrays of any shape: a letter for each dimension, "..." for those that broadcast.
            Letters that the result lacks are summed over; one that an operand has twice is its diagonal. Without "->"
            the result has those that stand there once, in the order of the alphabet. Or, in the place of letters, a
            list of ints after each array, and one for the result: `einsum(x, [0, 1], y, [1, 2], [0, 2])`.
        optimize: in which order more than two are multiplied: True or "greedy" for a good one that is found fast,
            "optimal" for the best, False from left to right, or what einsum_path gives.

    Returns:
        an array of the result's letters. Two operands at a time make one matrix product, so what is summed over is
        never spread out.

    Raises:
        ShapeError: for operands that do not fit their letters, or each other; sizes of 1 broadcast.
        OptionError: for subscripts that mean nothing, or another `optimize`.
    """
    arrays, terms = _read(operands, "einsum")
    path = path_of(terms, optimize)
    result: AnyArray = _contracted(_promoted(arrays, "einsum"), terms, path)
    return result


def einsum_path(*operands: str | ArrayLike, optimize: bool | str | Sequence[Any] = "greedy") -> tuple[list[Any], str]:
    """In which order einsum would multiply operands, for its `optimize`; and the same in words.

    Shapes and arguments: as those of einsum. The order is ["einsum_path", (i, j), ...], of the places of those that are
    taken out and multiplied; their product is put last.
    """
    arrays, terms = _read(operands, "einsum_path")
    path = path_of(terms, optimize)
    left = [set(labels) for labels in terms.inputs]
    lines = [f"{len(arrays)} operands, sizes {', '.join(f'{k}={n}' for k, n in terms.sizes.items())}"]
    for step in path:
        taken = set().union(*(left[k] for k in step))
        left = [x for k, x in enumerate(left) if k not in step]
        kept = taken & {*terms.output}.union(*left)
        left.append(kept)
        count = math.prod(terms.sizes[label] for label in taken)
        lines.append(f"{step}: {''.join(sorted(map(str, kept))) or '()'}, {count} multiplications")
    return ["einsum_path", *path], "\n".join(lines)


def _times(a: Any, b: Any) -> Any:
    return multiply(*_promoted((a, b), "dot"))


def dot(a: A, b: ArrayLike) -> A:
    """NumPy's dot: of vectors the sum of products, of matrices the matrix product, with a number multiply.

    Shapes: (..., k) and (k,) give (...); (..., k) and (..., k, m) give the dimensions of a but its last, then those
    of b but its last but one; () with any gives that.

    Raises:
        ShapeError: where k differs.
    """
    left, right = arrays_of((a, b), "dot")
    if not left.ndim or not right.ndim:
        return _times(left, right)
    return _over(left, right, -1 if right.ndim == 1 else -2, "dot")


def inner(a: A, b: ArrayLike, /) -> A:
    """The sum of products over the last dimensions of a and b; with a number multiply.

    Shapes: (..., k) and (..., k) give the dimensions of a but its last, then those of b but its last.

    Raises:
        ShapeError: where k differs.
    """
    left, right = arrays_of((a, b), "inner")
    if not left.ndim or not right.ndim:
        return _times(left, right)
    return _over(left, right, -1, "inner")


def _over(a: Any, b: Any, axis: int, name: str) -> Any:
    if a.shape[-1] != b.shape[axis]:
        raise ShapeError(
            f"{name} sums over axis -1 of the first and {axis} of the second, of one size; got {tuple(a.shape)} and "
            f"{tuple(b.shape)}. Cure: xnn.tensordot(x, y, axes=(those of x, those of y))."
        )
    if b.ndim == 1 or (b.ndim == 2 and axis == -2):
        return matmul(a, b)
    return tensordot(a, b, axes=((-1,), (axis,)))


def vdot(a: A, b: ArrayLike, /) -> A:
    """sum(conj(a) * b) over all elements, in row-major order.

    Shapes: any two of as many elements give (). Raises ShapeError for others.
    """
    left, right = arrays_of((a, b), "vdot")
    return vecdot(reshape(left, (-1,)), reshape(right, (-1,)))


def outer(a: A, b: ArrayLike) -> A:
    """The products of each element of a with each of b, in row-major order.

    Shapes: any two, of n and of m elements, give (n, m).
    """
    left, right = arrays_of((a, b), "outer")
    return _times(reshape(left, (-1, 1)), reshape(right, (1, -1)))


def cross(a: A, b: ArrayLike, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> A:
    """The cross product of vectors of three elements, or of two, whose third is 0; `linalg.cross` is the standard's.

    Args:
        a: vectors along `axisa`.
        b: vectors along `axisb`; both broadcast in their other dimensions.
        axisa: the dimension of a of size 3 or 2.
        axisb: that of b.
        axisc: that of the result; of two vectors of two elements it has none, and is the third one.
        axis: all three in one.

    Raises:
        ShapeError: for vectors of other sizes. BoundsError: for an axis that is not there.
    """
    left, right = arrays_of((a, b), "cross")
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    left, right = moveaxis(left, axisa, -1), moveaxis(right, axisb, -1)
    sizes = left.shape[-1], right.shape[-1]
    if not set(sizes) <= {2, 3}:
        raise ShapeError(f"cross takes vectors of 3 elements, or 2; got {sizes[0]} and {sizes[1]}. Cure: axisa, axisb.")
    if sizes == (2, 2):
        (x0, x1), (y0, y1) = unstack(left, axis=-1), unstack(right, axis=-1)
        return subtract(multiply(x0, y1), multiply(x1, y0))
    left, right = (_with_third(x) if x.shape[-1] == 2 else x for x in (left, right))
    return moveaxis(products.cross(left, right, axis=-1), -1, axisc)


def _with_third(x: Any) -> Any:
    """Vectors (..., 2) with 0 as a third element."""
    return concat([x, multiply(getitem(x, (..., slice(0, 1))), 0)], axis=-1)


def kron(a: A, b: ArrayLike) -> A:
    """The Kronecker product: in the place of each element of a, its product with all of b.

    Shapes: (n_1, n_2, ...) and (m_1, m_2, ...) give (n_1 * m_1, n_2 * m_2, ...); the one with fewer dimensions gets
    dimensions of size 1 in front.
    """
    left, right = arrays_of((a, b), "kron")
    ndim = max(left.ndim, right.ndim)
    of_left, of_right = ((1,) * (ndim - x.ndim) + tuple(x.shape) for x in (left, right))
    left = reshape(left, tuple(n for size in of_left for n in (size, 1)))
    right = reshape(right, tuple(n for size in of_right for n in (1, size)))
    return reshape(_times(left, right), tuple(n * m for n, m in zip(of_left, of_right, strict=True)))


def matvec(x1: A, x2: AnyArray, /) -> A:
    """The products of matrices with vectors.

    Shapes: x1 (..., n, k) and x2 (..., k) give (..., n); the leading dimensions broadcast. Raises ShapeError where k
    differs.
    """
    left, right = arrays_of((x1, x2), "matvec")
    _require_dims("matvec", left, right, matrix=0)
    return squeeze(matmul(left, reshape(right, (*right.shape, 1))), axis=-1)


def vecmat(x1: A, x2: AnyArray, /) -> A:
    """The products of vectors, conjugated, with matrices.

    Shapes: x1 (..., k) and x2 (..., k, m) give (..., m); the leading dimensions broadcast. Raises ShapeError where k
    differs.
    """
    left, right = arrays_of((x1, x2), "vecmat")
    _require_dims("vecmat", left, right, matrix=1)
    if dtype_of(left).kind == "complex floating":
        left = conj(left)
    return squeeze(matmul(reshape(left, (*left.shape[:-1], 1, left.shape[-1])), right), axis=-2)


def _require_dims(name: str, *arrays: Any, matrix: int) -> None:
    if arrays[matrix].ndim < 2 or arrays[1 - matrix].ndim < 1:
        raise ShapeError(
            f"{name} takes a matrix and a vector, {'first' if not matrix else 'last'} the matrix; got shapes "
            f"{' and '.join(str(tuple(x.shape)) for x in arrays)}. Cure: xnn.matmul, or xnn.vecdot."
        )
