"""What `asarray` makes of objects that are no Array: numbers, nested lists, and what other libraries have for arrays.

What has a data type keeps it; Python's numbers alone are weak, and have the default type of their kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xnn import dtypes
from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.operands import SCALARS, copied, mismatch
from xnn.dtypes import DType
from xnn.errors import DTypeError, GraphError, RangeError, ShapeError
from xnn_backends import Device, backend_of, find_device, get_backend, why_not
from xnn_backends.dtypes import BY_NAME

from . import data_types, interchange, manipulation

NUMBERS = frozenset(SCALARS)
# What helps, by NumPy's letter for the kind of a type that is none of ours, or by the class of what is no number.
CURES = {
    "M": "the time since a start in a unit, (x - start) / np.timedelta64(1, 's')",
    "m": "the time in a unit, x / np.timedelta64(1, 's')",
    "V": "one field at a time, x['name']",
    "c": "x.astype('complex128')",
    "str": "float(x), if they are numbers; of a table the columns of numbers alone",
    "NoneType": "a number in its place, as float('nan')",
    "NAType": "x.fillna(...), or x.to_numpy('float64', na_value=float('nan'))",
    **dict.fromkeys(("set", "frozenset", "generator", "map", "zip", "dict_values", "dict_keys"), "list(x)"),
    "dict": "list(x.values())",
}


def from_object(obj: Any, dtype: DType | None, device: Any, copy: bool | None) -> tuple[Any, bool]:
    """An Array of what is none, and whether it is on its own device; otherwise it is where `device` says."""
    if isinstance(obj, SCALARS) and not hasattr(obj, "dtype"):
        return _put(_of_numbers(obj, dtype, set()), device, None if copy else copy), False
    if _is_nested(obj):
        return _of_nested(obj, dtype, device, None if copy else copy)
    found = _typed(obj)
    if isinstance(found, Tracked):
        raw, source = found._data, found._device
        if copy is False or (dtype is not None and source.backend.dtype_of(raw) is not dtype):
            return found, True  # without a copy, or with that which the cast makes
        return frontend.array(copied(raw, source), source), True
    host = get_backend("numpy")
    cast = found
    if dtype in host.raw_dtypes and found.dtype in host.known_dtypes and copy is not False:
        cast = data_types.astype(found, dtype, copy=False)
    # what is shared with the host's array would change when that does
    return _put(cast, device, None if cast is not found else copy is None or copy), False


def _put(raw: Any, device: Any, copy: bool | None) -> Any:
    target = find_device(device)
    return frontend.array(target.backend.from_numpy(raw, target, copy), target)


# ---- one object ----


def _typed(obj: Any) -> Any:
    """What has a data type of its own: a NumPy array of it, or an Array over what is no NumPy array."""
    backend, host = backend_of(obj), get_backend("numpy")
    if backend is host:
        return _checked(obj, obj)
    if backend is not None:
        if getattr(obj, "requires_grad", False):
            raise GraphError(
                f"asarray would leave the graph of {backend.name} unseen: this array requires a gradient "
                "there. Cure: x.detach() first."
            )
        return frontend.array(obj, backend.device_of(obj))
    if any(hasattr(obj, protocol) for protocol in ("__array__", "__array_interface__", "__array_struct__")):
        return _checked(host.xp.asanyarray(obj), obj)
    if hasattr(obj, "__dlpack__"):
        return interchange.from_dlpack(obj)
    try:
        buffer = memoryview(obj)
    except TypeError:
        return _checked(host.xp.asarray(obj, dtype=object), obj)
    return _checked(host.xp.asarray(buffer), obj)


def _checked(raw: Any, obj: Any) -> Any:
    """The NumPy array that stands for an object, if it is of numbers or bools."""
    why = why_not(raw)
    if hasattr(raw, "mask"):
        raise DTypeError(f"asarray takes arrays without a mask; got {type(raw).__name__}. {why}")
    if raw.dtype.name in BY_NAME:
        return get_backend("numpy").xp.asarray(raw) if why else raw
    came, name = str(raw.dtype), raw.dtype.kind
    if raw.dtype.kind == "O":
        numbers = raw.reshape(-1).tolist()
        odd = next((type(number).__name__ for number in numbers if type(number) not in NUMBERS), "")
        if not odd and raw is not obj:  # a table of integers and bools, say
            return get_backend("numpy").xp.asarray(raw.tolist())
        came, name = "object" if raw is obj else type(obj).__name__, odd
        if raw.ndim and odd:
            came += f", with {odd} in it"
    cure = CURES.get(name, "float(x)" if hasattr(obj, "__float__") and not raw.ndim else "x.astype('float64')")
    raise DTypeError(f"asarray takes numbers and bools; got {came}. Cure: {cure}.")


# ---- nested lists ----


def _is_nested(obj: Any) -> bool:
    if isinstance(obj, (list, tuple, range)):
        return True
    if not isinstance(obj, Sequence) or isinstance(obj, str) or hasattr(obj, "__array__"):
        return False
    try:
        memoryview(obj)  # type: ignore[arg-type]  # that is asked
    except TypeError:
        return True
    return False


def _kinds(obj: Any) -> set[type]:
    """The classes of what is in nested lists."""
    kinds = set(map(type, obj))
    if kinds <= NUMBERS:
        return kinds
    for part in obj:
        if _is_nested(part):
            kinds |= _kinds(part)
    return {kind for kind in kinds if not issubclass(kind, (list, tuple, range))}


def _of_nested(obj: Any, dtype: DType | None, device: Any, copy: bool | None) -> tuple[Any, bool]:
    """An Array of nested lists; on the device of the arrays in them, if one is of another library than NumPy."""
    kinds = _kinds(obj)
    if kinds <= NUMBERS:
        return _put(_of_numbers(obj, dtype, kinds), device, copy), False
    leaves: list[Any] = []
    nested = _with_arrays(obj, leaves)
    wanted = _common(leaves) if dtype is None else dtype
    arrays = [leaf for leaf in leaves if isinstance(leaf, Tracked)]
    if not arrays:
        raw = _rectangular(nested, None)
        host = get_backend("numpy")
        if wanted in host.raw_dtypes:
            raw = data_types.astype(raw, wanted, copy=False)
        return _put(raw, device, copy), False
    for array in arrays:
        if array._device is not arrays[0]._device:
            raise mismatch("asarray", arrays[0]._device, array._device)
    return _stacked(nested, wanted, arrays[0]._device), True


def _with_arrays(obj: Any, leaves: list[Any]) -> Any:
    """Nested lists with arrays in the place of what has a data type; all that is no list is gathered."""
    if _is_nested(obj):
        return [_with_arrays(part, leaves) for part in obj]
    is_number = isinstance(obj, SCALARS) and not hasattr(obj, "dtype")
    leaf = obj if is_number or isinstance(obj, Tracked) else _typed(obj)
    if not getattr(getattr(leaf, "dtype", None), "isnative", True):
        leaf = leaf.astype(leaf.dtype.newbyteorder("="))
    leaves.append(leaf)
    return leaf


def _common(leaves: Sequence[Any]) -> DType:
    """The type of all that has one; Python's numbers beside it are weak."""
    weak = [leaf for leaf in leaves if isinstance(leaf, SCALARS)]
    common: DType | None = None
    for leaf in leaves:
        if not isinstance(leaf, SCALARS):
            found = data_types.dtype_of(leaf)
            common = found if common is None else dtypes.promote_dtypes(common, found)
    assert common is not None
    whole = [number for number in weak if isinstance(number, int)]
    for number in [*weak, *([max(whole), min(whole)] if whole else [])]:
        common = dtypes.promote_scalar(common, number)
    return common


