"""What optimizers refuse: options, parameters, groups and states, each with the rule, what came and the cure."""

import copy
import pickle
import re

import numpy as np
import pytest

import xnn as xp
from tests.optim.bowl import make, train
from tests.optim.table import CASES
from xnn import nn, optim
from xnn.errors import CheckpointError, DTypeError, OptionError, ShapeError

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
    ("Adam", {"amsgrad": "yes"}, "Adam: amsgrad is True or False; got 'yes'"),
    ("Adam", {"decoupled_weight_decay": None}, "Adam: decoupled_weight_decay is True or False; got None"),
    ("SGD", {"maximize": 2}, "SGD: maximize is True or False; got 2"),
    ("SGD", {"lr": None}, "SGD: lr is a number of at least 0, or a function of the step; got None"),
    ("RMSprop", {"centered": "no"}, "RMSprop: centered is True or False; got 'no'"),
    ("Adamax", {"betas": (1.0, 0.9)}, "Adamax: betas is two numbers, each at least 0 and below 1; got (1.0, 0.9)"),
    ("NAdam", {"momentum_decay": -1e-3}, "NAdam: momentum_decay is at least 0; got -0.001"),
    ("RAdam", {"betas": (0.9, 0.99, 0.999)}, "RAdam: betas is two numbers, each at least 0 and below 1"),
    ("Adagrad", {"lr_decay": -1}, "Adagrad: lr_decay is at least 0; got -1"),
    ("Adagrad", {"initial_accumulator_value": -0.1}, "Adagrad: initial_accumulator_value is at least 0; got -0.1"),
    ("Adadelta", {"rho": 1.1}, "Adadelta: rho is from 0 to 1; got 1.1"),
    ("Rprop", {"etas": (0.0, 1.2)}, "Rprop: etas is two numbers, one between 0 and 1 and one above 1; got (0.0, 1.2)"),
    ("Rprop", {"etas": (0.5, 1.0)}, "Rprop: etas is two numbers, one between 0 and 1 and one above 1; got (0.5, 1.0)"),
    ("Rprop", {"step_sizes": (-1, 50)}, "Rprop: step_sizes is two numbers, each at least 0; got (-1, 50)"),
    ("ASGD", {"lambd": float("nan")}, "ASGD: lambd is a finite number; got nan"),
    ("ASGD", {"alpha": "x"}, "ASGD: alpha is a finite number; got 'x'"),
    ("ASGD", {"t0": None}, "ASGD: t0 is a number; got None"),
    ("Adafactor", {"beta2_decay": 0.5}, "Adafactor: beta2_decay is at most 0; got 0.5"),
    ("Adafactor", {"eps": (None, -1)}, "Adafactor: eps is None or at least 0, and at least 0; got (None, -1)"),
    ("Adafactor", {"eps": 1e-3}, "Adafactor: eps is None or at least 0, and at least 0; got 0.001"),
    ("Adafactor", {"d": 0.5}, "Adafactor: d is at least 1; got 0.5"),
    ("Muon", {"ns_coefficients": (1.0, 2.0)}, "Muon: ns_coefficients is three numbers; got (1.0, 2.0)"),
    ("Muon", {"ns_steps": 100}, "Muon: ns_steps is an int from 0 to 99; got 100"),
    ("Muon", {"adjust_lr_fn": "x"}, 'Muon: adjust_lr_fn is "original", "match_rms_adamw" or None; got \'x\''),
    ("Lion", {"betas": (0.9, 1.0)}, "Lion: betas is two numbers, each at least 0 and below 1; got (0.9, 1.0)"),
    ("LAMB", {"eps": -1}, "LAMB: eps is at least 0; got -1"),
    ("LARS", {"trust_coefficient": -1}, "LARS: trust_coefficient is at least 0; got -1"),
    ("FTRL", {"lr": 0.0}, "FTRL: lr is a number above 0, or a function of the step; got 0.0"),
    ("FTRL", {"learning_rate_power": 0.5}, "FTRL: learning_rate_power is at most 0; got 0.5"),
    ("FTRL", {"l1_regularization_strength": -1}, "FTRL: l1_regularization_strength is at least 0; got -1"),
    ("FTRL", {"l2_regularization_strength": -1}, "FTRL: l2_regularization_strength is at least 0; got -1"),
    ("FTRL", {"l2_shrinkage_regularization_strength": -1}, "FTRL: l2_shrinkage_regularization_strength is at least 0"),
    ("FTRL", {"beta": -1}, "FTRL: beta is at least 0; got -1"),
    ("ScheduleFreeAdamW", {"betas": (0.0, 0.9)}, "ScheduleFreeAdamW: betas is two numbers, the first above 0, the"),
    ("ScheduleFreeAdamW", {"warmup_steps": 1.5}, "ScheduleFreeAdamW: warmup_steps is an int of at least 0; got 1.5"),
    ("ScheduleFreeAdamW", {"r": float("inf")}, "ScheduleFreeAdamW: r is a finite number; got inf"),
    ("ScheduleFreeAdamW", {"weight_lr_power": -1}, "ScheduleFreeAdamW: weight_lr_power is at least 0; got -1"),
]


