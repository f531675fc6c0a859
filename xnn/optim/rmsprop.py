"""RMSprop."""

from __future__ import annotations

from typing import Any

from .batches import State, with_kernels
from .optimizer import Optimizer, Params, Schedule
from .terms import N, descending

__all__ = ["RMSprop"]


@with_kernels
def rmsprop(
    xp: Any,
    param: N,
    grad: N,
    state: State,
    *,
    step: int,
    lr: float,
    alpha: float,
    eps: float,
    weight_decay: float,
    momentum: float,
    centered: bool,
    maximize: bool,
) -> tuple[N, State]:
    """The update of `RMSprop`, on raw arrays."""
    grad = descending(param, grad, weight_decay, maximize)

    def slot(name: str) -> Any:  # an option may be switched on in the middle of a run
        return state[name] if name in state else xp.zeros_like(param)

    average = alpha * slot("square_avg") + (1 - alpha) * grad * grad
    new: State = {"square_avg": average}
    if centered:
        new["grad_avg"] = alpha * slot("grad_avg") + (1 - alpha) * grad
        average = average - new["grad_avg"] * new["grad_avg"]
    direction = grad / (xp.sqrt(average) + eps)
    if momentum:
        direction = new["momentum_buffer"] = momentum * slot("momentum_buffer") + direction
    return param - lr * direction, new


class RMSprop(Optimizer):
    """Divides the gradient by a running root mean square of itself.

    v = alpha * v + (1 - alpha) * g**2;  p = p - lr * g / (sqrt(v) + eps)

    Hinton, Neural networks for machine learning, lecture 6e, 2012.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate, or a schedule.
        alpha: the share of the old mean square that is kept.
        eps: added to the root.
        weight_decay: an L2 penalty's factor, added to the gradient.
        momentum: of the direction.
        centered: divide by the standard deviation (Graves, Generating sequences, 2013).
        maximize: climb in the place of descending.

    Shapes: parameters of any shape.

    Raises:
        OptionError: for numbers out of range.
    """

    rule = staticmethod(rmsprop)
    slots = ("square_avg", "grad_avg", "momentum_buffer")
    optional = ("grad_avg", "momentum_buffer")

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            alpha=alpha,
            eps=eps,
            weight_decay=weight_decay,
            momentum=momentum,
            centered=centered,
            maximize=maximize,
        )
