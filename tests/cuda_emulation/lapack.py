"""cuSOLVER's factorisations, answered by LAPACK (through SciPy)."""

from ctypes import c_int

import numpy as np
import scipy.linalg

from .libraries import answer, device, host, matrix

WORK = {  # position of the pointer to the work size in each ..._bufferSize
    "potrf": 5,
    "getrf": 5,
    "geqrf": 5,
    "{or,un}gqr": 7,
    "gesvd": 3,
    "gesvdj": 12,
    "gesvdjBatched": 11,
    "{sy,he}evj": 7,
    "{sy,he}evjBatched": 7,
}


def routine(name, dtype):
    return scipy.linalg.get_lapack_funcs(name, dtype=np.dtype(dtype))


def _work_size(position):
    def work_size(dtype, *arguments):
        host(arguments[position], "i", 1)[0] = 1  # SciPy has its own; CuPy allocates this one

    # The signature tells `answer` how many arguments to take.
    import inspect

    names = [f"a{i}" for i in range(position + 1)]
    work_size.__signature__ = inspect.Signature(
        [inspect.Parameter(n, inspect.Parameter.POSITIONAL_ONLY) for n in ["dtype", *names]]
    )
    return work_size


for _name, _position in WORK.items():
    answer(f"cusolverDn?{_name}_bufferSize")(_work_size(_position))


@answer("cusolverGetProperty")
def get_property(which: c_int, value):
    host(value, "i", 1)[0] = (12, 0, 0)[which]  # major, minor, patch level


def factor(a, pivots):
    """LU in place; pivots count from 1, as cuSOLVER's do."""
    lu, found, info = routine("getrf", a.dtype)(a)
    a[...], pivots[...] = lu, found + 1
    return info


def solve_factored(a, pivots, b, trans):
    b[...], info = routine("getrs", a.dtype)(a, pivots - 1, b, trans=trans)
    return info


def cholesky(a, upper):
    result, info = routine("potrf", a.dtype)(a, lower=not upper, clean=False)
    a[...] = result
    return info


@answer("cusolverDn?potrf")
def potrf(t, handle, upper: c_int, n: c_int, a, lda: c_int, work, size: c_int, info):
    device(info, "i", 1)[0] = cholesky(matrix(a, t, n, n, lda), upper)


@answer("cusolverDn?potrfBatched")
def potrf_batched(t, handle, upper: c_int, n: c_int, a, lda: c_int, info, batch: c_int):
    info = device(info, "i", batch)
    for i, address in enumerate(device(a, np.uintp, batch).tolist()):
        info[i] = cholesky(matrix(address, t, n, n, lda), upper)


@answer("cusolverDn?potrs")
def potrs(t, handle, upper: c_int, n: c_int, columns: c_int, a, lda: c_int, b, ldb: c_int, info):
    a, b = matrix(a, t, n, n, lda), matrix(b, t, n, columns, ldb)
    b[...], device(info, "i", 1)[0] = routine("potrs", t)(a, b, lower=not upper)


@answer("cusolverDn?potrsBatched")
def potrs_batched(t, handle, upper: c_int, n: c_int, columns: c_int, a, lda: c_int, b, ldb: c_int, info, batch: c_int):
    for a_i, b_i in zip(device(a, np.uintp, batch).tolist(), device(b, np.uintp, batch).tolist(), strict=True):
        potrs(t, handle, upper, n, columns, a_i, lda, b_i, ldb, info)


@answer("cusolverDn?getrf")
def getrf(t, handle, m: c_int, n: c_int, a, lda: c_int, work, pivots, info):
    device(info, "i", 1)[0] = factor(matrix(a, t, m, n, lda), device(pivots, "i", min(m, n)))


@answer("cusolverDn?getrs")
def getrs(t, handle, trans: c_int, n: c_int, columns: c_int, a, lda: c_int, pivots, b, ldb: c_int, info):
    a, b = matrix(a, t, n, n, lda), matrix(b, t, n, columns, ldb)
    device(info, "i", 1)[0] = solve_factored(a, device(pivots, "i", n), b, trans)


@answer("cusolverDn?geqrf")
def geqrf(t, handle, m: c_int, n: c_int, a, lda: c_int, tau, work, size: c_int, info):
    a = matrix(a, t, m, n, lda)
    a[...], device(tau, t, min(m, n))[:], _, device(info, "i", 1)[0] = routine("geqrf", t)(a)


@answer("cusolverDn?{or,un}gqr")
def orgqr(t, handle, m: c_int, n: c_int, k: c_int, a, lda: c_int, tau, work, size: c_int, info):
    a = matrix(a, t, m, n, lda)
    name = "orgqr" if t in "fd" else "ungqr"
    a[...], _, device(info, "i", 1)[0] = routine(name, t)(a, device(tau, t, k))
