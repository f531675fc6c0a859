"""What schedules refuse, with the rule and what came."""

import math

import pytest

from tests.optim.schedules import MADE
from xnn.errors import OptionError
from xnn.optim import lr_scheduler

REFUSED = [
    ("StepLR", {"lr": -1.0, "step_size": 1}, "lr is a number of at least 0; got -1.0"),
    ("StepLR", {"lr": math.inf, "step_size": 1}, "lr is a number of at least 0; got inf"),
    ("StepLR", {"lr": True, "step_size": 1}, "lr is a number of at least 0; got True"),
    ("StepLR", {"lr": "0.1", "step_size": 1}, "lr is a number of at least 0; got '0.1'"),
    ("StepLR", {"lr": 0.1, "step_size": 0}, "step_size is an int of at least 1; got 0"),
    ("StepLR", {"lr": 0.1, "step_size": 1, "gamma": -0.1}, "gamma is a number of at least 0; got -0.1"),
    ("MultiStepLR", {"lr": 0.1, "milestones": [3, 1.5]}, "a milestone is an int of at least 0; got 1.5"),
    ("LambdaLR", {"lr": 0.1, "lr_lambda": 0.5}, "lr_lambda is a function; got 0.5"),
    ("MultiplicativeLR", {"lr": 0.1, "lr_lambda": None}, "lr_lambda is a function; got None"),
    ("ConstantLR", {"lr": 0.1, "factor": 1.5}, "factor is a number of at least 0 and at most 1; got 1.5"),
    ("ConstantLR", {"lr": 0.1, "total_iters": 0}, "total_iters is an int of at least 1; got 0"),
    ("LinearLR", {"lr": 0.1, "start_factor": 0}, "start_factor is a number above 0 and at most 1; got 0"),
    ("LinearLR", {"lr": 0.1, "end_factor": 2}, "end_factor is a number of at least 0 and at most 1; got 2"),
    ("ExponentialLR", {"lr": 0.1, "gamma": math.nan}, "gamma is a number of at least 0; got nan"),
    ("PolynomialLR", {"lr": 0.1, "power": -1}, "power is a number of at least 0; got -1"),
    ("CosineAnnealingLR", {"lr": 0.1, "T_max": 0}, "T_max is an int of at least 1; got 0"),
    ("CosineAnnealingWarmRestarts", {"lr": 0.1, "T_0": 2.5}, "T_0 is an int of at least 1; got 2.5"),
    ("CosineAnnealingWarmRestarts", {"lr": 0.1, "T_0": 2, "T_mult": 0}, "T_mult is an int of at least 1; got 0"),
    ("SWALR", {"lr": 0.1, "swa_lr": 1, "anneal_strategy": "exp"}, "anneal_strategy is 'cos' or 'linear'; got 'exp'"),
    ("SWALR", {"lr": 0.1, "swa_lr": 1, "anneal_epochs": -1}, "anneal_epochs is an int of at least 0; got -1"),
    ("CyclicLR", {"base_lr": 0, "max_lr": 1, "step_size_up": 0}, "step_size_up is an int of at least 1; got 0"),
    (
        "CyclicLR",
        {"base_lr": 0, "max_lr": 1, "mode": "square"},
        "mode is 'triangular' or 'triangular2' or 'exp_range'; got 'square'",
    ),
    (
        "CyclicLR",
        {"base_lr": 0, "max_lr": 1, "scale_mode": "epoch"},
        "scale_mode is 'cycle' or 'iterations'; got 'epoch'",
    ),
    ("CyclicLR", {"base_lr": 0, "max_lr": 1, "scale_fn": 2}, "scale_fn is a function; got 2"),
    (
        "CyclicLR",
        {"base_lr": 0, "max_lr": 1, "max_momentum": 2},
        "max_momentum is a number of at least 0 and at most 1; got 2",
    ),
    (
        "OneCycleLR",
        {"max_lr": 1, "total_steps": 3, "epochs": 3},
        "give total_steps, or else epochs and steps_per_epoch; got (3, 3, None)",
    ),
    ("OneCycleLR", {"max_lr": 1}, "give total_steps, or else epochs and steps_per_epoch; got (None, None, None)"),
    ("OneCycleLR", {"max_lr": 1, "total_steps": 0}, "total_steps is an int of at least 1; got 0"),
    ("OneCycleLR", {"max_lr": 1, "epochs": 0, "steps_per_epoch": 1}, "epochs is an int of at least 1; got 0"),
    (
        "OneCycleLR",
        {"max_lr": 1, "total_steps": 3, "pct_start": 1.5},
        "pct_start is a number of at least 0 and at most 1; got 1.5",
    ),
    ("OneCycleLR", {"max_lr": 1, "total_steps": 3, "div_factor": 0}, "div_factor is a number above 0; got 0"),
    ("ReduceLROnPlateau", {"lr": 1, "mode": "low"}, "mode is 'min' or 'max'; got 'low'"),
    ("ReduceLROnPlateau", {"lr": 1, "threshold_mode": "x"}, "threshold_mode is 'rel' or 'abs'; got 'x'"),
    ("ReduceLROnPlateau", {"lr": 1, "factor": 1}, "factor is a number below 1; got 1"),
    ("ReduceLROnPlateau", {"lr": 1, "patience": 1.5}, "patience is an int of at least 0; got 1.5"),
    ("ReduceLROnPlateau", {"lr": 1, "min_lr": [0, 0]}, "min_lr is a number of at least 0; got [0, 0]"),
    (
        "ExponentialDecay",
        {"initial_learning_rate": 1, "decay_steps": 0, "decay_rate": 1},
        "decay_steps is a number above 0; got 0",
    ),
    (
        "InverseTimeDecay",
        {"initial_learning_rate": 1, "decay_steps": 1, "decay_rate": -1},
        "decay_rate is a number of at least 0; got -1",
    ),
    (
        "PolynomialDecay",
        {"initial_learning_rate": -1, "decay_steps": 1},
        "initial_learning_rate is a number of at least 0; got -1",
    ),
    (
        "CosineDecay",
        {"initial_learning_rate": 1, "decay_steps": 1, "warmup_steps": 3},
        "warmup_steps need a warmup_target; got 3",
    ),
    (
        "CosineDecayRestarts",
        {"initial_learning_rate": 1, "first_decay_steps": 1, "t_mul": 0.5},
        "t_mul is a number of at least 1; got 0.5",
    ),
    (
        "PiecewiseConstantDecay",
        {"boundaries": [3, 3], "values": [1, 1, 1]},
        "each boundary is above the one before; got [3, 3]",
    ),
    (
        "PiecewiseConstantDecay",
        {"boundaries": [3, 5], "values": [1, 1]},
        "there is one value more than there are boundaries; got (2, 2)",
    ),
    (
        "SequentialLR",
        {"schedulers": [], "milestones": []},
        "schedulers is a list of at least one schedule of xnn.optim.lr_scheduler; got []",
    ),
    (
        "SequentialLR",
        {"schedulers": [MADE["StepLR"]] * 2, "milestones": []},
        "there is one schedule more than there are milestones; got (2, 0)",
    ),
    (
        "SequentialLR",
        {"schedulers": [MADE["StepLR"]] * 3, "milestones": [4, 4]},
        "each milestone is above the one before; got [4, 4]",
    ),
    (
        "ChainedScheduler",
        {"schedulers": [0.5]},
        "schedulers is a list of at least one schedule of xnn.optim.lr_scheduler; got [0.5]",
    ),
    (
        "ChainedScheduler",
        {"schedulers": [lr_scheduler.LinearLR(1), lr_scheduler.LinearLR(2)]},
        "all schedules have the same base learning rate; got [1, 2]",
    ),
]


@pytest.mark.parametrize(("name", "chosen", "text"), REFUSED)
def test_what_makes_no_sense_is_refused(name, chosen, text):
    with pytest.raises(OptionError) as raised:
        getattr(lr_scheduler, name)(**chosen)
    assert str(raised.value) == f"{name}: {text}"


@pytest.mark.parametrize("step", [-1, math.nan, "3", None])
def test_what_is_no_step_is_refused(step):
    with pytest.raises(OptionError) as raised:
        MADE["StepLR"](step)
    assert str(raised.value) == f"StepLR: step is a number of at least 0; got {step!r}"


@pytest.mark.parametrize("name", ["CyclicLR", "OneCycleLR"])
def test_a_momentum_that_was_not_wanted(name):
    needed = {"CyclicLR": {"base_lr": 0.1}, "OneCycleLR": {"total_steps": 9}}[name]
    schedule = getattr(lr_scheduler, name)(max_lr=1.0, cycle_momentum=False, **needed)
    assert schedule(3) > 0
    with pytest.raises(OptionError) as raised:
        schedule.momentum(3)
    assert str(raised.value) == f"{name} was made with cycle_momentum=False: it has no momentum"
