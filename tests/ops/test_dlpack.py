"""DLPack: arrays of other libraries become Arrays, and Arrays theirs, without a copy where both have one memory."""

import numpy as np
import pytest

import xnn as xp
from tests.oracle import torch
from xnn.errors import GraphError
from xnn_backends import backend_of, find_device

pytestmark = pytest.mark.every_device

VALUES = [1.0, 2.0, 3.0, 4.0]


class Producer:
    """An array of a library that xnn does not know."""

    def __init__(self, x):
        self.x = x
        self.asked = {}

    def __dlpack__(self, **options):
        self.asked = options
        return self.x.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.x.__dlpack_device__()


class OldProducer(Producer):
    """One from before `max_version`, `dl_device` and `copy`."""

    def __dlpack__(self, *, stream=None):
        return self.x.__dlpack__(stream=stream)


def test_the_hosts_memory_has_no_stream(device):
    x = xp.asarray(VALUES, device=device)
    if x.__dlpack_device__()[0] != 1:
        pytest.skip("on a GPU")
    with pytest.raises(BufferError, match="an array in the host's memory has no stream; leave out stream"):
        x.__dlpack__(stream=1)
    with pytest.raises(BufferError, match=r"is not handed out in \(2, 0\)\. Cure: x\.to_device"):
        x.__dlpack__(dl_device=(2, 0))
    assert np.from_dlpack(x).tolist() == VALUES


def raw_on(device):
    return xp.asarray(VALUES, device=device)._data


@pytest.mark.parametrize("kind", [lambda x: x, Producer, OldProducer], ids=["known", "new", "old"])
@pytest.mark.parametrize("copy", [None, True, False])
def test_from_another_library(kind, copy, device):
    raw = raw_on(device)
    x = xp.from_dlpack(kind(raw), copy=copy)
    assert x.tolist() == VALUES
    assert x.device.backend.dlpack_device(x.device) == device.backend.dlpack_device(device)
    if backend_of(kind(raw)) is not None:
        assert x.device is device
    with device.scope():
        raw[0] = 9.0
    assert x.tolist()[0] == (1.0 if copy else 9.0)


@pytest.mark.needs("torch")
@pytest.mark.parametrize("copy", [None, True])
def test_to_each_device(copy, device):
    for source in (np.asarray(VALUES, np.float32), torch.tensor(VALUES), Producer(np.asarray(VALUES, np.float32))):
        x = xp.from_dlpack(source, device=device, copy=copy)
        assert (x.device, x.dtype, x.tolist()) == (device, xp.float32, VALUES)
    array = xp.asarray(VALUES, device=device)
    for target in ("numpy:cpu", "strict:device1", str(device)):
        x = xp.from_dlpack(array, device=target, copy=copy)
        assert (str(x.device), x.tolist()) == (target, VALUES)
        raw = xp.from_dlpack(array._data, device=target, copy=copy)
        assert (str(raw.device), raw.tolist()) == (target, VALUES)


def test_without_a_copy_no_other_memory_is_reached(device):
    if device.backend.name != "cupy":
        x = xp.from_dlpack(np.asarray(VALUES), device=device, copy=False)
        assert x.tolist() == VALUES
        return
    with pytest.raises(ValueError, match=f"copy=False cannot move to {device}: the array is in another memory"):
        xp.from_dlpack(np.asarray(VALUES), device=device, copy=False)
    with pytest.raises(ValueError, match="cannot move to numpy:cpu"):
        xp.from_dlpack(raw_on(device), device="numpy:cpu", copy=False)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int64", "float32", "float64", "complex64", "complex128"])
def test_data_types(dtype, device):
    values = np.asarray([0, 1, 1]).astype(dtype)
    x = xp.from_dlpack(xp.asarray(values, device=device))
    assert x.dtype.name == dtype
    assert x.tolist() == values.tolist()
    assert xp.from_dlpack(values, device=device).dtype.name == dtype


