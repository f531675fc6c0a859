"""Every optimizer, with the combinations of its options that are held against PyTorch's, or the author's numbers."""

from typing import Any, NamedTuple

from tests.oracle import torch
from xnn import optim

SHAPES = [(3, 2), (4,), (), (1, 1, 2)]
MATRICES = [(3, 2), (2, 3), (1, 4), (2, 2)]
SMOOTH = {"lr": 0.05}  # with which 60 steps go down a bowl


class Case(NamedTuple):
    """`optim.<name>(params, **options)`, beside `torch.optim.<name>(params, **options)`."""

    name: str
    options: dict[str, Any]
    converging: dict[str, Any] = SMOOTH  # options in the place of some, for 60 steps down a bowl

    def __str__(self):
        return f"{self.name}({', '.join(f'{k}={v}' for k, v in self.options.items())})"

    @property
    def shapes(self):
        """Of four parameters."""
        return MATRICES if self.name == "Muon" else SHAPES

    def ours(self, params, **more):
        return getattr(optim, self.name)(params, **{**self.options, **more})

    def theirs(self, params, **more):
        return getattr(torch.optim, self.name)(params, **{**self.options, **more})


# Those that PyTorch has not; tests/optim/test_against_others.py holds them.
OTHERS = {"FTRL", "LAMB", "LARS", "Lion", "ScheduleFreeAdamW"}
# With a closure that computes the loss; tests/optim/test_lbfgs.py holds it.
CLOSURES = {"LBFGS"}

