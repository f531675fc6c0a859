"""Bessel, gamma and zeta functions: errors against mpmath, special points against SciPy, whole numbers, refusals."""

import math

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.ops.compare import quiet
from xnn.errors import OptionError

inf, nan = math.inf, math.nan
special = xp.special

# The error as their docstrings say, in epsilons of 1 or the value, whichever is larger; orders; where.
ABSOLUTE = {
    "jn": (4, (0, 1, 2, 3, 7), (-90, 90), lambda mp, n, x: mp.besselj(n, x)),
    "yn": (40, (0, 1, 2, 5), (0.01, 90), lambda mp, n, x: mp.bessely(n, x)),
}


@pytest.mark.needs("mpmath")
@pytest.mark.parametrize("name", ABSOLUTE)
def test_errors_where_functions_go_through_0(name):
    mpmath = optional.module("mpmath")
    said, orders, (low, high), reference = ABSOLUTE[name]
    points = np.random.default_rng(0).uniform(low, high, 40)
    with mpmath.workdps(30):
        for n in orders:
            for x, one in zip(points, getattr(special, name)(n, points), strict=True):
                expected = reference(mpmath, n, mpmath.mpf(float(x)))
                error = abs(mpmath.mpf(float(one)) - expected) / max(1, abs(expected)) / 2.0**-52
                assert error <= said, f"{name}({n}, {x}): {float(error)} eps"


@pytest.mark.needs("scipy")
def test_errors_of_modified_bessel_functions():
    """SciPy's are right to 4 eps themselves."""
    scipy, x = optional.module("scipy.special"), np.geomspace(1e-3, 600, 2000)
    for name in ("k0", "k1", "k0e", "k1e"):
        np.testing.assert_allclose(getattr(special, name)(x), getattr(scipy, name)(x), rtol=12 * 2.0**-52)


@pytest.mark.needs("mpmath")
@pytest.mark.parametrize("order", [-2.3, 0.0, 0.5, 3.0, 14.5, 15.5, 80.25])
def test_modified_bessel_functions_of_any_order(order):
    mpmath = optional.module("mpmath")
    points = np.geomspace(0.01, 300, 25)
    with mpmath.workdps(30):
        for x, one in zip(points, special.ive(order, points), strict=True):
            expected = mpmath.besseli(order, mpmath.mpf(float(x))) * mpmath.exp(-mpmath.mpf(float(x)))
            bound = (40 + 2 * abs(float(mpmath.log(expected)))) * 2.0**-52
            assert abs(mpmath.mpf(float(one)) - expected) <= bound * abs(expected), (order, x)


@pytest.mark.needs("mpmath")
def test_zeta_is_exact():
    mpmath = optional.module("mpmath")
    with mpmath.workdps(60):
        for s in (*np.linspace(-8.3, 40.2, 60), 0.5, 0.999):
            expected = mpmath.zeta(mpmath.mpf(float(s)))
            came = mpmath.mpf(float(special.zeta(np.float64(s))))
            assert abs(came - expected) <= 40 * 2.0**-52 * max(1, abs(expected)), s
        for s, q in np.random.default_rng(1).uniform((1.05, 0.01), (20, 50), (60, 2)):
            expected = mpmath.zeta(mpmath.mpf(float(s)), mpmath.mpf(float(q)))
            bound = (10 + s * abs(math.log(q))) * 2.0**-52
            assert abs(mpmath.mpf(float(special.zeta(s, q))) - expected) <= bound * expected, (s, q)


POINTS = np.asarray([0.0, -0.0, 1e-300, 1e-8, 0.5, -0.5, -1.0, -3.0, -2.5, 1.0, 30.0, 200.0, 1e4, inf, -inf, nan])
# Where SciPy gives NaN for what has a limit, at infinity.
WITHOUT = {"y0": (), "ive": (inf, -inf), "iv": (inf, -inf), "jn": (), "gamma": (), "zeta": (-inf, -0.5, -2.5, 1e-300)}


@pytest.mark.needs("scipy")
@pytest.mark.parametrize("name", ["j0", "j1", "y0", "y1", "k0", "k1", "k0e", "k1e", "gamma", "rgamma", "gammasgn",
                                  "erfcinv", "factorial", "zeta", "exp1", "expi", "ellipk", "ellipe",
                                  "ellipkm1"])  # fmt: skip
