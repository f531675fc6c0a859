"""The move between devices, which has a derivative, and operands on two devices, which raise."""

import numpy as np
import pytest

import xnn as xp
from xnn.errors import DeviceMismatchError

pytestmark = pytest.mark.every_device

HOST = "numpy:cpu"


def test_a_gradient_comes_back(device):
    x = xp.asarray([1.0, 2.0, 3.0], device=HOST, requires_grad=True)
    there = x.to_device(device)
    assert there.device is device
    back = xp.sum((there * there).to_device(HOST))
    back.backward()
    assert x.grad.device is xp.asarray(0.0, device=HOST).device
    assert x.grad.tolist() == [2.0, 4.0, 6.0]


def test_a_leaf_on_a_device_gets_its_gradient_there(device):
    x = xp.asarray([1.0, 2.0], device=device, requires_grad=True)
    xp.sum(x.to_device(HOST) ** 2).backward()
    assert x.grad.device is device
    assert x.grad.tolist() == [2.0, 4.0]


def test_derivatives_of_both_orders(device):
    x = xp.asarray([0.5, 1.5], dtype=xp.float64, device=HOST)
    xp.check_gradients(lambda x: xp.exp(x.to_device(device)).to_device(HOST) * x, x)


def test_no_move_is_no_node(device):
    x = xp.asarray([1.0], device=device, requires_grad=True)
    assert x.to_device(device) is x


def test_a_raw_array_moves_as_a_raw_array(device):
    moved = xp.ops.manipulation.to_device(np.asarray([1.0, 2.0]), device=device)
    assert isinstance(moved, device.backend.array_type)


OTHER = {"numpy:cpu": "strict:CPU_DEVICE"}

OPERATIONS = {
    "x + y": lambda x, y, i: x + y,
    "y + x": lambda x, y, i: y + x,
    "x @ y": lambda x, y, i: x @ y,
    "x == y": lambda x, y, i: x == y,
    "concat": lambda x, y, i: xp.concat([x, y]),
    "where": lambda x, y, i: xp.where(x > 0, x, y),
    "x[i]": lambda x, y, i: x[i],
    "x[i] = 0": lambda x, y, i: x.__setitem__(i, 0),
    "x[0] = y": lambda x, y, i: x.__setitem__(0, y[0]),
    "take": lambda x, y, i: xp.take(x, i),
    "raw": lambda x, y, i: x + y._data,
    "x += y": lambda x, y, i: x.__iadd__(y),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_two_devices_never_mix(name, device):
    other = OTHER.get(str(device), "numpy:cpu")
    x = xp.asarray([1.0, 2.0], device=device)
    y, i = xp.asarray([1.0, 2.0], device=other), xp.asarray([0], device=other)
    with pytest.raises(DeviceMismatchError) as raised:
        OPERATIONS[name](x, y, i)
    text = str(raised.value)
    assert str(device) in text
    assert other in text
    assert "Cure: x.to_device('" in text


def test_raw_indices_are_of_the_host_or_of_the_device(device):
    x = xp.asarray([1.0, 2.0], device=device)
    assert x[np.asarray([1])].tolist() == [2.0]
    assert x[np.asarray([False, True])].tolist() == [2.0]
    if str(device) != "strict:device1":
        foreign = xp.asarray([0], device="strict:device1")._data
        with pytest.raises(DeviceMismatchError, match="one device"):
            x[foreign]
