"""Adagrad."""

from __future__ import annotations

from typing import Any

from .batches import State, with_kernels
from .optimizer import Optimizer, Params, Schedule
from .terms import N, descending

__all__ = ["Adagrad"]


@with_kernels
def adagrad(
    xp: Any,
    param: N,
    grad: N,
    state: State,
    *,
    step: int,
    lr: float,
    lr_decay: float,
    weight_decay: float,
    initial_accumulator_value: float,
    eps: float,
    maximize: bool,
) -> tuple[N, State]:
    """The update of `Adagrad`, on raw arrays."""
    grad = descending(param, grad, weight_decay, maximize)
    total = (state["sum"] if state else initial_accumulator_value) + grad * grad
    rate = lr / (1 + (step - 1) * lr_decay)
    return param - rate * grad / (xp.sqrt(total) + eps), {"sum": total}


class Adagrad(Optimizer):
    """Divides the gradient by the root of the sum of all its squares.

    s = s + g**2;  p = p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)

    Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and stochastic optimization, 2011.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate, or a schedule.
        lr_decay: how fast it falls.
        weight_decay: an L2 penalty's factor, added to the gradient.
        initial_accumulator_value: where the sum begins; a group's own counts, which PyTorch overlooks.
        eps: added to the root.
        maximize: climb in the place of descending.

    Shapes: parameters of any shape.

    Raises:
        OptionError: for numbers out of range.
    """

    rule = staticmethod(adagrad)
    slots = ("sum",)

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
            maximize=maximize,
        )
