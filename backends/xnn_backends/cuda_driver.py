"""NVIDIA's driver, looked at through ctypes: cheap, without CuPy and without a CUDA context."""

from __future__ import annotations

import ctypes
import os
import sys

from .errors import Unusable

LIBRARY = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
NO_DEVICE = 100  # CUDA_ERROR_NO_DEVICE
STUB_LIBRARY = 34  # CUDA_ERROR_STUB_LIBRARY
INSTALL_DRIVER = "install NVIDIA's driver (nvidia.com/drivers), or work on the CPU, which needs nothing"


def look_for_devices() -> tuple[int, int]:
    """How many CUDA devices the driver shows, and the CUDA version that it supports (13020 is 13.2).

    Raises:
        Unusable: no driver, one that does not initialise, or no visible device.
    """
    try:
        driver = ctypes.CDLL(LIBRARY)
    except OSError:
        raise Unusable(f"no NVIDIA driver was found ({LIBRARY})", INSTALL_DRIVER) from None
    version, count = ctypes.c_int(), ctypes.c_int()
    for call in (
        lambda: driver.cuInit(0),
        lambda: driver.cuDriverGetVersion(ctypes.byref(version)),
        lambda: driver.cuDeviceGetCount(ctypes.byref(count)),
    ):
        try:
            status = call()
        except AttributeError as error:
            raise Unusable(f"{LIBRARY} is not a CUDA driver: {error}", "reinstall NVIDIA's driver") from None
        if status == STUB_LIBRARY:
            raise Unusable(f"{LIBRARY} is the toolkit's stub, not NVIDIA's driver", INSTALL_DRIVER)
        if status == NO_DEVICE:
            break
        if status:
            name = _error_name(driver, status)
            cure = "see what `nvidia-smi` says; often a reboot, or a driver that fits the kernel module, cures it"
            raise Unusable(f"NVIDIA's driver does not initialise: {name} (status {status})", cure)
    if count.value == 0:
        hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
        if hidden is not None:
            raise Unusable(f"CUDA_VISIBLE_DEVICES={hidden!r} hides every GPU", "unset CUDA_VISIBLE_DEVICES")
        raise Unusable("NVIDIA's driver shows no GPU", "see whether `nvidia-smi` lists one")
    return count.value, version.value


def _error_name(driver: ctypes.CDLL, status: int) -> str:
    name = ctypes.c_char_p()
    try:
        driver.cuGetErrorName(status, ctypes.byref(name))
    except AttributeError:
        pass
    return name.value.decode() if name.value else "unknown error"
