"""class Module: a layer, or a network of layers; and class Parameter, what it learns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xnn.array import Array
from xnn.autograd.graph import Leaf, no_grad
from xnn.dtypes import as_dtype
from xnn.errors import CheckpointError, DTypeError
from xnn.ops.creation import asarray
from xnn.ops.data_types import astype
from xnn_backends import Device, find_device


class Parameter(Array):
    """An Array that a module learns: a leaf that requires a gradient.

    Args:
        data: an Array or a raw array of any backend, real floating-point, of any shape.
        requires_grad: False freezes it.

    Raises:
        DTypeError: if the data are not real floating-point.
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


class Module:
    """A layer, or a network made of layers. Subclass it, and write `forward`.

    Parameters, buffers (Arrays that are not learnt) and modules that are assigned as attributes are
    found by `parameters`, `state_dict` and the rest; their names are the attributes', with dots.

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

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The output for an input; every subclass has its own."""
        raise TypeError(f"{type(self).__name__} has no forward method. Cure: define `def forward(self, x)`.")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    # ---- attributes ----

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, (Module, Array)) and "_modules" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__}: call super().__init__() before assigning {name!r}")
        rooms = (("_modules", Module), ("_parameters", Parameter), ("_buffers", Array))
        own = next((room for room, kind in rooms if isinstance(value, kind)), None)
        for room, _ in rooms:
            if room != own:
                self.__dict__.get(room, {}).pop(name, None)
        if own is not None:
            self.__dict__[own][name] = value  # in the place of an old one, so that the order stays
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        for room in (self._modules, self._parameters, self._buffers):
            room.pop(name, None)
        object.__delattr__(self, name)

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
        """All parameters and buffers by dotted name, off the graph; the keys are PyTorch's."""
        return {name: x.detach() for room in ("_parameters", "_buffers") for name, x in self._named(room)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over parameters and buffers, to this module's devices and data types.

        Args:
            state: Arrays, or raw arrays of any backend, by the names that `state_dict` gives.

        Raises:
            CheckpointError: lists every name that is missing or unknown, and every shape that
                differs; then nothing was changed.
        """
        own = {name: x for room in ("_parameters", "_buffers") for name, x in self._named(room)}
        wrong = [f"{name} is missing" for name in own if name not in state]
        wrong += [f"{name} is unknown" for name in state if name not in own]
        wrong += [
            f"{name} has shape {tuple(state[name].shape)} in the place of {x.shape}"
            for name, x in own.items()
            if name in state and tuple(state[name].shape) != x.shape
        ]
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
                for parameter in module._parameters.values():
                    parameter._rebind(_converted(parameter, found, wanted))
                for name, buffer in list(module._buffers.items()):
                    setattr(module, name, _converted(buffer, found, wanted if buffer.dtype.is_floating else None))
        return self

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


def _converted(x: Array, device: Device | None, dtype: Any) -> Array:
    result = x.detach()
    if device is not None:
        result = result.to_device(device)
    if dtype is not None and dtype is not x.dtype:
        result = astype(result, dtype)
    return result
