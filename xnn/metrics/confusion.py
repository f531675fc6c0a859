"""How often each class is found, missed, and mistaken. classes.py says what `input` may be: scores or labels."""

from __future__ import annotations

import math
from numbers import Real
from typing import Literal, TypeAlias, get_args

from xnn.arguments import choice
from xnn.array_object import Array
from xnn.autograd.graph import frontend, no_grad
from xnn.errors import OptionError
from xnn.typing import A, AnyArray

from .classes import OfClasses
from .metric import of_one, ratio

__all__ = ["ConfusionMatrix", "F1Score", "Precision", "Recall", "confusion_matrix", "f1_score", "precision", "recall"]

Average: TypeAlias = Literal["binary", "macro", "micro", "weighted", "none"]
Normalization: TypeAlias = Literal["true", "pred", "all"]


def _counted(labels: Array, classes: int) -> Array:
    """How often each class stands in the labels, int64 of shape (classes,); what is no class is not counted."""
    xp, device = frontend.xp, labels.device
    fits = xp.logical_and(labels >= 0, labels < classes)
    places = xp.reshape(xp.where(fits, labels, classes), (-1,))
    # In float64, which holds counts up to 2**53 exactly: CUDA adds no int64 atomically.
    ones = xp.ones(places.shape, dtype=xp.float64, device=device)
    counts = xp.scatter_add(xp.zeros((classes + 1,), dtype=xp.float64, device=device), places, ones)
    whole_counts: Array = xp.astype(counts[:-1], xp.int64)
    return whole_counts


class ConfusionMatrix(OfClasses):
    """How often class j was predicted where class i was right: element (i, j).

    Args:
        num_classes: C; None: found from the first batch of scores.
        normalize: None, counts in int64; else shares in float64: "true", of each row; "pred", of each column; "all".
            A share of nothing is 0, as in scikit-learn.
        threshold: of scores of the shape of target: class 1 is above it. None: 0.5, and they are probabilities; 0.0 is
            that of logits.

    Shapes: input (N, C, ...) or (N, ...), target (N, ...); the result is (C, C).

    Raises:
        OptionError: for another normalize, and for labels without num_classes.
        LabelError: for a label that no class has; OptionError for a score that is NaN or, without a threshold, not
            from 0 to 1: at once on the CPU, on a GPU at the next wait.

    Example:
        >>> import xnn as xp
        >>> xp.metrics.confusion_matrix(xp.asarray([0, 1, 1]), xp.asarray([0, 0, 1]), num_classes=2).tolist()
        [[1, 1], [0, 1]]
    """

    slots = ("counts",)

    def __init__(
        self, num_classes: int | None = None, normalize: Normalization | None = None, threshold: float | None = None
    ) -> None:
        super().__init__(num_classes, threshold)
        self.normalize = choice("ConfusionMatrix", "normalize", normalize, (None, *get_args(Normalization)))

    def update(self, input: AnyArray, target: AnyArray) -> None:
        """Take a batch: input (N, C, ...) or (N, ...), target (N, ...)."""
        xp = frontend.xp
        with no_grad():
            predicted, right, classes = self._labels(input, target)
            c = self._must_know(classes)
            both = xp.logical_and(xp.logical_and(predicted >= 0, predicted < c), xp.logical_and(right >= 0, right < c))
            places = xp.where(both, right * c + predicted, -1)
            self._add(counts=xp.reshape(_counted(places, c * c), (c, c)))

    def _result(self, *, counts: Array) -> Array:
        if self.normalize is None:
            return counts
        axis = {"true": 1, "pred": 0, "all": None}[self.normalize]
        return ratio(counts, frontend.xp.sum(counts, axis=axis, keepdims=True), 0.0)


