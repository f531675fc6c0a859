"""Adamax."""

from __future__ import annotations

from typing import Any

from .batches import State
from .optimizer import Optimizer, Params, Schedule
from .terms import N, descending

__all__ = ["Adamax"]


def adamax(
    xp: Any,
    param: N,
    grad: N,
    state: State,
    *,
    step: int,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    maximize: bool,
) -> tuple[N, State]:
    """The update of `Adamax`, on raw arrays."""
    beta1, beta2 = betas
    grad = descending(param, grad, weight_decay, maximize)
    if not state:
        zero = xp.zeros_like(param)
        state = {"exp_avg": zero, "exp_inf": zero}
    first = beta1 * state["exp_avg"] + (1 - beta1) * grad
    largest = xp.maximum(beta2 * state["exp_inf"], xp.abs(grad) + eps)
    return param - (lr / (1 - beta1**step)) * first / largest, {"exp_avg": first, "exp_inf": largest}


class Adamax(Optimizer):
    """Adam with the largest gradient, fading, in the place of the second moment.

    m = beta1 * m + (1 - beta1) * g;  u = max(beta2 * u, |g| + eps);  p = p - lr * (m / (1 - beta1**t)) / u

    Kingma and Ba, Adam: a method for stochastic optimization, 2015, section 7.1.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate, or a schedule.
        betas: the shares of the old moment, and of the old largest gradient, that are kept.
        eps: added to the gradient's size.
        weight_decay: an L2 penalty's factor, added to the gradient.
        maximize: climb in the place of descending.

    Shapes: parameters of any shape.

    Raises:
        OptionError: for numbers out of range.
    """

    rule = staticmethod(adamax)
    slots = ("exp_avg", "exp_inf")

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, maximize=maximize)