MUON = {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.0, "adjust_lr_fn": "original"}
ADAPTIVE = {"weight_decay": 0.1, "maximize": True}
CASES = [
    Case("SGD", {"lr": 0.1}),
    Case("SGD", {"lr": 0.1, "weight_decay": 0.1}),
    Case("SGD", {"lr": 0.1, "momentum": 0.9}),
    Case("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
    Case("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    Case("SGD", {"lr": 0.1, "momentum": 0.5, "nesterov": True, "weight_decay": 0.2}),
    Case("SGD", {"lr": 0.1, "momentum": 0.5, "dampening": 0.1, "weight_decay": 0.2}),
    Case("SGD", {"lr": 0.01, "momentum": 0.5, "weight_decay": 0.2, "maximize": True}),
    Case("RMSprop", {}),
    Case("RMSprop", {"lr": 0.05, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1}),
    Case("RMSprop", {"centered": True}),
    Case("RMSprop", {"momentum": 0.9}),
    Case("RMSprop", {"momentum": 0.5, "centered": True, "weight_decay": 0.1, "alpha": 0.8}),
    Case("RMSprop", {"momentum": 0.5, "centered": True, **ADAPTIVE}),
    Case("Adam", {"lr": 0.05}),
    Case("Adam", {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-4}),
    Case("Adam", {"lr": 0.05, "betas": (0.0, 0.0), "eps": 1e-2}),
    Case("Adam", {"lr": 0.05, "weight_decay": 0.1}),
    Case("Adam", {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    Case("Adam", {"lr": 0.05, "weight_decay": 0.1, "amsgrad": True}),
    Case("Adam", {"lr": 0.05, "amsgrad": True, **ADAPTIVE}),
    Case("AdamW", {"lr": 0.05}),
    Case("AdamW", {"lr": 0.05, "weight_decay": 0.3, "betas": (0.8, 0.95)}),
    Case("AdamW", {"lr": 0.05, "weight_decay": 0.0}),
    Case("AdamW", {"lr": 0.05, "weight_decay": 0.2, "amsgrad": True}),
    Case("AdamW", {"lr": 0.05, "amsgrad": True, **ADAPTIVE}),
    Case("Adamax", {}),
    Case("Adamax", {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    Case("Adamax", {"lr": 0.05, **ADAPTIVE}),
    Case("NAdam", {"lr": 0.05}),
    Case("NAdam", {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-3, "momentum_decay": 0.1}),
    Case("NAdam", {"lr": 0.05, "weight_decay": 0.1}),
    Case("NAdam", {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    Case("NAdam", {"lr": 0.05, "momentum_decay": 0.0, **ADAPTIVE}),
    Case("RAdam", {"lr": 0.05}, {"lr": 0.1}),
    Case("RAdam", {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-3}, {"lr": 0.1}),
    Case("RAdam", {"lr": 0.05, "betas": (0.5, 0.4)}, {"lr": 0.1}),
    Case("RAdam", {"lr": 0.05, "weight_decay": 0.1}),
    Case("RAdam", {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    Case("RAdam", {"lr": 0.05, **ADAPTIVE}),
    Case("Adagrad", {"lr": 0.1}, {"lr": 0.5}),
    Case("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-3}, {"lr": 1.0}),
    Case("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5}),
    Case("Adagrad", {"lr": 0.1, **ADAPTIVE}),
    Case("Adadelta", {}, {"lr": 20.0}),
    Case("Adadelta", {"lr": 0.5, "rho": 0.5, "eps": 1e-3, "weight_decay": 0.1}),
    Case("Adadelta", ADAPTIVE),
    Case("Rprop", {}),
    Case("Rprop", {"lr": 0.05, "etas": (0.3, 1.5), "step_sizes": (1e-3, 0.2)}),
    Case("Rprop", {"lr": 0.05, "maximize": True}),
    Case("ASGD", {}),
    Case("ASGD", {"lr": 0.05, "lambd": 0.1, "alpha": 0.5, "t0": 10, "weight_decay": 0.1}),
    Case("ASGD", {"lr": 0.01, "t0": 3, **ADAPTIVE}),
    Case("Adafactor", {}, {"lr": 0.5}),
    Case("Adafactor", {"lr": 0.2, "beta2_decay": -0.5, "eps": (1e-3, 1e-2), "d": 2.0, "weight_decay": 0.1}),
    Case("Adafactor", {"lr": 0.05, **ADAPTIVE}),
    Case("Muon", {"lr": 0.05, "weight_decay": 0.0}, MUON),
    Case("Muon", {"lr": 0.05, "momentum": 0.5, "nesterov": False, "adjust_lr_fn": "match_rms_adamw"}, MUON),
    Case("Muon", {"ns_coefficients": (2.0, -1.5, 0.5), "ns_steps": 3, "eps": 1e-3, "adjust_lr_fn": "original"}),
    Case("LBFGS", {}),
    Case("LBFGS", {"lr": 0.3, "max_iter": 5, "max_eval": 4, "history_size": 3}),
    Case("LBFGS", {"line_search_fn": "strong_wolfe"}),
    Case("LBFGS", {"line_search_fn": "strong_wolfe", "max_iter": 4, "max_eval": 7, "history_size": 2}),
    Case("Lion", {}, {"lr": 0.03}),
    Case("Lion", {"lr": 0.01, "betas": (0.8, 0.95), "weight_decay": 0.1}),
    Case("LAMB", {"lr": 0.05}),
    Case("LAMB", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}),
    Case("LARS", {}, {"trust_coefficient": 0.02}),
    Case("LARS", {"lr": 0.5, "momentum": 0.5, "weight_decay": 0.1, "trust_coefficient": 0.02, "eps": 1e-3}),
    Case("FTRL", {"lr": 0.1}, {"lr": 0.5}),
    Case(
        "FTRL",
        {
            "lr": 0.1,
            "learning_rate_power": -0.7,
            "initial_accumulator_value": 0.2,
            "l1_regularization_strength": 0.05,
            "l2_regularization_strength": 0.1,
            "l2_shrinkage_regularization_strength": 0.03,
            "beta": 0.5,
            "weight_decay": 0.1,
        },
    ),
    Case("ScheduleFreeAdamW", {}, {"lr": 0.1}),
    Case(
        "ScheduleFreeAdamW",
        {
            "lr": 0.1,
            "betas": (0.8, 0.95),
            "eps": 1e-3,
            "weight_decay": 0.1,
            "warmup_steps": 5,
            "r": 1.0,
            "weight_lr_power": 1.5,
        },
    ),
]
BY_GRADIENT = [case for case in CASES if case.name not in CLOSURES]
IN_TORCH = [case for case in BY_GRADIENT if case.name not in OTHERS]


def fullest(cases):
    """One of each optimizer, with as much state as it can have: the one with most options that does not climb."""
    best = {}
    for case in cases:
        if not case.options.get("maximize") and len(case.options) >= len(best.get(case.name, case).options):
            best[case.name] = case
    return list(best.values())


FULLEST = fullest(BY_GRADIENT)