class _OfCounts(OfClasses):
    """A ratio of counts of each class, and its average."""

    slots = ("true_positives", "predicted", "actual")

    def __init__(
        self,
        average: Average = "binary",
        num_classes: int | None = None,
        threshold: float | None = None,
        zero_division: float = 0.0,
    ) -> None:
        super().__init__(2 if num_classes is None and average == "binary" else num_classes, threshold)
        name = type(self).__name__
        self.average = choice(name, "average", average, get_args(Average))
        if self.average == "binary" and self.num_classes != 2:
            raise OptionError(
                f"{name}: average 'binary' is of two classes; got num_classes={num_classes}. Cure: average='macro'."
            )
        is_number = isinstance(zero_division, Real) and not isinstance(zero_division, bool)
        if not is_number or not (zero_division in (0, 1) or math.isnan(zero_division)):
            raise OptionError(f"{name}: zero_division is 0, 1 or NaN; got {zero_division!r}")
        self.zero_division = float(zero_division)

    def update(self, input: AnyArray, target: AnyArray) -> None:
        """Take a batch: input (N, C, ...) or (N, ...), target (N, ...)."""
        with no_grad():
            predicted, right, classes = self._labels(input, target)
            c = self._must_know(classes)
            self._add(
                true_positives=_counted(frontend.xp.where(predicted == right, right, -1), c),
                predicted=_counted(predicted, c),
                actual=_counted(right, c),
            )

    def _cure(self, found: int | None) -> str:
        return "average='macro', or another but 'binary'" if self.average == "binary" else super()._cure(found)

    def _result(self, *, true_positives: Array, predicted: Array, actual: Array) -> Array:
        xp = frontend.xp
        counts = [true_positives, predicted, actual]
        if self.average == "binary":
            return self._ratio(*(n[1] for n in counts))
        if self.average == "micro":
            return self._ratio(*(xp.sum(n) for n in counts))
        values = self._ratio(*counts)
        if self.average == "none":
            return values
        is_number = xp.logical_not(xp.isnan(values))
        weights = xp.astype(actual if self.average == "weighted" else xp.ones_like(actual), xp.float64)
        weights = xp.where(is_number, weights, 0.0)
        # Without a label of any class all count alike, as in scikit-learn.
        weights = xp.where(xp.sum(weights) == 0, xp.astype(is_number, xp.float64), weights)
        return ratio(xp.sum(weights * xp.where(is_number, values, 0.0)), xp.sum(weights), math.nan)

    def _ratio(self, true_positives: Array, predicted: Array, actual: Array) -> Array:
        raise NotImplementedError


class Precision(_OfCounts):
    """The share of right ones among those that were predicted to be of a class.

    Args:
        average: "binary", that of class 1 of two; "none", of each class; "macro", their mean; "weighted", weighted by
            how often each is right; "micro", that of all predictions together. Classes that do not occur count as the
            others do: scikit-learn's with labels=range(C).
        num_classes: C; None: 2 for "binary", else found from the first batch of scores.
        threshold: of scores of the shape of target: class 1 is above it. None: 0.5, and they are probabilities; 0.0 is
            that of logits.
        zero_division: the result where nothing was predicted: 0, 1, or NaN, which averages leave out.

    Shapes: input (N, C, ...) or (N, ...), target (N, ...); the result is (), and (C,) for "none".

    Raises:
        OptionError: for another average, for "binary" of other than two classes, for labels without num_classes.
        LabelError: for a label that no class has; OptionError for a score that is NaN or, without a threshold, not
            from 0 to 1: at once on the CPU, on a GPU at the next wait.

    Example:
        >>> import xnn as xp
        >>> predicted, right = xp.asarray([1, 1, 1, 0]), xp.asarray([1, 0, 1, 1])
        >>> round(float(xp.metrics.precision(predicted, right)), 4)
        0.6667
    """

    def _ratio(self, true_positives: Array, predicted: Array, actual: Array) -> Array:
        return ratio(true_positives, predicted, self.zero_division)


