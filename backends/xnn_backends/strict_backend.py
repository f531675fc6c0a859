"""array-api-strict: NumPy's numbers behind the standard's minimum, on several devices.

It refuses what the standard does not promise, and arrays of two devices in one operation: what
runs here is portable. It is a proof, not a way to work fast.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from . import numpy_backend
from .errors import Unusable
from .namespace import Namespace, reshape_of
from .protocol import Backend, Device, HostArray
from .special_cases import mends


class StrictBackend(Backend):
    """array-api-strict's arrays on CPU_DEVICE, device1 and device2."""

    name = "strict"
    library = "array_api_strict"

    def find_devices(self) -> tuple[str, ...]:
        if importlib.util.find_spec("array_api_strict") is None:
            raise Unusable("array-api-strict is not installed", "python -m pip install array-api-strict")
        # device2 has float32 for its default type, but else it is like device1.
        return ("CPU_DEVICE", "device1", "device2")

    def try_device(self, name: str) -> Mapping[str, Any]:
        return {"hardware": "NumPy behind array-api-strict"}

    @cached_property
    def xp(self) -> Namespace:
        import array_api_strict

        return Namespace(
            array_api_strict,
            **mends(array_api_strict, lambda x: x._array.dtype.kind, self._joined, "floor_divide expm1 tanh"),
            is_on_host=True,
            astype=self._astype,
            sign=self._sign,
            reshape=reshape_of(array_api_strict),
            # The standard's indexing takes no mix of arrays and slices, no slice past the end, ...
            getitem=lambda x, key: self.xp.asarray(x._array[self._key_below(key)], device=x.device),
            setitem=lambda x, key, value: self._through_numpy(numpy_backend.setitem, x, key, value),
            scatter_add=lambda x, key, value: self._through_numpy(numpy_backend.scatter_add, x, key, value),
            add_at_slices=lambda x, key, value: self._through_numpy(numpy_backend.scatter_add, x, key, value),
        )

    @cached_property
    def array_type(self) -> type:
        return type(self.xp.empty(0))

    def make_device(self, name: str) -> Device:
        return Device(self, name, self.xp.Device(name))

    def device_of(self, x: Any) -> Device:
        return self.device(str(x.device).split("'")[1])

    def from_numpy(self, x: HostArray, device: Device, copy: bool | None = None) -> Any:
        # The standard has no way in from NumPy: array-api-strict takes NumPy arrays all the same.
        return self.xp.asarray(numpy_backend.as_plain(x, copy), device=device.raw)

    def without_underflow(self) -> contextlib.AbstractContextManager[object]:
        return np.errstate(under="ignore")

    def to_numpy(self, x: Any) -> HostArray:
        return np.asarray(x._array)

    def _joined(self, real: Any, imag: Any) -> Any:
        return self.xp.asarray(numpy_backend.joined(real._array, imag._array), device=real.device)

    def _astype(self, x: Any, dtype: Any, /, *, copy: bool = True) -> Any:
        import array_api_strict

        if x._array.dtype.kind == "c" and dtype == array_api_strict.bool:
            return x != 0  # array-api-strict refuses what the standard asks for
        return array_api_strict.astype(x, dtype, copy=copy)

    def _sign(self, x: Any, /) -> Any:
        import array_api_strict

        if x._array.dtype.kind != "c":
            return array_api_strict.sign(x)
        is_zero = x == 0  # of which it keeps the signs of the parts, and warns
        out = array_api_strict.sign(array_api_strict.where(is_zero, array_api_strict.ones_like(x), x))
        return array_api_strict.where(is_zero, array_api_strict.zeros_like(x), out)

    def _through_numpy(self, function: Any, x: Any, key: Any, value: Any) -> Any:
        """What the standard lacks, done by NumPy on the memory below."""
        result = function(x._array, self._key_below(key), self._below(value))
        return self.xp.asarray(result, device=x.device)

    def _key_below(self, key: Any) -> Any:
        return tuple(map(self._below, key)) if isinstance(key, tuple) else self._below(key)

    def _below(self, x: Any) -> Any:
        return getattr(x, "_array", x)  # a key may hold ints and slices as well
