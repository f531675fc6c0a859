"""Polynomials: compared with NumPy over what Hypothesis draws; options; errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xnn as xp
from tests.tolerances import assert_close
from xnn.errors import OptionError, ShapeError

COEFFICIENTS = st.lists(st.integers(-5, 5), min_size=1, max_size=5)


def on(values):
    return xp.asarray(values, device="numpy:cpu")


@given(COEFFICIENTS, COEFFICIENTS)
def test_sums_and_products_are_numpys(a, b):
    for name in ("polyadd", "polysub", "polymul"):
        came, expected = getattr(xp, name)(on(a), on(b)), getattr(np, name)(a, b)
        assert np.trim_zeros(came.numpy(), "f").tolist() == np.trim_zeros(expected, "f").tolist()
    came = xp.polyval(on(a), on([[1, 2], [-3, 0]]))
    assert came.tolist() == np.polyval(a, [[1, 2], [-3, 0]]).tolist()
    for m in (0, 1, 2):
        assert xp.polyder(on(a), m).tolist() == np.polyder(a, m).tolist()
        assert_close(xp.polyint(xp.asarray(a, dtype="float64"), m).numpy(), np.polyint(np.asarray(a, "float64"), m))


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=6))
def test_roots_are_numpys(p):
    expected = np.roots(p)
    came = xp.roots(xp.asarray(p, dtype="float64", device="numpy:cpu")).numpy()
    assert came.shape == expected.shape
    assert came.dtype == np.complex128
    assert_same_set(came, expected)


def assert_same_set(came, expected):
    left = list(expected)
    for root in came:
        nearest = min(left, key=lambda other: abs(other - root))
        assert abs(nearest - root) < 1e-6 * max(1, abs(root))
        left.remove(nearest)


def test_division(device):
    u, v = np.asarray([1.0, 5.0, -2.0, 3.0]), np.asarray([2.0, 1.0])
    came = xp.polydiv(xp.asarray(u, device=device), xp.asarray(v, device=device))
    for one, other in zip(came, np.polydiv(u, v), strict=True):
        assert_close(one.numpy(), other)
    quotient, rest = xp.polydiv(v, u)
    assert quotient.tolist() == [0.0]
    assert rest.tolist() == v.tolist()
    assert [x.tolist() for x in xp.polydiv(u, np.asarray([2.0]))] == [(u / 2).tolist(), [0.0]]


def test_of_a_matrix(device):
    raw = np.random.default_rng(0).normal(size=(3, 3))
    assert_close(xp.poly(xp.asarray(raw, device=device)).numpy(), np.poly(raw))
    assert xp.poly([]).tolist() == [1.0]


def test_what_polyfit_gives(device):
    random = np.random.default_rng(0)
    x, y, w = random.normal(size=8), random.normal(size=(8, 2)), random.uniform(1, 2, 8)
    a, b, c = (xp.asarray(v, device=device) for v in (x, y, w))
    for options in ({"cov": True}, {"cov": "unscaled"}, {"full": True}):
        for right, wanted in ((b, y), (b[:, 0], y[:, 0])):
            came, expected = xp.polyfit(a, right, 2, w=c, **options), np.polyfit(x, wanted, 2, w=w, **options)
            for one, other in zip(came, expected, strict=True):
                value = one.numpy() if isinstance(one, xp.Array) else one
                np.testing.assert_allclose(np.broadcast_to(value, np.shape(other)), other, rtol=1e-8, atol=1e-12)
    assert isinstance(xp.polyfit(x, y, 1), np.ndarray)
    assert xp.polyfit([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], 1).shape == (2,)


def test_without_coefficients(device):
    none, one = xp.asarray([], device=device), xp.asarray([1.0, 2.0], device=device)
    assert xp.polyadd(none, one).tolist() == xp.polysub(one, none).tolist() == [1.0, 2.0]
    assert xp.polymul(none, one).tolist() == np.polymul([], [1.0, 2.0]).tolist() == [0.0, 0.0]
    assert [x.tolist() for x in xp.polydiv(none, one)] == [[0.0], [0.0]]
    assert xp.polyder(xp.polyder(one[:1])).shape == xp.roots(none).shape == (0,)
    assert xp.polyval(none, one).tolist() == [0.0, 0.0]
    assert xp.polyint(none, 2).tolist() == np.polyint([], 2).tolist()


@pytest.mark.parametrize("dtype", ["uint8", "int32", "bool"])
def test_derivatives_of_integers_do_not_overflow(dtype, device):
    raw = np.asarray([1, 0, 1, 1] if dtype == "bool" else [100, 100, 0, 1], dtype)
    came, expected = xp.polyder(xp.asarray(raw, device=device), 2), np.polyder(raw, 2)
    assert came.dtype.name == expected.dtype.name == "int64"
    assert came.tolist() == expected.tolist()


def test_infinite_coefficients(device):
    p = xp.asarray([np.inf, 1.0], device=device)
    assert xp.polyval(p, xp.asarray([2.0], device=device)).tolist() == [np.inf]
    assert xp.polydiv(p, xp.asarray([2.0], device=device))[0].tolist() == [np.inf, 0.5]


def test_constants_of_integration(device):
    p = xp.asarray([1.0, 2.0], dtype="float64", device=device)
    assert xp.polyint(p, 0, 1.0).tolist() == [1.0, 2.0]
    assert xp.polyint(p, 2, 3.0).tolist() == np.polyint([1.0, 2.0], 2, 3.0).tolist()
    assert xp.polyint(p, 1, 1j).tolist() == np.polyint([1.0, 2.0], 1, 1j).tolist()


def test_polyfit_of_complex_values(device):
    x, y = np.arange(6.0), np.asarray([1j, 2, 3 + 1j, 0, 5j, 1])
    for options in ({"cov": True}, {"full": True}, {"cov": "unscaled"}):
        came = xp.polyfit(xp.asarray(x, device=device), xp.asarray(y, device=device), 2, **options)
        expected = np.polyfit(x, y, 2, **options)
        for one, other in zip(came[:2], expected[:2], strict=True):
            assert one.dtype.name == other.dtype.name
            assert_close(one.numpy(), other)


ERRORS = {
    "polyval": (lambda x: xp.polyval(x, 1.0), ShapeError, r"coefficients \(n,\); got shape"),
    "polyadd": (lambda x: xp.polyadd(x, x), ShapeError, r"coefficients \(n,\); got shape \(2, 3\)"),
    "polydiv": (lambda x: xp.polydiv(x[0], x[0, :0]), ShapeError, r"divides by coefficients \(n,\), n > 0"),
    "poly": (lambda x: xp.poly(x), ShapeError, "a square matrix"),
    "polyder": (lambda x: xp.polyder(x[0], -1), OptionError, "m"),
    "polyint": (lambda x: xp.polyint(x[0], 2, [1.0, 2.0, 3.0]), OptionError, "2 constants, or one; got 3"),
    "polyfit": (lambda x: xp.polyfit(x[0], x[0, :2], 1), ShapeError, r"y \(n,\) or \(n, k\)"),
    "a covariance": (lambda x: xp.polyfit(x[0], x[0], 2, cov=True), ShapeError, "more samples than 3"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, kind, message = ERRORS[name]
    with pytest.raises(kind, match=message):
        call(xp.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], device="cpu"))
