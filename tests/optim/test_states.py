"""Saved states that lack something, or hold what no optimizer gives: refused when they are loaded, not at the step."""

import copy
import pickle
import re

import numpy as np
import pytest

import xnn as xp
from tests.optim.bowl import fitting, make, quadratic, train
from tests.optim.table import BY_GRADIENT, CASES, FULLEST
from xnn import optim
from xnn.errors import CheckpointError

every = pytest.mark.parametrize("case", FULLEST, ids=str)


@every
def test_an_entry_that_is_missing(case):
    """What only some options need may be missing, and what PyTorch's has not; all else is named."""
    params = fitting(case, "cpu")
    optimizer = case.ours(params)
    train(optimizer, params, 2)
    whole = optimizer.state_dict()
    assert optimizer.optional == () or case.name in ("Adam", "AdamW", "RMSprop", "SGD", "Muon")
    for index, own in whole["state"].items():
        for name in own:
            state = copy.deepcopy(whole)
            del state["state"][index][name]
            fresh = case.ours(params)
            if name in optimizer.optional:
                fresh.load_state_dict(state)
                train(fresh, params, 1)
                continue
            message = f"{case.name}'s state of parameter {index} lacks {name}. Cure: the whole of what state_dict()"
            with pytest.raises(CheckpointError, match=re.escape(message)):
                fresh.load_state_dict(state)
            assert fresh.state_dict()["state"] == {}


def stated(**own):
    full = {"step": 1, "exp_avg": np.zeros((2, 2)), "exp_avg_sq": np.zeros((2, 2)), **own}
    return {"state": {0: full}, "param_groups": [{"params": [0, 1, 2]}]}


GROUP = {"params": [0, 1, 2]}
WRONG = [
    (None, 'an optimizer\'s state is a dict with "state" and "param_groups"; got NoneType. Cure: the whole of what'),
    ({"state": {}}, 'an optimizer\'s state is a dict with "state" and "param_groups"; got [\'state\']. Cure'),
    ({"param_groups": [GROUP]}, "got ['param_groups']. Cure"),
    ({"state": [], "param_groups": [GROUP]}, "got ['state', 'param_groups']. Cure"),
    ({"state": {}, "param_groups": [{"lr": 1}]}, "a group in an optimizer's state has \"params\"; got ['lr']. Cure"),
    ({"state": {"x": {}}, "param_groups": [GROUP]}, "the index of a parameter is a number; got 'x'. Cure"),
    ({"state": {-1: {}}, "param_groups": [GROUP]}, "the index of a parameter is a number of at least 0; got -1. Cure"),
    ({"state": {3: {}}, "param_groups": [GROUP]}, "the state has a parameter 3; this optimizer has 3"),
    ({"state": {}, "param_groups": [{**GROUP, "lr": -1}]}, "has an option out of range. Adam: lr is a number of at"),
    ({"state": {}, "param_groups": [{**GROUP, "betas": "x"}]}, "option out of range. Adam: betas is two numbers"),
    ({"state": {}, "param_groups": [GROUP], "step": "x"}, "step is a number; got 'x'. Cure"),
    (stated(step=-3), "step of parameter 0 is a number of at least 0; got -3. Cure"),
    (stated(step="x"), "step of parameter 0 is a number; got 'x'. Cure"),
    (stated(exp_avg=1.0), "exp_avg of parameter 0 has shape 1.0; it is (2, 2)"),
    (stated(exp_avg=np.zeros(3)), "exp_avg of parameter 0 has shape (3,); it is (2, 2)"),
    (
        stated(ax=1.0),
        "Adam keeps exp_avg, exp_avg_sq, max_exp_avg_sq; parameter 0 has ax. Cure: the optimizer of the run",
    ),
]


@pytest.mark.parametrize(("state", "message"), WRONG, ids=[message[-40:] for _, message in WRONG])
def test_what_no_optimizer_gives(state, message):
    params = make("cpu")
    optimizer = optim.Adam(params)
    train(optimizer, params, 2)
    before = pickle.dumps(optimizer.state_dict())
    with pytest.raises(CheckpointError, match=re.escape(message)):
        optimizer.load_state_dict(state)
    assert pickle.dumps(optimizer.state_dict()) == before


def test_adafactor_keeps_either_a_vector_or_rows_and_columns():
    params = make("cpu")
    optimizer = optim.Adafactor(params)
    train(optimizer, params, 1)
    state = optimizer.state_dict()
    state["state"][0], state["state"][1] = state["state"][1], state["state"][0]
    with pytest.raises(CheckpointError, match="Adafactor keeps row_var, col_var; parameter 0 has variance"):
        optimizer.load_state_dict(state)


def test_a_state_by_way_of_json_has_texts_for_indices():
    params = make("cpu")
    optimizer = optim.Adam(params)
    train(optimizer, params, 2)
    state = optimizer.state_dict()
    fresh = optim.Adam(params)
    fresh.load_state_dict({**state, "state": {str(i): own for i, own in state["state"].items()}})
    assert pickle.dumps(fresh.state_dict()) == pickle.dumps(state)


@pytest.mark.every_device
def test_a_state_is_where_its_parameter_is(device):
    """Also before the first step after a move."""
    net = xp.nn.Module()
    net.a, net.b, net.c = make("numpy:cpu")
    optimizer = optim.Adam(net.parameters())
    train(optimizer, list(net.parameters()), 1)
    expected = optimizer.state_dict()["state"][0]["exp_avg"].tolist()
    net.to(device)
    moved = optimizer.state_dict()["state"][0]["exp_avg"]
    assert moved.device is device
    assert moved.tolist() == expected


@pytest.mark.parametrize("again", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
@every
def test_a_copy_goes_on_by_itself(case, again):
    params = fitting(case, "cpu")
    optimizer = case.ours(params)
    train(optimizer, params, 2)
    other, theirs = again((optimizer, params))
    train(other, theirs, 2)
    middle = [p.tolist() for p in params]
    train(optimizer, params, 2)
    assert [p.tolist() for p in theirs] == [p.tolist() for p in params] != middle


def test_lbfgs_with_something_missing():
    params = make("cpu")
    optimizer = next(case for case in CASES if case.name == "LBFGS").ours(params, max_iter=3)

    def closure():
        optimizer.zero_grad()
        loss = quadratic(params) + xp.sum(params[1] ** 4)
        loss.backward()
        return loss

    optimizer.step(closure)
    whole = optimizer.state_dict()
    before = pickle.dumps(whole)
    own = whole["state"][0]
    wrong = [
        ({k: v for k, v in own.items() if k != name}, f"LBFGS's state lacks {name}. Cure: the wh")
        for name in own
        if name != "n_iter"
    ]
    wrong += [
        ({"func_evals": 1}, "LBFGS's state lacks n_iter. Cure"),
        (
            {**own, "ro": own["ro"][1:]},
            "LBFGS remembers as many of each of its lists; got {'old_dirs': 1, 'old_stps': 1, 'ro': 0}. Cure",
        ),
        ({**own, "t": "x"}, "t is a number; got 'x'. Cure"),
        ({**own, "old_dirs": [1.0, 2.0]}, "old_dirs of all parameters has shape 1.0; it is (8,)"),
    ]
    for state, message in wrong:
        with pytest.raises(CheckpointError, match=re.escape(message)):
            optimizer.load_state_dict({**whole, "state": {0: state}})
    assert pickle.dumps(optimizer.state_dict()) == before


def test_all_cases_are_saved_above():
    assert {case.name for case in FULLEST} == {case.name for case in BY_GRADIENT}
