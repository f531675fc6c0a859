"""ASGD: averaged stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from .batches import State
from .limits import LIMITS, is_finite
from .optimizer import Optimizer, Params, Schedule
from .terms import N, descending

__all__ = ["ASGD"]


def asgd(
    xp: Any,
    param: N,
    grad: N,
    state: State,
    *,
    step: int,
    lr: float,
    lambd: float,
    alpha: float,
    t0: float,
    weight_decay: float,
    maximize: bool,
) -> tuple[N, State]:
    """The update of `ASGD`, on raw arrays."""
    grad = descending(param, grad, weight_decay, maximize)
    if not state:
        state = {"eta": lr, "mu": 1.0, "ax": xp.zeros_like(param)}
    eta, mu, mean = state["eta"], state["mu"], state["ax"]
    param = param * (1 - lambd * eta) - eta * grad
    mean = param if mu == 1 else mean + mu * (param - mean)
    return param, {"eta": lr / (1 + lambd * lr * step) ** alpha, "mu": 1 / max(1, step - t0), "ax": mean}


class ASGD(Optimizer):
    """Stochastic gradient descent with a falling rate, which keeps the mean of the parameters from step t0 on.

    p = p * (1 - lambd * eta) - eta * g;  a = a + mu * (p - a)
    eta = lr / (1 + lambd * lr * t)**alpha;  mu = 1 / max(1, t - t0)

    The mean a is "ax" in the state.

    Polyak and Juditsky, Acceleration of stochastic approximation by averaging, 1992.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate, or a schedule.
        lambd: the decay.
        alpha: the power by which eta falls.
        t0: the step at which averaging begins.
        weight_decay: an L2 penalty's factor, added to the gradient.
        maximize: climb in the place of descending.

    Shapes: parameters of any shape.

    Raises:
        OptionError: for numbers out of range.

    eta and mu are Python numbers; PyTorch's are rounded to its default data type at each step.
    """

    rule = staticmethod(asgd)
    slots = ("ax",)
    numbers = ("eta", "mu")
    limits = LIMITS | {"alpha": (is_finite, "a finite number")}

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr=lr, lambd=lambd, alpha=alpha, t0=t0, weight_decay=weight_decay, maximize=maximize)
