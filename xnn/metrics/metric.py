"""What every metric shares: a state that batches are added to, and that can be saved."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, cast

from xnn.array_object import Array
from xnn.autograd.graph import Tracked, frontend, no_grad
from xnn.cures import offer_attributes
from xnn.errors import CheckpointError, ShapeError
from xnn.typing import A, AnyArray

from .operands import as_array

__all__ = ["Metric"]


@offer_attributes
class Metric(ABC):
    """A metric of all batches together, on the device of the first.

    `update(...)` takes a batch, `compute()` gives the metric of all until now, `reset()` forgets them. No update makes
    the host wait for a device: a value that it would have to look at (a label out of range) raises at once on the CPU,
    and on a GPU at the next call that waits, as `float(metric.compute())`. Sums and results are float64, counts int64;
    nothing is differentiated. Computed twice, it is the same; computed in parts, it is that of the whole.

    Shape: of `compute()`, (), unless a metric says another one.
    """

    slots: ClassVar[tuple[str, ...]]  # the names in the state

    def __init__(self) -> None:
        self._state: dict[str, Any] = {}

    def compute(self) -> Array:
        """The metric of all batches until now, on their device.

        Raises:
            ShapeError: if there was none.
        """
        if not self._state:
            raise ShapeError(f"{type(self).__name__} has seen no batch. Cure: update(...) before compute().")
        with no_grad():
            result: Array = self._result(**self._state)
        return result

    @abstractmethod
    def _result(self, *args: Any, **state: Any) -> Array:
        """The metric, from its state by name."""

    def reset(self) -> None:
        """Forget all batches."""
        self._state = {}

    def state_dict(self) -> dict[str, Any]:
        """The state, to be saved: arrays, and counts as ints; {} before the first batch."""
        return dict(self._state)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state; its arrays, raw ones too, stay on their device.

        Raises:
            CheckpointError: for the state of another metric; then nothing is changed.
        """
        if not isinstance(state, Mapping) or (state and set(state) != set(self.slots)):
            came = ", ".join(map(str, state)) if isinstance(state, Mapping) else type(state).__name__
            raise CheckpointError(f"the state of {type(self).__name__} has {', '.join(self.slots)}; got {came}")
        self._state = {
            name: int(value) if isinstance(value, int) else as_array(type(self).__name__, name, value)
            for name, value in state.items()
        }

    def _add(self, **batch: Any) -> None:
        """Add the sums of a batch to the state."""
        if not self._state:
            self._state = batch
            return
        for name, value in batch.items():
            self._check_alike(value, self._state[name])
        self._state = {name: self._state[name] + value for name, value in batch.items()}

    def _check_alike(self, value: Any, before: Any) -> None:
        one, other = getattr(value, "shape", ()), getattr(before, "shape", ())
        if one != other:
            raise ShapeError(
                f"{type(self).__name__} takes batches that are alike; sums of shape {other} met a batch's of {one}. "
                "Cure: the same number of classes or outputs in each batch, or reset()."
            )

    def _mean(self, total: Array, count: int) -> Array:
        """total / count in float64.

        Raises:
            ShapeError: if there was no element.
        """
        if not count:
            raise ShapeError(f"{type(self).__name__} has seen no element: all batches were empty")
        mean: Array = frontend.xp.astype(total, frontend.xp.float64) / count
        return mean


def of_one(metric: Any, input: A, target: AnyArray) -> A:
    """The metric of one batch: an Array if input or target is one, else a raw array."""
    metric.update(input, target)
    result = metric.compute()
    return cast("A", result if isinstance(input, Tracked) or isinstance(target, Tracked) else result._data)


def ratio(above: Array, below: Array, undefined: float) -> Array:
    """above / below in float64, and `undefined` where that is 0 / 0 or n / 0."""
    xp = frontend.xp
    is_zero = below == 0
    quotient = xp.astype(above, xp.float64) / xp.astype(xp.where(is_zero, 1, below), xp.float64)
    result: Array = xp.where(is_zero, undefined, quotient)
    return result
