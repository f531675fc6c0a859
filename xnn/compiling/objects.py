"""Looks at Python's objects: nested ones, frames, and what there is of a class."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from xnn.autograd.graph import Node, Output

PLAIN = frozenset([int, bool, str, bytes, type(None), type(...), range, slice, frozenset])


def flat(values: Sequence[Any]) -> Iterator[Any]:
    """All that stands in nested tuples and lists."""
    for value in values:
        if isinstance(value, (tuple, list)):
            yield from flat(value)
        else:
            yield value


def options_of(optimizer: Any) -> list[dict[str, Any]]:
    """The options of an optimizer's groups, as they are now."""
    return [{name: value for name, value in group.items() if name != "params"} for group in optimizer.param_groups]


def frozen(value: Any) -> Any:
    """A value as it is now: a copy of a list, a tuple or a dict, anything else itself."""
    return type(value)(value) if type(value) in (list, dict) else value


def is_still(value: Any, before: Any) -> bool:
    """Whether a value is what it was: equal numbers and texts, the same objects, also in lists, tuples and dicts."""
    if value is before:
        return True
    if type(value) is not type(before):
        return False
    if type(value) in (list, tuple):
        return len(value) == len(before) and all(map(is_still, value, before))
    if type(value) is dict:
        return list(value) == list(before) and all(map(is_still, value.values(), before.values()))
    if type(value) in (float, complex) or is_scalar(value):  # -0.0 is not 0.0
        return repr(value) == repr(before)
    return type(value) in PLAIN and bool(value == before)


def is_freed(node: Any) -> bool:
    """Whether the graph behind an Array was used up by a backward pass."""
    node = node.node if isinstance(node, Output) else node
    return isinstance(node, Node) and node.inputs is None


def is_scalar(value: Any) -> bool:
    """Whether it is a library's scalar, in the place of an array of shape ()."""
    return getattr(value, "shape", None) == () and hasattr(value, "item") and hasattr(value, "dtype")


def users_line() -> str:
    """The line outside of xnn that is running."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.partition(".")[0] not in ("xnn", "xnn_backends", "contextlib", "functools"):
            return f" ({frame.f_code.co_filename.rpartition('/')[2]}, line {frame.f_lineno})"
        frame = frame.f_back
    return ""


def alive(*kinds: type) -> list[Any]:
    """All objects of some classes that there are."""
    wanted = set(kinds)
    for kind in kinds:  # by its type alone: objects of other libraries warn when they are asked for their class
        wanted.update(_below(kind))
    return [x for x in gc.get_objects() if type(x) in wanted]


def _below(kind: Any) -> Iterator[type]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _below(subclass)
