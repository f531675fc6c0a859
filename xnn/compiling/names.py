"""What a step knows by name, as it is before it runs: numbers and objects that decide what it computes.

From the step on, what its code names is looked at: in closures, defaults, its module, and as attributes; of functions
and methods that it so reaches, as well. Of libraries, functions are not gone into.
"""

from __future__ import annotations

import collections
import functools
import random
import sys
import sysconfig
import weakref
from collections.abc import Iterator, Mapping, Sequence, Set
from contextvars import ContextVar
from types import CellType, CodeType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any, NamedTuple

from xnn.autograd.graph import Tracked
from xnn.nn.hooks import Hooks
from xnn.nn.registry import Registry
from xnn.optim.optimizer import Optimizer
from xnn.random import Generator as Stream
from xnn_backends import backend_of

from .objects import PLAIN, is_still

LONGEST = 2000  # elements of a list, or keys and values of a dict, as each is looked at in each call
LARGEST = 1 << 16  # bytes of an array of NumPy
STILL = PLAIN | {float, complex, type(NotImplemented)}  # nothing hangs on them
CONTAINERS = (list, dict, set, collections.deque, ContextVar)
DYNAMIC = frozenset(["vars", "getattr", "__dict__"])  # by which any attribute may be named
LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


class Watch(NamedTuple):
    """Where a value was found: by a key in a dict, as an attribute, in a closure's cell (None), or all of it (...)."""

    holder: Any
    key: Any
    value: Any

    def condition(self, holder: str) -> str:
        """The text of what is there now."""
        if type(self.holder) is CellType:
            return f"{holder}.cell_contents"
        is_mapping = type(self.holder) is dict or type(self.holder).__name__ == "mappingproxy"
        return f"{holder}.get({self.key!r})" if is_mapping else f"getattr({holder}, {self.key!r}, None)"


