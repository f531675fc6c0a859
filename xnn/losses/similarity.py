"""Losses of vectors that are to be near each other or far apart: of angles, of triplets, of a batch among itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from xnn.arguments import check_floating, dim_of, number, positive
from xnn.autograd.primitive import fused
from xnn.errors import OptionError, ShapeError
from xnn.ops import activation, special
from xnn.ops.extrema import minimum
from xnn.ops.manipulation import expand_dims
from xnn.ops.norms import vector_norm
from xnn.ops.promotion import arithmetic
from xnn.typing import A, AnyArray, Reduction

from .labels import check_integer_labels, signs
from .operands import alike, as_floating, as_operands
from .reduction import check_reduction, reduce

__all__ = [
    "circle",
    "cosine_embedding_loss",
    "cosine_similarity",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]

# What PyTorch adds to the squares of lengths under the root: 1e-12, which it holds in float32.
SMALL = 9.999999960041972e-13


@fused(promote=arithmetic)
def _cosine_embedding(xp: Any, one: Any, other: Any, t: Any, /, *, margin: float) -> Any:
    squares = (xp.sum(one * one, axis=-1) + SMALL) * (xp.sum(other * other, axis=-1) + SMALL)
    cosine = xp.sum(one * other, axis=-1) / xp.sqrt(squares)
    return xp.where(t == 1, 1.0 - cosine, xp.where(cosine < margin, 0.0, cosine - margin))


def cosine_embedding_loss(
    input1: A, input2: AnyArray, target: AnyArray, margin: float = 0.0, *, reduction: Reduction = "mean"
) -> A:
    """1 - cos(input1, input2) where target is 1, max(0, cos(input1, input2) - margin) where it is -1.

    Args:
        input1: vectors (N, D) or (D,), floating-point.
        input2: of the same shape.
        target: (N,) or (), -1 or 1; integers are cast to the type of input1.
        margin: how large a cosine costs nothing between unlike ones.
        reduction: "mean" of all pairs, "sum", or "none".

    Returns:
        shape (), or that of target with "none".

    Raises:
        ShapeError: if the shapes do not fit.
        DTypeError: if input1 is not floating-point.
        LabelError: for another target: at once on the CPU; on a GPU the loss is NaN, and the next call that waits for
            the device raises.
        OptionError: for another reduction.
    """
    name = "cosine_embedding_loss"
    input1, input2, target = as_operands(name, input1=input1, input2=input2, target=target)
    shape = tuple(input1.shape)
    if len(shape) not in (1, 2) or tuple(input2.shape) != shape or tuple(target.shape) != shape[:-1]:
        raise ShapeError(
            f"{name} takes vectors (N, D), (N, D) and targets (N,), or (D,), (D,) and (); "
            f"got {shape}, {tuple(input2.shape)} and {tuple(target.shape)}. Cure: one target for each pair of vectors."
        )
    input1, input2 = alike(name, input1=input1, input2=input2)
    target, margin = as_floating(target, input1), number(name, "margin", margin)
    input1 = signs(name, input1, expand_dims(target, axis=-1))
    return reduce(_cosine_embedding(input1, input2, target, margin=margin), reduction)


@fused(promote=arithmetic)
def _cosine(xp: Any, x: Any, t: Any, /, *, axis: int) -> Any:
    # At least 1e-12, of which the root is taken: a vector of zeros has the cosine 0, and a finite gradient.
    x, t = (v / xp.sqrt(xp.maximum(xp.sum(v * v, axis=axis, keepdims=True), SMALL)) for v in (x, t))
    return -xp.sum(x * t, axis=axis)


def cosine_similarity(input: A, target: AnyArray, axis: int = -1, *, reduction: Reduction = "mean") -> A:
    """Minus the cosine of the angle between input and target along `axis`: from -1, the same direction, to 1.

    Args:
        input: any shape with a dimension `axis`, floating-point.
        target: of the same shape; integers and bools are cast to the type of input.
        axis: the dimension of the vectors.
        reduction: "mean" of all pairs, "sum", or "none".

    Returns:
        shape (), or that of input without `axis` with "none".

    Raises:
        ShapeError: if the shapes differ, or have no such dimension.
        DTypeError: if input is not floating-point.
        OptionError: for another reduction.

    It is Keras's loss; PyTorch's function of that name, which gives the cosine, is no loss.
    """
    input, target = alike("cosine_similarity", input=input, target=target)
    axis = dim_of("cosine_similarity", "axis", axis, tuple(input.shape))
    return reduce(_cosine(input, target, axis=axis), reduction)


# ---- triplets ----


@fused(promote=arithmetic)
def _distance(xp: Any, one: Any, other: Any, /, *, p: float, eps: float) -> Any:
    return vector_norm(one - other + eps, axis=-1, ord=p)


@fused(promote=arithmetic)
def _triplet(xp: Any, near: Any, far: Any, /, *, margin: float) -> Any:
    excess = margin + near - far
    return xp.where(excess < 0, 0.0, excess)  # at 0 with the derivative of clip, PyTorch's


def triplet_margin_loss(
    anchor: A,
    positive: AnyArray,
    negative: AnyArray,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: Reduction = "mean",
) -> A:
    """max(0, margin + |anchor - positive| - |anchor - negative|): a positive is to be nearer than a negative.

    Args:
        anchor: vectors (D,), (N, D) or (..., D), floating-point.
        positive: of the same shape.
        negative: of the same shape.
        margin: by how much nearer; more than 0.
        p: the order of the norm.
        eps: added to the differences, off the point where a norm has no derivative.
        swap: take the nearer one of anchor and positive to measure the negative from (Balntas et al. 2016).
        reduction: "mean" of all triplets, "sum", or "none".

    Returns:
        shape (), or (...) with "none".

    Raises:
        ShapeError: if the shapes differ, or are ().
        DTypeError: if anchor is not floating-point.
        OptionError: for a margin that is not more than 0, or another reduction.
    """
    name = "triplet_margin_loss"
    p, eps = number(name, "p", p), number(name, "eps", eps)

    def distance(one: Any, other: Any) -> Any:
        return _distance(one, other, p=p, eps=eps)

    return _of_triplets(name, (anchor, positive, negative), distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: A,
    positive: AnyArray,
    negative: AnyArray,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: Reduction = "mean",
) -> A:
    """`triplet_margin_loss` with any distance: max(0, margin + d(anchor, positive) - d(anchor, negative)).

    Args:
        anchor: any shape that the distance takes, floating-point.
        positive: of the same shape.
        negative: of the same shape.
        distance_function: of two arrays; None: the Euclidean one over the last dimension, as of triplet_margin_loss.
        margin: by how much nearer; more than 0.
        swap: take the nearer one of anchor and positive to measure the negative from.
        reduction: "mean" of all distances, "sum", or "none".

    Returns:
        shape (), or that of a distance with "none".

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if anchor is not floating-point.
        OptionError: for a margin that is not more than 0, or another reduction.

    Example:
        >>> import xnn as xp
        >>> one, other = xp.zeros((2, 3), device="cpu"), xp.ones((2, 3), device="cpu")
        >>> city = lambda x, y: xp.sum(xp.abs(x - y), axis=1)
        >>> float(xp.losses.triplet_margin_with_distance_loss(one, other, one, distance_function=city))
        4.0
    """

    def euclidean(one: Any, other: Any) -> Any:
        return _distance(one, other, p=2.0, eps=1e-6)

    name, distance = "triplet_margin_with_distance_loss", distance_function or euclidean
    return _of_triplets(name, (anchor, positive, negative), distance, margin, swap, reduction)


def _of_triplets(
    name: str,
    triplets: tuple[Any, Any, Any],
    distance: Callable[[Any, Any], Any],
    margin: float,
    swap: bool,
    reduction: Reduction,
) -> Any:
    one, like, unlike = triplets
    anchor, like, unlike = alike(name, takes_complex=True, anchor=one, positive=like, negative=unlike)
    if not len(anchor.shape):
        raise ShapeError(f"{name} takes vectors (..., D); got shape ()")
    margin = positive(name, "margin", margin)
    check_reduction(reduction)
    far = distance(anchor, unlike)
    if swap:
        far = minimum(far, distance(like, unlike))
    return reduce(_triplet(distance(anchor, like), far, margin=margin), reduction)


# ---- a batch among itself ----


@fused()
def _circle(
    xp: Any,
    x: Any,
    labels: Any,
    others: Any,
    other_labels: Any,
    /,
    *,
    remove_diagonal: bool,
    gamma: float,
    margin: float,
) -> Any:
    distance = xp.maximum(1.0 - xp.matmul(x, xp.matrix_transpose(others)), 0.0)
    like = xp.expand_dims(labels, axis=1) == xp.expand_dims(other_labels, axis=0)
    unlike = xp.logical_not(like)
    if remove_diagonal:
        rows, columns = (xp.arange(n, dtype=xp.int64, device=xp.device(labels)) for n in like.shape)
        like = xp.logical_and(like, xp.expand_dims(rows, axis=1) != xp.expand_dims(columns, axis=0))
    near = gamma * xp.maximum(margin + distance, 0.0) * (distance - margin)
    far = gamma * xp.maximum(1.0 + margin - distance, 0.0) * (1.0 - margin - distance)
    # Without a like or without an unlike one the loss is 0, and no -inf comes near a derivative.
    counts = xp.logical_and(xp.any(like, axis=1), xp.any(unlike, axis=1))
    sums = [
        special.logsumexp(xp.where(xp.expand_dims(counts, axis=1), xp.where(mask, terms, -math.inf), 0.0), axis=1)
        for mask, terms in ((like, near), (unlike, far))
    ]
    return xp.where(counts, activation.softplus(sums[0] + sums[1]), 0.0)


@fused()
def _mean_of_positive(xp: Any, values: Any, /) -> Any:
    count = xp.sum(xp.astype(values > 0, values.dtype))
    return xp.sum(values) / xp.maximum(count, 1.0)


def circle(
    input: A,
    target: AnyArray,
    ref_labels: AnyArray | None = None,
    ref_embeddings: AnyArray | None = None,
    remove_diagonal: bool = True,
    gamma: float = 80.0,
    margin: float = 0.4,
    *,
    reduction: Reduction = "mean",
) -> A:
    """The circle loss: each pair of a batch pulls or pushes the more, the further it is from where it should be.

    With distances d = 1 - input @ input.T: softplus(logsumexp of gamma (margin + d) (d - margin) over like ones
    + logsumexp of gamma (1 + margin - d) (1 - margin - d) over unlike ones), each first factor at least 0.

    Args:
        input: vectors of length 1, (N, D), floating-point.
        target: (N,), integers: which are alike.
        ref_labels: (M,), the labels of ref_embeddings; None: target.
        ref_embeddings: (M, D), of input's type, what each vector is compared with; None: input.
        remove_diagonal: do not compare a vector with that of the same number, as with itself.
        gamma: the scale.
        margin: from 0 to 1: how far like ones may be, and unlike ones from 1.
        reduction: "mean" of the losses that are more than 0, as of Keras's class: a vector without a like or an unlike
            one has none; "sum", or "none".

    Returns:
        shape (), or (N,) with "none".

    Raises:
        ShapeError: if the shapes do not fit.
        DTypeError: if input is not floating-point, or labels are not integers.
        OptionError: for another reduction, or one of ref_labels and ref_embeddings alone.

    Sun et al., Circle loss: a unified perspective of pair similarity optimization, 2020.
    """
    name = "circle"
    if (ref_labels is None) != (ref_embeddings is None):
        raise OptionError(f"{name} takes ref_labels and ref_embeddings together, or neither; one of them is None")
    operands = as_operands(name, input=input, target=target, ref_labels=ref_labels, ref_embeddings=ref_embeddings)
    input, target, ref_labels, ref_embeddings = operands
    if ref_labels is None:
        ref_labels, ref_embeddings = target, input
    shape, other = tuple(input.shape), tuple(ref_embeddings.shape)
    fits = len(shape) == len(other) == 2 and shape[1] == other[1]
    if not fits or tuple(target.shape) != shape[:1] or tuple(ref_labels.shape) != other[:1]:
        raise ShapeError(
            f"{name} takes vectors (N, D) and labels (N,), and others (M, D) and (M,); "
            f"got {shape}, {tuple(target.shape)}, {other} and {tuple(ref_labels.shape)}. "
            "Cure: one label for each vector."
        )
    check_floating(name, "input", input)
    check_floating(name, "ref_embeddings", ref_embeddings)
    check_integer_labels(name, target)
    check_integer_labels(name, ref_labels)
    gamma, margin = number(name, "gamma", gamma), number(name, "margin", margin)
    values = _circle(
        input, target, ref_embeddings, ref_labels, remove_diagonal=remove_diagonal, gamma=gamma, margin=margin
    )
    if reduction != "mean" or not shape[0]:
        return reduce(values, reduction)
    return _mean_of_positive(values)
