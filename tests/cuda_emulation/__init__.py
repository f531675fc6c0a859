"""Real CuPy on a machine without a GPU: its driver, compiler and libraries are emulated.

    from tests import cuda_emulation
    reason = cuda_emulation.unavailable()     # None, or why it cannot work here
    cuda_emulation.install(devices=2)         # once, before the first `import cupy`

See README.md.  This is not a test on a GPU, and says nothing about speed.
"""

import contextlib
import ctypes
import importlib.metadata
import importlib.util
import os
import pathlib
import platform
import shutil
import sys
import sysconfig

from . import api
from .counting import COUNTERS, Counts, count, memory_used
from .status import FAILURES

__all__ = [
    "COUNTERS",
    "FAILURES",
    "Counts",
    "count",
    "failing",
    "install",
    "installed",
    "memory_limit",
    "memory_used",
    "skip_reason",
    "unavailable",
]

CUPY = "14.2.0"  # private names of this version are taken
LIBRARIES = ("nvrtc", "cublas", "cusolver", "cufft", "curand")  # those that can be missing

_installed = False
_failure = None  # the key of FAILURES that holds now


def installed():
    """Whether CuPy is emulated in this process."""
    return _installed


def skip_reason():
    """Why tests that need the emulation cannot run in this process, or None."""
    if _installed:
        return None
    why = unavailable() or "nothing called install(), as with --device cuda"
    return f"CUDA is not emulated in this process: {why}"


def unavailable():
    """Why CuPy cannot be emulated here, or None."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "the CUDA emulation is written for Linux on x86-64"
    try:
        version = importlib.metadata.version("cupy-cuda13x")
    except importlib.metadata.PackageNotFoundError:
        return f"the CUDA emulation needs cupy-cuda13x {CUPY}"
    if version != CUPY:
        return f"the CUDA emulation knows the private names of CuPy {CUPY}, not of {version}"
    if not _installed and "cupy" in sys.modules:
        return "the CUDA emulation must be installed before `import cupy`"
    needed = [tool for tool in ("gcc", "g++", "nm") if not shutil.which(tool)]
    needed += [] if importlib.util.find_spec("scipy") else ["scipy"]
    if importlib.util.find_spec("cuda") and importlib.util.find_spec("cuda.pathfinder"):
        from cuda import pathfinder

        if not pathfinder.find_nvidia_header_directory("cudart"):
            needed.append("the CUDA headers (nvidia-cuda-runtime and nvidia-cuda-crt 13)")
    if not (pathlib.Path(sysconfig.get_paths()["include"]) / "Python.h").exists():
        needed.append("Python.h")
    return f"the CUDA emulation needs {', '.join(needed)}" if needed else None


def install(devices=None, memory=None, failure=None, without=None):
    """Emulate CUDA in this process; once, before `import cupy`.

    devices: how many, 1 to 8.  memory: bytes of each.  failure: a key of FAILURES; with
    "no driver" the process has no libcuda.so.1 either.  without: those of LIBRARIES that
    are missing.  What is not given is taken from the environment: CUDA_EMULATION_DEVICES,
    _MEMORY, _FAILURE and _WITHOUT (with commas).
    """
    global _installed
    reason = "the CUDA emulation is already installed" if _installed else unavailable()
    if reason:
        raise RuntimeError(reason)
    devices = int(_setting(devices, "DEVICES", 1))
    if not 1 <= devices <= api.MAX_DEVICES:
        raise ValueError(f"the CUDA emulation has 1 to {api.MAX_DEVICES} devices, not {devices}")
    memory = int(_setting(memory, "MEMORY", 4 << 30))
    failure = _known(_setting(failure, "FAILURE", None), FAILURES)
    without = _setting(without, "WITHOUT", ())
    without = [_known(name, LIBRARIES) for name in (without.split(",") if isinstance(without, str) else without)]
    _install(devices, memory, failure, without)
    _installed = True


def _install(devices, memory, failure, without):
    os.environ["CUPY_ACCELERATORS"] = ""  # CUB's code is in the wheel, compiled for the device
    from . import compiler, driver_library, libraries, wheel

    if failure == "no driver":
        driver_library.leave_out()
    api.load(sysconfig.get_paths()["include"])
    _set(devices, "device_count", ctypes.c_int)
    _set(memory, "memory_limit", ctypes.c_size_t)
    _set_failure(failure)
    if failure != "no driver":
        driver_library.load()
    libraries.load(without)
    api.replace()

    import cupy.cuda.thrust
    import cupy.random._generator_api

    compiler.without_nvrtc = "nvrtc" in without
    _patch(cupy.cuda.compiler, "_compile_module_with_cache", compiler.compile_module)
    for name in ("sort", "argsort", "lexsort"):
        _patch(cupy.cuda.thrust, name, getattr(wheel, name))
    for module in (cupy.random, cupy.random._generator_api):
        _patch(module, "Generator", wheel.Generator)


def _setting(value, name, default):
    return value if value is not None else os.environ.get("CUDA_EMULATION_" + name) or default


def _known(name, names):
    if name not in names:
        raise ValueError(f"the CUDA emulation knows {', '.join(filter(None, names))}; not {name!r}")
    return name


def _patch(module, name, function):
    if not callable(getattr(module, name, None)):
        raise RuntimeError(f"{module.__name__} has no {name}: this is not CuPy {CUPY}")
    setattr(module, name, function)


def _set(value, name, c_type):
    variable = api.variable(name, c_type)
    old, variable.value = variable.value, value
    return old


def _set_failure(failure):
    global _failure
    status, init, version = FAILURES[_known(failure, FAILURES)]
    _set(status, "failure", ctypes.c_int)
    _set(init, "init_failure", ctypes.c_int)
    _set(version, "driver_version", ctypes.c_int)
    old, _failure = _failure, failure
    if "cupy" in sys.modules:
        sys.modules["cupy"].cuda._available = None  # what is_available() remembers
    return old


@contextlib.contextmanager
def failing(failure):
    """Let every CUDA call fail as a key of FAILURES says, in a `with` block; blocks nest.

    "no driver": a library that is loaded cannot go away, so libcuda.so.1 stays, and its
    functions give what a stub's give.  `install(failure="no driver")` leaves it out.
    """
    old = _set_failure(failure)
    try:
        yield
    finally:
        _set_failure(old)


@contextlib.contextmanager
def memory_limit(size):
    """Give every device this many bytes, counting what is in use already; blocks nest."""
    old = _set(size, "memory_limit", ctypes.c_size_t)
    try:
        yield
    finally:
        _set(old, "memory_limit", ctypes.c_size_t)
