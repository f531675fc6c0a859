"""Draws follow SciPy's distributions, by tests with fixed seeds: p-values below 1 in 10,000 fail."""

import numpy as np
import pytest

import xnn as xp
from tests import optional
from xnn.random import Generator

stats = optional.module("scipy.stats")

COUNT = 20_000
RARE = 1e-4


def arrays(*values):
    return [xp.asarray(value, dtype=xp.float64, device="cpu") for value in values]


# Name: how it is drawn, of a shape and more options, and SciPy's distribution.
CONTINUOUS = {
    "beta(2, 3)": (lambda g, **o: g.beta(2.0, 3.0, **o), stats.beta(2, 3)),
    "beta(0.3, 0.6)": (lambda g, **o: g.beta(0.3, 0.6, **o), stats.beta(0.3, 0.6)),
    "cauchy": (lambda g, **o: g.cauchy(1.0, 2.0, **o), stats.cauchy(1, 2)),
    "chisquare(1)": (lambda g, **o: g.chisquare(1, **o), stats.chi2(1)),
    "chisquare(7.5)": (lambda g, **o: g.chisquare(7.5, **o), stats.chi2(7.5)),
    "exponential": (lambda g, **o: g.exponential(2.0, **o), stats.expon(scale=2)),
    "gamma(0.1)": (lambda g, **o: g.gamma(0.1, 2.0, **o), stats.gamma(0.1, scale=2)),
    "gamma(1)": (lambda g, **o: g.gamma(1.0, 0.5, **o), stats.gamma(1, scale=0.5)),
    "gamma(1000)": (lambda g, **o: g.gamma(1000.0, **o), stats.gamma(1000)),
    "gumbel": (lambda g, **o: g.gumbel(1.0, 2.0, **o), stats.gumbel_r(1, 2)),
    "laplace": (lambda g, **o: g.laplace(1.0, 2.0, **o), stats.laplace(1, 2)),
    "logistic": (lambda g, **o: g.logistic(1.0, 2.0, **o), stats.logistic(1, 2)),
    "lognormal": (lambda g, **o: g.lognormal(0.5, 0.7, **o), stats.lognorm(0.7, scale=np.exp(0.5))),
    "normal": (lambda g, **o: g.normal(loc=1.0, scale=2.0, **o), stats.norm(1, 2)),
    "pareto": (lambda g, **o: g.pareto(3.0, **o), stats.lomax(3)),
    "rand": (lambda g, *, size, **o: g.rand(size, **o), stats.uniform()),
    "randn": (lambda g, *, size, **o: g.randn(size, **o), stats.norm()),
    "random": (lambda g, **o: g.random(**o), stats.uniform()),
    "random_sample": (lambda g, **o: g.random_sample(**o), stats.uniform()),
    "rayleigh": (lambda g, **o: g.rayleigh(2.0, **o), stats.rayleigh(scale=2)),
    "standard_cauchy": (lambda g, **o: g.standard_cauchy(**o), stats.cauchy()),
    "standard_exponential": (lambda g, **o: g.standard_exponential(**o), stats.expon()),
    "standard_gamma": (lambda g, **o: g.standard_gamma(3.0, **o), stats.gamma(3)),
    "standard_normal": (lambda g, **o: g.standard_normal(**o), stats.norm()),
    "standard_t": (lambda g, **o: g.standard_t(2.5, **o), stats.t(2.5)),
    "truncated_normal(-1, 2)": (
        lambda g, **o: g.truncated_normal(-1.0, 2.0, 1.0, 2.0, **o), stats.truncnorm(-1, 2, 1, 2)
    ),
    "truncated_normal(8, inf)": (lambda g, **o: g.truncated_normal(8.0, np.inf, **o), stats.truncnorm(8, np.inf)),
    "truncated_normal(-inf, -8)": (
        lambda g, **o: g.truncated_normal(-np.inf, -8.0, **o), stats.truncnorm(-np.inf, -8)
    ),
    "uniform": (lambda g, **o: g.uniform(low=-1.0, high=3.0, **o), stats.uniform(-1, 4)),
    "weibull": (lambda g, **o: g.weibull(1.5, **o), stats.weibull_min(1.5)),
}  # fmt: skip
DISCRETE = {
    "bernoulli": (lambda g, **o: g.bernoulli(0.3, dtype="int64", **o), stats.bernoulli(0.3)),
    "binomial(10, 0.3)": (lambda g, **o: g.binomial(10, 0.3, **o), stats.binom(10, 0.3)),
    "binomial(1000, 0.9)": (lambda g, **o: g.binomial(1000, 0.9, **o), stats.binom(1000, 0.9)),
    "binomial of arrays, few": (lambda g, **o: g.binomial(*arrays(30.0, 0.1), **o), stats.binom(30, 0.1)),
    "binomial of arrays, many": (lambda g, **o: g.binomial(*arrays(500.0, 0.4), **o), stats.binom(500, 0.4)),
    "binomial of arrays, turned": (lambda g, **o: g.binomial(*arrays(100.0, 0.8), **o), stats.binom(100, 0.8)),
    "choice": (lambda g, **o: g.choice(7, **o), stats.randint(0, 7)),
    "choice of p": (lambda g, **o: g.choice(3, p=[0.2, 0.5, 0.3], **o), [0.2, 0.5, 0.3]),
    "categorical": (lambda g, **o: g.categorical(np.log([0.2, 0.5, 0.3]), **o), [0.2, 0.5, 0.3]),
    "categorical of rows": (
        lambda g, *, size, **o: g.categorical(xp.broadcast_to(arrays(np.log([0.2, 0.5, 0.3]))[0], (size, 3)), **o),
        [0.2, 0.5, 0.3],
    ),
    "geometric": (lambda g, **o: g.geometric(0.2, **o), stats.geom(0.2)),
    "integers": (lambda g, **o: g.integers(-3, 4, endpoint=True, **o), stats.randint(-3, 5)),
    "integers of arrays": (lambda g, **o: g.integers(xp.asarray([-3], device="cpu"), 4, **o), stats.randint(-3, 4)),
    "multinomial": (lambda g, *, size, **o: g.multinomial(12, [0.2, 0.8], size, **o)[:, 0], stats.binom(12, 0.2)),
    "negative_binomial": (lambda g, **o: g.negative_binomial(3.5, 0.4, **o), stats.nbinom(3.5, 0.4)),
    "poisson(0.1)": (lambda g, **o: g.poisson(0.1, **o), stats.poisson(0.1)),
    "poisson(20)": (lambda g, **o: g.poisson(20.0, **o), stats.poisson(20)),
    "poisson of arrays, few": (lambda g, **o: g.poisson(arrays(7.5)[0], **o), stats.poisson(7.5)),
    "poisson of arrays, 10": (lambda g, **o: g.poisson(arrays(10.0)[0], **o), stats.poisson(10)),
    "poisson of arrays, many": (lambda g, **o: g.poisson(arrays(300.0)[0], **o), stats.poisson(300)),
    "randint": (lambda g, **o: g.randint(0, 10, **o), stats.randint(0, 10)),
}  # fmt: skip


