"""Losses."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from xnn_backends.protocol import HostArray, Kernel

from .blocks import single

Optional = HostArray | None
# Of rows of logits and a label each: the losses and their slopes.
Rows = Callable[[HostArray, HostArray], tuple[HostArray, HostArray]]


def class_rows(x: HostArray) -> HostArray:
    """(N, C, ...) as rows of classes; half precision as float32."""
    wide = single(x)
    return wide if x.ndim == 2 else np.moveaxis(wide, 1, -1).reshape(-1, x.shape[1])


def losses_of_rows(x: HostArray, labels: HostArray) -> tuple[HostArray, HostArray]:
    """log sum exp(x) - x at the label, and softmax(x), less 1 at the label.

    Where there are few classes, each is a row: of (128, 10) NumPy takes 6.5 us for the maximum along rows, and 10.5
    for all that there is to do along columns.
    """
    count, classes = x.shape
    if classes <= FEW < count:
        slope, axis = np.array(x.T, order="C"), 0
        places = labels * count
        places += np.arange(count)
    else:
        slope, axis = np.array(x, order="C"), 1
        places = np.arange(0, x.size, classes)
        places += labels
    slope -= np.maximum.reduce(slope, axis=axis, keepdims=True)
    row = slope.reshape(-1)
    chosen = row.take(places)
    np.exp(slope, out=slope)
    total = np.add.reduce(slope, axis=axis, keepdims=True)
    slope /= total
    row[places] -= 1
    values = np.log(total, out=total).reshape(-1)
    values -= chosen
    return values, slope if axis else slope.T


FEW = 64  # classes, up to which they are the rows; with 100 there is no difference, with 1,000 it is a loss


def cross_entropy(of_rows: Rows) -> Kernel:
    """The label's place is looked up, without a table of classes. Forward of (128, 10): 20 us, the generic one 64.

    What the way back reads is the slope, (rows, classes), and by what the sum of losses is divided, None without one.
    """

    def forward(
        xp: Any, x: HostArray, target: HostArray, *, ignore_index: int | None, reduction: str
    ) -> tuple[HostArray, Any]:
        rows, labels = class_rows(x), target.reshape(-1).astype(np.int64, copy=False)
        fits = labels.view(np.uint64) < x.shape[1]  # as such, negative ones are large
        counts = None if ignore_index is None else labels != ignore_index
        known = fits if counts is None else fits & counts
        is_whole = bool(known.all())
        if not is_whole:  # what is ignored may be infinite
            rows = np.where(known[:, None], rows, rows.dtype.type(0))
        values, slope = of_rows(rows, labels if is_whole else np.where(known, labels, 0))
        if not is_whole:
            # A label that no class has gives NaN, never a silent zero, and so is its gradient.
            spoilt = np.where(fits if counts is None else ~counts, values.dtype.type(0), values.dtype.type(math.nan))
            values = np.where(known, values, spoilt)
            slope = np.where(known[:, None], slope, spoilt[:, None])
        if reduction == "none":
            shape = (x.shape[0], *x.shape[2:])
            return values.reshape(shape).astype(x.dtype, copy=False), (slope, None)
        total, divisor = np.add.reduce(values), 1.0
        if reduction == "mean":
            count = labels.size if counts is None else int(np.count_nonzero(counts))
            divisor = count or (math.nan if counts is None else 1.0)
            total = total / values.dtype.type(count or math.nan)
        return np.asarray(total, x.dtype), (slope, divisor)

    return Kernel(forward, cross_entropy_vjp)


def cross_entropy_vjp(
    xp: Any, residual: Any, g: HostArray, needs: Sequence[bool], x: HostArray, target: Any,
    *, ignore_index: int | None, reduction: str,
) -> list[Any]:  # fmt: skip
    slope, divisor = residual
    cotangent = single(g)
    dx = slope * (cotangent.reshape(-1, 1) if divisor is None else cotangent / divisor)
    if x.ndim > 2:
        dx = np.moveaxis(dx.reshape(x.shape[0], *x.shape[2:], x.shape[1]), -1, 1)
    return [dx.astype(x.dtype, copy=False), None]


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {"softmax_cross_entropy": cross_entropy(losses_of_rows)}
