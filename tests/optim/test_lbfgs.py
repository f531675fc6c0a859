"""LBFGS beside PyTorch's, on Rosenbrock's valley; what holds for all optimizers, by a closure; and its line search."""

import copy
import importlib
import math
import pickle
import re

import numpy as np
import pytest

import xnn as xp
from tests import parity
from tests.optim.table import CASES
from tests.oracle import torch
from xnn import nn, optim
from xnn.errors import CheckpointError, DTypeError, OptionError
from xnn.optim.line_search import Point, strong_wolfe

ALL = [case for case in CASES if case.name == "LBFGS"]
every = pytest.mark.parametrize("case", ALL, ids=str)
STARTS = [np.asarray([-1.2, 1.0, 0.7]), np.asarray([[0.3, -0.2]]), np.asarray(2.0)]


def valley(module, params):
    """Rosenbrock's, with a bent floor; minimum 0 at ones and zeros.

    With 2 in the place of his 100, by which one rounding error becomes 1e-6 in 50 updates, in PyTorch as here.
    """
    x, y, z = params
    bent = module.sum(2 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
    return bent + module.sum((y + z) ** 2) + module.sum(y**2 * 3) + z**2 * (1 + z**2)


def make(device, dtype="float64"):
    return [nn.Parameter(xp.asarray(v, dtype=dtype, device=device)) for v in STARTS]


def closing(module, optimizer, params):
    def closure():
        optimizer.zero_grad()
        loss = valley(module, params)
        loss.backward()
        return loss

    return closure


def train(optimizer, params, steps):
    return [float(optimizer.step(closing(xp, optimizer, params))) for _ in range(steps)]


def both(case, device, dtype="float64"):
    params, leaves = make(device, dtype), [torch.tensor(np.asarray(v, dtype), requires_grad=True) for v in STARTS]
    return params, leaves, case.ours(params), case.theirs(leaves)


def step_both(ours, theirs, params, leaves):
    came = ours.step(closing(xp, ours, params))
    expected = theirs.step(closing(torch, theirs, leaves))
    parity.compare("optimizer", "LBFGS", came.detach().numpy(), expected.detach().numpy())


def assert_same(params, leaves):
    """All as one vector: near the minimum the single ones are what rounding leaves of 0."""
    came, expected = ([x.detach().numpy().ravel() for x in values] for values in (params, leaves))
    parity.compare("optimizer", "LBFGS", np.concatenate(came), np.concatenate(expected))


@pytest.mark.needs("torch")
@every
def test_fifty_updates(case, device):
    params, leaves, ours, theirs = both(case, device)
    ours.param_groups[0]["max_iter"] = theirs.param_groups[0]["max_iter"] = 4
    for _ in range(2 if device.is_asynchronous else 13):
        step_both(ours, theirs, params, leaves)
        assert_same(params, leaves)
    own, expected = ours.state_dict()["state"][0], theirs.state_dict()["state"][0]
    assert (own["n_iter"], own["func_evals"]) == (expected["n_iter"], expected["func_evals"])


@pytest.mark.needs("torch")
@pytest.mark.parametrize("case", ALL[:1], ids=str)
def test_float32(case, device):
    params, leaves, ours, theirs = both(case, device, "float32")
    ours.param_groups[0]["max_iter"] = theirs.param_groups[0]["max_iter"] = 3
    step_both(ours, theirs, params, leaves)
    assert_same(params, leaves)
    assert {p.dtype for p in params} == {xp.float32}


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_it_converges(search, device):
    params = make(device)
    optimizer = optim.LBFGS(params, lr=1 if search else 0.5, line_search_fn=search)
    losses = train(optimizer, params, 3 if device.is_asynchronous else 12)
    assert losses[-1] < (1.0 if device.is_asynchronous else 1e-6) < losses[0]
    assert all(p.device is device and p.is_leaf and p.requires_grad for p in params)


@pytest.mark.needs("torch")
@every
def test_a_state_of_pytorch_is_taken_over(case, device):
    params, leaves, _, theirs = both(case, device)
    for _ in range(2):
        theirs.step(closing(torch, theirs, leaves))
    with xp.no_grad():
        for p, t in zip(params, leaves, strict=True):
            p[...] = xp.asarray(t.detach().numpy(), device=device)
    ours = optim.LBFGS(params)
    ours.load_state_dict(theirs.state_dict())
    step_both(ours, theirs, params, leaves)
    assert_same(params, leaves)


@pytest.mark.needs("torch")
@every
def test_pytorch_takes_our_state_over(case):
    params, leaves, ours, theirs = both(case, "cpu")
    for _ in range(2):
        step_both(ours, theirs, params, leaves)
    state = ours.state_dict()
    assert set(state["state"][0]) | {"al"} == set(theirs.state_dict()["state"][0]) | {"al"}
    whole = {**state, "state": {0: {k: as_tensors(v) for k, v in state["state"][0].items()}}}
    fresh = torch.optim.LBFGS(leaves)
    fresh.load_state_dict(copy.deepcopy(whole))
    step_both(ours, fresh, params, leaves)
    assert_same(params, leaves)


def as_tensors(value):
    if isinstance(value, list):
        return [as_tensors(v) for v in value]
    return torch.tensor(value.numpy()) if isinstance(value, xp.Array) else value


@every
def test_a_run_that_was_stopped_goes_on_bit_for_bit(case, device):
    whole = make(device)
    train(case.ours(whole), whole, 3)
    params = make(device)
    first = case.ours(params)
    train(first, params, 2)
    state, values = pickle.loads(pickle.dumps((first.state_dict(), [p.detach() for p in params])))
    fresh = [nn.Parameter(v) for v in values]
    second = optim.LBFGS(fresh)
    second.load_state_dict(state)
    assert second.state_dict()["step"] == 2
    train(second, fresh, 1)
    for a, b in zip(fresh, whole, strict=True):
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())


