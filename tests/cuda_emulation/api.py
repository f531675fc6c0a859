"""Put driver.c in the place of CuPy's runtime and driver API."""

import ctypes
import re

from . import build
from .status import STATUSES

MAX_DEVICES = 8  # as in driver.c

C_TYPES = {
    "int": ctypes.c_int,
    "unsigned int": ctypes.c_uint,
    "size_t": ctypes.c_size_t,
    "float": ctypes.c_float,
    "intptr_t": ctypes.c_ssize_t,
    "PyObject *": ctypes.py_object,
}

PURE = {"check_status", "get_build_version"}  # CuPy's own, need no driver

library = None
counting = []  # the Counts that are told of every kernel and library call
_kept = []  # what C holds an address of


def load(include):
    """Build and load driver.c."""
    global library
    # -U_FORTIFY_SOURCE: its longjmp refuses to switch stacks.
    options = ["-O2", "-U_FORTIFY_SOURCE", "-I" + include]
    path = build.shared_library((build.HERE / "driver.c").read_text(), "driver.so", ".c", options)
    library = ctypes.PyDLL(str(path), mode=ctypes.RTLD_GLOBAL)  # kernels link to it
    library.emulation_check.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
    library.emulation_check.restype = ctypes.py_object


def variable(name, c_type):
    """A global variable of driver.c."""
    return c_type.in_dll(library, "emulation_" + name)


def replace():
    """Other Cython modules call this API through the capsules of `__pyx_capi__`,
    whose names are C signatures; Python calls the modules' attributes."""
    from cupy_backends.cuda.api import driver, runtime

    classes = (runtime.CUDARuntimeError, driver.CUDADriverError)
    hooks = (lambda api, *rest: _error(classes[api], *rest), runtime.PointerAttributes, _properties, _log)
    library.emulation_set_hooks.argtypes = [ctypes.py_object] * len(hooks)
    library.emulation_set_hooks(*hooks)
    python = ctypes.PyDLL(None)  # not ctypes.pythonapi: its types of arguments are everybody's
    get_name, new = python.PyCapsule_GetName, python.PyCapsule_New
    get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]

    def capsule(old, symbol):
        signature = get_name(old)
        _kept.append(signature)
        return new(ctypes.cast(library[symbol], ctypes.c_void_p).value, signature, None)

    known = set(re.findall(r"\bcuda_(\w+)\(", (build.HERE / "driver.c").read_text()))
    absent = known - set(runtime.__pyx_capi__) - set(driver.__pyx_capi__)
    if absent:
        raise RuntimeError(f"this CuPy has no {sorted(absent)}")
    for module in (runtime, driver):
        for name, old in module.__pyx_capi__.items():
            signature = get_name(old).decode()
            if name in known:
                symbol, replacement = "cuda_" + name, _python_function
            elif signature.startswith(("PyObject *(", "intptr_t (")) and name not in PURE:
                symbol, replacement = "emulation_not_emulated", _not_emulated
            else:
                continue
            module.__pyx_capi__[name] = capsule(old, symbol)
            if hasattr(module, name):
                setattr(module, name, replacement(name, signature))


def _not_emulated(name, signature):
    def refuse(*arguments, **options):
        raise NotImplementedError(f"{name} is not emulated")

    return refuse


def _python_function(name, signature):
    result, arguments = re.fullmatch(r"(.*?) ?\((.*)\)", signature).groups()
    types = [C_TYPES.get(re.sub(r" __pyx_\w+$", "", a), ctypes.c_void_p) for a in arguments.split(", ")]
    function = library["cuda_" + name]
    function.argtypes, function.restype = types, C_TYPES.get(result, ctypes.py_object)
    count = next(i for i, a in enumerate(arguments.split(", ")) if "skip_dispatch" in a)
    rest = [0] + [None] * (len(types) - count - 1)  # skip, and options that are left at their defaults
    return lambda *given: function(*given[:count], *rest)


def _error(cls, status, text):
    """CuPy's exception, without its constructor: that asks the real driver for a text."""
    known = STATUSES[status]
    name = known.driver if cls.__name__ == "CUDADriverError" else known.runtime
    error = cls.__new__(cls, f"{name}: {text or known.text} (emulated)")
    error.status = status
    return error


def _properties(device):
    return {
        "name": b"CPU emulation",
        "major": 8,
        "minor": 0,
        "multiProcessorCount": 4,
        "warpSize": 32,
        "totalGlobalMem": variable("memory_limit", ctypes.c_size_t).value,
        "sharedMemPerBlock": 48 * 1024,
        "maxThreadsPerBlock": 1024,
        "maxThreadsDim": (1024, 1024, 64),
        "maxGridSize": (2**31 - 1, 65535, 65535),
    }


def _log(name):
    for counts in counting:
        counts.kernels.append(name)
