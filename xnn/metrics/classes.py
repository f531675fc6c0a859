"""Metrics of classes: what they are given, and which classes that means.

`update(input, target)` takes labels as `target`: integers or bools, shape (N, ...). `input` is one of

- scores (N, C, ...), logits or probabilities: the class is that of the largest, the first of equal ones;
- scores (N, ...) of the same shape as target, for two classes: the class is 1 where they are above `threshold`; None
  is 0.5, and takes probabilities alone: logits, whose threshold is 0.0, are refused;
- labels (N, ...), integers or bools.

What is NaN is of no class, and is refused.
"""

from __future__ import annotations

from xnn.arguments import number, whole
from xnn.array_object import Array
from xnn.autograd.graph import frontend
from xnn.errors import OptionError
from xnn.typing import AnyArray

from .metric import Metric
from .operands import (
    check_numbers,
    check_probabilities,
    check_range,
    check_same_shape,
    check_scores,
    is_score,
    labels_of,
    pair,
)


class OfClasses(Metric):
    """A metric of predicted and right classes."""

    def __init__(self, num_classes: int | None, threshold: float | None) -> None:
        super().__init__()
        name = type(self).__name__
        self.num_classes = None if num_classes is None else whole(f"{name}: num_classes", num_classes, 2)
        self.threshold = None if threshold is None else number(name, "threshold", threshold)

    def _labels(self, input: AnyArray, target: AnyArray) -> tuple[Array, Array, int | None]:
        """The predicted and the right classes as int64, shape (N, ...), and how many there are, if that is known."""
        name, xp = type(self).__name__, frontend.xp
        scores, labels = pair(name, input=input, target=target)
        right = labels_of(name, "target", labels)
        classes = self.num_classes
        found: int | None
        if is_score(scores) and scores.shape != labels.shape:
            found = check_scores(name, scores, labels, 2)
            check_numbers(name, scores)
            predicted = xp.argmax(scores, axis=1)
        elif is_score(scores):
            check_numbers(name, scores)
            if self.threshold is None:
                check_probabilities(name, scores)
            limit = 0.5 if self.threshold is None else self.threshold
            found, predicted = 2, xp.astype(scores > limit, xp.int64)
        else:
            check_same_shape(name, scores, labels)
            predicted = labels_of(name, "input", scores)
            found = classes or (2 if scores.dtype.kind == "bool" else None)
            if found is not None:
                check_range(name, predicted, found)
        if classes is not None and found != classes:
            raise OptionError(f"{name} is of {classes} classes; got scores of {found}. Cure: {self._cure(found)}.")
        if found is not None:
            check_range(name, right, found)
        return predicted, right, found

    def _cure(self, found: int | None) -> str:
        return f"num_classes={found}"

    def _must_know(self, classes: int | None) -> int:
        if classes is None:
            raise OptionError(
                f"{type(self).__name__}: labels alone do not say how many classes there are. Cure: num_classes=..."
            )
        return classes
