"""Muon."""

from __future__ import annotations

import math
from typing import Any, Literal

from xnn.errors import ShapeError

from .batches import State
from .limits import LIMITS, is_finite, tuple_of, word
from .optimizer import Optimizer, Params, Schedule
from .terms import N

__all__ = ["Muon"]


def muon(
    xp: Any,
    param: N,
    grad: N,
    state: State,
    *,
    step: int,
    lr: float,
    weight_decay: float,
    momentum: float,
    nesterov: bool,
    ns_coefficients: tuple[float, float, float],
    eps: float,
    ns_steps: int,
    adjust_lr_fn: str | None,
) -> tuple[N, State]:
    """The update of `Muon`, on raw arrays: one matrix's."""
    buffer = (1 - momentum) * grad
    if state:
        buffer = momentum * state["momentum_buffer"] + buffer
    update = (1 - momentum) * grad + momentum * buffer if nesterov else buffer
    direction = orthogonalised(xp, update, ns_coefficients, ns_steps, eps)
    n, m = param.shape
    ratio = 0.2 * math.sqrt(max(n, m)) if adjust_lr_fn == "match_rms_adamw" else math.sqrt(max(1, n / m))
    return param * (1 - lr * weight_decay) - lr * ratio * direction, {"momentum_buffer": buffer}


def orthogonalised(xp: Any, x: Any, coefficients: tuple[float, float, float], steps: int, eps: float) -> Any:
    """A matrix near U V.T, for x = U S V.T: by Newton-Schulz steps X = a X + (b X X.T + c (X X.T)^2) X."""
    a, b, c = coefficients
    is_tall = x.shape[0] > x.shape[1]
    if is_tall:  # X X.T is then the smaller one
        x = xp.matrix_transpose(x)
    x = x / xp.maximum(xp.sqrt(xp.sum(x * x)), eps)
    for _ in range(steps):
        gram = xp.matmul(x, xp.matrix_transpose(x))
        x = a * x + xp.matmul(b * gram + c * xp.matmul(gram, gram), x)
    return xp.matrix_transpose(x) if is_tall else x


class Muon(Optimizer):
    """Momentum whose matrix is made orthogonal, nearly: every direction is learnt at the same rate.

    b = momentum * b + (1 - momentum) * g;  u = b, with nesterov (1 - momentum) * g + momentum * b
    p = p * (1 - lr * weight_decay) - lr * ratio * NS(u)

    NS is some Newton-Schulz steps of a polynomial of fifth order towards U V.T of u = U S V.T. For the weights of
    hidden layers; give biases, embeddings and the like to another optimizer, as AdamW.

    Jordan et al., Muon: an optimizer for hidden layers in neural networks, 2024; Liu et al., Muon is scalable for LLM
    training, 2025 (match_rms_adamw).

    Args:
        params: matrices, or groups of them.
        lr: the learning rate, or a schedule.
        weight_decay: the share, times lr, by which weights shrink at each step.
        momentum: the share of the old direction that is kept.
        nesterov: look ahead.
        ns_coefficients: a, b and c of the polynomial.
        eps: the least norm that u is divided by.
        ns_steps: how many Newton-Schulz steps, below 100.
        adjust_lr_fn: the ratio for a matrix of (n, m): "original" (None too), sqrt(max(1, n / m)), or
            "match_rms_adamw", 0.2 * sqrt(max(n, m)), with which AdamW's learning rates fit.

    Shapes: parameters (n, m).

    Raises:
        OptionError: for numbers out of range.
        ShapeError: for a parameter that is no matrix.
        DTypeError: for complex parameters.

    The steps are done in the parameter's data type; PyTorch does them in bfloat16.
    """

    rule = staticmethod(muon)
    is_flat = False
    slots = ("momentum_buffer",)
    optional = ("step",)
    limits = LIMITS | {
        "ns_coefficients": (tuple_of(is_finite, is_finite, is_finite), "three numbers"),
        "ns_steps": (lambda v: isinstance(v, int) and 0 <= v < 100, "an int from 0 to 99"),
        "adjust_lr_fn": (word(None, "original", "match_rms_adamw"), '"original", "match_rms_adamw" or None'),
    }

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: Literal["original", "match_rms_adamw"] | None = None,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            weight_decay=weight_decay,
            momentum=momentum,
            nesterov=nesterov,
            ns_coefficients=ns_coefficients,
            eps=eps,
            ns_steps=ns_steps,
            adjust_lr_fn=adjust_lr_fn,
        )

    def _check_parameter(self, p: Any) -> None:
        super()._check_parameter(p)
        if p.ndim != 2:
            raise ShapeError(f"Muon changes matrices; got a parameter of shape {p.shape}. Cure: AdamW for the others.")
