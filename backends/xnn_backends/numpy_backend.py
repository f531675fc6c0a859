"""NumPy on the CPU: always there."""

from __future__ import annotations

import contextlib
import math
import operator
import platform
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from . import host_memory, processors
from .dtypes import native
from .namespace import Namespace
from .protocol import Backend, Device, HostArray, Kernel, UpdateKernel
from .special_cases import mends


class NumpyBackend(Backend):
    """NumPy's arrays, in the host's memory."""

    name = "numpy"
    library = "numpy"
    bare_devices: ClassVar = ("cpu",)
    auto_rank = 0
    array_type = np.ndarray

    def find_devices(self) -> tuple[str, ...]:
        return ("cpu",)

    def try_device(self, name: str) -> Mapping[str, Any]:
        return {"hardware": platform.processor() or platform.machine()}

    @cached_property
    def xp(self) -> Namespace:
        import array_api_compat.numpy as module

        host_memory.keep_freed()
        processors.limit_products()
        return Namespace(
            module,
            **mends(module, lambda x: x.dtype.kind, joined, "floor_divide expm1 tanh"),
            device=lambda x: "cpu",
            is_on_host=True,
            **DIRECT,
            **{name: in_single(getattr(module, name)) for name in ROUNDED},
            linalg=Namespace(module.linalg, vector_norm=in_single(module.linalg.vector_norm)),
            setitem=setitem,
            scatter_add=scatter_add,
            float16=HALF,
        )

    @cached_property
    def raw_dtypes(self) -> dict[Any, Any]:
        return {dtype: np.dtype(raw) for dtype, raw in super().raw_dtypes.items()}

    @cached_property
    def _cpu(self) -> Device:
        return self.device("cpu")

    def misfit(self, kind: type) -> str:
        if issubclass(kind, np.ma.MaskedArray):
            return "Its mask would be lost. Cure: x.filled(value), or x.compressed(), first."
        if issubclass(kind, np.matrix):
            return "Its * is the matrix product. Cure: np.asarray(x), or xnn.asarray(x), first."
        return ""

    def device_of(self, x: Any) -> Device:
        return self._cpu

    def from_numpy(self, x: HostArray, device: Device, copy: bool | None = None) -> HostArray:
        return as_plain(x, copy)

    def to_numpy(self, x: HostArray) -> HostArray:
        return x

    def own(self, x: HostArray) -> HostArray:
        return x if x.flags.owndata and x.flags.writeable else x.copy()

    def without_underflow(self) -> contextlib.AbstractContextManager[object]:
        return np.errstate(under="ignore")

    def normalise(self, x: Any) -> HostArray:
        return np.asarray(x)  # reductions and indexing give NumPy scalars

    @cached_property
    def kernels(self) -> Mapping[str, Kernel]:
        from . import fast, numpy_kernels

        return {**numpy_kernels.kernels(), **fast.kernels()}

    @cached_property
    def updates(self) -> Mapping[str, UpdateKernel]:
        from . import fast
        from .fast import updates as compiled
        from .numpy_kernels import updates

        return compiled.kernels() if fast.is_on() else updates.kernels()


# Where NumPy itself conforms, without the wrappers of array-api-compat and of NumPy: these cost as much as the work
# on a small array (permute_dims 569 ns against 46; a mean of 16x16 5.1 us against 2.4).


add_up: Any = np.add.reduce  # NumPy's types tell keepdims=True and keepdims=False apart
HALF = np.dtype("float16")


def total(x: HostArray, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The standard's sum; that of half precision in float32: NumPy's own stops growing where a sum rounds to itself."""
    if x.dtype is HALF and (dtype is None or dtype is HALF):
        return add_up(x, axis=axis, dtype=np.float32, keepdims=keepdims).astype(HALF)
    return add_up(x, axis=axis, dtype=dtype, keepdims=keepdims)


# Of half precision, NumPy computes these in float16 throughout: a variance of 3000 numbers near 1000 is infinite.
ROUNDED = ("cumulative_prod", "cumulative_sum", "prod", "std", "var")


def in_single(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction that takes half precision through float32, as other libraries do, and gives it again."""

    def reduce(x: HostArray, /, **options: Any) -> Any:
        if x.dtype is not HALF or options.get("dtype") not in (None, HALF):
            return function(x, **options)
        return function(x.astype(np.float32), **{k: v for k, v in options.items() if k != "dtype"}).astype(HALF)

    return reduce


def mean(x: HostArray, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The standard's mean."""
    if x.dtype.char not in "fdFD" or x.size == 0:
        return np.mean(x, axis=axis, keepdims=keepdims)  # half precision is summed in float32; no elements: a warning
    out = add_up(x, axis=axis, keepdims=keepdims)
    return out / out.dtype.type(x.size // out.size)


def broadcast_to(x: HostArray, shape: tuple[int, ...]) -> HostArray:
    """The standard's broadcast_to: a small array is copied, which takes a fifth of the time that a view does."""
    if math.prod(shape) > SMALL or x.ndim > len(shape):  # an assignment drops leading dimensions of size 1
        return np.broadcast_to(x, shape)
    out = np.empty(shape, x.dtype)
    out[...] = x
    return out


def reshape(x: HostArray, /, shape: tuple[int, ...], *, copy: bool | None = None) -> HostArray:
    """The standard's reshape: without the function around NumPy's method, which takes twice as long."""
    return x.reshape(shape) if copy is None else np.reshape(x, shape, copy=copy)


SMALL = 4096  # elements; a view costs 1.8 us whatever its size, a copy of 4096 numbers as much
DIRECT = {
    "broadcast_to": broadcast_to,
    "matmul": np.matmul,
    "matrix_transpose": operator.attrgetter("mT"),
    "mean": mean,
    "permute_dims": np.transpose,
    "reshape": reshape,
    "sign": np.sign,  # array-api-compat's warns of complex 0
    "sum": total,
}


def as_plain(x: HostArray, copy: bool | None) -> HostArray:
    """A plain array in the machine's byte order; `copy` as in the standard's asarray."""
    same = native(x)
    if copy is False and same is not x:
        raise ValueError(f"an array of {x.dtype.str} is put into the machine's byte order only by a copy")
    return np.array(same, copy=copy)


def joined(real: HostArray, imag: HostArray) -> HostArray:
    """The complex array of a real and an imaginary part."""
    out = np.empty(np.shape(real), np.result_type(real, np.complex64))
    out.real, out.imag = real, imag
    return out


def setitem(x: HostArray, key: Any, value: Any) -> HostArray:
    """A copy of x with `value` at `key`."""
    x = np.array(x, order="C")  # not x.copy(): of shape (), NumPy's arithmetic gives scalars, which stay as they are
    x[key] = value
    return x


def scatter_add(x: HostArray, key: Any, value: Any) -> HostArray:
    """A copy of x with `value` added at `key`, as often as an index stands there."""
    x = np.array(x, order="C")
    keys = key if isinstance(key, tuple) else (key,)
    if any(isinstance(k, np.ndarray) and k.dtype != np.bool_ for k in keys):
        np.add.at(x, key, value)
    else:
        x[key] += value  # each element stands there once: over ten times faster
    return x
