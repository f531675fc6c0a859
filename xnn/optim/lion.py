"""Lion."""

from __future__ import annotations

from typing import Any

from .batches import State, with_kernels
from .optimizer import Optimizer, Params, Schedule
from .terms import N

__all__ = ["Lion"]


@with_kernels
def lion(
    xp: Any,
    param: N,
    grad: N,
    state: State,
    *,
    step: int,
    lr: float,
    betas: tuple[float, float],
    weight_decay: float,
) -> tuple[N, State]:
    """The update of `Lion`, on raw arrays."""
    beta1, beta2 = betas
    old = state["exp_avg"] if state else xp.zeros_like(param)
    if weight_decay:
        param = param * (1 - lr * weight_decay)
    direction = xp.sign(beta1 * old + (1 - beta1) * grad)
    return param - lr * direction, {"exp_avg": beta2 * old + (1 - beta2) * grad}


class Lion(Optimizer):
    """Steps by the sign of momentum: a rule that a search over programs found.

    p = p * (1 - lr * weight_decay) - lr * sign(beta1 * m + (1 - beta1) * g);  m = beta2 * m + (1 - beta2) * g

    Chen et al., Symbolic discovery of optimization algorithms, 2023. Defaults are Keras's; its beta_1 and beta_2 are
    `betas` here.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate, or a schedule; a third to a tenth of what suits AdamW.
        betas: the share of the old momentum in the step, and that which is kept.
        weight_decay: the share, times lr, by which weights shrink at each step.

    Shapes: parameters of any shape.

    Raises:
        OptionError: for numbers out of range.
    """

    rule = staticmethod(lion)
    slots = ("exp_avg",)

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr=lr, betas=betas, weight_decay=weight_decay)
