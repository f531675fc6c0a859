"""PyTorch: a third, independent library, for tests and for who has it already (MPS, ROCm, CUDA)."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from .dtypes import DType, native
from .errors import DTypeError, Unusable, one_line
from .namespace import Namespace
from .protocol import HOST_MEMORY, Backend, Device, HostArray, Kernel


class TorchBackend(Backend):
    """PyTorch's tensors; never chosen by `auto`."""

    name = "torch"
    library = "torch"

    def find_devices(self) -> tuple[str, ...]:
        if importlib.util.find_spec("torch") is None:
            if sys.platform in ("emscripten", "wasi"):
                raise Unusable("there is no PyTorch for WebAssembly", "work on numpy:cpu, which needs nothing")
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

        from . import torch_functions, torch_indexing, torch_kernels, torch_linalg
        from .registry import get_backend

        return torch_functions.TorchNamespace(
            get_backend("numpy").xp,
            fft=torch_kernels.fourier(module.fft),
            linalg=Namespace(module.linalg, **torch_linalg.OVERRIDES),
            getitem=torch_indexing.getitem,
            setitem=torch_indexing.setitem,
            scatter_add=torch_indexing.scatter_add,
            add_at_slices=torch_indexing.add_at_slices,
            take=torch_indexing.take,
            flip=torch_indexing.flip,
            nonzero=torch_indexing.nonzero,
        )

    @cached_property
    def array_type(self) -> type:
        import torch

        return torch.Tensor  # torch is not typed here

    def make_device(self, name: str) -> Device:
        import torch

        return Device(self, name, torch.device(name), is_asynchronous=name != "cpu")

    def device_of(self, x: Any) -> Device:
        return self.device(str(x.device))

    def from_numpy(self, x: HostArray, device: Device, copy: bool | None = None) -> Any:
        import torch

        if x.dtype.char == "Q":  # C's unsigned long long, which torch takes only as unsigned long
            x = x.view(np.dtype("uint64"))
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

    def values(self, x: Any) -> HostArray:
        import torch

        return self.to_numpy(x.to(torch.float32) if x.dtype == torch.bfloat16 else x)

    def dlpack_device(self, device: Device) -> tuple[int, int] | None:
        kinds = {"cpu": HOST_MEMORY, "cuda": 2, "mps": 8}
        kind, _, index = device.name.partition(":")
        return (kinds[kind], int(index or 0)) if kind in kinds else None

    def to_dlpack(self, x: Any, **options: Any) -> Any:
        return super().to_dlpack(x.resolve_conj().resolve_neg(), **options)  # what is put off has no memory yet

    def from_dlpack(self, x: Any, device: Device, copy: bool | None = None) -> Any:
        import torch

        if isinstance(x, torch.Tensor):
            x = x.resolve_conj().resolve_neg()
        elif device.name == "cpu":
            return super().from_dlpack(x, device, copy)  # PyTorch ends the process for negative strides
        shared = torch.from_dlpack(x)
        return shared.clone() if copy else shared

    def dtypes_on(self, device: Device) -> Collection[DType]:
        # PyTorch has uint16 to uint64, but few functions of them; MPS has no float64
        names = self.xp.__array_namespace_info__().dtypes(device=device.raw)
        return [dtype for dtype in self.raw_dtypes if dtype.name in names]

    def synchronize(self, device: Device) -> None:
        import torch

        if device.name.startswith("cuda"):
            torch.cuda.synchronize(device.raw)

    @cached_property
    def kernels(self) -> Mapping[str, Kernel]:
        from . import torch_kernels

        return torch_kernels.special_functions()
