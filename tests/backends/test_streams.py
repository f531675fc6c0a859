"""What is given to which stream of which GPU, and what waits for what.

By the emulation's records, because it does all work at once. None of this ran on a GPU.
"""

import gc

import numpy as np
import pytest

import xnn as xp
from tests import cuda_emulation, optional
from xnn.data import Dataset
from xnn_backends import find_device

if optional.why_missing("cuda_emulation"):
    optional.require("cuda_emulation")

import cupy

from tests.cuda_emulation.counting import before

NUMBERS = np.arange(24.0).reshape(8, 3)


@pytest.fixture(params=["cuda:0", "cuda:1"])
def gpu(request):
    return find_device(request.param)


@pytest.fixture
def host():
    return Dataset(xp.asarray(NUMBERS, device="cpu"), xp.asarray(np.arange(8), device="cpu"))


def streams(gpu, count):
    with cupy.cuda.Device(gpu.raw.id):
        return [cupy.cuda.Stream(non_blocking=True) for _ in range(count)]


def assert_ordered(orders, gpu):
    """Each launch comes after the copies of what it uses; records and waits are the GPU's, whichever is current."""
    copies, launches = [], 0
    for i, (order, done) in enumerate(zip(orders, before(orders), strict=True)):
        if order.what == "copy":
            copies.append(i)
        if order.what in ("wait", "record", "launch", "copy"):
            assert order.device == gpu.raw.id, order
        if order.what == "launch":
            launches += 1
            # Those of the batch that is used; one more batch, of two copies, is on its way.
            assert set(copies[: 2 * launches]) <= done
    assert launches == 4
    assert len(copies) == 8


def test_a_batch_is_waited_for_by_the_stream_that_uses_it(gpu, host):
    for _ in host.batches(4, device=gpu):
        pass  # the stream for copies is made
    with cuda_emulation.count() as c:
        for inputs, labels in host.batches(2, device=gpu):
            assert inputs.device is labels.device is gpu
            inputs + 1
        orders = c.orders()
    assert_ordered(orders, gpu)
    assert not [order for order in orders if order.what == "synchronize"]


def test_in_whatever_block_it_is_used(gpu, host):
    """The stream and the current device of the moment when a batch is taken, not of that when the last was sent."""
    batches, others = host.batches(2, device=gpu), streams(gpu, 4)
    with cuda_emulation.count() as c:
        for stream, scope in zip(others, (0, 1, 0, 1), strict=True):
            with cupy.cuda.Device(gpu.raw.id), stream, cupy.cuda.Device(scope):
                next(batches)[0] + 1
        orders = c.orders()
    waited = [order for order in orders if order.what == "wait" and order.stream in {s.ptr for s in others}]
    assert [order.stream for order in waited] == [s.ptr for s in others for _ in range(2)]
    assert {order.device for order in orders if order.what in ("wait", "record")} == {gpu.raw.id}
    launched = [order.stream for order in orders if order.what == "launch"]
    assert launched == [s.ptr for s in others]
    assert_ordered(orders, gpu)


def test_memory_of_a_batch_is_not_written_while_another_stream_reads_it(gpu, host):
    """A batch that is freed gives its memory to the next one, which is copied when all that used it have done so."""
    first, second = streams(gpu, 2)
    batches = host.batches(1, device=gpu)
    with cuda_emulation.count() as c:
        for stream in (first, second, first, second, first, second, first):
            with cupy.cuda.Device(gpu.raw.id), stream:
                batch = next(batches)
                if stream is second:
                    batch[0] + 1
            del batch
            gc.collect()
        orders = c.orders()
    given = list(before(orders))
    launches = [i for i, order in enumerate(orders) if order.what == "launch"]
    assert [orders[i].stream for i in launches] == [second.ptr] * 3
    for launch in launches:
        later = [i for i, order in enumerate(orders) if order.what == "copy" and i > launch]
        assert later
        assert all(launch in given[copy] for copy in later)


def page_locked(shape, dtype=np.float64):
    memory = cupy.cuda.alloc_pinned_memory(int(np.prod(shape)) * np.dtype(dtype).itemsize + 64)
    return np.frombuffer(memory, dtype, int(np.prod(shape))).reshape(shape)


@pytest.mark.parametrize("door", ["asarray", "to_device", "send", "batches"])
@pytest.mark.parametrize("shape", [(), (5,), (3, 4)])
def test_page_locked_memory_may_be_written_at_once(gpu, door, shape, monkeypatch):
    """CuPy copies from it in the background: the copy is of other memory, which nobody writes to."""
    buffer = page_locked(shape)
    buffer[...] = 1.0
    assert cupy.cuda.pinned_memory.is_memory_pinned(buffer.ctypes.data)
    sources = []

    def asarray(x, **options):
        sources.append(x)
        return real(x, **options)

    real = cupy.asarray
    monkeypatch.setattr(gpu.backend.xp, "asarray", asarray)
    if door == "asarray":
        out = xp.asarray(buffer, device=gpu)
    elif door == "to_device":
        out = xp.asarray(buffer, device="cpu", copy=False).to_device(gpu)
    elif door == "send":
        out, wait = gpu.backend.send(buffer, gpu)
        wait()
        out = xp.Array(out, gpu)
    else:
        shape = shape or (2,)
        buffer = page_locked(shape)
        buffer[...] = 1.0
        data = Dataset(xp.asarray(buffer, device="cpu", copy=False), xp.asarray(np.arange(shape[0]), device="cpu"))
        out = next(data.batches(shape[0], device=gpu))[0]
    assert sources
    for source in sources:
        assert not np.shares_memory(source, buffer)
    buffer[...] = 2.0
    np.testing.assert_array_equal(out.numpy(), np.ones(shape))


