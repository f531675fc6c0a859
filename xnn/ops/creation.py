"""Creation functions of the array API standard.

`dtype=None` means the default data type (for zeros, ones, linspace, floats of full and asarray),
`device=None` the default device; see `xnn.set_default_dtype` and `xnn.set_default_device`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from xnn import dtypes
from xnn.autograd.graph import Tracked, frontend, is_recording, refuse_if_varied
from xnn.autograd.operands import SCALARS, arrays_of, device_of, operand
from xnn.autograd.refusals import integer, refuse_texts, sizes_of
from xnn.dtypes import DType
from xnn.errors import DTypeError, GraphError, OptionError, RangeError, ShapeError
from xnn.typing import AnyArray, ArrayLike, DeviceLike, DTypeLike, Scalar, Shape
from xnn_backends import find_device, why_not

from . import data_types, manipulation
from .conversion import from_object

if TYPE_CHECKING:
    from xnn.array_object import Array

__all__ = [
    "arange",
    "array",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "linspace",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]


def asarray(
    obj: ArrayLike,
    /,
    dtype: DTypeLike | None = None,
    *,
    device: DeviceLike | None = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Array:
    """An Array of a Python scalar, (nested) list, buffer, raw array of any backend, or what NumPy makes an array of.

    Args:
        obj: what to take, of any shape; also a pandas Series or DataFrame, and lists of arrays, which are stacked.
            Arrays, and raw arrays of a backend other than NumPy, stay on their device.
        dtype: the data type; None keeps the own one of what has one, as NumPy's scalars have, and gives Python
            scalars the default one of the widest kind among them (bool, integer, real, complex), or that of the
            arrays beside them.
        device: where the array shall be; None: the default device for what comes from the host.
        copy: True always copies; False never, and raises where it must; None copies all that the caller may write
            to, so that a later change there cannot make a gradient wrong, but no Array.
        requires_grad: make it a leaf whose gradient is wanted.

    Raises:
        DeviceError: if the device cannot be used.
        DTypeError: if `dtype` means no data type, obj has none of the standard's, or a mask, or complex numbers would
            become real; RangeError for an integer that the type cannot hold.
        GraphError: for an array that is on another library's graph; TypeError for a list with Arrays on ours.
        ShapeError: for ragged lists.
        ValueError: for copy=False where a copy cannot be avoided.

    Example:
        >>> import xnn as xp
        >>> xp.asarray([[1.0, 2.0], [3.0, 4.0]], device="cpu")
        Array([[1. 2.]
               [3. 4.]], dtype=float32, device='numpy:cpu')
    """
    refuse_texts("asarray", copy=copy, requires_grad=requires_grad)
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    if isinstance(obj, Tracked):
        raw, found = obj._data, obj._device
        result: Any = obj
        if copy:
            result = data_types.astype(obj, found.backend.dtype_of(raw))
    else:
        result, is_elsewhere = from_object(obj, wanted, device, copy)
        raw, found = result._data, result._device
        device = device if is_elsewhere else found
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
        refuse_if_varied(
            result, "asarray with requires_grad=True", "x itself, which has a gradient; x.detach() for a leaf"
        )
        leaf = frontend.array(result._data, result._device)
        leaf.requires_grad = True
        return leaf
    return result


def array(
    obj: ArrayLike,
    /,
    dtype: DTypeLike | None = None,
    *,
    device: DeviceLike | None = None,
    copy: bool | None = True,
    ndmin: int = 0,
    requires_grad: bool = False,
) -> Array:
    """`asarray` that copies, as NumPy's function of this name; beyond the array API standard.

    Args:
        obj: of any shape, what `asarray` takes.
        dtype: the data type, as in `asarray`.
        device: where the array shall be, as in `asarray`.
        copy: True always copies, an Array as well; None and False as in `asarray`, whose errors it raises.
        ndmin: the dimensions that it has at least; those that lack come first, of size 1.
        requires_grad: make it a leaf whose gradient is wanted.

    Example:
        >>> import xnn as xp
        >>> x = xp.asarray([1.0, 2.0], device="cpu")
        >>> y = xp.array(x)
        >>> y += 1
        >>> x.tolist(), y.tolist()
        ([1.0, 2.0], [2.0, 3.0])
    """
    x = asarray(obj, dtype=dtype, device=device, copy=copy)
    if x.ndim < ndmin:
        x = manipulation.reshape(x, (1,) * (ndmin - x.ndim) + x.shape)
    return asarray(x, requires_grad=requires_grad) if requires_grad else x


def _make(device: DeviceLike | None, dtype: DTypeLike | None, function: Callable[[Any, Any, Any], Any]) -> Array:
    """Call a creation function in the device's scope."""
    if isinstance(dtype, int):
        raise DTypeError(f"the second argument is a data type; got {dtype!r}. Cure: the sizes in one tuple, (2, 3).")
    found = find_device(device)
    raw_dtype = found.backend.raw_dtype(dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype))
    try:
        with found.scope():
            return frontend.array(function(found.backend.xp, raw_dtype, found.raw), found)
    except (TypeError, ValueError, OverflowError) as error:
        said = str(error).partition("\n")[0]
        raise ShapeError(f"{found.backend.name} makes no such array: {said}. Cure: smaller sizes.") from error


