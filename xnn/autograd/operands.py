"""What a call of a primitive is given: arrays, options, and scalars, of Python and of libraries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xnn.errors import DTypeError
from xnn_backends import Device, DeviceMismatchError, backend_of, why_not
from xnn_backends.dtypes import BY_NAME, DType

from .graph import Tracked

SCALARS = (float, int, bool, complex)
NO_ARRAY = (*SCALARS, type(None))
# Options that are taken as they are: a list is the caller's to change, and NumPy's numbers are not weak.
SETTLED = frozenset((int, tuple, type(None), bool, str, float, complex, DType, slice))


def settled(value: Any) -> Any:
    """An option that nobody changes afterwards: lists as tuples, and NumPy's scalars as Python's, which are weak."""
    if type(value) in (list, tuple):
        return tuple(map(settled, value))
    return value.item() if is_scalar(value) else value


def is_scalar(x: Any) -> bool:
    """Whether it is a library's scalar, which NumPy gives in the place of arrays of shape ()."""
    is_like_one = getattr(x, "shape", None) == () and hasattr(x, "item") and hasattr(x, "dtype")
    return is_like_one and not isinstance(x, Tracked) and backend_of(x) is None and not why_not(x)


def lift(arg: Any, name: str) -> tuple[Any, Device | None]:
    """A raw array and its device, or the Python scalar that a library's scalar stands for."""
    backend = backend_of(arg)
    if backend is not None:
        return arg, backend.device_of(arg)
    if not (why := why_not(arg)):
        if getattr(arg, "shape", None) == () and hasattr(arg, "item"):
            arg = arg.item()  # a NumPy scalar
        if isinstance(arg, SCALARS):
            return arg, None
        why = "Cure: xnn.asarray(...) first."
    raise DTypeError(f"{name.lstrip('_')} takes arrays and Python scalars; got {type(arg).__name__}. {why}")


def mismatch(name: str, one: Device, other: Device) -> DeviceMismatchError:
    """The error for arrays of two devices in one operation."""
    name = name.lstrip("_")
    return DeviceMismatchError(
        f"{name} works on arrays of one device; got {one} and {other}. Cure: x.to_device('{one}') moves one over."
    )


def device_of(x: Any, name: str) -> Device:
    """The device of an Array, or of a raw array of any backend."""
    device = x._device if isinstance(x, Tracked) else lift(x, name)[1]
    if device is None:
        raise DTypeError(f"{name} takes an array; got {type(x).__name__}. Cure: xnn.asarray(...) first.")
    return device


def raw_of(x: Any, name: str) -> tuple[Any, Device]:
    """The raw array, and the device, of an Array or of a raw array of any backend."""
    return (x._data, x._device) if isinstance(x, Tracked) else (x, device_of(x, name))


def copied(raw: Any, device: Device) -> Any:
    """A copy of what belongs to the user, who may write to it before the backward pass reads it."""
    with device.scope():
        return device.backend.xp.asarray(raw, copy=True)


def owned(raw: Any, arg: Any, device: Device) -> Any:
    """The raw form of an operand, in memory that the user does not see."""
    return copied(raw, device) if raw is arg and type(raw) not in NO_ARRAY else raw


_RANKS = {"bool": 0, "unsigned integer": 1, "signed integer": 1}  # 2: floating


def strong_types(scalars: Sequence[Any], types: Sequence[DType]) -> list[DType]:
    """The types of NumPy scalars beside arrays of these types, of those that are of a higher kind than all of them.

    Beside an array of its kind or above a NumPy scalar is weak as Python's, so that `x / np.sqrt(d)` keeps the type of
    x; otherwise it has the type that it came with.
    """
    highest = max((_RANKS.get(dtype.kind, 2) for dtype in types), default=-1)
    found = [BY_NAME.get(getattr(getattr(x, "dtype", None), "name", "")) for x in scalars]
    return [dtype for dtype in found if dtype is not None and _RANKS.get(dtype.kind, 2) > highest]


def with_types(args: Sequence[Any], raws: Sequence[Any], device: Device) -> Sequence[Any]:
    """Operands with arrays of shape () in the place of NumPy scalars that are not weak."""
    backend = device.backend
    types = [backend.known_dtypes[raw.dtype] for raw in raws if type(raw) not in NO_ARRAY]
    typed = list(args)
    for i, (arg, raw) in enumerate(zip(args, raws, strict=True)):
        strong = strong_types([arg], types) if arg is not raw and type(raw) in SCALARS else ()
        if strong and strong[0] in backend.raw_dtypes:
            with device.scope():
                typed[i] = backend.xp.asarray(raw, dtype=backend.raw_dtypes[strong[0]], device=device.raw)
    return typed if any(one is not other for one, other in zip(typed, args, strict=True)) else args