def test_special_points_are_scipys(name, device):
    scipy = optional.module("scipy.special")
    with quiet():
        came = getattr(special, name)(xp.asarray(POINTS, device=device)).numpy()
        expected = getattr(scipy, name)(POINTS)
    for x, one, other in zip(POINTS, came, expected, strict=True):
        is_limit = name in ("y0", "y1", "j0", "j1") and math.isinf(x)
        if x not in WITHOUT.get(name, ()) and not is_limit:
            np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-15, err_msg=f"{name}({x})")


@pytest.mark.needs("scipy")
@pytest.mark.parametrize("name", ["iv", "ive"])
def test_orders_and_signs_of_i_are_scipys(name, device):
    scipy = optional.module("scipy.special")
    v, x = (a.ravel() for a in np.meshgrid([0.0, 1.0, -1.0, 2.0, 2.5, 20.0], [0.0, 1e-3, 1.0, -1.0, -3.0, 100.0, nan]))
    with quiet():
        came = getattr(special, name)(xp.asarray(v, device=device), xp.asarray(x, device=device)).numpy()
        np.testing.assert_allclose(came, getattr(scipy, name)(v, x), rtol=1e-11)


def test_bessel_functions_vanish_at_infinity(device):
    x = xp.asarray([inf], device=device)
    for value in (special.j0(x), special.jn(3, x), special.y1(x), special.yn(3, x), special.k0(x), special.ive(1.0, x)):
        assert value.tolist() == [0.0]
    assert special.iv(0.5, x).tolist() == [inf]


