"""A softmax over very many classes, of which few are frequent."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from xnn.arguments import check_arrays, positive, whole
from xnn.array_object import Array
from xnn.autograd.refusals import index_of
from xnn.errors import OptionError, ShapeError
from xnn.losses.labels import check_integer_labels, check_labels
from xnn.losses.reduction import reduce
from xnn.ops import classification, softmax
from xnn.ops.comparison import greater_equal, less
from xnn.ops.data_types import astype
from xnn.ops.elementwise import add, negative, subtract
from xnn.ops.logic import logical_and
from xnn.ops.manipulation import concat, expand_dims, squeeze
from xnn.ops.searching import argmax, where
from xnn.typing import AnyArray, DeviceLike, DTypeLike

from .container import ModuleList, Sequential
from .linear import Linear
from .module import Module

__all__ = ["AdaptiveLogSoftmaxWithLoss"]


class AdaptiveLogSoftmaxOutput(NamedTuple):
    """What the layer gives: `output` (N,), the log-probability of each target; `loss` (), the mean of -output."""

    output: Array
    loss: Array


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-probabilities of classes that are sorted by frequency: rare ones stand in clusters with fewer features.

    The head has the frequent classes, and one output for each cluster. The probability of a rare class is that of its
    cluster times that in the cluster, whose features a linear map reduces to in_features / div_value ** i.

    Args:
        in_features: the size of the last dimension of the input.
        n_classes: how many classes there are; 0 is the most frequent.
        cutoffs: where clusters begin: rising, from 1 to n_classes - 1.
        div_value: by how much each cluster has fewer features than the one before.
        head_bias: whether the head adds a bias.
        device: where the parameters are; None for the default device.
        dtype: their data type; None for the default one.

    Attributes:
        head: Linear, to the cutoffs[0] classes and the clusters.
        tail: for each cluster a Sequential of two Linear without bias.

    Shapes: input (N, in_features) and labels (N,), or (in_features,) and (), to `output` of (N,) or (), and `loss` ().

    Raises:
        OptionError: for cutoffs that do not rise from 1 to n_classes - 1, a div_value that is not more than 0, or a
            cluster without features.
        ShapeError: if input and labels do not fit.
        DTypeError: if labels are not integers.
        LabelError: for a label that no class has: at once on the CPU; on a GPU the loss is NaN, and the next call that
            waits for the device raises.

    PyTorch computes only the clusters that are in a batch, for which it waits for the device; here all are computed,
    and the target's is selected.

    Grave et al., Efficient softmax approximation for GPUs, 2016.

    Example:
        >>> import xnn as xp
        >>> layer = xp.nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs=[4, 10], div_value=2.0, device="cpu")
        >>> output, loss = layer(xp.zeros((3, 8), device="cpu"), xp.asarray([0, 5, 19], device="cpu"))
        >>> output.shape, loss.shape
        ((3,), ())
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.in_features = whole("in_features", in_features, 1)
        self.n_classes = whole("n_classes", n_classes, 2)
        self.cutoffs = [*_rising(cutoffs, self.n_classes), self.n_classes]
        self.div_value = positive("AdaptiveLogSoftmaxWithLoss", "div_value", div_value)
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(self.in_features, self.head_size, bias=head_bias, device=device, dtype=dtype)
        self.tail = ModuleList()
        for i, (first, behind) in enumerate(pairwise(self.cutoffs)):
            features = int(self.in_features // div_value ** (i + 1))
            if features < 1:
                raise OptionError(
                    f"each cluster has in_features / div_value ** i features, at least 1; cluster {i + 1} has "
                    f"{self.in_features} / {div_value} ** {i + 1}. Cure: a smaller div_value, or fewer cutoffs."
                )
            self.tail.append(
                Sequential(
                    Linear(self.in_features, features, bias=False, device=device, dtype=dtype),
                    Linear(features, behind - first, bias=False, device=device, dtype=dtype),
                )
            )

    def forward(self, input: AnyArray, target: AnyArray) -> AdaptiveLogSoftmaxOutput:
        name = "AdaptiveLogSoftmaxWithLoss"
        check_arrays(name, input=input, target=target)
        shape, labels = tuple(input.shape), tuple(target.shape)
        if len(shape) not in (1, 2) or labels != shape[:-1] or shape[-1] != self.in_features:
            raise ShapeError(
                f"{name} takes inputs (N, {self.in_features}) and labels (N,), or ({self.in_features},) and (); "
                f"got {shape} and {labels}. Cure: one label for each row of features."
            )
        check_integer_labels(name, target)
        check_labels(target, self.n_classes)
        is_single = len(shape) == 1
        if is_single:
            input, target = expand_dims(input, axis=0), expand_dims(target, axis=0)
        target = astype(target, "int64")
        # What the head says: the class itself, or its cluster; -1, which gives NaN, for a label that no class has.
        place = where(logical_and(greater_equal(target, 0), less(target, self.shortlist_size)), target, -1)
        losses = []
        for i, (first, behind) in enumerate(pairwise(self.cutoffs)):
            inside = logical_and(greater_equal(target, first), less(target, behind))
            place = where(inside, self.shortlist_size + i, place)
            logs = softmax.log_softmax(self.tail[i](input), axis=1)
            within = where(inside, subtract(target, first), -1)
            losses.append(classification.negative_log_likelihood(logs, within, ignore_index=-1))
        logs = softmax.log_softmax(self.head(input), axis=1)
        total = classification.negative_log_likelihood(logs, place)
        for loss in losses:
            total = add(total, loss)
        output = negative(total)
        return AdaptiveLogSoftmaxOutput(squeeze(output, 0) if is_single else output, reduce(total, "mean"))

    def log_prob(self, input: AnyArray) -> Array:
        """The logarithms of the probabilities of all classes: (N, in_features) to (N, n_classes).

        Raises:
            ShapeError: for another shape.
        """
        check_arrays("log_prob", input=input)
        if len(input.shape) != 2:
            raise ShapeError(f"log_prob takes inputs (N, {self.in_features}); got {tuple(input.shape)}")
        head = softmax.log_softmax(self.head(input), axis=1)
        parts = [head[:, : self.shortlist_size]]
        for i, layers in enumerate(self.tail):
            own = self.shortlist_size + i
            parts.append(add(softmax.log_softmax(layers(input), axis=1), head[:, own : own + 1]))
        return concat(parts, axis=1)

    def predict(self, input: AnyArray) -> Array:
        """The most probable class of each row: (N, in_features) to labels (N,), int64."""
        return argmax(self.log_prob(input), axis=1)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, n_classes={self.n_classes}, cutoffs={self.cutoffs[:-1]}, "
            f"div_value={self.div_value}, head_bias={self.head_bias}"
        )


def _rising(cutoffs: Sequence[int], n_classes: int) -> list[int]:
    """The cutoffs, as ints.

    Raises:
        OptionError: unless there are some, which rise from 1 to n_classes - 1.
    """
    try:
        found = [index_of(cutoff) for cutoff in cutoffs]
    except TypeError:
        found = []
    if not found or any(one >= other for one, other in pairwise([0, *found, n_classes])):
        raise OptionError(
            f"cutoffs are ints that rise from 1 to {n_classes - 1}, for {n_classes} classes; got {cutoffs!r}. "
            "Cure: [10, 100] makes clusters of the classes from 10 and from 100 on."
        )
    return found
