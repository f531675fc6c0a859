"""What has to be as it was when a step was recorded, for its program to be the step: conditions, in Python's text."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from types import CellType
from typing import Any, NamedTuple

from xnn.array_object import Array
from xnn.autograd.dispatch import casting
from xnn.autograd.graph import Leaf, Tracked, is_recording
from xnn.dtypes import get_default_dtype
from xnn.nn.hooks import Hooks
from xnn_backends import find_device

from .names import Watch, is_unchanged
from .objects import PLAIN, is_still
from .recorder import Recorder
from .text import Writer
from .values import Place

COMPARED = PLAIN | {float, complex, list, tuple, dict}


def world(recorder: Recorder, writer: Writer) -> Iterator[str]:
    """Conditions that do not hold where the program fits: of modes and defaults, arrays, gradients and modules."""
    yield f"{writer.object(is_recording)}() != {is_recording()}"
    yield f"{writer.object(casting.get)}() is not None"
    yield f"{writer.object(get_default_dtype)}() is not {writer.object(get_default_dtype())}"
    if recorder.uses_default_device:
        yield f"{writer.object(find_device)}(None) is not {writer.object(find_device(None))}"
    for x, node in recorder.guarded.values():
        yield f"{writer.object(x)}._node is not {writer.object(node)}"
    for leaf, had in recorder.grads.items():
        yield f"{writer.object(leaf)}.grad is {'None' if had else 'not None'}"
    for place in _places(recorder):
        yield f"{writer.object(Kind.of(place).is_other)}({writer.object(place)})"
    for module, name, value in recorder.attributes.values():
        yield from _of_attribute(module, name, value, writer)
    for watch in [*_holders(recorder), *recorder.names.watches]:
        holder = writer.object(watch.holder)
        if watch.key is ...:
            yield f"not {writer.object(is_unchanged)}({holder}, {writer.object(watch.value)})"
        else:
            yield _is_other(watch.condition(holder), watch.value, writer)


def _is_other(found: str, value: Any, writer: Writer) -> str:
    """Whether what is found is not what was: mostly it is the same object, and only else compared."""
    own = writer.named(value)
    is_still_it = f" and not {writer.object(is_still)}({found}, {own})" if type(value) in COMPARED else ""
    return f"{found} is not {own}{is_still_it}"


def _of_attribute(module: Any, name: str, value: Any, writer: Writer) -> Iterator[str]:
    """That an attribute of a module is another one; where it is a dict, or hooks, that one of these is."""
    if name in ("_modules", "_parameters"):
        own = writer.object(getattr(module, name))
        yield f"len({own}) != {len(value)}"
        for key, part in value.items():
            yield f"{own}.get({key!r}) is not {writer.object(part)}"
        return
    own = writer.object(module.__dict__)
    found = f"{own}.get({name!r})" if name in module.__dict__ else f"{writer.object(module)}.{name}"
    yield _is_other(found, value, writer)
    if isinstance(value, Hooks):
        for hooks in vars(value).values():
            yield f"[*{writer.object(hooks)}] != {writer.object([*hooks])}"


def _places(recorder: Recorder) -> Iterator[Place]:
    """The places that the step reads, but for leaves, whose kind does not change, and gradients."""
    for cell in recorder.cells.values():
        if cell.place.key != "grad" and not isinstance(getattr(cell.place.owner, "_node", None), Leaf):
            yield cell.place


def _holders(recorder: Recorder) -> list[Watch]:
    """Where the user keeps the Arrays that the step reads: a dict and its key, or a closure's cell and None.

    Attributes of modules that the step reads are left out: they are looked at anyway.
    """
    learnt = {id(value) for _, _, value in recorder.attributes.values() if isinstance(value, Tracked)}
    arrays = {id(cell.place.owner): cell.place.owner for cell in recorder.cells.values() if cell.place.key is None}
    arrays = {key: x for key, x in arrays.items() if key not in learnt}
    found: list[Watch] = []
    for holder in gc.get_referrers(*arrays.values()) if arrays else ():
        if type(holder) is CellType:
            found.append(Watch(holder, None, holder.cell_contents))
        elif type(holder) is dict and all(type(key) is str for key in holder):
            found += [Watch(holder, key, x) for key, x in holder.items() if id(x) in arrays]
    return found


class Kind(NamedTuple):
    """What a place holds, without its values."""

    device: Any
    shape: Any
    dtype: Any

    @classmethod
    def of(cls, place: Place) -> Kind:
        """What it holds now."""
        x = place.owner if place.key is None else place.owner[place.key]
        return cls(x._device, x._data.shape, x._data.dtype)

    def is_other(self, place: Place) -> bool:
        """Whether it holds something else now."""
        x = place.owner if place.key is None else place.owner.get(place.key)
        return not (
            isinstance(x, Array)
            and x._device is self.device
            and x._data.shape == self.shape
            and x._data.dtype == self.dtype
        )
