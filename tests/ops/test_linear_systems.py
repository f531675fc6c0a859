"""Triangular systems, LU, least squares and exponentials: drawn sizes against SciPy, hard matrices, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xnn as xp
from tests import optional
from tests.tolerances import assert_close
from xnn.errors import DTypeError, OptionError, ShapeError

TYPES = ("float32", "float64", "complex64", "complex128")


def drawn(shape, dtype, seed):
    random = np.random.default_rng(seed)
    x = random.normal(size=shape)
    return np.asarray(x + 1j * random.normal(size=shape) if dtype[0] == "c" else x, dtype)


@st.composite
def matrices(draw, square=False):
    """A stack of matrices, perhaps of nothing, or not contiguous."""
    m, n = draw(st.integers(0, 7)), draw(st.integers(0, 7))
    batch = draw(st.sampled_from([(), (2,), (0,), (2, 1)]))
    x = drawn((*batch, m, m if square else n), draw(st.sampled_from(TYPES)), draw(st.integers(0, 99)))
    return np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2) if draw(st.booleans()) else x


@pytest.mark.needs("scipy")
@given(matrices())
def test_lu_is_scipys(raw):
    scipy = optional.module("scipy.linalg")
    came = xp.linalg.lu(xp.asarray(raw, device="numpy:cpu"))
    for one, expected in zip(came, scipy.lu(raw), strict=True):
        if not raw.size:  # SciPy has no permutations of matrices without columns
            continue
        if one is came[0] and raw.shape[-2:] == (1, 1):  # of which SciPy's permutation has the matrix's own type
            expected = expected.real
        assert one.dtype.name == expected.dtype.name
        assert_close(one.numpy(), expected)
    left, upper = xp.linalg.lu(xp.asarray(raw, device="numpy:cpu"), permute_l=True)
    assert_close((left @ upper).numpy(), raw)
    rows, lower, _ = xp.linalg.lu(xp.asarray(raw, device="numpy:cpu"), p_indices=True)
    assert rows.dtype is xp.int64
    assert_close(left.numpy(), np.take_along_axis(lower.numpy(), rows.numpy()[..., None], -2))


@pytest.mark.needs("scipy")
@given(matrices(square=True), st.sampled_from([0, 1, 2, "N", "T", "C"]), st.booleans(), st.booleans())
def test_triangular_systems_are_scipys(raw, trans, lower, unit):
    scipy = optional.module("scipy.linalg")
    n = raw.shape[-1]
    raw = raw / 8 if unit else raw + 5 * np.eye(n, dtype=raw.dtype)
    b = drawn((n, 2), raw.dtype.name, 1)
    a = xp.asarray(raw, device="numpy:cpu")
    came = xp.linalg.solve_triangular(a, xp.asarray(b, device="numpy:cpu"), trans, lower, unit)
    assert came.dtype.name == raw.dtype.name
    assert came.shape == (*raw.shape[:-2], n, 2)
    for at in np.ndindex(raw.shape[:-2]):
        assert_close(came.numpy()[at], scipy.solve_triangular(raw[at], b, trans, lower, unit))


@pytest.mark.needs("scipy")
@given(matrices(square=True), st.floats(0, 30))
def test_expm_is_scipys(raw, size):
    scipy = optional.module("scipy.linalg")
    raw = raw * raw.real.dtype.type(size / 10)
    came = xp.linalg.expm(xp.asarray(raw, device="numpy:cpu"))
    expected = scipy.expm(raw.astype("complex128" if raw.dtype.kind == "c" else "float64"))
    assert came.dtype.name == raw.dtype.name
    for at in np.ndindex(raw.shape[:-2]):
        assert_close(came.numpy()[at], expected[at].astype(raw.dtype))


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 99), st.sampled_from([None, -1, 0.2]), st.booleans())
def test_lstsq_is_numpys(m, n, seed, rcond, is_vector):
    a, b = drawn((m, n), "float64", seed), drawn((m,) if is_vector else (m, 3), "float64", seed + 1)
    came = xp.linalg.lstsq(xp.asarray(a, device="numpy:cpu"), xp.asarray(b, device="numpy:cpu"), rcond)
    for one, expected in zip(came, np.linalg.lstsq(a, b, rcond), strict=True):
        if one is came.residuals and m > n:  # differences of what is nearly equal
            assert np.allclose(one.numpy(), expected, rtol=1e-9, atol=1e-12)
        else:
            assert_close(one.numpy(), np.asarray(expected))


def test_a_low_rank_has_no_residuals(device):
    a, b = drawn((5, 2), "float64", 1) @ drawn((2, 3), "float64", 2), drawn((5,), "float64", 3)
    came = xp.linalg.lstsq(xp.asarray(a, device=device), xp.asarray(b, device=device))
    expected = np.linalg.lstsq(a, b)
    assert (came.residuals.shape, came.rank.item()) == ((0,), 2)
    assert_close(came.x.numpy(), expected[0])


def test_blocks_of_large_systems(device):
    n = 150
    raw, b = drawn((n, n), "float64", 4), drawn((n, 2), "float64", 5)
    factors = xp.linalg.lu_factor(xp.asarray(raw, device=device))
    assert_close(xp.linalg.lu_solve(factors, xp.asarray(b, device=device)).numpy(), np.linalg.solve(raw, b))
    well = raw / n + np.eye(n)
    for lower in (False, True):
        came = xp.linalg.solve_triangular(xp.asarray(well, device=device), xp.asarray(b, device=device), 0, lower)
        assert_close(came.numpy(), np.linalg.solve(np.tril(well) if lower else np.triu(well), b))


def test_an_ill_conditioned_triangle_is_solved_by_substitution(device):
    """Each component is as good as its data, where a solver that exchanges rows loses the small ones."""
    n = 20
    a = np.tril(drawn((n, n), "float64", 6)) * 10.0 ** np.arange(n)[:, None] + np.diag(10.0 ** np.arange(n))
    b = a @ np.ones(n)
    came = xp.linalg.solve_triangular(xp.asarray(a, device=device), xp.asarray(b, device=device), lower=True)
    rest = np.abs(b - a @ came.numpy()) / (np.abs(a) @ np.abs(came.numpy()))
    assert rest.max() < 1e-14


def test_matrices_that_differ_in_size_have_their_own_scaling(device):
    raw = np.stack([drawn((3, 3), "float64", 1) * size for size in (1e-9, 1.0, 40.0)])
    came = xp.linalg.expm(xp.asarray(raw, device=device))
    for i, one in enumerate(raw):
        alone = xp.linalg.expm(xp.asarray(one, device=device)).numpy()
        np.testing.assert_allclose(came.numpy()[i], alone, rtol=1e-12)
    np.testing.assert_allclose(came.numpy()[0], np.eye(3) + raw[0], atol=1e-17)


def test_the_other_triangle_is_not_read_and_has_no_gradient(device):
    raw = np.asarray([[2.0, np.nan], [1.0, 4.0]])
    a = xp.asarray(raw, device=device, requires_grad=True)
    out = xp.linalg.solve_triangular(a, xp.asarray([2.0, 9.0], device=device, dtype=xp.float64), lower=True)
    assert_close(out.detach().numpy(), [1.0, 2.0])
    xp.sum(out).backward()
    assert a.grad.tolist()[0][1] == 0
    upper, lower = xp.linalg.cho_factor(xp.asarray([[2.0, 1.0], [np.nan, 4.0]], device=device))
    assert not lower
    assert bool(xp.all(xp.isfinite(upper)))


def test_a_singular_matrix(device):
    """An LU has a pivot of 0; a system has no finite solution, or the library's own error."""
    x = xp.asarray([[1.0, 2.0], [2.0, 4.0]], device=device)
    factors, pivots = xp.linalg.lu_factor(x)
    assert factors.tolist() == [[2.0, 4.0], [0.5, 0.0]]
    assert pivots.tolist() == [1, 1]
    b = xp.asarray([1.0, 1.0], device=device)
    if device.backend.name == "numpy":
        with pytest.raises(np.linalg.LinAlgError):
            xp.linalg.lu_solve((factors, pivots), b)