def _like(name: str, x: Any, dtype: DTypeLike | None, shape: Shape | None, device: DeviceLike | None) -> dict[str, Any]:
    """The shape of x, and its type and device, where no others are wanted."""
    x = operand(x, name)
    found = device_of(x, name)
    return {
        "shape": tuple(x.shape) if shape is None else shape,
        "dtype": data_types.dtype_of(x) if dtype is None else dtype,
        "device": found if device is None else device,
    }


def zeros(shape: Shape, dtype: DTypeLike | None = None, *, device: DeviceLike | None = None) -> Array:
    """Zeros of a shape."""
    sizes = sizes_of(shape, "zeros")
    return _make(device, dtype, lambda xp, t, d: xp.zeros(sizes, dtype=t, device=d))


def ones(shape: Shape, dtype: DTypeLike | None = None, *, device: DeviceLike | None = None) -> Array:
    """Ones of a shape."""
    sizes = sizes_of(shape, "ones")
    return _make(device, dtype, lambda xp, t, d: xp.ones(sizes, dtype=t, device=d))


def empty(shape: Shape, dtype: DTypeLike | None = None, *, device: DeviceLike | None = None) -> Array:
    """Memory of a shape, with whatever it holds."""
    sizes = sizes_of(shape, "empty")
    return _make(device, dtype, lambda xp, t, d: xp.empty(sizes, dtype=t, device=d))


def full(
    shape: Shape, fill_value: AnyArray | Scalar, dtype: DTypeLike | None = None, *, device: DeviceLike | None = None
) -> Array:
    """One value in every element of a shape; its type is the default one of its kind, or an array's own.

    An Array of shape () may be the value; derivatives flow through it.
    """
    if isinstance(fill_value, Tracked):
        if fill_value._data.shape != ():
            raise ShapeError(
                f"full takes one value; got an array of shape {tuple(fill_value._data.shape)}. Cure: xnn.broadcast_to."
            )
        return manipulation.broadcast_to(asarray(fill_value, dtype=dtype, device=device), sizes_of(shape, "full")) + 0
    value, own = _number(fill_value, "full")
    if dtype is None:
        dtype = own or _default_dtype(value)
    else:
        dtype = dtypes.as_dtype(dtype)
        if type(value) is int and dtype.is_floating:
            value = float(value)  # libraries take no int beyond their integer types
        elif "integer" in dtype.kind:
            _require_held(dtype, value)
        elif type(value) is complex and dtype.kind == "real floating":
            raise DTypeError(f"full: a {dtype.name} is a real number; got {value}. Cure: a complex dtype.")
    sizes = sizes_of(shape, "full")
    return _make(device, dtype, lambda xp, t, d: xp.full(sizes, value, dtype=t, device=d))


