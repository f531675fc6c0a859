"""Work in parts: what is done, by whom, and what is left as it was."""

import os
import sys
import threading
import time

import numpy as np
import pytest

from tests import optional
from tests.backends.processes import in_process
from xnn_backends.fast import threads

threadpoolctl = optional.module("threadpoolctl")


def several(monkeypatch, number):
    monkeypatch.setattr(threads, "count", lambda: number)
    monkeypatch.setattr(threads, "workers", lambda: number)


@pytest.fixture(params=[1, 2, 5])
def count(request, monkeypatch):
    """So many parts, and threads."""
    several(monkeypatch, request.param)
    threads._pool.cache_clear()
    yield request.param
    threads._pool.cache_clear()


@pytest.fixture
def library(monkeypatch):
    """A linear algebra library with 4 threads, for those that there are."""

    class Library:
        threads, least = 4, 4

        def get_num_threads(self):
            return self.threads

        def set_num_threads(self, number):
            self.threads = number

    found = Library()
    monkeypatch.setattr(threads, "_libraries", lambda: (found,))
    return found


@pytest.mark.parametrize(("total", "least"), [(0, 1), (1, 1), (7, 1), (7, 3), (100, 8), (3, 0)])
def test_every_part_is_done_once(count, total, least):
    done, sizes = np.zeros(total, int), []

    def work(start, stop):
        done[start:stop] += 1
        sizes.append(stop - start)

    threads.in_parts(work, total, least)
    assert (done == 1).all()
    assert len(sizes) <= count
    assert len(sizes) == 1 or min(sizes) >= least


def test_where_parts_begin_does_not_depend_on_who_is_free(count):
    def bounds():
        found = []
        threads.in_parts(lambda *part: (time.sleep(0.001 * (part[0] % 3)), found.append(part)), 11, 2)
        return sorted(found)

    assert len({tuple(bounds()) for _ in range(5)}) == 1


def test_an_error_comes_out_and_the_next_call_works(count):
    def work(start, stop):
        raise ValueError(f"part {start}")

    with pytest.raises(ValueError, match="part"):
        threads.in_parts(work, 10, 1)
    done = []
    threads.in_parts(lambda start, stop: done.append(stop - start), 10, 1)
    assert sum(done) == 10


def test_a_part_in_a_part_is_one(count):
    inner = []

    def work(start, stop):
        threads.in_parts(lambda a, b: inner.append((a, b)), 8, 1)

    threads.in_parts(work, 10, 1)
    if count > 1:
        assert set(inner) == {(0, 8)}


def test_parts_have_the_settings_of_their_caller(count):
    def work(start, stop):
        if start or count == 1:
            np.ones(1) / np.zeros(1)

    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        threads.in_parts(work, 10, 1)


def test_products_in_parts_take_one_thread_each(count, library):
    seen = []
    threads.products_in_parts(lambda start, stop: seen.append(library.threads), 10, 1)
    assert set(seen) == ({4} if count == 1 else {1})
    assert len(seen) == count
    assert library.threads == 4


def test_the_users_number_of_threads_comes_back_after_an_error(count, library):
    def work(start, stop):
        raise ValueError("a part")

    with pytest.raises(ValueError, match="a part"):
        threads.products_in_parts(work, 10, 1)
    assert library.threads == 4


def test_who_wants_one_thread_has_one(count, library):
    library.threads = 1
    done = []
    threads.products_in_parts(lambda *part: done.append((part, threading.current_thread())), 10, 1)
    assert done == [((0, 10), threading.current_thread())]


def test_two_at_once_restore_what_was_before_both(library, monkeypatch):
    several(monkeypatch, 2)
    threads._pool.cache_clear()
    inside, seen = threading.Barrier(2, timeout=30), []

    def user():
        def work(start, stop):
            if start == 0:
                inside.wait()
                seen.append(library.threads)
                inside.wait()

        threads.products_in_parts(work, 10, 1)

    users = [threading.Thread(target=user) for _ in range(2)]
    for one in users:
        one.start()
    for one in users:
        one.join()
    threads._pool.cache_clear()
    assert seen == [1, 1]
    assert library.threads == 4


