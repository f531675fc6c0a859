"""What a program sees that looks for a GPU without CuPy, through ctypes.  Needs only the standard library."""

import ctypes


def look():
    """Each function's status, with what it wrote."""
    driver = ctypes.CDLL("libcuda.so.1")
    seen = {"cuInit": driver.cuInit(0)}
    for name in ("cuDriverGetVersion", "cuDeviceGetCount"):
        number = ctypes.c_int(-1)
        seen[name] = (driver[name](ctypes.byref(number)), number.value)
    return seen
