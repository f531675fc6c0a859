"""Metrics of numbers: how far predictions are from what is right. All in float64."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, get_args

from xnn.arguments import choice
from xnn.array_object import Array
from xnn.autograd.graph import frontend, no_grad
from xnn.errors import ShapeError
from xnn.typing import A, AnyArray

from .metric import Metric, of_one, ratio
from .operands import check_same_shape, pair

__all__ = [
    "MeanAbsoluteError", "MeanSquaredError", "R2Score", "mean_absolute_error", "mean_squared_error", "r2_score",
]  # fmt: skip

MultiOutput: TypeAlias = Literal["uniform_average", "raw_values"]
R2Output: TypeAlias = MultiOutput | Literal["variance_weighted"]


def _numbers(name: str, input: AnyArray, target: AnyArray) -> tuple[Array, Array]:
    """Both as float64, of one shape (N, ...)."""
    given = pair(name, input=input, target=target)
    check_same_shape(name, *given)
    if not given[0].ndim:
        raise ShapeError(f"{name} takes batches (N, ...); got shape (). Cure: xnn.reshape(x, (1,)).")
    one, other = (frontend.xp.astype(x, frontend.xp.float64) for x in given)
    return one, other


class _MeanError(Metric):
    """The mean of what an error costs."""

    slots = ("total", "count")

    def __init__(self, multioutput: MultiOutput = "uniform_average") -> None:
        super().__init__()
        name = type(self).__name__
        self.multioutput = choice(name, "multioutput", multioutput, get_args(MultiOutput))

    def update(self, input: AnyArray, target: AnyArray) -> None:
        """Take a batch: input and target (N, ...)."""
        with no_grad():
            x, y = _numbers(type(self).__name__, input, target)
            self._add(total=frontend.xp.sum(self._cost(x - y), axis=0), count=x.shape[0])

    def _result(self, *, total: Array, count: int) -> Array:
        mean = self._mean(total, count)
        return mean if self.multioutput == "raw_values" else frontend.xp.mean(mean)

    def _cost(self, error: Array) -> Array:
        raise NotImplementedError


class MeanSquaredError(_MeanError):
    """The mean of (input - target)**2.

    Args:
        multioutput: "uniform_average", over all elements; "raw_values", over the batch alone.

    Shapes: input and target (N, ...), one shape; the result is (), and (...) for "raw_values".

    Example:
        >>> import xnn as xp
        >>> float(xp.metrics.mean_squared_error(xp.asarray([1.0, 2.0]), xp.asarray([1.0, 4.0])))
        2.0
    """

    def _cost(self, error: Array) -> Array:
        return error * error


class MeanAbsoluteError(_MeanError):
    """The mean of abs(input - target).

    Args:
        multioutput: "uniform_average", over all elements; "raw_values", over the batch alone.

    Shapes: input and target (N, ...), one shape; the result is (), and (...) for "raw_values".
    """

    def _cost(self, error: Array) -> Array:
        cost: Array = frontend.xp.abs(error)
        return cost


class R2Score(Metric):
    """1 - sum((target - input)**2) / sum((target - mean(target))**2), the coefficient of determination.

    As in scikit-learn: of constant targets it is 1 where all predictions are right, and 0 otherwise; of fewer than two
    targets it is NaN. The sum of squares goes on from batch to batch by Chan, Golub and LeVeque's formula, which does
    not subtract large squares.

    Args:
        multioutput: over several outputs, "uniform_average"; "raw_values", each; "variance_weighted", weighted by how
            much the targets vary.

    Shapes: input and target (N, ...), one shape; the result is (), and (...) for "raw_values".

    Example:
        >>> import xnn as xp
        >>> float(xp.metrics.r2_score(xp.asarray([1.0, 2.0, 2.0]), xp.asarray([1.0, 2.0, 3.0])))
        0.5
    """

    slots = ("error", "mean", "variation", "count")

    def __init__(self, multioutput: R2Output = "uniform_average") -> None:
        super().__init__()
        choices = (*get_args(MultiOutput), "variance_weighted")
        self.multioutput = choice("R2Score", "multioutput", multioutput, choices)

    def update(self, input: AnyArray, target: AnyArray) -> None:
        """Take a batch: input and target (N, ...)."""
        xp = frontend.xp
        with no_grad():
            x, y = _numbers("R2Score", input, target)
            new = y.shape[0]
            error = xp.sum((y - x) ** 2, axis=0)
            mean = xp.sum(y, axis=0) / max(new, 1)
            variation = xp.sum((y - mean) ** 2, axis=0)
            if self._state:
                self._check_alike(error, self._state["error"])
                old, count = self._state["count"], self._state["count"] + new
                apart = mean - self._state["mean"]
                error = self._state["error"] + error
                variation = self._state["variation"] + variation + apart * apart * (old * new / max(count, 1))
                mean = self._state["mean"] + apart * (new / max(count, 1))
                new = count
            self._state = {"error": error, "mean": mean, "variation": variation, "count": new}

    def _result(self, *, error: Array, mean: Array, variation: Array, count: int) -> Array:
        xp = frontend.xp
        scores = 1 - ratio(error, variation, 1.0)
        scores = xp.where(error == 0, 1.0, scores)
        if count < 2:
            scores = xp.full_like(scores, math.nan)
        if self.multioutput == "raw_values":
            return scores
        if self.multioutput == "uniform_average":
            return xp.mean(scores)
        is_constant = xp.all(variation == 0)
        weights = xp.where(is_constant, xp.ones_like(variation), variation)
        return ratio(xp.sum(scores * weights), xp.sum(weights), math.nan)


def mean_squared_error(input: A, target: AnyArray, *, multioutput: MultiOutput = "uniform_average") -> A:
    """`MeanSquaredError` of one batch: input and target (N, ...), to () or (...)."""
    return of_one(MeanSquaredError(multioutput), input, target)


def mean_absolute_error(input: A, target: AnyArray, *, multioutput: MultiOutput = "uniform_average") -> A:
    """`MeanAbsoluteError` of one batch: input and target (N, ...), to () or (...)."""
    return of_one(MeanAbsoluteError(multioutput), input, target)


def r2_score(input: A, target: AnyArray, *, multioutput: R2Output = "uniform_average") -> A:
    """`R2Score` of one batch: input and target (N, ...), to () or (...)."""
    return of_one(R2Score(multioutput), input, target)
