"""NAdam."""

from __future__ import annotations

from typing import Any

from .batches import State, with_kernels
from .optimizer import Optimizer, Params, Schedule
from .terms import N, decayed, moments

__all__ = ["NAdam"]


@with_kernels
def nadam(
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
    momentum_decay: float,
    decoupled_weight_decay: bool,
    maximize: bool,
) -> tuple[N, State]:
    """The update of `NAdam`, on raw arrays."""
    beta1, beta2 = betas
    param, grad = decayed(param, grad, lr, weight_decay, maximize, decoupled_weight_decay)
    mu, mu_next = (beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay)) for t in (step, step + 1))
    product = state.get("mu_product", 1.0) * mu
    first, second = moments(xp, grad, state, betas)
    direction = ((1 - mu) / (1 - product)) * grad + (mu_next / (1 - product * mu_next)) * first
    denominator = xp.sqrt(second / (1 - beta2**step)) + eps
    return param - lr * direction / denominator, {"mu_product": product, "exp_avg": first, "exp_avg_sq": second}


class NAdam(Optimizer):
    """Adam with Nesterov's momentum.

    mu(t) = beta1 * (1 - 0.96**(t * momentum_decay) / 2);  m, v as in `Adam`
    d = (1 - mu(t)) * g / (1 - mu(1) ... mu(t)) + mu(t + 1) * m / (1 - mu(1) ... mu(t + 1))
    p = p - lr * d / (sqrt(v / (1 - beta2**t)) + eps)

    Dozat, Incorporating Nesterov momentum into Adam, 2016.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate, or a schedule.
        betas: the shares of the old moments that are kept.
        eps: added to the root of the second.
        weight_decay: an L2 penalty's factor, added to the gradient.
        momentum_decay: how fast mu rises from beta1 / 2 to beta1.
        decoupled_weight_decay: weight decay apart from the gradient, as in `AdamW`.
        maximize: climb in the place of descending.

    Shapes: parameters of any shape.

    Raises:
        OptionError: for numbers out of range.

    The product of mu is a Python number; PyTorch's is rounded to its default data type at each step.
    """

    rule = staticmethod(nadam)
    slots = ("exp_avg", "exp_avg_sq")
    numbers = ("mu_product",)

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
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
            momentum_decay=momentum_decay,
            decoupled_weight_decay=decoupled_weight_decay,
            maximize=maximize,
        )
