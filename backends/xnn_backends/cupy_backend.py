"""CuPy on CUDA GPUs, in three steps: look at the driver, import CuPy, run something small.

Facts about CuPy 14 to know here: creation functions ignore `device=`, so work is done in the
device's scope; parts of the toolkit that are missing show only at their first use, so `try_device`
uses them; out-of-range indices wrap instead of raising, which `xnn.ops.indexing` looks for; which
value `x[i] = v` leaves, with an index twice in `i`, is undefined, and stays so.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import Any, ClassVar

from . import cuda_driver
from .dtypes import DType, native
from .errors import Unusable, one_line
from .namespace import Namespace, broadcast_of, reshape_of
from .protocol import Backend, Device, HostArray, Kernel, UpdateKernel

NEWEST_DRIVER = 13000  # what to install for, where there is none yet
OLDEST_DRIVER = 12000  # no wheel of CuPy 14 works with less
MENDED = "floor_divide remainder expm1 log log1p acosh tanh bitwise_left_shift bitwise_right_shift"
OLDEST_CUPY = 14  # as in pyproject.toml
UPDATE_DRIVER = "update NVIDIA's driver (nvidia.com/drivers)"


class CupyBackend(Backend):
    """CuPy's arrays on cuda:0, cuda:1, ..."""

    name = "cupy"
    library = "cupy"
    bare_devices: ClassVar = ("cuda",)
    auto_rank = 10

    # ---- looking for devices ----

    def find_devices(self) -> tuple[str, ...]:
        found = importlib.util.find_spec("cupy")
        importable = found is not None and found.origin is not None  # not what pip left of a folder
        if not importable:
            cuda_driver.check_platform()
        try:
            count, driver = cuda_driver.look_for_devices()
        except Unusable as why:
            if importable:
                raise
            cure = f"{why.cure}; then {install_for(NEWEST_DRIVER)}"
            raise Unusable(f"CuPy is not installed, and {why.reason}", cure) from why
        if not importable:
            raise Unusable("CuPy is not installed", install_for(driver))
        wheels = installed_wheels()
        if len(wheels) > 1:
            cure = f"python -m pip uninstall -y {' '.join(wheels)}, then {install_for(driver)}"
            raise Unusable(f"several CuPy wheels are installed at once: {', '.join(wheels)}", cure)
        if wheels:
            check_version(version_of(wheels[0]), f"python -m pip uninstall -y {wheels[0]}, then {install_for(driver)}")
        if wheels and driver // 1000 < (needed := cuda_of(wheels[0])):
            cure = UPDATE_DRIVER
            if driver >= OLDEST_DRIVER:
                cure += f", or python -m pip uninstall -y {wheels[0]}, then {install_for(driver)}"
            raise Unusable(
                f"the driver is too old: it supports CUDA {version(driver)}, and {wheels[0]} needs {needed}.0", cure
            )
        return tuple(f"cuda:{i}" for i in range(count))

    def try_device(self, name: str) -> Mapping[str, Any]:
        index = int(name.removeprefix("cuda:"))
        try:
            import cupy
        except Exception as error:  # whatever it is: CuPy is there, and its import must work
            wheel = next(iter(installed_wheels()), "cupy")
            cure = f"python -m pip install --force-reinstall {wheel}"
            raise Unusable(f"CuPy cannot be imported: {one_line(error)}", cure) from error
        update = f'python -m pip install --upgrade "{next(iter(installed_wheels()), "cupy")}>={OLDEST_CUPY}"'
        check_version(getattr(cupy, "__version__", ""), update)  # what is imported may be another than pip's
        try:
            if not cupy.is_available():
                raise RuntimeError("cupy.is_available() is false")
            with cupy.cuda.Device(index):
                x = cupy.ones((2, 2), dtype=cupy.float32)
                y = (x + 1) @ x  # a kernel, which NVRTC compiles, and a product by cuBLAS
                if float(y.sum()) != 16:
                    raise RuntimeError("(ones((2, 2)) + 1) @ ones((2, 2)) came out wrong")
                free, total = cupy.cuda.runtime.memGetInfo()
                hardware = cupy.cuda.runtime.getDeviceProperties(index)["name"].decode()
        except Exception as error:  # whatever it is: a GPU that fails in any way is not usable
            cure = cure_for(error, next(iter(installed_wheels()), "cupy"))
            raise Unusable(f"a small computation failed: {one_line(error)}", cure) from error
        return {"hardware": hardware, "memory_free": free, "memory_total": total}

    def make_device(self, name: str) -> Device:
        import cupy

        raw = cupy.cuda.Device(int(name.removeprefix("cuda:")))
        return Device(self, name, raw, is_asynchronous=True, needs_scope=True)

    # ---- arrays ----

    @cached_property
    def xp(self) -> Namespace:
        import array_api_compat.cupy as module

        from . import cupy_linalg
        from .cupy_kernels import functions
        from .numpy_backend import in_single
        from .special_cases import mends

        return Namespace(
            module,
            **mends(module, lambda x: x.dtype.kind, joined, MENDED),
            sign=functions.sign,
            clip=functions.clip,
            cumulative_prod=in_single(module.cumulative_prod),  # its scans round after each step
            cumulative_sum=in_single(module.cumulative_sum),
            permute_dims=module.transpose,
            linspace=functions.linspace,
            broadcast_to=broadcast_of(module),
            reshape=reshape_of(module),
            setitem=functions.setitem,
            scatter_add=functions.scatter_add,
            linalg=Namespace(module.linalg, **cupy_linalg.OVERRIDES),
        )

    @cached_property
    def array_type(self) -> type:
        return self.xp.ndarray  # CuPy is not typed

    @cached_property
    def raw_dtypes(self) -> dict[DType, Any]:
        import numpy as np

        return {dtype: np.dtype(raw) for dtype, raw in super().raw_dtypes.items()}

    def device_of(self, x: Any) -> Device:
        return self.device(f"cuda:{x.device.id}")

    def from_numpy(self, x: HostArray, device: Device, copy: bool | None = None) -> Any:
        if copy is False:
            raise ValueError("an array of the host cannot be put on a GPU without a copy; leave out copy=False")
        with self.scope(device):
            x = unshared(native(x))
            if not x.ndim:  # CuPy fills with the one value, and thereby loses the sign of a zero
                return self.xp.asarray(x.reshape(1)).reshape(())
            return self.xp.asarray(x)

    def send(self, x: HostArray, device: Device) -> tuple[Any, Callable[[], object]]:
        import cupy

        with self.scope(device):
            here, (beside, readers) = cupy.cuda.get_current_stream(), copying_stream(device)
            readers[here.ptr] = here
            for reader in list(readers.values()):  # memory comes back while work that was given before still reads it
                beside.wait_event(reader.record())
            with beside:
                out = self.from_numpy(x, device)  # CuPy copies through pinned memory, for which nobody waits
            arrived = beside.record()

        def wait() -> None:
            with self.scope(device):  # the streams of another device have the same names
                reader = cupy.cuda.get_current_stream()  # that of whoever uses it: in another block, or thread
                reader.wait_event(arrived)
                readers[reader.ptr] = reader

        return out, wait

    def own(self, x: Any) -> Any:
        if x.base is None:
            return x
        with x.device:  # CuPy copies to the current device
            return x.copy()

    def to_numpy(self, x: Any) -> HostArray:
        with x.device:
            return x.get()  # CuPy is not typed

    def to_device(self, x: Any, device: Device) -> Any:
        if device.backend is not self or device is self.device_of(x):
            return super().to_device(x, device)
        import cupy

        with x.device:
            x = x if x.flags.c_contiguous else cupy.ascontiguousarray(x)
            there = cupy.cuda.get_current_stream()
            ready = there.record()
        with self.scope(device):
            here = cupy.cuda.get_current_stream()
            here.wait_event(ready)  # CuPy's copy waits for this device's stream alone
            out = cupy.array(x, copy=True)  # from GPU to GPU, not through the host
            copied = here.record()
        with x.device:
            there.wait_event(copied)  # its memory may then be freed
        return out

    def dlpack_device(self, device: Device) -> tuple[int, int]:
        return 2, device.raw.id

    def to_dlpack(self, x: Any, **options: Any) -> Any:
        is_here = options.get("dl_device") in (None, x.__dlpack_device__())
        if not is_here and options.get("copy") is False:
            raise BufferError("an array on a GPU reaches other memory only by a copy; leave out copy=False")
        with x.device:  # of whose stream the receiver's waits
            if is_here and options.get("copy"):
                x, options = x.copy(), {**options, "copy": None}  # CuPy itself copies only to the host
            return x.__dlpack__(**options)

    def from_dlpack(self, x: Any, device: Device, copy: bool | None = None) -> Any:
        with self.scope(device):
            shared = self.xp.from_dlpack(x)  # which takes no device yet, and no copy from all
            return shared.copy() if copy else shared

    # ---- working ----

    def scope(self, device: Device) -> contextlib.AbstractContextManager[object]:
        # CuPy keeps what to go back to for each thread, so threads may enter one object.
        return device.raw

    def synchronize(self, device: Device) -> None:
        device.raw.synchronize()

    def memory_info(self, device: Device) -> tuple[int, int]:
        return device.raw.mem_info

    def random_uniform(self, seed: int, block: int, size: int, dtype: DType, device: Device) -> Any:
        from .cupy_kernels import functions

        with self.scope(device):
            return functions.philox_uniform(seed, block, size, self.raw_dtypes[dtype])

    @cached_property
    def kernels(self) -> Mapping[str, Kernel]:
        from . import cupy_kernels

        return cupy_kernels.kernels()

    @cached_property
    def updates(self) -> Mapping[str, UpdateKernel]:
        from .cupy_kernels import updates

        return updates.kernels()


