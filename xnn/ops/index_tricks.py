"""NumPy's objects that are indexed to make arrays: r_, c_, mgrid, ogrid, s_, index_exp; and loops over positions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from xnn.autograd.graph import Tracked
from xnn.autograd.operands import device_of, is_array
from xnn.autograd.refusals import sizes_of
from xnn.errors import OptionError, ShapeError
from xnn.typing import ArrayLike, Shape
from xnn_backends import Device

from .creation import arange, asarray, linspace
from .data_types import result_type
from .lifting import lifted
from .manipulation import broadcast_to, concat, permute_dims, reshape, stack

if TYPE_CHECKING:
    from xnn.array_object import Array

__all__ = ["c_", "index_exp", "mgrid", "ndenumerate", "ndindex", "ogrid", "r_", "s_"]


def _range(key: slice, device: Device | None = None) -> Array:
    """start:stop:step, where an imaginary step says how many numbers there are, up to stop."""
    start, step = 0 if key.start is None else key.start, 1 if key.step is None else key.step
    if key.stop is None:
        raise OptionError("a slice that makes an array has an end; got one without. Cure: start:stop, as 0:5.")
    if isinstance(step, complex):
        return linspace(start, key.stop, int(abs(step)), device=device)
    return arange(start, key.stop, step, device=device)


class Concatenator:
    """What `r_` and `c_` are: indexed with arrays, numbers and slices, they put these behind each other.

    A first text says otherwise: "axis", "axis,ndmin" or "axis,ndmin,trans1d" of the dimension along which, how many
    dimensions parts have at least, and where the own ones of a part with fewer come to stand.
    """

    def __init__(self, name: str, axis: int, ndmin: int, trans1d: int) -> None:
        self._name, self._options = name, (axis, ndmin, trans1d)

    def __repr__(self) -> str:
        return f"xnn.{self._name}"

    def __len__(self) -> int:
        return 0

    def __getitem__(self, key: Any) -> Any:
        """An array of the parts. Shapes: as they say. Types: promoted; numbers are weak."""
        parts = list(key) if isinstance(key, tuple) else [key]
        axis, ndmin, trans1d = self._options
        if parts and isinstance(parts[0], str):
            axis, ndmin, trans1d = self._directive(parts.pop(0))
        found = [part for part in parts if is_array(part)]
        device = device_of(found[0], self._name) if found else None
        is_raw = bool(found) and not any(isinstance(part, Tracked) for part in found)
        for i, part in enumerate(parts):
            if isinstance(part, slice):
                parts[i] = _range(part, device)._data if is_raw else _range(part, device)
        arrays, back = lifted(self._name, *parts)
        shaped = [_of_at_least(x, ndmin, trans1d) for x in arrays]
        if not shaped:
            raise ShapeError(f"{self!r} takes one part or more; got none")
        return back(concat(shaped, axis=axis))

    def _directive(self, text: str) -> tuple[int, int, int]:
        if text in ("r", "c"):
            raise OptionError(f"{self!r}: xnn has no matrices, which 'r' and 'c' make. Cure: '0,2' or '-1,2,0'.")
        try:
            numbers = [int(part) for part in text.split(",")]
            return (*numbers, *self._options[len(numbers) :])[:3]  # type: ignore[return-value]  # of three
        except ValueError:
            raise OptionError(
                f"{self!r}: a text is 'axis', 'axis,ndmin' or 'axis,ndmin,trans1d'; got {text!r}"
            ) from None


def _of_at_least(x: Any, ndmin: int, trans1d: int) -> Any:
    own = x.ndim or 1
    if own >= ndmin:
        return x if x.ndim else reshape(x, (1,))
    size = tuple(x.shape) if x.ndim else (1,)
    wide = reshape(x, (*(1,) * (ndmin - own), *size))
    if trans1d == -1 or not x.ndim:
        return wide
    added = ndmin - own
    first = trans1d + added + 1 if trans1d < 0 else trans1d
    order = list(range(ndmin))
    return permute_dims(wide, tuple(order[:first] + order[added:] + order[first:added]))


class Grid:
    """What `mgrid` and `ogrid` are: indexed with slices, they give the positions in a grid.

    An imaginary step says how many numbers there are, up to the end.
    """

    def __init__(self, name: str, sparse: bool) -> None:
        self._name, self._sparse = name, sparse

    def __repr__(self) -> str:
        return f"xnn.{self._name}"

    def __getitem__(self, key: slice | Sequence[slice]) -> Any:
        """Of one slice (n,); of several, `mgrid` (number, n_0, n_1, ...), `ogrid` a tuple that broadcasts to that."""
        if isinstance(key, slice):
            return _range(key)
        ranges = [_range(part) for part in key]
        common = result_type(*ranges)
        count = len(ranges)
        axes = [
            reshape(x.astype(common), (*(1,) * i, x.shape[0], *(1,) * (count - i - 1))) for i, x in enumerate(ranges)
        ]
        if self._sparse:
            return tuple(axes)
        shape = tuple(x.shape[0] for x in ranges)
        return stack([broadcast_to(x, shape) for x in axes])


class IndexExpression:
    """What `s_` and `index_exp` are: indexed, they give the index as it is written, the latter as a tuple."""

    def __init__(self, name: str, as_tuple: bool) -> None:
        self._name, self._as_tuple = name, as_tuple

    def __repr__(self) -> str:
        return f"xnn.{self._name}"

    def __getitem__(self, key: Any) -> Any:
        """The key."""
        return (key,) if self._as_tuple and not isinstance(key, tuple) else key


def ndindex(*shape: Shape) -> Iterator[tuple[int, ...]]:
    """The positions in an array of a shape, whose sizes come one by one or as a tuple; the last one runs first.

    Example:
        >>> import xnn as xp
        >>> list(xp.ndindex(2, 2))
        [(0, 0), (0, 1), (1, 0), (1, 1)]
    """
    sizes = sizes_of(shape[0] if len(shape) == 1 else shape, "ndindex")
    return itertools.product(*map(range, sizes))


def ndenumerate(arr: ArrayLike) -> Iterator[tuple[tuple[int, ...], Any]]:
    """The position and the element at it, an array of shape (), for each element; on the graph where the array is."""
    x: Any = arr if hasattr(arr, "shape") else asarray(arr)
    return ((index, x[index]) for index in ndindex(tuple(x.shape)))


r_ = Concatenator("r_", 0, 1, -1)
c_ = Concatenator("c_", -1, 2, 0)
mgrid, ogrid = Grid("mgrid", sparse=False), Grid("ogrid", sparse=True)
s_, index_exp = IndexExpression("s_", as_tuple=False), IndexExpression("index_exp", as_tuple=True)
