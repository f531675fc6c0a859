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
import threading
import weakref
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from typing import Any

from xnn_backends import processors


def count() -> int:
    """Into how many parts work is divided: OMP_NUM_THREADS, or as there are processors for this process."""
    return processors.allowed()


def workers() -> int:
    """How many threads do the parts; numbers do not depend on it."""
    return processors.free()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, workers() - 1), thread_name_prefix="xnn")


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

    others: list[Future[None]] = []
    try:
        with contextlib.suppress(RuntimeError):  # no thread can be started: by a limit, or because the process ends
            for _ in range(min(parts, workers()) - 1):
                others.append(_pool().submit(contextvars.copy_context().run, drain))
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
    """How many threads a matrix product of the host takes; if its library cannot be asked, as the environment says."""
    found = processors.threads()["products"]
    if found is not None:
        return found
    known: list[int] = [library.get_num_threads() for library in _libraries()]
    names = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
    asked = [int(text) for text in map(os.environ.get, names) if text and text.isascii() and text.isdigit()]
    return max(known, default=0) or next(filter(None, asked), 0) or count()


class _Hold:
    """A block in which products take one thread each; forgotten with the block, however that is left."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()


_holding = threading.RLock()
_holds: weakref.WeakSet[_Hold] = weakref.WeakSet()
_before: list[tuple[Any, int]] = []  # what is to be set again when there is no block any more


def _let_go() -> None:
    if not _holds:
        for library, threads in _before:
            library.set_num_threads(threads)
        _before.clear()


@contextlib.contextmanager
def _single_products() -> Generator[bool]:
    """Products take one thread each while any block is entered; then what the user had is set again.

    Gives whether they may be in parts: not where the user wants one thread, or the number cannot be set. To set it and
    to set it back takes 4 us.
    """
    hold = _Hold()
    try:
        with _holding:
            if not _before:
                _before[:] = [(library, library.get_num_threads()) for library in _libraries()]
            if not _holds:
                _holds.add(hold)  # first: an interrupt from here on sets back what was before
                for library, _ in _before:
                    library.set_num_threads(1)
            _holds.add(hold)
            is_single = not any(threads > 1 for _, threads in _before)
            is_free = not is_single or (workers() == 1 and processors.limit_products())  # it is we who want one
        yield is_free
    finally:
        with _holding:
            _holds.discard(hold)
            _let_go()


def _release_in_child() -> None:
    """A child has none of its parent's other threads, nor the locks of these."""
    _pool.cache_clear()
    try:
        for hold in list(_holds):
            if hold.thread != threading.get_ident():
                _holds.discard(hold)
        _let_go()
    finally:
        _holding.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_holding.acquire, after_in_parent=_holding.release, after_in_child=_release_in_child)


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
