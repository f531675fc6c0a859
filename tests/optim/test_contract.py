"""What holds for every optimizer: convergence, types and devices, state, and what it refuses."""

import copy
import pickle
import re

import numpy as np
import pytest

import xnn as xp
from tests.optim.table import CASES, FULLEST
from tests.tolerances import assert_close
from xnn import nn, optim
from xnn.errors import CheckpointError, OptionError

every = pytest.mark.parametrize("case", FULLEST, ids=str)


def quadratic(params):
    """A bowl with its minimum at 1."""
    return sum((xp.sum((p - 1.0) ** 2) for p in params[1:]), xp.sum((params[0] - 1.0) ** 2))


def make(device, dtype="float64"):
    return [
        nn.Parameter(xp.asarray(np.full(shape, start), dtype=dtype, device=device))
        for shape, start in (((2, 2), 3.0), ((3,), -1.0), ((), 0.5))
    ]


def train(optimizer, params, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        quadratic(params).backward()
        optimizer.step()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [c for c in CASES if not c.options.get("weight_decay")], ids=str)
def test_it_converges_and_keeps_type_and_device(case, dtype, device):
    params = make(device, dtype)
    optimizer = getattr(optim, case.name)(params, **{**case.options, "lr": 0.05})
    before = float(quadratic(params))
    train(optimizer, params, 60)
    assert float(quadratic(params)) < 0.1 * before
    for p, own in zip(params, optimizer.state_dict()["state"].values(), strict=True):
        assert (p.dtype.name, p.device, p.is_leaf, p.requires_grad) == (dtype, device, True, True)
        for name, x in own.items():
            if name != "step":
                assert (x.dtype, x.device, x.shape) == (p.dtype, device, p.shape)


@every
def test_a_run_that_was_stopped_goes_on_bit_for_bit(case, device):
    whole = make(device)
    train(case.ours(whole), whole, 8)
    params = make(device)
    first = case.ours(params)
    train(first, params, 5)
    blob = pickle.dumps((first.state_dict(), [p.detach() for p in params]))
    state, values = pickle.loads(blob)
    fresh = [nn.Parameter(v) for v in values]
    second = case.ours(fresh)
    second.load_state_dict(state)
    train(second, fresh, 3)
    for a, b in zip(fresh, whole, strict=True):
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())


@every
def test_state_goes_round_bit_for_bit(case):
    params = make("cpu")
    optimizer = case.ours([{"params": params[:1], "lr": 0.5}, {"params": params[1:]}])
    train(optimizer, params, 3)
    state = optimizer.state_dict()
    other = case.ours([{"params": params[:1]}, {"params": params[1:]}])
    other.load_state_dict(copy.deepcopy(state))
    again = other.state_dict()
    assert again["param_groups"] == state["param_groups"]
    assert again["param_groups"][0]["params"] == [0]
    assert again["param_groups"][1]["params"] == [1, 2]
    assert again["param_groups"][0]["lr"] == 0.5
    for i, own in state["state"].items():
        assert own["step"] == again["state"][i]["step"] == 3
        for name in set(own) - {"step"}:
            np.testing.assert_array_equal(own[name].numpy(), again["state"][i][name].numpy())


@every
def test_a_state_of_another_type_is_converted(case):
    params = make("cpu", "float64")
    optimizer = case.ours(params)
    train(optimizer, params, 2)
    narrow = make("cpu", "float32")
    other = case.ours(narrow)
    other.load_state_dict(optimizer.state_dict())
    train(other, narrow, 2)
    assert {p.dtype for p in narrow} == {xp.float32}


@every
def test_parameters_that_move_on_the_way(case, device):
    """To another device after three steps, to another type after six: the state goes along."""
    expected = make("numpy:cpu")
    train(case.ours(expected), expected, 6)
    net = nn.Module()
    net.a, net.b, net.c = make("numpy:cpu")
    params = list(net.parameters())
    optimizer = case.ours(params)
    train(optimizer, params, 3)
    net.to(device)
    train(optimizer, params, 3)
    for p, e in zip(params, expected, strict=True):
        assert p.device is device
        assert_close(p.detach().numpy(), e.detach().numpy())
    net.to(dtype=xp.float32)
    train(optimizer, params, 2)
    for own in optimizer.state_dict()["state"].values():
        assert own["step"] == 8
        assert {x.dtype for name, x in own.items() if name != "step"} == {xp.float32}


@every
def test_parameters_of_several_devices_and_types(case, device):
    params = [*make("numpy:cpu"), *make(device, "float32")]
    optimizer = case.ours(params)
    for _ in range(3):
        optimizer.zero_grad()
        quadratic(params[:3]).backward()
        quadratic(params[3:]).backward()
        optimizer.step()
    for a, b in zip(params[:3], params[3:], strict=True):
        assert_close(b.detach().numpy(), a.detach().numpy(), "float32")


