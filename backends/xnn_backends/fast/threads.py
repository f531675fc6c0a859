"""Work in parts, one a thread: Python's own threads, whose parts run without the interpreter's lock.

Not numba's, nor OpenBLAS's: to switch between the pools of the two costs milliseconds each time.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache


@cache
def count() -> int:
    """How many threads work: OMP_NUM_THREADS, or as many as there are processors for this process."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdigit() and int(wanted) > 0:
        return int(wanted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count() - 1, thread_name_prefix="xnn")


def in_parts(work: Callable[[int, int], object], total: int, least: int) -> None:
    """Call `work(start, stop)` for parts of range(total), none smaller than `least`, at once; wait for all.

    The calling thread does the first part itself.
    """
    parts = max(1, min(count(), total // max(least, 1)))
    bounds = [total * i // parts for i in range(parts + 1)]
    others = [_pool().submit(work, a, b) for a, b in itertools.pairwise(bounds[1:])]
    try:
        work(bounds[0], bounds[1])
    finally:
        for other in others:
            other.result()
