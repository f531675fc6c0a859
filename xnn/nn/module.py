"""class Module: a layer, or a network of layers; and class Parameter, what it learns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from xnn.array import Array
from xnn.autograd import no_grad, register_pytree
from xnn.autograd.graph import Leaf
from xnn.dtypes import as_dtype
from xnn.errors import CheckpointError, DTypeError, OptionError
from xnn.ops.creation import asarray
from xnn.ops.data_types import astype
from xnn_backends import Device, find_device

__all__ = ["Module", "Parameter"]


class Parameter(Array):
    """An Array that a module learns: a leaf that requires a gradient.

    Args:
        data: an Array or a raw array of any backend, floating-point, of any shape.
        requires_grad: False freezes it.

    Raises:
        DTypeError: if the data are not floating-point.
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        source = asarray(data)
        super().__init__(source._data, source._device)
        self.requires_grad = requires_grad

    def __repr__(self) -> str:
        return f"Parameter({super().__repr__()})"

    def _rebind(self, data: Array) -> None:
        """Other data in the place of these, on any device; then the gradient is dropped."""
        if data._data is self._data:
            return
        self._data, self._device = data._data, data._device
        self._node = Leaf(self._device, self.shape) if self._node is not None else None


_ROOMS = {"_modules": "a module", "_parameters": "a parameter", "_buffers": "a buffer"}
_CURES = {
    "_modules": "another module",
    "_parameters": "an nn.Parameter, or an update in place inside `with xnn.no_grad():`",
    "_buffers": "an Array, xnn.asarray(...)",
}


