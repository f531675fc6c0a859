"""NumPy's and PyTorch's names for functions that the standard calls otherwise, or that are an attribute elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xnn.autograd.operands import operand
from xnn.dtypes import DType, as_dtype, promote_dtypes
from xnn.typing import A, ArrayLike, DTypeLike

from .complex_numbers import conj
from .creation import asarray
from .cumulative import cumulative_prod, cumulative_sum
from .data_types import astype, dtype_of
from .elementwise import abs, divide, pow, remainder
from .logic import bitwise_invert, bitwise_left_shift, bitwise_right_shift
from .manipulation import concat, permute_dims, reshape
from .rounding import round
from .statistical import max, min
from .trigonometric import acos, acosh, asin, asinh, atan, atan2, atanh

__all__ = [
    "absolute", "amax", "amin", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "around",
    "asanyarray", "ascontiguousarray", "bitwise_not", "concatenate", "conjugate", "copy", "cumprod",
    "cumsum", "fabs", "invert", "left_shift", "mod", "ndim", "permute", "power", "promote_types", "right_shift",
    "shape", "size", "transpose", "true_divide",
]  # fmt: skip

absolute = fabs = abs
amax, amin = max, min
arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh = acos, acosh, asin, asinh, atan, atan2, atanh
around = round
asanyarray = ascontiguousarray = asarray
bitwise_not = invert = bitwise_invert
left_shift, right_shift = bitwise_left_shift, bitwise_right_shift
concatenate = concat
conjugate = conj
mod, power, true_divide = remainder, pow, divide


def promote_types(type1: DTypeLike, type2: DTypeLike) -> DType:
    """The type to which two data types are promoted together; of any shape and number of arrays: `result_type`."""
    return promote_dtypes(as_dtype(type1), as_dtype(type2))


def copy(a: A) -> A:
    """The same values in memory of their own, on the graph where `a` is.

    Shapes and types: those of a. A raw array gives one of its library.
    """
    a = operand(a, "copy")
    return astype(a, dtype_of(a), copy=True)


def permute(x: A, dims: tuple[int, ...]) -> A:
    """`permute_dims`, under PyTorch's name.

    Shapes: x any; the result's dimensions are x's in the order `dims`.
    """
    return permute_dims(x, dims)


def transpose(a: A, axes: Sequence[int] | None = None) -> A:
    """The dimensions of `a` in another order, as NumPy's; PyTorch's, of two dimensions, is `swapaxes`.

    Shapes: a any; the result's dimensions are a's in the order `axes`, or all in reverse for None.
    """
    a = operand(a, "transpose")
    return permute_dims(a, tuple(reversed(range(len(a.shape)))) if axes is None else axes)


def _flat(a: Any, axis: int | None) -> tuple[Any, int]:
    return (reshape(a, (-1,)), 0) if axis is None else (a, axis)


def cumsum(a: A, axis: int | None = None, dtype: DTypeLike | None = None) -> A:
    """At each position along a dimension the sum of what comes up to there; of all elements in a row without an axis.

    Shapes: a any; the result the same, or a vector. Types: as those of sum.
    """
    a, axis = _flat(operand(a, "cumsum"), axis)
    return cumulative_sum(a, axis=axis, dtype=dtype)


def cumprod(a: A, axis: int | None = None, dtype: DTypeLike | None = None) -> A:
    """At each position along a dimension the product of what comes up to there; of all in a row without an axis.

    Shapes: a any; the result the same, or a vector. Types: as those of sum.
    """
    a, axis = _flat(operand(a, "cumprod"), axis)
    return cumulative_prod(a, axis=axis, dtype=dtype)


def ndim(a: ArrayLike) -> int:
    """The number of dimensions of an array of any shape, a number or nested lists."""
    return len(shape(a))


def shape(a: ArrayLike) -> tuple[int, ...]:
    """The shape of an array, a number or nested lists: the size of each dimension."""
    found = getattr(a, "shape", None)
    return tuple(found) if found is not None else tuple(asarray(a).shape)


def size(a: ArrayLike, axis: int | None = None) -> int:
    """The number of elements of an array of any shape, a number or nested lists; or its size along a dimension."""
    total = 1
    sizes = shape(a)
    for n in sizes if axis is None else (sizes[axis],):
        total *= n
    return total
