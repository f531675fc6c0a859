"""PyTorch: a third, independent library, for tests and for who has it already (MPS, ROCm, CUDA)."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from .errors import DTypeError, Unusable, one_line
from .namespace import Namespace
from .protocol import Backend, Device, HostArray, native


class TorchBackend(Backend):
    """PyTorch's tensors; never chosen by `auto`."""

    name = "torch"
    library = "torch"

    def find_devices(self) -> tuple[str, ...]:
        if importlib.util.find_spec("torch") is None:
            raise Unusable("PyTorch is not installed", "python -m pip install torch")
        try:
            import torch
        except Exception as error:
            raise Unusable(f"PyTorch cannot be imported: {one_line(error)}", "reinstall PyTorch") from error
        names = ["cpu"]
        if torch.cuda.is_available():
            names += [f"cuda:{i}" for i in range(torch.cuda.device_count())]
        if torch.backends.mps.is_available():
            names.append("mps")
        return tuple(names)

    def try_device(self, name: str) -> Mapping[str, Any]:
        import torch

        try:
            x = torch.ones((2, 2), device=name)
            float((x @ x).sum())
            hardware = torch.cuda.get_device_name(name) if name.startswith("cuda") else ""
            free, total = torch.cuda.mem_get_info(name) if name.startswith("cuda") else (None, None)
        except Exception as error:
            raise Unusable(
                f"a small computation failed: {one_line(error)}", "see PyTorch's installation guide"
            ) from error
        return {
            "hardware": hardware or f"PyTorch {torch.__version__}",
            "memory_free": free,
            "memory_total": total,
        }

    @cached_property
    def xp(self) -> Namespace:
        import array_api_compat.torch as module

        return Namespace(module, setitem=setitem, scatter_add=scatter_add)

    @cached_property
    def array_type(self) -> type:
        import torch

        return torch.Tensor  # type: ignore[no-any-return]  # torch is not typed here

    def make_device(self, name: str) -> Device:
        import torch

        return Device(self, name, torch.device(name), is_asynchronous=name != "cpu")

    def device_of(self, x: Any) -> Device:
        return self.device(str(x.device))

    def from_numpy(self, x: HostArray, device: Device, copy: bool | None = None) -> Any:
        import torch

        same = np.asarray(native(x), order="C")  # torch has no negative strides
        if not same.flags.writeable:
            same = same.copy()  # nor read-only tensors
        if copy is False and same is not x:
            raise ValueError("PyTorch takes this array only by a copy; leave out copy=False")
        return torch.asarray(same, device=device.raw, copy=copy)

    def to_numpy(self, x: Any) -> HostArray:
        import torch

        if x.dtype == torch.bfloat16:
            raise DTypeError("NumPy has no bfloat16. Cure: cast to float32 before.")
        return np.asarray(x.detach().resolve_conj().resolve_neg().cpu())

    def synchronize(self, device: Device) -> None:
        import torch

        if device.name.startswith("cuda"):
            torch.cuda.synchronize(device.raw)


def setitem(x: Any, key: Any, value: Any) -> Any:
    """A copy of x with `value` at `key`."""
    x = x.clone()
    x[key] = value
    return x


def scatter_add(x: Any, key: Any, value: Any) -> Any:
    """A copy of x with `value` added at `key`, as often as an index stands there."""
    import torch

    keys = key if isinstance(key, tuple) else (key,)
    x = x.clone(memory_format=torch.contiguous_format)  # so that reshape gives a view
    if any(isinstance(k, torch.Tensor) for k in keys):
        # index_put_ takes only tensors, so slices become the positions that they stand for
        positions = torch.arange(x.numel(), device=x.device).reshape(x.shape)[key]
        value = torch.as_tensor(value, dtype=x.dtype, device=x.device).expand(positions.shape)
        x.reshape(-1).index_add_(0, positions.reshape(-1), value.reshape(-1))
    else:
        x[key] += value
    return x
