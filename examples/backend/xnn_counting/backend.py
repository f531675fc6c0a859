"""What makes the array library a backend of xnn: one class, named by the entry point in pyproject.toml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from xnn.backends import Backend, Device, Namespace, get_backend


class CountingBackend(Backend):
    """Counted arrays, on the CPU."""

    name = "counting"  # before the colon in `counting:cpu`, and the same in the entry point
    library = "xnn_counting"  # how the module of the arrays' class begins: xnn knows raw arrays by it

    # ---- which devices there are ----

    def find_devices(self) -> tuple[str, ...]:
        # Cheap, and without the library: where it may be missing, importlib.util.find_spec tells, and
        # `raise Unusable(reason, cure)` from xnn.backends says so to the user.
        return ("cpu",)

    def try_device(self, name: str) -> Mapping[str, Any]:
        # Here a GPU would be used for something small; what is returned is shown by `xnn devices`.
        return {"hardware": "NumPy, counted"}

    # ---- the library's functions ----

    @cached_property
    def _arrays(self) -> Any:
        from . import arrays  # only now: all backends are asked for their names, and few are used

        return arrays

    @cached_property
    def xp(self) -> Namespace:
        # NumPy's own `setitem` and `scatter_add` (see Namespace) come from xnn's backend, which is counted as a whole.
        return Namespace(self._arrays.functions, device=lambda x: "cpu")

    @cached_property
    def raw_dtypes(self) -> dict[Any, Any]:
        # Only because the attribute x.dtype is another object than xp.float32: numpy.dtype("float32").
        return get_backend("numpy").raw_dtypes

    # ---- the library's arrays ----

    @property
    def array_type(self) -> Any:
        return self._arrays.Array

    def device_of(self, x: Any) -> Device:
        return self.device("cpu")

    def from_numpy(self, x: Any, device: Device, copy: bool | None = None) -> Any:
        return self._arrays.Array(get_backend("numpy").from_numpy(x, device, copy))

    def to_numpy(self, x: Any) -> Any:
        return x.values
