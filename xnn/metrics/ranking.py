"""Metrics of the order of scores. They keep all scores and labels, on their device, until `reset()`.

Equal scores are one threshold, as in scikit-learn: what they hold of both classes is found at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, get_args

from xnn.arguments import choice
from xnn.array_object import Array
from xnn.autograd.graph import frontend, no_grad
from xnn.errors import ShapeError
from xnn.typing import A, AnyArray

from .metric import Metric, of_one, ratio
from .operands import check_range, check_same_shape, check_scores, is_score, labels_of, pair

__all__ = ["ROCAUC", "AveragePrecision", "average_precision", "roc_auc"]

RankAverage: TypeAlias = Literal["macro", "weighted", "micro", "none"]


def _ordered(scores: Array, is_positive: Array) -> tuple[Array, Array]:
    """Scores from low to high, and 1 in int64 for each of a positive, else 0."""
    xp = frontend.xp
    order = xp.argsort(scores)
    return xp.take(scores, order), xp.astype(xp.take(is_positive, order), xp.int64)


class _OfRanks(Metric):
    """A metric of scores and whether each is of a positive; of several classes, of each against the rest."""

    slots = ("input", "target")

    def __init__(self, average: RankAverage = "macro") -> None:
        super().__init__()
        self.average = choice(type(self).__name__, "average", average, get_args(RankAverage))

    def update(self, input: AnyArray, target: AnyArray) -> None:
        """Take a batch: input (N, ...) or (N, C, ...), target (N, ...); both are kept."""
        xp, name = frontend.xp, type(self).__name__
        with no_grad():
            input, target = pair(name, input=input, target=target)
            target = labels_of(name, "target", target)
            if is_score(input) and input.shape == target.shape:
                check_range(name, target, 2)
                scores = xp.reshape(input, (-1,), copy=True)
            else:
                if input.ndim == target.ndim:
                    check_same_shape(name, input, target)
                classes = check_scores(name, input, target, 2)
                check_range(name, target, classes)
                scores = xp.reshape(xp.moveaxis(input, 1, -1), (target.size, classes), copy=True)
            labels = xp.reshape(target, (-1,))
            if self._state and scores.shape[1:] != self._state["input"][0].shape[1:]:
                raise ShapeError(
                    f"{name} takes batches that are alike; scores of shape {self._state['input'][0].shape} "
                    f"met a batch of {scores.shape}. Cure: the same number of classes in each batch, or reset()."
                )
            self._state.setdefault("input", []).append(scores)
            self._state.setdefault("target", []).append(labels)

    def state_dict(self) -> dict[str, Any]:
        """All scores and labels until now: "input" (N,) or (N, C), "target" (N,); {} before the first batch."""
        return {name: frontend.xp.concat(batches, axis=0) for name, batches in self._state.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state; its arrays, raw ones too, stay on their device."""
        super().load_state_dict(state)
        self._state = {name: [array] for name, array in self._state.items()}

    def _result(self, *, input: list[Array], target: list[Array]) -> Array:
        xp = frontend.xp
        scores, labels = xp.concat(input, axis=0), xp.concat(target, axis=0)
        # What is no number has no rank: then the result is none either.
        is_ranked = xp.logical_not(xp.any(xp.isnan(scores)))
        return xp.where(is_ranked, self._averaged(scores, labels), math.nan)

    def _averaged(self, scores: Array, labels: Array) -> Array:
        xp = frontend.xp
        if scores.ndim == 1:
            return self._binary(scores, labels == 1)
        classes = scores.shape[1]
        is_class = labels[:, None] == xp.arange(classes, device=scores.device)
        if self.average == "micro":
            return self._binary(xp.reshape(scores, (-1,)), xp.reshape(is_class, (-1,)))
        each = xp.stack([self._binary(scores[:, c], is_class[:, c]) for c in range(classes)])
        if self.average == "none":
            return each
        if self.average == "macro":
            return xp.mean(each)
        count = xp.sum(xp.astype(is_class, xp.int64), axis=0)
        return ratio(xp.sum(xp.where(count == 0, 0.0, each) * xp.astype(count, xp.float64)), xp.sum(count), 0.0)

    def _binary(self, scores: Array, is_positive: Array) -> Array:
        raise NotImplementedError


