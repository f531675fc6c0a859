"""Schedules of the learning rate that have one of the momentum beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from xnn.arguments import flagged
from xnn.errors import OptionError

from .schedule import LRScheduler

__all__ = ["CyclicLR", "OneCycleLR"]


class _WithMomentum(LRScheduler):
    """A schedule that may give the momentum as well."""

    cycle_momentum: bool
    base_momentum: float
    max_momentum: float

    def _momenta(self, cycle_momentum: bool, base_momentum: float, max_momentum: float) -> None:
        self.cycle_momentum = cycle_momentum
        self.base_momentum = self._number("base_momentum", base_momentum, most=1.0)
        self.max_momentum = self._number("max_momentum", max_momentum, most=1.0)

    def momentum(self, step: float) -> float:
        """The momentum (Adam's first beta) when `step` steps are done: high where the learning rate is low.

        Raises:
            OptionError: for a schedule that was made with cycle_momentum=False.
        """
        if not self.cycle_momentum:
            raise OptionError(f"{type(self).__name__} was made with cycle_momentum=False: it has no momentum")
        return self._momentum(self._number("step", step))

    def _momentum(self, step: float) -> float:
        raise NotImplementedError


class CyclicLR(_WithMomentum):
    """base_lr + (max_lr - base_lr) * t * scale: t rises from 0 to 1 and falls again, along lines, in each cycle.

    Smith, Cyclical learning rates for training neural networks, 2017.

    Args:
        base_lr: the lowest rate; PyTorch, too, takes it in the place of the optimizer's.
        max_lr: the highest rate.
        step_size_up: the steps that it rises, at least 1.
        step_size_down: the steps that it falls, at least 0; None: as many.
        mode: the scale: "triangular", 1; "triangular2", half of it after each cycle; "exp_range", gamma**step.
        gamma: of "exp_range".
        scale_fn: a scale of one's own; `mode` does not count then.
        scale_mode: scale_fn is a function of "cycle", the number of the cycle from 1, or of "iterations", the step.
        cycle_momentum: whether there is a momentum, which falls where the rate rises.
        base_momentum: the lowest momentum.
        max_momentum: the highest momentum.

    Shape: step, rate and momentum are numbers, ().
    """

    @flagged
    def __init__(
        self,
        base_lr: float,
        max_lr: float,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float = 0.8,
        max_momentum: float = 0.9,
    ) -> None:
        self.lr = self._number("base_lr", base_lr)
        self.max_lr = self._number("max_lr", max_lr)
        self.step_size_up = self._whole("step_size_up", step_size_up)
        self.step_size_down = (
            self.step_size_up if step_size_down is None else self._whole("step_size_down", step_size_down, 0)
        )
        self.scale_fn = None if scale_fn is None else self._function("scale_fn", scale_fn)
        self.mode = mode if scale_fn else self._choice("mode", mode, ("triangular", "triangular2", "exp_range"))
        self.gamma = self._number("gamma", gamma)
        self.scale_mode = self._choice("scale_mode", scale_mode, ("cycle", "iterations"))
        self._momenta(cycle_momentum, base_momentum, max_momentum)

    def _height(self, step: float) -> float:
        over, at = divmod(step, self.step_size_up + self.step_size_down)
        height = (
            at / self.step_size_up if at <= self.step_size_up else 1 - (at - self.step_size_up) / self.step_size_down
        )
        if self.scale_fn is not None:
            return height * self.scale_fn(over + 1 if self.scale_mode == "cycle" else step)
        scale = {"triangular": 1.0, "triangular2": 0.5**over, "exp_range": self.gamma**step}[self.mode]
        return float(height * scale)

    def rate(self, step: float) -> float:
        return self.lr + (self.max_lr - self.lr) * self._height(step)

    def _momentum(self, step: float) -> float:
        return self.max_momentum - (self.max_momentum - self.base_momentum) * self._height(step)


class OneCycleLR(_WithMomentum):
    """From max_lr / div_factor up to max_lr, and down to a rate far below the first: one cycle for the whole run.

    Smith and Topin, Super-convergence, 2019. PyTorch's options and phases; but at the step total_steps itself, which
    no optimizer of a run of that many steps asks for, the last rate holds on where PyTorch's formula goes beyond it.

    Args:
        max_lr: the highest rate.
        total_steps: of the cycle; or else
        epochs: and
        steps_per_epoch: whose product it is.
        pct_start: the share of the steps that the rate rises, from 0 to 1.
        anneal_strategy: "cos" or "linear".
        cycle_momentum: whether there is a momentum, which falls where the rate rises.
        base_momentum: the lowest momentum.
        max_momentum: the highest momentum.
        div_factor: max_lr / div_factor is the first rate.
        final_div_factor: the first rate / final_div_factor is the last one.
        three_phase: fall to the first rate as long as it rose, and only then to the last.

    Shape: step, rate and momentum are numbers, ().

    Raises:
        OptionError: for wrong options, and when it is called with a step beyond the cycle.
    """

    @flagged
    def __init__(
        self,
        max_lr: float,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
    ) -> None:
        given = tuple(option is not None for option in (total_steps, epochs, steps_per_epoch))
        if given not in ((True, False, False), (False, True, True)):
            raise self._error(
                "give total_steps, or else epochs and steps_per_epoch", (total_steps, epochs, steps_per_epoch)
            )
        self.max_lr = self._number("max_lr", max_lr)
        self.total_steps = (
            self._whole("epochs", epochs) * self._whole("steps_per_epoch", steps_per_epoch)
            if total_steps is None
            else self._whole("total_steps", total_steps)
        )
        self.pct_start = self._number("pct_start", pct_start, most=1.0)
        self.anneal_strategy = self._choice("anneal_strategy", anneal_strategy, ("cos", "linear"))
        self._momenta(cycle_momentum, base_momentum, max_momentum)
        self.lr = self.max_lr / self._number("div_factor", div_factor, is_positive=True)
        self.min_lr = self.lr / self._number("final_div_factor", final_div_factor, is_positive=True)
        self.three_phase = three_phase
        # Where each phase ends, with the rate and the momentum there; the first starts at lr and max_momentum.
        last = self.total_steps - 1
        self._phases = [(self.pct_start * self.total_steps - 1, self.max_lr, self.base_momentum)]
        if three_phase:
            self._phases.append((2 * self.pct_start * self.total_steps - 2, self.lr, self.max_momentum))
        self._phases.append((last, self.min_lr, self.max_momentum))

    def _at(self, step: float) -> tuple[float, float]:
        if step > self.total_steps:
            raise self._error(f"a cycle of {self.total_steps} steps has a step of at most that", step)
        start, lr, momentum = 0.0, self.lr, self.max_momentum
        for end, next_lr, next_momentum in self._phases[:-1]:
            if step <= end:
                break
            start, lr, momentum = end, next_lr, next_momentum
        else:
            end, next_lr, next_momentum = self._phases[-1]
        share = min((step - start) / (end - start), 1.0) if end > start else 1.0
        done = (1 - math.cos(math.pi * share)) / 2 if self.anneal_strategy == "cos" else share
        return lr + (next_lr - lr) * done, momentum + (next_momentum - momentum) * done

    def rate(self, step: float) -> float:
        return self._at(step)[0]

    def _momentum(self, step: float) -> float:
        return self._at(step)[1]