@pytest.mark.parametrize(
    ("name", "options", "message"), REFUSED, ids=lambda v: str(v) if not isinstance(v, str) else ""
)
def test_bad_options(name, options, message):
    params = make("cpu", shapes=((2, 2), (3, 1), (1, 2)))
    with pytest.raises(OptionError, match=re.escape(message)):
        getattr(optim, name)(params, **options)
    if "nesterov" not in options:
        with pytest.raises(OptionError, match=re.escape(message)):
            getattr(optim, name)([{"params": params, **options}])


def test_every_option_has_a_limit():
    """So that a wrong one is seen where it is given, and not in the middle of a step."""
    for case in CASES:
        kind = getattr(optim, case.name)
        assert set(kind(make("cpu", shapes=((2, 2), (3, 1), (1, 2)))).defaults) <= set(kind.limits)


@pytest.mark.parametrize("name", ["Adafactor", "LAMB", "LARS", "Muon"])
def test_complex_parameters_of_rules_with_norms(name):
    p = nn.Parameter(xp.asarray([[1j]], dtype="complex128", device="cpu"))
    with pytest.raises(
        DTypeError, match=rf"{name} changes real parameters; got complex128 of shape \(1, 1\)\. Cure: two"
    ):
        getattr(optim, name)([p])


@pytest.mark.parametrize("shape", [(), (3,), (2, 2, 2)])
def test_muon_changes_matrices(shape):
    p = nn.Parameter(xp.zeros(shape, device="cpu"))
    message = f"Muon changes matrices; got a parameter of shape {shape}. Cure: AdamW for the others."
    with pytest.raises(ShapeError, match=re.escape(message)):
        optim.Muon([p])
    optimizer = optim.Muon([nn.Parameter(xp.zeros((2, 2), device="cpu"))])
    with pytest.raises(ShapeError, match=re.escape(message)):
        optimizer.add_param_group({"params": [p]})


def test_a_group_that_is_refused_is_not_added():
    p, q = make("cpu")[:2]
    optimizer = optim.SGD([p])
    for group, message in (
        ({"params": [p]}, "stands twice"),
        ({"params": []}, "SGD needs parameters"),
        ({"params": [q], "lr": -1}, "SGD: lr is a number of at least 0"),
        ({"params": [q], "speed": 1}, "SGD has no option speed; it has lr, momentum"),
        ([q], "a group of parameters is a dict"),
    ):
        with pytest.raises(OptionError, match=message):
            optimizer.add_param_group(group)
    assert len(optimizer.param_groups) == 1
    train(optimizer, [p, q], 1)
    assert len(optimizer.state_dict()["param_groups"]) == 1


def test_what_schedulers_keep_in_a_group_is_no_option():
    """PyTorch's do; a step does not see it, and it is in the state."""
    params = make("cpu")
    optimizer = optim.SGD([{"params": params, "initial_lr": 0.3}])
    optimizer.param_groups[0]["max_lr"] = 1.0
    train(optimizer, params, 1)
    fresh = optim.SGD(params)
    fresh.load_state_dict(optimizer.state_dict())
    assert (fresh.param_groups[0]["initial_lr"], fresh.param_groups[0]["max_lr"]) == (0.3, 1.0)


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
    with pytest.raises(
        OptionError, match="Adam has no option beta; it has lr, betas, eps, weight_decay, amsgrad, maximize, decoupled"
    ):
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
