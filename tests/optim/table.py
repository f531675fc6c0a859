"""Every optimizer, with the combinations of its options that are held against PyTorch's."""

from typing import Any, NamedTuple

from tests.oracle import torch
from xnn import optim


class Case(NamedTuple):
    """`optim.<name>(params, **options)`, beside `torch.optim.<name>(params, **options)`."""

    name: str
    options: dict[str, Any]

    def __str__(self):
        return f"{self.name}({', '.join(f'{k}={v}' for k, v in self.options.items())})"

    def ours(self, params, **more):
        return getattr(optim, self.name)(params, **self.options, **more)

    def theirs(self, params, **more):
        return getattr(torch.optim, self.name)(params, **self.options, **more)


CASES = [
    Case("SGD", {"lr": 0.1}),
    Case("SGD", {"lr": 0.1, "weight_decay": 0.1}),
    Case("SGD", {"lr": 0.1, "momentum": 0.9}),
    Case("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
    Case("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    Case("SGD", {"lr": 0.1, "momentum": 0.5, "nesterov": True, "weight_decay": 0.2}),
    Case("SGD", {"lr": 0.1, "momentum": 0.5, "dampening": 0.1, "weight_decay": 0.2}),
    Case("RMSprop", {}),
    Case("RMSprop", {"lr": 0.05, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1}),
    Case("RMSprop", {"centered": True}),
    Case("RMSprop", {"momentum": 0.9}),
    Case("RMSprop", {"momentum": 0.5, "centered": True, "weight_decay": 0.1, "alpha": 0.8}),
    Case("Adam", {"lr": 0.05}),
    Case("Adam", {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-4}),
    Case("Adam", {"lr": 0.05, "betas": (0.0, 0.0), "eps": 1e-2}),
    Case("Adam", {"lr": 0.05, "weight_decay": 0.1}),
    Case("AdamW", {"lr": 0.05}),
    Case("AdamW", {"lr": 0.05, "weight_decay": 0.3, "betas": (0.8, 0.95)}),
    Case("AdamW", {"lr": 0.05, "weight_decay": 0.0}),
]
# One of each, with as much state as it can have.
FULLEST = [CASES[4], CASES[11], CASES[13], CASES[17]]
