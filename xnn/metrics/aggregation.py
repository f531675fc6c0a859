"""Means of what is already computed, as of the losses of an epoch."""

from __future__ import annotations

import math
from numbers import Real

from xnn.array_object import Array
from xnn.autograd.graph import frontend, no_grad
from xnn.autograd.operands import device_of
from xnn.ops.creation import asarray
from xnn.typing import AnyArray, Scalar

from .metric import Metric, ratio
from .operands import pair

__all__ = ["MeanMetric"]


class MeanMetric(Metric):
    """sum(weight * value) / sum(weight), as of losses weighted by the sizes of their batches; NaN for weights of 0.

    What has the weight 0, NaN too, is left out.

    Shapes: value and weight any, which broadcast; the result is (). Numbers are put on the default device.

    Example:
        >>> import xnn as xp
        >>> mean = xp.metrics.MeanMetric()
        >>> mean.update(xp.asarray(1.0), weight=3)
        >>> mean.update(xp.asarray(2.0), weight=1)
        >>> float(mean.compute())
        1.25
    """

    slots = ("total", "weight")

    def update(self, value: AnyArray | Scalar, weight: AnyArray | Scalar = 1.0) -> None:
        """Take a number, or an array of any shape, with a weight that broadcasts to it."""
        xp = frontend.xp
        with no_grad():
            on = [device_of(x, "MeanMetric") for x in (value, weight) if not isinstance(x, Real)]
            device = on[0] if on else None
            value, weight = (
                asarray(float(x), dtype=xp.float64, device=device) if isinstance(x, Real) else x
                for x in (value, weight)
            )
            x, w = (xp.astype(x, xp.float64) for x in pair("MeanMetric", value=value, weight=weight))
            x, w = xp.broadcast_arrays(x, w)
            self._add(total=xp.sum(xp.where(w == 0, 0.0, x) * w), weight=xp.sum(w))

    def _result(self, *, total: Array, weight: Array) -> Array:
        return ratio(total, weight, math.nan)
