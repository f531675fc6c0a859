"""Schedules along half a cosine: annealing, with warm restarts, and towards the rate of weight averaging."""

from __future__ import annotations

import math
from typing import Literal

from .schedule import LRScheduler

__all__ = ["SWALR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CosineDecay", "CosineDecayRestarts"]


def _falling(share: float) -> float:
    """Half a cosine, from 1 at 0 to 0 at 1."""
    return (1 + math.cos(math.pi * share)) / 2


def _restart(step: float, first: float, growth: float) -> tuple[int, float]:
    """How many cycles are over, and which share of this one, when each is `growth` times as long as the one before."""
    if growth == 1:
        over, rest = divmod(step, first)
        return int(over), rest / first

    def start(cycle: int) -> float:
        return float(first * (growth**cycle - 1) / (growth - 1))

    # The logarithm may round to the wrong side of a restart.
    cycle = int(math.log1p(step / first * (growth - 1)) / math.log(growth))
    while start(cycle) > step:
        cycle -= 1
    while start(cycle + 1) <= step:
        cycle += 1
    return cycle, (step - start(cycle)) / (first * growth**cycle)


class CosineAnnealingLR(LRScheduler):
    """eta_min + (lr - eta_min) * (1 + cos(pi * step / T_max)) / 2, which rises again after T_max steps.

    Loshchilov and Hutter, SGDR: Stochastic gradient descent with warm restarts, 2017.

    Args:
        lr: the base learning rate.
        T_max: the steps down to eta_min, at least 1.
        eta_min: at least 0.

    Shape: step and rate are numbers, ().
    """

    def __init__(self, lr: float, T_max: int, eta_min: float = 0.0) -> None:
        super().__init__(lr)
        self.T_max = self._whole("T_max", T_max)
        self.eta_min = self._number("eta_min", eta_min)

    def rate(self, step: float) -> float:
        return self.eta_min + (self.lr - self.eta_min) * _falling(step / self.T_max)


class CosineAnnealingWarmRestarts(LRScheduler):
    """eta_min + (lr - eta_min) * (1 + cos(pi * t)) / 2, t the share of the cycle that is over.

    Loshchilov and Hutter, SGDR: Stochastic gradient descent with warm restarts, 2017.

    Args:
        lr: the base learning rate.
        T_0: the steps of the first cycle, at least 1.
        T_mult: how many times as long as the one before each cycle is, at least 1.
        eta_min: at least 0.

    Shape: step and rate are numbers, (); a step may be a fraction.
    """

    def __init__(self, lr: float, T_0: int, T_mult: int = 1, eta_min: float = 0.0) -> None:
        super().__init__(lr)
        self.T_0 = self._whole("T_0", T_0)
        self.T_mult = self._whole("T_mult", T_mult)
        self.eta_min = self._number("eta_min", eta_min)

    def rate(self, step: float) -> float:
        _, share = _restart(step, self.T_0, self.T_mult)
        return self.eta_min + (self.lr - self.eta_min) * _falling(share)


class CosineDecay(LRScheduler):
    """lr * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha), and lr * alpha from then on: Keras's.

    With a warm-up, the rate first goes along a line to warmup_target, which then stands in the place of lr.

    Args:
        initial_learning_rate: the base learning rate, lr.
        decay_steps: of the cosine, above 0.
        alpha: the share of the rate that is left, at least 0.
        warmup_target: where the warm-up ends; None: there is none.
        warmup_steps: of the warm-up, at least 0.

    Shape: step and rate are numbers, ().
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        self.lr = self._number("initial_learning_rate", initial_learning_rate)
        self.decay_steps = self._number("decay_steps", decay_steps, is_positive=True)
        self.alpha = self._number("alpha", alpha)
        self.warmup_target = None if warmup_target is None else self._number("warmup_target", warmup_target)
        self.warmup_steps = self._number("warmup_steps", warmup_steps)
        if self.warmup_target is None and self.warmup_steps:
            raise self._error("warmup_steps need a warmup_target", warmup_steps)

    def rate(self, step: float) -> float:
        top = self.lr if self.warmup_target is None else self.warmup_target
        if step < self.warmup_steps:
            return self.lr + (top - self.lr) * (step / self.warmup_steps)
        share = min((step - self.warmup_steps) / self.decay_steps, 1.0)
        return top * ((1 - self.alpha) * _falling(share) + self.alpha)


class CosineDecayRestarts(LRScheduler):
    """lr * ((1 - alpha) * m_mul**n * (1 + cos(pi * t)) / 2 + alpha), in cycle n with the share t of it over: Keras's.

    Args:
        initial_learning_rate: the base learning rate, lr.
        first_decay_steps: of the first cycle, above 0.
        t_mul: how many times as long as the one before each cycle is, at least 1.
        m_mul: the factor of the rate at each restart, at least 0.
        alpha: the share of the rate that is left, at least 0.

    Shape: step and rate are numbers, ().
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
    ) -> None:
        self.lr = self._number("initial_learning_rate", initial_learning_rate)
        self.first_decay_steps = self._number("first_decay_steps", first_decay_steps, is_positive=True)
        self.t_mul = self._number("t_mul", t_mul, least=1.0)
        self.m_mul = self._number("m_mul", m_mul)
        self.alpha = self._number("alpha", alpha)

    def rate(self, step: float) -> float:
        cycle, share = _restart(step, self.first_decay_steps, self.t_mul)
        return float(self.lr * ((1 - self.alpha) * self.m_mul**cycle * _falling(share) + self.alpha))


class SWALR(LRScheduler):
    """From lr to swa_lr in anneal_epochs steps, and there it stays: for stochastic weight averaging.

    Izmailov et al., Averaging weights leads to wider optima and better generalization, 2018.

    Args:
        lr: the base learning rate.
        swa_lr: the rate while weights are averaged, at least 0.
        anneal_epochs: steps on the way, at least 0.
        anneal_strategy: "cos" or "linear".

    Shape: step and rate are numbers, ().
    """

    def __init__(
        self, lr: float, swa_lr: float, anneal_epochs: int = 10, anneal_strategy: Literal["cos", "linear"] = "cos"
    ) -> None:
        super().__init__(lr)
        self.swa_lr = self._number("swa_lr", swa_lr)
        self.anneal_epochs = self._whole("anneal_epochs", anneal_epochs, 0)
        self.anneal_strategy = self._choice("anneal_strategy", anneal_strategy, ("cos", "linear"))

    def rate(self, step: float) -> float:
        share = 1.0 if step >= self.anneal_epochs else step / self.anneal_epochs
        left = _falling(share) if self.anneal_strategy == "cos" else 1 - share
        return self.swa_lr * (1 - left) + self.lr * left
