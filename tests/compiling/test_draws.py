"""Draws in compiled steps: each replay draws new numbers, those that the step as it is written draws."""

import subprocess
import sys

import pytest

import xnn as xp
from xnn.errors import OptionError

from .twice import assert_replays, batches, values

# What a step draws, of positive parameters p (2, 3) and scores x (2, 3).
DRAWS = {
    "beta": lambda r, p, x: r.beta(p, p),
    "binomial": lambda r, p, x: r.binomial(20, xp.exp(-p)),
    "bernoulli": lambda r, p, x: r.bernoulli(xp.exp(-p), (4, 2, 3)),
    "categorical": lambda r, p, x: r.categorical(x),
    "choice": lambda r, p, x: r.choice(x, 5),
    "choice of p": lambda r, p, x: r.choice(3, 5, p=xp.exp(x[0]) / xp.sum(xp.exp(x[0])), device=x.device),
    "choice without replacement": lambda r, p, x: r.choice(x, 2, replace=False, axis=1),
    "dirichlet": lambda r, p, x: r.dirichlet(p),
    "gamma": lambda r, p, x: r.gamma(p, p),
    "geometric": lambda r, p, x: r.geometric(xp.exp(-p)),
    "integers": lambda r, p, x: r.integers(10, size=4, device=x.device),
    "laplace": lambda r, p, x: r.laplace(x, p),
    "multinomial": lambda r, p, x: r.multinomial(5, [0.5, 0.5], device=x.device),
    "multivariate_normal": lambda r, p, x: r.multivariate_normal(x[0], xp.eye(3, device=x.device)),
    "normal": lambda r, p, x: r.normal(x, p, (2, 3)),
    "permutation": lambda r, p, x: r.permutation(x, axis=1),
    "poisson": lambda r, p, x: r.poisson(p) + r.poisson(3.0, device=x.device),
    "randn": lambda r, p, x: r.randn(2, 3, device=x.device),
    "truncated_normal": lambda r, p, x: r.truncated_normal(-p, p, x),
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWS)
def test_steps_that_draw(name, device):
    def make():
        weight = xp.asarray([0.5, 1.0, 1.5], dtype="float32", device=device, requires_grad=True)

        def step(x):
            drawn = DRAWS[name](xp.random, xp.exp(weight * x) + 0.5, weight * x)
            if drawn.requires_grad:
                xp.sum(drawn * drawn).backward()
            gradient, weight.grad = weight.grad, None
            return drawn, gradient

        return (step,)

    same = batches(device, 1, (2, 3)) * 2
    assert_replays(make, [*same, *batches(device, 4, (2, 3), seed=1)])
    if name not in ("choice without replacement", "multinomial", "permutation", "bernoulli"):  # which may come twice
        fast = xp.compile(make()[0])
        assert len({str(values(fast(*same[0])[0])) for _ in range(5)}) > 1


def test_values_are_checked_in_replays(device):
    fast = xp.compile(lambda p: xp.random.gamma(p))
    for _ in range(4):
        fast(xp.ones(3, device=device))
    assert fast.reason is None
    with pytest.raises(OptionError, match="gamma: shape is more than 0; others came"):
        fast(-xp.ones(3, device=device)).numpy()


def test_families_that_a_recording_loads():
    """What is imported while a step is recorded works afterwards as ever, and in the next recording."""
    program = """
import xnn as xp
one = xp.ones(3, device="cpu")
fast = xp.compile(lambda x: xp.random.poisson(x) + xp.random.gamma(x))
first = [fast(one).tolist() for _ in range(4)]
second = xp.compile(lambda x: xp.random.gamma(x) * 2)
found = [second(one).tolist() for _ in range(4)]
print(fast.reason, second.reason, len(set(map(str, first))), len(set(map(str, found))))
print(xp.random.gamma(one).shape)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["None None 4 4", "(3,)"]
