"""The stand-in for libcuda.so.1, asked through ctypes.  (test_failures.py: what it says when it fails.)"""

import ctypes
import pathlib
import re

import pytest

from tests import cuda_emulation as emulation
from tests import optional
from tests.cuda_emulation.comparison import cupy
from tests.cuda_emulation.status import STATUSES

pathfinder = optional.module("cuda.pathfinder")


@pytest.fixture
def driver():
    return ctypes.CDLL("libcuda.so.1")


def said(function, number):
    text = ctypes.c_char_p(b"untouched")
    return function(number, ctypes.byref(text)), text.value


@pytest.mark.parametrize("number", [n for n, status in STATUSES.items() if status.driver])
def test_names_of_errors(driver, number):
    assert said(driver.cuGetErrorName, number) == (0, STATUSES[number].driver.encode())
    assert said(driver.cuGetErrorString, number) == (0, STATUSES[number].text.encode())


def test_unknown_error(driver):
    for number in (35, -1, 12345):  # 35 is known to the runtime only
        assert said(driver.cuGetErrorName, number) == (1, None)
        assert said(driver.cuGetErrorString, number) == (1, None)


def test_a_stub_says_nothing(driver):
    with emulation.failing("no driver"):
        assert said(driver.cuGetErrorName, 34) == (34, b"untouched")
        assert said(driver.cuGetErrorString, 34) == (34, b"untouched")


def test_bad_arguments(driver):
    assert driver.cuInit(1) == 1
    assert driver.cuInit(0) == 0
    assert driver.cuDriverGetVersion(None) == 1
    assert driver.cuDeviceGetCount(None) == 1
    assert driver.cuGetErrorName(0, None) == 1
    assert driver.cuGetErrorString(0, None) == 1


def test_cupy_sees_the_same(driver):
    count = ctypes.c_int()
    assert driver.cuInit(0) == driver.cuDeviceGetCount(ctypes.byref(count)) == 0
    assert count.value == cupy.cuda.runtime.getDeviceCount()


def test_statuses_are_those_of_the_headers():
    """NVIDIA's headers, of the version that CuPy compiles with, give the same names and numbers."""
    folder = pathlib.Path(pathfinder.find_nvidia_header_directory("cudart"))
    for header, names in (
        ("cuda.h", {status.driver: n for n, status in STATUSES.items() if status.driver}),
        ("driver_types.h", {status.runtime: n for n, status in STATUSES.items()}),
    ):
        found = re.findall(r"^\s*(\w+)\s*=\s*(\d+)\b", (folder / header).read_text(), re.MULTILINE)
        numbers = {name: int(n) for name, n in found}
        assert {name: numbers.get(name) for name in names} == names
