"""Modules that hold modules, or parameters."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, Self, SupportsIndex, TypeVar, cast, overload

from xnn.array_object import Array
from xnn.typing import AnyArray

from .module import Module
from .parameter import Parameter

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]

T = TypeVar("T")  # what is in it
V = TypeVar("V")  # what may be put in: an Array, of which a Parameter is made
D = TypeVar("D")


class _Numbered(Module, Generic[T, V]):
    """Members under the names "0", "1", ..., with the manners of a list."""

    what = "modules"

    def _check(self, value: Any, place: int) -> T:
        if not isinstance(value, Module):
            raise TypeError(f"{type(self).__name__} takes modules; layer {place} is of {type(value).__name__}")
        return value  # type: ignore[return-value]  # T is Module here

    def _members(self) -> list[T]:
        return list(self._modules.values())

    def _replace(self, members: Iterable[Any]) -> None:
        checked = [self._check(member, i) for i, member in enumerate(members)]
        for i in range(len(self)):
            delattr(self, str(i))
        for i, member in enumerate(checked):
            setattr(self, str(i), member)

    def _place(self, index: SupportsIndex) -> int:
        number = operator.index(index)
        if not -len(self) <= number < len(self):
            raise IndexError(f"{type(self).__name__} has {len(self)} {self.what}; got index {number}")
        return number % len(self)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[T]:
        return iter(self._members())

    @overload
    def __getitem__(self, index: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._like(self._members()[index])
        return self._members()[self._place(index)]

    def __setitem__(self, index: SupportsIndex, value: V) -> None:
        place = self._place(index)
        setattr(self, str(place), self._check(value, place))

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        left = self._members()
        del left[index if isinstance(index, slice) else self._place(index)]
        self._replace(left)

    def __contains__(self, value: object) -> bool:
        return any(value is member for member in self._members())

    def __add__(self, other: Iterable[V]) -> Self:
        return self._like([*self, *other])

    def __iadd__(self, other: Iterable[V]) -> Self:
        return self.extend(other)

    def _like(self, members: Iterable[Any]) -> Self:
        """The same kind of container, of some of the members themselves."""
        part = type(self)()
        part._replace(members)
        return part

    def append(self, value: V) -> Self:
        """Add one at the end; gives itself."""
        setattr(self, str(len(self)), self._check(value, len(self)))
        return self

    def extend(self, values: Iterable[V]) -> Self:
        """Add several at the end; gives itself."""
        for value in values:
            self.append(value)
        return self

    def insert(self, index: int, value: V) -> Self:
        """Add one before the member of that index; gives itself."""
        members: list[Any] = self._members()
        members.insert(index, self._check(value, index))
        self._replace(members)
        return self

    def pop(self, index: int = -1) -> T:
        """Take out the member of that index; gives it."""
        members = self._members()
        member = members.pop(self._place(index))
        self._replace(members)
        return member


class Sequential(_Numbered[Module, Module]):
    """Layers one after another; their names are "0", "1", ..., or those of a dict.

    Args:
        layers: modules, each of which takes what the one before gives; or one dict of them.

    Shapes: from what the first layer takes to what the last one gives.

    Example:
        >>> import xnn as xp
        >>> from xnn import nn
        >>> model = nn.Sequential(nn.Linear(4, 8, device="cpu"), nn.ReLU(), nn.Linear(8, 2, device="cpu"))
        >>> model(xp.ones((3, 4), device="cpu")).shape
        (3, 2)
        >>> list(model.state_dict())
        ['0.weight', '0.bias', '2.weight', '2.bias']
        >>> len(model[:2])
        2
    """

    what = "layers"

    def __init__(self, *layers: Module | Mapping[str, Module]) -> None:
        super().__init__()
        named = layers[0].items() if len(layers) == 1 and isinstance(layers[0], Mapping) else enumerate(layers)
        for i, (name, layer) in enumerate(named):
            self._check(layer, i)
            self.register_module(str(name), layer)

    # What a layer gives is not known here. Networks have parameters, of which Arrays come, for raw inputs too.
    def forward(self, input: AnyArray) -> Array:
        out: Any = input
        for name, layer in self._modules.items():
            try:
                out = layer(out)
            except TypeError as error:
                if not isinstance(out, tuple):
                    raise
                raise TypeError(self._of_several(name, len(out))) from error
        return cast(Array, out)

    def _of_several(self, name: str, count: int) -> str:
        """That a layer does not take the several things which the one before gives, as recurrent layers do."""
        names = list(self._modules)
        place = names.index(name)
        given = (
            "the input" if not place else f"layer {names[place - 1]}, {type(self._modules[names[place - 1]]).__name__},"
        )
        return (
            f"Sequential hands one thing from layer to layer; {given} is {count}, as outputs and states, and "
            f"layer {name}, {type(self._modules[name]).__name__}, does not take them. "
            "Cure: a module between them whose forward(self, x) returns x[0]."
        )

    def __setitem__(self, index: SupportsIndex, value: Module) -> None:
        place = self._place(index)
        setattr(self, list(self._modules)[place], self._check(value, place))

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        left = list(self._modules.items())
        del left[index if isinstance(index, slice) else self._place(index)]
        self._rename(dict(left))

    @overload
    def __getitem__(self, index: SupportsIndex) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            part = type(self)()
            for name in list(self._modules)[index]:
                part.register_module(name, self._modules[name])
            return part
        return super().__getitem__(index)

    def _replace(self, members: Iterable[Any]) -> None:
        self._rename({str(i): self._check(member, i) for i, member in enumerate(members)})

    def _rename(self, named: Mapping[str, Any]) -> None:
        if any(name.isascii() and name.isdigit() for name in named):  # numbers stay without gaps
            named = {str(i): member for i, member in enumerate(named.values())}
        for name in list(self._modules):
            delattr(self, name)
        for name, member in named.items():
            self.register_module(name, member)


class ModuleList(_Numbered[Module, Module]):
    """A list of modules, which are a part of the module that holds it; calling them is its forward's own affair.

    Args:
        modules: any number of them.

    Shapes: it has no forward pass, and no shapes.

    Example:
        >>> from xnn import nn
        >>> layers = nn.ModuleList(nn.Linear(2, 2, device="cpu") for _ in range(3))
        >>> list(layers.append(nn.ReLU()).state_dict())[:2], len(layers)
        (['0.weight', '0.bias'], 4)
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(() if modules is None else modules)