def _require_held(dtype: DType, number: Any) -> None:
    """RangeError, or DTypeError, for a number that an integer type cannot hold."""
    if type(number) is complex or (type(number) is float and not math.isfinite(number)):
        raise DTypeError(f"full: {dtype.name} has no {number}. Cure: a floating dtype.")
    if not dtypes.holds(dtype, int(number)):
        cure = "a signed or floating dtype" if number < 0 else "a larger dtype"
        raise RangeError(f"full: {number} is out of bounds for {dtype.name}. Cure: {cure}.")


def _number(x: Any, name: str) -> tuple[Any, DType | None]:
    """A Python scalar, and no type; or the only element of an array of shape (), which waits for the device, and its.

    NumPy's scalars count as such arrays.
    """
    if type(x) in SCALARS:
        return x, None
    if isinstance(x, Tracked) and x._node is not None and is_recording():
        raise GraphError(f"{name} would lose the gradient of the array that it is given. Cure: x.detach() first.")
    if hasattr(x, "item") and getattr(x, "shape", None) == () and not why_not(x):
        array = asarray(x)
        return array.item(), array.dtype
    if isinstance(x, SCALARS):
        return x, None
    cure = "float(x)" if name != "full" else "xnn.broadcast_to(xnn.asarray(...), shape)"
    raise DTypeError(f"{name} takes numbers; got {type(x).__name__}. {why_not(x) or f'Cure: {cure}.'}")


def _of_floats(types: Sequence[DType | None], default: DType) -> DType:
    """The common type of those that are floating; else the default."""
    floating = [dtype for dtype in types if dtype is not None and dtype.is_floating]
    return functools.reduce(dtypes.promote_dtypes, floating) if floating else default


def _default_dtype(scalar: complex) -> DType:
    """The default type of a Python scalar's kind."""
    if type(scalar) is int and not dtypes.holds(dtypes.int64, scalar):
        if not dtypes.holds(dtypes.uint64, scalar):
            raise DTypeError(f"no integer type holds {scalar}. Cure: dtype=xnn.float64.")
        return dtypes.uint64
    kinds = {bool: dtypes.bool_, int: dtypes.int64, float: dtypes.get_default_dtype()}
    return kinds.get(type(scalar), dtypes.complex_of(dtypes.get_default_dtype()))


def arange(
    start: AnyArray | Scalar,
    /,
    stop: AnyArray | Scalar | None = None,
    step: AnyArray | Scalar = 1,
    dtype: DTypeLike | None = None,
    *,
    device: DeviceLike | None = None,
) -> Array:
    """start, start + step, ... below stop, of shape (n,); with one argument, 0 to that. int64 unless one is a float.

    Of NumPy scalars and arrays of shape () the numbers have the floating type.
    """
    given = (start, step) if stop is None else (start, step, stop)
    bounds, types = zip(*[_number(v, "arange") for v in given], strict=True)
    start, step = bounds[:2]
    start, stop = (0, start) if stop is None else (start, bounds[2])
    if any(type(v) is complex or not math.isfinite(v) for v in bounds):
        raise OptionError(f"arange takes finite real numbers; got {', '.join(map(str, bounds))}. Cure: linspace.")
    if step == 0:
        raise OptionError("arange: step is not 0. Cure: linspace for a number of elements, full for equal ones.")
    if dtype is None:
        default = dtypes.get_default_dtype() if any(isinstance(v, float) for v in bounds) else dtypes.int64
        dtype = _of_floats(types, default)
    return _make(device, dtype, lambda xp, t, d: xp.arange(start, stop, step, dtype=t, device=d))