@cache
def copying_stream(device: Device) -> tuple[Any, dict[int, Any]]:
    """A stream for what is sent to a device beside its other work, and the streams that use that; in its scope."""
    import cupy

    return cupy.cuda.Stream(non_blocking=True), {}


def unshared(x: HostArray) -> HostArray:
    """The array, or a copy of what CuPy would read later than it says: its owner may write the next numbers there.

    From page-locked memory it copies in the background; with CUPY_ENABLE_UMP=1 it copies nothing.
    """
    import cupy

    is_shared = os.environ.get("CUPY_ENABLE_UMP", "0") != "0" or (
        x.flags.forc and cupy.cuda.pinned_memory.is_memory_pinned(x.ctypes.data)
    )
    return x.copy() if is_shared else x


def joined(real: Any, imag: Any) -> Any:
    """The complex array of a real and an imaginary part."""
    import cupy
    import numpy as np

    out = cupy.empty(real.shape, np.result_type(real.dtype, np.complex64))
    out.real, out.imag = real, imag
    return out


def installed_wheels() -> list[str]:
    """The installed distributions that provide `cupy`, as cupy-cuda13x."""
    from importlib.metadata import distributions

    found = {(d.metadata["Name"] or "").lower() for d in distributions(name=None) if _may_be_cupy(d)}
    return sorted(found)


