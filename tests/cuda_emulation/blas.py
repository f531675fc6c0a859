"""cuBLAS, answered by NumPy and SciPy."""

from ctypes import c_int, c_longlong

import numpy as np
import scipy.linalg

from .libraries import answer, device, host, matrix

TRANSPOSE = {0: lambda a: a, 1: lambda a: a.T, 2: lambda a: a.conj().T}  # cublasOperation_t


def cuda_type(number):
    """NumPy's type for a cudaDataType."""
    if number == 14:
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype({0: "f", 1: "d", 2: "e", 4: "F", 5: "D"}[number])


def scalar_type(compute, result):
    """The type of alpha and beta, for a cublasComputeType_t."""
    if result.kind == "c":
        return result
    return np.dtype({64: "e", 65: "e", 70: "d", 71: "d"}.get(compute, "f"))


def multiply(transa, transb, m, n, k, alpha, a, beta, c):
    """c = alpha * a @ b + beta * c; a, b, c are (address, type, leading dimension)."""
    (a, b), (address, dtype, leading) = a, c
    a = matrix(a[0], a[1], *((k, m) if transa else (m, k)), a[2])
    b = matrix(b[0], b[1], *((n, k) if transb else (k, n)), b[2])
    c = matrix(address, dtype, m, n, leading)
    wide = np.result_type(dtype, "f") if dtype.kind in "fc" else np.dtype("f")
    with np.errstate(all="ignore"):
        result = alpha * (TRANSPOSE[transa](a).astype(wide) @ TRANSPOSE[transb](b).astype(wide))
        c[...] = result + beta * c if beta else result


@answer("cublasGetVersion_v2")
def get_version(handle, version):
    host(version, "i", 1)[0] = 130000


@answer(
    "cublasCreate_v2",
    "cusolverDnCreate",
    "cusolverDnCreateParams",
    "cusolverDnCreateSyevjInfo",
    "cusolverDnCreateGesvdjInfo",
)
def create(handle):
    host(handle, np.uintp, 1)[0] = 1


@answer("cublasGetPointerMode_v2", "cublasGetMathMode")
def get_mode(handle, mode):
    host(mode, "i", 1)[0] = 0


@answer("cublasGetStream_v2", "cusolverDnGetStream")
def get_stream(handle, stream):
    host(stream, np.uintp, 1)[0] = 0


@answer("cublas?gemm_v2")
def gemm(
    t,
    handle,
    transa: c_int,
    transb: c_int,
    m: c_int,
    n: c_int,
    k: c_int,
    alpha,
    a,
    lda: c_int,
    b,
    ldb: c_int,
    beta,
    c,
    ldc: c_int,
):
    t = np.dtype(t)
    multiply(
        transa,
        transb,
        m,
        n,
        k,
        host(alpha, t, 1)[0],
        ((a, t, lda), (b, t, ldb)),
        host(beta, t, 1)[0],
        (c, t, ldc),
    )


@answer("cublas?gemmBatched")
def gemm_batched(
    t,
    handle,
    transa: c_int,
    transb: c_int,
    m: c_int,
    n: c_int,
    k: c_int,
    alpha,
    a,
    lda: c_int,
    b,
    ldb: c_int,
    beta,
    c,
    ldc: c_int,
    batch: c_int,
):
    for a_i, b_i, c_i in zip(*(device(p, np.uintp, batch).tolist() for p in (a, b, c)), strict=True):
        gemm(t, handle, transa, transb, m, n, k, alpha, a_i, lda, b_i, ldb, beta, c_i, ldc)


@answer("cublasSgemmEx")
def sgemm_ex(
    handle,
    transa: c_int,
    transb: c_int,
    m: c_int,
    n: c_int,
    k: c_int,
    alpha,
    a,
    ta: c_int,
    lda: c_int,
    b,
    tb: c_int,
    ldb: c_int,
    beta,
    c,
    tc: c_int,
    ldc: c_int,
):
    gemm_ex(handle, transa, transb, m, n, k, alpha, a, ta, lda, b, tb, ldb, beta, c, tc, ldc, 68, 0)


