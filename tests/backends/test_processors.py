"""How many processors are taken: what the user, the system and the other processes leave."""

import os

import pytest

from tests import optional
from tests.backends.processes import in_process
from xnn_backends import processors


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine of so many processors, and what the system says of it."""
    for name in processors.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(processors, "ROOT", tmp_path)

    def of(count, affinity=None, load=0.0, running=1, **files):
        monkeypatch.setattr(os, "cpu_count", lambda: count)
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(affinity or count)), raising=False)
        monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0), raising=False)
        texts = {"proc/loadavg": f"{load} 0.0 0.0 {running}/99 1\n"} | files
        for name, text in texts.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for function in (processors.allowed, processors.free, processors.limit_products):
            function.cache_clear()

    yield of
    for function in (processors.allowed, processors.free, processors.limit_products):
        function.cache_clear()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3", 3), (" 3 ", 3), ("03", 3), ("4,2", 4), ("many", 8), ("0", 8), ("-2", 8), ("", 8), ("²", 8), ("٣", 8),
     ("3x", 8), ("1.5", 8), ("9" * 5000, 8), ("0,2", 8), (",2", 8)],
)  # fmt: skip
def test_the_users_number(machine, monkeypatch, text, expected):
    machine(8)
    monkeypatch.setenv("OMP_NUM_THREADS", text)
    assert processors.allowed() == expected


def test_the_users_number_stands_on_a_busy_machine(machine, monkeypatch):
    machine(8, load=50.0, running=50)
    monkeypatch.setenv("OMP_NUM_THREADS", "6")
    assert (processors.allowed(), processors.free()) == (6, 6)


def test_affinity(machine):
    machine(8, affinity=3)
    assert (processors.allowed(), processors.free()) == (3, 3)


@pytest.mark.parametrize(
    ("load", "running", "expected"),
    [
        (0.0, 1, 8),
        (0.9, 4, 8),
        (1.0, 2, 7),
        (3.2, 9, 5),
        (3.2, 3, 6),  # one of them has just ended
        (7.5, 1, 8),  # all have: as where a run is resumed
        (0.3, 9, 8),  # they have only begun: what is brief is not looked at
        (8.0, 9, 1),
        (64.0, 80, 1),
    ],
)
def test_what_others_take(machine, load, running, expected):
    machine(8, load=load, running=running)
    assert (processors.allowed(), processors.free()) == (8, expected)


def test_what_others_take_is_shared_out(machine):
    machine(8, affinity=4, load=4.0, running=5)
    assert processors.free() == 2


def test_what_was_found_stays(machine, monkeypatch):
    machine(8)
    assert processors.free() == 8
    monkeypatch.setattr(os, "getloadavg", lambda: (50.0, 50.0, 50.0))
    assert processors.free() == 8


@pytest.mark.parametrize(
    ("quota", "expected"), [("200000 100000", 2), ("150000 100000", 2), ("5000 100000", 1), ("max 100000", 8), ("", 8)]
)
@pytest.mark.parametrize("group", ["", "a/b", "a"])
def test_a_quota_of_the_second_version(machine, quota, expected, group):
    machine(8, **{"proc/self/cgroup": "0::/a/b\n", f"sys/fs/cgroup/{group}/cpu.max": f"{quota}\n"})
    assert processors.allowed() == expected


@pytest.mark.parametrize(("quota", "expected"), [("300000", 3), ("-1", 8)])
@pytest.mark.parametrize("group", ["", "docker/c"])
def test_a_quota_of_the_first_version(machine, quota, expected, group):
    top = f"sys/fs/cgroup/cpu/{group}"
    files = {f"{top}/cpu.cfs_quota_us": f"{quota}\n", f"{top}/cpu.cfs_period_us": "100000\n"}
    machine(8, **{"proc/self/cgroup": "7:pids:/x\n4:cpu,cpuacct:/docker/c\n0::/\n"}, **files)
    assert processors.allowed() == expected


def test_a_system_that_says_nothing(monkeypatch, machine, tmp_path):
    machine(8)
    (tmp_path / "proc" / "loadavg").unlink()
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.delattr(os, "getloadavg", raising=False)
    assert (processors.allowed(), processors.free()) == (8, 8)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    processors.allowed.cache_clear()
    processors.free.cache_clear()
    assert (processors.allowed(), processors.free()) == (1, 1)


@pytest.fixture
def library(monkeypatch):
    """A library that takes 8 threads."""

    class Library:
        number = 8

        def get_num_threads(self):
            return self.number

        def set_num_threads(self, number):
            self.number = number

    found = Library()
    monkeypatch.setattr(processors, "library", lambda: found)


def test_products_take_what_is_free(machine, library):
    machine(8, load=6.0, running=7)
    assert processors.threads() == {"parts": 8, "products": 2}
    machine(8, load=7.0, running=8)
    assert processors.threads() == {"parts": 8, "products": 1}
    machine(8)
    assert processors.threads() == {"parts": 8, "products": 1}  # whoever has made them fewer had a reason


@pytest.mark.parametrize("name", processors.VARIABLES)
def test_products_of_who_set_a_number_are_left(machine, monkeypatch, library, name):
    machine(8, load=50.0, running=50)
    monkeypatch.setenv(name, "8")
    assert not processors.limit_products()
    assert processors.threads()["products"] == 8


def test_a_library_that_cannot_be_asked(machine, monkeypatch):
    monkeypatch.setattr(processors, "library", lambda: None)
    machine(8, load=50.0, running=50)
    assert processors.threads() == {"parts": 8, "products": None}


@pytest.mark.needs("threadpoolctl")
def test_numpys_own_library(monkeypatch):
    """Against threadpoolctl, which finds libraries another way; the first array sets the limit."""
    threadpoolctl = optional.module("threadpoolctl")
    import numpy as np  # noqa: F401

    if not any(found["internal_api"] == "openblas" for found in threadpoolctl.threadpool_info()):
        pytest.skip("NumPy has another library")
    code = """
import os
os.cpu_count, os.sched_getaffinity, os.getloadavg = lambda: 2, lambda pid: {0, 1}, lambda: (9.0, 9.0, 9.0)
from xnn_backends import processors
processors._text = lambda path: "9.0 9.0 9.0 10/99 1" if path.endswith("loadavg") else ""
import numpy, threadpoolctl
def number():
    return [f["num_threads"] for f in threadpoolctl.threadpool_info() if "numpy" in f["filepath"]]
first = number()
import xnn as xp
xp.ones(3, device="cpu")
print(first, number(), processors.threads())
"""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if count > 1:
        assert in_process(code) == f"[{count}] [1] {{'parts': 2, 'products': 1}}"
    assert in_process(code, OPENBLAS_NUM_THREADS="2").endswith("'products': 2}")


@pytest.mark.needs("fast")
def test_numbers_do_not_depend_on_who_else_is_there():
    """A convolution's parts are the same, whether one thread does them or two."""
    optional.require("fast")
    optional.module("threadpoolctl")
    code = """
import zlib
from xnn_backends import processors
processors.allowed, processors.free = lambda: 2, lambda: FREE
import xnn as xp
x = xp.random.Generator(0).uniform((32, 8, 28, 28), device="cpu")
w = xp.random.Generator(1).uniform((16, 8, 3, 3), device="cpu")
g = xp.grad(lambda w: xp.sum(xp.nn.functional.conv2d(x, w) ** 2))(w)
print(zlib.crc32(g.numpy().tobytes()))
"""
    found = [in_process(code.replace("FREE", free)) for free in ("1", "2")]
    assert found[0] == found[1]