def chi_squared(drawn, law):
    """The p-value of counts in cells that each expect at least 10."""
    values = np.arange(drawn.min() - 1, drawn.max() + 2)
    law = stats.rv_discrete(values=(range(len(law)), law)) if isinstance(law, list) else law
    edges, last = [], law.cdf(values[0] - 1)
    for value in values:
        if (law.cdf(value) - last) * drawn.size >= 10 and law.sf(value) * drawn.size >= 10:
            edges.append(value)
            last = law.cdf(value)
    shares = np.diff([0.0, *law.cdf(edges), 1.0])
    counts = np.bincount(np.searchsorted(edges, drawn), minlength=len(edges) + 1)
    assert counts[shares == 0].sum() == 0
    return stats.chisquare(counts[shares > 0], shares[shares > 0] * drawn.size).pvalue


@pytest.mark.parametrize("name", CONTINUOUS)
def test_real_numbers_follow_scipys_law(name):
    draw, law = CONTINUOUS[name]
    drawn = draw(Generator(11), size=COUNT, dtype="float64", device="cpu").numpy()
    assert drawn.shape == (COUNT,)
    assert drawn.dtype == np.float64
    assert stats.kstest(drawn, law.cdf).pvalue > RARE
    single = draw(Generator(12), size=(200, 100), dtype="float32", device="cpu").numpy()
    assert single.shape == (200, 100)
    assert single.dtype == np.float32
    assert np.isfinite(single).all()
    assert stats.kstest(single.ravel().astype(np.float64), law.cdf).pvalue > RARE
    if np.isfinite(law.var()) and np.isfinite(law.stats("k")):
        error = np.sqrt(law.var() / COUNT)
        assert abs(drawn.mean() - law.mean()) < 4 * error
        spread = np.sqrt((law.stats("k") + 2) / COUNT) * law.var()
        assert abs(drawn.var() - law.var()) < 5 * spread


