"""Gauss and Legendre's quadrature, by which special functions and distributions are integrated on the device."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, TypeVar

from xnn.autograd.call import is_raw, lifted
from xnn.autograd.graph import Tracked
from xnn.autograd.operands import copied, mismatch
from xnn.dtypes import get_default_dtype

from .creation import asarray
from .data_types import astype, dtype_of, result_type
from .manipulation import broadcast_arrays, expand_dims
from .promotion import check_real
from .statistical import sum

__all__: list[str] = []

F = TypeVar("F", bound=Callable[..., Any])

NODES = 32


@functools.cache
def gauss_legendre(n: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Nodes and weights on [0, 1], by Newton's method for the zeros of Legendre's polynomial."""
    nodes, weights = [], []
    for i in range(n):
        x = math.cos(math.pi * (i + 0.75) / (n + 0.5))
        for _ in range(100):
            below, value = 1.0, x
            for k in range(2, n + 1):
                below, value = value, ((2 * k - 1) * x * value - (k - 1) * below) / k
            slope = n * (x * value - below) / (x * x - 1)
            step = value / slope
            x -= step
            if abs(step) < 1e-15:
                break
        nodes.append((1 - x) / 2)
        weights.append(1 / ((1 - x * x) * slope * slope))
    return tuple(nodes), tuple(weights)


def integral(function: Callable[..., Any], end: Any, *parameters: Any, nodes: int = NODES) -> Any:
    """The integral of function(t, *parameters) from 0 to `end`, for each element.

    The function gets arrays with one dimension more, the last, which is that of the nodes.
    """
    x, w = (asarray(values, dtype=end.dtype, device=end.device) for values in gauss_legendre(nodes))
    t = expand_dims(end, axis=-1) * x
    return end * sum(w * function(t, *(expand_dims(p, axis=-1) for p in parameters)), axis=-1)


def on_arrays(function: F) -> F:
    """A function of Arrays, which then takes raw arrays, numbers and lists as well, of one shape and floating type.

    The result is a raw array where raw arrays came, and no Arrays.
    """
    name = function.__name__

    @functools.wraps(function)
    def call(*operands: Any) -> Any:
        raw = any(map(is_raw, operands)) and not any(isinstance(x, Tracked) for x in operands)
        found = [lifted(x) for x in operands]
        arrays = [x for x in found if isinstance(x, Tracked)]
        device = arrays[0]._device if arrays else None
        for x in arrays:
            if x._device is not device:
                raise mismatch(name, device, x._device)  # type: ignore[arg-type]  # there is one, if there are arrays
        types = [t for t in map(dtype_of, arrays) if t.is_floating]
        for t in types:
            check_real(t)
        dtype = result_type(*types) if types else get_default_dtype()
        found = [
            astype(x, dtype, copy=False) if isinstance(x, Tracked) else asarray(x, dtype=dtype, device=device)
            for x in found
        ]
        out = function(*broadcast_arrays(*found))
        return copied(out._data, out._device) if raw else out

    return call  # type: ignore[return-value]  # it takes what the function takes, and more
