"""Creation functions of the array API standard.

`dtype=None` means the default data type (for zeros, ones, linspace, floats of full and asarray),
`device=None` the default device; see `xnn.set_default_dtype` and `xnn.set_default_device`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xnn import dtypes
from xnn.autograd.graph import Tracked, frontend, is_recording
from xnn.autograd.primitive import SCALARS, device_of, lift, primitive
from xnn.dtypes import DType
from xnn.errors import DTypeError, GraphError, OptionError, ShapeError
from xnn_backends import Device, find_device, get_backend
from xnn_backends.dtypes import BY_NAME

from . import data_types, manipulation

__all__ = [
    "arange",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "linspace",
    "meshgrid",
    "ones",
    "ones_like",
    "tril",
    "triu",
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
    """An Array of a Python scalar, (nested) list, object with a buffer, NumPy array, or raw array of any backend.

    Args:
        obj: what to take, of any shape. An Array, and a raw array of a backend other than NumPy, stay on their device.
        dtype: the data type; None keeps an array's or a buffer's own, and gives Python scalars the default one of the
            widest kind among them: bool, integer, real, complex.
        device: where the array shall be; None: the default device for what comes from the host.
        copy: True always copies; False never, and raises where it must; None copies only what
            comes from NumPy or a buffer, so that a later change there cannot make a gradient wrong.
        requires_grad: make it a leaf whose gradient is wanted.

    Raises:
        DeviceError: if the device cannot be used.
        DTypeError: if `dtype` means no data type, obj has none of the standard's, or complex numbers would become real.
        GraphError: for an array that is on another library's graph.
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
    """What is no Array, on the device where it is to be, or on its own if that is not the host's."""
    host = get_backend("numpy")
    if type(obj) not in SCALARS and not isinstance(obj, (list, tuple)):
        obj, found = _from_outside(obj)
        if found is not None and found.backend is not host:
            if getattr(obj, "requires_grad", False):
                raise GraphError(
                    f"asarray would leave the graph of {found.backend.name} unseen: this array requires a gradient "
                    "there. Cure: x.detach() first."
                )
            if copy:
                with found.scope():
                    obj = found.backend.xp.astype(obj, obj.dtype, copy=True)
            return obj, found
    target = find_device(device)
    if not isinstance(obj, host.array_type):
        return target.backend.from_numpy(_of_scalars(obj, dtype), target, None if copy else copy), target
    cast = _checked(obj)
    if dtype in host.raw_dtypes and cast.dtype in host.known_dtypes and copy is not False:
        cast = data_types.astype(obj, dtype, copy=False)
    if cast is not obj:
        copy = None  # it is a copy already
    elif copy is None:
        copy = True  # what is shared with the host's array would change when that does
    return target.backend.from_numpy(cast, target, copy), target


def _from_outside(obj: Any) -> tuple[Any, Device | None]:
    """A raw array and its device; a NumPy array over a buffer; a Python scalar; what else it is, as it came."""
    try:
        return lift(obj, "asarray")
    except TypeError:
        pass
    try:
        return get_backend("numpy").xp.asarray(memoryview(obj)), None
    except TypeError:
        return obj, None


def _of_scalars(obj: Any, dtype: DType | None) -> Any:
    """A NumPy array of a Python scalar or nested lists of them, of the type given or the default one of their kind."""
    host = get_backend("numpy")
    obj = _untracked(obj)
    raw = host.xp.asarray(obj)
    if raw.dtype not in host.known_dtypes:
        numbers = raw.reshape(-1).tolist()
        if any(type(number) not in SCALARS for number in numbers):
            _checked(raw)  # which raises
        if dtype is None or not dtype.is_floating:
            largest = max((number for number in numbers if type(number) is int), key=abs)
            raise DTypeError(f"no integer type holds {largest}. Cure: dtype=xnn.float64.")
        raw = host.xp.asarray(obj, dtype=host.xp.complex128 if dtype.kind == "complex floating" else host.xp.float64)
    found = host.known_dtypes[raw.dtype]
    if dtype is None:
        real = dtypes.get_default_dtype()
        dtype = {"real floating": real, "complex floating": dtypes.complex_of(real)}.get(found.kind, found)
    if found is dtype or dtype not in host.raw_dtypes:
        return raw
    if "integer" in dtype.kind and found.kind != "complex floating":
        # from the numbers themselves: 0 beside 2**63 made `raw` floating; one that it cannot hold raises
        return host.xp.asarray(obj, dtype=host.raw_dtypes[dtype])
    return data_types.astype(raw, dtype)


