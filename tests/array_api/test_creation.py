"""Creation functions honour `device=` and the default types, on every row; CuPy's second GPU is one."""

import pytest

import xnn
from tests.array_api.standard import look_up

pytestmark = pytest.mark.every_device

MADE = {
    "arange": (4,),
    "asarray": ([1.0, 2.0],),
    "empty": (3,),
    "eye": (3,),
    "fft.fftfreq": (4,),
    "fft.rfftfreq": (4,),
    "full": (2, 1.0),
    "linspace": (0, 1, 3),
    "ones": (3,),
    "zeros": ((2, 2),),
}
MADE_LIKE = {"asarray": (), "empty_like": (), "from_dlpack": (), "full_like": (1,), "ones_like": (), "zeros_like": ()}


def assert_on(x, device):
    """Assert that an Array and the memory below it are on a device."""
    assert x.device is device
    assert device.backend.device_of(x._data) is device


@pytest.mark.parametrize("name", MADE)
def test_device(name, device):
    function = look_up(xnn, name)
    for where in (device, str(device)):
        assert_on(function(*MADE[name], device=where), device)
    with xnn.use_device(device):
        assert_on(function(*MADE[name]), device)


@pytest.mark.parametrize("name", MADE_LIKE)
def test_device_of_what_it_is_like(name, device):
    function, more = look_up(xnn, name), MADE_LIKE[name]
    x = xnn.ones((2, 3), device=device)
    assert_on(function(x, *more), device)
    assert_on(function(xnn.ones((2, 3), device="numpy:cpu"), *more, device=device), device)
    assert_on(function(x, *more, device="numpy:cpu"), xnn.ones(1, device="numpy:cpu").device)


@pytest.mark.parametrize("name", ["meshgrid", "tril", "triu"])
def test_device_of_an_operand(name, device):
    x = xnn.ones((2, 2) if name != "meshgrid" else (2,), device=device)
    result = look_up(xnn, name)(x)
    for part in result if isinstance(result, tuple) else (result,):
        assert_on(part, device)


@pytest.mark.parametrize("name", [name for name in MADE if name != "arange"])
def test_floats_are_float32_by_default(name, device):
    function = look_up(xnn, name)
    assert function(*MADE[name], device=device).dtype is xnn.float32
    assert function(*MADE[name], device=device, dtype=xnn.float64).dtype is xnn.float64
    xnn.set_default_dtype(xnn.float64)
    try:
        assert function(*MADE[name], device=device).dtype is xnn.float64
    finally:
        xnn.set_default_dtype(xnn.float32)


def test_types_follow_the_values(device):
    def made(*args, function=xnn.arange):
        return function(*args, device=device).dtype

    assert made(4) is made(0, 4, 2) is xnn.int64
    assert made(4.0) is made(0, 4, 0.5) is xnn.float32
    for value, dtype in ((True, xnn.bool), (1, xnn.int64), (1.0, xnn.float32), (1j, xnn.complex64)):
        assert made((2,), value, function=xnn.full) is dtype
        assert made([value, value], function=xnn.asarray) is dtype
    assert made([[True, 2], [0.5, 1]], function=xnn.asarray) is xnn.float32
