"""Matrix functions and NumPy's options of decompositions: against SciPy and NumPy, hard matrices, errors."""

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.tolerances import assert_close
from xnn.errors import OptionError, ShapeError

RANDOM = np.random.default_rng(0)
MATRICES = {
    "of any eigenvalues": RANDOM.normal(size=(6, 6)),
    "negative eigenvalues": np.asarray([[-4.0, 1.0], [0.0, 3.0]]),
    "all negative": -np.asarray([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 5.0]]),
    "a Jordan block": 3 * np.eye(4) + np.eye(4, k=1),
    "far from normal": np.triu(RANDOM.normal(size=(5, 5)), 1) * 30 + np.diag([1.0, 2.0, 3.0, 4.0, 5.0]),
    "a rotation": np.asarray([[0.0, -1.0], [1.0, 0.0]]),
    "complex": RANDOM.normal(size=(4, 4)) + 1j * RANDOM.normal(size=(4, 4)),
    "small": np.asarray([[1e-8, 0.0], [1e-9, 2e-8]]),
    "large": RANDOM.normal(size=(40, 40)) + 8 * np.eye(40),
    "of one": np.asarray([[2.0]]),
}


@pytest.mark.needs("scipy")
@pytest.mark.parametrize("name", MATRICES)
def test_roots_and_logarithms(name, device):
    scipy, raw = optional.module("scipy.linalg"), MATRICES[name]
    a = xp.asarray(raw, device=device)
    root, log = xp.linalg.sqrtm(a), xp.linalg.logm(a)
    size = np.linalg.norm(raw)
    np.testing.assert_allclose((root @ root).numpy(), raw, atol=1e-10 * size)
    np.testing.assert_allclose(xp.linalg.expm(log).numpy(), raw, atol=1e-9 * size)
    for came, expected in ((root, scipy.sqrtm(raw)), (log, scipy.logm(raw))):
        assert (came.dtype.kind == "complex floating") == np.iscomplexobj(expected)
        np.testing.assert_allclose(came.numpy(), expected, atol=1e-9 * np.linalg.norm(expected))


def test_the_root_of_a_singular_matrix(device):
    raw = np.asarray([[2.0, 2.0], [2.0, 2.0]])
    assert_close(xp.linalg.sqrtm(xp.asarray(raw, device=device)).numpy(), [[1.0, 1.0], [1.0, 1.0]])


@pytest.mark.parametrize("name", ["of any eigenvalues", "a Jordan block", "complex", "all negative"])
@pytest.mark.parametrize("function", ["sqrtm", "logm"])
def test_derivatives_off_the_easy_ones(name, function):
    xp.check_gradients(getattr(xp.linalg, function), MATRICES[name], order=2 if len(MATRICES[name]) < 5 else 1)


@pytest.mark.needs("scipy")
def test_large_equations_of_sylvester(device):
    scipy = optional.module("scipy.linalg")
    a, b, q = RANDOM.normal(size=(40, 40)), RANDOM.normal(size=(30, 30)) + 20 * np.eye(30), RANDOM.normal(size=(40, 30))
    came = xp.linalg.solve_sylvester(*(xp.asarray(x, device=device) for x in (a, b, q)))
    np.testing.assert_allclose(came.numpy(), scipy.solve_sylvester(a, b, q), rtol=1e-9, atol=1e-12)


def test_numpys_options(device):
    raw = RANDOM.normal(size=(3, 4, 2))
    x = xp.asarray(raw, device=device)
    assert_close(xp.linalg.svd(x, compute_uv=False).numpy(), np.linalg.svd(raw, compute_uv=False))
    assert_close(xp.linalg.svd(x, False, False).numpy(), np.linalg.svd(raw, compute_uv=False))
    assert [v.shape for v in xp.linalg.svd(x, False)] == [(3, 4, 2), (3, 2), (3, 2, 2)]
    assert_close(xp.linalg.pinv(x, 0.9).numpy(), np.linalg.pinv(raw, 0.9))
    assert xp.linalg.matrix_rank(x, 1.5).tolist() == np.linalg.matrix_rank(raw, 1.5).tolist()
    tolerance = np.asarray([0.1, 1.5, 9.0])
    came = xp.linalg.matrix_rank(x, xp.asarray(tolerance, device=device))
    assert came.tolist() == np.linalg.matrix_rank(raw, tolerance).tolist()
    xp.check_gradients(lambda x: xp.linalg.svd(x, compute_uv=False), x)


@pytest.mark.needs("scipy")
def test_matrices_of_a_formula():
    scipy = optional.module("scipy.linalg")
    assert_close(xp.linalg.hadamard(8).numpy(), scipy.hadamard(8))
    with xp.use_device("cpu"):
        assert_close(xp.linalg.hilbert(4).numpy(), scipy.hilbert(4).astype("float32"))
    assert_close(xp.linalg.hankel(np.asarray([1, 2, 3])), scipy.hankel([1, 2, 3]))
    assert_close(xp.linalg.block_diag(np.eye(2), np.ones((1, 2))), scipy.block_diag(np.eye(2), np.ones((1, 2))))


ERRORS = {
    "sqrtm": (lambda x: xp.linalg.sqrtm(x[:1]), ShapeError, "square"),
    "sqrtm of several": (lambda x: xp.linalg.sqrtm(x[None]), ShapeError, "one square matrix"),
    "sylvester": (lambda x: xp.linalg.solve_sylvester(x, x, x[:1]), ShapeError, r"q \(m, n\); got"),
    "polar": (lambda x: xp.linalg.polar(x, "up"), OptionError, "side"),
    "banded": (lambda x: xp.linalg.solve_banded((1, 1), x, x[0]), ShapeError, r"ab \(3, n\); got shape \(2, 2\)"),
    "hadamard": (lambda x: xp.linalg.hadamard(6), OptionError, "a power of 2; got 6"),
    "companion": (lambda x: xp.linalg.companion(x), ShapeError, "2 coefficients or more"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, kind, message = ERRORS[name]
    with pytest.raises(kind, match=message):
        call(xp.asarray([[1.0, 2.0], [3.0, 4.0]], device="cpu"))