class ROCAUC(_OfRanks):
    """The area under the curve of true over false positives: how often a positive scores higher than a negative.

    A pair of equal scores counts half. NaN where there are no positives or no negatives, and where a score is NaN.

    Args:
        average: of several classes, each against the rest: "macro", the mean; "weighted", by how often each is right;
            "micro", all scores together; "none", each. It does not count where there are two classes and one score.

    Shapes: input (N, ...), scores of class 1 (probabilities, logits, any measure), with target (N, ...) of labels 0 and
        1; or (N, C, ...), scores of each class, with target (N, ...) of labels; the result is (), and (C,) for "none".

    Raises:
        LabelError: for a label that no class has: at once on the CPU, on a GPU at the next wait.

    Example:
        >>> import xnn as xp
        >>> float(xp.metrics.roc_auc(xp.asarray([0.1, 0.4, 0.35, 0.8]), xp.asarray([0, 0, 1, 1])))
        0.75
    """

    def _binary(self, scores: Array, is_positive: Array) -> Array:
        """By the ranks of the positives (Mann and Whitney), in whole numbers: twice the mean rank of equal ones."""
        xp = frontend.xp
        ordered, found = _ordered(scores, is_positive)
        low, high = (xp.searchsorted(ordered, ordered, side=side) for side in ("left", "right"))
        positives = xp.sum(found)
        ranks = xp.sum(found * (low + high + 1))
        pairs = positives * (found.size - positives)
        return ratio(ranks - positives * (positives + 1), 2 * pairs, math.nan)


class AveragePrecision(_OfRanks):
    """The mean, over the positives, of the precision at the threshold of each: the area under precision over recall.

    0 where there are no positives, as in scikit-learn; NaN where a score is NaN.

    Args:
        average: of several classes, each against the rest: "macro", the mean; "weighted", by how often each is right;
            "micro", all scores together; "none", each. It does not count where there are two classes and one score.

    Shapes: input (N, ...), scores of class 1 (probabilities, logits, any measure), with target (N, ...) of labels 0 and
        1; or (N, C, ...), scores of each class, with target (N, ...) of labels; the result is (), and (C,) for "none".

    Raises:
        LabelError: for a label that no class has: at once on the CPU, on a GPU at the next wait.

    Example:
        >>> import xnn as xp
        >>> round(float(xp.metrics.average_precision(xp.asarray([0.1, 0.4, 0.35, 0.8]), xp.asarray([0, 0, 1, 1]))), 4)
        0.8333
    """

    def _binary(self, scores: Array, is_positive: Array) -> Array:
        xp = frontend.xp
        ordered, found = _ordered(scores, is_positive)
        low = xp.searchsorted(ordered, ordered)
        positives = xp.sum(found)
        before = xp.cumulative_sum(found, include_initial=True)
        true = positives - xp.take(before, low)  # of the scores that are at least as high
        precision = ratio(true, scores.size - low, 0.0)
        return ratio(xp.sum(precision * xp.astype(found, xp.float64)), positives, 0.0)


def roc_auc(input: A, target: AnyArray, *, average: RankAverage = "macro") -> A:
    """`ROCAUC` of one batch: input (N, ...) or (N, C, ...), target (N, ...), to () or (C,)."""
    return of_one(ROCAUC(average), input, target)


def average_precision(input: A, target: AnyArray, *, average: RankAverage = "macro") -> A:
    """`AveragePrecision` of one batch: input (N, ...) or (N, C, ...), target (N, ...), to () or (C,)."""
    return of_one(AveragePrecision(average), input, target)
