"""CUDA C++ that is compiled for each type of number, at its first use; and what its kernels have in common."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import cupy
import numpy as np

from xnn_backends.protocol import Kernel

# Half precision is a struct of 16 bits, so that no header of the toolkit is needed, and the emulation runs what a GPU
# runs. Numbers are summed, and functions computed, in WIDE: float for half precision.
NUMBERS = r"""
typedef long long Int;
struct half16 {
    unsigned short bits;
    __device__ half16() {}
    __device__ half16(float value) {  // to the nearest, ties to even
        unsigned int u = __float_as_uint(value), sign = u >> 16 & 0x8000u;
        u &= 0x7fffffffu;
        if (u > 0x7f800000u) bits = sign | 0x7e00u;
        else if (u >= 0x477ff000u) bits = sign | 0x7c00u;
        else if (u < 0x38800000u) bits = sign | (__float_as_uint(__uint_as_float(u) + 0.5f) - 0x3f000000u);
        else bits = sign | (u - 0x38000000u + 0xfffu + (u >> 13 & 1u)) >> 13;
    }
    __device__ operator float() const {
        unsigned int u = (bits & 0x7fffu) << 13;
        float value = u >= 0x0f800000u ? __uint_as_float(u | 0x7f800000u)
                                       : __uint_as_float(u) * __uint_as_float(0x77800000u);
        return bits & 0x8000u ? -value : value;
    }
};
#ifndef REAL
#define REAL float
#endif
template <class T> struct wide { typedef T type; };
template <> struct wide<half16> { typedef float type; };
typedef wide<REAL>::type WIDE;
#define NOT_A_NUMBER __uint_as_float(0x7fc00000u)
#define INFINITE __uint_as_float(0x7f800000u)
// Quotient and remainder of numbers that are not negative: of 32 bits where these do, as 64 are many times slower.
__device__ inline Int over(Int a, Int b) {
    return (a | b) >> 32 ? a / b : (Int)((unsigned int)a / (unsigned int)b);
}
__device__ inline Int rest(Int a, Int b) { return a - over(a, b) * b; }
__device__ inline Int here() { return blockIdx.x * (Int)blockDim.x + threadIdx.x; }
"""

# Reductions: a block works on several groups of numbers, with a power of two of lanes, threads, for each, which add up
# in one order. Neighbouring threads are lanes of one group where a group's numbers are neighbours in memory; otherwise
# the groups are, and stand `apart`. Threads beyond the last group come to each meeting all the same. A block has up to
# 1,024 threads, for which a GPU has registers only where the compiler knows (__launch_bounds__).
TEAMS = r"""
struct Team { Int group; int lane, lanes, step; };
__device__ inline Team team(int lanes, bool apart) {
    int teams = blockDim.x / lanes, me = threadIdx.x;
    Team t;
    t.lanes = lanes;
    t.lane = apart ? me / teams : me % lanes;
    t.step = apart ? teams : 1;
    t.group = blockIdx.x * (Int)teams + (apart ? me % teams : me / lanes);
    return t;
}
struct Sum { template <class T> __device__ T operator()(T a, T b) const { return a + b; } };
struct Most { template <class T> __device__ T operator()(T a, T b) const { return a > b || a != a ? a : b; } };
template <class T, class F> __device__ T together(T value, F combine, Team t, T* shared) {
    int me = threadIdx.x;
    shared[me] = value;
    __syncthreads();
    for (int half = t.lanes / 2; half; half /= 2) {
        if (t.lane < half) shared[me] = combine(shared[me], shared[me + half * t.step]);
        __syncthreads();
    }
    value = shared[me - t.lane * t.step];
    __syncthreads();
    return value;
}
"""

# Where the numbers of a group stand: group and number are split into two indices each, with strides of their own.
LAYOUT = (
    TEAMS
    + r"""
