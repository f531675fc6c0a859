"""Groups and options that a script changes between steps, and steps that fail: seen, checked, or done not at all."""

import re

import numpy as np
import pytest

import xnn as xp
from tests.optim.bowl import fitting, make, quadratic, train
from tests.optim.table import CASES, FULLEST
from xnn import nn, optim
from xnn.errors import OptionError

every = pytest.mark.parametrize("case", FULLEST, ids=str)


def ones(count=2):
    params = [nn.Parameter(xp.asarray([float(i)], device="cpu")) for i in range(1, count + 1)]
    for p in params:
        p.grad = xp.ones((1,), device="cpu")
    return params


def test_a_parameter_that_is_put_into_a_group():
    p, q = ones()
    optimizer = optim.SGD([p], lr=0.5, momentum=0.5)
    optimizer.step()
    optimizer.param_groups[0]["params"].append(q)
    optimizer.step()
    assert (p.tolist(), q.tolist()) == ([-0.25], [1.5])  # p keeps its momentum
    assert [own["step"] for own in optimizer.state_dict()["state"].values()] == [2, 1]


def test_a_parameter_in_the_place_of_another():
    p, q = ones()
    optimizer = optim.SGD([p], lr=0.5)
    optimizer.step()
    optimizer.param_groups[0]["params"][0] = q
    optimizer.step()
    assert (p.tolist(), q.tolist()) == ([0.5], [1.5])


def test_groups_that_are_put_in_taken_out_and_turned_round():
    p, q, r = ones(3)
    optimizer = optim.SGD([{"params": [p]}, {"params": [q], "momentum": 0.5}], lr=0.5)
    optimizer.step()
    optimizer.param_groups.append({**optimizer.defaults, "params": [r]})
    optimizer.param_groups.reverse()
    del optimizer.param_groups[2]
    optimizer.step()
    assert (p.tolist(), q.tolist(), r.tolist()) == ([0.5], [0.75], [2.5])


def test_what_is_put_in_is_checked():
    p, q = ones()
    optimizer = optim.SGD([p], lr=0.5)
    for params, message in (
        ([p, 2 * q], "SGD changes leaves that require a gradient"),
        ([p, p], "a parameter stands twice"),
    ):
        optimizer.param_groups[0]["params"] = params
        with pytest.raises(OptionError, match=message):
            optimizer.step()
    optimizer.param_groups[:] = [{"params": [p], "lr": 0.1}]
    message = "a group of SGD's lacks momentum, dampening, weight_decay, nesterov, maximize. Cure: add_param_group for"
    with pytest.raises(OptionError, match=message):
        optimizer.step()
    assert (p.tolist(), q.tolist()) == ([1.0], [2.0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": "x"}, "SGD: lr is a number of at least 0, or a function of the step; got 'x'"),
        ({"lr": lambda step: -1.0}, "SGD: lr is a number of at least 0, or a function of the step; got -1.0"),
        ({"lr": lambda step: None}, "SGD: lr is a number of at least 0, or a function of the step; got None"),
        ({"lr": lambda step: float("nan")}, "SGD: lr is a number of at least 0, or a function of the step; got nan"),
        (
            {"lr": xp.asarray(0.1, device="cpu")},
            "SGD: lr is a number of at least 0, or a function of the step; got Arr",
        ),
        ({"momentum": -1}, "SGD: momentum is at least 0; got -1"),
        ({"nesterov": True}, "SGD: nesterov needs momentum above 0 and no dampening"),
    ],
    ids=lambda x: x if isinstance(x, str) else ", ".join(x),
)
def test_a_wrong_option_of_the_last_group_leaves_all_as_it_was(change, message):
    p, q = ones()
    optimizer = optim.SGD([{"params": [p]}, {"params": [q]}], lr=0.5)
    optimizer.param_groups[1].update(change)
    with pytest.raises(OptionError, match=re.escape(message)):
        optimizer.step()
    assert (p.tolist(), q.tolist()) == ([1.0], [2.0])
    state = optimizer.state_dict()
    assert (state["state"], state["step"]) == ({}, 0)


@every
def test_a_rule_that_fails_for_the_last_parameter_leaves_all_as_it_was(case, monkeypatch):
    """As where memory runs out."""
    params = [*fitting(case, "cpu"), *fitting(case, "cpu", "float32")]
    optimizer = case.ours(params)
    quadratic(params[:3]).backward()
    quadratic(params[3:]).backward()
    optimizer.step()
    before, kind, rule = [p.tolist() for p in params], type(optimizer), type(optimizer).rule

    def failing(xp, param, *rest, **options):
        if param.dtype == np.float32:
            raise MemoryError
        return rule(xp, param, *rest, **options)

    monkeypatch.setattr(kind, "rule", staticmethod(failing))
    with pytest.raises(MemoryError):
        optimizer.step()
    assert [p.tolist() for p in params] == before
    state = optimizer.state_dict()
    assert {own["step"] for own in state["state"].values()} == {state["step"]} == {1}


def test_a_schedule_of_0_where_a_rate_divides():
    (p,) = ones(1)
    with pytest.raises(OptionError, match=r"FTRL: lr is a number above 0, or a function of the step; got 0\.0"):
        optim.FTRL([p], lr=lambda step: 0.0).step()
    assert p.tolist() == [1.0]