def _checked(raw: Any) -> Any:
    """The NumPy array itself, if it is of numbers or bools."""
    if raw.dtype.name not in BY_NAME:
        raise DTypeError(f"asarray takes numbers and bools; got {raw.dtype}")
    return raw


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
    raw_dtype = found.backend.raw_dtype(dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype))
    with found.scope():
        return frontend.array(function(found.backend.xp, raw_dtype, found.raw), found)


def _like(name: str, x: Any, dtype: Any, device: Where) -> dict[str, Any]:
    """The shape of x, and its type and device, where no others are wanted."""
    found = device_of(x, name)
    return {
        "shape": tuple(x.shape),
        "dtype": data_types.dtype_of(x) if dtype is None else dtype,
        "device": found if device is None else device,
    }


def zeros(shape: Shape, *, dtype: Any = None, device: Where = None) -> Any:
    """Zeros of a shape."""
    return _make(device, dtype, lambda xp, t, d: xp.zeros(shape, dtype=t, device=d))


def ones(shape: Shape, *, dtype: Any = None, device: Where = None) -> Any:
    """Ones of a shape."""
    return _make(device, dtype, lambda xp, t, d: xp.ones(shape, dtype=t, device=d))


def empty(shape: Shape, *, dtype: Any = None, device: Where = None) -> Any:
    """Memory of a shape, with whatever it holds."""
    return _make(device, dtype, lambda xp, t, d: xp.empty(shape, dtype=t, device=d))


def full(shape: Shape, fill_value: Any, *, dtype: Any = None, device: Where = None) -> Any:
    """One value in every element of a shape; its type is the default one of its kind, or an array's own.

    An Array of shape () may be the value; derivatives flow through it.
    """
    if isinstance(fill_value, Tracked):
        if fill_value._data.shape != ():
            raise ShapeError(f"full takes one value; got an array of shape {tuple(fill_value._data.shape)}")
        return (
            manipulation.broadcast_to(
                asarray(fill_value, dtype=dtype, device=device), (shape,) if isinstance(shape, int) else tuple(shape)
            )
            + 0
        )
    fill_value = _number(fill_value, "full")
    if dtype is None:
        dtype = _default_dtype(fill_value)
    elif type(fill_value) is int and dtypes.as_dtype(dtype).is_floating:
        fill_value = float(fill_value)  # libraries take no int beyond their integer types
    return _make(device, dtype, lambda xp, t, d: xp.full(shape, fill_value, dtype=t, device=d))


def _number(x: Any, name: str) -> Any:
    """A Python scalar: itself, or the only element of an array of shape (), which waits for the device."""
    if type(x) in SCALARS:
        return x
    if isinstance(x, Tracked) and x._node is not None and is_recording():
        raise GraphError(f"{name} would lose the gradient of the array that it is given. Cure: x.detach() first.")
    if hasattr(x, "item") and getattr(x, "shape", None) == ():
        return x.item()
    raise TypeError(f"{name} takes numbers; got {type(x).__name__}")


def _default_dtype(scalar: complex) -> DType:
    """The default type of a Python scalar's kind."""
    if type(scalar) is int and not dtypes.holds(dtypes.int64, scalar):
        if not dtypes.holds(dtypes.uint64, scalar):
            raise DTypeError(f"no integer type holds {scalar}. Cure: dtype=xnn.float64.")
        return dtypes.uint64
    kinds = {bool: dtypes.bool_, int: dtypes.int64, float: dtypes.get_default_dtype()}
    return kinds.get(type(scalar), dtypes.complex_of(dtypes.get_default_dtype()))


