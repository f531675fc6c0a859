"""Linear algebra, Fourier transforms and random numbers: what libraries answer."""

import numpy as np
import pytest

from tests import optional
from tests.cuda_emulation.comparison import adjoint, compare, cupy, cupyx, made, positive

linalg = optional.module("scipy.linalg")
TYPES = ["f", "d", "F", "D"]


@pytest.fixture(autouse=True)
def failures_raise():
    """CuPy's default is to ignore failures of cuSOLVER."""
    with cupyx.errstate(linalg="raise"):
        yield


LINALG = {
    "cholesky": lambda xp, p, a, b: xp.linalg.cholesky(p),
    "solve": lambda xp, p, a, b: xp.linalg.solve(p, b),
    "inv": lambda xp, p, a, b: xp.linalg.inv(p),
    "det": lambda xp, p, a, b: xp.linalg.det(p),
    "slogdet": lambda xp, p, a, b: list(xp.linalg.slogdet(p)),
    "pinv": lambda xp, p, a, b: xp.linalg.pinv(a),
    "matrix_rank": lambda xp, p, a, b: xp.linalg.matrix_rank(a),
    "eigvalsh": lambda xp, p, a, b: xp.linalg.eigvalsh(p),
    "eigvalsh U": lambda xp, p, a, b: xp.linalg.eigvalsh(p, UPLO="U"),
    "svdvals": lambda xp, p, a, b: xp.linalg.svd(a, compute_uv=False),
    "wide svdvals": lambda xp, p, a, b: xp.linalg.svd(adjoint(a), compute_uv=False),
    "matrix_power": lambda xp, p, a, b: xp.linalg.matrix_power(p, 3),
    "norm 2": lambda xp, p, a, b: xp.linalg.norm(a, 2, axis=(-2, -1)),
}


@pytest.mark.parametrize("batch", [(), (3,), (2, 3)])
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", LINALG)
def test_linalg(name, dtype, batch):
    tol = 2e-3 if dtype in "fF" else 1e-9
    compare(LINALG[name], positive(dtype, *batch), made(dtype, *batch, 5, 3), made(dtype, *batch, 4, 2), tol=tol)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (40, 35), (2, 5, 3), (2, 3, 5), (2, 40, 35)])
@pytest.mark.parametrize("dtype", TYPES)
def test_factors(dtype, shape):
    """Vectors are not unique: compare the products."""
    a, tol = made(dtype, *shape), 1e-4 if dtype in "fF" else 1e-10
    x = cupy.asarray(a)
    for full in (False, True):
        u, s, vh = (v.get() for v in cupy.linalg.svd(x, full_matrices=full))
        k = min(shape[-2:])
        assert u.dtype == a.dtype
        assert s.dtype == np.dtype(dtype.lower())
        assert u.shape[-1] == (shape[-2] if full else k)
        assert vh.shape[-2] == (shape[-1] if full else k)
        np.testing.assert_allclose((u[..., :k] * s[..., None, :]) @ vh[..., :k, :], a, atol=tol)
        np.testing.assert_allclose(adjoint(u) @ u - np.eye(u.shape[-1]), 0 * (adjoint(u) @ u), atol=tol)
    for mode in ("reduced", "complete"):
        q, r = (v.get() for v in cupy.linalg.qr(x, mode=mode))
        want = np.linalg.qr(a, mode=mode)
        assert (q.shape, r.shape) == (want[0].shape, want[1].shape)
        np.testing.assert_allclose(q @ r, a, atol=tol)
        np.testing.assert_allclose(np.abs(r), np.abs(want[1]), atol=10 * tol)


@pytest.mark.parametrize("batch", [(), (3,)])
@pytest.mark.parametrize("dtype", TYPES)
def test_eigh(dtype, batch):
    p = positive(dtype, *batch)
    w, v = (x.get() for x in cupy.linalg.eigh(cupy.asarray(p)))
    np.testing.assert_allclose(v * w[..., None, :] @ adjoint(v), p, atol=2e-4 if dtype in "fF" else 1e-10)
    assert (np.diff(w) >= 0).all()


def test_triangular():
    from cupyx.scipy.linalg import solve_triangular

    low, b = np.linalg.cholesky(positive("d")), made("d", 4, 2)
    for trans in (0, 1):
        got = solve_triangular(cupy.asarray(low), cupy.asarray(b), lower=True, trans=trans)
        np.testing.assert_allclose(got.get(), linalg.solve_triangular(low, b, lower=True, trans=trans))


def test_not_positive():
    with pytest.raises(np.linalg.LinAlgError):
        cupy.linalg.cholesky(-cupy.eye(3))
    with pytest.raises(np.linalg.LinAlgError):
        cupy.linalg.inv(cupy.zeros((3, 3)))


FFT = {
    "fft": lambda xp, z, x: xp.fft.fft(z),
    "ifft": lambda xp, z, x: xp.fft.ifft(z, axis=0),
    "fft ortho": lambda xp, z, x: xp.fft.fft(z, norm="ortho"),
    "fft n": lambda xp, z, x: [xp.fft.fft(z, n=3), xp.fft.fft(z, n=9)],
    "fft2": lambda xp, z, x: xp.fft.fft2(z),
    "fftn": lambda xp, z, x: [xp.fft.fftn(z), xp.fft.fftn(z, axes=(0, 1)), xp.fft.fftn(z, axes=(0, 2))],
    "ifftn": lambda xp, z, x: xp.fft.ifftn(z, axes=(1, 2)),
    "F order": lambda xp, z, x: xp.fft.fftn(xp.asfortranarray(z)),
    "rfft": lambda xp, z, x: xp.fft.rfft(x),
    "rfftn": lambda xp, z, x: [xp.fft.rfftn(x), xp.fft.rfft2(x)],
    "irfft": lambda xp, z, x: [xp.fft.irfft(z), xp.fft.irfft(z, n=7)],
    "irfftn": lambda xp, z, x: [xp.fft.irfftn(z), xp.fft.irfft2(z)],
    "hfft": lambda xp, z, x: [xp.fft.hfft(z), xp.fft.ihfft(x)],
    "fftshift": lambda xp, z, x: [xp.fft.fftshift(x), xp.fft.fftfreq(5), xp.fft.rfftfreq(4)],
}


@pytest.mark.parametrize("precision", ["fF", "dD"])
@pytest.mark.parametrize("name", FFT)
def test_fft(name, precision):
    real, complex_ = precision
    compare(FFT[name], made(complex_, 4, 6, 5), made(real, 4, 6, 5), tol=1e-4 if real == "f" else 1e-10)


def test_random():
    cupy.random.seed(0)
    first = cupy.random.normal(2, 3, 20000)
    assert abs(float(first.mean()) - 2) < 0.1
    assert abs(float(first.std()) - 3) < 0.1
    u = cupy.random.uniform(size=20000, dtype="f")
    assert float(u.min()) >= 0
    assert float(u.max()) <= 1
    assert abs(float(u.mean()) - 0.5) < 0.02
    assert sorted(cupy.random.permutation(10).get()) == list(range(10))
    assert set(cupy.random.randint(0, 3, 100).get()) == {0, 1, 2}
    cupy.random.seed(0)
    assert (cupy.random.normal(2, 3, 20000) == first).all()