class Recall(_OfCounts):
    """The share of a class that was found.

    Args:
        average: "binary", that of class 1 of two; "none", of each class; "macro", their mean; "weighted", weighted by
            how often each is right; "micro", that of all labels together. Classes that do not occur count as the
            others do: scikit-learn's with labels=range(C).
        num_classes: C; None: 2 for "binary", else found from the first batch of scores.
        threshold: of scores of the shape of target: class 1 is above it. None: 0.5, and they are probabilities; 0.0 is
            that of logits.
        zero_division: the result for a class that is never right: 0, 1, or NaN, which averages leave out.

    Shapes: input (N, C, ...) or (N, ...), target (N, ...); the result is (), and (C,) for "none".

    Raises:
        OptionError: for another average, for "binary" of other than two classes, for labels without num_classes.
        LabelError: for a label that no class has; OptionError for a score that is NaN or, without a threshold, not
            from 0 to 1: at once on the CPU, on a GPU at the next wait.
    """

    def _ratio(self, true_positives: Array, predicted: Array, actual: Array) -> Array:
        return ratio(true_positives, actual, self.zero_division)


class F1Score(_OfCounts):
    """The harmonic mean of precision and recall, 2 tp / (predicted + actual).

    Args:
        average: "binary", that of class 1 of two; "none", of each class; "macro", their mean; "weighted", weighted by
            how often each is right; "micro", that of all together. Classes that do not occur count as the others do:
            scikit-learn's with labels=range(C).
        num_classes: C; None: 2 for "binary", else found from the first batch of scores.
        threshold: of scores of the shape of target: class 1 is above it. None: 0.5, and they are probabilities; 0.0 is
            that of logits.
        zero_division: the result for a class that is neither predicted nor right: 0, 1, or NaN, which averages leave
            out.

    Shapes: input (N, C, ...) or (N, ...), target (N, ...); the result is (), and (C,) for "none".

    Raises:
        OptionError: for another average, for "binary" of other than two classes, for labels without num_classes.
        LabelError: for a label that no class has; OptionError for a score that is NaN or, without a threshold, not
            from 0 to 1: at once on the CPU, on a GPU at the next wait.
    """

    def _ratio(self, true_positives: Array, predicted: Array, actual: Array) -> Array:
        return ratio(2 * true_positives, predicted + actual, self.zero_division)


# ---- of one batch ----


def confusion_matrix(
    input: A,
    target: AnyArray,
    *,
    num_classes: int | None = None,
    normalize: Normalization | None = None,
    threshold: float | None = None,
) -> A:
    """`ConfusionMatrix` of one batch: input (N, C, ...) or (N, ...), target (N, ...), to (C, C)."""
    return of_one(ConfusionMatrix(num_classes, normalize, threshold), input, target)


def precision(
    input: A,
    target: AnyArray,
    *,
    average: Average = "binary",
    num_classes: int | None = None,
    threshold: float | None = None,
    zero_division: float = 0.0,
) -> A:
    """`Precision` of one batch: input (N, C, ...) or (N, ...), target (N, ...), to () or (C,)."""
    return of_one(Precision(average, num_classes, threshold, zero_division), input, target)


def recall(
    input: A,
    target: AnyArray,
    *,
    average: Average = "binary",
    num_classes: int | None = None,
    threshold: float | None = None,
    zero_division: float = 0.0,
) -> A:
    """`Recall` of one batch: input (N, C, ...) or (N, ...), target (N, ...), to () or (C,)."""
    return of_one(Recall(average, num_classes, threshold, zero_division), input, target)


def f1_score(
    input: A,
    target: AnyArray,
    *,
    average: Average = "binary",
    num_classes: int | None = None,
    threshold: float | None = None,
    zero_division: float = 0.0,
) -> A:
    """`F1Score` of one batch: input (N, C, ...) or (N, ...), target (N, ...), to () or (C,)."""
    return of_one(F1Score(average, num_classes, threshold, zero_division), input, target)
