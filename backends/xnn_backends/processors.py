"""How many processors this process may take, and how many are free; NumPy's products take no more.

What a BLAS starts with is a thread for each processor, and those that wait spin. Where another program, a quota or a
batch system holds the processors, each product then waits until its last thread has had its turn: an epoch of the
convolutional network beside one busy process took 5 times as long as on one thread, and more with each other process.
It is looked at once in a process, when the first array is made: sums in parts depend on the number of threads.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

# What a user sets for the libraries that multiply: then the number is theirs.
VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)  # fmt: skip
ROOT = Path("/")


def wanted() -> int | None:
    """The number of OMP_NUM_THREADS, of which a list's first counts, as OpenMP says; None for none that is one."""
    found = re.fullmatch(r"\s*0*([1-9][0-9]{0,8})\s*(,.*)?", os.environ.get("OMP_NUM_THREADS", ""), re.ASCII)
    return int(found[1]) if found else None


@cache
def allowed() -> int:
    """OMP_NUM_THREADS; otherwise the processors that the system gives this process: by affinity, and by quota."""
    return wanted() or max(1, min(_in_affinity(), *_quotas()))


@cache
def free() -> int:
    """Those that nobody else works on at the moment; all that are allowed where OMP_NUM_THREADS says how many."""
    if wanted():
        return allowed()
    share = allowed() / max(os.cpu_count() or 1, allowed())
    return max(1, allowed() - int(_others() * share))


def _in_affinity() -> int:
    with contextlib.suppress(AttributeError, OSError):  # not on every system
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quotas() -> Iterator[int]:
    """What control groups leave to this process, of both versions, each with the groups around it."""
    yield os.cpu_count() or 1
    for line in _text("proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        group = Path(path.lstrip("/"))
        for folder in dict.fromkeys((group, *group.parents)):
            if not controllers:
                text = _text(f"sys/fs/cgroup/{folder}/cpu.max")
            elif "cpu" in controllers.split(","):
                text = " ".join(_text(f"sys/fs/cgroup/cpu/{folder}/cpu.cfs_{name}_us") for name in ("quota", "period"))
            else:
                break
            found = re.fullmatch(r"([0-9]+)\s+([1-9][0-9]*)", text.strip())  # otherwise "max", or -1
            if found:
                yield max(1, -(-int(found[1]) // int(found[2])))


def _others() -> float:
    """How many other processes were at work: through the last minute, and now. This one's predecessor is not."""
    try:
        load = os.getloadavg()[0]
    except (AttributeError, OSError):
        return 0
    running = re.search(r"([0-9]+)/", _text("proc/loadavg"))
    return min(load, int(running[1]) - 1) if running else load


def _text(path: str) -> str:
    try:
        return (ROOT / path).read_text()
    except (OSError, ValueError):
        return ""


# ---- products ----


class Library(NamedTuple):
    """What sets the number of threads of the OpenBLAS that NumPy was loaded with."""

    get_num_threads: Callable[[], int]
    set_num_threads: Callable[[int], object]


@cache
def library() -> Library | None:
    """NumPy's OpenBLAS; None where NumPy has another library, or the system does not find a library's own libraries."""
    try:
        loaded: Any = ctypes.CDLL(importlib.import_module("numpy._core._multiarray_umath").__file__)
    except (ImportError, OSError):
        return None
    # The names in NumPy's wheels, and in distributions; the search goes on in what the extension was linked with.
    for name in ("scipy_openblas_{}_num_threads64_", "scipy_openblas_{}_num_threads", "openblas_{}_num_threads64_",
                 "openblas_{}_num_threads"):  # fmt: skip
        with contextlib.suppress(AttributeError):
            return Library(getattr(loaded, name.format("get")), getattr(loaded, name.format("set")))
    return None


@cache
def limit_products() -> bool:
    """Give NumPy's products no more threads than processors are free, unless the user set how many; whether it did."""
    if any(os.environ.get(name) for name in VARIABLES):
        return False
    found = library()
    if found is None or found.get_num_threads() <= free():
        return False
    found.set_num_threads(free())
    return True


def threads() -> dict[str, int | None]:
    """What the last bits of sums depend on: the parts of our own kernels, and the threads of NumPy's products.

    These are None where NumPy's library is not one that can be asked.
    """
    limit_products()
    found = library()
    return {"parts": allowed(), "products": None if found is None else int(found.get_num_threads())}
