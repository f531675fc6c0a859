"""FTRL: follow the regularised leader."""

from __future__ import annotations

from typing import Any

from .batches import State
from .limits import AT_LEAST_0, LIMITS, number_where
from .optimizer import Optimizer, Params, Schedule
from .terms import N

__all__ = ["FTRL"]


def ftrl(
    xp: Any,
    param: N,
    grad: N,
    state: State,
    *,
    step: int,
    lr: float,
    learning_rate_power: float,
    initial_accumulator_value: float,
    l1_regularization_strength: float,
    l2_regularization_strength: float,
    l2_shrinkage_regularization_strength: float,
    beta: float,
    weight_decay: float,
) -> tuple[N, State]:
    """The update of `FTRL`, on raw arrays."""
    if weight_decay:
        param = param * (1 - lr * weight_decay)
    if not state:
        start = xp.full_like(param, initial_accumulator_value)
        state = {"accumulator": start, "linear": xp.zeros_like(param)}
    total = state["accumulator"] + grad * grad
    before, after = (_power(xp, x, -learning_rate_power) for x in (state["accumulator"], total))
    shrunk = grad + 2 * l2_shrinkage_regularization_strength * param if l2_shrinkage_regularization_strength else grad
    linear = state["linear"] + shrunk - (after - before) / lr * param
    curvature = after / lr + 2 * (l2_regularization_strength + beta / (2 * lr))
    clipped = xp.clip(linear, -l1_regularization_strength, l1_regularization_strength)
    return (clipped - linear) / curvature, {"accumulator": total, "linear": linear}


def _power(xp: Any, x: Any, exponent: float) -> Any:
    return xp.sqrt(x) if exponent == 0.5 else x**exponent


class FTRL(Optimizer):
    """Follow the regularised leader: with an L1 penalty, weights become exactly 0.

    s' = s + g**2;  z = z + g + 2 * shrinkage * p - (s'**-power - s**-power) / lr * p
    p = (clip(z, -l1, l1) - z) / ((beta + s'**-power) / lr + 2 * l2)

    McMahan et al., Ad click prediction: a view from the trenches, 2013; options and defaults are those of Keras's Ftrl.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate, above 0, or a schedule.
        learning_rate_power: at most 0: how fast the rate falls; 0 for a fixed one.
        initial_accumulator_value: where the sum of squares begins.
        l1_regularization_strength: an L1 penalty's factor.
        l2_regularization_strength: an L2 penalty's factor, as the paper's; it pulls to 0 only.
        l2_shrinkage_regularization_strength: an L2 penalty's factor, added to the gradient.
        beta: the paper's, added to the root of the sum.
        weight_decay: the share, times lr, by which weights shrink before a step.

    Shapes: parameters of any shape.

    Raises:
        OptionError: for numbers out of range.
    """

    rule = staticmethod(ftrl)
    slots = ("accumulator", "linear")
    limits = LIMITS | {
        "lr": (number_where(lambda v: 0 < v < float("inf")), "a number above 0, or a function of the step"),
        "learning_rate_power": (number_where(lambda v: v <= 0), "at most 0"),
        "l1_regularization_strength": AT_LEAST_0,
        "l2_regularization_strength": AT_LEAST_0,
        "l2_shrinkage_regularization_strength": AT_LEAST_0,
        "beta": AT_LEAST_0,
    }

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-3,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            learning_rate_power=learning_rate_power,
            initial_accumulator_value=initial_accumulator_value,
            l1_regularization_strength=l1_regularization_strength,
            l2_regularization_strength=l2_regularization_strength,
            l2_shrinkage_regularization_strength=l2_shrinkage_regularization_strength,
            beta=beta,
            weight_decay=weight_decay,
        )
