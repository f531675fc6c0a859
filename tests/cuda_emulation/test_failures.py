"""Failures that are played: CuPy's calls and the driver's library report them together."""

import pytest

from tests import cuda_emulation as emulation
from tests.cuda_emulation.comparison import cupy
from tests.cuda_emulation.looking import look

WORKS = {"cuInit": 0, "cuDriverGetVersion": (0, 13020), "cuDeviceGetCount": (0, 2)}
SEEN = {  # through ctypes; 3: not initialised, 34: a stub
    "no driver": {"cuInit": 34, "cuDriverGetVersion": (34, -1), "cuDeviceGetCount": (34, -1)},
    "driver too old": {"cuInit": 0, "cuDriverGetVersion": (0, 11040), "cuDeviceGetCount": (0, 2)},
    "driver broken": {"cuInit": 999, "cuDriverGetVersion": (0, 13020), "cuDeviceGetCount": (3, -1)},
    "no device": {"cuInit": 100, "cuDriverGetVersion": (0, 13020), "cuDeviceGetCount": (3, -1)},
}
STATUS = {
    "no driver": "cudaErrorInsufficientDriver",
    "driver too old": "cudaErrorInsufficientDriver",
    "driver broken": "cudaErrorUnknown",
    "no device": "cudaErrorNoDevice",
}


def refused(failure):
    """CuPy says so, too."""
    assert not cupy.is_available()
    with pytest.raises(cupy.cuda.runtime.CUDARuntimeError, match=STATUS[failure]) as error:
        cupy.zeros(3)
    assert error.value.status == emulation.FAILURES[failure].status


def works():
    assert look() == WORKS
    assert cupy.is_available()
    assert cupy.zeros(3).sum() == 0


def test_all_failures_are_tested():
    assert set(SEEN) == set(STATUS) == set(emulation.FAILURES) - {None}


@pytest.mark.parametrize("failure", SEEN)
def test_failing(failure):
    works()
    with emulation.failing(failure):
        assert look() == SEEN[failure]
        refused(failure)
    works()


def test_failing_nests():
    with emulation.failing("no device"):
        with emulation.failing("driver broken"):
            refused("driver broken")
            with emulation.failing(None):
                works()
            refused("driver broken")
        assert look() == SEEN["no device"]
        refused("no device")
    works()


def test_failing_ends_with_an_error():
    with pytest.raises(ZeroDivisionError), emulation.failing("no device"):
        raise ZeroDivisionError
    works()


def test_unknown_failure():
    with pytest.raises(ValueError, match=r"knows no driver, .*; not 'no luck'"), emulation.failing("no luck"):
        pass
    works()


def test_driver_version():
    runtime = cupy.cuda.runtime
    assert runtime.driverGetVersion() == runtime.runtimeGetVersion() == 13020
    with emulation.failing("driver too old"):
        assert runtime.driverGetVersion() == 11040


def test_out_of_memory():
    cupy.get_default_memory_pool().free_all_blocks()
    with emulation.memory_limit(emulation.memory_used() + 2**20):
        small = cupy.zeros(2**18, "b")
        with pytest.raises(cupy.cuda.memory.OutOfMemoryError):
            cupy.zeros(2**20, "b")
        assert (small == 0).all()
    assert cupy.zeros(2**20, "b").size


def test_memory_limit_nests():
    total = cupy.cuda.Device().mem_info[1]
    with emulation.memory_limit(2**30):
        with emulation.memory_limit(2**20):
            assert cupy.cuda.Device().mem_info[1] == 2**20
        assert cupy.cuda.Device().mem_info[1] == 2**30
    assert cupy.cuda.Device().mem_info[1] == total
