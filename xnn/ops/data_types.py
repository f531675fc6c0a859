"""Data type functions of the array API standard."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Literal

from xnn import dtypes
from xnn.autograd.dispatch import casting
from xnn.autograd.graph import Tracked
from xnn.autograd.operands import SCALARS, device_of, is_scalar, strong_types
from xnn.autograd.primitive import primitive
from xnn.dtypes import DType
from xnn.errors import DTypeError, OptionError
from xnn.typing import A, AnyArray, DeviceLike, DTypeLike, Scalar
from xnn_backends import Device, backend_of, find_device

from . import manipulation

__all__ = [
    "astype",
    "can_cast",
    "finfo",
    "iinfo",
    "isdtype",
    "result_type",
]


def _cast_back(xp: Any, g: Any, out: Any, x: Any, dtype: Any) -> Any:
    """The cotangent in the type of x: its real part for a real x, whose cast to complex is x + 0j."""
    if xp.isdtype(g.dtype, "complex floating") and not xp.isdtype(x.dtype, "complex floating"):
        g = xp.real(g)
    return xp.astype(g, x.dtype)


@primitive(_cast_back, kind="linear")
def _astype(xp: Any, x: A, /, *, dtype: Any) -> A:
    return xp.astype(x, dtype)


_astype.name = "astype"


def astype(x: A, dtype: DTypeLike, /, *, copy: bool = True, device: DeviceLike | None = None) -> A:
    """The array in another data type; a cotangent is cast back, and loses its imaginary part where x is real.

    Args:
        x: any shape.
        dtype: an xnn data type, its name, or a library's own object for it.
        copy: with False, x itself where it has the type already.
        device: where to, as in `to_device`.

    Raises:
        DTypeError: if `dtype` means no data type, or is a real one and x is complex.
    """
    dtype = dtypes.as_dtype(dtype)
    if device is not None:
        x = manipulation.to_device(x, find_device(device))
    found = dtype_of(x)
    if not copy and found is dtype:
        return x
    if found.kind == "complex floating" and dtype.kind not in ("complex floating", "bool"):
        raise DTypeError(
            f"complex numbers are not cast to real ones, which would drop a part; got {found.name} for {dtype.name}. "
            "Cure: xnn.real(x) or xnn.imag(x) first."
        )
    return _astype(x, dtype=dtype)


def can_cast(from_: AnyArray | DTypeLike, /, to: DTypeLike) -> bool:
    """Whether a data type, or that of an array of any shape, is promoted to another one: never a cast that narrows.

    As promotion does, it leads from bool to all others, and from integers to floating types. For an array, its device
    must have the type, too.
    """
    to = dtypes.as_dtype(to)
    device = _device_of(from_)
    if device is not None and to not in device.backend.raw_dtypes:
        return False
    try:
        return dtypes.promote_dtypes(_given_dtype(from_), to) is to
    except DTypeError:  # uint64 with a signed type
        return False


def _device_of(x: Any) -> Device | None:
    """The device of an array; None for what is not an array."""
    return device_of(x, "a data type function") if isinstance(x, Tracked) or backend_of(x) is not None else None


@dataclass(frozen=True, slots=True)
class FloatInfo:
    """The limits of a real floating-point type: see `finfo`."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType

    @property
    def tiny(self) -> float:
        """NumPy's other name of smallest_normal."""
        return self.smallest_normal


@dataclass(frozen=True, slots=True)
class IntegerInfo:
    """The limits of an integer type: see `iinfo`."""

    bits: int
    max: int
    min: int
    dtype: DType


# For each floating type the real one, and how many bits its significand, with the leading one, and its exponent have.
FORMATS = {
    dtypes.float16: (dtypes.float16, 11, 5),
    dtypes.bfloat16: (dtypes.bfloat16, 8, 8),
    dtypes.float32: (dtypes.float32, 24, 8),
    dtypes.float64: (dtypes.float64, 53, 11),
    dtypes.complex64: (dtypes.float32, 24, 8),
    dtypes.complex128: (dtypes.float64, 53, 11),
}


def finfo(type: AnyArray | DTypeLike, /) -> FloatInfo:
    """The limits of a floating-point type, or of that of an array of any shape; of a complex type, those of its parts.

    Returns:
        an object with `bits`; `eps`, the distance of 1.0 to the next larger number; `max`, `min`; `smallest_normal`,
        the smallest positive number of full precision, all Python numbers; and `dtype`, the real type.

    Raises:
        DTypeError: if the type is not a floating one.
    """
    given = _given_dtype(type)
    if given not in FORMATS:
        raise DTypeError(f"finfo is of floating-point types; got {given.name}. Cure: iinfo for integers.")
    dtype, digits, exponent = FORMATS[given]
    largest = 2 ** (exponent - 1) - 1
    limit = (2 - 2.0 ** (1 - digits)) * 2.0**largest
    return FloatInfo(dtype.bits, 2.0 ** (1 - digits), limit, -limit, 2.0 ** (1 - largest), dtype)


