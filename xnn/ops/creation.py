"""Creation functions of the array API standard.

`dtype=None` means the default data type (for zeros, ones, linspace, floats of full and asarray),
`device=None` the default device; see `xnn.set_default_dtype` and `xnn.set_default_device`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xnn import dtypes
from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.primitive import SCALARS, lift
from xnn.dtypes import DType
from xnn.errors import DTypeError
from xnn_backends import Device, find_device, get_backend

from . import data_types, manipulation

__all__ = [
    "arange",
    "asarray",
    "empty",
    "eye",
    "full",
    "full_like",
    "linspace",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]

Shape = int | tuple[int, ...]
Where = str | Device | None


def asarray(
    obj: Any,
    /,
    *,
    dtype: Any = None,
    device: Where = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Any:
    """An Array of a Python scalar, (nested) list, NumPy array, or raw array of any backend.

    Args:
        obj: what to take, of any shape. An Array, and a raw array of a backend other than NumPy, stay on their device.
        dtype: the data type; None keeps an array's own, and gives Python floats the default type.
        device: where the array shall be; None: the default device for what comes from the host.
        copy: True always copies; False never, and raises where it must; None copies only what
            comes from NumPy, so that a later change there cannot make a gradient wrong.
        requires_grad: make it a leaf whose gradient is wanted.

    Raises:
        DeviceError: if the device cannot be used.
        DTypeError: if `dtype` means no data type, or obj has none of the standard's.
        ValueError: for copy=False where a copy cannot be avoided, and for ragged lists.

    Example:
        >>> import xnn as xp
        >>> xp.asarray([[1.0, 2.0], [3.0, 4.0]], device="cpu")
        Array([[1. 2.]
               [3. 4.]], dtype=float32, device='numpy:cpu')
    """
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    if isinstance(obj, Tracked):
        raw, found, result = obj._data, obj._device, obj
        if copy:
            result = data_types.astype(obj, found.backend.dtype_of(raw))
    else:
        raw, found = _from_host(obj, wanted, device, copy)
        result = frontend.array(raw, found)
    target = found if device is None else find_device(device)
    if wanted is not None and found.backend.dtype_of(raw) is not wanted:
        if copy is False:
            raise ValueError(f"asarray with copy=False cannot change the type to {wanted.name}")
        result = data_types.astype(result, wanted)
    if target is not found:
        if copy is False:
            raise ValueError(f"asarray with copy=False cannot move from {found} to {target}")
        result = manipulation.to_device(result, target)
    if requires_grad:
        result = frontend.array(result._data, result._device)
        result.requires_grad = True
    return result


def _from_host(obj: Any, dtype: DType | None, device: Where, copy: bool | None) -> tuple[Any, Device]:
    host = get_backend("numpy")
    if type(obj) not in SCALARS and not isinstance(obj, (list, tuple)):
        try:
            raw, found = lift(obj, "asarray")
        except TypeError:
            raw, found = obj, None
        if found is not None and found.backend is not host:
            if copy:
                with found.scope():
                    raw = found.backend.xp.astype(raw, raw.dtype, copy=True)
            return raw, found
        obj = raw
    if isinstance(obj, (list, tuple)):
        obj = _untracked(obj)
    raw = host.xp.asarray(obj)
    if found_dtype := _host_dtype(obj, raw, dtype):
        raw = host.xp.astype(raw, host.raw_dtypes[found_dtype])
        copy = None if copy else copy  # it is a copy already
    elif host.xp.isdtype(raw.dtype, ("bool", "numeric")) is False:
        raise DTypeError(f"asarray takes numbers and bools; got {raw.dtype} of {type(obj).__name__}")
    target = find_device(device)
    if copy is None and hasattr(obj, "dtype") and not found_dtype:
        copy = True  # what is shared with the host's array would change when that does
    return target.backend.from_numpy(raw, target, copy), target


def _host_dtype(obj: Any, raw: Any, dtype: DType | None) -> DType | None:
    """The type to cast to on the host, or None where it is right already."""
    known = get_backend("numpy").known_dtypes
    if raw is obj or hasattr(obj, "dtype"):  # an array keeps its type
        return dtype if dtype is not None and raw.dtype in known and known[raw.dtype] is not dtype else None
    if dtype is not None:
        return dtype
    if raw.dtype in known and known[raw.dtype].kind == "real floating":
        return dtypes.get_default_dtype()
    if raw.dtype in known and known[raw.dtype].kind == "complex floating":
        return dtypes.complex_of(dtypes.get_default_dtype())
    return None


def _untracked(obj: Any) -> Any:
    """Nested lists with Python scalars in the place of Arrays of shape ()."""
    if isinstance(obj, (list, tuple)):
        return [_untracked(x) for x in obj]
    if isinstance(obj, Tracked):
        if obj._node is not None:
            raise TypeError("asarray of a list would leave the graph unseen. Cure: xnn.stack(...) of the arrays.")
        return obj.tolist()  # type: ignore[attr-defined]  # a Tracked is an Array
    return obj


def _make(device: Where, dtype: Any, function: Callable[[Any, Any, Any], Any]) -> Any:
    """Call a creation function in the device's scope."""
    found = find_device(device)
    raw_dtype = None if dtype is None else found.backend.raw_dtype(dtypes.as_dtype(dtype))
    with found.scope():
        return frontend.array(function(found.backend.xp, raw_dtype, found.raw), found)


