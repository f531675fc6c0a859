"""What several update rules have in common: the gradient that they go down by, weight decay, and running moments."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from xnn.typing import AnyArray

from .batches import State


class Arithmetic(AnyArray, Protocol):
    """A raw array in a rule, of which a namespace's functions and Python's operators give arrays alike."""

    def __neg__(self) -> Any: ...
    def __add__(self, other: Any, /) -> Any: ...
    def __radd__(self, other: Any, /) -> Any: ...
    def __sub__(self, other: Any, /) -> Any: ...
    def __rsub__(self, other: Any, /) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...
    def __rmul__(self, other: Any, /) -> Any: ...
    def __truediv__(self, other: Any, /) -> Any: ...


N = TypeVar("N", bound=Arithmetic)


def descending(param: Any, grad: Any, weight_decay: float, maximize: bool) -> Any:
    """The gradient to go down by: turned round in order to climb, and with an L2 penalty's."""
    if maximize:
        grad = -grad
    return grad + weight_decay * param if weight_decay else grad


def decayed(
    param: Any, grad: Any, lr: float, weight_decay: float, maximize: bool, is_decoupled: bool
) -> tuple[Any, Any]:
    """Parameter and gradient with weight decay: of the parameter itself, or as an L2 penalty's."""
    if weight_decay and is_decoupled:
        param, weight_decay = param * (1 - lr * weight_decay), 0.0
    return param, descending(param, grad, weight_decay, maximize)


def moments(xp: Any, grad: Any, state: State, betas: tuple[float, float]) -> tuple[Any, Any]:
    """Adam's running means of the gradient and of its square, from 0 on."""
    if not state:
        zero = xp.zeros_like(grad)
        state = {"exp_avg": zero, "exp_avg_sq": zero}
    first = betas[0] * state["exp_avg"] + (1 - betas[0]) * grad
    return first, betas[1] * state["exp_avg_sq"] + (1 - betas[1]) * (grad * grad)
