"""Arrays put together and taken apart under NumPy's names: stacks, splits, blocks, elements put in and left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xnn.autograd.graph import Tracked
from xnn.autograd.operands import arrays_of, device_of, operand
from xnn.autograd.refusals import axis_of
from xnn.dtypes import int64
from xnn.errors import BoundsError, OptionError, ShapeError
from xnn.typing import A, AnyArray, ArrayLike, Scalar

from .creation import asarray
from .data_types import astype, dtype_of
from .indexing import getitem, take
from .manipulation import broadcast_to, concat, expand_dims, moveaxis, reshape
from .shapes import atleast_1d, atleast_2d, atleast_3d

__all__ = [
    "append", "array_split", "block", "chunk", "column_stack", "delete", "dsplit", "dstack", "hsplit", "hstack",
    "insert", "row_stack", "split", "vsplit", "vstack",
]  # fmt: skip

Sections = int | Sequence[int]


def vstack(tup: Sequence[A]) -> A:
    """Arrays on top of each other, along the first dimension; vectors are rows.

    Shapes: equal but for the first dimension, of at least two. Types: promoted together.
    """
    return concat([atleast_2d(x) for x in arrays_of(list(tup), "vstack")], axis=0)


def row_stack(tup: Sequence[A]) -> A:
    """`vstack`, under its older name.

    Shapes: as there.
    """
    return vstack(tup)


def hstack(tup: Sequence[A]) -> A:
    """Arrays beside each other, along the second dimension; vectors along their only one.

    Shapes: equal but for the second dimension. Types: promoted together.
    """
    arrays = [atleast_1d(x) for x in arrays_of(list(tup), "hstack")]
    return concat(arrays, axis=0 if arrays and len(arrays[0].shape) == 1 else 1)


def dstack(tup: Sequence[A]) -> A:
    """Arrays behind each other, along the third dimension.

    Shapes: equal but for the third dimension, of at least three, to which (n,) is (1, n, 1) and (m, n) is (m, n, 1).
    """
    return concat([atleast_3d(x) for x in arrays_of(list(tup), "dstack")], axis=2)


def column_stack(tup: Sequence[A]) -> A:
    """Arrays beside each other, vectors as columns.

    Shapes: (n,) counts as (n, 1); otherwise equal but for the second dimension.
    """
    arrays = arrays_of(list(tup), "column_stack")
    return concat([reshape(x, (-1, 1)) if len(x.shape) < 2 else x for x in arrays], axis=1)


def block(arrays: A | Sequence[A] | Sequence[Sequence[A]] | Sequence[Sequence[Sequence[A]]]) -> A:
    """An array of nested lists of blocks: the innermost beside each other, along the last dimension.

    Shapes: blocks get the number of dimensions of the one that has most, or of the lists' depth. Types: promoted.
    """
    depth = _depth(arrays)
    blocks = arrays_of(_leaves(arrays), "block")
    ndim = max(depth, max(len(x.shape) for x in blocks))
    left = iter(reshape(x, (*(1,) * (ndim - len(x.shape)), *x.shape)) for x in blocks)

    def put(tree: Any, level: int) -> Any:
        return concat([put(x, level - 1) for x in tree], axis=-level) if isinstance(tree, list) else next(left)

    found: A = put(arrays, depth)
    return found


def _depth(tree: Any) -> int:
    if not isinstance(tree, list):
        return 0
    if not tree:
        raise ShapeError("block takes lists of blocks; got an empty one")
    depths = {_depth(x) for x in tree}
    if len(depths) > 1:
        raise ShapeError(f"block takes lists that are nested to one depth; got depths {sorted(depths)} in one")
    return 1 + depths.pop()


def _leaves(tree: Any) -> list[Any]:
    return [leaf for x in tree for leaf in _leaves(x)] if isinstance(tree, list) else [tree]


# ---- taken apart ----


def array_split(ary: A, indices_or_sections: Sections, axis: int = 0) -> list[A]:
    """Parts of an array along a dimension, of nearly equal sizes: the first ones are larger by 1.

    Shapes: any but (); the parts have those of `ary` but for `axis`.

    Args:
        ary: the array.
        indices_or_sections: the number of parts, or the places where parts begin.
        axis: the dimension.
    """
    ary = operand(ary, "array_split")
    axis = axis_of(axis, len(ary.shape), "array_split")
    size = ary.shape[axis]
    if isinstance(indices_or_sections, int):
        count = indices_or_sections
        if count < 1:
            raise OptionError(f"array_split: the number of parts is at least 1; got {count}")
        each, larger = divmod(size, count)
        ends = [i * each + min(i, larger) for i in range(1, count)]
    else:
        ends = [int(i) for i in indices_or_sections]
    found = []
    for start, stop in zip([None, *ends], [*ends, None], strict=True):
        key = tuple(slice(start, stop) if i == axis else slice(None) for i in range(len(ary.shape)))
        found.append(getitem(ary, key))
    return found


def split(ary: A, indices_or_sections: Sections, axis: int = 0) -> list[A]:
    """Parts of an array along a dimension, of equal sizes; see `array_split`.

    Shapes: any but (); a number of parts divides the dimension's size.
    """
    ary = operand(ary, "split")
    size = ary.shape[axis_of(axis, len(ary.shape), "split")]
    if isinstance(indices_or_sections, int) and (indices_or_sections < 1 or size % indices_or_sections):
        raise ShapeError(
            f"split makes parts of equal sizes; got {size} elements for {indices_or_sections}. Cure: array_split."
        )
    return array_split(ary, indices_or_sections, axis)


def hsplit(ary: A, indices_or_sections: Sections) -> list[A]:
    """`split` along the second dimension, of vectors along the first.

    Shapes: any but ().
    """
    return split(ary, indices_or_sections, axis=0 if len(operand(ary, "hsplit").shape) == 1 else 1)


def vsplit(ary: A, indices_or_sections: Sections) -> list[A]:
    """`split` along the first dimension.

    Shapes: of at least two dimensions.
    """
    return split(_of_at_least(ary, 2, "vsplit"), indices_or_sections, axis=0)


def dsplit(ary: A, indices_or_sections: Sections) -> list[A]:
    """`split` along the third dimension.

    Shapes: of at least three dimensions.
    """
    return split(_of_at_least(ary, 3, "dsplit"), indices_or_sections, axis=2)


def _of_at_least(ary: A, ndim: int, name: str) -> A:
    ary = operand(ary, name)
    if len(ary.shape) < ndim:
        raise ShapeError(
            f"{name} takes arrays of at least {ndim} dimensions; got shape {tuple(ary.shape)}. Cure: split."
        )
    return ary


def chunk(input: A, chunks: int, dim: int = 0) -> list[A]:
    """PyTorch's parts of one size, of which the last may be smaller; there may be fewer than `chunks`.

    Shapes: any but (); the parts have those of `input` but for `dim`.
    """
    input = operand(input, "chunk")
    size = input.shape[axis_of(dim, len(input.shape), "chunk")]
    if chunks < 1:
        raise OptionError(f"chunk: the number of parts is at least 1; got {chunks}")
    each = -(-size // chunks) or 1
    return array_split(input, list(range(each, size, each)), dim)


# ---- elements ----


def append(arr: A, values: ArrayLike, axis: int | None = None) -> A:
    """Values behind an array, along a dimension; without an axis both in a row.

    Shapes: as of `concat`. Types: promoted together.
    """
    one, other = arrays_of([arr, values], "append")
    if axis is None:
        one, other, axis = reshape(one, (-1,)), reshape(other, (-1,)), 0
    result: A = concat([one, other], axis=axis)
    return result


def _places(obj: Any, size: int, name: str) -> list[int]:
    """Positions that an index names, each once and in order, counted from 0."""
    if isinstance(obj, slice):
        return list(range(size)[obj])
    values = obj.tolist() if hasattr(obj, "tolist") else obj
    found = list(values) if isinstance(values, (list, tuple, range)) else [values]
    if found and all(isinstance(i, bool) for i in found):
        found = [i for i, is_there in enumerate(found) if is_there]
    for i in found:
        if not -size <= i < size + (name == "insert"):
            raise BoundsError(f"{name}: positions are from {-size} to {size - 1}; got {i}")
    return [i % size if i < 0 else int(i) for i in found]


def delete(arr: A, obj: int | slice | Sequence[int] | AnyArray, axis: int | None = None) -> A:
    """An array without the elements, or slices, at some positions; without an axis in a row.

    Shapes: that of arr, smaller along `axis`. Positions that are an array are looked at, which waits for its device.
    """
    arr = operand(arr, "delete")
    if axis is None:
        arr, axis = reshape(arr, (-1,)), 0
    axis = axis_of(axis, len(arr.shape), "delete")
    gone = set(_places(obj, arr.shape[axis], "delete"))
    kept = [i for i in range(arr.shape[axis]) if i not in gone]
    return take(arr, _indices(kept, arr), axis=axis)


def _indices(places: Sequence[int], like: Any) -> Any:
    found = asarray(list(places), dtype=int64, device=device_of(like, "positions"))
    return found if isinstance(like, Tracked) else found._data


def insert(
    arr: A, obj: int | slice | Sequence[int] | AnyArray, values: ArrayLike | Scalar, axis: int | None = None
) -> A:
    """An array with values put in before some of its positions, along a dimension; without an axis in a row.

    Shapes: that of arr, larger along `axis`; values broadcast to what is put in. Types: arr's.
    """
    arr = operand(arr, "insert")
    if axis is None:
        arr, axis = reshape(arr, (-1,)), 0
    axis = axis_of(axis, len(arr.shape), "insert")
    size = arr.shape[axis]
    places = _places(obj, size, "insert")
    given = arrays_of([arr, values], "insert")[1]
    if len(places) == 1 and (isinstance(obj, int) or getattr(obj, "shape", None) == ()):
        given = moveaxis(given, 0, axis) if len(given.shape) == len(arr.shape) else given
        given = (
            expand_dims(given, axis=axis) if len(given.shape) == len(arr.shape) - 1 and arr.shape[:0] == () else given
        )
        count = given.shape[axis] if len(given.shape) == len(arr.shape) else 1
        places = places * count
    shape = (*arr.shape[:axis], len(places), *arr.shape[axis + 1 :])
    given = broadcast_to(astype(given, dtype_of(arr), copy=False), shape)
    order = sorted(range(len(places)), key=lambda i: places[i])
    sources = [*range(size)]
    for shift, i in enumerate(order):
        sources.insert(places[i] + shift, size + i)
    both: A = concat([arr, given], axis=axis)
    return take(both, _indices(sources, arr), axis=axis)
