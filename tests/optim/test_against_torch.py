"""Fifty steps beside PyTorch's optimizers, for every combination of options."""

import copy

import numpy as np
import pytest

import xnn as xp
from tests.optim.table import CASES, FULLEST
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import optim
from xnn.nn import Parameter

SHAPES = [(3, 2), (4,), (), (1, 1, 2)]
STEPS = 50


def starts(dtype="float64", seed=0):
    random = np.random.default_rng(seed)
    return [np.asarray(random.normal(size=shape), dtype) for shape in SHAPES]


def parameters(values, device):
    return [Parameter(xp.asarray(v, device=device)) for v in values]


def tensors(values):
    return [torch.tensor(v, requires_grad=True) for v in values]


def gradients(values, step):
    """Those of a curved function, with noise that depends on the step."""
    random = np.random.default_rng(step)
    return [np.asarray(2 * v + np.sin(3 * v) + 0.1 * random.normal(size=v.shape), v.dtype) for v in values]


def step_both(ours, theirs, params, leaves, step, device, skip=()):
    """One step of each by the gradients of PyTorch's values; parameters in `skip` have none."""
    for i, g in enumerate(gradients([t.detach().numpy() for t in leaves], step)):
        leaves[i].grad = None if i in skip else torch.tensor(g)
        params[i].grad = None if i in skip else xp.asarray(g, device=device)
    ours.step()
    theirs.step()


def assert_same(params, leaves, dtype="float64"):
    for p, t in zip(params, leaves, strict=True):
        assert p.dtype.name == dtype
        assert_close(p.detach().numpy(), t.detach().numpy())


def test_every_optimizer_has_cases():
    named = {n for n in optim.__all__ if isinstance(getattr(optim, n), type)} - {"Optimizer"}
    assert {c.name for c in CASES} == {c.name for c in FULLEST} == named


def test_defaults_are_pytorchs():
    for name in {c.name for c in CASES}:
        ours = getattr(optim, name)(parameters(starts(), "cpu")).defaults
        theirs = getattr(torch.optim, name)(tensors(starts())).defaults
        assert ours == {option: theirs[option] for option in ours}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fifty_steps(case, device):
    for dtype, steps in (("float64", STEPS), ("float32", 5)):
        params, leaves = parameters(starts(dtype), device), tensors(starts(dtype))
        ours, theirs = case.ours(params), case.theirs(leaves)
        for step in range(steps):
            step_both(ours, theirs, params, leaves, step, device)
        assert_same(params, leaves, dtype)
        assert all(p.device is device and p.is_leaf and p.requires_grad for p in params)


@pytest.mark.parametrize("case", FULLEST, ids=str)
def test_groups_with_options_of_their_own(case, device):
    params, leaves = parameters(starts(), device), tensors(starts())
    ours = case.ours([{"params": params[:2], "lr": 0.01}, {"params": params[2:], "weight_decay": 0.5}])
    theirs = case.theirs([{"params": leaves[:2], "lr": 0.01}, {"params": leaves[2:], "weight_decay": 0.5}])
    for step in range(10):
        step_both(ours, theirs, params, leaves, step, device)
    assert_same(params, leaves)


@pytest.mark.parametrize("case", FULLEST, ids=str)
def test_options_that_are_changed_on_the_way(case):
    params, leaves = parameters(starts(), "cpu"), tensors(starts())
    ours, theirs = case.ours(params), case.theirs(leaves)
    for step in range(10):
        for optimizer in (ours, theirs):
            optimizer.param_groups[0]["lr"] = 0.1 / (step + 1)
        step_both(ours, theirs, params, leaves, step, "cpu")
    assert_same(params, leaves)


@pytest.mark.parametrize("case", FULLEST, ids=str)
def test_parameters_without_a_gradient_are_skipped_and_keep_their_state(case, device):
    params, leaves = parameters(starts(), device), tensors(starts())
    ours, theirs = case.ours(params), case.theirs(leaves)
    skipped = [(0,), (), (1, 2), (0, 1, 2, 3), (3,), (), (), (0,)]
    for step, skip in enumerate(skipped):
        before = [p.tolist() for p in params]
        step_both(ours, theirs, params, leaves, step, device, skip)
        for i in skip:
            assert params[i].tolist() == before[i]
    assert_same(params, leaves)


