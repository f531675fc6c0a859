"""Densities, probabilities, quantiles and moments against SciPy's; derivatives against finite differences."""

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.ops.compare import quiet
from tests.stats.table import CONTINUOUS, DISCRETE, INVALID, VECTORS
from tests.tolerances import assert_close
from xnn import stats
from xnn.errors import OptionError, ShapeError

scipy = optional.module("scipy.stats")

POINTS = [-np.inf, -7.5, -2.0, -0.4, 0.0, 0.3, 0.31, 0.9, 1.4, 1.99, 2.0, 3.3, 9.0, np.inf, np.nan]
SHARES = [0.0, 1e-9, 0.01, 0.25, 0.4, 0.5, 0.75, 0.97, 1 - 1e-6, 1.0, -0.1, 1.1, np.nan]
COUNTS = [-1.0, 0.0, 1.0, 2.0, 3.0, 7.0, 8.0, 20.0, 0.5, np.nan]
FUNCTIONS = ("pdf", "logpdf", "cdf", "sf", "logcdf", "logsf", "ppf", "isf")

continuous = pytest.mark.parametrize("name", CONTINUOUS)
discrete = pytest.mark.parametrize("name", DISCRETE)


def points(name, method):
    if method in ("ppf", "isf"):
        return SHARES
    return [x for x in POINTS if name != "vonmises" or abs(x) < 3]  # beyond the circle SciPy's sf is not 1 - cdf


def test_every_distribution_has_its_row():
    families = {n for n in stats.__all__ if isinstance(getattr(stats, n), stats.Distribution)}
    assert families == {*CONTINUOUS, *DISCRETE, *VECTORS}


@continuous
@pytest.mark.parametrize("method", FUNCTIONS)
def test_functions_of_a_continuous_distribution(name, method, device):
    ours, theirs = getattr(stats, name), getattr(scipy, name)
    x, shapes = np.asarray(points(name, method)), CONTINUOUS[name]
    with quiet():
        expected = getattr(theirs, method)(x, *shapes, 0.3, 1.7)
        came = getattr(ours, method)(xp.asarray(x, device=device), *shapes, 0.3, scale=1.7)
    assert came.device is device
    assert_close(came.numpy(), expected)


@discrete
@pytest.mark.parametrize("method", ["pmf", "logpmf", "cdf", "sf", "logcdf", "logsf", "ppf", "isf"])
def test_functions_of_a_discrete_distribution(name, method, device):
    ours, theirs = getattr(stats, name), getattr(scipy, name)
    x = np.asarray(SHARES if method in ("ppf", "isf") else COUNTS)
    with quiet():
        expected = getattr(theirs, method)(x, *DISCRETE[name], loc=1)
        came = getattr(ours, method)(xp.asarray(x, device=device), *DISCRETE[name], loc=1)
    assert_close(came.numpy(), expected)


@pytest.mark.parametrize("name", [*CONTINUOUS, *DISCRETE])
@pytest.mark.parametrize("method", ["mean", "var", "std", "entropy"])
def test_moments(name, method):
    shapes = (CONTINUOUS | DISCRETE)[name]
    place = {"loc": 0.3, "scale": 1.7} if name in CONTINUOUS else {"loc": 1.0}
    with quiet():
        expected = getattr(getattr(scipy, name), method)(*shapes, **place)
        came = getattr(getattr(stats, name), method)(
            *map(np.float64, shapes), **{k: np.float64(v) for k, v in place.items()}
        )
    assert_close(np.asarray(came), expected)


@pytest.mark.parametrize("name", INVALID)
def test_parameters_out_of_their_range_give_nan(name):
    family, wrong = getattr(stats, name), [np.asarray([x]) for x in INVALID[name]]
    density = family.pdf if name in CONTINUOUS else family.pmf
    with quiet():
        assert np.isnan(density(np.asarray([1.0]), *wrong)).all()
        assert np.isnan(family.cdf(np.asarray([1.0]), *wrong)).all()
        assert np.isnan(family.ppf(np.asarray([0.5]), *wrong)).all()
    if name in CONTINUOUS:
        right = [np.asarray([x]) for x in CONTINUOUS[name]]
        assert np.isnan(family.logpdf(np.asarray([0.4]), *right, scale=np.asarray([-1.0]))).all()


