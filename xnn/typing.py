"""The types of xnn's signatures, for the annotations of one's own code.

A function of arrays gives an Array for an Array, and for a raw array one of its own type (`numpy.ndarray`,
`torch.Tensor`, ...): that is what the type variable `A` says. Of several arrays, the first says which:

    from xnn.typing import A, Axis

    def standardize(x: A, axis: Axis = 0) -> A: ...

A raw array beside an Array gives an Array all the same, whichever comes first.

A: an Array or a raw array, the same wherever it stands in a signature. AnyArray: any of these.
ArrayLike: what `xnn.asarray` takes. Scalar: a number of Python or NumPy, which stands beside arrays.
Axis, Shape: an int, or several. Key: what stands in `x[...]`.
DeviceLike: a Device, or its name as "cuda:1". DTypeLike: an xnn type, its name, or a library's own object for it.
Interpolation: the modes of `nn.Upsample`. PaddingMode: what stands in the padding of convolutions.
Reduction: of losses.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType
from typing import Any, Literal, ParamSpec, Protocol, SupportsIndex, TypeAlias, TypeVar

from xnn_backends import Device
from xnn_backends.dtypes import DType
from xnn_backends.scalars import Scalar

__all__ = [
    "A", "AnyArray", "ArrayLike", "Axis", "DTypeLike", "DeviceLike", "Interpolation", "Key", "PaddingMode", "Reduction",
    "Scalar", "Shape",
]  # fmt: skip

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
A = TypeVar("A", bound="AnyArray")


class AnyArray(Protocol):
    """An Array, or a raw array of any backend."""

    @property
    def shape(self) -> Any:
        """The size of each dimension, in the library's own tuple."""

    @property
    def ndim(self) -> int:
        """The number of dimensions."""

    @property
    def dtype(self) -> Any:
        """The data type, the library's own object."""

    def __len__(self) -> int: ...

    def __getitem__(self, key: Any, /) -> Any: ...


class _SupportsDLPack(Protocol):
    def __dlpack__(self) -> Any: ...


class _SupportsArray(Protocol):
    def __array__(self) -> Any: ...


class _LibraryDType(Protocol):
    @property
    def itemsize(self) -> int: ...


Axis: TypeAlias = int | Sequence[int]
Shape: TypeAlias = int | Sequence[int]
DeviceLike: TypeAlias = str | Device
DTypeLike: TypeAlias = DType | str | type | _LibraryDType
Interpolation: TypeAlias = Literal["nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area"]
PaddingMode: TypeAlias = Literal["zeros", "reflect", "replicate", "circular"]
Reduction: TypeAlias = Literal["mean", "sum", "none"]
ArrayLike: TypeAlias = AnyArray | Scalar | Sequence[Any] | memoryview | _SupportsDLPack | _SupportsArray
_Index: TypeAlias = SupportsIndex | slice | EllipsisType | AnyArray | Sequence[Any] | None
Key: TypeAlias = _Index | tuple[_Index, ...]


# ---- what a module's call is typed by: nn.Module ----

MYPY = False  # true to mypy, which asks the name alone


class HasForward(Protocol[P, R_co]):
    """A module, whose call has the signature of `forward`."""

    def forward(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


class GivesForward(Protocol[R_co]):
    """Likewise for mypy, which loses type variables like A in a ParamSpec, but keeps them in an attribute's type."""

    @property
    def forward(self) -> R_co: ...


def __dir__() -> list[str]:
    return __all__
