"""What CuPy does by kernels of its own, or by ours in CUDA C++."""

from __future__ import annotations

import math
from typing import Any

import cupy

from .sources import THREADS, Source

# Philox 4x64-10 (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011), with the
# constants and the order of numpy.random.Philox: the counter is raised before each block. A thread
# draws one block of four words: four numbers of 53 bits, or eight of 24, low half first.
PHILOX = r"""
typedef unsigned long long word64;
__device__ inline void philox(unsigned long long c0, unsigned long long k0, unsigned long long* word) {
    unsigned long long c1 = 0, c2 = 0, c3 = 0, k1 = 0;
    for (int round = 0; round < 10; round++) {
        unsigned long long high0 = __umul64hi(0xD2E7470EE14C6C93ULL, c0), low0 = 0xD2E7470EE14C6C93ULL * c0;
        unsigned long long high1 = __umul64hi(0xCA5A826395121157ULL, c2), low1 = 0xCA5A826395121157ULL * c2;
        c0 = high1 ^ c1 ^ k0;
        c1 = low1;
        c2 = high0 ^ c3 ^ k1;
        c3 = low0;
        k0 += 0x9E3779B97F4A7C15ULL;
        k1 += 0xBB67AE8584CAA73BULL;
    }
    word[0] = c0; word[1] = c1; word[2] = c2; word[3] = c3;
}
"""

UNIFORM = Source(
    PHILOX
    + r"""
extern "C" __global__ void uniform_float64(double* out, long long n, word64 seed, word64 block) {
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (4 * i >= n) return;
    unsigned long long word[4];
    philox(block + 1 + i, seed, word);
    for (int j = 0; j < 4 && 4 * i + j < n; j++) out[4 * i + j] = (word[j] >> 11) * (1.0 / 9007199254740992.0);
}
extern "C" __global__ void uniform_float32(float* out, long long n, word64 seed, word64 block) {
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (8 * i >= n) return;
    unsigned long long word[4];
    philox(block + 1 + i, seed, word);
    for (int j = 0; j < 8 && 8 * i + j < n; j++)
        out[8 * i + j] = ((unsigned int)(word[j / 2] >> 32 * (j % 2)) >> 8) * (1.0f / 16777216.0f);
}
"""
)


def philox_uniform(seed: int, block: int, size: int, dtype: Any) -> Any:
    """`size` numbers in [0, 1) on the current device; see Backend.random_uniform."""
    out = cupy.empty(size, dtype)
    each = 8 if out.itemsize == 4 else 4
    grid = -(-size // (each * THREADS))
    if grid:
        kernel = UNIFORM.kernel(f"uniform_{out.dtype.name}", out.dtype)
        kernel((grid,), (THREADS,), (out, cupy.int64(size), cupy.uint64(seed), cupy.uint64(block)))
    return out


def linspace(
    start: complex, stop: complex, /, num: int, *, dtype: Any = None, device: Any = None, endpoint: bool = True
) -> Any:
    """Evenly spaced numbers; CuPy's own take real bounds only."""
    if cupy.dtype(dtype).kind != "c":
        return cupy.linspace(start, stop, num, dtype=dtype, endpoint=endpoint)
    real = cupy.empty(0, dtype).real.dtype
    start, stop = complex(start), complex(stop)
    whole = cupy.linspace(start.real, stop.real, num, dtype=real, endpoint=endpoint)
    return whole + 1j * cupy.linspace(start.imag, stop.imag, num, dtype=real, endpoint=endpoint)


def setitem(x: Any, key: Any, value: Any) -> Any:
    """A copy of x with `value` at `key`."""
    x = x.copy()
    if is_full_mask(x, key) and (type(value) in (bool, int, float, complex) or value.ndim == 0):
        cupy.copyto(x, value, casting="unsafe", where=key)  # x[key] = value counts the places, on the host
    else:
        x[key] = cupy.asarray([value])[0] if is_negative_zero(value) else value
    return x


def is_full_mask(x: Any, key: Any) -> bool:
    """Whether an index is one mask for all dimensions of x."""
    return isinstance(key, cupy.ndarray) and key.dtype.kind == "b" and key.shape == x.shape


def sign(x: Any, /) -> Any:
    """-1, 0 or 1, and NaN for NaN; of complex numbers x / abs(x), and 0 at 0. array-api-compat's waits for the host."""
    if x.dtype.kind == "c":
        zero = x == 0
        return cupy.where(zero, 0, x / cupy.abs(cupy.where(zero, 1, x)))
    return cupy.where(cupy.isnan(x), x, cupy.sign(x)) if x.dtype.kind == "f" else cupy.sign(x)


def clip(x: Any, /, min: Any, max: Any) -> Any:
    """x within two bounds, NaN for NaN. array-api-compat's waits for the host four times."""
    return cupy.minimum(cupy.maximum(x, min), max)


def is_negative_zero(value: Any) -> bool:
    """Whether it is a scalar whose sign CuPy loses: it fills with bytes of 0 what equals 0 (chainer/chainer#1435)."""
    if not isinstance(value, float | complex) or value != 0:
        return False
    return math.copysign(1, value.real) < 0 or math.copysign(1, value.imag) < 0


def scatter_add(x: Any, key: Any, value: Any) -> Any:
    """A copy of x with `value` added at `key`, as often as an index stands there."""
    x = x.copy()
    keys = key if isinstance(key, tuple) else (key,)
    if any(isinstance(k, cupy.ndarray) for k in keys):
        if x.dtype.kind == "c":  # cupy.add.at takes no complex numbers, but their parts
            cupy.add.at(x.real, key, cupy.real(value))
            cupy.add.at(x.imag, key, cupy.imag(value))
        else:
            cupy.add.at(x, key, value)
    else:
        x[key] += value
    return x
