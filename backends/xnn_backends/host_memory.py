"""Freed memory stays with the process, for the next large array.

glibc maps each array above its threshold anew, and unmaps it when it is freed; then every page of the next one costs a
fault: in an epoch of the convolutional network 330,000, a fifth of its time. With the thresholds below there are
none, and the peak is the same 184 MB. Other C libraries have no such call, and are left as they are.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache

# From malloc.h. A setting holds for the whole process, and for what is freed from then on.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT = 1 << 28  # bytes; larger arrays go back to the system when they are freed
LEAST = 1 << 25  # the most that older releases take for M_MMAP_THRESHOLD: 4 MiB times sizeof(long), says mallopt(3)


@cache
def keep_freed() -> bool:
    """Raise glibc's thresholds, unless XNN_KEEP_MEMORY=0 or variables of glibc's own say otherwise; whether it did."""
    own = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES")
    if os.environ.get("XNN_KEEP_MEMORY") == "0" or any(name in os.environ for name in own):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # no glibc
        return False
    mallopt.argtypes, mallopt.restype = [ctypes.c_int, ctypes.c_int], ctypes.c_int
    is_raised = mallopt(M_MMAP_THRESHOLD, KEPT) or mallopt(M_MMAP_THRESHOLD, LEAST)
    return bool(is_raised and mallopt(M_TRIM_THRESHOLD, KEPT))
