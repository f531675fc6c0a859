"""The data types of the array API standard, apart from any library's own objects for them; and which are which."""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from .errors import DTypeError

if TYPE_CHECKING:
    import numpy as np

    from xnn.array_object import Array
    from xnn.typing import ArrayLike


class Hooks:
    """What a data type takes from the library above: `asarray` of an object and a type, and the `default` type."""

    asarray: Callable[[Any, Any], Any]
    default: DType


hooks = Hooks()


class DType:
    """A data type: `name` as the standard spells it, its `kind`, and its size in `bits`.

    Kinds are those of the standard's `isdtype`. There is one object for each type, so
    types are compared with `is` or `==`; and `==` also with what means a type: its name ("float32", "f4"),
    NumPy's, PyTorch's and other libraries' own objects, and Python's bool, int, float and complex, which mean what they
    mean as `dtype=`. Its hash is that of its name, so that a dict with the key "float32" has it; that of NumPy's object
    for the type is another one.

    Called, it gives an Array of the type, of any shape: `xnn.float32([1, 2])`. NumPy takes it for its own type:
    `np.zeros(3, dtype=x.dtype)`.
    """

    __slots__ = ("bits", "kind", "name")

    def __init__(self, name: str, kind: str, bits: int) -> None:
        self.name: Final = name
        self.kind: Final = kind
        self.bits: Final = bits

    def __repr__(self) -> str:
        return f"xnn.{self.name}"

    def __reduce__(self) -> str:
        return self.name if self.name != "bool" else "bool_"  # the global below, so that it stays one object

    def __eq__(self, other: object) -> bool:
        # never NotImplemented, for which NumPy's arrays would compare themselves element by element
        return self is other or (find_dtype(other) is self and getattr(other, "isnative", True))

    def __hash__(self) -> int:
        return hash(self.name)

    def __call__(self, obj: ArrayLike = 0, /) -> Array:
        """An Array of this type of what `xnn.asarray` takes, of any shape; what has another type is cast."""
        made: Array = hooks.asarray(obj, self)
        return made

    @property
    def is_floating(self) -> bool:
        """Real or complex floating-point, so that it has derivatives."""
        return self.kind in ("real floating", "complex floating")

    @property
    def type(self) -> DType:
        """Itself: NumPy's scalar types are one with its data types here, `x.dtype.type(3)` and `xnn.float32(3)`."""
        return self

    @property
    def itemsize(self) -> int:
        """The size of an element in bytes."""
        return self.bits // 8

    @property
    def __numpy_dtype__(self) -> np.dtype[Any]:  # what NumPy asks for from 2.4 on
        return self.dtype

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's object for the type; DTypeError for bfloat16, for which it has none."""
        import numpy as np  # as late as other libraries

        if self.name == "bfloat16":
            raise DTypeError("NumPy has no bfloat16. Cure: float32, to which it is cast without a loss.")
        return np.dtype(self.name)


bool_ = DType("bool", "bool", 8)
int8 = DType("int8", "signed integer", 8)
int16 = DType("int16", "signed integer", 16)
int32 = DType("int32", "signed integer", 32)
int64 = DType("int64", "signed integer", 64)
uint8 = DType("uint8", "unsigned integer", 8)
uint16 = DType("uint16", "unsigned integer", 16)
uint32 = DType("uint32", "unsigned integer", 32)
uint64 = DType("uint64", "unsigned integer", 64)
float32 = DType("float32", "real floating", 32)
float64 = DType("float64", "real floating", 64)
complex64 = DType("complex64", "complex floating", 64)
complex128 = DType("complex128", "complex floating", 128)
# Not of the standard, but each backend may have them.
float16 = DType("float16", "real floating", 16)
bfloat16 = DType("bfloat16", "real floating", 16)

STANDARD = (
    bool_, int8, int16, int32, int64, uint8, uint16, uint32, uint64,
    float32, float64, complex64, complex128,
)  # fmt: skip
BY_NAME = {dtype.name: dtype for dtype in (*STANDARD, float16, bfloat16)}


# How NumPy spells them beside the names: by kind and bytes, by letter, and after C.
_LETTERS = {"bool": "b", "signed integer": "i", "unsigned integer": "u", "real floating": "f", "complex floating": "c"}
C_LONG = int64 if struct.calcsize("l") == 8 else int32
C_ULONG = uint64 if struct.calcsize("L") == 8 else uint32
SPELLINGS = {
    **{f"{_LETTERS[dtype.kind]}{dtype.itemsize}": dtype for dtype in (*STANDARD, float16)},
    **dict(zip("?bhiqBHIQefdFD", (
        bool_, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float16, float32, float64, complex64,
        complex128,
    ), strict=True)), "l": C_LONG, "L": C_ULONG, "bool_": bool_,
    "byte": int8, "short": int16, "intc": int32, "long": C_LONG, "longlong": int64, "int_": int64, "intp": int64,
    "ubyte": uint8, "ushort": uint16, "uintc": uint32, "ulong": C_ULONG, "ulonglong": uint64, "uint": uint64,
    "uintp": uint64, "half": float16, "single": float32, "double": float64, "csingle": complex64, "cdouble": complex128,
}  # fmt: skip
_NATIVE = ("=", "|", "<" if sys.byteorder == "little" else ">")
PYTHON = {int: "int", float: "float", complex: "complex"}
hooks.default = float32


def find_dtype(obj: Any) -> DType | None:
    """The data type that an object means, or None: a DType, a name, a Python type, or a library's own object."""
    if isinstance(obj, DType):
        return obj
    if isinstance(obj, str):
        return _named(obj)
    if isinstance(obj, type):
        # of other classes NumPy's names alone: any class may be called "d", or "float" as Python's
        is_ours = obj in PYTHON or (len(obj.__name__) > 2 and obj.__name__ not in PYTHON.values())
        return _named(obj.__name__) if is_ours else None
    if "dtype" not in type(obj).__name__.lower():  # torch.dtype, numpy.dtypes.Float32DType; str() may cost, elsewhere
        return None
    name = getattr(obj, "name", None)
    return BY_NAME.get(name if isinstance(name, str) else str(obj).rpartition(".")[2])


def _named(name: str) -> DType | None:
    """The data type of this name; of "float" and "complex", the default one."""
    if name == "float":
        return hooks.default
    if name == "complex":
        return complex128 if hooks.default is float64 else complex64
    if name == "int":
        return int64
    return BY_NAME.get(name) or SPELLINGS.get(name[1:] if name.startswith(_NATIVE) else name)


class KnownDTypes(dict[Any, DType]):
    """The data types by a library's own objects for them; asking for another one raises DTypeError."""

    library = ""

    def __missing__(self, raw: Any) -> DType:
        if not getattr(raw, "isnative", True) and (known := self.get(raw.newbyteorder("="))) is not None:
            return known
        has = ", ".join(dtype.name for dtype in self.values())
        raise DTypeError(f"arrays of {raw} are not supported; {self.library} has {has}. Cure: cast before.")


def native(x: Any) -> Any:
    """A NumPy array in the machine's own byte order, as the standard's types are; a copy only where it is not."""
    return x if x.dtype.isnative else x.astype(x.dtype.newbyteorder("="))