struct Layout { Int groups, group_far, group_near, numbers, far, near; };
__device__ inline Int start_of(const Layout& l, Int group) {
    return over(group, l.groups) * l.group_far + rest(group, l.groups) * l.group_near;
}
__device__ inline Int offset_of(const Layout& l, Int number) {
    return over(number, l.numbers) * l.far + rest(number, l.numbers) * l.near;
}
"""
)

TYPES = {"e": "half16", "f": "float", "d": "double"}
INTEGERS = {
    "?": "bool", "b": "signed char", "B": "unsigned char", "h": "short", "H": "unsigned short", "i": "int",
    "I": "unsigned", "l": "long long", "L": "unsigned long long", "q": "long long", "Q": "unsigned long long",
}  # fmt: skip
THREADS = 256


class Source:
    """Kernels in CUDA C++, over REAL and WIDE: for half, single and double precision, unless more is said.

    Args:
        text: the source, whose kernels are extern "C".
        types: what REAL may be, by NumPy's letter.
        flags: options of NVRTC.
    """

    def __init__(self, text: str, types: Mapping[str, str] = TYPES, flags: Sequence[str] = ()) -> None:
        self.text = NUMBERS + text
        self.types = types
        self.flags = tuple(flags)
        self._modules: dict[Any, Any] = {}
        self._kernels: dict[Any, Any] = {}

    def options(self, letter: str, **defines: int) -> tuple[str, ...]:
        """The compiler's, for a type of number."""
        return (*self.flags, f"-DREAL={self.types[letter]}", *(f"-D{name}={value}" for name, value in defines.items()))

    def kernel(self, name: str, dtype: Any, **defines: int) -> Any:
        """The kernel of that name for arrays of a data type: called with a grid, a block, and arguments."""
        key = (dtype.char, *defines.values())
        if (found := self._kernels.get((name, key))) is None:
            if key not in self._modules:
                self._modules[key] = cupy.RawModule(code=self.text, options=self.options(dtype.char, **defines))
            found = self._kernels[name, key] = self._modules[key].get_function(name)
        return found

    def each(self, name: str, dtype: Any, count: int, *arguments: Any, **defines: int) -> None:
        """Launch a kernel with a thread for each of so many elements; their number is its last argument."""
        if count:
            grid = (-(-count // THREADS),)
            self.kernel(name, dtype, **defines)(grid, (THREADS,), (*arguments, count))

    def teams(self, name: str, dtype: Any, groups: int, count: int, apart: bool, *arguments: Any) -> int:
        """Launch a kernel of TEAMS for groups of so many numbers, which come last: groups, count, lanes, apart.

        Returns: the number of blocks.
        """
        lanes, teams = team(groups, count, apart)
        blocks = -(-groups // teams)
        if blocks:
            self.kernel(name, dtype)((blocks,), (lanes * teams,), (*arguments, groups, count, lanes, int(apart)))
        return blocks


def team(groups: int, count: int, apart: bool) -> tuple[int, int]:
    """How many threads a group of so many numbers gets, and how many groups a block: powers of two both."""
    lanes = min(power(count), 32 if apart else 1024 if count >= 4096 else THREADS)
    return lanes, min(max(THREADS // lanes, 32 if apart else 1), power(groups))


def power(n: int) -> int:
    """The least power of two that is at least n."""
    return 1 << max(n - 1, 0).bit_length()


def struct(values: Sequence[int]) -> Any:
    """Integers as a structure of `long long`, which a kernel gets by value."""
    return np.asarray(values, np.int64).view(f"V{8 * len(values)}")


def straight(x: Any) -> Any:
    """x itself, or a copy of it, without gaps in C's order."""
    return x if x.flags.c_contiguous else cupy.ascontiguousarray(x)


def agreeing(kernel: Kernel, as_first: bool = False) -> Kernel:
    """A kernel of floating operands of one type, for those of several: in the type to which they promote.

    as_first: the output is of the type of the first operand.
    """

    def forward(xp: Any, *arrays: Any, **static: Any) -> tuple[Any, Any]:
        agreed = _agreed(arrays)
        out, residual = kernel.forward(xp, *agreed, **static)
        return (out.astype(arrays[0].dtype, copy=False) if as_first else out), residual

    def vjp(xp: Any, residual: Any, g: Any, needs: Sequence[bool], *arrays: Any, **static: Any) -> Sequence[Any]:
        agreed = _agreed(arrays)
        assert kernel.vjp is not None
        if agreed is arrays:
            return kernel.vjp(xp, residual, g, needs, *arrays, **static)
        found = kernel.vjp(xp, residual, g.astype(agreed[0].dtype, copy=False), needs, *agreed, **static)
        return [d if d is None else d.astype(x.dtype, copy=False) for d, x in zip(found, arrays, strict=False)]

    return Kernel(forward, vjp)


def _agreed(arrays: Sequence[Any]) -> Sequence[Any]:
    dtypes = {x.dtype for x in arrays if x is not None and x.dtype.kind in "fc"}
    if len(dtypes) < 2:
        return arrays
    common = functools.reduce(cupy.promote_types, dtypes)
    return [x if x is None or x.dtype.kind not in "fc" else x.astype(common, copy=False) for x in arrays]


class Layout(NamedTuple):
    """How the reduced dimensions of an array in C's order lie: as many groups of so many numbers; see LAYOUT."""

    groups: int
    numbers: int
    apart: bool
    struct: Any


def layout_of(shape: Sequence[int], axes: Sequence[int]) -> Layout | None:
    """The layout of a reduction over dimensions; None where they are too scattered for one."""
    runs: list[list[int]] = []  # neighbouring dimensions that are both reduced, or both kept: [is_reduced, size]
    for axis, size in enumerate(shape):
        if size != 1 and runs and runs[-1][0] == (axis in axes):
            runs[-1][1] *= size
        elif size != 1:
            runs.append([int(axis in axes), size])
    kinds, sizes = tuple(run[0] for run in runs), [run[1] for run in runs]
    if kinds in {(1, 0), (1, 0, 1)}:
        outer, groups, inner = (*sizes, 1)[:3]
        return Layout(groups, outer * inner, inner == 1, struct([groups, 0, inner, inner, groups * inner, 1]))
    if kinds not in {(), (0,), (1,), (0, 1), (0, 1, 0)}:
        return None
    outer, count, inner = (1, *sizes, 1) if kinds == (1,) else (*sizes, 1, 1, 1)[:3]
    return Layout(outer * inner, count, inner > 1, struct([inner, count * inner, 1, max(count, 1), 0, inner]))