def _stacked(nested: Any, dtype: DType, device: Device) -> Any:
    """An Array of nested lists of Arrays, NumPy arrays and numbers."""
    if not isinstance(nested, list):
        if isinstance(nested, Tracked):
            return data_types.astype(nested, dtype, copy=False)
        return frontend.xp.asarray(nested, dtype=dtype, device=device)
    if not nested:
        return frontend.xp.zeros((0,), dtype=dtype, device=device)
    parts = [_stacked(part, dtype, device) for part in nested]
    shapes = dict.fromkeys(part.shape for part in parts)
    if len(shapes) > 1:
        raise _ragged("", " and ".join(map(str, shapes)))
    return manipulation.stack(parts)


def _of_numbers(obj: Any, dtype: DType | None, kinds: set[type]) -> Any:
    """A NumPy array of a Python number or nested lists of them, of the type given or the default one of their kind."""
    host = get_backend("numpy")
    raw = _rectangular(obj, None)
    if raw.dtype not in host.known_dtypes:
        numbers = raw.reshape(-1).tolist()
        if dtype is None or not dtype.is_floating:
            largest = max((number for number in numbers if type(number) is int), key=abs)
            raise DTypeError(f"no integer type holds {largest}. Cure: dtype=xnn.float64.")
        raw = _rectangular(obj, host.xp.complex128 if dtype.kind == "complex floating" else host.xp.float64)
    found = host.known_dtypes[raw.dtype]
    if dtype is None and found.is_floating and kinds and kinds <= {int, bool}:
        dtype = dtypes.uint64  # NumPy's integers beyond int64 are floating beside those within
    if dtype is None:
        real = dtypes.get_default_dtype()
        dtype = {"real floating": real, "complex floating": dtypes.complex_of(real)}.get(found.kind, found)
    if found is dtype or dtype not in host.raw_dtypes:
        return raw
    if "integer" in dtype.kind and found.kind != "complex floating":
        # from the numbers themselves: 0 beside 2**63 made `raw` floating; one that it cannot hold raises
        return _rectangular(obj, host.raw_dtypes[dtype])
    return data_types.astype(raw, dtype)


def _rectangular(obj: Any, raw_dtype: Any) -> Any:
    """A NumPy array of nested lists."""
    try:
        return get_backend("numpy").xp.asarray(obj, dtype=raw_dtype)
    except OverflowError as error:
        raise RangeError(f"asarray: {error}. Cure: a dtype that holds it.") from error
    except ValueError as error:
        if "inhomogeneous" in str(error) or "broadcast" in str(error):
            raise _ragged(str(error).rpartition("shape was ")[2].partition(" + ")[0]) from error
        raise DTypeError(f"asarray: {error}. Cure: a floating dtype.") from error


def _ragged(below: str, shapes: str = "") -> ShapeError:
    came = (
        f"parts of shapes {shapes}" if shapes else f"an inhomogeneous one{f', below the shape {below}' * bool(below)}"
    )
    return ShapeError(
        f"asarray takes lists of one length at each depth; got {came}. "
        "Cure: pad the short ones, or keep a list of arrays."
    )
