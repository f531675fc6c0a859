"""Data types under NumPy's other names, their abstract kinds, and issubdtype, which asks for them.

bool_, byte, half, intp, ... are other names of the types that they are in NumPy on this machine.
"""

from __future__ import annotations

from typing import Any, Final

from xnn import dtypes
from xnn.dtypes import DType
from xnn.typing import DTypeLike
from xnn_backends.dtypes import C_LONG, C_ULONG

__all__ = [
    "bool_", "byte", "cdouble", "complexfloating", "csingle", "double", "dtype", "floating", "generic", "half",
    "inexact", "int_", "intc", "integer", "intp", "issubdtype", "long", "longlong", "number", "short",
    "signedinteger", "single", "ubyte", "uint", "uintc", "uintp", "ulong", "ulonglong", "unsignedinteger", "ushort",
]  # fmt: skip


def dtype(obj: DTypeLike) -> DType:
    """The data type that a name, a Python type, or a library's own object means; arrays of any shape have one.

    Raises:
        DTypeError: if it means none.
    """
    return dtypes.as_dtype(obj)


class AbstractDType:
    """Several data types together, as `xnn.floating`, for `issubdtype`; no array, of whatever shape, has one."""

    __slots__ = ("kinds", "name")

    def __init__(self, name: str, *kinds: str) -> None:
        self.name: Final = name
        self.kinds: Final = frozenset(kinds)

    def __repr__(self) -> str:
        return f"xnn.{self.name}"

    def __reduce__(self) -> str:
        return self.name  # the global below, so that it stays one object


signedinteger = AbstractDType("signedinteger", "signed integer")
unsignedinteger = AbstractDType("unsignedinteger", "unsigned integer")
floating = AbstractDType("floating", "real floating")
complexfloating = AbstractDType("complexfloating", "complex floating")
integer = AbstractDType("integer", *signedinteger.kinds, *unsignedinteger.kinds)
inexact = AbstractDType("inexact", *floating.kinds, *complexfloating.kinds)
number = AbstractDType("number", *integer.kinds, *inexact.kinds)
generic = AbstractDType("generic", "bool", *number.kinds)
ABSTRACT = {
    kind.name: kind
    for kind in (signedinteger, unsignedinteger, floating, complexfloating, integer, inexact, number, generic)
}

bool_ = dtypes.bool_
byte, short, intc, longlong = dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64
ubyte, ushort, uintc, ulonglong = dtypes.uint8, dtypes.uint16, dtypes.uint32, dtypes.uint64
int_, intp, long = dtypes.int64, dtypes.int64, C_LONG
uint, uintp, ulong = dtypes.uint64, dtypes.uint64, C_ULONG
half, single, double = dtypes.float16, dtypes.float32, dtypes.float64
csingle, cdouble = dtypes.complex64, dtypes.complex128


def issubdtype(arg1: DTypeLike | AbstractDType, arg2: DTypeLike | AbstractDType) -> bool:
    """Whether a data type is another one, or is of an abstract kind, as `xnn.floating` or NumPy's own `np.floating`.

    Abstract kinds are of the kinds that contain them. `float` is the default floating type: see `xnn.isdtype` for the
    standard's question. No shapes: of an array, x.dtype.

    Raises:
        DTypeError: for what is neither a data type nor an abstract kind.
    """
    one, other = _type(arg1), _type(arg2)
    if isinstance(other, AbstractDType):
        return (one.kinds if isinstance(one, AbstractDType) else {one.kind}) <= other.kinds
    return one is other


def _type(x: Any) -> AbstractDType | dtypes.DType:
    """The abstract kind that it is, or that NumPy's class of this name is; otherwise the data type."""
    if isinstance(x, type) and x.__module__ == "numpy" and x.__name__ in ABSTRACT:
        return ABSTRACT[x.__name__]
    return x if isinstance(x, AbstractDType) else dtypes.as_dtype(x)