class Names:
    """What a step knows by name.

    Attributes:
        watches: what has to be the same when the step is replayed.
        optimizers: those among what it knows.
        reason: why that cannot be looked at; None if it can.
    """

    def __init__(self, step: Any, given: Sequence[Any]) -> None:
        """`given`: arguments that are no arrays, which count too: the `self` of a method."""
        self._used: set[str] = set()
        count = -1
        while len(self._used) > count:  # a function that is reached names more
            count = len(self._used)
            self.watches: list[Watch] = []
            self.optimizers: list[Optimizer] = []
            self.reason: str | None = None
            self._seen: dict[int, Any] = {}
            self._todo: list[Any] = [step, *given]  # no recursion: objects may hang in long chains
            while self._todo:
                self._look(self._todo.pop())

    def _look(self, x: Any) -> None:
        if type(x) in STILL or isinstance(x, Tracked | Stream) or id(x) in self._seen:
            return
        self._seen[id(x)] = x
        if isinstance(x, FunctionType):
            self._function(x)
        elif isinstance(x, MethodType):
            self._todo.extend([x.__func__, x.__self__])
        elif isinstance(x, functools.partial):
            self._todo.extend([x.func, x.args, x.keywords])
        elif isinstance(x, property):
            self._todo.append(x.fget)
        elif isinstance(x, classmethod | staticmethod):
            self._todo.append(x.__func__)
        elif isinstance(x, functools.cached_property):
            self._todo.append(x.func)
        elif isinstance(x, weakref.ref):
            self._todo.append(x())
        elif isinstance(x, type):
            self._class(x, x)
        elif isinstance(x, ModuleType):
            self._in(vars(x) if is_users(x.__name__) else {})
        elif isinstance(x, tuple | frozenset):
            self._todo.extend(x)
        elif is_container(x):
            self._container(x)
        elif isinstance(x, Registry):
            self._module(x)
        elif backend_of(x) is not None:
            self._array(x)
        else:
            self._object(x)

    def _watch(self, holder: Any, key: str | None, value: Any) -> None:
        self.watches.append(Watch(holder, key, value))
        self._todo.append(value)

    def _in(self, names: dict[str, Any]) -> None:
        """What is named, of the attributes in a dict."""
        used = list(names) if self._used & DYNAMIC else sorted(self._used.intersection(names))
        for name in used:
            self._watch(names, name, names[name])

    def _function(self, function: FunctionType) -> None:
        contents = [(cell, cell.cell_contents) for cell in function.__closure__ or () if not is_empty(cell)]
        if not is_users(function.__globals__.get("__name__", "")):  # as xnn.grad(f), or a decorator
            self._todo.extend(x for _, x in contents if callable(x))
            self._todo.append(getattr(function, "__wrapped__", None))
            return
        named = set(words(function.__code__))
        self._used |= named
        for cell, x in contents:
            self._watch(cell, None, x)
        for name in sorted(named.intersection(function.__globals__)):
            self._watch(function.__globals__, name, function.__globals__[name])
        for name in ("__defaults__", "__kwdefaults__"):
            if getattr(function, name):
                self._watch(function, name, getattr(function, name))
        self._in(vars(function))

    def _container(self, x: Any) -> None:
        found = elements(x)
        if len(found) > LONGEST:
            self.reason = f"it knows a {type(x).__name__} of {len(x)} by name. Cure: what it needs of it as an argument"
            return
        self.watches.append(Watch(x, ..., found))
        self._todo.extend(found)

    def _array(self, x: Any) -> None:
        """A raw array, from which numbers may be taken unseen: of NumPy, its values are looked at."""
        if hasattr(type(x), "tobytes") and x.nbytes <= LARGEST:
            self.watches.append(Watch(x, ..., elements(x)))
        else:
            self.reason = (
                f"an array of shape {tuple(x.shape)} came from outside of what is recorded, by a name of the step's. "
                "Cure: xnn.asarray outside of it, or an argument"
            )

    def _class(self, kind: type, owner: Any) -> None:
        """What a class has, for it or for an object of it: the functions of users, and plain values that are named."""
        for base in kind.__mro__:
            if not is_users(base.__module__):
                continue
            for name, value in list(vars(base).items()):
                is_called = name[:2] == "__" and name != "__init__"
                if name not in self._used and not (is_called and isinstance(value, FunctionType)):
                    continue
                own = getattr(owner, "__dict__", {})
                if isinstance(value, MemberDescriptorType):
                    if owner is not kind and hasattr(owner, name):
                        self._watch(owner, name, getattr(owner, name))
                elif owner is kind or name not in own:
                    self._watch(vars(base), name, value)
                    if owner is not kind and type(own) is dict and not is_called:
                        self.watches.append(Watch(own, name, None))  # which would come before

    def _module(self, x: Registry) -> None:
        """Of a network, what attributes hold: these themselves are looked at when they are read."""
        self._used.add("forward")
        self._class(type(x), x)
        own = vars(x)
        self._watch(own, "forward", own.get("forward"))
        for name in sorted(self._used.intersection(own)):
            self._todo.extend(elements(own[name]) if isinstance(own[name], dict | list) else [own[name]])
        self._todo.extend(own.get("_modules", {}).values())
        hooks = own.get("_hooks")
        if isinstance(hooks, Hooks):
            self._todo.extend(function for kind in vars(hooks).values() for function in list(kind.values()))

    def _object(self, x: Any) -> None:
        if isinstance(x, Optimizer):
            self.optimizers.append(x)
            if "param_groups" in self._used:
                self._todo.append(x.param_groups)
            return
        if hasattr(type(x), "__next__") or hasattr(type(x), "bit_generator") or isinstance(x, random.Random):
            self.reason = f"it knows {type(x).__name__} by name, which goes on when used. Cure: an argument"
        own = getattr(x, "__dict__", None)
        if type(own) is dict:
            self._in(own)
            self._todo.append(own.get("__wrapped__"))
        self._class(type(x), x)


def is_container(x: Any) -> bool:
    """Whether all is looked at that a value has: not of a class of the user's, which may compute it."""
    return isinstance(x, CONTAINERS) or (isinstance(x, Mapping | Sequence | Set) and not is_users(type(x).__module__))


def elements(container: Any) -> list[Any]:
    """All that a container has, in order: also an array of NumPy, or a variable of the context."""
    if hasattr(type(container), "dtype"):
        return [container.shape, str(container.dtype), container.tobytes()]
    if isinstance(container, ContextVar):
        return [container.get(None)]
    return [*container, *container.values()] if isinstance(container, Mapping) else list(container)


def is_unchanged(container: Any, before: list[Any]) -> bool:
    """Whether a container has what it had."""
    return is_still(elements(container), before)


def streams() -> tuple[Any, ...]:
    """Where the random numbers of Python and of NumPy are, which no replay draws."""
    numpy = sys.modules.get("numpy.random")
    return random.getstate(), None if numpy is None else str(numpy.get_state())


def is_empty(cell: CellType) -> bool:
    """Whether a closure's cell has nothing in it yet."""
    try:
        cell.cell_contents  # noqa: B018  # which raises
    except ValueError:
        return True
    return False


def words(code: CodeType) -> Iterator[str]:
    """The names in a function's code and that of functions within, and its texts: for `getattr`."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from words(constant)
        elif isinstance(constant, str):
            yield constant


@functools.cache
def is_users(name: str) -> bool:
    """Whether a module is neither xnn's, nor of Python's library, nor installed."""
    if name.partition(".")[0] in ("xnn", "xnn_backends") or name.partition(".")[0] in sys.stdlib_module_names:
        return False
    return not str(getattr(sys.modules.get(name), "__file__", None) or "").startswith(LIBRARIES)
