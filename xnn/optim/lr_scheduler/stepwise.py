"""Schedules that are constant between steps, and those of functions of one's own."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence

from .schedule import LRScheduler

__all__ = ["ConstantLR", "LambdaLR", "MultiStepLR", "MultiplicativeLR", "PiecewiseConstantDecay", "StepLR"]


class LambdaLR(LRScheduler):
    """lr * lr_lambda(step).

    Args:
        lr: the base learning rate.
        lr_lambda: a function of the step.

    Shape: step and rate are numbers, ().
    """

    def __init__(self, lr: float, lr_lambda: Callable[[int], float]) -> None:
        super().__init__(lr)
        self.lr_lambda = self._function("lr_lambda", lr_lambda)

    def rate(self, step: float) -> float:
        return self.lr * self.lr_lambda(step)


class MultiplicativeLR(LRScheduler):
    """lr * lr_lambda(1) * ... * lr_lambda(step).

    The last product is kept: the next step costs one call of the function. A fraction of a step counts for nothing.

    Args:
        lr: the base learning rate.
        lr_lambda: a function of the step, from 1.

    Shape: step and rate are numbers, ().
    """

    def __init__(self, lr: float, lr_lambda: Callable[[int], float]) -> None:
        super().__init__(lr)
        self.lr_lambda = self._function("lr_lambda", lr_lambda)
        self._known = (0, self.lr)

    def rate(self, step: float) -> float:
        known, lr = self._known if self._known[0] <= step else (0, self.lr)
        for i in range(known + 1, int(step) + 1):
            lr = lr * self.lr_lambda(i)
        self._known = (int(step), lr)
        return lr


class StepLR(LRScheduler):
    """lr * gamma ** (step // step_size).

    Args:
        lr: the base learning rate.
        step_size: how many steps a rate is kept, at least 1.
        gamma: the factor after each of them, at least 0.

    Shape: step and rate are numbers, ().
    """

    def __init__(self, lr: float, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(lr)
        self.step_size = self._whole("step_size", step_size)
        self.gamma = self._number("gamma", gamma)

    def rate(self, step: float) -> float:
        return float(self.lr * self.gamma ** (step // self.step_size))


class MultiStepLR(LRScheduler):
    """lr * gamma ** (how many milestones are at most the step).

    Args:
        lr: the base learning rate.
        milestones: steps, in any order; one that stands twice counts twice.
        gamma: the factor at each of them, at least 0.

    Shape: step and rate are numbers, ().
    """

    def __init__(self, lr: float, milestones: Iterable[int], gamma: float = 0.1) -> None:
        super().__init__(lr)
        self.milestones = sorted(self._whole("a milestone", milestone, 0) for milestone in milestones)
        self.gamma = self._number("gamma", gamma)

    def rate(self, step: float) -> float:
        return self.lr * self.gamma ** bisect_right(self.milestones, step)


class ConstantLR(LRScheduler):
    """lr * factor for total_iters steps, then lr.

    Args:
        lr: the base learning rate.
        factor: from 0 to 1.
        total_iters: how many steps the factor holds, at least 1.

    Shape: step and rate are numbers, ().
    """

    def __init__(self, lr: float, factor: float = 1.0 / 3, total_iters: int = 5) -> None:
        super().__init__(lr)
        self.factor = self._number("factor", factor, most=1.0)
        self.total_iters = self._whole("total_iters", total_iters)

    def rate(self, step: float) -> float:
        return self.lr if step >= self.total_iters else self.lr * self.factor


class PiecewiseConstantDecay(LRScheduler):
    """values[i] from after boundaries[i - 1] up to boundaries[i], which belongs to it: Keras's.

    Args:
        boundaries: steps, each above the one before.
        values: learning rates, one more than there are boundaries; the first is the base learning rate.

    Shape: step and rate are numbers, ().
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float]) -> None:
        self.boundaries = [self._number("a boundary", boundary) for boundary in boundaries]
        self.values = [self._number("a value", value) for value in values]
        if any(low >= high for low, high in zip(self.boundaries, self.boundaries[1:], strict=False)):
            raise self._error("each boundary is above the one before", self.boundaries)
        if len(self.values) != len(self.boundaries) + 1:
            raise self._error(
                "there is one value more than there are boundaries", (len(self.values), len(self.boundaries))
            )
        self.lr = self.values[0]

    def rate(self, step: float) -> float:
        return self.values[bisect_left(self.boundaries, step)]
