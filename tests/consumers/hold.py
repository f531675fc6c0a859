"""What a row of a consumer's table is held to."""

import contextlib

import numpy as np
import pytest

import xnn as xp
from tests.tolerances import assert_close


@contextlib.contextmanager
def defaults_of(row, device):
    """Make a device the default, and float64, for a function whose constants do not say where and what they are."""
    before = xp.get_default_dtype()
    with contextlib.ExitStack() as stack:
        if "device" in row.constants:
            stack.enter_context(xp.use_device(device))
        if "dtype" in row.constants:
            stack.callback(xp.set_default_dtype, before)
            xp.set_default_dtype(xp.float64)
        yield


def on(device, operands, requires_grad=False):
    return [xp.asarray(x, device=device, requires_grad=requires_grad) for x in operands]


def assert_value(row, device):
    """Assert that the function gives of Arrays what it gives of NumPy arrays, as an Array of their device."""
    expected = row.call(*(x.copy() for x in row.operands))
    operands = on(device, row.operands)
    with defaults_of(row, device):
        came = row.call(*operands)
    if row.gives:
        assert type(came) is row.gives
        assert_close(came, expected)
        return
    assert isinstance(came, xp.Array), f"got {type(came).__name__}"
    assert came.device is device
    assert came.dtype.name == np.asarray(expected).dtype.name
    assert_close(came.numpy(), expected)
    for x, before in zip(operands, row.operands, strict=True):
        np.testing.assert_array_equal(x.numpy(), before, "the function has changed its argument")


def assert_gradient(row, device):
    """Assert that its derivatives are what finite differences say."""
    with defaults_of(row, device):
        xp.check_gradients(row.call, *on(device, row.operands), order=row.order)


def assert_off_default_raises(row, device):
    """Assert that without the defaults that a row needs the function does not go on in silence."""
    elsewhere = "strict:CPU_DEVICE" if str(device) == "numpy:cpu" else "numpy:cpu"
    with xp.use_device(elsewhere), pytest.raises(xp.DeviceError, match="works on arrays of one device"):
        row.call(*on(device, row.operands))


def assert_refused(refusal, device):
    """Assert that the function raises for Arrays that require a gradient, and says what the matter is."""
    with xp.use_device(device), pytest.raises(refusal.error, match=refusal.match):
        refusal.call(*on(device, refusal.operands, requires_grad=True))


def by_id(rows):
    """Parametrise a test over a table."""
    assert len({row.id for row in rows}) == len(rows), "ids are unique"
    marks = [[pytest.mark.filterwarnings(row.warns)] if getattr(row, "warns", "") else [] for row in rows]
    cases = [pytest.param(row, id=row.id, marks=mark) for row, mark in zip(rows, marks, strict=True)]
    return pytest.mark.parametrize("row", cases)
