"""Rows of xnn.ops.determinants, solving, decompositions and eigenvalues.

Decompositions are compared by what does not depend on the signs and phases that they are free to choose.
"""

import numpy as np

from tests.ops.rows.linear_algebra import called, identity, linalg, regular
from tests.ops.rows.row import FLOATS, INEXACT
from tests.oracle import torch
from xnn.ops import determinants


def adjoint(xp, x):
    return xp.conj(xp.matrix_transpose(x))


def positive(xp, x):
    return x @ adjoint(xp, x) + identity(xp, x)


def apart(xp, x):
    """Square matrices whose eigenvalues, and singular values, are far from each other."""
    steps = xp.arange(x.shape[-1], dtype=xp.real(x).dtype, device=x.device)
    return 0.3 * x + 2 * identity(xp, x) * (1 + steps)


def symmetric(xp, x):
    y = apart(xp, x)
    return 0.5 * (y + adjoint(xp, y))


def columns(x, numbers):
    return x * numbers[..., None, :]


def adjugate_transposed(x):
    """The cofactors by their definition, determinants of what is left without a row and a column."""
    out = np.empty_like(x)
    for at in np.ndindex(x.shape):
        *batch, i, j = at
        minor = np.delete(np.delete(x[tuple(batch)], i, 0), j, 1)
        out[at] = (-1) ** (i + j) * np.linalg.det(minor)
    return out


def torch_cofactors(x):
    return torch.linalg.det(x)[..., None, None] * torch.linalg.inv(x).mT


def sign_and_logarithm(xp, x):
    sign, logarithm = xp.linalg.slogdet(x)
    return sign * (1 + logarithm)


def svd_product(full_matrices):
    """U exp(S) Vh, which does not depend on signs and phases."""

    def call(xp, x):
        u, s, vh = xp.linalg.svd(x, full_matrices=full_matrices)
        k = s.shape[-1]
        return columns(u[..., :, :k], xp.exp(0.5 * s)) @ vh[..., :k, :]

    return call


def svd_part(index):
    """abs(U), or abs(Vh), of the reduced decomposition."""
    return lambda xp, x: xp.abs(xp.linalg.svd(x, full_matrices=False)[index])


def eigh_function(xp, x):
    """exp(x), of a Hermitian x."""
    w, v = xp.linalg.eigh(symmetric(xp, x))
    return columns(v, xp.exp(0.3 * w)) @ adjoint(xp, v)


def eig_function(xp, x):
    """exp(x), of any x."""
    w, v = xp.linalg.eig(apart(xp, x))
    return columns(v, xp.exp(0.3 * w)) @ xp.linalg.inv(v)


def eig_vectors(xp, x):
    """The absolute values of eigenvectors, summed in a way that does not depend on their order."""
    w, v = xp.linalg.eig(apart(xp, x))
    return xp.sum(columns(xp.abs(v), xp.abs(w)), axis=-1)


def eigenvalue_sums(xp, x):
    return xp.sum(xp.exp(0.3 * xp.linalg.eigvals(apart(xp, x))), axis=-1)


def of_qr(index, mode="reduced"):
    return lambda xp, x: xp.linalg.qr(x, mode=mode)[index]


def of_symmetric(name, index=None, **options):
    def call(xp, x):
        out = getattr(xp.linalg, name)(symmetric(xp, x), **options)
        return out if index is None else xp.abs(out[index])

    return call


ROWS = [
    *(linalg(f"det {shape}", "det", called("det"), shape) for shape in ((2, 3, 3), (1, 1), (4, 4))),
    linalg(
        "cofactors",
        "_cofactors",
        lambda xp, x: determinants._cofactors(x),
        (2, 3, 3),
        numpy=adjugate_transposed,
        torch=torch_cofactors,
    ),
    linalg("slogdet", "slogdet", lambda xp, x: sign_and_logarithm(xp, regular(xp, x)), (2, 3, 3)),
    linalg("logabsdet", "slogdet", lambda xp, x: xp.linalg.slogdet(regular(xp, x))[1], (2, 3, 3)),
    linalg("inv", "inv", lambda xp, x: xp.linalg.inv(regular(xp, x)), (2, 3, 3)),
    *(
        linalg(f"solve {a}{b}", "solve", lambda xp, x, y: xp.linalg.solve(regular(xp, x), y), a, b, dtypes=dtypes)
        for a, b, dtypes in [
            ((3, 3), (3, 2), INEXACT),
            ((3, 3), (3,), INEXACT),
            ((2, 3, 3), (3,), INEXACT),
            ((2, 1, 3, 3), (4, 3, 1), INEXACT),
            ((3, 3), (3, 3, 2), FLOATS),
        ]
    ),
    *(linalg(f"pinv {shape}", "pinv", called("pinv"), shape) for shape in ((2, 4, 2), (2, 4))),
    linalg("pinv low rank", "pinv", lambda xp, x, y: xp.linalg.pinv(x @ y, rtol=1e-4), (4, 2), (2, 3)),
    *(
        linalg(
            f"cholesky {upper}",
            "cholesky",
            lambda xp, x, upper=upper: xp.linalg.cholesky(positive(xp, x), upper=upper),
            (2, 3, 3),
        )
        for upper in (False, True)
    ),
    *(
        linalg(f"qr {mode} {shape}{'QR'[i]}", "qr", of_qr(i, mode), shape)
        for mode, shape in [("reduced", (2, 4, 2)), ("reduced", (2, 4)), ("complete", (3, 3)), ("complete", (2, 3))]
        for i in (0, 1)
    ),
    *(linalg(f"svd {s}", "svd", svd_product(False), s) for s in ((2, 4, 2), (2, 4), (3, 3))),
    *(linalg(f"svd full {s}", "svd", svd_product(True), s) for s in ((3, 2), (2, 3))),
    linalg("svd U", "svd", svd_part(0), (4, 2)),
    linalg("svd Vh", "svd", svd_part(2), (2, 4)),
    linalg("svd S", "svd", lambda xp, x: xp.linalg.svd(x)[1], (2, 3, 2)),
    *(linalg(f"svdvals {s}", "svdvals", called("svdvals"), s) for s in ((2, 4, 2), (2, 3))),
    linalg("eigh exp", "eigh", eigh_function, (2, 3, 3)),
    linalg("eigh eigenvalues", "eigh", of_symmetric("eigh", 0), (3, 3)),
    linalg("eigh eigenvectors", "eigh", of_symmetric("eigh", 1), (3, 3)),
    linalg("eigvalsh", "eigvalsh", of_symmetric("eigvalsh"), (2, 3, 3)),
    linalg("eigvalsh upper", "eigvalsh", of_symmetric("eigvalsh", UPLO="U"), (2, 3, 3)),
    linalg("eigh upper", "eigh", of_symmetric("eigh", 1, UPLO="U"), (2, 3, 3)),
    linalg("eig exp", "eig", eig_function, (2, 3, 3)),
    linalg("eig eigenvectors", "eig", eig_vectors, (3, 3)),
    linalg("eigvals", "linalg.eigvals", eigenvalue_sums, (2, 3, 3)),
    linalg("eigvals off the graph", "_eigvals", eigenvalue_sums, (2, 3, 3), differentiable=False),
]
