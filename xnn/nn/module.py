"""class Module: a layer, or a network of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from xnn.arguments import flagged
from xnn.array_object import Array
from xnn.autograd import register_pytree
from xnn.dtypes import DType, as_dtype
from xnn.errors import DTypeError, OptionError
from xnn.ops.creation import zeros_like
from xnn.ops.data_types import astype
from xnn.typing import MYPY, AnyArray, DeviceLike, DTypeLike, GivesForward, HasForward, P, R_co
from xnn_backends import Device, find_device

from .construction import Constructed
from .hooks import HookHandle
from .parameter import Parameter
from .state import Incompatible, load_state

__all__ = ["HookHandle", "Module", "Parameter"]


class Module(Constructed):
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

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The output for an input; every subclass has its own."""
        raise TypeError(f"{type(self).__name__} has no forward method. Cure: define `def forward(self, x)`.")

    # A call has the signature of `forward`. Two ways to say it, as each serves one checker alone.
    if MYPY:

        @property
        def __call__(self: GivesForward[R_co]) -> R_co: ...

    elif TYPE_CHECKING:

        def __call__(self: HasForward[P, R_co], *args: P.args, **kwargs: P.kwargs) -> R_co: ...

    else:

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            if self._deferred is not None:
                self._create_deferred(args, kwargs)
            return self.forward(*args, **kwargs) if self._hooks is None else self._hooks.call(self, args, kwargs)

    def _check_created(self) -> None:
        for name, module in self.named_modules():
            if module._deferred is not None:
                raise OptionError(
                    f"{name or 'the module'}, a {module!r}, makes its parameters at the first call, whose input gives "
                    "their sizes. Cure: model(x) once, before parameters, their state or gradients are asked for."
                )

    # ---- what is inside ----

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside, each once, with their names."""
        seen: set[int] = set()
        for name, module in self._modules.items():
            if id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules directly inside, each once."""
        return (module for _, module in self.named_children())

    def named_modules(self, *, prefix: str = "", remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """This module and all inside, each with its dotted name; a shared one once, under its first name."""
        seen: set[int] = set()
        for name, module in self._walk(prefix):
            if not (remove_duplicate and id(module) in seen):
                seen.add(id(module))
                yield name, module

    def _walk(self, prefix: str) -> Iterator[tuple[str, Module]]:
        yield prefix, self
        for name, module in self._modules.items():
            yield from module._walk(f"{prefix}.{name}" if prefix else name)

    def modules(self) -> Iterator[Module]:
        """This module and all inside, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Every parameter with its dotted name; a shared one once, under its first name."""
        self._check_created()
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    @flagged
    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Every parameter, for an optimizer."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Array]]:
        """Every buffer with its dotted name; a shared one once. Those that are None are left out."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Array]:
        """Every buffer."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _named(self, kind: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for path, module in self._walk(prefix) if recurse else [(prefix, self)]:
            for name, value in getattr(module, kind).items():
                if value is not None and not (remove_duplicate and id(value) in seen):
                    seen.add(id(value))
                    yield (f"{path}.{name}" if path else name), value

    def get_submodule(self, target: str) -> Module:
        """The module of a dotted name; "" is this one.

        Raises:
            AttributeError: if there is none.
        """
        found = self
        for part in target.split(".") if target else ():
            if part not in found._modules:
                raise AttributeError(f"{type(found).__name__} has no module {part!r}, in {target!r}")
            found = found._modules[part]
        return found

    def set_submodule(self, target: str, module: Module) -> None:
        """Put a module in the place of that of a dotted name, or beside its neighbours under a new one.

        Raises:
            AttributeError: if there is no module to put it into.
            TypeError, OptionError: as for `register_module`.
        """
        path, _, name = target.rpartition(".")
        self.get_submodule(path).register_module(name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of a dotted name.

        Raises:
            AttributeError: if there is none.
        """
        found: Parameter = self._get("_parameters", "parameter", target)
        return found

    def get_buffer(self, target: str) -> Array:
        """The buffer of a dotted name.

        Raises:
            AttributeError: if there is none.
        """
        found: Array = self._get("_buffers", "buffer", target)
        return found

    def _get(self, kind: str, what: str, target: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if name not in (members := getattr(module, kind)):
            raise AttributeError(f"{type(module).__name__} has no {what} {name!r}, in {target!r}")
        return members[name]

    def apply(self, fn: Callable[[Module], object]) -> Self:
        """Call fn with every module inside, innermost first, and with this one; gives itself.

        Example:
            >>> from xnn import nn
            >>> model = nn.Sequential(nn.Linear(2, 2, device="cpu"), nn.ReLU())
            >>> def fill(module):
            ...     if isinstance(module, nn.Linear):
            ...         nn.init.ones_(module.weight)
            >>> model.apply(fill)[0].weight.tolist()
            [[1.0, 1.0], [1.0, 1.0]]
        """
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    # ---- state ----

    @flagged
    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Array]:
        """All parameters and persistent buffers by dotted name, off the graph; the keys are PyTorch's.

        Unlike PyTorch's it is a snapshot: training on does not change it.

        Args:
            prefix: what stands before each name.
            keep_vars: give the parameters themselves, for their gradients.
        """
        return {prefix + name: x if keep_vars else x.detach() for name, x in self._state().items()}

    def _state(self) -> dict[str, Array]:
        self._check_created()
        found: dict[str, Array] = {}
        for prefix, module in self._walk(""):
            kept = {name: x for name, x in module._buffers.items() if name not in module._transient}
            for name, x in (*module._parameters.items(), *kept.items()):
                if x is not None:
                    found[f"{prefix}.{name}" if prefix else name] = x
        return found

    @flagged
    def load_state_dict(self, state_dict: Mapping[str, AnyArray], strict: bool = True) -> Incompatible:
        """Take over parameters and buffers, to this module's devices and data types.

        Args:
            state_dict: Arrays, or raw arrays of any backend, by the names that `state_dict` gives.
            strict: whether names that are missing or unknown are an error.

        Returns:
            (missing_keys, unexpected_keys), two lists of names.

        Raises:
            TypeError: if `state_dict` is no mapping.
            CheckpointError: lists every name that is missing or unknown, every value that is no
                array, and every shape that differs; then nothing was changed.
        """
        return load_state(type(self).__name__, self._state(), state_dict, strict)

    def to(self, device: DeviceLike | DType | None = None, dtype: DTypeLike | None = None) -> Self:
        """Move all parameters and buffers to a device, to a floating data type, or both; gives itself.

        Args:
            device: where to; a data type may stand in its place.
            dtype: real floating-point; integer buffers keep theirs.

        Raises:
            DTypeError: for a type that is not real floating-point.
        """
        if isinstance(device, DType):
            device, dtype = None, device
        found = None if device is None else find_device(device)
        wanted = None if dtype is None else as_dtype(dtype)
        if wanted is not None and wanted.kind != "real floating":
            raise DTypeError(f"a module's parameters are real floating-point; got {wanted.name}")
        for module in self.modules():
            if module._deferred is not None:
                old = module._deferred
                module._deferred = (old[0] if found is None else found, old[1] if wanted is None else wanted)
            for name, parameter in list(module._parameters.items()):
                if isinstance(parameter, Parameter):
                    parameter._rebind(_converted(parameter.detach(), found, wanted))
                else:  # a gradient, or what the module is differentiated by, which stays on the graph
                    module._register("_parameters", name, _converted(parameter, found, wanted))
            for name, buffer in module.named_buffers(recurse=False, remove_duplicate=False):
                setattr(module, name, _converted(buffer, found, wanted if buffer.dtype.is_floating else None))
        return self

    def cpu(self) -> Self:
        """`to("cpu")`."""
        return self.to("cpu")

    def cuda(self, device: int | str | Device | None = None) -> Self:
        """`to("cuda")`, or to the GPU of that number."""
        return self.to("cuda" if device is None else f"cuda:{device}" if isinstance(device, int) else device)

    def float(self) -> Self:
        """`to(dtype=float32)`."""
        return self.to(dtype="float32")

    def double(self) -> Self:
        """`to(dtype=float64)`."""
        return self.to(dtype="float64")

    def half(self) -> Self:
        """`to(dtype=float16)`, which array-api-strict lacks; `xnn.amp.autocast` keeps parameters in float32."""
        return self.to(dtype="float16")

    def bfloat16(self) -> Self:
        """`to(dtype=bfloat16)`, which of the backends PyTorch alone has."""
        return self.to(dtype="bfloat16")

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

    @flagged
    def train(self, mode: bool = True) -> Self:
        """Behave as in training, here and in all modules inside; gives itself."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Behave as when the network is used; gives itself."""
        return self.train(False)

    @flagged
    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Learn all parameters, or with False freeze them; gives itself."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    @flagged
    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters; or with False, make those that are there zeros."""
        for parameter in self.parameters():
            if parameter.requires_grad:
                old = None if set_to_none else parameter.grad
                parameter.grad = None if old is None else zeros_like(old.detach())

    # ---- looks ----

    def extra_repr(self) -> str:
        """What stands between the parentheses of `repr`."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        if not self._modules:
            return f"{type(self).__name__}({extra})"
        inside = [f"({name}): {module!r}" for name, module in self._modules.items()]
        lines = [line.replace("\n", "\n  ") for line in ([extra] if extra else []) + inside]
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
    result = x if device is None else x.to_device(device)
    return result if dtype is None or dtype is x.dtype else astype(result, dtype)
