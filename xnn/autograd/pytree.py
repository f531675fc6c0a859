"""Pytrees: arrays nested in dicts, lists, tuples, named tuples, dataclasses, and whatever else is registered.

The leaves of a dict come in the order of its sorted keys. A field of a dataclass that is declared with
`field(metadata={"static": True})` is no branch, and stays as it is.
"""

from __future__ import annotations

import copy
import dataclasses
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

__all__ = ["register_pytree"]

Flatten = Callable[[Any], tuple[Sequence[Any], Any]]
Unflatten = Callable[[Any, list[Any]], Any]


T = TypeVar("T")
C = TypeVar("C")


class Structure(NamedTuple):
    """What a pytree is without its leaves: the kind of its root, what that needs besides, and the branches."""

    kind: type
    context: Any
    branches: tuple[Structure | None, ...]  # None: a leaf

    def __str__(self) -> str:
        inside = ["*" if branch is None else str(branch) for branch in self.branches]
        if issubclass(self.kind, dict):
            inside = [f"{key!r}: {branch}" for key, branch in zip(self.context[0], inside, strict=True)]
        return f"{self.kind.__name__}({', '.join(inside)})"


def alike(one: Structure | None, other: Structure | None) -> bool:
    """Whether two structures fit: the same kinds of nodes, and dicts with the same keys."""
    if one is None or other is None:
        return one is other
    if one.kind is not other.kind or len(one.branches) != len(other.branches):
        return False
    if issubclass(one.kind, dict) and one.context[0] != other.context[0]:
        return False
    return all(map(alike, one.branches, other.branches))


_registered: dict[type, tuple[Flatten, Unflatten]] = {}


def register_pytree(
    kind: type[T], flatten: Callable[[T], tuple[Sequence[Any], C]], unflatten: Callable[[C, list[Any]], T]
) -> None:
    """Make a class of one's own, with its subclasses, a pytree.

    Args:
        kind: the class.
        flatten: of an instance: its branches (leaves or pytrees of any shape), and what else describes it.
        unflatten: of that description and other branches: an instance.

    Example:
        >>> import xnn as xp
        >>> class Line:
        ...     def __init__(self, slope, name):
        ...         self.slope, self.name = slope, name
        >>> xp.register_pytree(Line, lambda x: ([x.slope], x.name), lambda name, new: Line(new[0], name))
        >>> xp.grad(lambda line: line.slope**2)(Line(3.0, "a")).slope.item()
        6.0
    """
    _registered[kind] = (flatten, unflatten)


def flatten(tree: Any) -> tuple[list[Any], Structure | None]:
    """The leaves of a pytree, in order, and its structure; None where it is a leaf itself."""
    leaves: list[Any] = []
    return leaves, _flatten(tree, leaves)


def _flatten(tree: Any, leaves: list[Any]) -> Structure | None:
    opened = _open(tree)
    if opened is None:
        leaves.append(tree)
        return None
    branches, context = opened
    return Structure(type(tree), context, tuple([_flatten(branch, leaves) for branch in branches]))


def _open(tree: Any) -> tuple[Sequence[Any], Any] | None:
    """The branches of a node, and what else it takes to make one; None for a leaf."""
    kind = type(tree)
    if tree is None:
        return (), None
    registered = _registration(kind)
    if registered is not None:
        return registered[0](tree)
    if issubclass(kind, dict):
        keys = _keys(tree)
        return [tree[key] for key in keys], (keys, tree)
    if kind in (list, tuple) or (issubclass(kind, tuple) and hasattr(kind, "_fields")):
        return tree, None
    if dataclasses.is_dataclass(kind):
        return [getattr(tree, name) for name in _varied_fields(kind)], tree
    return None


def _keys(tree: dict[Any, Any]) -> tuple[Any, ...]:
    """The keys sorted, as in JAX and autograd: dicts of one content are alike, whichever way they were filled.

    Those of an OrderedDict, and keys that do not compare, stay in their order.
    """
    if isinstance(tree, OrderedDict):
        return tuple(tree)
    try:
        return tuple(sorted(tree))
    except TypeError:
        return tuple(tree)


def _varied_fields(kind: Any) -> list[str]:
    """The fields of a dataclass that are branches: those without `metadata={"static": True}`."""
    return [field.name for field in dataclasses.fields(kind) if not field.metadata.get("static")]


def _registration(kind: type) -> tuple[Flatten, Unflatten] | None:
    return next((_registered[base] for base in kind.__mro__ if base in _registered), None)


def unflatten(structure: Structure | None, leaves: Sequence[Any]) -> Any:
    """The pytree of a structure with other leaves."""
    return _unflatten(structure, iter(leaves))


def _unflatten(structure: Structure | None, leaves: Iterator[Any]) -> Any:
    if structure is None:
        return next(leaves)
    kind, context, below = structure
    branches = [_unflatten(branch, leaves) for branch in below]
    if kind is type(None):
        return None
    registered = _registration(kind)
    if registered is not None:
        return registered[1](context, branches)
    if issubclass(kind, dict):
        made = copy.copy(context[1])  # a subclass may need more than its items
        made.update(zip(context[0], branches, strict=True))
        return made
    if kind in (list, tuple):
        return kind(branches)
    return kind(*branches) if issubclass(kind, tuple) else _dataclass(kind, context, branches)


def _dataclass(kind: Any, old: Any, branches: list[Any]) -> Any:
    """An instance as it was: neither its __init__ nor its checks are for derivatives."""
    made = copy.copy(old)
    for name, branch in zip(_varied_fields(kind), branches, strict=True):
        object.__setattr__(made, name, branch)
    return made
