"""How often the right class is found. classes.py says what `input` may be: scores or labels."""

from __future__ import annotations

from xnn.arguments import whole
from xnn.array_object import Array
from xnn.autograd.graph import frontend, no_grad
from xnn.errors import OptionError
from xnn.typing import A, AnyArray

from .classes import OfClasses
from .metric import Metric, of_one
from .operands import check_range, check_scores, labels_of, pair

__all__ = ["Accuracy", "TopKAccuracy", "accuracy", "top_k_accuracy"]


class Accuracy(OfClasses):
    """The share of predictions that are right.

    Args:
        threshold: of scores of the shape of target: class 1 is above it. None: 0.5, and they are probabilities; 0.0 is
            that of logits.
        num_classes: how many there are; only for the check of labels, where input is labels too.

    Shapes: input (N, C, ...) or (N, ...), target (N, ...); the result is ().

    Raises:
        LabelError: for a label that no class has; OptionError for a score that is NaN or, without a threshold, not
            from 0 to 1: at once on the CPU, on a GPU at the next wait.

    Example:
        >>> import xnn as xp
        >>> accuracy = xp.metrics.Accuracy()
        >>> accuracy.update(xp.asarray([[0.1, 0.9], [0.8, 0.2]]), xp.asarray([1, 1]))
        >>> accuracy.update(xp.asarray([[0.3, 0.7], [0.6, 0.4]]), xp.asarray([1, 0]))
        >>> float(accuracy.compute())
        0.75
    """

    slots = ("correct", "count")

    def __init__(self, threshold: float | None = None, num_classes: int | None = None) -> None:
        super().__init__(num_classes, threshold)

    def update(self, input: AnyArray, target: AnyArray) -> None:
        """Take a batch: input (N, C, ...) or (N, ...), target (N, ...)."""
        with no_grad():
            predicted, right, _ = self._labels(input, target)
            self._add(correct=frontend.xp.count_nonzero(predicted == right), count=right.size)

    def _result(self, *, correct: Array, count: int) -> Array:
        return self._mean(correct, count)


class TopKAccuracy(Metric):
    """The share of labels that are among the k classes of the largest scores.

    Of equal scores that of the later class counts as larger, as in scikit-learn; NaN is larger than all.

    Args:
        k: at least 1, and at most the number of classes; Keras's default.

    Shapes: input (N, C, ...), scores; target (N, ...), labels; the result is ().

    Raises:
        OptionError: for a k that is too large.
        LabelError: for a label that no class has: at once on the CPU, on a GPU at the next wait.
    """

    slots = ("correct", "count")

    def __init__(self, k: int = 5) -> None:
        super().__init__()
        self.k = whole("TopKAccuracy: k", k, 1)

    def update(self, input: AnyArray, target: AnyArray) -> None:
        """Take a batch: input (N, C, ...), target (N, ...)."""
        xp, name = frontend.xp, "TopKAccuracy"
        with no_grad():
            input, target = pair(name, input=input, target=target)
            right = labels_of(name, "target", target)
            classes = check_scores(name, input, right)
            if self.k > classes:
                raise OptionError(f"TopKAccuracy: k is at most the number of classes, {classes}; got {self.k}")
            check_range(name, right, classes)
            right = xp.expand_dims(xp.clip(right, 0, classes - 1), axis=1)
            score = xp.take_along_axis(input, right, axis=1)
            number = xp.reshape(xp.arange(classes, device=input.device), (-1, *(1,) * (input.ndim - 2)))
            is_before = xp.logical_or(xp.logical_not(input <= score), xp.logical_and(input == score, number > right))
            is_found = xp.count_nonzero(is_before, axis=1) < self.k
            self._add(correct=xp.count_nonzero(is_found), count=target.size)

    def _result(self, *, correct: Array, count: int) -> Array:
        return self._mean(correct, count)


def accuracy(input: A, target: AnyArray, *, threshold: float | None = None, num_classes: int | None = None) -> A:
    """`Accuracy` of one batch: input (N, C, ...) or (N, ...), target (N, ...), to ().

    Example:
        >>> import xnn as xp
        >>> float(xp.metrics.accuracy(xp.asarray([-1.0, 2.0]), xp.asarray([0, 1]), threshold=0.0))
        1.0
    """
    return of_one(Accuracy(threshold, num_classes), input, target)


def top_k_accuracy(input: A, target: AnyArray, *, k: int = 5) -> A:
    """`TopKAccuracy` of one batch: input (N, C, ...), target (N, ...), to ()."""
    return of_one(TopKAccuracy(k), input, target)