def linspace(
    start: AnyArray | Scalar,
    stop: AnyArray | Scalar,
    /,
    num: int = 50,
    endpoint: bool = True,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    axis: int = 0,
) -> Array:
    """`num` evenly spaced numbers from start to stop, of shape (num,); complex ones if start or stop is.

    Without `endpoint`, stop is left out: the first `num` of num + 1 numbers. Of NumPy scalars and arrays of shape ()
    the numbers have the floating type. Start and stop may be Arrays of any shapes, with derivatives: the result has
    their common shape, with the numbers along a new dimension `axis`.
    """
    if any(isinstance(x, Tracked) or len(getattr(x, "shape", ())) for x in (start, stop)):
        found = _between(start, stop, integer("linspace", "num", num, least=0), endpoint, axis)
        found = found if dtype is None else data_types.astype(found, dtype, copy=False)
        return found if device is None else found.to_device(device)
    (start, one), (stop, other) = _number(start, "linspace"), _number(stop, "linspace")
    count = integer("linspace", "num", num, least=0)
    refuse_texts("linspace", endpoint=endpoint)
    if dtype is None:
        dtype = _of_floats((one, other), dtypes.get_default_dtype())
        if dtype.kind == "real floating" and (isinstance(start, complex) or isinstance(stop, complex)):
            dtype = dtypes.complex_of(dtype)
    return _make(device, dtype, lambda xp, t, d: xp.linspace(start, stop, count, dtype=t, device=d, endpoint=endpoint))


REAL_OF = {dtypes.complex64: dtypes.float32, dtypes.complex128: dtypes.float64}


def _between(start: Any, stop: Any, count: int, endpoint: bool, axis: int) -> Any:
    """Numbers from arrays to arrays, the first and the last ones exactly these."""
    start, stop = [x if isinstance(x, Tracked) else asarray(x) for x in arrays_of((start, stop), "linspace")]
    start, stop = manipulation.broadcast_arrays(start, stop)
    floating = start.dtype if start.dtype.is_floating else dtypes.get_default_dtype()
    steps = [i / max(count - bool(endpoint), 1) for i in range(count)]
    share = asarray(steps, dtype=REAL_OF.get(floating, floating), device=start.device)
    share = manipulation.reshape(share, (count, *(1,) * len(start.shape)))
    return manipulation.moveaxis((1 - share) * start + share * stop, 0, axis)


def eye(
    n_rows: int,
    /,
    M: int | None = None,  # NumPy's name
    k: int = 0,
    dtype: DTypeLike | None = None,
    *,
    device: DeviceLike | None = None,
) -> Array:
    """Ones on the k-th diagonal of a matrix of shape (n_rows, M), zeros elsewhere."""
    rows = integer("eye", "n_rows", n_rows, least=0)
    columns = rows if M is None else integer("eye", "M", M, least=0)
    k = integer("eye", "k", k)
    return _make(device, dtype, lambda xp, t, d: xp.eye(rows, columns, k=k, dtype=t, device=d))


def empty_like(
    x: AnyArray,
    /,
    dtype: DTypeLike | None = None,
    *,
    shape: Shape | None = None,
    device: DeviceLike | None = None,
) -> Array:
    """Memory with whatever it holds, in the shape, type and on the device of x, unless others are named."""
    return empty(**_like("empty_like", x, dtype, shape, device))


def full_like(
    x: AnyArray,
    /,
    fill_value: AnyArray | Scalar,
    dtype: DTypeLike | None = None,
    *,
    shape: Shape | None = None,
    device: DeviceLike | None = None,
) -> Array:
    """One value, in the shape, type and on the device of x, unless others are named."""
    return full(fill_value=fill_value, **_like("full_like", x, dtype, shape, device))


def zeros_like(
    x: AnyArray,
    /,
    dtype: DTypeLike | None = None,
    *,
    shape: Shape | None = None,
    device: DeviceLike | None = None,
) -> Array:
    """Zeros, in the shape, type and on the device of x, unless others are named."""
    return zeros(**_like("zeros_like", x, dtype, shape, device))


def ones_like(
    x: AnyArray,
    /,
    dtype: DTypeLike | None = None,
    *,
    shape: Shape | None = None,
    device: DeviceLike | None = None,
) -> Array:
    """Ones, in the shape, type and on the device of x, unless others are named."""
    return ones(**_like("ones_like", x, dtype, shape, device))