def iinfo(type: AnyArray | DTypeLike, /) -> IntegerInfo:
    """The limits of an integer type, or of that of an array of any shape.

    Returns:
        an object with `bits`, `max` and `min`, Python integers, and `dtype`.

    Raises:
        DTypeError: if the type is not an integer one.
    """
    dtype = _given_dtype(type)
    if "integer" not in dtype.kind:
        raise DTypeError(f"iinfo is of integer types; got {dtype.name}. Cure: finfo for floating-point types.")
    is_signed = dtype.kind == "signed integer"
    span = 1 << (dtype.bits - is_signed)
    return IntegerInfo(dtype.bits, span - 1, -span if is_signed else 0, dtype)


def _given_dtype(x: Any) -> DType:
    """The data type that an array has or that an object means."""
    return dtypes.as_dtype(x) if _device_of(x) is None else dtype_of(x)


def result_type(*arrays_and_dtypes: AnyArray | DTypeLike | Scalar) -> DType:
    """The type to which arrays, data types and scalars are promoted together.

    Arrays of any shape: shapes do not count, also not (). A data type is what `dtype=` takes, also its name. Where the
    standard leaves it open, a bool gives way to the other type, an integer to the floating type; a Python float makes
    integers the default floating type. NumPy's scalars are weak, too, but beside types of lower kinds only (no floating
    one, say) they have their own.

    Raises: ValueError for Python scalars alone; DTypeError for uint64 with a signed type.
    """
    scalars: list[Any] = [x for x in arrays_and_dtypes if type(x) in SCALARS or is_scalar(x)]
    types = [_given_dtype(x) for x in arrays_and_dtypes if type(x) not in SCALARS and not is_scalar(x)]
    types += strong_types(scalars, types)
    if not types:
        raise ValueError("result_type needs an array or a data type beside Python scalars")
    result = functools.reduce(dtypes.promote_dtypes, types)
    for x in scalars:
        result = dtypes.promote_scalar(result, x if type(x) in SCALARS else x.item())
    return result


def dtype_of(x: Any) -> DType:
    """The data type of an Array, of a raw array of any backend (of any shape), or of a data type itself."""
    if isinstance(x, (DType, Tracked)):
        return x if isinstance(x, DType) else x._device.backend.dtype_of(x._data)
    return device_of(x, "a data type function").backend.dtype_of(x)


def is_autocast(*arrays: Any) -> bool:
    """Whether xnn.amp.autocast casts operands where one of these is, of any shape: so that types may differ."""
    mode = casting.get()
    return mode is not None and any(isinstance(x, Tracked) and mode.low_type(x._device) is not None for x in arrays)


def agree(one: Any, other: Any) -> bool:
    """Whether two arrays, of any shapes, have one data type, or xnn.amp.autocast sees to it."""
    return dtype_of(one) is dtype_of(other) or is_autocast(one, other)


def in_full(x: A) -> A:
    """x, of any shape; in float32 where it is narrower and xnn.amp.autocast is on: for what has several steps."""
    is_narrow = is_autocast(x) and dtype_of(x) in (dtypes.float16, dtypes.bfloat16)
    return astype(x, dtypes.float32) if is_narrow else x


KINDS = {
    **{kind: (kind,) for kind in dtypes.ORDER},
    "integral": ("signed integer", "unsigned integer"),
    "numeric": ("signed integer", "unsigned integer", "real floating", "complex floating"),
}


Kind = Literal[
    "bool",
    "signed integer",
    "unsigned integer",
    "integral",
    "real floating",
    "complex floating",
    "numeric",
]


def isdtype(dtype: DTypeLike, kind: Kind | DTypeLike | tuple[Kind | DTypeLike, ...]) -> bool:
    """Whether a data type is of a kind: a kind's name, a data type itself, or a tuple of these, of which one is enough.

    The kinds are "bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating",
    "numeric". "real floating" has float16 and bfloat16 as well, where a backend has these types.

    Raises:
        OptionError: for the name of no kind.
        DTypeError: for what is no data type.
    """
    if isinstance(kind, tuple):
        return any(isdtype(dtype, k) for k in kind)
    dtype = dtypes.as_dtype(dtype)
    if not isinstance(kind, str):
        return dtype is dtypes.as_dtype(kind)
    if kind not in KINDS:
        raise OptionError(f"{kind!r} is not a kind of data type. Cure: one of {', '.join(KINDS)}.")
    return dtype.kind in KINDS[kind]