def test_a_first_step_without_any_gradient_does_nothing(device):
    params = make(device)
    before = [p.tolist() for p in params]
    optimizer = optim.Adam(params)
    optimizer.step()
    assert [p.tolist() for p in params] == before
    assert optimizer.state_dict()["state"] == {}


def test_a_schedule_counts_the_steps_that_were_done():
    seen = []
    params = make("cpu")
    optimizer = optim.SGD(params, lr=lambda step: seen.append(step) or 0.1)
    train(optimizer, params, 3)
    assert seen == [0, 1, 2]
    state = optimizer.state_dict()
    assert "lr" not in state["param_groups"][0]
    fresh = optim.SGD(params, lr=lambda step: seen.append(step) or 0.1)
    fresh.load_state_dict(state)
    train(fresh, params, 1)
    assert seen[3:] == [3]  # also of SGD without momentum, whose parameters have no state


def test_a_schedule_counts_for_all_parameters_at_once():
    """One that gets its first gradient late is trained at the same rate as the others."""
    seen = []
    p, q = make("cpu")[:2]
    optimizer = optim.Adam([p, q], lr=lambda step: seen.append(step) or 0.1)
    for step in range(4):
        optimizer.zero_grad()
        quadratic([p, q] if step == 3 else [p]).backward()
        optimizer.step()
    assert seen == [0, 1, 2, 3]
    assert [own["step"] for own in optimizer.state_dict()["state"].values()] == [4, 1]  # of the bias correction


def test_a_schedule_where_the_state_has_no_count():
    """PyTorch's: the parameter with the most steps counts, and SGD's have none."""
    seen = []
    params = make("cpu")
    optimizer = optim.Adam(params)
    train(optimizer, params, 3)
    state = optimizer.state_dict()
    assert state.pop("step") == 3
    state["state"][0]["step"] = 2.0
    fresh = optim.Adam(params, lr=lambda step: seen.append(step) or 0.1)
    fresh.load_state_dict(state)
    train(fresh, params, 2)
    assert seen == [3, 4]
    plain = optim.SGD(params, lr=lambda step: seen.append(step) or 0.1)
    plain.load_state_dict({"state": {}, "param_groups": state["param_groups"]})
    train(plain, params, 1)
    assert seen == [3, 4, 0]


def test_old_graphs_see_the_old_values(device):
    p = nn.Parameter(xp.asarray([2.0], device=device))
    loss = xp.sum(p * p)
    p.grad = xp.asarray([1.0], device=device)
    optim.SGD([p], lr=1.0).step()
    assert p.tolist() == [1.0]
    p.grad = None
    loss.backward()
    assert p.grad.tolist() == [4.0]


def test_zero_grad():
    params = make("cpu")
    optimizer = optim.SGD(params)
    quadratic(params).backward()
    optimizer.zero_grad()
    assert all(p.grad is None for p in params)


def test_zero_grad_with_zeros():
    params = make("cpu")
    optimizer = optim.SGD(params)
    xp.sum(params[0] ** 2).backward()
    optimizer.zero_grad(set_to_none=False)
    assert params[0].grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert params[1].grad is None
    optimizer.zero_grad(set_to_none=True)
    assert params[0].grad is None


def test_an_optimizer_of_ones_own():
    class Signs(optim.Optimizer):
        @staticmethod
        def rule(xp, param, grad, state, *, step, lr):
            return param - lr * xp.sign(grad), {"last": grad}

        def __init__(self, params, lr=0.5):
            super().__init__(params, lr=lr)

    params = make("cpu")
    optimizer = Signs(params)
    train(optimizer, params, 1)
    assert params[2].tolist() == 1.0
    assert optimizer.state_dict()["state"][1]["last"].tolist() == [-4.0, -4.0, -4.0]


# ---- refusals ----

