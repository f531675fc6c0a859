"""Names that newcomers try, from NumPy, Keras, PyTorch and JAX, and the code to write instead.

A name that is missing is an AttributeError as ever, so `hasattr` stays False; where a table has the name, the error
says the cure. A key of a table may hold several names, and `{name}` in a cure is the one that was tried. Each cure is
Python code, in which a comment may explain; tests run it. For other names Python itself looks for one that is near.
"""

from __future__ import annotations

import opcode
import sys
from typing import Any, TypeVar

from .namespaces import NAMESPACES
from .objects import OBJECTS

__all__ = ["CURES", "offer", "offer_attributes", "without_attribute", "without_name"]

T = TypeVar("T")

# By module or class: the cure of each name.
CURES = {
    owner: {name: cure.replace("{name}", name) for names, cure in cures.items() for name in names.split()}
    for owner, cures in (NAMESPACES | OBJECTS).items()
}
_IMPORT_FROM = opcode.opmap["IMPORT_FROM"]


def without_name(module: str, name: str) -> AttributeError | ImportError:
    """The error for a name that a module lacks, to be raised by its `__getattr__`."""
    text = f"module {module!r} has no attribute {name!r}"
    if name not in CURES[module]:
        return AttributeError(text, name=name, obj=sys.modules[module])  # Python sets them for objects only
    # `from module import name` would put an ImportError without the cure in the place of any AttributeError.
    caller = sys._getframe(1).f_back
    if caller is not None and caller.f_code.co_code[caller.f_lasti] == _IMPORT_FROM:
        return ImportError(f"cannot import name {name!r} from {module!r}. Cure: {CURES[module][name]}", name=module)
    return _cured(text, module, name)


def without_attribute(what: str, owner: str, name: str) -> AttributeError:
    """The error for an attribute that an object lacks, by the class whose table has the cures."""
    text = f"{what} has no attribute {name!r}"
    return _cured(text, owner, name) if name in CURES[owner] else AttributeError(text)


def _cured(text: str, owner: str, name: str) -> AttributeError:
    # obj=None: Python would add a name of the object that looks alike, "Did you mean: 'tensordot'?" after `xnn.tensor`.
    return AttributeError(f"{text}. Cure: {CURES[owner][name]}", name=name, obj=None)


def offer(module: str) -> None:
    """Give a module the `__getattr__` that says the cures.

    From here, as type checkers take a module that defines one for a module that has every name.
    """

    def __getattr__(name: str) -> Any:  # noqa: N807  # Python's name
        raise without_name(module, name)

    setattr(sys.modules[module], "__getattr__", __getattr__)  # noqa: B010  # a name that checkers would look at


def offer_attributes(kind: type[T]) -> type[T]:
    """Give a class the cures of its table, as a decorator.

    No `__getattr__`, with which CPython 3.11 reads every other attribute slower: a slot in 20 ns and not in 6 (timeit,
    2 cores). A descriptor that raises costs nothing elsewhere.
    """
    names = CURES[kind.__name__]
    if stale := [name for name in names if hasattr(kind, name)]:
        raise TypeError(f"{kind.__name__} has {', '.join(stale)}, which its table of cures would hide")
    for name in names:
        setattr(kind, name, _Missing(kind, name))

    def __dir__(self: object) -> list[str]:  # noqa: N807  # Python's name
        return [name for name in object.__dir__(self) if name not in names or hasattr(self, name)]

    kind.__dir__ = __dir__  # type: ignore[method-assign]
    return kind


class _Missing:
    """An attribute that a class lacks: to read it is an AttributeError with the cure."""

    __slots__ = ("kind", "name")

    def __init__(self, kind: type, name: str) -> None:
        self.kind = kind
        self.name = name

    def __get__(self, instance: object, owner: type) -> Any:
        try:
            return getattr(super(self.kind, owner if instance is None else instance), self.name)  # of a mixin
        except AttributeError:
            what = f"type object {owner.__name__!r}" if instance is None else f"{owner.__name__!r} object"
            raise without_attribute(what, self.kind.__name__, self.name) from None

    def __repr__(self) -> str:
        return f"<no attribute: {CURES[self.kind.__name__][self.name]}>"
