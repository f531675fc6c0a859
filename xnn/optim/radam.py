"""RAdam."""

from __future__ import annotations

import math
from typing import Any

from .batches import State
from .optimizer import Optimizer, Params, Schedule
from .terms import N, decayed, moments

__all__ = ["RAdam"]


def radam(
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
    decoupled_weight_decay: bool,
    maximize: bool,
) -> tuple[N, State]:
    """The update of `RAdam`, on raw arrays."""
    beta1, beta2 = betas
    param, grad = decayed(param, grad, lr, weight_decay, maximize, decoupled_weight_decay)
    first, second = moments(xp, grad, state, betas)
    new: State = {"exp_avg": first, "exp_avg_sq": second}
    direction = first / (1 - beta1**step)
    correction2 = 1 - beta2**step
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * step * beta2**step / correction2
    if length > 5:
        grown = (length - 4) * (length - 2) * longest
        rectified = math.sqrt(correction2 * grown / ((longest - 4) * (longest - 2) * length))
        direction = rectified * direction / (xp.sqrt(second) + eps)
    return param - lr * direction, new


class RAdam(Optimizer):
    """Adam that at first, while the second moment rests on too few steps, is SGD with momentum.

    m, v as in `Adam`;  n = 2 / (1 - beta2) - 1;  n(t) = n - 2 * t * beta2**t / (1 - beta2**t)
    if n(t) > 5:  r = sqrt((n(t) - 4) * (n(t) - 2) * n / ((n - 4) * (n - 2) * n(t)))
                  p = p - lr * r * (m / (1 - beta1**t)) * sqrt(1 - beta2**t) / (sqrt(v) + eps)
    else:         p = p - lr * m / (1 - beta1**t)

    Liu et al., On the variance of the adaptive learning rate and beyond, 2020.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate, or a schedule.
        betas: the shares of the old moments that are kept.
        eps: added to the root of the second.
        weight_decay: an L2 penalty's factor, added to the gradient.
        decoupled_weight_decay: weight decay apart from the gradient, as in `AdamW`.
        maximize: climb in the place of descending.

    Shapes: parameters of any shape.

    Raises:
        OptionError: for numbers out of range.
    """

    rule = staticmethod(radam)
    slots = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            decoupled_weight_decay=decoupled_weight_decay,
            maximize=maximize,
        )
