"""Optimizers by the names of the command line, each with a learning rate that suits small networks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from xnn import optim
from xnn.errors import OptionError


def _momentum(params: Iterable[Any], lr: float) -> optim.Optimizer:
    return optim.SGD(params, lr=lr, momentum=0.9)


# Those that learn from batches, with nothing to be done beside a step: neither Rprop nor LBFGS, whose gradients are of
# all data, nor Muon, for matrices alone, nor those with a mean of the weights to switch to.
OPTIMIZERS: dict[str, tuple[Callable[..., optim.Optimizer], float]] = {
    "sgd": (optim.SGD, 0.1),
    "momentum": (_momentum, 0.05),
    "rmsprop": (optim.RMSprop, 1e-3),
    "adam": (optim.Adam, 1e-3),
    "adamw": (optim.AdamW, 1e-3),
    "adagrad": (optim.Adagrad, 1e-2),
    "adadelta": (optim.Adadelta, 1.0),
    "adamax": (optim.Adamax, 2e-3),
    "nadam": (optim.NAdam, 2e-3),
    "radam": (optim.RAdam, 5e-3),
    "adafactor": (optim.Adafactor, 3e-2),
    "lion": (optim.Lion, 1e-3),
    "lamb": (optim.LAMB, 1e-2),
    "lars": (optim.LARS, 5.0),
    "ftrl": (optim.FTRL, 0.2),
}


def default_lr(name: str) -> float:
    """The learning rate where none is given.

    Raises:
        OptionError: if there is no such optimizer.
    """
    _check(name)
    return OPTIMIZERS[name][1]


def build(name: str, params: Iterable[Any], lr: float | None = None) -> optim.Optimizer:
    """The optimizer of that name; "momentum" is SGD with momentum 0.9.

    Raises:
        OptionError: if there is none.
    """
    _check(name)
    return OPTIMIZERS[name][0](params, lr=default_lr(name) if lr is None else lr)


def _check(name: str) -> None:
    if name not in OPTIMIZERS:
        raise OptionError(f"an optimizer is one of {', '.join(OPTIMIZERS)}; got {name!r}")
