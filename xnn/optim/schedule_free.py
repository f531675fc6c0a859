"""Schedule-free AdamW."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, overload

from xnn.errors import OptionError

from .batches import State
from .limits import AT_LEAST_0, LIMITS, is_finite, number_where, tuple_of
from .optimizer import EXTRAS, L, Optimizer, Params, Schedule
from .terms import N

__all__ = ["ScheduleFreeAdamW"]


def schedule_free_adamw(
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
    warmup_steps: int,
    r: float,
    weight_lr_power: float,
) -> tuple[N, State]:
    """The update of `ScheduleFreeAdamW`, on raw arrays."""
    beta1, beta2 = betas
    if not state:
        state = {"z": param, "exp_avg_sq": xp.zeros_like(param), "weight_sum": 0.0, "lr_max": 0.0}
    lr = lr * min(1.0, step / max(1, warmup_steps))
    largest = max(lr, state["lr_max"])
    weight = step**r * largest**weight_lr_power
    total = state["weight_sum"] + weight
    share = weight / total if total else 0.0
    second = beta2 * state["exp_avg_sq"] + (1 - beta2) * (grad * grad)
    update = grad / (xp.sqrt(second / (1 - beta2**step)) + eps)
    if weight_decay:
        update = update + weight_decay * param
    z = state["z"]
    param = (1 - share) * param + share * z + lr * (beta1 * (1 - share) - 1) * update
    return param, {"z": z - lr * update, "exp_avg_sq": second, "weight_sum": total, "lr_max": largest}


class ScheduleFreeAdamW(Optimizer):
    """AdamW that needs no schedule: the weights to use are a running mean, and training goes on beside it.

    z = z - lr * u, u = g(y) / (sqrt(v / (1 - beta2**t)) + eps) + weight_decay * y
    x = (1 - c) * x + c * z, c = w(t) / (w(1) + ... + w(t)), w(t) = t**r * (largest lr so far)**weight_lr_power
    y = beta1 * x + (1 - beta1) * z

    In train mode, at first, the parameters are y; `eval()` makes them x, to be used or saved, and `train()` y again.

    Defazio et al., The road less scheduled, 2024; options and defaults are those of the authors' package schedulefree.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate, after warm-up.
        betas: the share of x in y, above 0, and the share of the old second moment that is kept.
        eps: added to its root.
        weight_decay: the factor of the parameter in the update.
        warmup_steps: the steps in which lr rises.
        r: the power of the step in its weight.
        weight_lr_power: the power of the learning rate there.

    Shapes: parameters of any shape.

    Raises:
        OptionError: for numbers out of range, and for a step in eval mode.

    Steps and weights are counted for each parameter; the package counts a group's.

    Example:
        >>> import xnn as xp
        >>> p = xp.nn.Parameter(xp.asarray([1.0], device="cpu"))
        >>> optimizer = xp.optim.ScheduleFreeAdamW([p], lr=0.25)
        >>> for _ in range(2):
        ...     p.grad = xp.asarray([1.0], device="cpu")
        ...     optimizer.step()
        >>> optimizer.eval()
        >>> p.detach()
        Array([0.625], dtype=float32, device='numpy:cpu')
    """

    rule = staticmethod(schedule_free_adamw)
    slots = ("z", "exp_avg_sq")
    numbers = ("weight_sum", "lr_max")
    extras = EXTRAS | {"train_mode"}
    limits = LIMITS | {
        "betas": (
            tuple_of(number_where(lambda v: 0 < v < 1), number_where(lambda v: 0 <= v < 1)),
            "two numbers, the first above 0, the second at least 0, and both below 1",
        ),
        "warmup_steps": (lambda v: isinstance(v, int) and v >= 0, "an int of at least 0"),
        "r": (is_finite, "a finite number"),
        "weight_lr_power": AT_LEAST_0,
    }

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 0.0025,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        warmup_steps: int = 0,
        r: float = 0.0,
        weight_lr_power: float = 2.0,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            warmup_steps=warmup_steps,
            r=r,
            weight_lr_power=weight_lr_power,
        )

    def _group(self, group: Mapping[str, Any]) -> dict[str, Any]:
        full = super()._group(group)
        full.setdefault("train_mode", True)
        return full

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], L]) -> L: ...
    def step(self, closure: Callable[[], L] | None = None) -> L | None:
        if not all(group["train_mode"] for group in self.param_groups):
            raise OptionError("ScheduleFreeAdamW steps in train mode; it is in eval mode. Cure: optimizer.train().")
        return super().step(closure)

    def train(self) -> None:
        """Make the parameters what is trained, y."""
        self._switch(True)

    def eval(self) -> None:
        """Make the parameters what is used, their mean x."""
        self._switch(False)

    def _switch(self, mode: bool) -> None:
        for group, batches in zip(self.param_groups, self._current_batches(), strict=True):
            if group["train_mode"] is mode:
                continue
            group["train_mode"] = mode
            share = 1 - group["betas"][0] if mode else 1 - 1 / group["betas"][0]
            for batch in batches:
                if batch.state:
                    batch.move_towards("z", share)
