"""Parametrizations: parameters of a module that are computed of others, anew at each access."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

from xnn.arguments import flagged
from xnn.array_object import Array
from xnn.autograd import no_grad
from xnn.autograd.graph import is_recording
from xnn.errors import DTypeError, OptionError, ShapeError

from .container import ModuleDict, ModuleList
from .module import Module
from .parameter import Parameter

__all__ = ["ParametrizationList", "cached", "is_parametrized", "register_parametrization", "remove_parametrizations"]

M = TypeVar("M", bound=Module)

# While `cached` is active: what was computed, with its list, which lives as long.
_found: ContextVar[dict[tuple[int, Any], tuple[Any, Any]] | None] = ContextVar("parametrizations found", default=None)


class ParametrizationList(ModuleList):
    """What a parameter is computed of, `module.parametrizations.weight`; made by `register_parametrization`.

    A list of the modules, in their order.

    Attributes:
        original: the Parameter; or original0, original1, ..., where `right_inverse` gives several.

    Shapes: called without arguments, it gives the shape of the parameter.
    """

    def __init__(self, parametrization: Module, original: Parameter, unsafe: bool = False) -> None:
        super().__init__()
        inverse = getattr(parametrization, "right_inverse", None)
        new: Any = original
        with no_grad(), contextlib.suppress(NotImplementedError):
            new = original if inverse is None else inverse(original)
        self.count = len(new) if isinstance(new, tuple) else None
        if isinstance(new, tuple):
            for i, x in enumerate(new):
                setattr(self, f"original{i}", Parameter(x + 0, original.requires_grad))
        else:
            if unsafe and not _is_like(original, new):
                original = Parameter(new + 0, original.requires_grad)
            elif new is not original:
                _assign(original, new)
            self.original = original
        self.append(parametrization)

    @property
    def originals(self) -> tuple[Parameter, ...]:
        """The Parameters."""
        return tuple(self._parameters.values())

    def forward(self) -> Array:
        first, *others = self
        x: Array = first(*self.originals)
        for parametrization in others:
            x = parametrization(x)
        return x

    def right_inverse(self, value: Array) -> None:
        """Set the originals so that they give a value.

        Raises:
            TypeError: if a parametrization has no `right_inverse`, or the value is no Array.
        ShapeError: if it has another shape.
        """
        if not isinstance(value, Array):
            raise TypeError(
                f"a parametrized parameter takes an Array; got {type(value).__name__}. Cure: xnn.asarray(value)."
            )
        with no_grad():
            for parametrization in reversed(list(self)):
                inverse = getattr(parametrization, "right_inverse", None)
                if inverse is None:
                    raise TypeError(
                        f"{type(parametrization).__name__} has no right_inverse, which says what gives a value. "
                        "Cure: define `def right_inverse(self, value)`, or assign to its original."
                    )
                value = inverse(value)
        for original, x in zip(self.originals, value if isinstance(value, tuple) else (value,), strict=True):
            _assign(original, x)


def _is_like(one: Any, other: Any) -> bool:
    return bool(one.shape == other.shape and one.dtype is other.dtype)


def _assign(parameter: Any, value: Any) -> None:
    if tuple(value.shape) != parameter.shape:
        raise ShapeError(f"a parameter of shape {parameter.shape} keeps it; got {tuple(value.shape)}")
    with no_grad():
        parameter[...] = value


class _Parametrized(Module):
    """What the class of a module becomes: `Parametrized`, with a property for each parameter that is computed."""

    _names: frozenset[str]
    _kind: type[Module]

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._names:
            self.parametrizations[name].right_inverse(value)
        else:
            super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if name in self._names:
            raise OptionError(f"{name} is parametrized. Cure: nn.parametrizations.remove_parametrizations first.")
        super().__delattr__(name)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _bare, (self._kind, self._names), self.__dict__


def _computed(name: str) -> Any:
    def compute(self: Any) -> Any:
        parametrizations = self.parametrizations[name]
        found = _found.get()
        if found is None:
            return parametrizations()
        key = id(parametrizations), is_recording()  # what no_grad computed has no gradient outside
        if key not in found:
            found[key] = (parametrizations(), parametrizations)
        return found[key][0]

    return property(compute)


_classes: dict[tuple[Any, frozenset[str]], type[Module]] = {}


def _class_of(kind: type[Module], names: frozenset[str]) -> type[Module]:
    if not names:
        return kind
    if (kind, names) in _classes:
        return _classes[kind, names]
    own: dict[str, Any] = {name: _computed(name) for name in sorted(names)}
    own |= {"_names": names, "_kind": kind, "__module__": kind.__module__, "__doc__": kind.__doc__}
    made = type(f"Parametrized{kind.__name__}", (_Parametrized, kind), own)
    return _classes.setdefault((kind, names), made)


def _bare(kind: type[Module], names: frozenset[str]) -> Module:
    """A module without attributes, for copies and pickles."""
    return object.__new__(_class_of(kind, names))


def _set_names(module: Module, names: frozenset[str]) -> None:
    kind = module._kind if isinstance(module, _Parametrized) else type(module)
    object.__setattr__(module, "__class__", _class_of(kind, names))


def parameter_of(module: Module, name: str) -> Array:
    """A module's parameter, or what is computed in its place.

    Raises:
        TypeError: if it is no module.
        OptionError: if it has no such parameter.
    """
    if not isinstance(module, Module):
        raise TypeError(f"parametrizations are of modules; got {type(module).__name__}")
    if is_parametrized(module, name):
        return getattr(module, name)
    if module._parameters.get(name) is None:
        raise OptionError(
            f"{type(module).__name__} has no parameter {name!r}; it has {', '.join(module._parameters) or 'none'}. "
            "Cure: for a layer that learns its sizes from an input, model(x) once before."
        )
    return module._parameters[name]


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether the parameter of that name is computed of others; or any of the module, for None.

    Shapes: those of the module do not matter.
    """
    names = module._names if isinstance(module, _Parametrized) else frozenset()
    return bool(names) if tensor_name is None else tensor_name in names