def arange(
    start: float, /, stop: float | None = None, step: float = 1, *, dtype: Any = None, device: Where = None
) -> Any:
    """start, start + step, ... below stop, of shape (n,); with one argument, 0 to that. int64 unless one is a float."""
    start, step = _number(start, "arange"), _number(step, "arange")
    stop = None if stop is None else _number(stop, "arange")
    if stop is None:
        start, stop = 0, start
    if dtype is None:
        dtype = dtypes.get_default_dtype() if any(isinstance(v, float) for v in (start, stop, step)) else dtypes.int64
    return _make(device, dtype, lambda xp, t, d: xp.arange(start, stop, step, dtype=t, device=d))


def linspace(
    start: complex, stop: complex, /, num: int, *, dtype: Any = None, device: Where = None, endpoint: bool = True
) -> Any:
    """`num` evenly spaced numbers from start to stop, of shape (num,); complex ones if start or stop is.

    Without `endpoint`, stop is left out: the first `num` of num + 1 numbers.
    """
    start, stop = _number(start, "linspace"), _number(stop, "linspace")
    if dtype is None and (isinstance(start, complex) or isinstance(stop, complex)):
        dtype = dtypes.complex_of(dtypes.get_default_dtype())
    return _make(device, dtype, lambda xp, t, d: xp.linspace(start, stop, num, dtype=t, device=d, endpoint=endpoint))


def eye(n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None, device: Where = None) -> Any:
    """Ones on the k-th diagonal of a matrix of shape (n_rows, n_cols), zeros elsewhere."""
    return _make(device, dtype, lambda xp, t, d: xp.eye(n_rows, n_cols, k=k, dtype=t, device=d))


def empty_like(x: Any, /, *, dtype: Any = None, device: Where = None) -> Any:
    """Memory with whatever it holds, in the shape, type and on the device of x."""
    return empty(**_like("empty_like", x, dtype, device))


def full_like(x: Any, /, fill_value: Any, *, dtype: Any = None, device: Where = None) -> Any:
    """One value, in the shape, type and on the device of x."""
    return full(fill_value=fill_value, **_like("full_like", x, dtype, device))


def zeros_like(x: Any, /, *, dtype: Any = None, device: Where = None) -> Any:
    """Zeros, in the shape, type and on the device of x."""
    return zeros(**_like("zeros_like", x, dtype, device))


def ones_like(x: Any, /, *, dtype: Any = None, device: Where = None) -> Any:
    """Ones, in the shape, type and on the device of x."""
    return ones(**_like("ones_like", x, dtype, device))


def meshgrid(*arrays: Any, indexing: str = "xy") -> tuple[Any, ...]:
    """The coordinates of a grid: for each array, its values spread along the dimensions of all the others.

    Args:
        arrays: of one dimension each, (n_1,), (n_2,), ..., of any type.
        indexing: "ij" for results of shape (n_1, n_2, n_3, ...); "xy" for (n_2, n_1, n_3, ...).

    Returns:
        a tuple of as many arrays, each of its own type.

    Raises:
        ShapeError: for an array of several dimensions.
        OptionError: for another `indexing`.
    """
    if indexing not in ("xy", "ij"):
        raise OptionError(f"meshgrid's indexing is 'xy' or 'ij'; got {indexing!r}")
    for x in arrays:
        device_of(x, "meshgrid")
    if wrong := [tuple(x.shape) for x in arrays if len(x.shape) > 1]:
        raise ShapeError(f"meshgrid takes arrays of one dimension; got shape {wrong[0]}")
    places = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        places[:2] = 1, 0
    lying = [manipulation.reshape(x, tuple([-1 if i == at else 1 for i in places])) for at, x in enumerate(arrays)]
    return manipulation.broadcast_arrays(*lying)


@primitive(lambda xp, g, out, x, k: xp.tril(g, k=k), kind="linear")
def tril(xp: Any, x: Any, /, *, k: int = 0) -> Any:
    """The lower triangles of matrices: the elements above the k-th diagonal become 0.

    Shapes: x (..., m, n); the result the same. Types: all.
    """
    return xp.tril(x, k=k)


@primitive(lambda xp, g, out, x, k: xp.triu(g, k=k), kind="linear")
def triu(xp: Any, x: Any, /, *, k: int = 0) -> Any:
    """The upper triangles of matrices: the elements below the k-th diagonal become 0.

    Shapes: x (..., m, n); the result the same. Types: all.
    """
    return xp.triu(x, k=k)
