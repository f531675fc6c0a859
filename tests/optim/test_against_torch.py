"""Fifty steps beside PyTorch's optimizers, for every combination of options."""

import copy
import inspect

import numpy as np
import pytest

import xnn as xp
from tests import parity
from tests.optim.table import BY_GRADIENT, CASES, CLOSURES, FULLEST, IN_TORCH, OTHERS, SHAPES
from tests.oracle import torch
from xnn import optim
from xnn.nn import Parameter

pytestmark = pytest.mark.needs("torch")

STEPS = {"numpy": 50}  # the others compute by the same rule, and some are slow
FULLEST_IN_TORCH = [case for case in FULLEST if case.name not in OTHERS]
every = pytest.mark.parametrize("case", FULLEST_IN_TORCH, ids=str)


@pytest.fixture(autouse=True)
def _in_full_precision(monkeypatch):
    """PyTorch keeps numbers of its state in its default data type, and Muon's matrices in bfloat16."""
    torch.set_default_dtype(torch.float64)
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    yield
    torch.set_default_dtype(torch.float32)


def starts(dtype="float64", seed=0, shapes=SHAPES):
    random = np.random.default_rng(seed)
    return [np.asarray(random.normal(size=shape), dtype) for shape in shapes]


def parameters(values, device):
    return [Parameter(xp.asarray(v, device=device)) for v in values]


def tensors(values):
    return [torch.tensor(v, requires_grad=True) for v in values]


def both(case, device, dtype="float64"):
    """The same parameters, here and there."""
    values = starts(dtype, shapes=case.shapes)
    return parameters(values, device), tensors(values)


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


def assert_same(case, params, leaves, dtype="float64"):
    for p, t in zip(params, leaves, strict=True):
        assert p.dtype.name == dtype
        parity.compare("optimizer", case.name, p.detach().numpy(), t.detach().numpy())


def test_every_optimizer_has_cases():
    kinds = {n: getattr(optim, n) for n in optim.__all__ if isinstance(getattr(optim, n), type)}
    named = {n for n, kind in kinds.items() if issubclass(kind, optim.Optimizer)} - {"Optimizer"}
    assert {c.name for c in CASES} == {c.name for c in FULLEST} | CLOSURES == named
    assert {name for name in named if not hasattr(torch.optim, name)} == OTHERS


@pytest.mark.parametrize("name", sorted({c.name for c in CASES} - OTHERS))
def test_arguments_and_defaults_are_pytorchs(name):
    """All but those that choose an implementation."""
    ours, theirs = (inspect.signature(getattr(module, name)).parameters for module in (optim, torch.optim))
    implementation = {"foreach", "fused", "capturable", "differentiable"}
    assert [n for n in theirs if n not in implementation] == list(ours)
    assert {n: p.default for n, p in ours.items()} == {n: theirs[n].default for n in ours}


@pytest.mark.parametrize("case", IN_TORCH, ids=str)
def test_fifty_steps(case, device):
    for dtype, steps in (("float64", STEPS.get(device.backend.name, 6)), ("float32", 5)):
        params, leaves = both(case, device, dtype)
        ours, theirs = case.ours(params), case.theirs(leaves)
        for step in range(steps):
            step_both(ours, theirs, params, leaves, step, device)
        assert_same(case, params, leaves, dtype)
        assert all(p.device is device and p.is_leaf and p.requires_grad for p in params)


@every
def test_groups_with_options_of_their_own(case, device):
    params, leaves = both(case, device)
    more = {"weight_decay": 0.5} if case.name != "Rprop" else {"etas": (0.1, 2.0)}
    ours = case.ours([{"params": params[:2], "lr": 0.01}, {"params": params[2:], **more}])
    theirs = case.theirs([{"params": leaves[:2], "lr": 0.01}, {"params": leaves[2:], **more}])
    for step in range(10):
        step_both(ours, theirs, params, leaves, step, device)
    assert_same(case, params, leaves)


