"""Data types: the standard's names, the default, and how types are promoted, the same on every backend."""

from __future__ import annotations

from xnn_backends.dtypes import (
    BY_NAME,
    DType,
    bfloat16,
    bool_,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)
from xnn_backends.dtypes import find_dtype as _find_dtype
from xnn_backends.dtypes import hooks as _hooks

from .errors import DTypeError
from .typing import DTypeLike

__all__ = [
    "DType", "as_dtype", "bfloat16", "bool_", "complex64", "complex128", "float16", "float32", "float64",
    "get_default_dtype", "int8", "int16", "int32", "int64", "promote_dtypes", "set_default_dtype", "uint8", "uint16",
    "uint32", "uint64",
]  # fmt: skip


def set_default_dtype(dtype: DTypeLike) -> None:
    """The type of arrays made of Python floats, and of what has no type of its own.

    Args:
        dtype: float32 (to begin with) or float64.

    Raises:
        DTypeError: for any other.
    """
    dtype = as_dtype(dtype)
    if dtype not in (float32, float64):
        raise DTypeError(f"the default data type is float32 or float64; got {dtype.name}")
    _hooks.default = dtype


def get_default_dtype() -> DType:
    """The type of arrays made of Python floats."""
    return _hooks.default


def as_dtype(dtype: DTypeLike) -> DType:
    """A DType from itself, its name (also "f4", "double"), or a library's own object (np.float32, torch.float32).

    Python's int and bool mean int64 and bool; float and complex the default floating type and its complex one, float32
    and complex64 to begin with, while they are float64 and complex128 to NumPy. So do their names.

    Raises:
        DTypeError: if it means no data type.
    """
    found = _find_dtype(dtype)
    if found is None:
        name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None) or dtype
        found = BY_NAME.get(str(name).rpartition(".")[2])
    if found is None:
        raise DTypeError(f"{dtype!r} is not a data type. Cure: one of {', '.join(BY_NAME)}.")
    return found


def complex_of(dtype: DType) -> DType:
    """The complex type whose parts have this real type."""
    return complex128 if dtype is float64 else complex64


def promote_dtypes(one: DType, other: DType) -> DType:
    """The common type of two arrays' types.

    The standard's table; where it says nothing: bool gives way to the other type, an integer to a
    floating type of any size (as in PyTorch, so that the numbers do not depend on the backend).

    Raises:
        DTypeError: for uint64 with a signed type, which no integer type covers.
    """
    if one is other:
        return one
    low, high = sorted((one, other), key=lambda dtype: (ORDER[dtype.kind], dtype.bits))
    if low.kind == high.kind:
        if low.bits == high.bits:
            return float32  # float16 with bfloat16
        return high
    if high.kind == "complex floating":
        return complex128 if float64 in (low, high) or complex128 in (low, high) else complex64
    if high.kind == "signed integer" and low.kind == "unsigned integer":
        bits = max(high.bits, 2 * low.bits)
        if bits > 64:
            raise DTypeError(f"{low.name} and {high.name} have no common integer type. Cure: astype one of them.")
        return BY_NAME[f"int{bits}"]
    return high


ORDER = {"bool": 0, "unsigned integer": 1, "signed integer": 2, "real floating": 3, "complex floating": 4}


def holds(dtype: DType, number: int) -> bool:
    """Whether an integer type has this number."""
    if dtype.kind == "signed integer":
        return -(1 << (dtype.bits - 1)) <= number < 1 << (dtype.bits - 1)
    return 0 <= number < 1 << dtype.bits


def promote_scalar(dtype: DType, scalar: complex) -> DType:
    """The type of an array of `dtype` combined with a Python scalar, which is weak.

    Raises:
        DTypeError: for an int that the integer type cannot hold; the standard leaves it open, and libraries differ.
    """
    if isinstance(scalar, complex) and dtype.kind != "complex floating":
        return complex_of(dtype if dtype.is_floating else _hooks.default)
    if isinstance(scalar, float) and not dtype.is_floating:
        return _hooks.default
    if isinstance(scalar, int) and not isinstance(scalar, bool):
        if dtype.kind == "bool":
            return int64
        if "integer" in dtype.kind and not holds(dtype, scalar):
            raise DTypeError(f"{scalar} is out of bounds for {dtype.name}. Cure: astype the array to a larger type.")
    return dtype
