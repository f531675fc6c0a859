"""Rprop."""

from __future__ import annotations

from typing import Any

from .batches import State
from .limits import LIMITS, at_least_0, tuple_of
from .optimizer import Optimizer, Params, Schedule
from .terms import N

__all__ = ["Rprop"]


def rprop(
    xp: Any,
    param: N,
    grad: N,
    state: State,
    *,
    step: int,
    lr: float,
    etas: tuple[float, float],
    step_sizes: tuple[float, float],
    maximize: bool,
) -> tuple[N, State]:
    """The update of `Rprop`, on raw arrays."""
    if maximize:
        grad = -grad
    if not state:
        state = {"prev": xp.zeros_like(param), "step_size": xp.full_like(param, lr)}
    agreement = grad * state["prev"]
    turned = agreement < 0
    factor = xp.where(turned, etas[0], xp.where(agreement > 0, xp.full_like(param, etas[1]), 1.0))
    size = xp.clip(state["step_size"] * factor, *step_sizes)
    grad = xp.where(turned, 0.0, grad)
    return param - xp.sign(grad) * size, {"prev": grad, "step_size": size}


class Rprop(Optimizer):
    """Resilient backpropagation: steps by the gradient's sign alone, each weight with a size of its own.

    The size grows while the sign stays, and shrinks, without a step, where it turns:

    s = s * eta+ where g * g' > 0, s * eta- where g * g' < 0 (and then g = 0);  p = p - sign(g) * s

    with g' of the step before. For gradients of all data, not of mini-batches.

    Riedmiller and Braun, A direct adaptive method for faster backpropagation learning, 1993.

    Args:
        params: parameters, or groups of them.
        lr: the first size of a step, or a schedule, of which only the first value counts.
        etas: the factors eta- and eta+.
        step_sizes: the smallest and the largest size.
        maximize: climb in the place of descending.

    Shapes: parameters of any shape.

    Raises:
        OptionError: for numbers out of range.
    """

    rule = staticmethod(rprop)
    slots = ("prev", "step_size")
    limits = LIMITS | {"step_sizes": (tuple_of(at_least_0, at_least_0), "two numbers, each at least 0")}

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr=lr, etas=etas, step_sizes=step_sizes, maximize=maximize)
