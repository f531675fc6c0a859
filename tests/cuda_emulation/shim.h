// CUDA C++ for a host compiler: put before the source of every kernel.
// Types (dim3, float4, __half, ...) come from NVIDIA's own headers, which compile on the host.
#pragma once
#define __CUDACC_VER_MAJOR__ 13                  // as NVRTC does: CuPy's float16.cuh then includes cuda_fp16.h
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector_functions.h>
#include <vector_types.h>

#undef __global__
#undef __device__
#undef __host__
#undef __constant__
#undef __shared__
#undef __managed__
#undef __forceinline__
#undef __noinline__
#undef __launch_bounds__
#undef __align__
#define __global__
#define __device__
#define __host__
#define __managed__
#define __constant__ static
#define __shared__ static                        // blocks run one after another
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))

// ---- what the driver (driver.c) provides ----

enum emulation_meeting { EMULATION_WARP = 1, EMULATION_BLOCK = 2 };
extern "C" {
extern uint3 emulation_threadIdx, emulation_blockIdx, emulation_blockDim, emulation_gridDim;
extern char emulation_shared[];                  // the memory of `extern __shared__`
extern char emulation_exchange[][16];            // a slot for each thread of the block
void emulation_barrier(int meeting);
struct emulation_kernel { void (*run)(void **); int meets, count; const int *sizes; };
}
#define threadIdx emulation_threadIdx
#define blockIdx emulation_blockIdx
#define blockDim emulation_blockDim
#define gridDim emulation_gridDim
static const int warpSize = 32;
#define __syncthreads() emulation_barrier(EMULATION_BLOCK)
#define __syncwarp(...) emulation_barrier(EMULATION_WARP)
#define __threadfence()
#define __threadfence_block()

// A kernel's entry: the driver hands over the addresses of its arguments.  Sizes of
// pointers are negative, so that the driver can check where they point to.
template <class... A, size_t... I>
void emulation_call(void (*kernel)(A...), void **arguments, std::index_sequence<I...>) {
    kernel(*reinterpret_cast<std::remove_cv_t<std::remove_reference_t<A>> *>(arguments[I])...);
}
template <class T> constexpr int emulation_size() { return std::is_pointer_v<T> ? -(int)sizeof(T) : (int)sizeof(T); }
template <class Kernel> struct emulation_sizes;
template <class... A> struct emulation_sizes<void (*)(A...)> {
    static constexpr int count = sizeof...(A), values[] = {emulation_size<A>()..., 0};
    using indices = std::index_sequence_for<A...>;
};
#define EMULATION_EXPORT(name, meets, ...)                                                         \
    static void name##__run(void **arguments) {                                                    \
        using sizes = emulation_sizes<decltype(&__VA_ARGS__)>;                                      \
        emulation_call(&__VA_ARGS__, arguments, typename sizes::indices{});                         \
    }                                                                                               \
    extern "C" const emulation_kernel name##__kernel = {                                            \
        name##__run, meets, emulation_sizes<decltype(&__VA_ARGS__)>::count,                         \
        emulation_sizes<decltype(&__VA_ARGS__)>::values};

// ---- warps ----

inline unsigned emulation_thread() { return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z); }
inline unsigned emulation_threads() { return blockDim.x * blockDim.y * blockDim.z; }