@pytest.mark.parametrize("case", FULLEST, ids=str)
def test_schedules_are_functions_of_the_step(case):
    def schedule(step):
        return 0.1 * 0.9**step

    params, leaves = parameters(starts(), "cpu"), tensors(starts())
    options = {k: v for k, v in case.options.items() if k != "lr"}
    ours = getattr(optim, case.name)(params, lr=schedule, **options)
    theirs = getattr(torch.optim, case.name)(leaves, lr=0.1, **options)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(theirs, 0.9)
    for step in range(10):
        step_both(ours, theirs, params, leaves, step, "cpu")
        scheduler.step()
    assert_same(params, leaves)


@pytest.mark.parametrize("case", FULLEST, ids=str)
def test_a_value_that_is_set_from_outside_is_where_the_next_step_starts(case, device):
    params, leaves = parameters(starts(), device), tensors(starts())
    ours, theirs = case.ours(params), case.theirs(leaves)
    for step in range(4):
        step_both(ours, theirs, params, leaves, step, device)
        with torch.no_grad():
            leaves[1] *= 0.5
        with xp.no_grad():
            params[1] *= 0.5
    assert_same(params, leaves)


# ---- states of PyTorch ----


def as_tensors(state):
    """Our state dict with tensors in it."""
    whole = copy.deepcopy({**state, "state": {}})
    for i, own in state["state"].items():
        whole["state"][i] = {
            k: torch.tensor(float(v)) if k == "step" else torch.tensor(v.numpy()) for k, v in own.items()
        }
    return whole


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_state_of_pytorch_is_taken_over(case, device):
    params, leaves = parameters(starts(), device), tensors(starts())
    theirs = case.theirs(leaves)
    for step in range(5):
        for leaf, g in zip(leaves, gradients([t.detach().numpy() for t in leaves], step), strict=True):
            leaf.grad = torch.tensor(g)
        theirs.step()
    with xp.no_grad():
        for p, t in zip(params, leaves, strict=True):
            p[...] = xp.asarray(t.detach().numpy(), device=device)
    ours = case.ours(params)
    ours.load_state_dict(theirs.state_dict())
    for step in range(5, 10):
        step_both(ours, theirs, params, leaves, step, device)
    assert_same(params, leaves)


@pytest.mark.parametrize("case", FULLEST, ids=str)
def test_pytorch_takes_our_state_over(case):
    params, leaves = parameters(starts(), "cpu"), tensors(starts())
    ours, theirs = case.ours(params), case.theirs(leaves)
    for step in range(5):
        step_both(ours, theirs, params, leaves, step, "cpu")
    state = ours.state_dict()
    theirs_names = {i: set(own) for i, own in theirs.state_dict()["state"].items()}
    assert {i: set(own) | {"step"} for i, own in state["state"].items()} == {
        i: names | {"step"} for i, names in theirs_names.items()
    }
    fresh = case.theirs(leaves)
    full = as_tensors(state)
    for ours_group, group in zip(full["param_groups"], fresh.state_dict()["param_groups"], strict=True):
        for name, value in group.items():
            ours_group.setdefault(name, value)
    fresh.load_state_dict(full)
    for step in range(5, 10):
        step_both(ours, fresh, params, leaves, step, "cpu")
    assert_same(params, leaves)


@pytest.mark.parametrize("option", ["amsgrad", "maximize"])
def test_what_pytorch_has_and_we_have_not_is_refused(option):
    theirs = torch.optim.Adam(tensors(starts()), **{option: True})
    ours = optim.Adam(parameters(starts(), "cpu"))
    with pytest.raises(xp.errors.CheckpointError, match=f"of a run with {option}=True, which xnn does not have"):
        ours.load_state_dict(theirs.state_dict())
