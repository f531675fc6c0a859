"""LARS and LAMB: each parameter learns at a rate that its own norm sets, for large batches."""

from __future__ import annotations

import math
from typing import Any

from .batches import State
from .optimizer import Optimizer, Params, Schedule
from .terms import N, moments

__all__ = ["LAMB", "LARS"]


def _norm(xp: Any, x: Any) -> Any:
    return xp.sqrt(xp.sum(x * x))


def _ratio(xp: Any, norm: Any, other: Any, factor: float = 1.0) -> Any:
    """factor * norm / other; 1 where a norm is 0, as of a bias at its start."""
    both = xp.logical_and(norm > 0, other > 0)
    return xp.where(both, factor * norm / xp.where(both, other, 1.0), 1.0)


def lars(
    xp: Any,
    param: N,
    grad: N,
    state: State,
    *,
    step: int,
    lr: float,
    momentum: float,
    weight_decay: float,
    trust_coefficient: float,
    eps: float,
) -> tuple[N, State]:
    """The update of `LARS`, on raw arrays: one parameter's."""
    norm, slope = _norm(xp, param), _norm(xp, grad)
    rate = lr * xp.where(slope > 0, _ratio(xp, norm, slope + weight_decay * norm + eps, trust_coefficient), 1.0)
    buffer = rate * (grad + weight_decay * param)
    if state:
        buffer = momentum * state["momentum_buffer"] + buffer
    return param - buffer, {"momentum_buffer": buffer}


def lamb(
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
) -> tuple[N, State]:
    """The update of `LAMB`, on raw arrays: one parameter's."""
    beta1, beta2 = betas
    first, second = moments(xp, grad, state, betas)
    update = first / (1 - beta1**step) / (xp.sqrt(second) * (1 / math.sqrt(1 - beta2**step)) + eps)
    if weight_decay:
        update = update + weight_decay * param
    rate = lr * _ratio(xp, _norm(xp, param), _norm(xp, update))
    return param - rate * update, {"exp_avg": first, "exp_avg_sq": second}


class LARS(Optimizer):
    """Layer-wise adaptive rate scaling: momentum, with a rate for each parameter by its norm.

    rate = lr * trust_coefficient * |p| / (|g| + weight_decay * |p| + eps), lr alone where |p| or |g| is 0
    b = momentum * b + rate * (g + weight_decay * p);  p = p - b

    You, Gitman and Ginsburg, Large batch training of convolutional networks, 2017.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate, or a schedule.
        momentum: the share of the old direction that is kept.
        weight_decay: an L2 penalty's factor.
        trust_coefficient: the size of a step relative to the parameter's, for lr = 1.
        eps: added to the denominator.

    Shapes: parameters of any shape.

    Raises:
        OptionError: for numbers out of range.
        DTypeError: for complex parameters.
    """

    rule = staticmethod(lars)
    is_flat = False
    slots = ("momentum_buffer",)

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1.0,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        trust_coefficient: float = 1e-3,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(
            params, lr=lr, momentum=momentum, weight_decay=weight_decay, trust_coefficient=trust_coefficient, eps=eps
        )


class LAMB(Optimizer):
    """Adam, with a rate for each parameter by its norm.

    m, v as in `Adam`;  u = (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + eps) + weight_decay * p
    p = p - lr * |p| / |u| * u, with 1 for the ratio where |p| or |u| is 0

    You et al., Large batch optimization for deep learning: training BERT in 76 minutes, 2020. Defaults are Keras's;
    its weight_decay shrinks weights before the step, apart from u, in the place of the paper's.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate, or a schedule.
        betas: the shares of the old moments that are kept.
        eps: added to the root of the second.
        weight_decay: the factor of the parameter in the update.

    Shapes: parameters of any shape.

    Raises:
        OptionError: for numbers out of range.
        DTypeError: for complex parameters.
    """

    rule = staticmethod(lamb)
    is_flat = False
    slots = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-7,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