def zeros(shape: Shape, *, dtype: Any = None, device: Where = None) -> Any:
    """Zeros of a shape."""
    return _make(device, dtype or dtypes.get_default_dtype(), lambda xp, t, d: xp.zeros(shape, dtype=t, device=d))


def ones(shape: Shape, *, dtype: Any = None, device: Where = None) -> Any:
    """Ones of a shape."""
    return _make(device, dtype or dtypes.get_default_dtype(), lambda xp, t, d: xp.ones(shape, dtype=t, device=d))


def empty(shape: Shape, *, dtype: Any = None, device: Where = None) -> Any:
    """Memory of a shape, with whatever it holds."""
    return _make(device, dtype or dtypes.get_default_dtype(), lambda xp, t, d: xp.empty(shape, dtype=t, device=d))


def full(shape: Shape, fill_value: Any, *, dtype: Any = None, device: Where = None) -> Any:
    """One value in every element of a shape; its type is the default one of its kind."""
    if type(fill_value) not in SCALARS:
        fill_value = fill_value.item()  # a NumPy scalar, or an array of shape ()
    if dtype is None:
        kinds = {bool: dtypes.bool_, int: dtypes.int64, float: dtypes.get_default_dtype()}
        dtype = kinds.get(type(fill_value), dtypes.complex_of(dtypes.get_default_dtype()))
    return _make(device, dtype, lambda xp, t, d: xp.full(shape, fill_value, dtype=t, device=d))


def arange(
    start: float, /, stop: float | None = None, step: float = 1, *, dtype: Any = None, device: Where = None
) -> Any:
    """start, start + step, ... below stop, of shape (n,); with one argument, 0 to that. int64 unless one is a float."""
    if stop is None:
        start, stop = 0, start
    if dtype is None:
        dtype = dtypes.get_default_dtype() if any(isinstance(v, float) for v in (start, stop, step)) else dtypes.int64
    return _make(device, dtype, lambda xp, t, d: xp.arange(start, stop, step, dtype=t, device=d))


def linspace(
    start: float, stop: float, /, num: int, *, dtype: Any = None, device: Where = None, endpoint: bool = True
) -> Any:
    """`num` evenly spaced numbers from start to stop, of shape (num,)."""
    return _make(
        device,
        dtype or dtypes.get_default_dtype(),
        lambda xp, t, d: xp.linspace(start, stop, num, dtype=t, device=d, endpoint=endpoint),
    )


def eye(n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None, device: Where = None) -> Any:
    """Ones on the k-th diagonal of a matrix of shape (n_rows, n_cols), zeros elsewhere."""
    return _make(
        device,
        dtype or dtypes.get_default_dtype(),
        lambda xp, t, d: xp.eye(n_rows, n_cols, k=k, dtype=t, device=d),
    )


def full_like(x: Any, /, fill_value: Any, *, dtype: Any = None, device: Where = None) -> Any:
    """One value, in the shape, type and on the device of x."""
    return full(x.shape, fill_value, dtype=dtype or data_types.result_type(x), device=device or _device_of(x))


def zeros_like(x: Any, /, *, dtype: Any = None, device: Where = None) -> Any:
    """Zeros, in the shape, type and on the device of x."""
    return zeros(x.shape, dtype=dtype or data_types.result_type(x), device=device or _device_of(x))


def ones_like(x: Any, /, *, dtype: Any = None, device: Where = None) -> Any:
    """Ones, in the shape, type and on the device of x."""
    return ones(x.shape, dtype=dtype or data_types.result_type(x), device=device or _device_of(x))


def _device_of(x: Any) -> Device:
    if isinstance(x, Tracked):
        return x._device
    found = lift(x, "a creation function")[1]
    assert found is not None
    return found