# ---- derivatives ----


@continuous
@pytest.mark.parametrize("method", ["logpdf", "cdf", "logsf", "ppf"])
def test_derivatives_by_the_point_and_each_parameter(name, method, device):
    family = getattr(stats, name)
    x = np.asarray([0.2, 0.55, 0.7] if method == "ppf" else [0.9, 1.3, 2.2])
    low = 1.2 if name in ("pareto",) and method != "ppf" else 0.0
    args = [np.asarray(v) for v in (x + low, *CONTINUOUS[name], 0.1, 1.2 if name != "pareto" else 1.0)]
    if name in ("beta", "uniform") and method != "ppf":
        args[0] = np.asarray([0.3, 0.6, 0.9])
    order = 1 if method == "ppf" else 2
    xp.check_gradients(getattr(family, method), *(xp.asarray(a, device=device) for a in args), order=order)


@discrete
def test_derivatives_of_probabilities_by_parameters(name):
    family = getattr(stats, name)
    shapes = DISCRETE[name][1:] if name == "binom" else DISCRETE[name]
    fixed = DISCRETE[name][:1] if name == "binom" else ()
    k = np.asarray([1, 2, 1])
    if name == "bernoulli":
        k = np.asarray([0, 1, 1])
    shapes = [np.asarray(v) for v in shapes]
    xp.check_gradients(lambda *p: family.logpmf(k, *fixed, *p), *shapes)
    if name != "nbinom":  # whose cdf depends on n through the incomplete beta function, to first order below
        xp.check_gradients(lambda *p: family.cdf(k, *fixed, *p), *shapes, order=1)


def test_outside_of_the_support_the_gradient_is_not_nan():
    for name in ("gamma", "lognorm", "weibull_min", "expon", "pareto"):
        shapes, density = [np.asarray(v) for v in CONTINUOUS[name]], getattr(stats, name).pdf
        value, pull = xp.vjp(density, np.asarray([-1.0, 2.0]), *shapes)
        assert all(np.isfinite(g).all() for g in pull(np.ones_like(value))), name


# ---- draws ----


@pytest.mark.parametrize("name", [*CONTINUOUS, *DISCRETE])
def test_draws_are_of_the_distribution(name):
    shapes = (CONTINUOUS | DISCRETE)[name]
    x = getattr(stats, name).rvs(*map(np.float64, shapes), loc=np.float64(0.0), size=4000, random_state=7)
    assert isinstance(x, np.ndarray)
    if name in CONTINUOUS:
        assert scipy.kstest(x, getattr(scipy, name).cdf, args=shapes).pvalue > 1e-3
    else:
        k, counts = np.unique(x, return_counts=True)
        expected = 4000 * getattr(scipy, name).pmf(k, *shapes)
        likely = expected >= 5
        observed = [*counts[likely], 4000 - counts[likely].sum()]
        wanted = [*expected[likely], 4000 - expected[likely].sum()]
        kept = [i for i, w in enumerate(wanted) if w > 1e-9]
        assert scipy.chisquare([observed[i] for i in kept], [wanted[i] for i in kept], sum_check=False).pvalue > 1e-3


@continuous
def test_draws_have_the_derivatives_of_the_quantiles(name, device):
    """Reparameterised: with the same random numbers, what finite differences in the parameters say."""
    family = getattr(stats, name)
    args = [xp.asarray(np.asarray(v), device=device) for v in (*CONTINUOUS[name], 0.3, 1.7)]
    xp.check_gradients(lambda *p: family.rvs(*p, size=(3,), random_state=5), *args, order=1)


@pytest.mark.every_device
def test_draws_are_the_same_on_every_device(device):
    for name, shapes in (CONTINUOUS | DISCRETE).items():
        values = [np.float64(v) for v in (*shapes, 0.0)]
        family = getattr(stats, name)
        came = family.rvs(*(xp.asarray(v, device=device) for v in values), size=(2, 3), random_state=3)
        assert came.device is device
        assert_close(came.numpy(), family.rvs(*values, size=(2, 3), random_state=3))