@flagged
def register_parametrization(module: M, tensor_name: str, parametrization: Module, *, unsafe: bool = False) -> M:
    """Compute a parameter by a module: `module.weight` is then `parametrization(original)`, at each access.

    The parameter moves to `module.parametrizations.weight.original`. If the parametrization has a method
    `right_inverse`, the original is what that gives for the parameter, several where it gives a tuple; it is also
    asked when somebody assigns to `module.weight`. A second parametrization is called with what the first one gives.
    As in PyTorch the class of the module becomes a subclass, `ParametrizedLinear`.

    Args:
        module: a module.
        tensor_name: of its parameter.
        parametrization: a module that gives an array of the parameter's shape and type.
        unsafe: whether it may give another shape or type.

    Returns:
        the module.

    Raises:
        TypeError: for what is no module.
        OptionError: if the module has no such parameter.
        ShapeError, DTypeError: if the parametrization gives another shape or type, unless that is `unsafe`; then
            nothing was changed.

    Example:
        >>> import xnn as xp
        >>> from xnn import nn
        >>> class Symmetric(nn.Module):
        ...     def forward(self, x):
        ...         return xp.triu(x) + xp.triu(x, k=1).mT
        >>> layer = nn.parametrizations.register_parametrization(nn.Linear(3, 3, device="cpu"), "weight", Symmetric())
        >>> bool(xp.all(layer.weight == layer.weight.mT))
        True
        >>> list(layer.state_dict())
        ['bias', 'parametrizations.weight.original']
    """
    if not isinstance(parametrization, Module):
        raise TypeError(f"a parametrization is a module; got {type(parametrization).__name__}")
    old: Any = parameter_of(module, tensor_name)
    parametrization.train(module.training)
    is_first = not is_parametrized(module, tensor_name)
    with no_grad():
        value = old.detach() + 0
        found = ParametrizationList(parametrization, Parameter(value), unsafe) if is_first else None
        _check_kept(tensor_name, old, parametrization(old) if found is None else found(), unsafe)
    if not is_first:
        module.parametrizations[tensor_name].append(parametrization)
        return module
    if not is_parametrized(module):
        module.parametrizations = ModuleDict()
    delattr(module, tensor_name)
    module.parametrizations[tensor_name] = ParametrizationList(parametrization, old, unsafe)
    _set_names(module, (module._names if isinstance(module, _Parametrized) else frozenset()) | {tensor_name})
    return module


def _check_kept(name: str, old: Array, new: Any, unsafe: bool) -> None:
    if not isinstance(new, Array):
        raise TypeError(f"a parametrization gives an Array; got {type(new).__name__} for {name!r}")
    if unsafe:
        return
    if new.shape != old.shape:
        raise ShapeError(
            f"a parametrization keeps the shape {old.shape} of {name!r}; got {new.shape}. Cure: unsafe=True."
        )
    if new.dtype is not old.dtype:
        raise DTypeError(
            f"a parametrization keeps the type {old.dtype.name} of {name!r}; got {new.dtype.name}. Cure: unsafe=True."
        )


@flagged
def remove_parametrizations(module: M, tensor_name: str, leave_parametrized: bool = True) -> M:
    """Make a parameter that was computed an ordinary one again.

    Args:
        module: a module.
        tensor_name: of its parameter, of any shape.
        leave_parametrized: whether the parameter stays what was computed; otherwise it is the original.

    Returns:
        the module.

    Raises:
        OptionError: if the parameter is not parametrized, or the original is wanted where there are several.
    """
    if not isinstance(module, Module) or not is_parametrized(module, tensor_name):
        raise OptionError(f"{type(module).__name__} has no parametrization of {tensor_name!r}")
    found = module.parametrizations[tensor_name]
    if not leave_parametrized and found.count is not None:
        raise OptionError(
            f"{tensor_name!r} is computed of {found.count} parameters, none of which is the original. "
            "Cure: leave_parametrized=True."
        )
    original = found.originals[0]
    if leave_parametrized:
        with no_grad():
            value = getattr(module, tensor_name)
        if found.count is None and _is_like(original, value):
            _assign(original, value)  # an optimizer knows it
        else:
            original = Parameter(value, original.requires_grad)
    names = module._names - {tensor_name}
    del module.parametrizations[tensor_name]
    _set_names(module, names)
    if not names:
        del module.parametrizations
    setattr(module, tensor_name, original)
    return module


@contextlib.contextmanager
def cached() -> Iterator[None]:
    """Compute each parametrized parameter once in this context, where a recurrent network would ask at each step.

    Shapes: those of the parameters do not matter. What they are computed of must not change inside.
    """
    token = _found.set({}) if _found.get() is None else None
    try:
        yield
    finally:
        if token is not None:
            _found.reset(token)
