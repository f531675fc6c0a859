"""A few steps beside PyTorch's optimizers, with options and shapes that Hypothesis draws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xnn as xp
from tests import parity
from tests.optim.table import IN_TORCH
from tests.oracle import torch
from xnn import optim
from xnn.nn import Parameter

pytestmark = pytest.mark.needs("torch")

SHARES = st.floats(0.0, 0.99)
FLAGS = st.booleans()
# What each option is drawn from; those that are not drawn keep their defaults.
VALUES = {
    "lr": st.floats(1e-4, 0.2),
    "momentum": st.one_of(st.just(0.0), SHARES),
    "dampening": st.floats(-0.5, 1.0),
    "weight_decay": st.one_of(st.just(0.0), st.floats(0.0, 0.5)),
    "nesterov": FLAGS,
    "maximize": FLAGS,
    "amsgrad": FLAGS,
    "centered": FLAGS,
    "decoupled_weight_decay": FLAGS,
    "alpha": SHARES,
    "betas": st.tuples(SHARES, SHARES),
    "eps": st.floats(1e-8, 1e-2),
    "momentum_decay": st.floats(0.0, 0.1),
    "lr_decay": st.floats(0.0, 0.5),
    "initial_accumulator_value": st.floats(0.0, 1.0),
    "rho": st.floats(0.0, 1.0),
    "etas": st.tuples(st.floats(0.1, 0.9), st.floats(1.1, 2.0)),
    "step_sizes": st.tuples(st.floats(1e-6, 1e-3), st.floats(0.1, 1.0)),
    "lambd": st.floats(0.0, 0.1),
    "t0": st.floats(0.0, 10.0),
    "beta2_decay": st.floats(-1.0, 0.0),
    "d": st.floats(1.0, 3.0),
    "ns_coefficients": st.sampled_from(
        [(3.4445, -4.775, 2.0315), (2.0, -1.5, 0.5), (1.5, -0.5, 0.0)]
    ),  # others explode
    "ns_steps": st.integers(0, 6),
    "adjust_lr_fn": st.sampled_from([None, "original", "match_rms_adamw"]),
}
OWN = {"Adafactor": {"eps": st.tuples(st.one_of(st.none(), st.floats(1e-8, 1e-2)), st.floats(1e-4, 1e-1))}}
SHAPES = {"Muon": [(1, 1), (2, 5), (5, 2)]}
ANY = [(), (1,), (2, 3), (4,), (2, 1, 3)]


@pytest.fixture(autouse=True)
def _in_full_precision(monkeypatch):
    torch.set_default_dtype(torch.float64)
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    yield
    torch.set_default_dtype(torch.float32)


def drawn_options(name, data):
    known = getattr(optim, name)([Parameter(xp.ones((1, 1), device="cpu"))]).defaults
    options = {k: data.draw(OWN.get(name, VALUES).get(k, VALUES.get(k)), k) for k in known}
    if options.get("nesterov") and name == "SGD":
        options |= {"dampening": 0.0, "momentum": max(0.1, options["momentum"])}
    return options


def turned(x):
    """The same values with other strides."""
    return np.asfortranarray(x[..., ::-1])[..., ::-1] if x.ndim else x


@pytest.mark.parametrize("name", sorted({case.name for case in IN_TORCH}))
def test_drawn_options(name):
    @settings(max_examples=15, deadline=None, derandomize=True, database=None)
    @given(data=st.data())
    def check(data):
        options = drawn_options(name, data)
        shapes = data.draw(st.lists(st.sampled_from(SHAPES.get(name, ANY)), min_size=1, max_size=3), "shapes")
        random = np.random.default_rng(data.draw(st.integers(0, 1000), "seed"))
        values = [np.asarray(random.normal(size=shape)) for shape in shapes]
        params = [Parameter(xp.asarray(turned(v), device="cpu")) for v in values]
        leaves = [torch.tensor(v, requires_grad=True) for v in values]
        ours, theirs = getattr(optim, name)(params, **options), getattr(torch.optim, name)(leaves, **options)
        for _ in range(4):
            for p, t in zip(params, leaves, strict=True):
                g = np.asarray(np.sin(t.detach().numpy()) + 0.1 * random.normal(size=p.shape))
                p.grad, t.grad = xp.asarray(turned(g), device="cpu"), torch.tensor(g)
            ours.step()
            theirs.step()
        for p, t in zip(params, leaves, strict=True):
            parity.compare("optimizer", name, p.detach().numpy(), t.detach().numpy())

    check()


def test_all_options_are_drawn():
    """The tables above know every option of every optimizer."""
    for name in {case.name for case in IN_TORCH}:
        known = getattr(optim, name)([Parameter(xp.ones((1, 1), device="cpu"))]).defaults
        assert set(known) <= set(VALUES)