def test_draws_of_discrete_distributions_are_off_the_graph():
    assert not stats.poisson.rvs(xp.asarray(2.5, requires_grad=True), size=3).requires_grad


# ---- vectors ----


def matrix(n=3, seed=1):
    a = np.random.default_rng(seed).normal(size=(n, n))
    return a @ a.T + np.eye(n)


MEAN, COV, ALPHA = np.asarray([1.0, 2.0, -1.0]), matrix(), np.asarray([1.5, 2.0, 3.0])


def test_multivariate_normal(device):
    x = np.random.default_rng(2).normal(size=(4, 3))
    ours = stats.multivariate_normal(*(xp.asarray(a, device=device) for a in (MEAN, COV)))
    theirs = scipy.multivariate_normal(MEAN, COV)
    assert_close(ours.logpdf(xp.asarray(x, device=device)).numpy(), theirs.logpdf(x))
    assert_close(ours.pdf(xp.asarray(x[0], device=device)).numpy(), theirs.pdf(x[0]))
    assert_close(ours.entropy().numpy(), theirs.entropy())
    assert_close(ours.var().numpy(), COV)

    def of_root(x, mean, root):  # a change of the covariance is symmetric
        return stats.multivariate_normal.logpdf(x, mean, root @ root.mT)

    xp.check_gradients(of_root, *(xp.asarray(a, device=device) for a in (x, MEAN, np.linalg.cholesky(COV))))
    draws = ours.rvs(3000, random_state=1).numpy()
    assert draws.shape == (3000, 3)
    assert np.abs(np.cov(draws.T) - COV).max() < 0.5
    assert ours.rvs().shape == (3,)
    many = stats.multivariate_normal.logpdf(x, np.stack([MEAN] * 4), np.stack([COV, 2 * COV] * 2))
    assert_close(many[:2], [theirs.logpdf(x[0]), scipy.multivariate_normal(MEAN, 2 * COV).logpdf(x[1])])
    assert_close(stats.multivariate_normal.logpdf(x, MEAN, 2.0), scipy.multivariate_normal(MEAN, 2.0).logpdf(x))
    assert_close(stats.multivariate_normal.logpdf(x[:, 0]), scipy.norm.logpdf(x[:, 0]))


def test_dirichlet(device):
    x = np.random.default_rng(2).dirichlet(ALPHA, 4)
    alpha = xp.asarray(ALPHA, device=device)
    expected = [scipy.dirichlet.logpdf(row, ALPHA) for row in x]
    assert_close(stats.dirichlet.logpdf(xp.asarray(x, device=device), alpha).numpy(), expected)
    for method in ("mean", "var", "entropy"):
        assert_close(getattr(stats.dirichlet, method)(alpha).numpy(), getattr(scipy.dirichlet, method)(ALPHA))
    xp.check_gradients(lambda a: stats.dirichlet.logpdf(xp.asarray(x, device=device), a), alpha)
    draws = stats.dirichlet.rvs(alpha, size=2000, random_state=1).numpy()
    assert np.abs(draws.sum(-1) - 1).max() < 1e-12
    assert np.abs(draws.mean(0) - ALPHA / ALPHA.sum()).max() < 0.02
    assert stats.dirichlet.logpdf(np.asarray([0.5, 0.6, 0.7]), ALPHA) == -np.inf
    assert np.isnan(stats.dirichlet.logpdf(x, -ALPHA)).all()


def test_wishart(device):
    x = scipy.wishart.rvs(5, COV, size=3, random_state=1)
    scale = xp.asarray(COV, device=device)
    assert_close(
        stats.wishart.logpdf(xp.asarray(x, device=device), 5.0, scale).numpy(),
        scipy.wishart.logpdf(np.moveaxis(x, 0, -1), 5, COV),
    )
    for method in ("mean", "var", "entropy"):
        assert_close(getattr(stats.wishart, method)(5.0, scale).numpy(), getattr(scipy.wishart, method)(5, COV))
    draws = stats.wishart.rvs(5.0, scale, size=2000, random_state=1).numpy()
    assert np.abs(draws.mean(0) - 5 * COV).max() / 5 < 0.3
    root = np.linalg.cholesky(COV)
    xp.check_gradients(lambda df, c: stats.wishart.logpdf(x, df, c @ c.mT), np.asarray(5.0), root)


