"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xnn.errors import OptionError

from .batches import State, with_kernels
from .optimizer import Optimizer, Params, Schedule
from .terms import N, descending

__all__ = ["SGD"]


@with_kernels
def sgd(
    xp: Any,
    param: N,
    grad: N,
    state: State,
    *,
    step: int,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    maximize: bool,
) -> tuple[N, State]:
    """The update of `SGD`, on raw arrays."""
    grad = descending(param, grad, weight_decay, maximize)
    if momentum:
        old = state.get("momentum_buffer")
        buffer = grad if old is None else momentum * old + (1 - dampening) * grad
        state = {"momentum_buffer": buffer}
        grad = grad + momentum * buffer if nesterov else buffer
    return param - lr * grad, state


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if wanted.

    g = grad + weight_decay * p;  b = momentum * b + (1 - dampening) * g;  p = p - lr * b

    (at the first step b = g; with nesterov, p = p - lr * (g + momentum * b)).

    Args:
        params: parameters, or groups of them.
        lr: the learning rate, or a schedule.
        momentum: the share of the old direction that is kept, at least 0.
        dampening: what is taken off the new direction.
        weight_decay: an L2 penalty's factor, added to the gradient.
        nesterov: look ahead (Sutskever et al., On the importance of initialization and momentum, 2013).
        maximize: climb in the place of descending.

    Shapes: parameters of any shape.

    Raises:
        OptionError: for numbers out of range, and for nesterov without momentum or with dampening.

    Example:
        >>> import xnn as xp
        >>> p = xp.nn.Parameter(xp.asarray([1.0, 2.0], device="cpu"))
        >>> optimizer = xp.optim.SGD([p], lr=0.1)
        >>> xp.sum(p * p).backward()
        >>> optimizer.step()
        >>> p.detach()
        Array([0.8 1.6], dtype=float32, device='numpy:cpu')
    """

    rule = staticmethod(sgd)
    slots = ("momentum_buffer",)
    optional = ("momentum_buffer", "step")

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
            maximize=maximize,
        )

    def check(self, options: Mapping[str, Any]) -> None:
        super().check(options)
        if options["nesterov"] and (options["momentum"] <= 0 or options["dampening"] != 0):
            raise OptionError("SGD: nesterov needs momentum above 0 and no dampening")
