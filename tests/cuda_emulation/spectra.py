"""cuSOLVER's singular values and eigenvalues, answered by LAPACK (through SciPy and NumPy)."""

from ctypes import c_char, c_int, c_int64

import numpy as np

from .blas import cuda_type
from .lapack import routine
from .libraries import answer, device, host, matrix


def real(dtype):
    return np.dtype(dtype).char.lower()


# ---- singular values ----


def singular(a, full):
    """u, s, v^H and LAPACK's info; NaN where it does not converge."""
    u, s, vh, info = routine("gesvd", a.dtype)(np.where(np.isfinite(a), a, 0), full_matrices=full)
    if info or not np.isfinite(a).all():
        return np.full_like(u, np.nan), np.full_like(s, np.nan), np.full_like(vh, np.nan), 1
    return u, s, vh, info


@answer("cusolverDn?gesvd")
def gesvd(
    t,
    handle,
    job_u: c_char,
    job_v: c_char,
    m: c_int,
    n: c_int,
    a,
    lda: c_int,
    s,
    u,
    ldu: c_int,
    vh,
    ldv: c_int,
    work,
    size: c_int,
    real_work,
    info,
):
    k, a = min(m, n), matrix(a, t, m, n, lda)  # jobs: All, Some, Over a, None
    left, device(s, real(t), k)[:], right, device(info, "i", 1)[0] = singular(a, b"A" in (job_u, job_v))
    if job_u == b"O":
        a[:, :k] = left[:, :k]
    elif job_u != b"N":
        columns = m if job_u == b"A" else k
        matrix(u, t, m, columns, ldu)[...] = left[:, :columns]
    if job_v == b"O":
        a[:k] = right[:k]
    elif job_v != b"N":
        rows = n if job_v == b"A" else k
        matrix(vh, t, rows, n, ldv)[...] = right[:rows]


@answer("cusolverDn?gesvdj")
def gesvdj(
    t,
    handle,
    vectors: c_int,
    economy: c_int,
    m: c_int,
    n: c_int,
    a,
    lda: c_int,
    s,
    u,
    ldu: c_int,
    v,
    ldv: c_int,
    work,
    size: c_int,
    info,
    parameters,
):
    k, a = min(m, n), matrix(a, t, m, n, lda)
    left, device(s, real(t), k)[:], right, device(info, "i", 1)[0] = singular(a, not economy)
    if vectors:  # unlike gesvd this gives v, not its adjoint
        matrix(u, t, m, k if economy else m, ldu)[...] = left
        matrix(v, t, n, k if economy else n, ldv)[...] = np.conj(np.transpose(right))


@answer("cusolverDn?gesvdjBatched")
def gesvdj_batched(
    t,
    handle,
    vectors: c_int,
    m: c_int,
    n: c_int,
    a,
    lda: c_int,
    s,
    u,
    ldu: c_int,
    v,
    ldv: c_int,
    work,
    size: c_int,
    info,
    parameters,
    batch: c_int,
):
    item, k = np.dtype(t).itemsize, min(m, n)
    for i in range(batch):
        gesvdj(
            t,
            handle,
            vectors,
            0,
            m,
            n,
            a + i * lda * n * item,
            lda,
            s + i * k * np.dtype(real(t)).itemsize,
            u + i * ldu * m * item,
            ldu,
            v + i * ldv * n * item,
            ldv,
            work,
            size,
            info + 4 * i,
            parameters,
        )


# ---- eigenvalues ----


def symmetric(a, w, upper, vectors):
    """Eigenvalues into w, eigenvectors over a; returns LAPACK's info."""
    try:
        values, found = np.linalg.eigh(a, "U" if upper else "L")
    except np.linalg.LinAlgError:
        values, found = np.nan, np.nan
    w[:] = values
    if vectors:
        a[...] = found
    return int(not np.isfinite(values).all())


@answer("cusolverDn?{sy,he}evj")
def syevj(t, handle, vectors: c_int, upper: c_int, n: c_int, a, lda: c_int, w, work, size: c_int, info, parameters):
    device(info, "i", 1)[0] = symmetric(matrix(a, t, n, n, lda), device(w, real(t), n), upper, vectors)


@answer("cusolverDn?{sy,he}evjBatched")
def syevj_batched(
    t,
    handle,
    vectors: c_int,
    upper: c_int,
    n: c_int,
    a,
    lda: c_int,
    w,
    work,
    size: c_int,
    info,
    parameters,
    batch: c_int,
):
    for i in range(batch):
        syevj(
            t,
            handle,
            vectors,
            upper,
            n,
            a + i * lda * n * np.dtype(t).itemsize,
            lda,
            w + i * n * np.dtype(real(t)).itemsize,
            work,
            size,
            info + 4 * i,
            parameters,
        )


@answer("cusolverDnXsyevd_bufferSize")
def xsyevd_work(
    handle,
    parameters,
    vectors: c_int,
    upper: c_int,
    n: c_int64,
    ta: c_int,
    a,
    lda: c_int64,
    tw: c_int,
    w,
    compute: c_int,
    on_device,
    on_host,
):
    host(on_device, np.uintp, 1)[0] = host(on_host, np.uintp, 1)[0] = 1


@answer("cusolverDnXsyevd")
def xsyevd(
    handle,
    parameters,
    vectors: c_int,
    upper: c_int,
    n: c_int64,
    ta: c_int,
    a,
    lda: c_int64,
    tw: c_int,
    w,
    compute: c_int,
    work,
    size,
    host_work,
    host_size,
    info,
):
    a, w = matrix(a, cuda_type(ta), n, n, lda), device(w, cuda_type(tw), n)
    device(info, "i", 1)[0] = symmetric(a, w, upper, vectors)


@answer("cusolverDnXgeev_bufferSize")
def xgeev_work(
    handle,
    parameters,
    left: c_int,
    right: c_int,
    n: c_int64,
    ta: c_int,
    a,
    lda: c_int64,
    tw: c_int,
    w,
    tvl: c_int,
    vl,
    ldvl: c_int64,
    tvr: c_int,
    vr,
    ldvr: c_int64,
    compute: c_int,
    on_device,
    on_host,
):
    host(on_device, np.uintp, 1)[0] = host(on_host, np.uintp, 1)[0] = 1


@answer("cusolverDnXgeev")
def xgeev(
    handle,
    parameters,
    left: c_int,
    right: c_int,
    n: c_int64,
    ta: c_int,
    a,
    lda: c_int64,
    tw: c_int,
    w,
    tvl: c_int,
    vl,
    ldvl: c_int64,
    tvr: c_int,
    vr,
    ldvr: c_int64,
    compute: c_int,
    work,
    size,
    host_work,
    host_size,
    info,
):
    a = matrix(a, cuda_type(ta), n, n, lda)
    *values, _, vectors, code = routine("geev", a.dtype)(a, compute_vl=False, compute_vr=bool(right))
    device(w, cuda_type(tw), n)[:] = values[0] if len(values) == 1 else values[0] + 1j * values[1]
    if right:
        matrix(vr, cuda_type(tvr), n, n, ldvr)[...] = vectors
    device(info, "i", 1)[0] = code
