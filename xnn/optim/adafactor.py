"""Adafactor."""

from __future__ import annotations

import math
from typing import Any

from .batches import State
from .limits import LIMITS, at_least_0, number_where, tuple_of
from .optimizer import Optimizer, Params, Schedule
from .terms import N

__all__ = ["Adafactor"]


def adafactor(
    xp: Any,
    param: N,
    grad: N,
    state: State,
    *,
    step: int,
    lr: float,
    beta2_decay: float,
    eps: tuple[float | None, float],
    d: float,
    weight_decay: float,
    maximize: bool,
) -> tuple[N, State]:
    """The update of `Adafactor`, on raw arrays: one parameter's."""
    least = float(xp.finfo(param.dtype).eps) if eps[0] is None else eps[0]
    if maximize:
        grad = -grad
    share = step**beta2_decay  # of the new squares
    size = xp.maximum(_root_mean_square(xp, param), eps[1]) * min(lr, 1 / math.sqrt(step))
    if weight_decay:
        param = param * (1 - lr * weight_decay)
    squares = grad * grad
    if len(param.shape) > 1:
        rows, columns = (share * _mean(xp, squares, axis) for axis in (-1, -2))
        if state:
            rows = (1 - share) * state["row_var"] + rows
            columns = (1 - share) * state["col_var"] + columns
        state = {"row_var": rows, "col_var": columns}
        variance = rows * columns / xp.maximum(_mean(xp, rows, -2), least)
    else:
        variance = (1 - share) * state["variance"] + share * squares if state else share * squares
        state = {"variance": variance}
    update = grad / xp.sqrt(xp.maximum(variance, least * least))
    return param - size / xp.maximum(_root_mean_square(xp, update) / d, 1.0) * update, state


def _mean(xp: Any, x: Any, axis: int) -> Any:
    """0 for none, where xp.mean gives NaN."""
    return xp.sum(x, axis=axis, keepdims=True) / max(1, x.shape[axis])


def _root_mean_square(xp: Any, x: Any) -> Any:
    return xp.sqrt(xp.sum(x * x) / max(1, math.prod(x.shape)))


class Adafactor(Optimizer):
    """Divides by second moments that are kept only by row and by column of a matrix: little memory.

    b = 1 - t**beta2_decay;  r, c = b * r + (1 - b) * mean(g**2) by rows and by columns
    v = r c / max(mean(r), eps1), or of a vector, b * v + (1 - b) * g**2
    u = g / max(sqrt(v), eps1);  p = p * (1 - lr * weight_decay)
    p = p - max(eps2, RMS(p)) * min(lr, 1 / sqrt(t)) * u / max(1, RMS(u) / d)

    Shazeer and Stern, Adafactor: adaptive learning rates with sublinear memory cost, 2018; where PyTorch departs
    from it (lr, eps1), so does this.

    Args:
        params: parameters, or groups of them.
        lr: the largest step relative to the parameter's size, or a schedule.
        beta2_decay: at most 0: how fast the share of the new squares falls.
        eps: eps1, None for that of the parameter's data type, and eps2.
        d: at least 1: larger updates are clipped to this root mean square.
        weight_decay: the share, times lr, by which weights shrink at each step.
        maximize: climb in the place of descending.

    Shapes: parameters of any shape; those of (..., n, m) have a state of (..., n, 1) and (..., 1, m).

    Raises:
        OptionError: for numbers out of range.
        DTypeError: for complex parameters.
    """

    rule = staticmethod(adafactor)
    is_flat = False
    slots = ("row_var", "col_var", "variance")
    limits = LIMITS | {
        "beta2_decay": (number_where(lambda v: v <= 0), "at most 0"),
        "eps": (tuple_of(lambda v: v is None or at_least_0(v), at_least_0), "None or at least 0, and at least 0"),
        "d": (number_where(lambda v: v >= 1), "at least 1"),
    }

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params, lr=lr, beta2_decay=beta2_decay, eps=eps, d=d, weight_decay=weight_decay, maximize=maximize
        )

    def state_shape(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        if len(shape) > 1:
            return {"row_var": (*shape[:-1], 1), "col_var": (*shape[:-2], 1, shape[-1])}.get(name)
        return shape if name == "variance" else None
