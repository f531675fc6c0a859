"""Counters, and the checks of memory."""

import pytest

from tests import cuda_emulation as emulation
from tests.cuda_emulation.comparison import A, B, cupy, cupyx, positive


def test_counts():
    a = cupy.asarray(A)
    with emulation.count() as c:
        b = (a + 1) * 2
        assert c.launches == 2
        value = float(b.sum())
        b.data.copy_from_device(cupy.asarray(B).data, B.nbytes)
    assert c.launches == 3
    assert c.kernels[-1] == "cupy_sum"
    assert (c.h2d, c.h2d_bytes, c.d2h, c.d2h_bytes) == (1, B.nbytes, 1, 4)
    assert (c.d2d, c.d2d_bytes, c.peer) == (1, B.nbytes, 0)
    assert c.synchronisations >= 1
    cupy.zeros(3) @ cupy.zeros(3)
    assert c.launches == 3
    assert c.calls == []
    assert value
    with emulation.count() as c, cupyx.errstate(linalg="raise"):  # which asks for a synchronisation
        cupy.linalg.cholesky(cupy.asarray(positive("f"))) @ cupy.fft.ifft(cupy.ones((4, 2), "F"), axis=0)
    assert c.calls == ["cusolverDnSpotrf", "cufftExecC2C", "cublasGemmEx"]
    assert c.synchronisations == 1


def test_peak_memory():
    pool = cupy.get_default_memory_pool()
    pool.free_all_blocks()
    before = emulation.memory_used()
    with emulation.count() as c:
        x = cupy.zeros(10**6, "b")
        del x
        pool.free_all_blocks()
    assert emulation.memory_used() == before
    assert 10**6 <= c.peak_bytes[0] - before < 11 * 10**5
    assert c.allocations == 1


def test_counts_nest():
    pool = cupy.get_default_memory_pool()
    pool.free_all_blocks()
    before = emulation.memory_used()
    with emulation.count() as outer:
        big = cupy.zeros(3 * 10**6, "b")
        del big
        pool.free_all_blocks()
        with emulation.count() as inner:
            cupy.ones((2, 2)) @ cupy.ones((2, 2))
        cupy.arange(3)
    assert inner.calls == outer.calls == ["cublasGemmEx"]
    assert inner.launches == len(inner.kernels) == 2
    assert outer.launches == len(outer.kernels) == 3
    assert outer.kernels[:2] == inner.kernels
    assert inner.peak_bytes[0] - before < 10**6
    assert outer.peak_bytes[0] - before >= 3 * 10**6


def test_memory_is_checked():
    runtime = cupy.cuda.runtime
    x = cupy.zeros(512, "b")
    with pytest.raises(runtime.CUDARuntimeError, match="past the end"):
        runtime.memcpy(x.data.ptr, x.data.ptr, 2**40, runtime.memcpyDeviceToDevice)
    with pytest.raises(runtime.CUDARuntimeError, match="direction"):
        runtime.memcpy(x.data.ptr, x.data.ptr, 4, runtime.memcpyHostToDevice)
    with pytest.raises(runtime.CUDARuntimeError, match="not allocated"):
        runtime.free(12345)


def test_streams_and_events():
    stream, start, end = cupy.cuda.Stream(non_blocking=True), cupy.cuda.Event(), cupy.cuda.Event()
    with stream:
        start.record()
        x = cupy.ones(4) * 2
        end.record()
    stream.synchronize()
    assert stream.done
    assert end.done
    assert cupy.cuda.get_elapsed_time(start, end) >= 0
    assert x.sum() == 8
