"""A small array library: arrays of NumPy behind a class of their own, with every call counted.

It knows nothing of derivatives, nor of networks: what `count` shows of these, xnn has asked for.
"""

from __future__ import annotations

import contextlib
import functools
from collections import Counter
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np  # noqa: TID251  # an array library, which is what a backend is for

from xnn.backends import Namespace, get_backend


@dataclass
class Counts:
    """How often each function and operator was called, and how many bytes its results have (views as if copied)."""

    calls: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)


_open: ContextVar[tuple[Counts, ...]] = ContextVar("open counts", default=())


@contextlib.contextmanager
def count() -> Iterator[Counts]:
    """Count what is called while the `with` block runs."""
    counts = Counts()
    token = _open.set((*_open.get(), counts))
    try:
        yield counts
    finally:
        _open.reset(token)


class Array:
    """An array. Operators and conversions, which are counted, are put in below."""

    device = "cpu"
    __array_ufunc__ = None  # `numpy_array + x` is refused, not computed element by element
    __hash__ = None  # type: ignore[assignment]  # == compares elements

    def __init__(self, values: np.ndarray[Any, Any]) -> None:
        self.values = values

    @property
    def dtype(self) -> Any:
        return self.values.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.values.shape)

    @property
    def ndim(self) -> int:
        return self.values.ndim

    @property
    def size(self) -> int:
        return self.values.size

    @property
    def T(self) -> Array:  # noqa: N802  # the standard's name
        return Array(self.values.T)

    @property
    def mT(self) -> Array:  # noqa: N802  # the standard's name
        return Array(self.values.mT)

    def __array_namespace__(self, *, api_version: str | None = None) -> Functions:
        return functions

    def __repr__(self) -> str:
        return f"counted {self.values!r}"


def _unwrapped(x: Any) -> Any:
    """An argument, with NumPy's arrays in the place of ours."""
    if isinstance(x, Array):
        return x.values
    return type(x)(map(_unwrapped, x)) if type(x) in (tuple, list) else x


def _wrapped(x: Any) -> Any:
    """A result, the other way round; a scalar of NumPy is an array, and a named tuple stays one."""
    if isinstance(x, np.ndarray | np.generic):
        return Array(np.asarray(x))
    if isinstance(x, tuple | list):
        parts = map(_wrapped, x)
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    return x


def _size(x: Any) -> int:
    return x.values.nbytes if isinstance(x, Array) else sum(map(_size, x)) if isinstance(x, tuple | list) else 0


def _call(name: str, function: Any, /, *args: Any, **options: Any) -> Any:
    """Call a function of NumPy on our arrays, and count that."""
    result = _wrapped(function(*map(_unwrapped, args), **{key: _unwrapped(x) for key, x in options.items()}))
    for counts in _open.get():
        counts.calls[name] += 1
        counts.bytes[name] += _size(result)
    return result


def _method(name: str) -> Any:
    return lambda self, *args, **options: _call(name.strip("_"), getattr(self.values, name), *args, **options)


BINARY = (
    "add", "and", "floordiv", "lshift", "matmul", "mod", "mul", "or", "pow", "rshift", "sub", "truediv", "xor",
)  # fmt: skip
OTHERS = (
    "abs", "bool", "complex", "dlpack", "dlpack_device", "eq", "float", "ge", "getitem", "gt", "index", "int", "invert",
    "le", "lt", "ne", "neg", "pos", "setitem",
)  # fmt: skip
for _name in (*BINARY, *(f"r{name}" for name in BINARY), *OTHERS):
    setattr(Array, f"__{_name}__", _method(f"__{_name}__"))


class Functions:
    """The functions of the array API standard on these arrays, and its extensions `linalg` and `fft`."""

    def __init__(self, numpy: Any) -> None:
        self._numpy = numpy

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._numpy, name)
        if isinstance(found, Namespace | ModuleType):
            return Functions(found)
        is_function = callable(found) and not isinstance(found, type)  # and no data type
        return functools.partial(_call, name, found) if is_function else found


# NumPy's functions as xnn itself takes them: where NumPy departs from the standard, they do not.
functions = Functions(get_backend("numpy").xp)
