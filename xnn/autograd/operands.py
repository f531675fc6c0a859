"""What a call of a primitive is given: arrays, options, and scalars, of Python and of libraries."""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from typing import Any

from xnn.dtypes import complex_of, get_default_dtype, promote_dtypes
from xnn.errors import DTypeError
from xnn_backends import Device, DeviceMismatchError, backend_of, find_device, why_not
from xnn_backends.dtypes import BY_NAME, DType, native

from .graph import Tracked, frontend

SCALARS = (float, int, bool, complex)
NO_ARRAY = (*SCALARS, type(None))
LISTS = (list, tuple, range)
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
        if arg.dtype not in backend.known_dtypes and not getattr(arg.dtype, "isnative", True):
            arg = native(arg)
        return arg, backend.device_of(arg)
    if not (why := why_not(arg)):
        if getattr(arg, "shape", None) == () and hasattr(arg, "item"):
            arg = arg.item()  # a NumPy scalar
        if isinstance(arg, SCALARS):
            return arg, None
        why = "Cure: xnn.asarray(...) first."
    raise DTypeError(f"{name.lstrip('_')} takes arrays and Python scalars; got {type(arg).__name__}. {why}")


def is_array(x: Any) -> bool:
    """Whether it is an Array, or a raw array of any backend, of any shape."""
    return isinstance(x, Tracked) or backend_of(x) is not None


def is_container(x: Any) -> bool:
    """Whether it is another library's holder of host values, as a Series of pandas or a DataArray of xarray is."""
    return not is_array(x) and hasattr(x, "__array__") and not is_scalar(x) and not why_not(x)


def ufunc_of_container(name: str, args: Sequence[Any]) -> Any:
    """NumPy's ufunc of this name, where a holder among the operands computes with what it holds; or None.

    pandas does not: a Series would take an Array for a list of objects.
    """
    if any(hasattr(x, "__array_ufunc__") and is_container(x) and not hasattr(x, "__pandas_priority__") for x in args):
        numpy = sys.modules.get("numpy")
        found = getattr(numpy, name.lstrip("_"), None)
        return found if isinstance(found, getattr(numpy, "ufunc", ())) else None
    return None


def operand(x: Any, name: str) -> Any:
    """x, if it is an array, and an array of the number or the nested lists that it is."""
    return x if is_array(x) else with_arrays([x], name)[0]


def with_arrays(args: Sequence[Any], name: str) -> list[Any]:
    """Operands among which there is no array, or a list, with arrays in the place of lists, and of numbers alone.

    Lists are what `asarray` makes of them, on the device of the arrays beside them; Arrays in them stay on the graph.
    What pandas' kin hold is as a raw array of NumPy. What holds NumPy's scalars and raw arrays, but no Array, is raw.

    Raises:
        DTypeError: for what is no array, no number and no list of these.
    """
    leaves = [leaf for arg in args for leaf in leaves_of(arg)]
    arrays = [x for x in leaves if is_array(x)]
    devices = [device_of(x, name) for x in arrays]
    if devices and any(map(is_container, leaves)):
        devices.append(find_device("numpy:cpu"))
    for device in devices:
        if device is not devices[0]:
            raise mismatch(name, devices[0], device)
    typed = [x for x in leaves if x is not None and (hasattr(x, "dtype") or is_container(x))]
    is_raw = bool(typed) and not any(isinstance(x, Tracked) for x in typed)
    device_given = devices[0] if devices else "numpy:cpu" if is_raw else None
    made = list(args)
    for i, arg in enumerate(args):
        is_list = isinstance(arg, LISTS) or is_container(arg)
        is_number = not is_list and not is_array(arg) and arg is not None
        if is_number:
            lift(arg, name)  # raises for what is no number
        if is_list or (is_number and not arrays and (hasattr(arg, "dtype") or not typed)):
            beside = [] if any(one is other for one in typed for other in leaves_of(arg)) else arrays
            array = beside_arrays(arg, beside, device_given)
            made[i] = array._data if is_raw else array
    return made


def beside_arrays(x: Any, arrays: Sequence[Any], device: Any) -> Any:
    """An Array of Python's numbers, which take the floating type of the arrays beside them: 0.1 is not float32's there.

    Without floating arrays, or of integers, it has the default type of its kind.
    """
    array = frontend.xp.asarray(x, device=device)
    types = [dtype for dtype in map(_type_of, arrays) if dtype.is_floating]
    default = get_default_dtype()
    if not types or array.dtype not in (default, complex_of(default)):
        return array
    wanted = functools.reduce(promote_dtypes, types)
    if array.dtype.kind == "complex floating" and wanted.kind == "real floating":
        wanted = complex_of(wanted)
    return array if wanted is array.dtype else frontend.xp.asarray(x, dtype=wanted, device=device)


def _type_of(x: Any) -> DType:
    raw, device = raw_of(x, "")
    return device.backend.dtype_of(raw)


def as_scalars_are(args: Sequence[Any], out: Any) -> Any:
    """A result of NumPy's scalars alone as such a scalar, which is a number to Matplotlib and others."""
    if isinstance(out, Tracked) or getattr(out, "shape", None) != () or any(map(_is_holder, args)):
        return out
    return out[()] if backend_of(out) is not None and backend_of(out[()]) is None else out


def _is_holder(x: Any) -> bool:
    return isinstance(x, LISTS) or is_container(x)


def arrays_of(args: Sequence[Any], name: str) -> list[Any]:
    """Arrays in the place of numbers and lists, on the device of the arrays beside them; raw ones, if these all are.

    Floats of Python's take the floating type of the arrays, see `beside_arrays`.

    Raises:
        DTypeError: for what is no array, no number and no list of these.
    """
    made = with_arrays(args, name)
    arrays = [x for x in made if is_array(x)]
    if len(arrays) == len(made):
        return made
    device, is_raw = device_of(arrays[0], name), not any(isinstance(x, Tracked) for x in arrays)
    for i, x in enumerate(made):
        if isinstance(x, SCALARS) or is_scalar(x):
            array = beside_arrays(x, arrays, device)
            made[i] = array._data if is_raw else array
    return made


def leaves_of(x: Any) -> list[Any]:
    """What nested lists hold; of what is no list, itself."""
    return [leaf for part in x for leaf in leaves_of(part)] if isinstance(x, LISTS) else [x]


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
