"""Methods of arrays under NumPy's names, each of which is a function of the namespace; and some of PyTorch's.

As in JAX and PyTorch none of them changes the array: `x.sort()` gives the sorted one, where NumPy's sorts in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from xnn_backends.dtypes import BY_NAME, DType

from .autograd.graph import Tracked
from .errors import OptionError
from .ops import (
    complex_numbers,
    elementwise,
    exponential,
    extrema,
    indexing,
    manipulation,
    repetitions,
    rounding,
    searching,
    sorting,
    statistical,
    utility,
)
from .ops.data_types import astype
from .ops.searching import Side
from .ops.sorting import Kind
from .typing import AnyArray, Axis, DeviceLike, DTypeLike, Scalar, Shape

if TYPE_CHECKING:
    from .array_object import Array
    from .indexed_updates import At


class Methods(Tracked):
    """The part of an array that is the functions on it."""

    __slots__ = ()

    # ---- reductions ----

    def sum(self: Any, axis: Axis | None = None, dtype: DTypeLike | None = None, *, keepdims: bool = False) -> Array:
        """`xnn.sum` of this array."""
        return statistical.sum(self, axis=axis, dtype=dtype, keepdims=keepdims)

    def prod(self: Any, axis: Axis | None = None, dtype: DTypeLike | None = None, *, keepdims: bool = False) -> Array:
        """`xnn.prod` of this array."""
        return statistical.prod(self, axis=axis, dtype=dtype, keepdims=keepdims)

    def mean(self: Any, axis: Axis | None = None, *, keepdims: bool = False) -> Array:
        """`xnn.mean` of this array."""
        return statistical.mean(self, axis=axis, keepdims=keepdims)

    def var(self: Any, axis: Axis | None = None, *, ddof: float = 0.0, keepdims: bool = False) -> Array:
        """`xnn.var` of this array, with NumPy's name of the correction."""
        return statistical.var(self, axis=axis, correction=ddof, keepdims=keepdims)

    def std(self: Any, axis: Axis | None = None, *, ddof: float = 0.0, keepdims: bool = False) -> Array:
        """`xnn.std` of this array, with NumPy's name of the correction."""
        return statistical.std(self, axis=axis, correction=ddof, keepdims=keepdims)

    def max(self: Any, axis: Axis | None = None, *, keepdims: bool = False) -> Array:
        """`xnn.max` of this array."""
        return statistical.max(self, axis=axis, keepdims=keepdims)

    def min(self: Any, axis: Axis | None = None, *, keepdims: bool = False) -> Array:
        """`xnn.min` of this array."""
        return statistical.min(self, axis=axis, keepdims=keepdims)

    def ptp(self: Any, axis: Axis | None = None, *, keepdims: bool = False) -> Array:
        """`xnn.ptp` of this array."""
        from .ops.averages import ptp

        return ptp(self, axis=axis, keepdims=keepdims)

    def all(self: Any, axis: Axis | None = None, *, keepdims: bool = False) -> Array:
        """`xnn.all` of this array."""
        return utility.all(self, axis=axis, keepdims=keepdims)

    def any(self: Any, axis: Axis | None = None, *, keepdims: bool = False) -> Array:
        """`xnn.any` of this array."""
        return utility.any(self, axis=axis, keepdims=keepdims)

    def argmax(self: Any, axis: int | None = None, *, keepdims: bool = False) -> Array:
        """`xnn.argmax` of this array."""
        return searching.argmax(self, axis=axis, keepdims=keepdims)

    def argmin(self: Any, axis: int | None = None, *, keepdims: bool = False) -> Array:
        """`xnn.argmin` of this array."""
        return searching.argmin(self, axis=axis, keepdims=keepdims)

    def cumsum(self: Any, axis: int | None = None, dtype: DTypeLike | None = None) -> Array:
        """`xnn.cumsum` of this array."""
        from .ops.aliases import cumsum

        return cumsum(self, axis, dtype)

    def cumprod(self: Any, axis: int | None = None, dtype: DTypeLike | None = None) -> Array:
        """`xnn.cumprod` of this array."""
        from .ops.aliases import cumprod

        return cumprod(self, axis, dtype)

    # ---- order and search ----

    def sort(
        self: Any, axis: int = -1, kind: Kind | None = None, *, descending: bool = False, stable: bool = True
    ) -> Array:
        """`xnn.sort` of this array, which stays as it is."""
        return sorting.sort(self, axis=axis, kind=kind, descending=descending, stable=stable)

    def argsort(
        self: Any, axis: int = -1, kind: Kind | None = None, *, descending: bool = False, stable: bool = True
    ) -> Array:
        """`xnn.argsort` of this array."""
        return sorting.argsort(self, axis=axis, kind=kind, descending=descending, stable=stable)

    def nonzero(self: Any) -> tuple[Array, ...]:
        """`xnn.nonzero` of this array."""
        return searching.nonzero(self)

    def searchsorted(self: Any, v: AnyArray | Scalar, side: Side = "left", sorter: AnyArray | None = None) -> Array:
        """`xnn.searchsorted` of values in this array, which is sorted."""
        return searching.searchsorted(self, v, side=side, sorter=sorter)

    def take(self: Any, indices: AnyArray, axis: int | None = None) -> Array:
        """`xnn.take` of this array; of its elements in a row without an axis."""
        if axis is None and self.ndim != 1:
            return indexing.take(manipulation.reshape(self, (-1,)), indices, axis=0)
        return indexing.take(self, indices, axis=axis)

    # ---- shapes ----

    def reshape(self: Any, *shape: Shape, order: Literal["C"] = "C") -> Array:
        """`xnn.reshape` of this array: x.reshape(2, -1) or x.reshape((2, -1))."""
        return manipulation.reshape(self, _sizes(shape), order)

    def view(self: Any, *shape: Shape) -> Array:
        """PyTorch's name of `reshape`; the values are not shared."""
        return manipulation.reshape(self, _sizes(shape))

    def ravel(self: Any, order: Literal["C"] = "C") -> Array:
        """The elements in a row."""
        return manipulation.reshape(self, (-1,), order)

    def flatten(self: Any, order: Literal["C"] = "C") -> Array:
        """The elements in a row."""
        return manipulation.reshape(self, (-1,), order)

    def squeeze(self: Any, axis: Axis | None = None) -> Array:
        """`xnn.squeeze` of this array: without the dimensions of size 1, or those of them that `axis` names."""
        if axis is None:
            axis = tuple(i for i, n in enumerate(self.shape) if n == 1)
        return manipulation.squeeze(self, axis=axis)

    def unsqueeze(self: Any, dim: int) -> Array:
        """PyTorch's name of `xnn.expand_dims`."""
        return manipulation.expand_dims(self, axis=dim)

    def transpose(self: Any, *axes: int | Sequence[int] | None) -> Array:
        """The dimensions in another order, x.transpose(1, 0) or x.transpose((1, 0)); all in reverse without one."""
        order: Any = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return manipulation.permute_dims(self, tuple(order) if order else tuple(reversed(range(self.ndim))))

    def permute(self: Any, *dims: Shape) -> Array:
        """PyTorch's name of `xnn.permute_dims`."""
        return manipulation.permute_dims(self, _sizes(dims))

    def swapaxes(self: Any, axis1: int, axis2: int) -> Array:
        """The array with two dimensions swapped."""
        order = list(range(self.ndim))
        order[axis1], order[axis2] = order[axis2], order[axis1]
        return manipulation.permute_dims(self, tuple(order))

    def repeat(self: Any, repeats: int | AnyArray, axis: int | None = None) -> Array:
        """`xnn.repeat` of this array."""
        return repetitions.repeat(self, repeats, axis=axis)

    def diagonal(self: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
        """`xnn.diagonal` of this array."""
        from .ops.traces import diagonal

        return diagonal(self, offset, axis1, axis2)

    def trace(self: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
        """`xnn.trace` of this array."""
        from .ops.traces import trace

        return trace(self, offset, axis1, axis2)

    def dot(self: Any, b: AnyArray | Scalar) -> Array:
        """`xnn.dot` of this array and another."""
        from .ops.contractions import dot

        return dot(self, b)

    # ---- elements ----

    def abs(self: Any) -> Array:
        """`xnn.abs` of this array."""
        return elementwise.abs(self)

    def exp(self: Any) -> Array:
        """`xnn.exp` of this array."""
        return exponential.exp(self)

    def log(self: Any) -> Array:
        """`xnn.log` of this array."""
        return exponential.log(self)

    def sqrt(self: Any) -> Array:
        """`xnn.sqrt` of this array."""
        return elementwise.sqrt(self)

    def square(self: Any) -> Array:
        """`xnn.square` of this array."""
        return elementwise.square(self)

    def pow(self: Any, exponent: AnyArray | Scalar) -> Array:
        """`xnn.pow` of this array and an exponent."""
        return elementwise.pow(self, exponent)

    def clip(self: Any, min: AnyArray | Scalar | None = None, max: AnyArray | Scalar | None = None) -> Array:
        """`xnn.clip` of this array."""
        return extrema.clip(self, min, max)

    def round(self: Any, decimals: int = 0) -> Array:
        """`xnn.round` of this array."""
        return rounding.round(self, decimals=decimals)

    def conj(self: Any) -> Array:
        """`xnn.conj` of this array."""
        return complex_numbers.conj(self)

    conjugate = conj

    @property
    def real(self: Any) -> Array:
        """The real part; of a real array itself."""
        return complex_numbers.real(self) if self.dtype.kind == "complex floating" else self

    @property
    def imag(self: Any) -> Array:
        """The imaginary part; of a real array zeros."""
        return complex_numbers.imag(self)

    # ---- types, memory and devices ----

    def astype(self: Any, dtype: DTypeLike, *, copy: bool = True) -> Array:
        """`xnn.astype` of this array."""
        return astype(self, dtype, copy=copy)

    def copy(self: Any) -> Array:
        """The same values in memory of their own, on the graph where this array is."""
        return astype(self, self.dtype, copy=True)

    clone = copy

    @property
    def itemsize(self: Any) -> int:
        """The size of an element, in bytes."""
        return self.dtype.bits // 8

    @property
    def nbytes(self: Any) -> int:
        """The size of all elements, in bytes."""
        return self.size * self.itemsize

    @property
    def strides(self: Any) -> tuple[int, ...]:
        """The bytes from an element to the next along each dimension of `numpy()`, as Matplotlib's surfaces ask for."""
        strides: tuple[int, ...] = self.detach().numpy().strides
        return strides

    @property
    def data(self: Any) -> Array:
        """The same values off the graph, as PyTorch's: `detach()`."""
        return self.detach()

    def to(self: Any, *args: DeviceLike | DTypeLike, **options: Any) -> Array:
        """This array on a device, of a data type, or both, as PyTorch's: x.to("cpu"), x.to(xnn.float64).

        Raises:
            OptionError: for what is neither a device nor a data type.
        """
        result = self
        for value in (*args, options.pop("device", None), options.pop("dtype", None)):
            if value is None:
                continue
            result = astype(result, value, copy=False) if _is_dtype(value) else result.to_device(value)
        if options:
            raise OptionError(f"x.to takes a device and a data type; got {', '.join(options)}, too")
        return result

    def cpu(self: Any) -> Array:
        """This array in the memory of the host."""
        return self.to_device("cpu")

    def cuda(self: Any, device: int | None = None) -> Array:
        """This array on a GPU: that of this number, or the first."""
        return self.to_device("cuda" if device is None else f"cuda:{device}")

    @property
    def at(self: Any) -> At:
        """JAX's updates: x.at[i].set(v), add, multiply, divide, power, min, max, get, which leave x as it is."""
        from .indexed_updates import At

        return At(self)


def _sizes(shape: Sequence[Any]) -> tuple[int, ...]:
    """What a shape is that came as one argument, or as several."""
    if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
        return tuple(shape[0])
    return tuple(shape)


def _is_dtype(value: Any) -> bool:
    if isinstance(value, DType):
        return True
    name = value if isinstance(value, str) else getattr(value, "__name__", getattr(value, "name", ""))
    return str(name).rpartition(".")[2] in BY_NAME
