"""What NumPy takes in the place of arrays, numbers and lists of them, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xnn.autograd.graph import Tracked
from xnn.autograd.operands import SCALARS as NUMBERS
from xnn.autograd.operands import device_of, is_scalar
from xnn_backends import Device, backend_of

from .creation import asarray
from .promotion import arithmetic
from .searching import as_arrays


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


def lists_of(args: Sequence[Any], name: str) -> list[Any]:
    """Arrays in the place of lists; numbers stay, beside an array, since they are weak."""
    made = [x if is_array(x) or isinstance(x, NUMBERS) or is_scalar(x) else operand(x, name) for x in args]
    return made if any(map(is_array, made)) else arrays_of(made, name)


def alike(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
    """Arrays of one type, also in the place of Python scalars."""
    args = as_arrays(device, args, raws)
    return arithmetic(device, args, [x._data if isinstance(x, Tracked) else x for x in args])


alike.sees_scalars = True  # type: ignore[attr-defined]