@answer("cublasGemmEx")
def gemm_ex(
    handle,
    transa: c_int,
    transb: c_int,
    m: c_int,
    n: c_int,
    k: c_int,
    alpha,
    a,
    ta: c_int,
    lda: c_int,
    b,
    tb: c_int,
    ldb: c_int,
    beta,
    c,
    tc: c_int,
    ldc: c_int,
    compute: c_int,
    algorithm: c_int,
):
    ta, tb, tc = cuda_type(ta), cuda_type(tb), cuda_type(tc)
    scalar = scalar_type(compute, tc)
    multiply(
        transa,
        transb,
        m,
        n,
        k,
        host(alpha, scalar, 1)[0],
        ((a, ta, lda), (b, tb, ldb)),
        host(beta, scalar, 1)[0],
        (c, tc, ldc),
    )


@answer("cublasGemmStridedBatchedEx")
def gemm_strided(
    handle,
    transa: c_int,
    transb: c_int,
    m: c_int,
    n: c_int,
    k: c_int,
    alpha,
    a,
    ta: c_int,
    lda: c_int,
    step_a: c_longlong,
    b,
    tb: c_int,
    ldb: c_int,
    step_b: c_longlong,
    beta,
    c,
    tc: c_int,
    ldc: c_int,
    step_c: c_longlong,
    batch: c_int,
    compute: c_int,
    algorithm: c_int,
):
    size_a, size_b, size_c = (cuda_type(t).itemsize for t in (ta, tb, tc))
    for i in range(batch):
        gemm_ex(
            handle,
            transa,
            transb,
            m,
            n,
            k,
            alpha,
            a + i * step_a * size_a,
            ta,
            lda,
            b + i * step_b * size_b,
            tb,
            ldb,
            beta,
            c + i * step_c * size_c,
            tc,
            ldc,
            compute,
            algorithm,
        )


@answer("cublas?trsm_v2")
def trsm(
    t,
    handle,
    right: c_int,
    upper: c_int,
    trans: c_int,
    unit: c_int,
    m: c_int,
    n: c_int,
    alpha,
    a,
    lda: c_int,
    b,
    ldb: c_int,
):
    order = n if right else m
    a, b = matrix(a, t, order, order, lda), matrix(b, t, m, n, ldb)
    solve = scipy.linalg.get_blas_funcs("trsm", dtype=t)
    b[...] = solve(host(alpha, t, 1)[0], a, b, side=right, lower=not upper, trans_a=trans, diag=unit)


# ---- LU of many small matrices, as cupy.linalg uses it ----


@answer("cublas?getrfBatched")
def getrf_batched(t, handle, n: c_int, a, lda: c_int, pivots, info, batch: c_int):
    from .lapack import factor

    info = device(info, "i", batch)
    pivots = device(pivots, "i", batch, n)
    for i, address in enumerate(device(a, np.uintp, batch).tolist()):
        info[i] = factor(matrix(address, t, n, n, lda), pivots[i])


@answer("cublas?getrsBatched")
def getrs_batched(
    t,
    handle,
    trans: c_int,
    n: c_int,
    columns: c_int,
    a,
    lda: c_int,
    pivots,
    b,
    ldb: c_int,
    info,
    batch: c_int,
):
    from .lapack import solve_factored

    pivots = device(pivots, "i", batch, n)
    addresses = zip(device(a, np.uintp, batch).tolist(), device(b, np.uintp, batch).tolist(), strict=True)
    for i, (a_i, b_i) in enumerate(addresses):
        solve_factored(matrix(a_i, t, n, n, lda), pivots[i], matrix(b_i, t, n, columns, ldb), trans)
    host(info, "i", 1)[0] = 0  # the only one on the host


@answer("cublas?getriBatched")
def getri_batched(t, handle, n: c_int, a, lda: c_int, pivots, c, ldc: c_int, info, batch: c_int):
    from .lapack import solve_factored

    pivots = device(pivots, "i", batch, n)
    addresses = zip(device(a, np.uintp, batch).tolist(), device(c, np.uintp, batch).tolist(), strict=True)
    for i, (a_i, c_i) in enumerate(addresses):
        inverse = matrix(c_i, t, n, n, ldc)
        inverse[...] = np.eye(n)
        solve_factored(matrix(a_i, t, n, n, lda), pivots[i], inverse, 0)
    device(info, "i", batch)[:] = 0