@pytest.mark.needs("scipy")
def test_negative_and_large_orders_are_scipys(device):
    scipy = optional.module("scipy.special")
    raw = np.linspace(0.1, 60, 40)
    x = xp.asarray(raw, device=device)
    for n in (-3, -2, 12, 40):
        np.testing.assert_allclose(special.jn(n, x).numpy(), scipy.jv(n, raw), rtol=1e-9, atol=2e-14)
        expected = scipy.yn(n, raw)
        np.testing.assert_allclose(special.yn(n, x).numpy(), expected, rtol=1e-11, atol=2e-14)
        np.testing.assert_allclose(special.kn(n, x).numpy(), scipy.kn(abs(n), raw), rtol=1e-12)
    odd = special.jn(3, -x).numpy()
    np.testing.assert_allclose(odd, -special.jn(3, x).numpy(), rtol=0, atol=0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_counts_are_whole_numbers(dtype, device):
    n, k = np.meshgrid(np.arange(-2, 18), np.arange(-2, 18))
    x, y = (xp.asarray(a, dtype=dtype, device=device) for a in (n, k))

    def by(function, a, b):
        return [float(function(int(p), int(q))) if min(p, q) >= 0 else 0.0 for p, q in zip(a.flat, b.flat, strict=True)]

    assert special.comb(x, y).numpy().ravel().tolist() == by(math.comb, n, k)
    assert special.perm(x[:, :12], y[:, :12]).numpy().ravel().tolist() == by(math.perm, n[:, :12], k[:, :12])
    whole = xp.asarray([-1, 0, 1, 5, 10], dtype=dtype, device=device)
    assert special.factorial(whole).tolist() == [0, 1, 1, 120, 3628800]
    assert special.comb(5, 2).item() == 10
    assert special.comb(4, 2, repetition=True).item() == 10
    assert special.poch(whole, 0 * whole).tolist() == [1.0] * 5


@pytest.mark.needs("scipy")
def test_products_of_gammas_are_scipys(device):
    scipy = optional.module("scipy.special")
    a, b = np.random.default_rng(2).uniform(-6, 9, (2, 200))
    x, y = xp.asarray(a, device=device), xp.asarray(b, device=device)
    for name in ("beta", "poch", "binom"):
        np.testing.assert_allclose(getattr(special, name)(x, y).numpy(), getattr(scipy, name)(a, b), rtol=1e-11)
    wide = np.abs(a) + 2
    expected = [scipy.multigammaln(v, 4) for v in wide]
    np.testing.assert_allclose(special.multigammaln(xp.asarray(wide, device=device), 4).numpy(), expected, rtol=1e-13)


def test_the_derivative_of_rgamma_at_poles(device):
    x = xp.asarray([0.0, -1.0, -2.0, -3.0], dtype="float64", device=device)
    assert xp.elementwise_grad(special.rgamma)(x).tolist() == pytest.approx([1.0, -1.0, 2.0, -6.0], rel=1e-14)


def test_refusals():
    x = xp.ones(2)
    for call, message in (
        (lambda: special.jn(0.5, x), "jn"), (lambda: special.kn("a", x), "kn"),
        (lambda: special.multigammaln(x, 0), "multigammaln"), (lambda: special.comb(5, 2, exact=True), "math.comb"),
        (lambda: special.factorial(5, exact=True), "math.factorial"), (lambda: special.perm(5, 2, True), "math.perm"),
    ):  # fmt: skip
        with pytest.raises(OptionError, match=message):
            call()


@pytest.mark.needs("scipy")
def test_integrals_are_scipys():
    """SciPy's expi is off by 113 eps at 40.2 itself, where ours is to 2."""
    scipy = optional.module("scipy.special")
    with quiet():
        for name, low, high, said in (("exp1", 1e-6, 700, 40), ("expi", 0.5, 700, 150), ("ellipkm1", 1e-300, 10, 4)):
            x = np.geomspace(low, high, 3000)
            np.testing.assert_allclose(getattr(special, name)(x), getattr(scipy, name)(x), rtol=said * 2.0**-52)
        m = np.concatenate([np.linspace(-50, 0.999, 2000), 1 - np.geomspace(1e-12, 1e-3, 50)])
        for name, said in (("ellipk", 4), ("ellipe", 16)):
            np.testing.assert_allclose(getattr(special, name)(m), getattr(scipy, name)(m), rtol=said * 2.0**-52)
        x = np.geomspace(1e-3, 600, 500)
        for n in (0, 1, 2, 3, 8):
            np.testing.assert_allclose(special.expn(n, x), scipy.expn(n, x), rtol=100 * 2.0**-52)


@pytest.mark.needs("scipy")
def test_both_branches_of_lambert():
    scipy, branch = optional.module("scipy.special"), -math.exp(-1)
    with quiet():
        z = np.concatenate([np.linspace(branch + 1e-6, 10, 2000), np.geomspace(10, 1e300, 300)])
        np.testing.assert_allclose(special.lambertw(z), scipy.lambertw(z).real, rtol=1e-12, atol=1e-15)
        z = -np.geomspace(1e-300, -branch - 1e-6, 2000)
        np.testing.assert_allclose(special.lambertw(z, -1), scipy.lambertw(z, -1).real, rtol=1e-12)
        assert special.lambertw(np.asarray([branch, 0.0, inf])).tolist() == [-1.0, 0.0, inf]
        assert special.lambertw(np.asarray([branch, 0.0]), -1).tolist() == [-1.0, -inf]
        assert np.isnan(special.lambertw(np.asarray([-1.0, nan, -inf]))).all()
        assert np.isnan(special.lambertw(np.asarray([0.5]), -1)).all()
    with pytest.raises(OptionError, match="the real branches 0 and -1; got 1"):
        special.lambertw(1.0, 1)


@pytest.mark.needs("scipy")
@pytest.mark.parametrize("n", [0, 1, 2, 6, 15])
def test_polynomials_are_scipys(n, device):
    scipy, raw = optional.module("scipy.special"), np.linspace(-1, 1, 21)
    x = xp.asarray(raw, device=device)
    for name in ("legendre", "sh_legendre", "chebyt", "chebyu", "hermite", "hermitenorm", "laguerre"):
        expected = getattr(scipy, f"eval_{name}")(n, raw)
        came = getattr(special, f"eval_{name}")(n, x).numpy()
        np.testing.assert_allclose(came, expected, rtol=1e-10, atol=1e-10 * np.max(np.abs(expected)))
    for name, parameters in (("genlaguerre", (0.3,)), ("gegenbauer", (0.7,)), ("jacobi", (0.4, 1.2))):
        expected = getattr(scipy, f"eval_{name}")(n, *parameters, raw)
        came = getattr(special, f"eval_{name}")(n, *parameters, x).numpy()
        np.testing.assert_allclose(came, expected, rtol=1e-10, atol=1e-10 * np.max(np.abs(expected)))


@pytest.mark.needs("scipy")
def test_transforms_of_box_and_cox_near_0(device):
    scipy = optional.module("scipy.special")
    x, power = (a.ravel() for a in np.meshgrid(np.geomspace(0.1, 50, 20), [-1, -1e-5, -1e-8, 0, 1e-7, 0.5, 2]))
    a, b = xp.asarray(x, device=device), xp.asarray(power, device=device)
    for name in ("boxcox", "boxcox1p"):
        expected = getattr(scipy, name)(x, power)
        np.testing.assert_allclose(getattr(special, name)(a, b).numpy(), expected, rtol=1e-12, atol=1e-13)
        back = getattr(special, f"inv_{name}")(getattr(special, name)(a, b), b)
        np.testing.assert_allclose(back.numpy(), x, rtol=1e-11)