def test_what_has_other_strides_or_is_read_only(device):
    backwards, wide = np.arange(4.0)[::-1], np.broadcast_to(np.asarray(2.0), (3,))
    assert xp.from_dlpack(backwards, device=device).tolist() == [3.0, 2.0, 1.0, 0.0]
    assert xp.from_dlpack(wide, device=device).tolist() == [2.0, 2.0, 2.0]
    turned = xp.permute_dims(xp.reshape(xp.arange(6, device=device), (2, 3)), (1, 0))
    assert xp.from_dlpack(turned).tolist() == [[0, 3], [1, 4], [2, 5]]


@pytest.mark.needs("torch")
def test_what_torch_puts_off_is_done_before():
    z = torch.tensor([1 + 2j]).conj()
    x = xp.from_dlpack(xp.asarray(z))
    assert (str(x.device), x.tolist()) == ("torch:cpu", [1 - 2j])
    assert np.from_dlpack(xp.asarray(z)).tolist() == [1 - 2j]


@pytest.mark.needs("torch")
def test_other_libraries_take_arrays(device):
    x = xp.asarray(VALUES, device=device)
    kind, index = x.__dlpack_device__()
    assert (type(kind), type(index)) == (int, int)
    assert (kind, index) == device.backend.dlpack_device(device)
    assert np.from_dlpack(x, device="cpu").tolist() == VALUES
    if kind == 1:
        assert np.from_dlpack(x).tolist() == torch.from_dlpack(x).tolist() == VALUES
        copied = np.from_dlpack(x, copy=True)
        copied[0] = 9.0
        assert x.tolist() == VALUES
    else:
        import cupy

        assert cupy.from_dlpack(x).get().tolist() == VALUES


def test_options_reach_the_library(device):
    x = xp.asarray(VALUES, device=device)
    for options in ({}, {"copy": True}, {"copy": False}, {"max_version": (1, 0)}, {"max_version": (0, 0)},
                    {"dl_device": (1, 0)}, {"dl_device": (1, 0), "copy": True}):  # fmt: skip
        assert type(x.__dlpack__(**options)).__name__ == "PyCapsule"
    with pytest.raises(TypeError, match="unexpected keyword argument 'where'"):
        x.__dlpack__(where="here")
    if device.backend.name == "cupy":
        with pytest.raises(BufferError, match="reaches other memory only by a copy"):
            x.__dlpack__(dl_device=(1, 0), copy=False)


def test_on_the_graph_nothing_is_handed_out(device):
    x = xp.asarray(VALUES, device=device, requires_grad=True)
    for door in (x.__dlpack__, lambda: xp.from_dlpack(x), lambda: np.from_dlpack(2 * x)):
        with pytest.raises(GraphError, match=r"__dlpack__ would leave the graph unseen.*Cure: x\.detach\(\) first"):
            door()
    assert xp.from_dlpack(x.detach()).requires_grad is False


def test_what_has_no_dlpack():
    with pytest.raises(AttributeError):
        xp.from_dlpack([1.0, 2.0])


def test_memory_that_nothing_has():
    class Elsewhere(Producer):
        def __dlpack_device__(self):
            return 10, 7

    with pytest.raises(BufferError, match=r"no device has the memory \(10, 7\)"):
        xp.from_dlpack(Elsewhere(np.asarray(VALUES)))
    x = xp.from_dlpack(Elsewhere(np.asarray(VALUES)), device="cpu")  # asked for a copy on the host
    assert (str(x.device), x.tolist()) == ("numpy:cpu", VALUES)


def test_a_move_between_two_libraries_on_one_gpu_does_not_pass_the_host(device, monkeypatch):
    """Here a second library is played by a second backend of CuPy's arrays."""
    if device.backend.name != "cupy":
        pytest.skip("of GPUs")
    from xnn_backends.cupy_backend import CupyBackend

    class Twin(CupyBackend):
        name = "twin"

    target = Twin().device(device.name)
    raw = raw_on(device)
    monkeypatch.setattr(CupyBackend, "to_numpy", None)  # no way through the host
    moved = device.backend.to_device(raw, target)
    assert moved.data.ptr == raw.data.ptr
    assert find_device(device) is device
