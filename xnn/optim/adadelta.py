"""Adadelta."""

from __future__ import annotations

from typing import Any

from .batches import State
from .optimizer import Optimizer, Params, Schedule
from .terms import N, descending

__all__ = ["Adadelta"]


def adadelta(
    xp: Any,
    param: N,
    grad: N,
    state: State,
    *,
    step: int,
    lr: float,
    rho: float,
    eps: float,
    weight_decay: float,
    maximize: bool,
) -> tuple[N, State]:
    """The update of `Adadelta`, on raw arrays."""
    grad = descending(param, grad, weight_decay, maximize)
    if not state:
        zero = xp.zeros_like(param)
        state = {"square_avg": zero, "acc_delta": zero}
    average = rho * state["square_avg"] + (1 - rho) * (grad * grad)
    delta = xp.sqrt(state["acc_delta"] + eps) / xp.sqrt(average + eps) * grad
    moved = rho * state["acc_delta"] + (1 - rho) * (delta * delta)
    return param - lr * delta, {"square_avg": average, "acc_delta": moved}


class Adadelta(Optimizer):
    """Steps of the size of the last ones, by running mean squares of gradients and of steps.

    v = rho * v + (1 - rho) * g**2;  d = sqrt(u + eps) / sqrt(v + eps) * g
    u = rho * u + (1 - rho) * d**2;  p = p - lr * d

    Zeiler, ADADELTA: an adaptive learning rate method, 2012.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate, or a schedule.
        rho: the share of the old mean squares that is kept.
        eps: added to both before the root.
        weight_decay: an L2 penalty's factor, added to the gradient.
        maximize: climb in the place of descending.

    Shapes: parameters of any shape.

    Raises:
        OptionError: for numbers out of range.
    """

    rule = staticmethod(adadelta)
    slots = ("square_avg", "acc_delta")

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr=lr, rho=rho, eps=eps, weight_decay=weight_decay, maximize=maximize)