@every
def test_numbers_of_numpy_in_any_option(case):
    params, expected = (fitting(case, "cpu", "float32") for _ in range(2))
    optimizer, other = case.ours(params), case.ours(expected)
    for name, value in case.options.items():
        wide = tuple(map(np.float64, value)) if name in ("betas", "etas", "step_sizes", "ns_coefficients") else value
        wide = np.float64(value) if type(value) is float else np.int64(value) if type(value) is int else wide
        optimizer.param_groups[0][name] = wide
    train(optimizer, params, 2)
    train(other, expected, 2)
    assert {p._data.dtype for p in params} == {np.dtype("float32")}
    assert [p.tolist() for p in params] == [p.tolist() for p in expected]


@pytest.mark.parametrize("wrong", [{"a": 1}, {"params": []}, None, 3], ids=str)
def test_what_is_no_list_of_parameters(wrong):
    with pytest.raises(OptionError, match=r"SGD takes a list of parameters, or of groups of them; got .* Cure: model"):
        optim.SGD(wrong)


def test_one_parameter_alone_is_no_list():
    for p in (*ones(1), nn.Parameter(xp.asarray(1.0, device="cpu")), nn.Linear(1, 1, device="cpu")):
        with pytest.raises(OptionError, match="SGD takes a list of parameters, or of groups of them"):
            optim.SGD(p)
    assert optim.SGD([{"params": ones(1)[0]}]).param_groups[0]["params"][0].tolist() == [1.0]  # of a group it is


def test_the_name_of_a_group_is_kept():
    """A usage of PyTorch's scripts."""
    p, q = ones()
    groups = [{"params": (x for x in [p]), "name": "encoder"}, {"params": [q], "name": "head", "lr": 0.25}]
    optimizer = optim.SGD(groups, lr=0.5)
    optimizer.step()
    assert (p.tolist(), q.tolist()) == ([0.5], [1.75])
    other = optim.SGD([{"params": [p]}, {"params": [q]}])
    other.load_state_dict(optimizer.state_dict())
    assert [(group["name"], group["lr"]) for group in other.param_groups] == [("encoder", 0.5), ("head", 0.25)]


def test_groups_with_schedules_of_their_own():
    p, q = ones()
    optimizer = optim.SGD([{"params": [p], "lr": lambda step: 0.5**step}, {"params": [q], "lr": lambda step: 0.25}])
    for _ in range(3):
        optimizer.step()
    assert (p.tolist(), q.tolist()) == ([-0.75], [1.25])


@every
def test_what_was_taken_before_a_step_stays(case, device):
    params = fitting(case, device)
    optimizer = case.ours(params)
    train(optimizer, params, 1)
    taken, state = [p.detach() for p in params], optimizer.state_dict()["state"]
    before = [x.tolist() for x in taken]
    arrays = {(i, k): x for i, own in state.items() for k, x in own.items() if isinstance(x, xp.Array)}
    kept = {key: x.tolist() for key, x in arrays.items()}
    grads = [p.grad for p in params]
    slopes = [g.tolist() for g in grads]
    optimizer.step()
    assert [x.tolist() for x in taken] == before != [p.tolist() for p in params]
    assert {key: x.tolist() for key, x in arrays.items()} == kept
    assert [g.tolist() for g in grads] == slopes


def test_a_gradient_that_is_changed_after_a_step_is_not_what_was_remembered():
    (p,) = ones(1)
    optimizer = optim.SGD([p], lr=0.5, momentum=0.5)
    optimizer.step()
    with xp.no_grad():
        p.grad[...] = 100.0
    assert optimizer.state_dict()["state"][0]["momentum_buffer"].tolist() == [1.0]


@pytest.mark.parametrize("line_search_fn", [None, "strong_wolfe"])
def test_a_closure_that_raises_in_the_middle_of_lbfgs(line_search_fn):
    params = make("cpu")
    optimizer = next(c for c in CASES if c.name == "LBFGS").ours(params, line_search_fn=line_search_fn, lr=0.1)
    calls, stop = [], None

    def closure():
        calls.append(1)
        if len(calls) == stop:
            raise KeyboardInterrupt
        optimizer.zero_grad()
        loss = quadratic(params) + xp.sum(params[1] ** 4)
        loss.backward()
        return loss

    optimizer.param_groups[0]["max_iter"] = 3
    optimizer.step(closure)
    before, state = [p.tolist() for p in params], str(optimizer.state_dict())
    stop = len(calls) + 3
    with pytest.raises(KeyboardInterrupt):
        optimizer.step(closure)
    assert len(calls) == stop
    assert [p.tolist() for p in params] == before
    assert str(optimizer.state_dict()) == state


def test_a_closure_without_a_loss():
    params = make("cpu")
    with pytest.raises(OptionError, match=r"LBFGS's closure gives the loss; got None\. Cure: return loss at its end"):
        optim.LBFGS(params).step(lambda: quadratic(params).backward())


@pytest.mark.filterwarnings("error")
def test_adafactor_of_a_matrix_without_rows():
    p = nn.Parameter(xp.zeros((0, 3), device="cpu"))
    p.grad = xp.zeros((0, 3), device="cpu")
    optimizer = optim.Adafactor([p])
    optimizer.step()
    optimizer.step()
    assert optimizer.state_dict()["state"][0]["col_var"].tolist() == [[0.0, 0.0, 0.0]]
