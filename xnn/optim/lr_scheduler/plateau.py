"""The schedule that looks at a metric."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, SupportsFloat

from xnn.autograd import no_grad
from xnn.errors import CheckpointError
from xnn.optim.states import number_of

from .schedule import LRScheduler

__all__ = ["ReduceLROnPlateau"]

STATE = ("best", "cooldown_counter", "num_bad_epochs", "last_epoch", "_last_lr")


class ReduceLROnPlateau(LRScheduler):
    """Multiplies the rate by `factor` when a metric has not become better for more than `patience` of its steps.

    An optimizer asks it for the rate as it asks other schedules; the program tells it the metric, with `step`. It alone
    among the schedules has a state: save its `state_dict` with the optimizer's.

    Args:
        lr: the base learning rate.
        mode: "min" if smaller is better, or "max".
        factor: at least 0 and below 1.
        patience: how many metrics in a row may be no better, at least 0.
        threshold: by how much a metric must be better to count, at least 0.
        threshold_mode: "rel", of the best one; "abs", a difference.
        cooldown: for how many metrics after a reduction none counts as bad, at least 0.
        min_lr: the lowest rate, at least 0; a number, where PyTorch may have one for each group.
        eps: a reduction by no more than this is left out.

    Shape: metric, step and rate are numbers, (); the metric may be an array.

    Example:
        >>> from xnn.optim.lr_scheduler import ReduceLROnPlateau
        >>> schedule = ReduceLROnPlateau(lr=1.0, factor=0.5, patience=0)
        >>> for loss in [3.0, 2.0, 2.0]:
        ...     schedule.step(loss)
        >>> schedule(3)
        0.5
    """

    def __init__(
        self,
        lr: float,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(lr)
        self.mode = self._choice("mode", mode, ("min", "max"))
        self.factor = self._number("factor", factor)
        if self.factor >= 1:
            raise self._error("factor is a number below 1", factor)
        self.patience = self._whole("patience", patience, 0)
        self.threshold = self._number("threshold", threshold)
        self.threshold_mode = self._choice("threshold_mode", threshold_mode, ("rel", "abs"))
        self.cooldown = self._whole("cooldown", cooldown, 0)
        self.min_lr = self._number("min_lr", min_lr)
        self.eps = self._number("eps", eps)
        self._lr = self.lr
        self._best = math.inf if mode == "min" else -math.inf
        self._bad = self._cooling = self._metrics = 0

    def rate(self, step: float) -> float:
        return self._lr

    def step(self, metrics: SupportsFloat) -> None:
        """Look at the metric, a number or an array of shape (), for which the host waits; NaN is no better."""
        with no_grad():  # a look, also in a function that is differentiated
            value = float(metrics)
        self._metrics += 1
        if self._is_better(value):
            self._best, self._bad = value, 0
        else:
            self._bad += 1
        if self._cooling:
            self._cooling -= 1
            self._bad = 0
        if self._bad > self.patience:
            reduced = max(self._lr * self.factor, self.min_lr)
            if self._lr - reduced > self.eps:
                self._lr = reduced
            self._cooling, self._bad = self.cooldown, 0

    def _is_better(self, value: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            return sign * value > sign * self._best * (1 + sign * self.threshold)
        return sign * value > sign * self._best + self.threshold

    def state_dict(self) -> dict[str, Any]:
        """The state, under the names that PyTorch's has for it; options are not in it."""
        return dict(zip(STATE, (self._best, self._cooling, self._bad, self._metrics, [self._lr]), strict=True))

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state, or from PyTorch's of one group of parameters, whose options are overlooked.

        Raises:
            CheckpointError: for what is no such state; then nothing is changed.
        """
        missing = [name for name in STATE if not isinstance(state, Mapping) or name not in state]
        rates = [] if missing else state["_last_lr"]
        if not isinstance(rates, (list, tuple)):
            missing = ["list _last_lr"]
        if missing or len(rates) != 1:
            what = f"has no {', '.join(missing)}" if missing else f"is of {len(rates)} groups, not of one"
            raise CheckpointError(f"the state of ReduceLROnPlateau {what}. Cure: one that state_dict() gave.")
        best, rate = number_of("best", state["best"], float), number_of("_last_lr", rates[0], float)
        counts = [number_of(name, state[name], int) for name in STATE[1:4]]
        self._best, self._lr = best, rate
        self._cooling, self._bad, self._metrics = counts
