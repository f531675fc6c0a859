"""NumPy on the CPU: always there."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from .namespace import Namespace
from .protocol import Backend, Device, HostArray, native


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

        return Namespace(
            module,
            device=lambda x: "cpu",
            # The wrapper of array-api-compat costs ten times the call: 569 ns against 46.
            permute_dims=np.transpose,
            setitem=setitem,
            scatter_add=scatter_add,
            float16=np.dtype("float16"),
        )

    @cached_property
    def raw_dtypes(self) -> dict[Any, Any]:
        return {dtype: np.dtype(raw) for dtype, raw in super().raw_dtypes.items()}

    @cached_property
    def _cpu(self) -> Device:
        return self.device("cpu")

    def device_of(self, x: Any) -> Device:
        return self._cpu

    def from_numpy(self, x: HostArray, device: Device, copy: bool | None = None) -> HostArray:
        return as_plain(x, copy)

    def to_numpy(self, x: HostArray) -> HostArray:
        return x

    def normalise(self, x: Any) -> HostArray:
        return np.asarray(x)  # reductions and indexing give NumPy scalars


def as_plain(x: HostArray, copy: bool | None) -> HostArray:
    """A plain array in the machine's byte order; `copy` as in the standard's asarray."""
    same = native(x)
    if copy is False and same is not x:
        raise ValueError(f"an array of {x.dtype.str} is put into the machine's byte order only by a copy")
    return np.array(same, copy=copy)


def setitem(x: HostArray, key: Any, value: Any) -> HostArray:
    """A copy of x with `value` at `key`."""
    x = x.copy()
    x[key] = value
    return x


def scatter_add(x: HostArray, key: Any, value: Any) -> HostArray:
    """A copy of x with `value` added at `key`, as often as an index stands there."""
    x = x.copy()
    keys = key if isinstance(key, tuple) else (key,)
    if any(isinstance(k, np.ndarray) and k.dtype != np.bool_ for k in keys):
        np.add.at(x, key, value)
    else:
        x[key] += value  # each element stands there once: over ten times faster
    return x
