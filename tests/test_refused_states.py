"""Each `load_state_dict` of xnn takes over a state as a whole: one that it refuses has changed nothing."""

import copy
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import xnn as xp
from tests.metrics.table import ROWS, arrays
from tests.optim.bowl import fitting, quadratic, train
from tests.optim.table import CASES, FULLEST
from xnn import amp, nn, optim
from xnn.errors import XnnError

LBFGS = next(case for case in CASES if case.name == "LBFGS")
# In the place of each value of a state: what no state has there.
WRONG = (None, "x", -1, float("nan"), [], {}, object(), np.zeros(5))


def optimizer(case):
    params = fitting(case, "cpu")
    made = case.ours(params)
    if case.name == "LBFGS":
        made.step(lambda: quadratic(params))
    else:
        train(made, params, 2)
    return made


def metric(row):
    made = row.make()
    made.update(*arrays(row.batches[0]))
    return made


def scaler():
    made = amp.GradScaler(64.0, 3.0, 0.25, 7)
    made._growth_tracker = 2
    return made


def plateau():
    made = optim.lr_scheduler.ReduceLROnPlateau(0.1, patience=3)
    for loss in (3.0, 2.0, 2.5):
        made.step(loss)
    return made


def average():
    model = nn.Linear(2, 3, device="cpu")
    made = optim.swa_utils.AveragedModel(model)
    made.update_parameters(model)
    return made


MADE = {
    "Generator": lambda: xp.random.Generator(7, 5),
    "GradScaler": scaler,
    "ReduceLROnPlateau": plateau,
    "Sequential": lambda: nn.Sequential(nn.Linear(2, 3, device="cpu"), nn.BatchNorm1d(3, device="cpu")),
    "AveragedModel": average,
    **{case.name: lambda case=case: optimizer(case) for case in (*FULLEST, LBFGS)},
    **{row.name: lambda row=row: metric(row) for row in ROWS},
}


def owners():
    """The classes that have a `load_state_dict` of their own."""
    for found in pkgutil.walk_packages(xp.__path__, "xnn."):
        if found.name != "xnn.__main__":
            for value in vars(importlib.import_module(found.name)).values():
                if inspect.isclass(value) and value.__module__ == found.name and "load_state_dict" in vars(value):
                    yield value


def test_every_owner_of_a_state_is_here():
    made = [type(make()) for make in MADE.values()]
    assert [owner for owner in owners() if not any(issubclass(kind, owner) for kind in made)] == []
    assert {owner.__name__ for owner in owners()} >= {"Generator", "GradScaler", "Module", "Metric", "Optimizer"}


def mutants(state):
    """States with one value missing, or another one in its place, at any depth."""
    yield from (wrong for wrong in WRONG if not isinstance(wrong, dict))
    keys = list(state) if isinstance(state, dict) else range(len(state))
    for key in keys:
        if isinstance(state, dict):
            yield {other: value for other, value in state.items() if other != key}
        values = [*WRONG]
        if isinstance(state[key], dict) or (isinstance(state[key], list) and state[key]):
            values = mutants(state[key])
        for value in values:
            other = copy.copy(state)
            other[key] = value
            yield other


def refusal(owner, state):
    try:
        owner.load_state_dict(state)
    except Exception as error:
        return error
    return None


def assert_same(came, expected):
    if isinstance(expected, dict):
        assert list(came) == list(expected)
        for key, value in expected.items():
            assert_same(came[key], value)
    elif isinstance(expected, (list, tuple)):
        assert len(came) == len(expected)
        for one, other in zip(came, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, xp.Array):
        np.testing.assert_array_equal(came.numpy(), expected.numpy(), strict=True)
    else:
        assert type(came) is type(expected)
        assert came == expected


@pytest.mark.parametrize("name", MADE)
def test_what_is_refused_changes_nothing(name):
    """And is refused by xnn, not by whichever function meets it first."""
    state, refused = MADE[name]().state_dict(), 0
    owner = MADE[name]()
    before = copy.deepcopy(owner.state_dict())
    for mutant in mutants(state):
        error = refusal(owner, mutant)
        if error is None:  # it may be the state of another one
            owner.load_state_dict(before)
            continue
        refused += 1
        assert isinstance(error, XnnError) or (type(error) is TypeError and "Cure: " in str(error))
        assert "\n" not in str(error)
        assert_same(owner.state_dict(), before)
    assert refused > 5
    assert_same(owner.state_dict(), before)
