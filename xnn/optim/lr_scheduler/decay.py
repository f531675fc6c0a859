"""Schedules that go from one rate to another along a line, a power, an exponential or a hyperbola."""

from __future__ import annotations

import math

from xnn.arguments import flagged

from .schedule import LRScheduler

__all__ = ["ExponentialDecay", "ExponentialLR", "InverseTimeDecay", "LinearLR", "PolynomialDecay", "PolynomialLR"]


class LinearLR(LRScheduler):
    """lr times a factor that goes from start_factor to end_factor in total_iters steps, and stays there: a warm-up.

    Args:
        lr: the base learning rate.
        start_factor: above 0 and at most 1.
        end_factor: from 0 to 1.
        total_iters: at least 1.

    Shape: step and rate are numbers, ().
    """

    @flagged
    def __init__(self, lr: float, start_factor: float = 1.0 / 3, end_factor: float = 1.0, total_iters: int = 5) -> None:
        super().__init__(lr)
        self.start_factor = self._number("start_factor", start_factor, most=1.0, is_positive=True)
        self.end_factor = self._number("end_factor", end_factor, most=1.0)
        self.total_iters = self._whole("total_iters", total_iters)

    def rate(self, step: float) -> float:
        share = min(step, self.total_iters) / self.total_iters
        return self.lr * (self.start_factor + (self.end_factor - self.start_factor) * share)


class ExponentialLR(LRScheduler):
    """lr * gamma ** step.

    Args:
        lr: the base learning rate.
        gamma: the factor of each step, at least 0.

    Shape: step and rate are numbers, ().
    """

    @flagged
    def __init__(self, lr: float, gamma: float) -> None:
        super().__init__(lr)
        self.gamma = self._number("gamma", gamma)

    def rate(self, step: float) -> float:
        return float(self.lr * self.gamma**step)


class PolynomialLR(LRScheduler):
    """lr * (1 - step / total_iters) ** power, and 0 from then on.

    Args:
        lr: the base learning rate.
        total_iters: at least 1.
        power: at least 0.

    Shape: step and rate are numbers, ().
    """

    @flagged
    def __init__(self, lr: float, total_iters: int = 5, power: float = 1.0) -> None:
        super().__init__(lr)
        self.total_iters = self._whole("total_iters", total_iters)
        self.power = self._number("power", power)

    def rate(self, step: float) -> float:
        return float(self.lr * (1 - min(step, self.total_iters) / self.total_iters) ** self.power)


class _TimeDecay(LRScheduler):
    """What Keras's decays of the time have in common: step / decay_steps, or how often these are over."""

    @flagged
    def __init__(
        self, initial_learning_rate: float, decay_steps: float, decay_rate: float, staircase: bool = False
    ) -> None:
        self.lr = self._number("initial_learning_rate", initial_learning_rate)
        self.decay_steps = self._number("decay_steps", decay_steps, is_positive=True)
        self.decay_rate = self._number("decay_rate", decay_rate)
        self.staircase = staircase

    def _time(self, step: float) -> float:
        return step // self.decay_steps if self.staircase else step / self.decay_steps


class ExponentialDecay(_TimeDecay):
    """lr * decay_rate ** (step / decay_steps): Keras's.

    Args:
        initial_learning_rate: the base learning rate, lr.
        decay_steps: above 0.
        decay_rate: the factor of each decay_steps, at least 0.
        staircase: step // decay_steps in the exponent.

    Shape: step and rate are numbers, ().
    """

    def rate(self, step: float) -> float:
        return float(self.lr * self.decay_rate ** self._time(step))


class InverseTimeDecay(_TimeDecay):
    """lr / (1 + decay_rate * step / decay_steps): Keras's.

    Args:
        initial_learning_rate: the base learning rate, lr.
        decay_steps: above 0.
        decay_rate: at least 0.
        staircase: step // decay_steps in the place of the quotient.

    Shape: step and rate are numbers, ().
    """

    def rate(self, step: float) -> float:
        return self.lr / (1 + self.decay_rate * self._time(step))


class PolynomialDecay(LRScheduler):
    """(lr - end) * (1 - step / decay_steps) ** power + end, and `end` from then on: Keras's.

    Args:
        initial_learning_rate: the base learning rate, lr.
        decay_steps: above 0.
        end_learning_rate: end, at least 0.
        power: at least 0.
        cycle: when the end is reached, start again at a step towards an end twice, three times, ... as far away.

    Shape: step and rate are numbers, ().
    """

    @flagged
    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
    ) -> None:
        self.lr = self._number("initial_learning_rate", initial_learning_rate)
        self.decay_steps = self._number("decay_steps", decay_steps, is_positive=True)
        self.end_learning_rate = self._number("end_learning_rate", end_learning_rate)
        self.power = self._number("power", power)
        self.cycle = cycle

    def rate(self, step: float) -> float:
        far = self.decay_steps * (max(math.ceil(step / self.decay_steps), 1) if self.cycle else 1)
        left = (1 - min(step, far) / far) ** self.power
        return float((self.lr - self.end_learning_rate) * left + self.end_learning_rate)