@pytest.mark.every_device
def test_parameters_that_move_on_the_way(device):
    expected = make("numpy:cpu")
    train(optim.LBFGS(expected, max_iter=3), expected, 2)
    net = nn.Module()
    net.a, net.b, net.c = params = make("numpy:cpu")
    optimizer = optim.LBFGS(params, max_iter=3)
    train(optimizer, params, 1)
    net.to(device)
    train(optimizer, params, 1)
    for p, e in zip(params, expected, strict=True):
        assert p.device is device
        parity.compare("optimizer", "LBFGS", p.detach().numpy(), e.detach().numpy())
    net.to(dtype=xp.float32)
    train(optimizer, params, 1)
    assert optimizer.state_dict()["state"][0]["d"].dtype is xp.float32


def test_a_schedule_counts_steps():
    seen = []
    params = make("cpu")
    train(optim.LBFGS(params, lr=lambda step: seen.append(step) or 0.5, max_iter=3), params, 2)
    assert seen == [0, 1]


def test_a_minimum_is_left_alone():
    params = [nn.Parameter(xp.asarray(v, dtype="float64", device="cpu")) for v in (np.ones(3), np.zeros((1, 2)), 0.0)]
    optimizer = optim.LBFGS(params)
    assert train(optimizer, params, 2) == [0.0, 0.0]
    assert optimizer.state_dict()["state"] == {0: {"func_evals": 2, "n_iter": 0}}
    assert params[0].tolist() == [1.0, 1.0, 1.0]


