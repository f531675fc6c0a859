"""Names of `xnn.random`: code that was written for NumPy runs with its import changed, and families are loaded late."""

import numpy as np
import pytest

import xnn as xp
from tests.backends.processes import run

LINES = """
npr.rand()
npr.rand(3, 4)
npr.randn(3, 4)
npr.random((3, 4))
npr.random_sample(size=3)
npr.standard_normal((3, 4))
npr.normal(0.0, 0.1, (3, 4))
npr.normal(loc=np.zeros(3), scale=0.1)
npr.normal(np.zeros((4, 1)), np.ones(3))
npr.normal(0.0, 1.0, size=(2, 3))
npr.uniform(-1, 1, size=(5, 2))
npr.uniform(low=-1.0, high=1.0, size=5)
npr.uniform(size=(3, 2))
npr.randint(5)
npr.randint(0, 10, 7)
npr.randint(2, size=(3, 2))
npr.permutation(5)
npr.permutation(np.zeros((4, 2)))
npr.permutation([1, 2, 3])
npr.choice(5)
npr.choice(5, 3, replace=False)
npr.choice(np.arange(5), size=(2, 2), p=[0.2, 0.2, 0.2, 0.2, 0.2])
npr.choice([1.0, 2.0], 3)
npr.multivariate_normal(np.zeros(2), np.eye(2))
npr.multivariate_normal(np.zeros(2), np.eye(2), 5)
npr.multivariate_normal(mean=np.zeros(2), cov=np.eye(2), size=(5, 3))
npr.multinomial(10, [0.5, 0.5])
npr.multinomial(10, np.ones(4) / 4, size=(2, 3))
npr.dirichlet(np.ones(3))
npr.dirichlet([1.0, 2.0], 4)
npr.gamma(2.0, 1.0, (3, 2))
npr.gamma(shape=np.ones(3), scale=2.0)
npr.beta(1.0, 2.0, size=3)
npr.exponential(scale=2.0, size=3)
npr.exponential(1.0, 3)
npr.poisson(3.0, size=(2, 2))
npr.poisson(lam=np.ones(3))
npr.binomial(1, 0.5, size=10)
npr.binomial(n=5, p=np.ones(3) / 2)
npr.laplace(0.0, 1.0, 3)
npr.standard_t(3, size=3)
npr.chisquare(df=2, size=3)
npr.geometric(p=0.5, size=3)
npr.negative_binomial(3, 0.5, 4)
npr.gumbel(0.0, 1.0, (2,))
npr.logistic(size=3)
npr.lognormal(mean=0.0, sigma=1.0, size=3)
npr.weibull(2.0, 3)
npr.pareto(a=2.0, size=3)
npr.rayleigh(1.0, 3)
npr.standard_cauchy(3)
npr.standard_exponential(3)
npr.standard_gamma(2.0, 3)
npr.shuffle(np.arange(3))
npr.RandomState(0).randn(3, 4)
npr.RandomState(seed=1).uniform(0.0, 1.0, 3)
npr.default_rng(1).integers(0, 10, size=3, endpoint=True)
npr.default_rng(1).random(3)
npr.default_rng(1).choice(3, 2)
npr.default_rng(1).spawn(2)
npr.seed(1)
"""


@pytest.mark.parametrize("line", LINES.strip().splitlines())
def test_lines_of_numpy_run_unchanged(line):
    expected = eval(line, {"np": np, "npr": np.random})
    with xp.use_device("numpy:cpu"):
        came = eval(line, {"np": np, "npr": xp.random})
    if expected is None or isinstance(expected, list):
        assert type(came) is type(expected)
    else:
        assert came.shape == np.shape(expected)
        kinds = {"f": "real floating", "i": "integral"}
        assert xp.isdtype(xp.asarray(came, device="cpu").dtype, kinds[np.asarray(expected).dtype.kind])


def test_families_are_loaded_when_they_are_asked_for():
    program = """
import sys, xnn
def families():
    return sorted(name.rpartition(".")[2] for name in sys.modules if name.startswith("xnn.random."))
dir(xnn.random), xnn.random.normal(3, device="cpu"), hasattr(xnn.random, "nothing")
print(*families())
xnn.random.gamma(2.0, device="cpu")
print(*families())
"""
    assert run(program) == ["arguments basic later", "arguments basic gammas later parameters"]