def test_multinomial_and_categorical(device):
    p = ALPHA / ALPHA.sum()
    x = np.asarray([[1.0, 2.0, 3.0], [0.0, 0.0, 6.0], [1.0, 1.0, 1.0]])
    share = xp.asarray(p, device=device)
    assert_close(
        stats.multinomial.logpmf(xp.asarray(x, device=device), 6, share).numpy(), scipy.multinomial.logpmf(x, 6, p)
    )
    assert_close(stats.multinomial.entropy(6, share).numpy(), scipy.multinomial.entropy(6, p))
    draws = stats.multinomial.rvs(6, share, size=1000, random_state=2).numpy()
    assert (draws.sum(-1) == 6).all()
    assert np.abs(draws.mean(0) - 6 * p).max() < 0.2
    k = xp.asarray([0, 2, 3, -1], device=device)
    with quiet():
        assert_close(stats.categorical.pmf(k, share).numpy(), [p[0], p[2], 0.0, 0.0])
    assert_close(stats.categorical.entropy(share).numpy(), scipy.entropy(p))
    draws = stats.categorical.rvs(share, size=2000, random_state=2).numpy()
    assert scipy.chisquare(np.bincount(draws.astype(int)), 2000 * p).pvalue > 1e-3


# ---- Kullback and Leibler ----