ERRORS = {
    "not square": (ShapeError, "square matrices", lambda x: xp.linalg.solve_triangular(x, x)),
    "sides": (ShapeError, r"b \(n,\) or", lambda x: xp.linalg.solve_triangular(x @ x.mT, x.mT)),
    "trans": (OptionError, "trans is 0, 1 or 2", lambda x: xp.linalg.solve_triangular(x @ x.mT, x, "H")),
    "cho_factor": (ShapeError, "square matrices", xp.linalg.cho_factor),
    "cho_solve": (ShapeError, "cho_solve takes matrices", lambda x: xp.linalg.cho_solve((x @ x.mT, True), x.mT)),
    "lu": (ShapeError, "lu takes matrices", lambda x: xp.linalg.lu(x[0])),
    "a flag": (OptionError, "True or False", lambda x: xp.linalg.lu(x, permute_l="no")),
    "lu_solve": (ShapeError, "square", lambda x: xp.linalg.lu_solve(xp.linalg.lu_factor(x), x)),
    "lstsq": (ShapeError, "lstsq takes a", lambda x: xp.linalg.lstsq(x, x.mT)),
    "rcond": (OptionError, "rcond is a number", lambda x: xp.linalg.lstsq(x, x, "warn")),
    "expm": (ShapeError, "square matrices", xp.linalg.expm),
    "expm_frechet": (ShapeError, "of one size", lambda x: xp.linalg.expm_frechet(x @ x.mT, x.mT @ x)),
    "toeplitz": (ShapeError, "takes vectors", xp.linalg.toeplitz),
    "circulant": (ShapeError, "1 element or more", lambda x: xp.linalg.circulant(x[0, :0])),
    "no array": (DTypeError, "takes arrays", lambda x: xp.linalg.expm([[1.0]])),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name, device):
    kind, words, call = ERRORS[name]
    with pytest.raises(kind, match=words):
        call(xp.ones((2, 3), device=device))


def test_a_singular_matrix_is_the_same_error_everywhere(device):
    if device.backend.name == "cupy":  # numbers that are not finite
        return
    for function in (xp.linalg.inv, xp.linalg.cholesky):
        with pytest.raises(xp.linalg.LinAlgError) as caught:
            function(xp.zeros((2, 2), device=device))
        assert isinstance(caught.value, np.linalg.LinAlgError)