REFUSED = [
    ("SGD", {"lr": -0.1}, "SGD: lr is a number of at least 0, or a function of the step; got -0.1"),
    ("SGD", {"lr": float("nan")}, "SGD: lr is a number of at least 0, or a function of the step; got nan"),
    ("SGD", {"lr": "0.1"}, "SGD: lr is a number of at least 0, or a function of the step; got '0.1'"),
    ("SGD", {"momentum": -1}, "SGD: momentum is at least 0; got -1"),
    ("SGD", {"dampening": "x"}, "SGD: dampening is a number; got 'x'"),
    ("SGD", {"weight_decay": -1}, "SGD: weight_decay is at least 0; got -1"),
    ("SGD", {"nesterov": True}, "SGD: nesterov needs momentum above 0 and no dampening"),
    ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "SGD: nesterov needs momentum above 0"),
    ("RMSprop", {"alpha": 1.0}, "RMSprop: alpha is at least 0 and below 1; got 1.0"),
    ("RMSprop", {"eps": -1e-8}, "RMSprop: eps is at least 0; got -1e-08"),
    ("RMSprop", {"momentum": -0.1}, "RMSprop: momentum is at least 0; got -0.1"),
    ("Adam", {"lr": float("inf")}, "Adam: lr is a number of at least 0"),
    ("Adam", {"betas": (0.9, 1.0)}, "Adam: betas is two numbers, each at least 0 and below 1; got (0.9, 1.0)"),
    ("Adam", {"betas": (-0.1, 0.9)}, "Adam: betas is two numbers, each at least 0 and below 1; got (-0.1, 0.9)"),
    ("Adam", {"betas": 0.9}, "Adam: betas is two numbers, each at least 0 and below 1; got 0.9"),
    ("Adam", {"betas": (0.9,)}, "Adam: betas is two numbers, each at least 0 and below 1; got (0.9,)"),
    ("AdamW", {"eps": -1}, "AdamW: eps is at least 0; got -1"),
    ("AdamW", {"weight_decay": -1}, "AdamW: weight_decay is at least 0; got -1"),
]


@pytest.mark.parametrize(
    ("name", "options", "message"), REFUSED, ids=lambda v: str(v) if not isinstance(v, str) else ""
)
def test_bad_options(name, options, message):
    with pytest.raises(OptionError, match=re.escape(message)):
        getattr(optim, name)(make("cpu"), **options)
    if "nesterov" not in options:
        with pytest.raises(OptionError, match=re.escape(message)):
            getattr(optim, name)([{"params": make("cpu"), **options}])


def test_bad_parameters():
    p, q = make("cpu")[:2]
    for params in ([], [{"params": []}]):
        with pytest.raises(OptionError, match=r"SGD needs parameters; got none\. Cure: model\.parameters\(\)"):
            optim.SGD(params)
    for groups in ([{"lr": 0.1}], [{"params": [p]}, {"parameters": [q]}], [{"params": [p]}, [q]]):
        with pytest.raises(
            OptionError, match=r'a group of parameters is a dict with "params" and options; got .* Cure:'
        ):
            optim.SGD(groups)
    with pytest.raises(OptionError, match="Adam has no option beta; it has lr, betas, eps, weight_decay"):
        optim.Adam([{"params": [p], "beta": 1}])
    with pytest.raises(OptionError, match="stands twice"):
        optim.SGD([p, q, p])
    with pytest.raises(OptionError, match="stands twice"):
        optim.SGD([{"params": [p]}, {"params": [q, p]}])
    for wrong in (xp.asarray([1.0], device="cpu"), 2 * p, np.ones(2), "weight"):
        with pytest.raises(OptionError, match=r"SGD changes leaves that require a gradient"):
            optim.SGD([p, wrong])


def test_nesterov_in_a_group_is_checked_as_well():
    with pytest.raises(OptionError, match="nesterov needs momentum above 0"):
        optim.SGD([{"params": make("cpu"), "nesterov": True}])


def test_a_wrong_state_is_refused_and_changes_nothing():
    params = make("cpu")
    optimizer = optim.Adam(params)
    train(optimizer, params, 2)
    state = optimizer.state_dict()
    before = pickle.dumps(state)
    with pytest.raises(CheckpointError, match=r"is of groups of \[3\] parameters; this one has \[1, 2\]"):
        optim.Adam([{"params": params[:1]}, {"params": params[1:]}]).load_state_dict(state)
    wrong = copy.deepcopy(state)
    wrong["state"][1]["exp_avg"] = xp.zeros((4,), device="cpu")
    with pytest.raises(CheckpointError, match=r"exp_avg of parameter 1 has shape \(4,\); it is \(3,\)"):
        optimizer.load_state_dict(wrong)
    wrong = copy.deepcopy(state)
    wrong["state"][7] = wrong["state"].pop(1)
    with pytest.raises(CheckpointError, match="the state has a parameter 7; this optimizer has 3"):
        optimizer.load_state_dict(wrong)
    with pytest.raises(CheckpointError, match=r"SGD keeps momentum_buffer; parameter 0 has exp_avg, exp_avg_sq"):
        optim.SGD(params).load_state_dict(state)
    assert pickle.dumps(optimizer.state_dict()) == before


def test_an_option_switched_on_in_the_middle():
    params = make("cpu")
    optimizer = optim.RMSprop(params)
    train(optimizer, params, 2)
    optimizer.param_groups[0].update(momentum=0.9, centered=True)
    train(optimizer, params, 2)
    assert set(optimizer.state_dict()["state"][0]) == {"step", "square_avg", "grad_avg", "momentum_buffer"}
