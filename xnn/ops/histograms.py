"""Counts of numbers, under NumPy's names; weighted ones are differentiable by the weights, and deterministic."""

from __future__ import annotations

from xnn import dtypes
from xnn.autograd.refusals import integer
from xnn.errors import DTypeError, ShapeError
from xnn.typing import A, ArrayLike

from .creation import ones, zeros
from .data_types import astype
from .indexing import scatter_add
from .lifting import lifted
from .matrices import as_floating
from .statistical import max as largest
from .statistical import min as smallest

__all__ = ["bincount"]


def bincount(x: A, weights: ArrayLike | None = None, minlength: int = 0) -> A:
    """How often each of the integers 0, 1, ... stands in x; with weights, the sum of the weights of each.

    Args:
        x: (n,), integers of 0 or more.
        weights: (n,), with a derivative; integers become the default floating type.
        minlength: the least length of the result.

    Returns:
        (max(x) + 1,), or (minlength,) if that is more; int64, or of the weights' type. It waits for the device.

    Raises:
        DTypeError: unless x has integers.
        ShapeError: for negative ones, x of other dimensions, or weights of another shape.
    """
    (places, amounts), back = lifted("bincount", x, weights)
    if "integer" not in places.dtype.kind:
        raise DTypeError(f"bincount takes integers; got {places.dtype.name}. Cure: xnn.astype(x, xnn.int64).")
    if places.ndim != 1 or (amounts is not None and amounts.shape != places.shape):
        came = places.shape if amounts is None else f"{places.shape} and {amounts.shape}"
        raise ShapeError(f"bincount takes x, and weights, of one shape (n,); got {came}. Cure: xnn.reshape(x, (-1,)).")
    places = astype(places, dtypes.int64, copy=False)
    length = integer("bincount", "minlength", minlength, 0)
    if places.shape[0]:
        if int(smallest(places)) < 0:
            raise ShapeError("bincount takes integers of 0 or more; got negative ones. Cure: x - xnn.min(x).")
        length = max(length, int(largest(places)) + 1)
    counted = ones(places.shape, dtype=dtypes.int64, device=places.device) if amounts is None else as_floating(amounts)
    start = zeros((length,), dtype=counted.dtype, device=places.device)
    return back(scatter_add(start, (places,), counted))