class ParameterList(_Numbered[Parameter, Array]):
    """A list of parameters, which are a part of the module that holds it.

    Args:
        values: Parameters, or Arrays, which become parameters; of any shapes.
    """

    what = "parameters"

    def __init__(self, values: Iterable[Array] | None = None) -> None:
        super().__init__()
        self.extend(() if values is None else values)

    def _check(self, value: Any, place: int) -> Parameter:
        if not isinstance(value, Array):
            raise TypeError(f"ParameterList takes parameters; number {place} is of {type(value).__name__}")
        return value if isinstance(value, Parameter) else Parameter(value)

    def _members(self) -> list[Parameter]:
        return list(self._parameters.values())

    def __len__(self) -> int:
        return len(self._parameters)

    def extra_repr(self) -> str:
        return ", ".join(f"({name}): {p.dtype.name} of {p.shape}" for name, p in self._parameters.items())


class _Keyed(Module, Generic[T, V]):
    """Members under names of their own, with the manners of a dict."""

    what = "a module"

    def _members(self) -> dict[str, T]:
        return self._modules

    def _check(self, key: str, value: Any) -> Any:
        if not isinstance(value, Module):
            raise TypeError(f"{type(self).__name__} holds modules; {key!r} is of {type(value).__name__}")
        return value

    def __getitem__(self, key: str) -> T:
        return self._members()[key]

    def __setitem__(self, key: str, value: V) -> None:
        self._register_named(self.what, object, "", key, self._check(key, value))

    def __delitem__(self, key: str) -> None:
        if key not in self._members():
            raise KeyError(key)
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._members())

    def __iter__(self) -> Iterator[str]:
        return iter(self._members())

    def __contains__(self, key: object) -> bool:
        return key in self._members()

    @overload
    def get(self, key: str) -> T | None: ...
    @overload
    def get(self, key: str, default: D) -> T | D: ...
    def get(self, key: str, default: Any = None) -> Any:
        """The member of that name, or the default."""
        return self._members().get(key, default)

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._members().keys()

    def values(self) -> Iterable[T]:
        """The members."""
        return self._members().values()

    def items(self) -> Iterable[tuple[str, T]]:
        """The names with the members."""
        return self._members().items()

    def update(self, members: Mapping[str, V] | _Keyed[Any, V] | Iterable[tuple[str, V]]) -> None:
        """Add all of a mapping, or of pairs; those of a name that is there take its place."""
        for key, value in members.items() if isinstance(members, (Mapping, _Keyed)) else members:
            self[key] = value

    def pop(self, key: str) -> T:
        """Take out the member of that name; gives it."""
        member = self[key]
        del self[key]
        return member

    def clear(self) -> None:
        """Take out all."""
        for key in list(self._members()):
            del self[key]


class ModuleDict(_Keyed[Module, Module]):
    """Modules by name, which are a part of the module that holds it.

    Args:
        modules: a mapping, or pairs.

    Shapes: it has no forward pass, and no shapes.

    Example:
        >>> from xnn import nn
        >>> heads = nn.ModuleDict({"digit": nn.Linear(8, 10, device="cpu")})
        >>> list(heads.state_dict())
        ['digit.weight', 'digit.bias']
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        super().__init__()
        self.update({} if modules is None else modules)


class ParameterDict(_Keyed[Parameter, Array]):
    """Parameters by name, which are a part of the module that holds it.

    Args:
        parameters: a mapping, or pairs; Arrays become parameters; of any shapes.
    """

    what = "a parameter"

    def __init__(self, parameters: Mapping[str, Array] | Iterable[tuple[str, Array]] | None = None) -> None:
        super().__init__()
        self.update({} if parameters is None else parameters)

    def _members(self) -> dict[str, Parameter]:
        return self._parameters

    def _check(self, key: str, value: Any) -> Parameter:
        if not isinstance(value, Array):
            raise TypeError(f"ParameterDict holds parameters; {key!r} is of {type(value).__name__}")
        return value if isinstance(value, Parameter) else Parameter(value)

    def extra_repr(self) -> str:
        return ", ".join(f"({name}): {p.dtype.name} of {p.shape}" for name, p in self._parameters.items())