def test_plain_memory_is_not_copied_twice(gpu, monkeypatch):
    sources = []
    real = cupy.asarray
    monkeypatch.setattr(gpu.backend.xp, "asarray", lambda x, **options: (sources.append(x), real(x, **options))[1])
    gpu.backend.from_numpy(NUMBERS, gpu)
    assert sources[0] is NUMBERS


def test_memory_that_a_gpu_shares_is_the_hosts_alone(gpu, monkeypatch):
    """CUPY_ENABLE_UMP=1: on such machines CuPy's array is the host's memory."""
    sources = []
    real = cupy.asarray
    monkeypatch.setenv("CUPY_ENABLE_UMP", "1")
    monkeypatch.setattr(gpu.backend.xp, "asarray", lambda x, **options: (sources.append(x), real(x, **options))[1])
    gpu.backend.from_numpy(NUMBERS, gpu)
    assert not np.shares_memory(sources[0], NUMBERS)


# ---- each method of the backend, outside of the device's scope ----


def made(gpu, numbers=NUMBERS):
    return gpu.backend.from_numpy(numbers, gpu)


METHODS = {
    "from_numpy": lambda b, gpu, x: b.from_numpy(NUMBERS, gpu),
    "from_numpy of a number": lambda b, gpu, x: b.from_numpy(np.asarray(-0.0), gpu),
    "send": lambda b, gpu, x: b.send(NUMBERS, gpu)[0],
    "own": lambda b, gpu, x: b.own(x),
    "own of a view": lambda b, gpu, x: b.own(x[1:]),
    "own of a turned view": lambda b, gpu, x: b.own(x.T),
    "to_device": lambda b, gpu, x: b.to_device(x, gpu),
    "to_device from the other": lambda b, gpu, x: b.to_device(made(other(gpu)), gpu),
    "to_device of a view of the other": lambda b, gpu, x: b.to_device(made(other(gpu)).T[1:], gpu),
    "from_dlpack": lambda b, gpu, x: b.from_dlpack(x, gpu),
    "from_dlpack as a copy": lambda b, gpu, x: b.from_dlpack(x, gpu, copy=True),
    "random_uniform": lambda b, gpu, x: b.random_uniform(0, 0, 10, xp.float32, gpu),
    "to_dlpack as a copy": lambda b, gpu, x: cupy.from_dlpack(Capsule(b, x)),
}


class Capsule:
    def __init__(self, backend, x):
        self.backend, self.x = backend, x

    def __dlpack__(self, **options):
        return self.backend.to_dlpack(self.x, **{**options, "copy": True})

    def __dlpack_device__(self):
        return self.x.__dlpack_device__()


def other(gpu):
    return find_device(f"cuda:{1 - gpu.raw.id}")


@pytest.mark.parametrize("current", [0, 1])
@pytest.mark.parametrize("name", METHODS)
def test_the_devices_scope_is_entered_and_left(gpu, name, current):
    x = made(gpu)
    with cupy.cuda.Device(current):
        with cuda_emulation.count() as c:
            out = METHODS[name](gpu.backend, gpu, x)
            orders = c.orders()
        assert cupy.cuda.runtime.getDevice() == current
    assert out.device.id == gpu.raw.id
    theirs = {other(gpu).raw.id} if "other" in name else set()
    assert {order.device for order in orders} <= {gpu.raw.id} | theirs


@pytest.mark.parametrize("current", [0, 1])
def test_what_reaches_the_host_was_waited_for(gpu, current):
    """Work on the array's stream, then the copy on the same, then the host waits for it."""
    (stream,) = streams(gpu, 1)
    x = made(gpu)
    with cupy.cuda.Device(gpu.raw.id), stream:
        y = x + 1
        with cuda_emulation.count() as c, cupy.cuda.Device(current):
            out = gpu.backend.to_numpy(y)
            orders = c.orders()
    np.testing.assert_array_equal(out, NUMBERS + 1)
    assert [(o.what, o.device, o.stream) for o in orders] == [
        ("copy", gpu.raw.id, stream.ptr),
        ("synchronize", gpu.raw.id, stream.ptr),
    ]


def test_from_gpu_to_gpu_waits_on_both(gpu):
    """The copy comes after the work on the source; what is next on the source, after the copy."""
    there = other(gpu)
    with cupy.cuda.Device(there.raw.id):
        source = cupy.asarray(NUMBERS)
    with cuda_emulation.count() as c:
        with cupy.cuda.Device(there.raw.id):
            source += 1
        gpu.backend.to_device(source, gpu)
        with cupy.cuda.Device(there.raw.id):
            source += 1
        orders = c.orders()
    given = list(before(orders))
    first, last = (i for i, order in enumerate(orders) if order.what == "launch")
    (copied,) = (i for i, order in enumerate(orders) if order.what == "copy")
    assert first in given[copied]
    assert copied in given[last]
    assert orders[copied].device == gpu.raw.id
