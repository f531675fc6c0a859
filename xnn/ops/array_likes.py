"""What NumPy takes in the place of arrays, numbers and lists of them, as arrays."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from xnn import dtypes
from xnn.autograd.graph import Tracked
from xnn.autograd.operands import SCALARS as NUMBERS
from xnn.autograd.operands import device_of, is_scalar
from xnn.dtypes import DType
from xnn_backends import Device, backend_of

from .creation import asarray
from .data_types import dtype_of
from .promotion import arithmetic
from .searching import as_arrays


def is_array(x: Any) -> bool:
    """Whether it is an Array, or a raw array of any backend, of any shape."""
    return isinstance(x, Tracked) or backend_of(x) is not None


def arrays_of(args: Sequence[Any], name: str) -> list[Any]:
    """Arrays in the place of numbers and lists, on the device of the arrays beside them; raw ones, if these all are.

    Python's floats take the floating type of the arrays, so that 0.1 beside float64 is not rounded to float32.
    """
    found = [x for x in args if is_array(x)]
    if len(found) == len(args):
        return list(args)
    device = device_of(found[0], name) if found else None
    is_raw = bool(found) and not any(isinstance(x, Tracked) for x in found)
    types = [dtype_of(x) for x in found if dtype_of(x).is_floating]
    made = [x if is_array(x) else _alike(x, types, device) for x in args]
    return [x._data if is_raw and isinstance(x, Tracked) else x for x in made]


def _alike(x: Any, types: Sequence[DType], device: Device | None) -> Any:
    """An array of numbers, in these floating types where it would have the default one."""
    array = asarray(x, device=device)
    default = dtypes.get_default_dtype()
    if not types or array.dtype not in (default, dtypes.complex_of(default)):
        return array
    wanted = functools.reduce(dtypes.promote_dtypes, types)
    if array.dtype.kind == "complex floating" and wanted.kind == "real floating":
        wanted = dtypes.complex_of(wanted)
    return array if wanted is array.dtype else asarray(x, dtype=wanted, device=device)


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