PAIRS = {
    "norm": ((0.3, 1.7), (1.0, 0.8)),
    "laplace": ((0.3, 1.7), (1.0, 0.8)),
    "expon": ((0.5, 1.7), (0.0, 0.8)),
    "uniform": ((0.3, 1.0), (0.0, 2.0)),
    "gumbel_r": ((0.3, 1.7), (1.0, 1.8)),
    "gamma": ((2.5, 0.0, 1.7), (1.5, 0.0, 2.0)),
    "chi2": ((3.0,), (4.0,)),
    "beta": ((2.0, 3.5), (1.5, 2.5)),
    "lognorm": ((0.7, 0.0, 1.7), (0.9, 0.0, 1.2)),
    "pareto": ((3.2, 0.0, 1.5), (2.2, 0.0, 1.0)),
    "weibull_min": ((1.7, 0.0, 1.5), (1.2, 0.0, 1.0)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_kl_divergence_of_densities(name):
    """By the integral, over quantiles of p."""
    p, q = PAIRS[name]
    u = (np.arange(200_000) + 0.5) / 200_000
    family = getattr(scipy, name)
    x = family.ppf(u, *p)
    expected = np.mean(family.logpdf(x, *p) - family.logpdf(x, *q))
    came = stats.kl_divergence(*(getattr(stats, name)(*map(np.float64, v)) for v in (p, q)))
    assert abs(came - expected) < 2e-4 * max(1.0, abs(expected))


@pytest.mark.parametrize("name", [n for n in DISCRETE if n != "nbinom"])
def test_kl_divergence_of_probabilities(name):
    p = DISCRETE[name]
    q = (*p[:-1], p[-1] * 1.4)
    k, family = np.arange(200), getattr(scipy, name)
    with quiet():
        terms = family.pmf(k, *p) * (family.logpmf(k, *p) - family.logpmf(k, *q))
    came = stats.kl_divergence(*(getattr(stats, name)(*map(np.float64, v)) for v in (p, q)))
    assert_close(np.asarray(came), np.nansum(terms))


def test_kl_divergence_of_vectors():
    p, q = ALPHA / ALPHA.sum(), np.asarray([0.2, 0.5, 0.3])
    assert_close(stats.kl_divergence(stats.categorical(p), stats.categorical(q)), scipy.entropy(p, q))
    a, b = stats.multivariate_normal(MEAN, COV), stats.multivariate_normal(0 * MEAN, matrix(seed=4))
    x = scipy.multivariate_normal(MEAN, COV).rvs(200_000, random_state=1)
    expected = np.mean(a.logpdf(x) - b.logpdf(x))
    assert abs(stats.kl_divergence(a, b) - expected) < 0.05 * expected
    a, b = stats.dirichlet(ALPHA), stats.dirichlet(ALPHA[::-1].copy())
    x = np.random.default_rng(1).dirichlet(ALPHA, 100_000)
    assert abs(stats.kl_divergence(a, b) - np.mean(a.logpdf(x) - b.logpdf(x))) < 0.05


# ---- how they are called ----


def test_arguments_types_and_frozen_distributions():
    x = xp.asarray([0.5, 1.0])
    assert stats.norm.logpdf(x).dtype is xp.float32
    assert stats.norm(loc=1.0).logpdf(x).tolist() == stats.norm.logpdf(x, loc=1.0).tolist()
    assert isinstance(stats.norm.cdf(0.0), xp.Array)
    assert stats.norm.cdf(xp.asarray([1, 2])).dtype is xp.float32
    assert stats.gamma.pdf([1.0, 2.0], 2).shape == (2,)
    assert repr(stats.gamma) == "<xnn.stats.gamma(a, loc, scale)>"
    assert repr(stats.gamma(2.0, scale=3.0)) == "xnn.stats.gamma(2.0, scale=3.0)"
    assert stats.norm(0.0, [1.0, 2.0]).rvs(size=(4, 2)).shape == (4, 2)


def test_errors():
    with pytest.raises(TypeError, match=r"gamma\.pdf needs a"):
        stats.gamma.pdf(1.0)
    with pytest.raises(TypeError, match=r"gamma\.cdf has the parameters a, loc, scale, each once; got b, too"):
        stats.gamma.cdf(1.0, 2.0, b=3.0)
    with pytest.raises(TypeError, match="norm takes at most 2 parameters, loc, scale; got 3"):
        stats.norm(1.0, 2.0, 3.0)
    with pytest.raises(AttributeError, match="poisson has no pdf"):
        stats.poisson(1.0).pdf(1.0)
    with pytest.raises(ShapeError, match=r"norm.rvs: parameters of shape \(2,\) do not broadcast to size=\(3,\)"):
        stats.norm.rvs([0.0, 1.0], size=3)
    with pytest.raises(OptionError, match=r"random_state is a Generator, the seed of one, or None"):
        stats.norm.rvs(random_state="a")
    with pytest.raises(OptionError, match=r"of two distributions of one family of .*; got norm and laplace"):
        stats.kl_divergence(stats.norm(), stats.laplace())
    with pytest.raises(OptionError, match=r"takes distributions with their parameters; got <xnn.stats.norm"):
        stats.kl_divergence(stats.norm, stats.norm)
    with pytest.raises(ShapeError, match="points have 3 elements in the last dimension"):
        stats.multivariate_normal.logpdf(np.ones((2, 4)), MEAN, COV)


@pytest.mark.needs("scipy")
def test_a_singular_covariance(device):
    scipy = optional.module("scipy.stats")
    root = np.asarray([[1.0, 0.0], [0.5, 2.0], [1.5, 2.0]])
    cov, mean = root @ root.T, np.asarray([0.1, 0.2, 0.3])
    points = mean + np.random.default_rng(0).normal(size=(5, 2)) @ root.T
    expected = scipy.multivariate_normal.logpdf(points, mean, cov, allow_singular=True)
    x, m, c = (xp.asarray(v, device=device) for v in (points, mean, cov))
    came = xp.stats.multivariate_normal.logpdf(x, m, c, allow_singular=True)
    np.testing.assert_allclose(came.numpy(), expected, rtol=1e-9)
    density = xp.stats.multivariate_normal.pdf(x, m, c, allow_singular=True)
    np.testing.assert_allclose(density.numpy(), np.exp(expected), rtol=1e-9)
    assert xp.stats.multivariate_normal.pdf(x + 1, m, c, allow_singular=True).tolist() == [0.0] * 5
    off = xp.asarray(np.random.default_rng(1).normal(size=2), device=device)
    xp.check_gradients(
        lambda z: xp.stats.multivariate_normal.logpdf(
            m + xp.asarray(root, device=device) @ z, m, c, allow_singular=True
        ),
        off,
    )