def version_of(wheel: str) -> str:
    """The version of an installed distribution."""
    from importlib.metadata import version as of

    return of(wheel) or ""  # metadata without one give None


def check_version(found: str, cure: str) -> None:
    """Raise Unusable for a version of CuPy below the oldest that xnn is written for; pre-releases of that one are."""
    number = re.match(r"(\d+)[0.]*(a|b|rc|\.?dev)?", found)
    if number and (int(number[1]) < OLDEST_CUPY or (int(number[1]) == OLDEST_CUPY and number[2])):
        raise Unusable(f"CuPy {found} is installed, and xnn needs CuPy {OLDEST_CUPY} or newer", cure)


def _may_be_cupy(distribution: Any) -> bool:
    # The folder's name is read before the metadata: reading all of that takes a second in a large environment.
    path = getattr(distribution, "_path", None)
    name = path.name if path is not None else distribution.metadata["Name"]
    return str(name).lower().replace("_", "-").startswith(("cupy-cuda", "cupy-rocm", "cupy-1"))


def cuda_of(wheel: str) -> int:
    """The major version of CUDA that a wheel is built for: 13 for cupy-cuda13x; 0 if it says none."""
    digits = "".join(c for c in wheel.removeprefix("cupy-cuda") if c.isdigit())
    return int(digits[:2] or 0) if wheel.startswith("cupy-cuda") else 0


def install_for(driver: int) -> str:
    """What to run for a driver that supports the CUDA version `driver`, as 13020 for 13.2."""
    if driver < OLDEST_DRIVER:
        return f'{UPDATE_DRIVER}, then python -m pip install "xnn-array[cuda13]"'
    return f'python -m pip install "xnn-array[cuda{13 if driver >= 13000 else 12}]"'


def version(number: int) -> str:
    """13020 as 13.2."""
    return f"{number // 1000}.{number % 1000 // 10}"


def cure_for(error: Exception, wheel: str) -> str:
    """What helps against an exception of the small computation, under the installed wheel of that name."""
    text = one_line(error).lower()

    def says(*parts: str) -> bool:
        return any(part in text for part in parts)

    if isinstance(error, MemoryError) or says("out of memory", "outofmemory", "memoryallocation"):
        return "free the GPU's memory: `nvidia-smi` lists the processes that hold it"
    if says("gpu-architecture", "nokernelimage", "no kernel image"):
        older = f', or python -m pip uninstall -y {wheel}, then python -m pip install "xnn-array[cuda12]"'
        return "the GPU is too old for this CUDA: work on the CPU" + (older if cuda_of(wheel) >= 13 else "")
    if isinstance(error, ImportError) or says("libnotfound", "nvrtc", "cublas", ".so.", "header", "source file"):
        return f'install the CUDA libraries: python -m pip install "{wheel}[ctk]"'
    if says("insufficientdriver"):
        return UPDATE_DRIVER
    return "see what `nvidia-smi` and `python -c 'import cupy; cupy.show_config()'` say"
