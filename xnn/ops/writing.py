"""What writes to an array in place, under NumPy's names; these functions give nothing back.

An Array stays on the graph: the gradient of what was overwritten is 0, and that of a value goes to the value.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, get_args

from xnn.autograd.arguments import choice
from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.operands import device_of, is_array
from xnn.dtypes import DType
from xnn.errors import DTypeError, ShapeError
from xnn.typing import AnyArray, ArrayLike

from .creation import arange, asarray
from .data_types import astype, can_cast
from .indexing import take
from .lifting import lifted
from .manipulation import broadcast_to, reshape
from .searching import nonzero, where
from .selection import unravel_index

if TYPE_CHECKING:
    from xnn.array_object import Array

__all__ = ["copyto", "fill_diagonal", "place", "put", "putmask"]

Casting = Literal["no", "equiv", "safe", "same_kind", "unsafe"]


def _target(name: str, a: Any) -> Any:
    """The Array, or one of a raw array's memory's values; DTypeError for what cannot be written to."""
    if not is_array(a):
        raise DTypeError(f"{name} writes to an array; got {type(a).__name__}. Cure: xnn.asarray(...) first.")
    return a if isinstance(a, Tracked) else frontend.array(a, device_of(a, name))


def _write(a: Any, key: Any, value: Any) -> None:
    """a[key] = value, of an Array or a raw array."""
    target = _target("", a)
    target[key] = value
    if target is not a:
        a[...] = target._data


def fill_diagonal(a: AnyArray, val: ArrayLike, wrap: bool = False) -> None:
    """Write to the main diagonal, a[i, i, ...].

    Args:
        a: (m, n), or more dimensions of one size.
        val: a number, or an array whose elements are taken one after the other, again from the first where they end.
        wrap: whether the diagonal of a tall matrix begins anew, one row below, when the columns end.

    Raises:
        ShapeError: for fewer than two dimensions, or several that differ.
    """
    target = _target("fill_diagonal", a)
    shape = tuple(target.shape)
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) > 1):
        raise ShapeError(f"fill_diagonal writes to matrices, and to more dimensions of one size; got shape {shape}")
    device = target.device
    if len(shape) > 2 or not wrap:
        rows = arange(min(shape), device=device)
        key = (rows,) * len(shape)
    else:
        flat = arange(0, shape[0] * shape[1], shape[1] + 1, device=device)
        key = (flat // shape[1], flat % shape[1])
    _write(a, key, _repeated(val, key[0].shape[0], target))


def _repeated(values: Any, count: int, target: Array) -> Any:
    """As many elements, of the target's type: one after the other, again from the first where they end."""
    array = values if isinstance(values, Tracked) else asarray(values, device=target.device)
    flat = astype(reshape(array, (-1,)), target.dtype, copy=False)
    if not flat.shape[0]:
        raise ShapeError("values that are written are one or more; got none")
    return take(flat, arange(count, device=target.device) % flat.shape[0])


def put(a: AnyArray, ind: ArrayLike, v: ArrayLike, mode: Literal["raise", "wrap", "clip"] = "raise") -> None:
    """Write values to positions in the array as a row.

    Args:
        a: any shape.
        ind: integers, any shape; negative ones count from the end.
        v: a number, or values that are taken one after the other, again from the first where they end.
        mode: of positions beyond a: an error, those modulo its size, or the first and the last.

    Raises:
        BoundsError: for a position beyond a.
    """
    target = _target("put", a)
    places = reshape(ind if isinstance(ind, Tracked) else asarray(ind, device=target.device), (-1,))
    if not places.shape[0]:
        return
    row = arange(target.size or 0, device=target.device)
    places = take(row, places, mode=mode)
    key = unravel_index(places, tuple(target.shape)) if target.ndim else ()
    _write(a, key or ..., _repeated(v, places.shape[0], target) if key else _repeated(v, 1, target)[0])


def place(arr: AnyArray, mask: ArrayLike, vals: ArrayLike) -> None:
    """Write values to the elements where a mask holds: the first value to the first of them, and so on.

    Shapes: mask that of arr, or as many elements; vals any, taken again from the first where they end.
    """
    target = _target("place", arr)
    chosen = _mask("place", mask, target)
    places = nonzero(chosen)
    _write(arr, places, _repeated(vals, places[0].shape[0], target)) if places[0].shape[0] else None


def putmask(a: AnyArray, mask: ArrayLike, values: ArrayLike) -> None:
    """Write values to the elements where a mask holds: to each the one at its own position, counted through.

    Shapes: mask that of a, or as many elements; values any, taken again from the first where they end.
    """
    target = _target("putmask", a)
    wide = reshape(_repeated(values, target.size or 0, target), tuple(target.shape))
    _write(a, ..., where(_mask("putmask", mask, target), wide, target))


def copyto(dst: AnyArray, src: ArrayLike, casting: Casting = "same_kind", where: ArrayLike = True) -> None:
    """Write an array over another, where a mask holds.

    Args:
        dst: any shape.
        src: a number, or an array that broadcasts to the shape of dst.
        casting: NumPy's rule of how far the types may differ: "no" and "equiv", not at all; "safe", src is promoted to
            dst; "same_kind", also to fewer bits of its kind; "unsafe", as one likes.
        where: bools, which broadcast to the shape of dst.

    Raises:
        DTypeError: for types that differ more than that.
    """
    choice("copyto", "casting", casting, get_args(Casting))
    target = _target("copyto", dst)
    (_, source, mask), _ = lifted("copyto", target, src, asarray(where, device=target.device))
    if not _casts(source.dtype, target.dtype, casting):
        raise DTypeError(
            f"copyto casts by the rule {casting!r}, which {source.dtype.name} to {target.dtype.name} is against. "
            "Cure: casting='unsafe', or xnn.astype(src, dst.dtype)."
        )
    source = broadcast_to(astype(source, target.dtype, copy=False), tuple(target.shape))
    _write(dst, ..., _merged(broadcast_to(mask, tuple(target.shape)), source, target))


def _casts(one: DType, other: DType, casting: Casting) -> bool:
    kinds = ("bool", "unsigned integer", "signed integer", "real floating", "complex floating")
    if casting in ("no", "equiv"):
        return one is other
    if casting == "same_kind":
        return can_cast(one, other) or kinds.index(one.kind) <= kinds.index(other.kind)
    return casting == "unsafe" or can_cast(one, other)


def _merged(mask: Any, one: Any, other: Any) -> Any:
    return where(mask, one, other)


def _mask(name: str, mask: Any, target: Any) -> Any:
    array = mask if isinstance(mask, Tracked) else asarray(mask, device=target.device)
    if math.prod(array.shape) != math.prod(target.shape):
        raise ShapeError(
            f"{name} takes a mask of the shape of the array, {tuple(target.shape)}; got {tuple(array.shape)}"
        )
    array = reshape(array, tuple(target.shape))
    return array if array.dtype.kind == "bool" else array != 0