@every
def test_groups_that_are_added_on_the_way(case):
    params, leaves = both(case, "cpu")
    ours, theirs = case.ours(params[:2]), case.theirs(leaves[:2])
    for step in range(6):
        if step == 3:
            ours.add_param_group({"params": params[2], "lr": 0.02})
            ours.add_param_group({"params": params[3:]})
            theirs.add_param_group({"params": leaves[2], "lr": 0.02})
            theirs.add_param_group({"params": leaves[3:]})
        step_both(ours, theirs, params, leaves, step, "cpu")
    assert_same(case, params, leaves)
    assert [group["params"] for group in ours.state_dict()["param_groups"]] == [[0, 1], [2], [3]]


@every
def test_options_that_are_changed_on_the_way(case):
    params, leaves = both(case, "cpu")
    ours, theirs = case.ours(params), case.theirs(leaves)
    for step in range(10):
        for optimizer in (ours, theirs):
            optimizer.param_groups[0]["lr"] = 0.1 / (step + 1)
        step_both(ours, theirs, params, leaves, step, "cpu")
    assert_same(case, params, leaves)


@every
def test_parameters_without_a_gradient_are_skipped_and_keep_their_state(case, device):
    params, leaves = both(case, device)
    ours, theirs = case.ours(params), case.theirs(leaves)
    skipped = [(0,), (), (1, 2), (0, 1, 2, 3), (3,), (), (), (0,)]
    for step, skip in enumerate(skipped):
        for optimizer in (ours, theirs):
            optimizer.param_groups[0]["lr"] = 0.05 * (step + 1)  # so that what depends on it differs by parameter
        before = [p.tolist() for p in params]
        step_both(ours, theirs, params, leaves, step, device, skip)
        for i in skip:
            assert params[i].tolist() == before[i]
    assert_same(case, params, leaves)


@every
def test_schedules_are_functions_of_the_step(case):
    def schedule(step):
        return 0.1 * 0.9**step

    params, leaves = both(case, "cpu")
    ours, theirs = case.ours(params, lr=schedule), case.theirs(leaves, lr=0.1)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(theirs, 0.9)
    for step in range(10):
        step_both(ours, theirs, params, leaves, step, "cpu")
        scheduler.step()
    assert_same(case, params, leaves)


@every
def test_a_value_that_is_set_from_outside_is_where_the_next_step_starts(case, device):
    params, leaves = both(case, device)
    ours, theirs = case.ours(params), case.theirs(leaves)
    for step in range(4):
        step_both(ours, theirs, params, leaves, step, device)
        with torch.no_grad():
            leaves[1] *= 0.5
        with xp.no_grad():
            params[1] *= 0.5
    assert_same(case, params, leaves)


@pytest.mark.parametrize("case", [c for c in FULLEST_IN_TORCH if getattr(optim, c.name).is_flat], ids=str)
def test_complex_parameters_are_pairs_of_real_ones(case, device):
    random = np.random.default_rng(5)
    values = [np.asarray(random.normal(size=s) + 1j * random.normal(size=s)) for s in ((2, 2), (), (3,))]
    params, leaves = parameters(values, device), tensors(values)
    ours, theirs = case.ours(params), case.theirs(leaves)
    for step in range(5):
        if step == 3:
            fresh = case.ours(params)
            fresh.load_state_dict(theirs.state_dict())
            ours = fresh
        for p, t in zip(params, leaves, strict=True):
            g = np.asarray(2 * t.detach().numpy() + 0.1 * step * (1 - 2j))
            p.grad, t.grad = xp.asarray(g, device=device), torch.tensor(g)
        ours.step()
        theirs.step()
    assert_same(case, params, leaves, "complex128")


