"""NVIDIA's driver, looked at through ctypes: cheap, without CuPy and without a CUDA context."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

from .errors import Unusable, one_line

LIBRARY = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
NO_DEVICE = 100  # CUDA_ERROR_NO_DEVICE
STUB_LIBRARY = 34  # CUDA_ERROR_STUB_LIBRARY
NOT_INITIALIZED = 3  # CUDA_ERROR_NOT_INITIALIZED: after a fork, too
INSTALL_DRIVER = (
    "without an NVIDIA GPU, work on the CPU, which needs nothing; with one, install its driver (nvidia.com/drivers)"
    + (", or start the container with `--gpus all`" if sys.platform == "linux" else "")
)
STAY = "work on the CPU, which needs nothing"
# Where no driver can be, and none is to be installed.
WITHOUT_CUDA = {
    "darwin": ("macOS has no CUDA", "work on the CPU, or by PyTorch on Apple's GPU: torch:mps"),
    "emscripten": ("WebAssembly has no CUDA", STAY),
    "wasi": ("WebAssembly has no CUDA", STAY),
}
MACHINES = {("linux", "x86_64"), ("linux", "aarch64"), ("win32", "amd64")}  # for which there are wheels of CuPy
REINSTALL_DRIVER = "reinstall NVIDIA's driver (nvidia.com/drivers)"


def check_platform() -> None:
    """Raise Unusable on a platform where neither a driver nor CuPy can be installed."""
    import platform  # costs a millisecond

    machine = platform.machine()
    if sys.platform not in WITHOUT_CUDA and (sys.platform, machine.lower()) in MACHINES:
        return
    no_wheels = (f"there is no CuPy for {sys.platform} on {machine or 'this processor'}", STAY)
    raise Unusable(*WITHOUT_CUDA.get(sys.platform, no_wheels))


def look_for_devices() -> tuple[int, int]:
    """How many CUDA devices the driver shows, and the CUDA version that it supports (13020 is 13.2).

    Raises:
        Unusable: no driver, one that does not initialise, or no visible device.
    """
    try:
        import ctypes  # which Python for WebAssembly may lack

        driver = ctypes.CDLL(LIBRARY)
    except (ImportError, OSError) as error:
        raise _no_driver(error) from None
    version, count = ctypes.c_int(), ctypes.c_int()
    for name, argument in (
        ("cuInit", 0),
        ("cuDriverGetVersion", ctypes.byref(version)),
        ("cuDeviceGetCount", ctypes.byref(count)),
    ):
        try:
            status = driver[name](argument)
        except AttributeError as error:
            raise Unusable(f"{LIBRARY} is not a CUDA driver: {one_line(error)}", REINSTALL_DRIVER) from None
        if status == STUB_LIBRARY:
            cure = f"take the toolkit's folder `stubs` out of LD_LIBRARY_PATH; {INSTALL_DRIVER}"
            raise Unusable(f"{LIBRARY} is the toolkit's stub, not NVIDIA's driver", cure)
        if status == NO_DEVICE:
            break
        if status:
            cure = "see what `nvidia-smi` says; often a reboot, or a driver that fits the kernel module, cures it"
            if status == NOT_INITIALIZED:
                cure += "; a process forked after its parent used the GPU must be started by `spawn`"
            raise Unusable(f"NVIDIA's driver does not initialise: {_error_name(driver, status)}", cure)
    if count.value == 0:
        hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
        if hidden is not None:
            cure = "unset CUDA_VISIBLE_DEVICES, or set it to the number of a GPU that `nvidia-smi` lists"
            raise Unusable(f"the driver shows no GPU, with CUDA_VISIBLE_DEVICES={hidden!r}", cure)
        raise Unusable("NVIDIA's driver is there, but shows no GPU", "see whether `nvidia-smi` lists one")
    return count.value, version.value


def _no_driver(error: Exception) -> Unusable:
    try:
        check_platform()
    except Unusable as why:
        return why
    text = str(error)
    # Where the library is there and what it needs is not, the text names that in its place.
    if LIBRARY in text and ("No such file" in text or isinstance(error, FileNotFoundError)):
        return Unusable(f"no NVIDIA driver was found ({LIBRARY})", INSTALL_DRIVER)
    return Unusable(f"NVIDIA's driver cannot be loaded: {one_line(error)}", REINSTALL_DRIVER)


def _error_name(driver: Any, status: int) -> str:
    import ctypes

    name = ctypes.c_char_p()
    with contextlib.suppress(AttributeError):
        driver.cuGetErrorName(status, ctypes.byref(name))
    return f"{name.value.decode() if name.value else 'unknown error'} (status {status})"
