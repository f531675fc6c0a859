"""The driver's own library, libcuda.so.1: programs look for it before they import CuPy."""

import ctypes
import json

from . import build
from .status import STATUSES

SONAME = "libcuda.so.1"


def load():
    """Build and load the stand-in, after driver.c.  `ctypes.CDLL(SONAME)` then finds it, already loaded."""
    rows = " ".join(f"X({n}, {_text(s.driver)}, {_text(s.text)})" for n, s in STATUSES.items() if s.driver)
    source = f"#define STATUSES(X) {rows}\n{(build.HERE / 'libcuda.c').read_text()}"
    path = build.shared_library(source, SONAME, ".c", [f"-Wl,-soname,{SONAME}"])
    loaded = ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
    if ctypes.CDLL(SONAME)._handle != loaded._handle:
        raise RuntimeError(f"the machine's own {SONAME} is loaded already: install the emulation before")


def leave_out():
    """See to it that there is none, as on a machine without a driver."""
    try:
        ctypes.CDLL(SONAME)
    except OSError:
        return
    raise RuntimeError(f'this machine has a {SONAME}: play "no driver" with failing(), after install()')


def _text(text):
    return json.dumps(text)  # a C string, too, as far as ASCII goes
