"""Two devices: what belongs to one is refused on the other."""

import threading

import pytest

from tests import cuda_emulation as emulation
from tests.cuda_emulation.comparison import A, B, cupy


def on(device, *arrays):
    with cupy.cuda.Device(device):
        return [cupy.asarray(a) for a in arrays]


def test_devices():
    (a,), (b,) = on(0, A), on(1, B)
    assert (a.device.id, b.device.id) == (0, 1)
    assert cupy.cuda.runtime.getDevice() == 0
    with cupy.cuda.Device(1):
        assert ((b * 2).device.id, (b @ b.T).device.id, b.sum().device.id) == (1, 1, 1)
    with pytest.raises(ValueError, match="Peer access is unavailable"):
        a + b
    with pytest.raises(ValueError, match="Peer access is unavailable"):
        b.sum()


def test_current_device_is_per_thread():
    seen = []
    with cupy.cuda.Device(1):
        thread = threading.Thread(target=lambda: seen.append(cupy.cuda.runtime.getDevice()))
        thread.start()
        thread.join()
    assert seen == [0]


def test_copy_between_devices():
    (a,) = on(0, A)
    with emulation.count() as c, cupy.cuda.Device(1):
        b = cupy.array(a, copy=True)
    assert b.device.id == 1
    assert (b.get() == A).all()
    assert (c.peer, c.peer_bytes) == (1, A.nbytes)
    assert c.d2h == c.h2d == 0


def test_foreign_pointers_are_errors():
    (x,), (y,) = on(0, A), on(1, A)
    kernel = cupy.RawKernel('extern "C" __global__ void f(float* x) { x[0] = 1; }', "f")
    kernel((1,), (1,), (x,))
    with pytest.raises(RuntimeError, match=r"kernel f on device 0: argument 0.*another device"):
        kernel((1,), (1,), (y,))
    with pytest.raises(Exception, match="CUBLAS_STATUS_EXECUTION_FAILED"):
        y @ y.T
    with pytest.raises(Exception, match="another device"):
        y.sort()
    assert (y.get() == A).all()


def test_foreign_stream_is_an_error():
    with cupy.cuda.Device(1):
        stream = cupy.cuda.Stream(non_blocking=True)
    kernel = cupy.RawKernel('extern "C" __global__ void f(float* x) { x[0] = 1; }', "f")
    with pytest.raises(RuntimeError, match="stream belongs to another device"):
        kernel((1,), (1,), (cupy.zeros(3, "f"),), stream=stream)
