"""Work in parts, one a thread: Python's own threads, whose parts run without the interpreter's lock.

Not numba's, nor OpenBLAS's: to switch between the pools of the two costs milliseconds each time.
"""

from __future__ import annotations

import contextlib
import contextvars
import importlib
import importlib.util
import itertools
import os
import re
import threading
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import Any


@cache
def count() -> int:
    """How many threads work: OMP_NUM_THREADS, or as many as there are processors for this process."""
    # As OpenMP reads it: also a list, whose first number is meant here. No other digits than 0 to 9.
    wanted = re.match(r"\s*([0-9]{1,6})\s*(,|$)", os.environ.get("OMP_NUM_THREADS", ""))
    if wanted and int(wanted[1]) > 0:
        return int(wanted[1])
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count() - 1, thread_name_prefix="xnn")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a child has none of its parent's threads

_inside = threading.local()


def in_parts(work: Callable[[int, int], object], total: int, least: int) -> None:
    """Call `work(start, stop)` for parts of range(total), none smaller than `least`, at once; wait for all.

    Where the parts begin depends on `total`, `least` and `count()` alone. The calling thread works too, and does what
    no other has begun; in a part, another call is one part.
    """
    parts = 1 if hasattr(_inside, "part") else max(1, min(count(), total // max(least, 1)))
    if parts == 1:
        work(0, total)
        return
    bounds = [total * i // parts for i in range(parts + 1)]
    waiting = deque(itertools.pairwise(bounds))

    def drain() -> None:
        _inside.part = True
        try:
            while True:
                try:
                    start, stop = waiting.popleft()
                except IndexError:
                    return
                work(start, stop)
        finally:
            del _inside.part

    others = [_pool().submit(contextvars.copy_context().run, drain) for _ in range(parts - 1)]
    try:
        drain()
    finally:
        waiting.clear()  # after an error: what was not begun is not wanted
        begun = [other for other in others if not other.cancel()]
        wait(begun)
    for other in begun:
        other.result()


# ---- products in parts: each of the parts has its own, so the linear algebra library is to take one thread ----


@cache
def _libraries() -> tuple[Any, ...]:
    """What sets the number of threads of each linear algebra library in this process; none without threadpoolctl."""
    if importlib.util.find_spec("threadpoolctl") is None:
        return ()
    found = importlib.import_module("threadpoolctl").ThreadpoolController()
    return tuple(found.select(user_api="blas").lib_controllers)


def of_products() -> int:
    """How many threads a matrix product of the host takes; without threadpoolctl, as the environment says."""
    known: list[int] = [library.get_num_threads() for library in _libraries()]
    names = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
    asked = [int(text) for text in map(os.environ.get, names) if text and text.isascii() and text.isdigit()]
    return max(known, default=0) or next(filter(None, asked), 0) or count()


_holding = threading.Lock()
_before: list[tuple[Any, int]] = []
_holders = 0


@contextlib.contextmanager
def _single_products() -> Generator[bool]:
    """Products take one thread each while any block is entered; then what the user had is set again.

    Gives whether they may be in parts: not where the user wants one thread, or the number cannot be set. To set it and
    to set it back takes 4 us.
    """
    global _holders
    with _holding:
        if not _holders:
            _before[:] = [(library, library.get_num_threads()) for library in _libraries()]
            for library, _ in _before:
                library.set_num_threads(1)
        _holders += 1
        is_free = any(threads > 1 for _, threads in _before)
    try:
        yield is_free
    finally:
        with _holding:
            _holders -= 1
            if not _holders:
                for library, threads in _before:
                    library.set_num_threads(threads)


def products_in_parts(work: Callable[[int, int], object], total: int, least: int) -> None:
    """As `in_parts`, of work with matrix products: while it is done, each of these takes one thread."""
    if count() == 1 or total < 2 * least or not _libraries():
        work(0, total)
        return
    with _single_products() as is_free:
        if is_free:
            in_parts(work, total, least)
            return
    work(0, total)
