"""Kernels of all kinds, compiled for the host."""

import warnings

import numpy as np
import pytest

from tests import cuda_emulation as emulation
from tests.cuda_emulation.comparison import LARGE, A, B, cupy


def test_raw_kernel():
    kernel = cupy.RawKernel(
        'extern "C" __global__ void twice(const float* x, float* y, int n) {'
        "int i = blockDim.x * blockIdx.x + threadIdx.x; if (i < n) y[i] = 2 * x[i]; }",
        "twice",
    )
    a = cupy.asarray(A)
    out = cupy.empty_like(a)
    kernel((1,), (32,), (a, out, np.int32(a.size)))
    assert (out.get() == 2 * A).all()


def test_reduction_kernel():
    norm = cupy.ReductionKernel("T x", "T y", "x * x", "a + b", "y = sqrt(a)", "0", "norm")
    np.testing.assert_allclose(norm(cupy.asarray(A), axis=1).get(), np.sqrt((A * A).sum(1)), rtol=1e-5)


def test_fuse():
    @cupy.fuse()
    def fused(x, y):
        return cupy.exp(x) * y + 1

    with emulation.count() as c:
        out = fused(cupy.asarray(A), cupy.asarray(B))
    assert c.launches == len(c.kernels) == 1
    np.testing.assert_allclose(out.get(), np.exp(A) * B + 1, rtol=1e-5)


SOFTMAX = r"""
extern "C" __global__ void softmax(const float* x, float* y, int n) {       // a block for each row
    extern __shared__ float part[];
    const float* row = x + blockIdx.x * n;
    float top = -INFINITY, sum = 0;
    for (int i = threadIdx.x; i < n; i += blockDim.x) top = max(top, row[i]);
    for (int d = 16; d; d /= 2) top = max(top, __shfl_xor_sync(0xffffffffu, top, d));
    if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = top;
    __syncthreads();
    for (int i = 0; i < blockDim.x / 32; i++) top = max(top, part[i]);
    __syncthreads();
    for (int i = threadIdx.x; i < n; i += blockDim.x) sum += expf(row[i] - top);
    for (int d = 16; d; d /= 2) sum += __shfl_down_sync(0xffffffffu, sum, d);
    if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = sum;
    __syncthreads();
    sum = 0;
    for (int i = 0; i < blockDim.x / 32; i++) sum += part[i];
    for (int i = threadIdx.x; i < n; i += blockDim.x) y[blockIdx.x * n + i] = expf(row[i] - top) / sum;
}"""


def test_warps_and_shared_memory():
    x = cupy.asarray(LARGE)
    y = cupy.empty_like(x)
    cupy.RawKernel(SOFTMAX, "softmax")((300,), (64,), (x, y, np.int32(70)), shared_mem=8)
    e = np.exp(LARGE - LARGE.max(1, keepdims=True))
    np.testing.assert_allclose(y.get(), e / e.sum(1, keepdims=True), rtol=1e-4)


def test_half_kernel_and_template():
    code = r"""
    #include <cuda_fp16.h>
    template <class T> __global__ void scale(T* x, float by, int n) {
        int i = threadIdx.x; if (i < n) x[i] = T(float(x[i]) * by); }"""
    module = cupy.RawModule(code=code, name_expressions=["scale<__half>", "scale<double>"])
    for name, dtype in (("scale<__half>", "e"), ("scale<double>", "d")):
        x = cupy.arange(5, dtype=dtype)
        module.get_function(name)((1,), (8,), (x, np.float32(1.5), np.int32(5)))
        assert (x.get() == np.arange(5) * 1.5).all()


def test_compile_error():
    with pytest.raises(cupy.cuda.compiler.CompileException, match="no_such"):
        cupy.RawKernel('extern "C" __global__ void f(float* x) { x[0] = no_such; }', "f").compile()


def test_jit():
    from cupyx import jit

    with warnings.catch_warnings(action="ignore"):

        @jit.rawkernel()
        def twice(x, y, n):
            i = jit.blockIdx.x * jit.blockDim.x + jit.threadIdx.x
            if i < n:
                y[i] = x[i] * 2

    x = cupy.arange(5, dtype="f")
    y = cupy.empty_like(x)
    twice((1,), (8,), (x, y, np.uint32(5)))
    assert (y.get() == 2 * np.arange(5)).all()


def test_what_is_refused():
    for absent in (
        lambda: cupy.random.default_rng(0),
        lambda: cupy.cuda.Stream(non_blocking=True).begin_capture(),
    ):
        with pytest.raises(NotImplementedError):
            absent()


def test_bad_launches():
    kernel = cupy.RawKernel('extern "C" __global__ void f(float* x) { x[0] = 1; }', "f")
    x = cupy.zeros(4, "f")
    with pytest.raises(RuntimeError, match="INVALID_VALUE"):
        kernel((1,), (2048,), (x,))
    with pytest.raises(RuntimeError, match=r"ILLEGAL_ADDRESS.*not memory of a device"):
        kernel((1,), (1,), (np.zeros(4, "f").ctypes.data,))
