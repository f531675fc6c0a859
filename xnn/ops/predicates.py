"""What is true of numbers and arrays, under NumPy's names: isclose, allclose, array_equal, isreal.

Results are bool, and have no derivative. Operands are arrays, and numbers and lists beside them.
"""

from __future__ import annotations

import math
import numbers
from typing import Any

from xnn import dtypes
from xnn.autograd.operands import arrays_of, is_array, operand
from xnn.errors import DTypeError, ShapeError
from xnn.typing import A, ArrayLike
from xnn_backends import DeviceError

from .comparison import equal, isfinite, isnan, less_equal, not_equal
from .complex_numbers import imag
from .data_types import astype, dtype_of
from .elementwise import abs as absolute
from .elementwise import add, multiply, subtract
from .logic import logical_and, logical_or
from .manipulation import broadcast_shapes
from .promotion import check_real
from .utility import all as all_of

__all__ = [
    "allclose",
    "array_equal",
    "array_equiv",
    "isclose",
    "iscomplex",
    "iscomplexobj",
    "isneginf",
    "isposinf",
    "isreal",
    "isrealobj",
    "isscalar",
]


def isclose(a: A, b: ArrayLike, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> A:
    """Whether abs(a - b) <= atol + rtol * abs(b), element-wise; equal infinities are close, and NaN if `equal_nan`.

    Shapes: a and b broadcast. Types: all; integers are compared in float64.
    """
    one, other = (_floating(x) for x in arrays_of((a, b), "isclose"))
    is_near = less_equal(absolute(subtract(one, other)), add(multiply(absolute(other), rtol), atol))
    found = logical_or(logical_and(is_near, isfinite(other)), equal(one, other))
    if equal_nan:
        found = logical_or(found, logical_and(isnan(one), isnan(other)))
    return found


def _floating(x: Any) -> Any:
    return x if dtype_of(x).is_floating else astype(x, dtypes.float64)


def allclose(a: ArrayLike, b: ArrayLike, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether `isclose` is true of all elements: True or False, which waits for the device.

    Shapes: a and b broadcast. Types: all.
    """
    one, other = arrays_of((a, b), "allclose")
    return bool(all_of(isclose(one, other, rtol, atol, equal_nan)))


def array_equal(a1: ArrayLike, a2: ArrayLike, equal_nan: bool = False) -> bool:
    """Whether two arrays have one shape and equal elements: True or False, which waits for the device.

    Shapes: any; what is no array, and no number or list of these, equals nothing. Types: all. `equal_nan`: NaN equals
    NaN.
    """
    pair = _pair(a1, a2, "array_equal")
    return pair is not None and tuple(pair[0].shape) == tuple(pair[1].shape) and _are_equal(pair[0], pair[1], equal_nan)


def array_equiv(a1: ArrayLike, a2: ArrayLike) -> bool:
    """Whether two arrays broadcast, and then have equal elements: True or False, which waits for the device.

    Shapes: any. Types: all.
    """
    pair = _pair(a1, a2, "array_equiv")
    if pair is None:
        return False
    try:
        broadcast_shapes(*(tuple(x.shape) for x in pair))
    except ShapeError:
        return False
    return _are_equal(pair[0], pair[1], False)


def _pair(a: Any, b: Any, name: str) -> list[Any] | None:
    try:
        return arrays_of((a, b), name)
    except DeviceError:
        raise
    except (TypeError, ValueError):
        return None


def _are_equal(a: Any, b: Any, equal_nan: bool) -> bool:
    try:
        found = equal(a, b)
    except DTypeError:  # uint64 beside a signed type
        a, b = (astype(x, dtypes.float64) for x in (a, b))
        found = equal(a, b)
    if equal_nan:
        found = logical_or(found, logical_and(isnan(a), isnan(b)))
    return bool(all_of(found))


def isposinf(x: A, /) -> A:
    """Whether it is infinity, element-wise. Shape: any, kept. Types: real; DTypeError for complex numbers."""
    return _is_number(x, math.inf, "isposinf")


def isneginf(x: A, /) -> A:
    """Whether it is -infinity, element-wise. Shape: any, kept. Types: real; DTypeError for complex numbers."""
    return _is_number(x, -math.inf, "isneginf")


def _is_number(x: Any, number: float, name: str) -> Any:
    x = operand(x, name)
    check_real(dtype_of(x))
    return equal(x, number) if dtype_of(x).is_floating else equal(astype(x, dtypes.get_default_dtype()), number)


def isreal(x: A) -> A:
    """Whether the imaginary part is 0, element-wise. Shape: any, kept. Types: all."""
    return _has_imaginary(x, "isreal", equal)


def iscomplex(x: A) -> A:
    """Whether the imaginary part is not 0, element-wise. Shape: any, kept. Types: all."""
    return _has_imaginary(x, "iscomplex", not_equal)


def _has_imaginary(x: Any, name: str, compare: Any) -> Any:
    x = operand(x, name)
    if dtype_of(x).kind == "complex floating":
        return compare(imag(x), 0)
    is_anything = logical_or(equal(x, 0), not_equal(x, 0))
    return compare(is_anything, True)


def iscomplexobj(x: ArrayLike) -> bool:
    """Whether the data type is complex, of an array of any shape, a number or a list: True or False."""
    return dtype_of(operand(x, "iscomplexobj")).kind == "complex floating"


def isrealobj(x: ArrayLike) -> bool:
    """Whether the data type is not complex, of an array of any shape, a number or a list: True or False."""
    return not iscomplexobj(x)


def isscalar(element: object) -> bool:
    """Whether it is a number or a text of Python or NumPy; an array of shape () is none: True or False."""
    if is_array(element):
        return False
    is_numpys = getattr(element, "shape", None) == () and hasattr(element, "item")
    return isinstance(element, (numbers.Number, str, bytes)) or is_numpys
