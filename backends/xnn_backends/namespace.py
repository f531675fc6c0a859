"""The functions that a primitive may call: the standard's, and the few that it lacks."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any


class Namespace:
    """A library's array API namespace, with what derivatives need beyond it.

    Beyond the standard: `getitem(x, key)`; `setitem(x, key, value)`, a copy with the values put in;
    `scatter_add(x, key, value)`, a copy with the values added, as often as an index stands in `key`;
    `add_at_slices(x, key, value)`, x with the values added in place, for a key of ints, slices, None and ...;
    `device(x)`, what creation functions take as `device=`.

    A function is looked up once and then is an attribute of this object, without a module's
    `__getattr__` in between; one name can be overridden for one backend only.
    """

    def __init__(self, module: object, **overrides: Any) -> None:
        self._module = module
        self.getitem = operator.getitem
        self.device = operator.attrgetter("device")
        self.add_at_slices = add_at_slices
        self.is_on_host = False  # whether a value may be looked at without a wait, on all devices
        self.__dict__.update(overrides)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._module, name)
        self.__dict__[name] = value
        return value


def add_at_slices(x: Any, key: Any, value: Any) -> Any:
    """x[key] += value, for libraries whose slices are NumPy's."""
    x[key] += value
    return x


def broadcast_of(module: Any) -> Callable[..., Any]:
    """The `broadcast_to` of a library that takes negative sizes: ValueError."""

    def broadcast_to(x: Any, /, shape: tuple[int, ...]) -> Any:
        if any(size < 0 for size in shape):
            raise ValueError(f"sizes are 0 or more; got {shape}")
        return module.broadcast_to(x, shape)

    return broadcast_to


def reshape_of(module: Any) -> Callable[..., Any]:
    """The `reshape` of a library that raises AttributeError for copy=False where a copy is needed: ValueError."""

    def reshape(x: Any, /, shape: tuple[int, ...], *, copy: bool | None = None) -> Any:
        if copy is not False:
            return module.reshape(x, shape, copy=copy)
        try:
            return module.reshape(x, shape, copy=False)
        except AttributeError as error:
            raise ValueError(f"an array of shape {x.shape} takes the shape {shape} only by a copy") from error

    return reshape
