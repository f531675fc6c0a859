"""What every schedule shares: it is called with the steps done, and its options are checked when it is made."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any, TypeVar

from xnn.arguments import choice, whole
from xnn.cures import offer_attributes
from xnn.errors import OptionError

__all__ = ["LRScheduler"]

C = TypeVar("C")


@offer_attributes
class LRScheduler(ABC):
    """A learning rate as a function of the number of steps done.

    A schedule is made with the base learning rate in the place of PyTorch's optimizer, and is given to an optimizer as
    its `lr`. It is a closed form of the step, so a run that goes on at step n needs no state of it; only
    ReduceLROnPlateau has one. PyTorch's examples step once an epoch: `lambda step: schedule(step // steps_an_epoch)`
    does that here.

    Args:
        lr: the learning rate that the schedule changes, at least 0.

    Shape: the step and the learning rate are numbers, ().

    Raises:
        OptionError: for an option that makes no sense, and when it is called with what is no number of steps.

    Example:
        >>> from xnn.optim import lr_scheduler
        >>> schedule = lr_scheduler.StepLR(lr=0.5, step_size=2, gamma=0.5)
        >>> [schedule(step) for step in range(5)]
        [0.5, 0.5, 0.25, 0.25, 0.125]
    """

    def __init__(self, lr: float) -> None:
        self.lr = self._number("lr", lr)

    def __call__(self, step: float) -> float:
        """The learning rate when `step` steps are done, 0 at first; a float."""
        return float(self.rate(self._number("step", step)))

    @abstractmethod
    def rate(self, step: float) -> float:
        """The learning rate when `step` steps are done, a number of at least 0 that was checked."""

    def __repr__(self) -> str:
        options = (f"{name}={value!r}" for name, value in vars(self).items() if name[0] != "_")
        return f"{type(self).__name__}({', '.join(options)})"

    def _error(self, rule: str, value: Any) -> OptionError:
        return OptionError(f"{type(self).__name__}: {rule}; got {value!r}")

    def _number(
        self, option: str, value: Any, least: float = 0.0, most: float = math.inf, is_positive: bool = False
    ) -> float:
        """A number from `least` to `most`, or above 0."""
        if isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value):
            number = int(value) if isinstance(value, Integral) else float(value)  # NumPy's become Python's
            if least <= number <= most and (number > 0 or not is_positive):
                return number
        low = "above 0" if is_positive else f"of at least {least:g}"
        raise self._error(f"{option} is a number {low}" + (f" and at most {most:g}" if most < math.inf else ""), value)

    def _whole(self, option: str, value: Any, least: int = 1) -> int:
        return whole(f"{type(self).__name__}: {option}", value, least)

    def _function(self, option: str, value: Any) -> Callable[..., float]:
        if not callable(value):
            raise self._error(f"{option} is a function", value)
        function: Callable[..., float] = value
        return function

    def _choice(self, option: str, value: C, choices: Sequence[C]) -> C:
        return choice(type(self).__name__, option, value, choices)
