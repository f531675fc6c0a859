"""Data type functions of the array API standard."""

from __future__ import annotations

from typing import Any

from xnn import dtypes
from xnn.autograd.graph import Tracked, is_recording
from xnn.autograd.primitive import SCALARS, lift, primitive
from xnn.dtypes import DType
from xnn.errors import GraphError

__all__ = [
    "astype",
    "isdtype",
    "result_type",
]


@primitive(lambda xp, g, out, x, dtype: xp.astype(g, x.dtype))
def _astype(xp: Any, x: Any, /, *, dtype: Any) -> Any:
    return xp.astype(x, dtype)


_astype.name = "astype"


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """The array in another data type; a cotangent is cast back.

    Args:
        x: any shape.
        dtype: an xnn data type, its name, or a library's own object for it.
        copy: with False, x itself where it has the type already.
        device: where to, as in `to_device`.

    Raises:
        DTypeError: if `dtype` means no data type.
    """
    dtype = dtypes.as_dtype(dtype)
    if device is not None:
        from xnn_backends import find_device

        from .manipulation import to_device

        x = to_device(x, find_device(device))
    if isinstance(x, Tracked):
        if not copy and x._device.backend.dtype_of(x._data) is dtype:
            return x
        if dtype.kind == "complex floating" and x._node is not None and is_recording():
            raise GraphError(
                f"derivatives are of real arrays; this one, which requires a gradient, would become {dtype.name}. "
                "Cure: x.detach(), or real and imaginary parts as two arrays."
            )
    return _astype(x, dtype=dtype)


def result_type(*arrays_and_dtypes: Any) -> DType:
    """The type to which arrays, data types and Python scalars are promoted together.

    Arrays of any shape: shapes do not count, also not (). Where the standard leaves it open, a bool gives way to the
    other type, an integer to the floating type; a Python float makes integers the default floating type.

    Raises: ValueError for Python scalars alone; DTypeError for uint64 with a signed type.
    """
    result: DType | None = None
    for x in arrays_and_dtypes:
        if type(x) not in SCALARS:
            dtype = dtype_of(x)
            result = dtype if result is None else dtypes.promote_dtypes(result, dtype)
    if result is None:
        raise ValueError("result_type needs an array or a data type beside Python scalars")
    for x in arrays_and_dtypes:
        if type(x) in SCALARS:
            result = dtypes.promote_scalar(result, x)
    return result


def dtype_of(x: Any) -> DType:
    """The data type of an Array, of a raw array of any backend (of any shape), or of a data type itself."""
    if isinstance(x, (DType, Tracked)):
        return x if isinstance(x, DType) else x._device.backend.dtype_of(x._data)
    raw, device = lift(x, "result_type")
    assert device is not None
    return device.backend.dtype_of(raw)


def isdtype(dtype: DType, kind: DType | str | tuple[DType | str, ...]) -> bool:
    """Whether a data type is of a kind: a kind's name, a data type itself, or a tuple of these, of which one is enough.

    The kinds are "bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating",
    "numeric". Departs from the standard: the name of no kind is no error, but False.
    """
    if isinstance(kind, tuple):
        return any(isdtype(dtype, k) for k in kind)
    groups = {
        "integral": ("signed integer", "unsigned integer"),
        "numeric": ("signed integer", "unsigned integer", "real floating", "complex floating"),
    }
    if isinstance(kind, str):
        return dtype.kind in groups.get(kind, (kind,))
    return dtype is kind
