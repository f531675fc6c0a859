"""Searching functions of the array API standard, each with its derivative.

Positions have the type int64, and require no gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, overload

from xnn.autograd.graph import Tracked
from xnn.autograd.operands import SCALARS, operand
from xnn.autograd.primitive import primitive
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, AnyArray, Axis, Scalar
from xnn_backends import Device

from . import creation, indexing
from .promotion import after, arithmetic, common_dtype, of_reals
from .statistical import of_some

__all__ = [
    "argmax",
    "argmin",
    "count_nonzero",
    "nonzero",
    "searchsorted",
    "where",
]

Side = Literal["left", "right"]
_promote_rest = after(1, arithmetic)


def _promote(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
    """The standard leaves two Python scalars open: here they have their default types, on every backend."""
    if getattr(raws[1], "dtype", 0) is getattr(raws[2], "dtype", 1):
        return args
    if type(raws[1]) in SCALARS and type(raws[2]) in SCALARS:
        first = creation.full((), raws[1], device=device)
        return [args[0], first if isinstance(args[0], Tracked) else first._data, args[2]]
    return _promote_rest(device, args, raws)


def as_arrays(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
    """As `arithmetic`, and Python scalars become arrays of shape (), for functions that take no others everywhere."""
    if not any(type(raw) in SCALARS for raw in raws):
        return arithmetic(device, args, raws)
    dtype = common_dtype(device, raws)
    return [
        creation.full((), raw, dtype=dtype, device=device)._data if type(raw) in SCALARS else arg
        for arg, raw in zip(args, raws, strict=True)
    ]


def alike(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
    """Arrays of one type, also in the place of Python scalars."""
    args = as_arrays(device, args, raws)
    return arithmetic(device, args, [x._data if isinstance(x, Tracked) else x for x in args])


alike.sees_scalars = True  # type: ignore[attr-defined]


@overload
def where(condition: AnyArray, x1: A, x2: A | Scalar, /) -> A: ...
@overload
def where(condition: AnyArray, x1: Scalar, x2: A, /) -> A: ...
@overload
def where(condition: A, x1: Scalar, x2: Scalar, /) -> A: ...
@overload
def where(condition: A, /) -> tuple[A, ...]: ...
def where(
    condition: AnyArray, x1: AnyArray | Scalar | None = None, x2: AnyArray | Scalar | None = None, /
) -> AnyArray | tuple[AnyArray, ...]:
    """x1 where the condition holds, x2 elsewhere; of a condition alone, `nonzero` of it, as in NumPy.

    Shapes: condition, x1 and x2 broadcast; the result has their common shape. Types: condition bool; x1 and x2 all,
    promoted together, and Python scalars are weak; two Python scalars have their default types, which the standard
    leaves open. The derivative goes to the one that was taken, 0 to the other. Raises TypeError for x1 without x2.
    """
    if x2 is not None and x1 is not None:
        return _where(condition, x1, x2)
    if x1 is None and x2 is None:
        return nonzero(condition)
    raise TypeError("where takes x1 and x2, or neither; got one. Cure: where(condition, x1, x2).")


@primitive(
    None,
    lambda xp, g, out, condition, a, b: xp.where(condition, g, 0.0),
    lambda xp, g, out, condition, a, b: xp.where(condition, 0.0, g),
    keeps="condition",
    promote=_promote,
    kind="linear",
)
def _where(xp: Any, condition: AnyArray, x1: A | Scalar, x2: A | Scalar, /) -> A:
    return xp.where(condition, x1, x2)


_where.name = "where"


@primitive(promote=of_reals(), explain=of_some("argmax"))
def argmax(xp: Any, x: A, /, axis: int | None = None, *, keepdims: bool = False) -> A:
    """The position of the largest element, the first of equal ones; the first NaN where there is one.

    Shapes: x any; `axis` an int, which the result lacks or, if `keepdims`, has with size 1; None: the position in x
    flattened, of shape () or (1, ..., 1). Types: integers and real floating; the result int64. No elements:
    ShapeError.
    """
    return xp.argmax(x, axis=axis, keepdims=keepdims)


@primitive(promote=of_reals(), explain=of_some("argmin"))
def argmin(xp: Any, x: A, /, axis: int | None = None, *, keepdims: bool = False) -> A:
    """The position of the smallest element, the first of equal ones; the first NaN where there is one.

    Shapes: x any; `axis` an int, which the result lacks or, if `keepdims`, has with size 1; None: the position in x
    flattened, of shape () or (1, ..., 1). Types: integers and real floating; the result int64. No elements:
    ShapeError.
    """
    return xp.argmin(x, axis=axis, keepdims=keepdims)


@primitive()
def count_nonzero(xp: Any, x: A, /, axis: Axis | None = None, *, keepdims: bool = False) -> A:
    """How many elements are not 0.

    Shapes: x any; the result lacks the dimensions `axis`, an int, a tuple, or None for all; or it has them with size 1
    if `keepdims`. Types: all; the result int64.
    """
    return xp.count_nonzero(x, axis=axis, keepdims=keepdims)


@primitive()
def nonzero(xp: Any, x: A, /) -> tuple[A, ...]:
    """Where the elements are that are not 0, in row-major order: a tuple with the positions along each dimension.

    Shapes: x any of one dimension or more; each result (n,). Types: all; the results int64. How many there are waits
    for the device. Raises ShapeError for the shape ().
    """
    if x.ndim == 0:
        raise ShapeError("nonzero is of arrays of one dimension or more; got shape (). Cure: xnn.reshape(x, (1,)).")
    return tuple(xp.nonzero(x))


@primitive(promote=of_reals(as_arrays))
def _searchsorted(xp: Any, x1: A, x2: AnyArray | Scalar, /, *, side: Side) -> A:
    return xp.searchsorted(x1, x2, side=side)


_searchsorted.name = "searchsorted"


@primitive(promote=of_reals(as_arrays))
def _search_rows(xp: Any, x1: A, x2: Any, /, *, side: Side) -> A:
    """Where each value of a row of x2 belongs in that row of x1: by halves, in all of them at once."""
    size = x1.shape[-1]
    low: Any = xp.zeros(x2.shape, dtype=xp.int64, device=xp.device(x2))
    if not size:
        return low
    high = low + size
    for _ in range(size.bit_length()):
        middle = (low + high) // 2
        found = xp.take_along_axis(x1, xp.where(middle < size, middle, size - 1), axis=-1)
        is_before = found < x2 if side == "left" else found <= x2
        is_last = xp.isnan(x2) if side == "right" else xp.logical_and(xp.isnan(x2), xp.logical_not(xp.isnan(found)))
        is_right = xp.logical_and(middle < high, xp.logical_or(is_before, is_last))
        low, high = xp.where(is_right, middle + 1, low), xp.where(is_right, high, middle)
    return low


def searchsorted(x1: A, /, v: AnyArray | Scalar, side: Side = "left", sorter: AnyArray | None = None) -> A:
    """Where the values v would have to be put into x1 so that it stays sorted.

    Args:
        x1: (n,), or rows (..., n), in rising order, or put into that by `sorter`; integers or real floating.
        v: any shape, or a Python number; beside rows (..., m), as many rows; promoted together with x1.
        side: "left" for the first position that is possible, "right" for the last: before or behind equal elements.
        sorter: the shape of x1, integers: the positions that sort x1.

    Returns:
        the shape of v; int64, from 0 to n.

    Raises:
        ShapeError: if x1 has the shape (), or rows other than those of v.
        OptionError: for another `side`.
    """
    x1, v = operand(x1, "searchsorted"), v if isinstance(v, SCALARS) else operand(v, "searchsorted")
    shape, values = tuple(x1.shape), tuple(getattr(v, "shape", ()))
    if not shape or (len(shape) > 1 and shape[:-1] != values[:-1]):
        raise ShapeError(
            "searchsorted takes x1 of one dimension, or as many rows as v has; got shapes "
            f"{shape} and {values}. Cure: xnn.reshape(x1, (-1,))."
        )
    if side not in ("left", "right"):
        raise OptionError(f"searchsorted's side is 'left' or 'right'; got {side!r}. Cure: 'left' is the first place.")
    if sorter is not None:
        x1 = indexing.take(x1, sorter) if len(shape) == 1 else indexing.take_along_axis(x1, sorter, axis=-1)
    if len(shape) > 1:
        return _search_rows(x1, v, side=side)
    return _searchsorted(x1, v, side=side)
