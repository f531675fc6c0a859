"""What NumPy takes in the place of arrays, numbers and lists of them, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xnn.autograd.graph import Tracked
from xnn.autograd.operands import device_of
from xnn_backends import backend_of

from .creation import asarray


def is_array(x: Any) -> bool:
    """Whether it is an Array, or a raw array of any backend, of any shape."""
    return isinstance(x, Tracked) or backend_of(x) is not None


def arrays_of(args: Sequence[Any], name: str) -> list[Any]:
    """Arrays in the place of numbers and lists, on the device of the arrays beside them; raw ones, if these all are."""
    found = [x for x in args if is_array(x)]
    if len(found) == len(args):
        return list(args)
    device = device_of(found[0], name) if found else None
    is_raw = bool(found) and not any(isinstance(x, Tracked) for x in found)
    made = [x if is_array(x) else asarray(x, device=device) for x in args]
    return [x._data if is_raw and isinstance(x, Tracked) else x for x in made]


def operand(x: Any, name: str) -> Any:
    """x, if it is an array, and an array of the number or the nested lists that it is."""
    return x if is_array(x) else arrays_of([x], name)[0]
