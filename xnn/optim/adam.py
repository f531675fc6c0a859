"""Adam and AdamW."""

from __future__ import annotations

import math
from typing import Any

from .batches import State, with_kernels
from .optimizer import Optimizer, Params, Schedule
from .terms import N, decayed, moments

__all__ = ["Adam", "AdamW"]


@with_kernels
def adam(
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
    amsgrad: bool,
    maximize: bool,
    decoupled_weight_decay: bool,
) -> tuple[N, State]:
    """The update of `Adam`, on raw arrays."""
    beta1, beta2 = betas
    param, grad = decayed(param, grad, lr, weight_decay, maximize, decoupled_weight_decay)
    first, second = moments(xp, grad, state, betas)
    new: State = {"exp_avg": first, "exp_avg_sq": second}
    if amsgrad:  # it may be switched on in the middle of a run
        second = xp.maximum(state["max_exp_avg_sq"], second) if "max_exp_avg_sq" in state else second
        new["max_exp_avg_sq"] = second
    denominator = xp.sqrt(second) * (1 / math.sqrt(1 - beta2**step)) + eps
    return param - (lr / (1 - beta1**step)) * first / denominator, new


@with_kernels
def adamw(
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
    amsgrad: bool,
    maximize: bool,
) -> tuple[N, State]:
    """The update of `AdamW`, on raw arrays: that of `Adam` with decoupled weight decay."""
    return adam(
        xp,
        param,
        grad,
        state,
        step=step,
        lr=lr,
        betas=betas,
        eps=eps,
        weight_decay=weight_decay,
        amsgrad=amsgrad,
        maximize=maximize,
        decoupled_weight_decay=True,
    )


class Adam(Optimizer):
    """Adaptive moments.

    m = beta1 * m + (1 - beta1) * g;  v = beta2 * v + (1 - beta2) * g**2
    p = p - lr * (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + eps)

    Kingma and Ba, Adam: a method for stochastic optimization, 2015.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate, or a schedule.
        betas: the shares of the old moments that are kept.
        eps: added to the root of the second.
        weight_decay: an L2 penalty's factor, added to the gradient.
        amsgrad: divide by the largest v so far (Reddi et al., On the convergence of Adam and beyond, 2018).
        maximize: climb in the place of descending.
        decoupled_weight_decay: weight decay apart from the gradient, as in `AdamW`.

    Shapes: parameters of any shape.

    Raises:
        OptionError: for numbers out of range.
    """

    rule = staticmethod(adam)
    slots = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")
    optional = ("max_exp_avg_sq",)

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
            maximize=maximize,
            decoupled_weight_decay=decoupled_weight_decay,
        )


class AdamW(Optimizer):
    """Adam with weight decay apart from the gradient: first p = p * (1 - lr * weight_decay).

    Loshchilov and Hutter, Decoupled weight decay regularization, 2019.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate, or a schedule.
        betas: the shares of the old moments that are kept.
        eps: added to the root of the second.
        weight_decay: the share, times lr, by which weights shrink at each step.
        amsgrad: divide by the largest v so far (Reddi et al., On the convergence of Adam and beyond, 2018).
        maximize: climb in the place of descending.

    Shapes: parameters of any shape.

    Raises:
        OptionError: for numbers out of range.
    """

    rule = staticmethod(adamw)
    slots = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")
    optional = ("max_exp_avg_sq",)

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad, maximize=maximize
        )
