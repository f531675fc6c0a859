"""The data types of the array API standard, apart from any library's own objects for them; and which are which."""

from __future__ import annotations

from typing import Any, Final

from .errors import DTypeError


class DType:
    """A data type: `name` as the standard spells it, its `kind`, and its size in `bits`.

    Kinds are those of the standard's `isdtype`. There is one object for each type, so
    types are compared with `is` or `==`.
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

    @property
    def is_floating(self) -> bool:
        """Real or complex floating-point, so that it has derivatives."""
        return self.kind in ("real floating", "complex floating")


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
