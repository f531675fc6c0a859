"""How a layer is made: its options are checked, and sizes that are left open wait for the first input."""

from __future__ import annotations

import inspect
from types import FunctionType
from typing import Any, Self

from xnn.arguments import check_arrays, check_constructed
from xnn.autograd.operands import device_of
from xnn.typing import DeviceLike, DTypeLike

from .hooks import Hooked


class Constructed(Hooked):
    """What a module has for its constructor."""

    # Device and data type of parameters that the first call makes.
    _deferred: tuple[DeviceLike | None, DTypeLike | None] | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Give a layer that has the constructor of a private base one of its own name, for Python's errors."""
        super().__init_subclass__(**kwargs)
        made = cls.__init__
        if isinstance(made, FunctionType) and made.__qualname__.startswith("_") and not cls.__name__.startswith("_"):
            own = FunctionType(made.__code__, made.__globals__, made.__name__, made.__defaults__, made.__closure__)
            own.__kwdefaults__, own.__annotations__ = made.__kwdefaults__, made.__annotations__
            own.__qualname__ = f"{cls.__qualname__}.__init__"
            cls.__init__ = own  # type: ignore[method-assign]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Look at what a layer of xnn is made with; a class of one's own has its own rules."""
        made = cls.__init__
        if (args or kwargs) and made.__module__.startswith("xnn."):
            check_constructed(cls.__name__, made, args, kwargs)
        new = super().__new__
        return new(cls) if new is object.__new__ else new(cls, *args, **kwargs)  # of another class beside Module

    def defer(self, device: DeviceLike | None, dtype: DTypeLike | None) -> None:
        """Put off what `create` makes to the first call, whose inputs give the sizes: for a layer's constructor.

        The layer has `infer(*inputs)`, which sets the sizes, and `create(device, dtype)`.
        """
        self._deferred = (device, dtype)

    def infer(self, *args: Any) -> None:
        """Set the sizes that were left open, from the inputs of the first call; for layers that `defer`."""
        raise TypeError(f"{type(self).__name__} cannot infer its sizes. Cure: define `def infer(self, input)`.")

    def create(self, device: DeviceLike | None, dtype: DTypeLike | None) -> None:
        """Make parameters and buffers; for layers that `defer`."""
        raise TypeError(f"{type(self).__name__} makes nothing. Cure: define `def create(self, device, dtype)`.")

    def _create_deferred(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        assert self._deferred is not None
        device, dtype = self._deferred
        args = inspect.signature(self.forward).bind_partial(*args, **kwargs).args
        check_arrays(type(self).__name__, input=args[0] if args else None)
        self.infer(*args)
        self.create(device_of(args[0], type(self).__name__) if device is None else device, dtype)
        self._deferred = None