class Module:
    """A layer, or a network made of layers. Subclass it, and write `forward`.

    Parameters and modules that are assigned as attributes, and buffers (Arrays that belong to the
    module's state and are not learnt; `register_buffer`), are found by `parameters`, `state_dict` and
    the rest; their names are the attributes', with dots. Any other Array is only an attribute. To `xnn.grad` and
    its like a module is a pytree of its parameters: the gradient is a module with gradients in their place.

    Attributes:
        training: whether layers behave as in training (dropout drops); set by `train` and `eval`.

    Example:
        >>> import xnn as xp
        >>> from xnn import nn
        >>> class Line(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.slope = nn.Parameter(xp.asarray(2.0, device="cpu"))
        ...
        ...     def forward(self, x):
        ...         return self.slope * x
        >>> float(Line()(3.0))
        6.0
    """

    training: bool = True

    def __init__(self) -> None:
        self._modules: dict[str, Module] = {}
        self._parameters: dict[str, Parameter] = {}
        self._buffers: dict[str, Array] = {}
        self._transient: set[str] = set()  # buffers that are no part of the state

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The output for an input; every subclass has its own."""
        raise TypeError(f"{type(self).__name__} has no forward method. Cure: define `def forward(self, x)`.")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    # ---- attributes ----

    def __setattr__(self, name: str, value: Any) -> None:
        registered = isinstance(value, (Module, Parameter))
        if registered and "_modules" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__}: call super().__init__() before assigning {name!r}")
        old = next((room for room in _ROOMS if name in self.__dict__.get(room, ())), None)
        if registered:
            self._register("_modules" if isinstance(value, Module) else "_parameters", name, value)
        elif old == "_buffers" and isinstance(value, Array):
            self._register("_buffers", name, value)
        elif old is not None and value is not None:
            # Else an update like `self.weight = 0.9 * self.weight` would drop the parameter from the state unseen.
            raise TypeError(
                f"{type(self).__name__}.{name} is {_ROOMS[old]}, and stays one; got {type(value).__name__}. "
                f"Cure: {_CURES[old]}, or del it first."
            )
        else:
            self._forget(name)
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        buffers = self.__dict__.get("_buffers", {})
        if name in buffers:
            return buffers[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __delattr__(self, name: str) -> None:
        is_buffer = name in self.__dict__.get("_buffers", {})
        self._forget(name)
        if not is_buffer:
            object.__delattr__(self, name)

    def register_buffer(self, name: str, tensor: Array, persistent: bool = True) -> None:
        """Make an Array that is not learnt a part of the module, which moves with it.

        Args:
            name: of the attribute; assigning another Array to it later replaces the buffer.
            tensor: any shape and data type.
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
        if not isinstance(tensor, Array) or isinstance(tensor, Parameter):
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

    def _register(self, room: str, name: str, value: Any) -> None:
        for other in _ROOMS:
            if other != room:
                self.__dict__[other].pop(name, None)
        if room != "_buffers":
            self._transient.discard(name)
        self.__dict__[room][name] = value  # in the place of an old one, so that the order stays
        if room == "_buffers":  # which copies of this module share: `__getattr__` looks for them
            self.__dict__.pop(name, None)
        else:
            object.__setattr__(self, name, value)

    def _forget(self, name: str) -> None:
        for room in _ROOMS:
            self.__dict__.get(room, {}).pop(name, None)
        self.__dict__.get("_transient", set()).discard(name)

    # ---- what is inside ----

    def children(self) -> Iterator[Module]:
        """The modules directly inside."""
        return iter(self._modules.values())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all inside, each with its dotted name."""
        yield prefix, self
        for name, module in self._modules.items():
            yield from module.named_modules(f"{prefix}.{name}" if prefix else name)

    def modules(self) -> Iterator[Module]:
        """This module and all inside."""
        return (module for _, module in self.named_modules())

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Every parameter with its dotted name; a shared one once, under its first name."""
        seen: set[int] = set()
        for name, value in self._named("_parameters"):
            if id(value) not in seen:
                seen.add(id(value))
                yield name, value

    def parameters(self) -> Iterator[Parameter]:
        """Every parameter, for an optimizer."""
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Array]]:
        """Every buffer with its dotted name."""
        return self._named("_buffers")

    def _named(self, room: str) -> Iterator[tuple[str, Any]]:
        for prefix, module in self.named_modules():
            for name, value in getattr(module, room).items():
                yield (f"{prefix}.{name}" if prefix else name), value

    # ---- state ----

    def state_dict(self) -> dict[str, Array]:
        """All parameters and persistent buffers by dotted name, off the graph; the keys are PyTorch's."""
        return {name: x.detach() for name, x in self._state().items()}

    def _state(self) -> dict[str, Array]:
        found = dict(self._named("_parameters"))
        for prefix, module in self.named_modules():
            for name, x in module._buffers.items():
                if name not in module._transient:
                    found[f"{prefix}.{name}" if prefix else name] = x
        return found

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over parameters and buffers, to this module's devices and data types.

        Args:
            state: Arrays, or raw arrays of any backend, by the names that `state_dict` gives.

        Raises:
            TypeError: if `state` is no mapping.
            CheckpointError: lists every name that is missing or unknown, every value that is no
                array, and every shape that differs; then nothing was changed.
        """
        if not isinstance(state, Mapping):
            raise TypeError(
                f"load_state_dict takes a mapping of names to arrays; got {type(state).__name__}. "
                "Cure: what state_dict() gave."
            )
        own = self._state()
        wrong = [f"{name} is missing" for name in own if name not in state]
        wrong += [f"{name} is unknown" for name in state if name not in own]
        for name, x in own.items():
            if name in state:
                shape = getattr(state[name], "shape", None)
                if shape is None:
                    wrong.append(f"{name} is a {type(state[name]).__name__} in the place of an array")
                elif tuple(shape) != x.shape:
                    wrong.append(f"{name} has shape {tuple(shape)} in the place of {x.shape}")
        if wrong:
            raise CheckpointError(
                f"the state is not one of this {type(self).__name__}: {'; '.join(wrong)}. "
                "Cure: build the model as it was when the state was saved."
            )
        for name, x in own.items():
            # A copy: PyTorch changes its parameters in place, and must not change ours.
            x._data = asarray(state[name], dtype=x.dtype, device=x.device, copy=True)._data

    def to(self, device: str | Device | None = None, *, dtype: Any = None) -> Module:
        """Move all parameters and buffers to a device, to a floating data type, or both; gives itself."""
        found = None if device is None else find_device(device)
        wanted = None if dtype is None else as_dtype(dtype)
        if wanted is not None and wanted.kind != "real floating":
            raise DTypeError(f"a module's parameters are real floating-point; got {wanted.name}")
        with no_grad():
            for module in self.modules():
                for name, parameter in list(module._parameters.items()):
                    converted = _converted(parameter, found, wanted)
                    if isinstance(parameter, Parameter):
                        parameter._rebind(converted)
                    else:  # a gradient
                        module._register("_parameters", name, converted)
                for name, buffer in list(module._buffers.items()):
                    setattr(module, name, _converted(buffer, found, wanted if buffer.dtype.is_floating else None))
        return self

    def _with(self, parameters: Mapping[int, Any], made: dict[int, Module]) -> Module:
        """A copy with other Arrays in the place of parameters, by id; its buffers are this module's, also later."""
        if id(self) not in made:
            copy = made[id(self)] = object.__new__(type(self))
            copy.__dict__.update(self.__dict__)
            copy.__dict__["_modules"] = {name: m._with(parameters, made) for name, m in self._modules.items()}
            copy.__dict__["_parameters"] = {name: parameters[id(p)] for name, p in self._parameters.items()}
            copy.__dict__.update(copy._modules, **copy._parameters)
        return made[id(self)]

    # ---- modes ----

    def train(self, mode: bool = True) -> Module:
        """Behave as in training, here and in all modules inside; gives itself."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Behave as when the network is used; gives itself."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Drop the gradients of all parameters."""
        for parameter in self.parameters():
            if parameter.requires_grad:
                parameter.grad = None

    # ---- looks ----

    def extra_repr(self) -> str:
        """What stands between the parentheses of `repr`."""
        return ""

    def __repr__(self) -> str:
        if not self._modules:
            return f"{type(self).__name__}({self.extra_repr()})"
        lines = [f"({name}): {module!r}".replace("\n", "\n  ") for name, module in self._modules.items()]
        return f"{type(self).__name__}(\n  " + "\n  ".join(lines) + "\n)"


def _flatten(module: Module) -> tuple[list[Parameter], tuple[Module, list[int]]]:
    """A module is a pytree of its parameters, a shared one once."""
    parameters = list(module.parameters())
    return parameters, (module, [id(p) for p in parameters])


def _unflatten(context: tuple[Module, list[int]], leaves: Sequence[Any]) -> Module:
    module, ids = context
    return module._with(dict(zip(ids, leaves, strict=True)), {})


register_pytree(Module, _flatten, _unflatten)


def _converted(x: Array, device: Device | None, dtype: Any) -> Array:
    result = x.detach()
    if device is not None:
        result = result.to_device(device)
    if dtype is not None and dtype is not x.dtype:
        result = astype(result, dtype)
    return result
