"""Schedules of schedules: one after the other, and all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from .schedule import LRScheduler

__all__ = ["ChainedScheduler", "SequentialLR"]


class _Combined(LRScheduler):
    """A schedule of others; its base learning rate is that of the first."""

    def __init__(self, schedulers: Sequence[LRScheduler]) -> None:
        self.schedulers = list(schedulers)
        if not self.schedulers or not all(isinstance(s, LRScheduler) for s in self.schedulers):
            raise self._error("schedulers is a list of at least one schedule of xnn.optim.lr_scheduler", schedulers)
        self.lr = self.schedulers[0].lr


class SequentialLR(_Combined):
    """One schedule after the other; each counts its steps from its milestone. A warm-up is the first of two.

    Args:
        schedulers: the schedules, at least one.
        milestones: the steps at which the second, the third, ... begins, each above the one before.

    Shape: step and rate are numbers, ().

    Example:
        >>> from xnn.optim.lr_scheduler import ExponentialLR, LinearLR, SequentialLR
        >>> warm = SequentialLR([LinearLR(1.0, 0.5, total_iters=2), ExponentialLR(1.0, 0.5)], milestones=[2])
        >>> [warm(step) for step in range(5)]
        [0.5, 0.75, 1.0, 0.5, 0.25]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], milestones: Sequence[int]) -> None:
        super().__init__(schedulers)
        self.milestones = [self._whole("a milestone", milestone, 0) for milestone in milestones]
        if len(self.milestones) != len(self.schedulers) - 1:
            raise self._error(
                "there is one schedule more than there are milestones", (len(self.schedulers), len(self.milestones))
            )
        if any(low >= high for low, high in zip(self.milestones, self.milestones[1:], strict=False)):
            raise self._error("each milestone is above the one before", self.milestones)

    def rate(self, step: float) -> float:
        i = bisect_right(self.milestones, step)
        return self.schedulers[i](step - self.milestones[i - 1] if i else step)


class ChainedScheduler(_Combined):
    """lr times the factor schedule(step) / lr of every schedule: PyTorch's, where each step multiplies the rate.

    A schedule with a term that is added (eta_min above 0) or with rates of its own (CyclicLR, SWALR) is such a factor
    as well, where PyTorch's overwrites the others'.

    Args:
        schedulers: the schedules, at least one, all with the same base learning rate.

    Shape: step and rate are numbers, ().
    """

    def __init__(self, schedulers: Sequence[LRScheduler]) -> None:
        super().__init__(schedulers)
        if any(scheduler.lr != self.lr for scheduler in self.schedulers):
            raise self._error("all schedules have the same base learning rate", [s.lr for s in self.schedulers])

    def rate(self, step: float) -> float:
        lr = self.lr
        for scheduler in self.schedulers:
            lr *= scheduler(step) / self.lr if self.lr else 0.0
        return lr