// The value that `lane` of the caller's warp brought; its own where there is no such lane.
template <class T> T emulation_shuffle(T value, int lane, bool valid) {
    unsigned me = emulation_thread(), from = me / 32 * 32 + lane;
    memcpy(emulation_exchange[me], &value, sizeof value);
    emulation_barrier(EMULATION_WARP);
    if (valid && from < emulation_threads()) memcpy(&value, emulation_exchange[from], sizeof value);
    emulation_barrier(EMULATION_WARP);           // nobody writes before all have read
    return value;
}
template <class T> T __shfl_sync(unsigned, T v, int source, int width = 32) {
    int lane = emulation_thread() % 32;
    return emulation_shuffle(v, lane / width * width + source % width, true);
}
template <class T> T __shfl_up_sync(unsigned, T v, unsigned delta, int width = 32) {
    int lane = emulation_thread() % 32;
    return emulation_shuffle(v, lane - (int)delta, lane % width >= (int)delta);
}
template <class T> T __shfl_down_sync(unsigned, T v, unsigned delta, int width = 32) {
    int lane = emulation_thread() % 32;
    return emulation_shuffle(v, lane + (int)delta, lane % width + (int)delta < width);
}
template <class T> T __shfl_xor_sync(unsigned, T v, int mask, int width = 32) {
    int lane = emulation_thread() % 32;
    return emulation_shuffle(v, lane ^ mask, (lane ^ mask) / width <= lane / width);
}
inline unsigned __ballot_sync(unsigned mask, int predicate) {
    unsigned result = 0, me = emulation_thread();
    emulation_exchange[me][0] = predicate != 0;
    emulation_barrier(EMULATION_WARP);
    for (unsigned lane = 0; lane < 32 && me / 32 * 32 + lane < emulation_threads(); lane++)
        if (mask >> lane & 1) result |= (unsigned)emulation_exchange[me / 32 * 32 + lane][0] << lane;
    emulation_barrier(EMULATION_WARP);
    return result;
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, !predicate) == 0; }

// ---- atomics: threads never run at the same time ----

template <class T> struct emulation_same { using type = T; };   // keeps the second argument out of deduction
#define EMULATION_ATOMIC(name, update)                                                              \
    template <class T> T name(T *address, typename emulation_same<T>::type value) {                 \
        T old = *address; *address = update; return old;                                            \
    }
EMULATION_ATOMIC(atomicAdd, old + value)
EMULATION_ATOMIC(atomicSub, old - value)
EMULATION_ATOMIC(atomicMin, value < old ? value : old)
EMULATION_ATOMIC(atomicMax, old < value ? value : old)
EMULATION_ATOMIC(atomicAnd, old & value)
EMULATION_ATOMIC(atomicOr, old | value)
EMULATION_ATOMIC(atomicXor, old ^ value)
EMULATION_ATOMIC(atomicExch, value)
template <class T> T atomicCAS(T *address, typename emulation_same<T>::type expected, typename emulation_same<T>::type value) {
    T old = *address;
    if (old == expected) *address = value;
    return old;
}

// ---- arithmetic ----

using std::abs;
using std::isfinite;
using std::isinf;
using std::isnan;
using std::signbit;
template <class A, class B> std::common_type_t<A, B> min(A a, B b) { return b < a ? b : a; }
template <class A, class B> std::common_type_t<A, B> max(A a, B b) { return a < b ? b : a; }
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }

template <class To, class From> To emulation_bits(From value) {
    To result;
    static_assert(sizeof result == sizeof value, "");
    memcpy(&result, &value, sizeof result);
    return result;
}
inline int __float_as_int(float v) { return emulation_bits<int>(v); }
inline unsigned __float_as_uint(float v) { return emulation_bits<unsigned>(v); }
inline float __int_as_float(int v) { return emulation_bits<float>(v); }
inline float __uint_as_float(unsigned v) { return emulation_bits<float>(v); }
inline long long __double_as_longlong(double v) { return emulation_bits<long long>(v); }
inline double __longlong_as_double(long long v) { return emulation_bits<double>(v); }
inline long long __float2ll_rn(float v) { return llrintf(v); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) { return (unsigned __int128)a * b >> 64; }
inline int __popc(unsigned v) { return __builtin_popcount(v); }
inline int __popcll(unsigned long long v) { return __builtin_popcountll(v); }
inline int __clz(int v) { return v ? __builtin_clz(v) : 32; }
inline int __ffs(int v) { return __builtin_ffs(v); }
inline float __expf(float x) { return expf(x); }
inline float __logf(float x) { return logf(x); }
inline float __powf(float x, float y) { return powf(x, y); }
inline float __fdividef(float x, float y) { return x / y; }
inline float rsqrtf(float x) { return 1 / sqrtf(x); }
inline float rsqrt(float x) { return 1 / sqrtf(x); }
inline double rsqrt(double x) { return 1 / sqrt(x); }
inline double normcdf(double x) { return erfc(-x * M_SQRT1_2) / 2; }
inline float normcdff(float x) { return erfcf(-x * (float)M_SQRT1_2) / 2; }
template <class T> T __ldg(const T *address) { return *address; }