def test_a_parameter_without_a_gradient_has_zeros():
    used, unused = (nn.Parameter(xp.asarray([2.0], device="cpu")) for _ in range(2))
    optimizer = optim.LBFGS([used, unused])

    def closure():
        optimizer.zero_grad()
        loss = xp.sum(used**2)
        loss.backward()
        return loss

    optimizer.step(closure)
    assert unused.tolist() == [2.0]
    assert used.tolist() == [0.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -1}, "LBFGS: lr is a number of at least 0, or a function of the step; got -1"),
        ({"max_iter": 0}, "LBFGS: max_iter is an int of at least 1; got 0"),
        ({"max_eval": 2.5}, "LBFGS: max_eval is an int of at least 1; got 2.5"),
        ({"history_size": 0}, "LBFGS: history_size is an int of at least 1; got 0"),
        ({"tolerance_grad": -1e-3}, "LBFGS: tolerance_grad is at least 0; got -0.001"),
        ({"tolerance_change": "x"}, "LBFGS: tolerance_change is at least 0; got 'x'"),
        ({"line_search_fn": "wolfe"}, "LBFGS: line_search_fn is None or \"strong_wolfe\"; got 'wolfe'"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(OptionError, match=re.escape(message)):
        optim.LBFGS(make("cpu"), **options)


def test_what_it_refuses():
    params = make("cpu")
    with pytest.raises(OptionError, match=r"LBFGS has one group of parameters.*Cure: all in one list"):
        optim.LBFGS([{"params": params[:1]}, {"params": params[1:]}])
    with pytest.raises(OptionError, match=r"LBFGS looks at the loss several times in a step; got no closure\. Cure:"):
        optim.LBFGS(params).step()
    mixed = [*params, nn.Parameter(xp.asarray([1.0], dtype="float32", device="cpu"))]
    with pytest.raises(OptionError, match="of one device and data type; got numpy:cpu float32, numpy:cpu float64"):
        train(optim.LBFGS(mixed), mixed, 1)
    whole = nn.Parameter(xp.asarray([1j], dtype="complex128", device="cpu"))
    with pytest.raises(DTypeError, match=r"LBFGS changes real parameters; got complex128 of shape \(1,\)\. Cure:"):
        optim.LBFGS([whole])


def test_a_wrong_state_is_refused_and_changes_nothing():
    params = make("cpu")
    optimizer = optim.LBFGS(params, max_iter=3)
    train(optimizer, params, 1)
    state = optimizer.state_dict()
    before = pickle.dumps(state)
    other = optim.LBFGS(params[:2])
    with pytest.raises(CheckpointError, match=r"is of groups of \[3\] parameters; this one has \[2\]"):
        other.load_state_dict(state)
    wrong = {**state, "state": {0: {**state["state"][0], "d": xp.zeros((7,), device="cpu")}}}
    with pytest.raises(CheckpointError, match=r"d of all parameters has shape \(7,\); it is \(6,\)"):
        optimizer.load_state_dict(wrong)
    for strange in ({1: {}}, {0: {"exp_avg": xp.zeros((6,), device="cpu")}}):
        with pytest.raises(CheckpointError, match="the state is of another optimizer: LBFGS keeps d, prev_flat_grad"):
            optimizer.load_state_dict({**state, "state": strange})
    assert pickle.dumps(optimizer.state_dict()) == before


# ---- the line search ----

CURVES = {
    "parabola": (lambda t: (t - 2) ** 2, lambda t: 2 * (t - 2)),
    "steep": (lambda t: math.cosh(5 * t) - 20 * t, lambda t: 5 * math.sinh(5 * t) - 20),
    "far": (lambda t: (t - 500.0) ** 2 / 500, lambda t: (t - 500.0) / 250),
    "waves": (lambda t: -math.sin(3 * t) - t, lambda t: -3 * math.cos(3 * t) - 1),
}


@pytest.mark.parametrize("first", [1e-3, 0.3, 1.0, 30.0])
@pytest.mark.parametrize("name", CURVES)
def test_the_length_satisfies_the_wolfe_conditions(name, first):
    loss, slope = CURVES[name]
    start = Point(0.0, loss(0.0), None, slope(0.0))
    found, count = strong_wolfe(lambda t: Point(t, loss(t), None, slope(t)), start, first, 1.0, 25)
    assert found.loss <= start.loss + 1e-4 * found.t * start.slope
    assert abs(found.slope) <= 0.9 * abs(start.slope)
    assert 1 <= count <= 26


def polynomial(seed):
    """A curve that goes down at 0, up in the end, and waves between, with its slope."""
    random = np.random.default_rng(seed)
    factors = np.poly1d(
        [*(10 ** random.uniform(-2, 1, size=1)), *random.normal(size=4) * 3, -random.uniform(0.1, 5), 1.0]
    )
    slope = factors.deriv()
    return lambda t: float(factors(t)), lambda t: float(slope(t))


def wave(seed):
    """A curve that goes down in waves."""
    pace, fall = np.random.default_rng(seed).uniform((1, 0.1), (20, 2.0))
    return lambda t: -math.sin(pace * t) - fall * t, lambda t: -pace * math.cos(pace * t) - fall


def assert_searches_agree(loss, slope, first, limit):
    """The same points, one after the other, as in PyTorch's."""
    seen, expected = [], []
    start = Point(0.0, loss(0.0), None, slope(0.0))
    found, count = strong_wolfe(lambda t: seen.append(t) or Point(t, loss(t), None, slope(t)), start, first, 1.0, limit)

    def theirs(x, t, d):
        expected.append(float(t))
        return loss(float(t)), torch.tensor([slope(float(t))], dtype=torch.float64)

    one, g = torch.ones(1, dtype=torch.float64), torch.tensor([start.slope], dtype=torch.float64)
    search = importlib.import_module(torch.optim.LBFGS.__module__)._strong_wolfe
    f, _, t, evaluations = search(theirs, None, first, one, start.loss, g, g.dot(one), max_ls=limit)
    assert count == evaluations
    np.testing.assert_allclose(seen, expected, rtol=1e-7)
    np.testing.assert_allclose([found.t, found.loss], [float(t), float(f)], rtol=1e-7, atol=1e-7)


@pytest.mark.needs("torch")
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 10])
@pytest.mark.parametrize("first", [0.01, 0.5, 1.0, 4.0])
def test_the_search_is_pytorchs(first, limit):
    for seed in range(40):
        assert_searches_agree(*polynomial(seed), first, limit)
        assert_searches_agree(*wave(seed), first, limit)


@pytest.mark.needs("torch")
def test_the_second_point_may_be_higher_than_the_first():
    """As long as it is low enough: PyTorch's search goes on then."""

    def loss(t):
        return 0.0 if t == 0 else -0.5 if t <= 1 else -0.4 if t < 6 else 1.0

    assert_searches_agree(loss, lambda t: -1.0 if t == 0 else -0.95, 1.0, 10)


@pytest.mark.parametrize("limit", [0, 1, 2, 3])
def test_no_more_points_are_looked_at_than_allowed(limit):
    loss, slope = CURVES["far"]
    seen = []
    start = Point(0.0, loss(0.0), None, slope(0.0))
    _, count = strong_wolfe(lambda t: seen.append(t) or Point(t, loss(t), None, slope(t)), start, 1e-6, 1.0, limit)
    assert count == len(seen) <= limit + 1


def test_a_loss_that_is_nan_ends_the_search():
    start = Point(0.0, 1.0, None, -1.0)
    found, count = strong_wolfe(lambda t: Point(t, math.nan, None, math.nan), start, 1.0, 1.0, 5)
    assert count <= 6
    assert found.t >= 0
