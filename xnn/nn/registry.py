"""class Registry: the attributes of a module that are parameters, buffers and modules, apart from all others."""

from __future__ import annotations

from typing import Any

from xnn.arguments import flagged
from xnn.array_object import Array
from xnn.cures import without_attribute
from xnn.errors import OptionError

from .parameter import Parameter

_KINDS = {"_modules": "a module", "_parameters": "a parameter", "_buffers": "a buffer"}
_CURES = {
    "_modules": "another module",
    "_parameters": "an nn.Parameter, or an update in place inside `with xnn.no_grad():`",
    "_buffers": "an Array, xnn.asarray(...)",
}


class Registry:
    """What a module is made of. Assigning a module or a Parameter registers it; so does `register_buffer`."""

    def __init__(self) -> None:
        self._modules: dict[str, Any] = {}
        self._parameters: dict[str, Parameter] = {}
        self._buffers: dict[str, Array | None] = {}  # None: a name that waits for its Array
        self._transient: set[str] = set()  # buffers that are no part of the state

    def __setattr__(self, name: str, value: Any) -> None:
        registered = isinstance(value, (Registry, Parameter))
        if registered and "_modules" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__}: call super().__init__() before assigning {name!r}")
        old = next((kind for kind in _KINDS if name in self.__dict__.get(kind, ())), None)
        if registered:
            self._register("_modules" if isinstance(value, Registry) else "_parameters", name, value)
        elif old == "_buffers" and (value is None or isinstance(value, Array)):
            self._register("_buffers", name, value)
        elif old is not None and value is not None:
            # Else an update like `self.weight = 0.9 * self.weight` would drop the parameter from the state unseen.
            raise TypeError(
                f"{type(self).__name__}.{name} is {_KINDS[old]}, and stays one; got {type(value).__name__}. "
                f"Cure: {_CURES[old]}, or del it first."
            )
        else:
            self._forget(name)
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        buffers = self.__dict__.get("_buffers", {})
        if name in buffers:
            return buffers[name]
        raise without_attribute(f"{type(self).__name__!r} object", "Module", name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.__dict__.get("_buffers", ())]

    def __copy__(self) -> Registry:
        """Another module of the same parts: what is assigned to one later, the other does not get."""
        copied: Registry = object.__new__(type(self))
        for name, value in self.__dict__.items():
            copied.__dict__[name] = value.copy() if name in _KINDS or name == "_transient" else value
        return copied

    def __delattr__(self, name: str) -> None:
        is_buffer = name in self.__dict__.get("_buffers", {})
        self._forget(name)
        if not is_buffer:
            object.__delattr__(self, name)

    @flagged
    def register_buffer(self, name: str, tensor: Array | None, persistent: bool = True) -> None:
        """Make an Array that is not learnt a part of the module, which moves with it.

        Args:
            name: of the attribute; assigning another Array to it later replaces the buffer.
            tensor: any shape and data type; None for one that is assigned later, and until then in no state.
            persistent: whether it is in the `state_dict`.

        Raises:
            TypeError: if it is no Array, or a Parameter.
            OptionError: if the name has a dot, or is that of something else.

        Example:
            >>> import xnn as xp
            >>> layer = xp.nn.ReLU()
            >>> layer.register_buffer("mean", xp.zeros((3,), device="cpu"))
            >>> list(layer.state_dict())
            ['mean']
        """
        if "_buffers" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__}: call super().__init__() before registering {name!r}")
        if tensor is not None and (not isinstance(tensor, Array) or isinstance(tensor, Parameter)):
            raise TypeError(
                f"a buffer is an Array that is not learnt; got {type(tensor).__name__} for {name!r}. "
                f"Cure: {'x.detach()' if isinstance(tensor, Parameter) else 'xnn.asarray(...)'}."
            )
        if not name or "." in name or (hasattr(self, name) and name not in self._buffers):
            raise OptionError(
                f"a buffer's name is new to {type(self).__name__}, and without a dot; got {name!r}. Cure: another name."
            )
        self._register("_buffers", name, tensor)
        (self._transient.discard if persistent else self._transient.add)(name)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Make a Parameter a part of the module, as assigning it does; under a name that is made at run time.

        Args:
            name: of the attribute.
            param: of any shape; None for an option that is off.

        Raises:
            TypeError: if it is neither.
            OptionError: if the name has a dot, or is that of something else.
        """
        self._register_named("a parameter", Parameter, "nn.Parameter(x)", name, param)

    def register_module(self, name: str, module: Any) -> None:
        """Make a module a part of this one, as assigning it does; under a name that is made at run time.

        Raises:
            TypeError: if it is no module (or None).
            OptionError: if the name has a dot, or is that of something else.
        """
        self._register_named("a module", Registry, "a subclass of nn.Module", name, module)

    add_module = register_module

    def _register_named(self, what: str, kind: type, cure: str, name: str, value: Any) -> None:
        if value is not None and not isinstance(value, kind):
            raise TypeError(f"{name!r} is {what}; got {type(value).__name__}. Cure: {cure}.")
        if not name or "." in name or (hasattr(self, name) and not any(name in self.__dict__[r] for r in _KINDS)):
            raise OptionError(
                f"the name of {what} is new to {type(self).__name__}, and without a dot; got {name!r}. "
                "Cure: another name."
            )
        setattr(self, name, value)

    def _register(self, kind: str, name: str, value: Any) -> None:
        for other in _KINDS:
            if other != kind:
                self.__dict__[other].pop(name, None)
        if kind != "_buffers":
            self._transient.discard(name)
        self.__dict__[kind][name] = value  # in the place of an old one, so that the order stays
        if kind == "_buffers":  # which copies of this module share: `__getattr__` looks for them
            self.__dict__.pop(name, None)
        else:
            object.__setattr__(self, name, value)

    def _forget(self, name: str) -> None:
        for kind in _KINDS:
            self.__dict__.get(kind, {}).pop(name, None)
        self.__dict__.get("_transient", set()).discard(name)
