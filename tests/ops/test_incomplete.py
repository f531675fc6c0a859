"""The incomplete gamma and beta functions and their inverses: against mpmath, SciPy and finite differences."""

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.ops.compare import quiet
from tests.tolerances import assert_close
from xnn import special
from xnn.errors import DTypeError

NAMES = {
    "gammainc": 2, "gammaincc": 2, "gammaincinv": 2, "gammainccinv": 2,
    "betainc": 3, "betaincc": 3, "betaincinv": 3, "betainccinv": 3,
}  # fmt: skip
every = pytest.mark.parametrize("name", NAMES)
SHAPES = [1e-3, 0.1, 0.5, 1.0, 2.5, 13.0, 170.0, 3e3]
SHARES = [1e-30, 1e-5, 0.01, 0.3, 0.5, 0.7, 0.99, 1 - 1e-6]


def arguments(name, shapes=SHAPES):
    """Those of a function: each of some parameters, and points around the middle of their distribution."""
    first = np.asarray(shapes)[:, None, None]
    if name.endswith("inv"):
        points = np.asarray(SHARES)
        return (first[:, 0], points) if NAMES[name] == 2 else (first, first.reshape(1, -1, 1), points)
    steps = np.asarray([-4.0, -1.0, -0.1, 0.1, 1.0, 4.0])
    if NAMES[name] == 2:
        a = first[:, 0]
        return a, a * np.exp(steps * np.minimum(2, 1 / np.sqrt(a)))
    b = first.reshape(1, -1, 1)
    logit = np.log(first / b) + steps * np.minimum(3, np.sqrt(1 / first + 1 / b))
    return first, b, np.clip(1 / (1 + np.exp(-logit)), 1e-290, 1 - 1e-15)


@pytest.mark.needs("scipy")
@every
def test_values(name, device):
    reference = getattr(optional.module("scipy.special"), name)
    for dtype in ("float64", "float32"):
        # for larger parameters x has too few digits in float32, and for smaller ones the complement
        raw = [x.astype(dtype) for x in arguments(name, SHAPES if dtype == "float64" else SHAPES[2:5])]
        with quiet():
            expected = reference(*raw)
            came = getattr(special, name)(*(xp.asarray(x, device=device) for x in raw))
        assert came.device is device
        assert came.dtype.name == dtype
        normal = np.abs(expected) > 1e-280 if dtype == "float64" else np.abs(expected) > 1e-30
        tolerance = 2e-10 if dtype == "float64" else 5e-5
        np.testing.assert_allclose(came.numpy()[normal], expected[normal], rtol=tolerance, atol=0)


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("inv")])
def test_inverses_of_the_smallest_probabilities(name):
    """SciPy's betaincinv(3000, 13, 1e-290) is off by 5e-6."""
    *shapes, _ = arguments(name)
    share = np.asarray([1e-290, 1e-100])
    x = getattr(special, name)(*shapes, share)
    kept = (x > 1e-280) & (x < 0.9)
    with quiet():
        again = getattr(special, name.removesuffix("inv"))(*shapes, x)
    np.testing.assert_allclose(again[kept], np.broadcast_to(share, x.shape)[kept], rtol=1e-9)


@pytest.mark.needs("mpmath")
@pytest.mark.parametrize("name", ["gammainc", "gammaincc", "betainc", "betaincc"])
def test_the_smaller_side_against_mpmath(name):
    """The relative errors that docstrings promise, where the function is the smaller of it and its complement."""
    mpmath = optional.module("mpmath")
    given = np.broadcast_arrays(*arguments(name))
    came = getattr(special, name)(*(x.copy() for x in given))
    is_complement = name.endswith("cc")
    with mpmath.workdps(50):
        for *point, value in zip(*(x.ravel() for x in given), came.ravel(), strict=True):
            exact = [mpmath.mpf(float(x)) for x in point]
            if NAMES[name] == 2:
                ends = (exact[1], mpmath.inf) if is_complement else (0, exact[1])
                expected = mpmath.gammainc(exact[0], *ends, regularized=True)
                is_small = (exact[1] >= exact[0] + 1) == is_complement
            else:
                a, b, x = exact
                turned = (b, a, 0, 1 - x) if is_complement else (a, b, 0, x)
                expected = mpmath.betainc(*turned, regularized=True)
                middle = (exact[0] + 1) / (exact[0] + exact[1] + 2)
                is_small = (exact[2] >= middle) == is_complement
            if is_small and expected > 1e-280:
                assert abs(mpmath.mpf(float(value)) / expected - 1) < 1e-12, point


@every
def test_derivatives_by_each_argument(name, device):
    a, b, x = np.asarray([0.3, 2.0, 7.0, 30.0]), np.asarray([1.5, 0.7, 3.0, 40.0]), np.asarray([0.2, 0.8, 0.6, 0.45])
    given = [a, x if name.endswith("inv") else 4 * a * x] if NAMES[name] == 2 else [a, b, x]
    xp.check_gradients(getattr(special, name), *(xp.asarray(v, device=device) for v in given), order=2)


@every
def test_forward_mode_is_the_transpose(name):
    given = [np.asarray(0.7), np.asarray(1.6), np.asarray(0.3)][-NAMES[name] :]
    function = getattr(special, name)
    forward = sum(xp.jvp(function, given, [g * (i == k) for i, g in enumerate(given)])[1] for k in range(len(given)))
    gradient = xp.grad(function, argnums=tuple(range(len(given))))(*given)
    assert_close(forward, sum(g * v for g, v in zip(gradient, given, strict=True)))


@pytest.mark.needs("scipy")
@every
def test_ends_and_what_is_out_of_the_domain(name):
    reference = getattr(optional.module("scipy.special"), name)
    edges = [-1.0, 0.0, 0.5, 1.0, 2.0, np.inf, np.nan]
    given = np.meshgrid(*[[0.5, 2.0, -1.0, np.nan]] * (NAMES[name] - 1), edges, indexing="ij")
    with quiet():
        assert_close(getattr(special, name)(*given), reference(*given))


def test_operands():
    x = xp.asarray([0.5, 1.5])
    assert special.gammainc(2, x).dtype is xp.float32
    assert special.gammainc(2.0, 1.0).shape == ()
    assert special.gammainc([1.0, 2.0], 2).shape == (2,)
    assert isinstance(special.betainc(np.asarray(1.0), np.asarray([2.0]), 0.5), np.ndarray)
    assert special.betainc(np.ones((2, 1)), np.ones(3), 0.5).shape == (2, 3)
    with pytest.raises(DTypeError, match="complex"):
        special.gammainc(1.0, xp.asarray([1j]))
