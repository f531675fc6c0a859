"""Processes that are forked while work is done in parts: what a child has of its own, and finds as it was."""

import os

import pytest

from tests import optional
from tests.backends.processes import in_process

threadpoolctl = optional.module("threadpoolctl")
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")


@forks
def test_a_forked_child_has_threads_of_its_own():
    code = """
import os
from xnn_backends.fast import threads
threads.count = threads.workers = lambda: 2
done = []
threads.in_parts(lambda *part: done.append(part), 8, 1)
child = os.fork()
if not child:
    mine = []
    threads.in_parts(lambda *part: mine.append(part), 8, 1)
    os._exit(0 if len(mine) == 2 else 1)
print(os.waitpid(child, 0)[1], len(done))
"""
    assert in_process(code) == "0 2"


HELD = """
import contextlib, os, sys, threading
import numpy as np
from threadpoolctl import threadpool_info
from xnn_backends.fast import threads
threads.count = threads.workers = lambda: 2
def numbers():
    return [found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"]
before = numbers()
assert before and set(before) == {2}
inside, forked = threading.Barrier(2), threading.Event()
def hold():
    def work(start, stop):
        if start == 0:
            inside.wait()
            forked.wait()
    threads.products_in_parts(work, 8, 1)
def in_child(check):
    child = os.fork()
    if not child:
        code = 1
        with contextlib.suppress(BaseException):
            code = 0 if check() else 2
        os._exit(code)
    return os.waitpid(child, 0)[1]
"""
TWO = {"OPENBLAS_NUM_THREADS": "2", "MKL_NUM_THREADS": "2", "BLIS_NUM_THREADS": "2"}


@forks
def test_a_child_forked_while_another_thread_holds_products():
    code = (
        HELD
        + """
other = threading.Thread(target=hold)
other.start()
inside.wait()
assert set(numbers()) == {1}
def check():
    held = []
    threads.products_in_parts(lambda start, stop: held.append(numbers()), 8, 1)
    product = np.ones((300, 300)) @ np.ones((300, 300))
    return before == numbers() and len(held) == 2 and all(set(one) == {1} for one in held) and product[0, 0] == 300
found = in_child(lambda: numbers() == before), in_child(check)
forked.set()
other.join()
print(found, numbers() == before)
"""
    )
    assert in_process(code, **TWO) == "(0, 0) True"


@forks
def test_a_child_forked_inside_a_block_has_its_number_after_it():
    code = (
        HELD
        + """
with threads._single_products():
    found = in_child(lambda: set(numbers()) == {1})
    child = os.fork()
if not child:
    os._exit(0 if numbers() == before else 1)
print(found, os.waitpid(child, 0)[1], numbers() == before)
"""
    )
    assert in_process(code, **TWO) == "0 0 True"


@forks
def test_a_child_forked_while_another_thread_takes_the_number():
    code = (
        HELD
        + """
library, setting = threads._libraries()[0], threading.Event()
real = library.set_num_threads
def slow(number):
    setting.set()
    forked.wait(0.5)
    real(number)
library.set_num_threads = slow
other = threading.Thread(target=threads.products_in_parts, args=(lambda *part: None, 8, 1))
other.start()
setting.wait()
found = in_child(lambda: (threads.products_in_parts(lambda *part: None, 8, 1), numbers() == before)[1])
other.join()
print(found, numbers() == before)
"""
    )
    assert in_process(code, **TWO) == "0 True"


@forks
@pytest.mark.parametrize("lock", ["compiling", "of_llvm"])
def test_a_child_forked_while_another_thread_compiles(lock):
    optional.require("fast")
    code = (
        HELD
        + """
from xnn_backends.fast.loops import compiled, compiling, of_llvm
def work():
    with LOCK:
        inside.wait()
        forked.wait(0.5)
other = threading.Thread(target=work)
other.start()
inside.wait()
def check():
    def twice(x):
        for i in range(x.size):
            x[i] *= 2
    x = np.ones(3)
    threading.Timer(60, os._exit, [3]).start()  # a lock that nobody gives back would be waited for
    compiled(twice)(x)
    return x[0] == 2
found = in_child(check)
other.join()
print(found)
"""
    )
    assert in_process(code.replace("LOCK", lock), **TWO) == "0"
