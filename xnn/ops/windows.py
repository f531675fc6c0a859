"""Window functions under NumPy's names: weights of the samples of a signal, 1 in the middle, symmetric.

Each gives an Array of shape (M,), computed in float64, in the default floating type unless `dtype` says another; one of
M < 1 is empty, and that of 1 is 1. Raises OptionError for what is no int.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from xnn import dtypes
from xnn.autograd.refusals import integer
from xnn.typing import DeviceLike, DTypeLike

from .bessel_functions import i0
from .creation import arange, ones
from .data_types import astype
from .elementwise import abs as size_of
from .elementwise import sqrt
from .extrema import clip
from .trigonometric import cos

if TYPE_CHECKING:
    from xnn.array_object import Array

__all__ = [
    "bartlett",
    "blackman",
    "hamming",
    "hanning",
    "kaiser",
]


def _window(name: str, M: int, dtype: DTypeLike | None, device: DeviceLike | None, of: Callable[[Any], Any]) -> Array:
    """`of` positions from -1 to 1, in float64."""
    count = max(integer(name, "M", M), 0)
    if count < 2:
        return ones((count,), dtype=dtype, device=device)
    places = arange(1 - count, count, 2, dtype=dtypes.float64, device=device) / (count - 1)
    return astype(of(places), dtypes.get_default_dtype() if dtype is None else dtype, copy=False)


def hanning(M: int, dtype: DTypeLike | None = None, *, device: DeviceLike | None = None) -> Array:
    """The Hann window, a raised cosine that is 0 at both ends. Shapes: (M,)."""
    return _window("hanning", M, dtype, device, lambda t: 0.5 + 0.5 * cos(math.pi * t))


def hamming(M: int, dtype: DTypeLike | None = None, *, device: DeviceLike | None = None) -> Array:
    """The Hamming window, a raised cosine that is 0.08 at both ends. Shapes: (M,)."""
    return _window("hamming", M, dtype, device, lambda t: 0.54 + 0.46 * cos(math.pi * t))


def blackman(M: int, dtype: DTypeLike | None = None, *, device: DeviceLike | None = None) -> Array:
    """The Blackman window, of two cosines. Shapes: (M,)."""
    return _window("blackman", M, dtype, device, lambda t: 0.42 + 0.5 * cos(math.pi * t) + 0.08 * cos(2 * math.pi * t))


def bartlett(M: int, dtype: DTypeLike | None = None, *, device: DeviceLike | None = None) -> Array:
    """The triangular window that is 0 at both ends. Shapes: (M,)."""
    return _window("bartlett", M, dtype, device, lambda t: 1 - size_of(t))


def kaiser(M: int, beta: float, dtype: DTypeLike | None = None, *, device: DeviceLike | None = None) -> Array:
    """The Kaiser window, i0(beta * sqrt(1 - t**2)) / i0(beta) for t from -1 to 1. Shapes: (M,)."""
    return _window("kaiser", M, dtype, device, lambda t: i0(beta * sqrt(clip(1 - t * t, 0.0, 1.0))) / i0(t * 0 + beta))
