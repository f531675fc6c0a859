"""Functions that are written with Arrays alone, for raw arrays, numbers and lists as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.operands import arrays_of, device_of


def lifted(name: str, *args: Any) -> tuple[list[Any], Callable[[Any], Any]]:
    """Arrays in the place of the arguments, None where None was, and how a result of them is to be given back.

    That is as a raw array, if there were only such, or tuples and lists of them.
    """
    places = [i for i, x in enumerate(args) if x is not None]
    found = arrays_of([args[i] for i in places], name)
    is_raw = not any(isinstance(x, Tracked) for x in found)
    arrays: list[Any] = [None] * len(args)
    for i, x in zip(places, found, strict=True):
        arrays[i] = x if isinstance(x, Tracked) else frontend.array(x, device_of(x, name))
    return arrays, _raw if is_raw else _same


def _same(x: Any) -> Any:
    return x


def _raw(x: Any) -> Any:
    if isinstance(x, (tuple, list)):
        return type(x)(map(_raw, x))
    return x._data if isinstance(x, Tracked) else x
