"""Metrics of language models."""

from __future__ import annotations

import math

from xnn.arguments import whole
from xnn.array_object import Array
from xnn.autograd.graph import frontend, no_grad
from xnn.typing import A, AnyArray

from .metric import Metric, of_one, ratio
from .operands import check_range, check_scores, labels_of, pair

__all__ = ["Perplexity", "perplexity"]


class Perplexity(Metric):
    """exp of the mean of -log softmax(input) at the label: among how many equally likely ones the model is in doubt.

    NaN where no label counts.

    Args:
        ignore_index: a label that does not count, as that of padding; PyTorch's of cross_entropy. None: all count.

    Shapes: input (N, C, ...), logits, as those of cross_entropy; target (N, ...), labels; the result is ().

    Raises:
        LabelError: for a label that no class has: at once on the CPU, on a GPU at the next wait.

    Example:
        >>> import xnn as xp
        >>> round(float(xp.metrics.perplexity(xp.zeros((3, 8)), xp.asarray([0, 5, 7]))), 6)
        8.0
    """

    slots = ("total", "count")

    def __init__(self, ignore_index: int | None = -100) -> None:
        super().__init__()
        self.ignore_index = None
        if ignore_index is not None:
            self.ignore_index = whole("Perplexity: ignore_index", ignore_index, -(2**63))

    def update(self, input: AnyArray, target: AnyArray) -> None:
        """Take a batch: input (N, C, ...), target (N, ...)."""
        xp, name = frontend.xp, "Perplexity"
        with no_grad():
            input, target = pair(name, input=input, target=target)
            labels = labels_of(name, "target", target)
            classes = check_scores(name, input, labels)
            check_range(name, labels, classes, self.ignore_index)
            counts = xp.ones_like(labels, dtype=xp.bool)
            if self.ignore_index is not None:
                counts = labels != self.ignore_index
            if input.dtype.bits < 32:
                input = xp.astype(input, xp.float32)
            # Shifted by the maximum first, because exp overflows.
            shifted = input - xp.max(input, axis=1, keepdims=True)
            at_label = xp.take_along_axis(shifted, xp.expand_dims(xp.clip(labels, 0, classes - 1), axis=1), axis=1)
            doubt = xp.log(xp.sum(xp.exp(shifted), axis=1)) - xp.squeeze(at_label, axis=1)
            doubt = xp.where(counts, xp.astype(doubt, xp.float64), 0.0)
            self._add(total=xp.sum(doubt), count=xp.count_nonzero(counts))

    def _result(self, *, total: Array, count: Array) -> Array:
        return frontend.xp.exp(ratio(total, count, math.nan))


def perplexity(input: A, target: AnyArray, *, ignore_index: int | None = -100) -> A:
    """`Perplexity` of one batch: input (N, C, ...), target (N, ...), to ()."""
    return of_one(Perplexity(ignore_index), input, target)