@pytest.mark.parametrize("name", DISCRETE)
def test_counts_follow_scipys_law(name):
    draw, law = DISCRETE[name]
    drawn = draw(Generator(13), size=COUNT, device="cpu")
    assert drawn.dtype is xp.int64
    assert drawn.shape == (COUNT,)
    assert chi_squared(drawn.numpy(), law) > RARE


def test_the_tests_can_fail():
    """By what one percent of a shape does."""
    drawn = Generator(11).gamma(1.05, 1.0, 20_000, dtype="float64", device="cpu").numpy()
    assert stats.kstest(drawn, stats.gamma(1).cdf).pvalue < RARE
    assert chi_squared(Generator(13).poisson(20.5, 20_000, device="cpu").numpy(), stats.poisson(20)) < RARE


@pytest.mark.parametrize("method", ["cholesky", "eigh"])
def test_multivariate_normal(method):
    cov = np.asarray([[2.0, 0.6, 0.1], [0.6, 1.0, -0.3], [0.1, -0.3, 0.5]])
    mean = np.asarray([1.0, -2.0, 0.0])
    x = Generator(5).multivariate_normal(mean, cov, (COUNT,), method=method, device="cpu").numpy()
    assert x.shape == (COUNT, 3)
    white = np.linalg.solve(np.linalg.cholesky(cov), (x - mean).T)
    for row in white:
        assert stats.kstest(row, stats.norm.cdf).pvalue > RARE
    assert stats.kstest((white**2).sum(0), stats.chi2(3).cdf).pvalue > RARE
    assert np.abs(np.cov(x.T) - cov).max() < 0.08


def test_dirichlet():
    alpha = [0.5, 2.0, 3.0]
    x = Generator(6).dirichlet(alpha, COUNT, dtype="float64", device="cpu").numpy()
    np.testing.assert_allclose(x.sum(-1), 1.0, rtol=1e-14)
    for k, a in enumerate(alpha):
        assert stats.kstest(x[:, k], stats.beta(a, sum(alpha) - a).cdf).pvalue > RARE


def test_multinomial_and_orders():
    p = [0.1, 0.2, 0.3, 0.4]
    x = Generator(7).multinomial(50, p, COUNT, device="cpu").numpy()
    assert (x.sum(-1) == 50).all()
    for k, share in enumerate(p):
        assert chi_squared(x[:, k], stats.binom(50, share)) > RARE
    covariance = 50 * (np.diag(p) - np.outer(p, p))
    assert np.abs(np.cov(x.T) - covariance).max() < 0.4


def test_choices_without_replacement():
    """The first is drawn with p, the second with p among those that are left, as NumPy's."""
    p, stream = np.asarray([0.5, 0.3, 0.2]), Generator(8)
    pairs = np.asarray([stream.choice(3, 2, replace=False, p=p, device="cpu").tolist() for _ in range(3000)])
    assert (pairs[:, 0] != pairs[:, 1]).all()
    cells = [(i, j) for i in range(3) for j in range(3) if i != j]
    expected = [3000 * p[i] * p[j] / (1 - p[i]) for i, j in cells]
    counts = [((pairs[:, 0] == i) & (pairs[:, 1] == j)).sum() for i, j in cells]
    assert stats.chisquare(counts, expected).pvalue > RARE
    even = np.asarray([stream.choice(4, 2, replace=False, device="cpu").tolist() for _ in range(3000)])
    counts = np.bincount(even[:, 0] * 4 + even[:, 1], minlength=16).reshape(4, 4)
    assert np.trace(counts) == 0
    assert stats.chisquare(counts[~np.eye(4, dtype=bool)]).pvalue > RARE


def test_wide_ranges_of_integers():
    """Where words are refused, and of 2**63 integers, by halves of the range and by the last bits."""
    for width in (3 * 2**61, 2**63, 2**62 + 1, 2**52 + 1, 2**33 - 1):
        for drawn in (
            Generator(9).integers(0, width, COUNT, device="cpu"),
            Generator(9).integers(xp.zeros(1, dtype=xp.int64, device="cpu"), min(width, 2**52 - 1), COUNT),
        ):
            values = drawn.numpy()
            top = width if values.max() >= 2**52 - 1 else min(width, 2**52 - 1)
            assert values.min() >= 0
            assert stats.kstest(values / top, stats.uniform.cdf).pvalue > RARE
            assert chi_squared(values % 16, stats.randint(0, 16)) > RARE
