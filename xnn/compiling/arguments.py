"""The arguments of a step: which of them are arrays, and what has to be the same at each call of a program."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

from xnn.array_object import Array
from xnn.autograd.graph import Tracked
from xnn.autograd.pytree import Structure, flatten, unflatten
from xnn.autograd.pytree import _varied_fields as varied_fields
from xnn.nn.registry import Registry
from xnn_backends import Device, backend_of

from .objects import is_still


class Static:
    """An argument in a pytree that is no branch of it: a module is a pytree of parameters elsewhere, not here."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Kind(NamedTuple):
    """What an array among the arguments is, without its values."""

    is_array: bool  # an Array, not a raw array
    device: Device | None
    library_type: Any
    shape: Any
    dtype: Any

    def fits(self, leaf: Any) -> bool:
        """Whether a leaf is of this kind."""
        raw: Any = leaf
        if self.is_array:
            if type(leaf) is not Array or leaf._node is not None or leaf._device is not self.device:
                return False
            raw = leaf._data
        return type(raw) is self.library_type and raw.shape == self.shape and raw.dtype == self.dtype


class Signature:
    """The structure of the arguments of one call, the kinds of its arrays, and the values of what is no array."""

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.leaves, self.structure = opened(args, kwargs)
        self.invariant_part: Any = None  # the structure, once the call is over
        self.kinds = [kind_of(leaf) for leaf in self.leaves]
        self.is_flat = not kwargs and len(self.leaves) == len(args) and all(map(_is_leaf, args))

    def others(self) -> list[Any]:
        """The leaves that are no arrays."""
        others = [leaf for leaf, kind in zip(self.leaves, self.kinds, strict=True) if kind is None]
        return [leaf.value if isinstance(leaf, Static) else leaf for leaf in others]

    def matched(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any] | None:
        """The raw arrays of a call that is like this one; None for another one."""
        if self.is_flat:
            if kwargs or len(args) != len(self.leaves):
                return None
            leaves: Sequence[Any] = args
        else:
            leaves, structure = opened(args, kwargs)
            if len(leaves) != len(self.leaves) or not is_still(invariant_part(structure), self.invariant_part):
                return None
        found = []
        for leaf, kind, old in zip(leaves, self.kinds, self.leaves, strict=True):
            if kind is None:
                if not is_same(leaf, old):
                    return None
            elif not kind.fits(leaf):
                return None
            else:
                found.append(leaf._data if kind.is_array else leaf)
        return found

    def rebuilt(self, leaves: Sequence[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with other leaves."""
        plain = [leaf.value if isinstance(leaf, Static) else leaf for leaf in leaves]
        args, kwargs = unflatten(self.structure, plain)
        return tuple(args), kwargs

    def forget(self) -> None:
        """Keep no arrays of the call."""
        self.leaves = [leaf if kind is None else None for leaf, kind in zip(self.leaves, self.kinds, strict=True)]
        self.invariant_part, self.structure = invariant_part(self.structure), None


def opened(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], Structure | None]:
    """The leaves and the structure of all arguments."""
    return flatten(([_closed(arg) for arg in args], {key: _closed(value) for key, value in kwargs.items()}))


def _closed(tree: Any) -> Any:
    """A pytree in which modules are leaves."""
    if isinstance(tree, Registry):
        return Static(tree)
    if type(tree) in (list, tuple):
        return type(tree)(map(_closed, tree))
    if type(tree) is dict:
        return {key: _closed(value) for key, value in tree.items()}
    return tree


def _is_leaf(arg: Any) -> bool:
    return type(arg) in (int, float, bool, str) or isinstance(arg, Tracked) or backend_of(arg) is not None


def kind_of(leaf: Any) -> Kind | None:
    """The kind of an array, None for all else: also for an Array that requires a gradient, which stays the same one."""
    if type(leaf) is Array:
        if leaf._node is not None:
            return None
        return Kind(True, leaf._device, type(leaf._data), leaf._data.shape, leaf._data.dtype)
    if isinstance(leaf, Tracked) or backend_of(leaf) is None:
        return None
    raw: Any = leaf
    return Kind(False, None, type(raw), raw.shape, raw.dtype)


def raw_leaf(leaf: Any) -> Any:
    """The raw array of an Array."""
    return leaf._data if isinstance(leaf, Tracked) else leaf


def is_same(one: Any, other: Any) -> bool:
    """Whether two arguments that are no arrays have the same meaning."""
    if type(one) is Static and type(other) is Static:
        return one.value is other.value
    return is_still(one, other)


def invariant_part(structure: Structure | None) -> Any:
    """A structure in tuples, with what in it has to be the same, and none of the arrays of the pytree it is of."""
    if structure is None:
        return None
    kind, context, branches = structure
    if issubclass(kind, dict):
        context = context[0]
    elif dataclasses.is_dataclass(context) and not isinstance(context, type):
        varied = varied_fields(kind)
        context = tuple((name, value) for name, value in vars(context).items() if name not in varied)
    return kind, context, tuple(map(invariant_part, branches))
