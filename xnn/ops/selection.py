"""Elements chosen by conditions and positions, under NumPy's names and PyTorch's, each with its derivative.

What depends on how many elements a condition chooses waits for the device: compress, extract, piecewise, argwhere,
flatnonzero, masked_select, mask_indices.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

from xnn import checks, dtypes
from xnn.autograd.arguments import choice
from xnn.autograd.refusals import sizes_of
from xnn.errors import BoundsError, DTypeError, OptionError, ShapeError
from xnn.typing import A, AnyArray, ArrayLike, DeviceLike, Scalar

from .creation import asarray, ones, zeros_like
from .data_types import astype
from .extrema import clip
from .indexing import take
from .lifting import lifted
from .logic import logical_not, logical_or
from .manipulation import broadcast_arrays, broadcast_to, reshape, stack
from .searching import nonzero, where
from .utility import all as all_of

__all__ = [
    "argwhere",
    "choose",
    "compress",
    "extract",
    "flatnonzero",
    "index_select",
    "mask_indices",
    "masked_fill",
    "masked_select",
    "piecewise",
    "ravel_multi_index",
    "select",
    "unravel_index",
]

Mode = Literal["raise", "wrap", "clip"]
MODES = ("raise", "wrap", "clip")


def _bools(name: str, conditions: Sequence[Any]) -> None:
    for condition in conditions:
        if condition.dtype.kind != "bool":
            raise DTypeError(f"{name} takes conditions of bools; got {condition.dtype.name}. Cure: x != 0.")


def _within(name: str, index: Any, size: int, mode: str) -> Any:
    """Positions from 0 to size - 1; negative ones are beyond, as in NumPy."""
    choice(name, "mode", mode, MODES)
    index = astype(index, dtypes.int64) if index.dtype is dtypes.bool_ else index
    if "integer" not in index.dtype.kind:
        raise DTypeError(
            f"{name} takes integers for positions; got {index.dtype.name}. Cure: xnn.astype(x, xnn.int64)."
        )
    if mode == "wrap":
        return index % size
    if mode == "clip":
        return clip(index, 0, size - 1)
    message = f"{name} takes positions from 0 to {size - 1}; another one came. Cure: mode='wrap' or 'clip'."
    checks.require(all_of(logical_not(logical_or(index < 0, index >= size)))._data, index.device, BoundsError, message)
    return index


# ---- by conditions ----


def select(condlist: Sequence[ArrayLike], choicelist: Sequence[A], default: ArrayLike = 0) -> A:
    """Elements of the choice whose condition is the first that holds, of `default` where none does.

    Args:
        condlist: bools, as many as choices.
        choicelist: arrays or numbers; all broadcast, and are promoted together.
        default: an array or a number.

    Returns:
        the common shape of all; a cotangent goes to the one that was taken.

    Raises:
        OptionError: unless there are as many conditions as choices, 1 or more.
        DTypeError: for conditions that are no bools.
    """
    if len(condlist) != len(choicelist) or not len(condlist):
        raise OptionError(f"select takes a choice for each condition; got {len(choicelist)} for {len(condlist)}")
    arrays, back = lifted("select", *choicelist, default, *condlist)
    choices, found, conditions = arrays[: len(choicelist)], arrays[len(choicelist)], arrays[len(choicelist) + 1 :]
    _bools("select", conditions)
    for condition, one in zip(reversed(conditions), reversed(choices), strict=True):
        found = where(condition, one, found)
    return back(found)


def piecewise(
    x: A,
    condlist: Sequence[ArrayLike] | ArrayLike,
    funclist: Sequence[Callable[..., object] | Scalar],
    *args: object,
    **kw: object,
) -> A:
    """Functions of the elements for which conditions hold; the last condition that holds counts.

    Args:
        x: any shape.
        condlist: bools of the shape of x, or one such array.
        funclist: for each condition a function, which is given those elements alone as a vector, or a number; one more
            is for the elements for which no condition holds, and 0 is otherwise.
        args: passed on to the functions.
        kw: likewise.

    Returns:
        as x, to whose type the functions' results are cast.

    Raises:
        OptionError: for another number of functions.
    """
    given: Any = condlist
    is_one = hasattr(given, "dtype") or not given or isinstance(given[0], (bool, int))
    listed = [given] if is_one and getattr(given, "ndim", 1) == len(getattr(x, "shape", (0,))) else list(given)
    (a, *conditions), back = lifted("piecewise", x, *listed)
    _bools("piecewise", conditions)
    functions: list[Any] = list(funclist)
    if len(functions) == len(conditions) + 1:
        none = logical_not(conditions[0])
        for condition in conditions[1:]:
            none = none & logical_not(condition)
        conditions = [none, *conditions]
        functions = [functions[-1], *functions[:-1]]
    if len(functions) != len(conditions):
        raise OptionError(
            f"piecewise takes a function for each of {len(conditions)} conditions, and perhaps one more; "
            f"got {len(functions)}"
        )
    flat = reshape(a, (-1,))
    found = zeros_like(flat)
    for condition, function in zip(conditions, functions, strict=True):
        chosen = reshape(broadcast_to(condition, a.shape), (-1,))
        if callable(function):
            (places,) = nonzero(chosen)
            values = function(take(flat, places), *args, **kw)
            found[places] = astype(values, a.dtype, copy=False) if hasattr(values, "dtype") else values
        else:
            number = asarray(function, device=a.device)
            found = where(chosen, astype(number, a.dtype, copy=False), found)
    return back(reshape(found, a.shape))


def compress(condition: ArrayLike, a: A, axis: int | None = None) -> A:
    """The slices of an array along a dimension for which a condition holds; without an axis, its elements.

    Shapes: condition (k,), which says nothing of slices beyond it; a any; the result as a, but along `axis`.
    """
    (x, mask), back = lifted("compress", a, condition)
    if mask.ndim != 1:
        raise ShapeError(f"compress takes a condition of one dimension; got shape {tuple(mask.shape)}. Cure: extract.")
    (places,) = nonzero(mask)
    return back(take(x, places, axis=axis))


def extract(condition: ArrayLike, arr: A) -> A:
    """The elements for which a condition holds, in a row.

    Shapes: arr any; condition as many elements; the result (k,).
    """
    (x, mask), back = lifted("extract", arr, condition)
    return back(compress(reshape(mask, (-1,)), reshape(x, (-1,))))


def masked_select(input: A, mask: ArrayLike) -> A:
    """The elements where a mask of bools is True, in a row, as PyTorch's.

    Shapes: input and mask broadcast; the result (k,).
    """
    (x, chosen), back = lifted("masked_select", input, mask)
    _bools("masked_select", [chosen])
    x, chosen = broadcast_arrays(x, chosen)
    return back(compress(reshape(chosen, (-1,)), reshape(x, (-1,))))


def masked_fill(input: A, mask: ArrayLike, value: ArrayLike) -> A:
    """A value where a mask of bools is True, in another array, as PyTorch's.

    Shapes: input, mask and value broadcast. Types: that of input.
    """
    (x, chosen, filling), back = lifted("masked_fill", input, mask, value)
    _bools("masked_fill", [chosen])
    return back(where(chosen, astype(filling, x.dtype, copy=False), x))


# ---- by positions ----


def choose(a: A, choices: Sequence[ArrayLike] | ArrayLike, mode: Mode = "raise") -> A:
    """At each place the element of the choice whose number stands there.

    Args:
        a: integers or bools, any shape.
        choices: n arrays or numbers; all broadcast with a.
        mode: of numbers beyond 0 to n - 1: an error, those modulo n, or the first and the last choice.

    Returns:
        the common shape, of the choices' common type.

    Raises:
        BoundsError: for a number of no choice; on a GPU at the next call that waits for it.
    """
    listed: Any = choices
    (numbers, *arrays), back = lifted("choose", a, *listed)
    numbers = _within("choose", numbers, len(arrays), mode)
    found = arrays[-1]
    for i in reversed(range(len(arrays) - 1)):
        found = where(numbers == i, arrays[i], found)
    return back(broadcast_arrays(found, numbers)[0])


def index_select(input: A, dim: int, index: ArrayLike) -> A:
    """The slices along a dimension at positions (k,), as PyTorch's; `take` with its arguments in another order.

    Shapes: as input, with k along `dim`.
    """
    return take(input, index, axis=dim)  # type: ignore[arg-type]  # which refuses what is no array or list


def argwhere(a: A) -> A:
    """The positions of the elements that are not 0, each as a row.

    Shapes: a any, of n dimensions; the result (k, n), int64.
    """
    (x,), back = lifted("argwhere", a)
    if not x.ndim:
        return back(reshape(nonzero(reshape(x, (1,)))[0], (-1, 1))[:, :0])
    return back(stack(list(nonzero(x)), axis=1))


def flatnonzero(a: A) -> A:
    """The positions of the elements that are not 0, in the array as a row.

    Shapes: a any; the result (k,), int64.
    """
    (x,), back = lifted("flatnonzero", a)
    return back(nonzero(reshape(x, (-1,)))[0])


def unravel_index(indices: A, shape: int | Sequence[int], order: Literal["C", "F"] = "C") -> tuple[A, ...]:
    """The positions along each dimension of elements that are counted through.

    Args:
        indices: integers from 0 to the number of elements - 1, any shape.
        shape: of the array that is indexed.
        order: "C", where the last dimension is the fastest, or "F", the first.

    Returns:
        a tuple of arrays of the shape of indices.

    Raises:
        BoundsError: for a position beyond the array; on a GPU at the next call that waits for it.
    """
    sizes = sizes_of(shape, "unravel_index")
    choice("unravel_index", "order", order, ("C", "F"))
    (flat,), back = lifted("unravel_index", indices)
    flat = _within("unravel_index", flat, math.prod(sizes), "raise")
    found = []
    for size in reversed(sizes) if order == "C" else sizes:
        found.append(flat % size)
        flat = flat // size
    return back(tuple(reversed(found) if order == "C" else found))


def ravel_multi_index(
    multi_index: Sequence[A],
    dims: int | Sequence[int],
    mode: Mode | Sequence[Mode] = "raise",
    order: Literal["C", "F"] = "C",
) -> A:
    """The positions in an array as a row, of positions along each dimension; the inverse of `unravel_index`.

    Args:
        multi_index: for each dimension integers; they broadcast.
        dims: the shape of the array.
        mode: of positions beyond it: an error, those modulo the size, or the first and the last; one for each, or all.
        order: "C", where the last dimension is the fastest, or "F", the first.

    Returns:
        their common shape.

    Raises:
        BoundsError: for a position beyond the array; on a GPU at the next call that waits for it.
    """
    sizes = sizes_of(dims, "ravel_multi_index")
    choice("ravel_multi_index", "order", order, ("C", "F"))
    arrays, back = lifted("ravel_multi_index", *multi_index)
    if len(arrays) != len(sizes):
        raise ShapeError(f"ravel_multi_index takes positions for each of {len(sizes)} dimensions; got {len(arrays)}")
    modes: Any = [mode] * len(sizes) if isinstance(mode, str) else mode
    at = [_within("ravel_multi_index", x, n, m) for x, n, m in zip(arrays, sizes, modes, strict=True)]
    places = list(zip(at, sizes, strict=True))
    found: Any = 0
    for x, n in places if order == "C" else reversed(places):
        found = found * n + x
    return back(found)


def mask_indices(
    n: int, mask_func: Callable[..., A], k: object = 0, *, device: DeviceLike | None = None
) -> tuple[AnyArray, ...]:
    """The positions in (n, n) that a function like `triu` keeps, for each dimension.

    Shapes: (k,) each. `mask_func(ones, k)` gives an array of shape (n, n).
    """
    full: Any = ones((n, n), dtype=dtypes.int64, device=device)
    kept: Any = mask_func(full, k)
    return tuple(nonzero(kept != 0))