def test_muon_is_near_to_pytorchs_in_bfloat16(monkeypatch):
    """What bfloat16 leaves of a direction: two to three digits."""
    monkeypatch.undo()
    case = next(c for c in FULLEST if c.name == "Muon")
    params, leaves = both(case, "cpu", "float32")
    before = [p.detach().numpy().copy() for p in params]
    ours, theirs = case.ours(params), case.theirs(leaves)
    step_both(ours, theirs, params, leaves, 0, "cpu")
    for p, t, start in zip(params, leaves, before, strict=True):
        moved, expected = p.detach().numpy() - start, t.detach().numpy() - start
        assert 0 < np.abs(moved - expected).max() < 0.02 * np.abs(expected).max()


# ---- states of PyTorch ----


def as_tensors(state):
    """Our state dict with tensors in it."""
    whole = copy.deepcopy({**state, "state": {}})
    for i, own in state["state"].items():
        whole["state"][i] = {
            k: torch.tensor(v.numpy() if isinstance(v, xp.Array) else float(v)) for k, v in own.items()
        }
    return whole


@pytest.mark.parametrize("case", IN_TORCH, ids=str)
def test_a_state_of_pytorch_is_taken_over(case, device):
    params, leaves = both(case, device)
    theirs = case.theirs(leaves)
    for step in range(5):
        for leaf, g in zip(leaves, gradients([t.detach().numpy() for t in leaves], step), strict=True):
            leaf.grad = torch.tensor(g)
        theirs.step()
    with xp.no_grad():
        for p, t in zip(params, leaves, strict=True):
            p[...] = xp.asarray(t.detach().numpy(), device=device)
    ours = getattr(optim, case.name)(params)  # its options are in the state
    ours.load_state_dict(theirs.state_dict())
    for step in range(5, 8):
        step_both(ours, theirs, params, leaves, step, device)
    assert_same(case, params, leaves)


@pytest.mark.parametrize("case", IN_TORCH, ids=str)
def test_pytorch_takes_our_state_over(case):
    params, leaves = both(case, "cpu")
    ours, theirs = case.ours(params), case.theirs(leaves)
    for step in range(5):
        step_both(ours, theirs, params, leaves, step, "cpu")
    state = ours.state_dict()
    for i, own in state["state"].items():  # PyTorch's SGD and Muon count no steps
        assert set(own) == set(theirs.state_dict()["state"].get(i, {})) | {"step"}
    fresh = getattr(torch.optim, case.name)(leaves)
    fresh.load_state_dict(as_tensors(state))
    for step in range(5, 10):
        step_both(ours, fresh, params, leaves, step, "cpu")
    assert_same(case, params, leaves)


def test_a_state_of_pytorch_before_the_first_step():
    """Adagrad's has sums already."""
    case = next(c for c in FULLEST if c.name == "Adagrad")
    params, leaves = both(case, "cpu")
    ours, theirs = optim.Adagrad(params), case.theirs(leaves)
    ours.load_state_dict(theirs.state_dict())
    for step in range(3):
        step_both(ours, theirs, params, leaves, step, "cpu", skip=(step,))
    assert_same(case, params, leaves)


def test_named_parameters():
    """The names stand in the groups, as PyTorch's."""
    case = next(c for c in FULLEST if c.name == "Adam")
    params, leaves = both(case, "cpu")
    names = ["a.weight", "a.bias", "b.weight", "b.bias"]
    ours = case.ours(list(zip(names, params, strict=True)))
    theirs = case.theirs(list(zip(names, leaves, strict=True)))
    step_both(ours, theirs, params, leaves, 0, "cpu")
    assert_same(case, params, leaves)
    groups = ours.state_dict()["param_groups"], theirs.state_dict()["param_groups"]
    assert groups[0][0]["param_names"] == groups[1][0]["param_names"] == names
    fresh = optim.Adam(params)
    fresh.load_state_dict(theirs.state_dict())
    assert fresh.param_groups[0]["param_names"] == names


def test_cases_are_drawn_by_gradient_or_by_closure():
    assert {c.name for c in CASES} == {c.name for c in BY_GRADIENT} | CLOSURES