def test_real_libraries_are_held_and_released():
    code = """
import numpy as np
from threadpoolctl import threadpool_info
from tests.backends.processes import in_process
from xnn_backends.fast import threads
threads.count = threads.workers = lambda: 2
def numbers():
    return [found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"]
before, inside = numbers(), []
threads.products_in_parts(lambda start, stop: inside.append(numbers()), 8, 1)
assert numbers() == before
print("held" if len(inside) == 2 and all(set(found) == {1} for found in inside) else (before, inside))
"""
    assert in_process(code, OPENBLAS_NUM_THREADS="2", MKL_NUM_THREADS="2", BLIS_NUM_THREADS="2") == "held"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError])
def test_the_users_number_comes_back_whatever_ends_a_part(count, library, kind):
    def work(start, stop):
        raise kind

    with pytest.raises(kind):
        threads.products_in_parts(work, 10, 1)
    assert library.threads == 4


def test_an_interrupt_at_any_line(library, monkeypatch):
    """A KeyboardInterrupt at each line in turn: afterwards, or at the latest after the next block, all is as before."""
    several(monkeypatch, 1)
    # A trace also interrupts between a block and its __exit__, where no signal is heard: a lock would be kept for good.
    monkeypatch.setattr(threads, "_holding", threading.RLock())
    lines, stop_at = 0, None

    def trace(frame, event, argument):
        nonlocal lines
        if frame.f_code.co_filename != threads.__file__:
            return None
        if event == "line":
            lines += 1
            if lines == stop_at:
                raise KeyboardInterrupt
        return trace

    def hold():
        with threads._single_products():
            assert library.threads == 1

    for number in range(1, 100):
        lines, stop_at = 0, number
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            hold()
            is_interrupted = False
        except KeyboardInterrupt:
            is_interrupted = True
        finally:
            sys.settrace(before)
        hold()
        assert library.threads == 4, number
        if not is_interrupted:
            break
    assert number > 10
    assert not is_interrupted


@pytest.mark.parametrize(
    ("value", "expected"),
    [("3", "3"), ("many", None), (" 4 ", "4"), ("3,2", "3"), ("02", "2"), ("", None), ("0", None), ("-1", None)]
    + [(odd, None) for odd in ("²", "１", "1.5", "1e1", "1_0", ",2", "0,2", "9" * 5000)],
    ids=ascii,
)
def test_how_many_there_are(value, expected):
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = in_process("from xnn_backends.fast import threads; print(threads.count())", OMP_NUM_THREADS=value)
    assert found == (expected or str(there))


@pytest.mark.parametrize(
    "message", ["cannot schedule new futures after interpreter shutdown", "can't start new thread"]
)
def test_where_no_thread_can_be_started_the_caller_does_all(monkeypatch, message):
    several(monkeypatch, 3)

    class Pool:
        def submit(self, *task):
            raise RuntimeError(message)

    monkeypatch.setattr(threads, "_pool", Pool)
    done = []
    threads.in_parts(lambda *part: done.append(part), 9, 1)
    assert done == [(0, 3), (3, 6), (6, 9)]


def test_parts_at_the_end_of_the_process():
    code = """
import atexit
from tests.backends.processes import in_process
from xnn_backends.fast import threads
threads.count = threads.workers = lambda: 2
def last():
    done = []
    threads.in_parts(lambda *part: done.append(part), 8, 1)
    print(sorted(done))
atexit.register(last)
"""
    assert in_process(code) == "[(0, 4), (4, 8)]"


def test_one_worker_does_the_parts_of_several(monkeypatch):
    several(monkeypatch, 3)
    monkeypatch.setattr(threads, "workers", lambda: 1)
    done = []
    threads.in_parts(lambda *part: done.append((part, threading.current_thread())), 9, 1)
    assert done == [(part, threading.current_thread()) for part in [(0, 3), (3, 6), (6, 9)]]
