"""x.at[index]: JAX's updates of some elements, which give a new array."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .ops import indexing
from .typing import AnyArray, Key, Scalar

if TYPE_CHECKING:
    from .array_object import Array

__all__ = ["At", "Update"]


class At:
    """What `x.at` is: an index gives the updates there."""

    __slots__ = ("_array",)

    def __init__(self, array: Array) -> None:
        self._array = array

    def __getitem__(self, key: Key) -> Update:
        return Update(self._array, key)


class Update:
    """What `x.at[index]` is: each method gives a new array, differentiable in x and in the value.

    Where an index comes several times, `add`, `multiply`, `min` and `max` take every value there, as JAX's do; of `set`
    the last one stays, of `apply`, `divide` and `power` too.

    Shapes: a value broadcasts to x[index]; the result has the shape and type of x.
    """

    __slots__ = ("_array", "_key")

    def __init__(self, array: Array, key: Key) -> None:
        self._array = array
        self._key = key

    def get(self) -> Array:
        """x[index]."""
        return indexing.getitem(self._array, self._key)

    def set(self, value: AnyArray | Scalar) -> Array:
        """A copy of x with `value` there."""
        return indexing.setitem(self._array, self._key, value)

    def add(self, value: AnyArray | Scalar) -> Array:
        """A copy of x with `value` added there."""
        return indexing.scatter_add(self._array, self._key, value)

    def subtract(self, value: AnyArray | Scalar) -> Array:
        """A copy of x with `value` subtracted there."""
        return indexing.scatter_add(self._array, self._key, -value)  # type: ignore[operator]  # arrays and numbers

    def multiply(self, value: AnyArray | Scalar) -> Array:
        """A copy of x multiplied by `value` there."""
        return self._reduced("multiply", value)

    mul = multiply

    def apply(self, func: Callable[[Array], Array | Scalar]) -> Array:
        """A copy of x with func(x[index]) there."""
        return self.set(func(self.get()))

    def divide(self, value: AnyArray | Scalar) -> Array:
        """A copy of x divided by `value` there."""
        return self.set(self.get() / value)

    def power(self, value: AnyArray | Scalar) -> Array:
        """A copy of x to the power of `value` there."""
        return self.set(self.get() ** value)

    def min(self, value: AnyArray | Scalar) -> Array:
        """A copy of x with the smaller one of x and `value` there."""
        return self._reduced("min", value)

    def max(self, value: AnyArray | Scalar) -> Array:
        """A copy of x with the larger one of x and `value` there."""
        return self._reduced("max", value)

    def _reduced(self, how: str, value: Any) -> Array:
        """By the positions of x[index] among the elements of x in a row."""
        from xnn.autograd.operands import operand

        from .ops.creation import arange, asarray
        from .ops.data_types import astype
        from .ops.manipulation import broadcast_to, reshape
        from .ops.scattering import put_along_axis

        x = self._array
        places = indexing.getitem(reshape(arange(x.size, device=x.device), x.shape), self._key)
        flat = places.reshape(-1)
        value = operand(value, "x.at") if hasattr(value, "shape") else asarray(value, dtype=x.dtype, device=x.device)
        spread = reshape(broadcast_to(astype(value, x.dtype, copy=False), places.shape), (-1,))
        return put_along_axis(x.reshape(-1), flat, spread, axis=0, reduce=how).reshape(x.shape)
