"""Resampling along a dimension: each element that comes out is a sum of a few that went in, at fixed places.

Which and how much, the taps, is computed on the host once for each size, and is kept on the device from then on.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from typing import Any

from xnn.autograd.primitive import primitive
from xnn.typing import A


class Taps:
    """What each element of the output is the sum of.

    Args:
        size: how many elements the input has.
        rows: for each element of the output its taps, pairs (position in the input, weight).
    """

    def __init__(self, size: int, rows: Iterable[Iterable[tuple[int, float]]]) -> None:
        self.size = size
        self.rows = tuple(map(tuple, rows))
        self.count = max(map(len, self.rows))
        self.is_even = all(len(row) == self.count for row in self.rows)
        self.has_weights = any(weight != 1.0 for row in self.rows for _, weight in row)
        self._on_devices: dict[Any, Any] = {}

    @cached_property
    def transposed(self) -> Taps:
        """The same weights from outputs to inputs, so that a derivative reads too: nothing is scattered."""
        rows: list[list[tuple[int, float]]] = [[] for _ in range(self.size)]
        for position, row in enumerate(self.rows):
            for source, weight in row:
                rows[source].append((position, weight))
        return Taps(len(self.rows), rows)

    @cached_property
    def is_identity(self) -> bool:
        """Whether the output is the input."""
        return self.size == len(self.rows) and all(row == ((i, 1.0),) for i, row in enumerate(self.rows))

    def positions(self, xp: Any, device: Any) -> Any:
        """(count * outputs,), int64: the first tap of each output, then the second of each, ..."""
        return self._kept(xp, device, xp.int64, 0, 0)

    def weights(self, xp: Any, device: Any, dtype: Any) -> Any:
        """(count * outputs,): the weights of these; 0 where an output has fewer taps than others."""
        return self._kept(xp, device, dtype, 1, 0.0)

    def _kept(self, xp: Any, device: Any, dtype: Any, part: int, absent: float) -> Any:
        key = xp, repr(device), dtype, part  # CuPy's devices have no hash
        if key not in self._on_devices:
            values = [row[k][part] if k < len(row) else absent for k in range(self.count) for row in self.rows]
            self._on_devices[key] = xp.asarray(values, dtype=dtype, device=device)
        return self._on_devices[key]


def _resample_rule(xp: Any, g: Any, out: Any, x: Any, axis: int, taps: Taps) -> Any:
    return resample(g, axis=axis, taps=taps.transposed)


@primitive(_resample_rule, kind="linear")
def resample(xp: Any, x: A, /, *, axis: int, taps: Taps) -> A:
    """The sums of taps along a dimension, which gets as many elements as there are rows of taps."""
    device, lead, rest = xp.device(x), x.shape[:axis], x.shape[axis + 1 :]
    found = xp.take(x, taps.positions(xp, device), axis=axis)
    if taps.count == 1 and taps.is_even and not taps.has_weights:
        return found
    found = xp.reshape(found, (*lead, taps.count, len(taps.rows), *rest))
    if taps.has_weights or not taps.is_even:
        weights = taps.weights(xp, device, x.dtype)
        weights = xp.reshape(weights, (taps.count, len(taps.rows), *(1,) * len(rest)))
        if not taps.is_even:  # what an absent tap reads may be infinite, and 0 times that NaN
            found = xp.where(weights == 0.0, 0.0, found)
        if taps.has_weights:
            found = found * weights
    return xp.sum(found, axis=axis)


# ---- taps ----


def source_scale(size: int, out: int, align_corners: bool = False, factor: float | None = None) -> float:
    """How many elements of the input an element of the output is wide.

    factor: what the user asked for; otherwise the ratio of sizes, or with align_corners that of the distances between
    the centres of the first and the last element.
    """
    if align_corners:
        return (size - 1) / (out - 1) if out > 1 else 0.0
    return 1 / factor if factor is not None and factor > 0 else size / out


@lru_cache(maxsize=256)
def nearest(size: int, out: int, scale: float, exact: bool) -> Taps:
    """The element in which the place falls: of the output's left edge, or of its centre where it is to be exact."""
    # Rounded to float32, as PyTorch does: 3 * (1 / 3) is 1, not the largest number below.
    places = (_rounded((i + (0.5 if exact else 0.0)) * scale) for i in range(out))
    return Taps(size, ([(min(math.floor(place), size - 1), 1.0)] for place in places))


@lru_cache(maxsize=256)
def linear(size: int, out: int, scale: float, align_corners: bool) -> Taps:
    """The two elements next to the place, by their distance."""
    if size == out:
        return _same(size)
    rows = []
    for i in range(out):
        place = scale * i if align_corners else max(scale * (i + 0.5) - 0.5, 0.0)
        first = min(math.floor(place), size - 1)
        share = min(max(place - first, 0.0), 1.0)
        rows.append([(first, 1.0 - share), (min(first + 1, size - 1), share)])
    return Taps(size, rows)


@lru_cache(maxsize=256)
def cubic(size: int, out: int, scale: float, align_corners: bool) -> Taps:
    """The four elements next to the place, by Keys's kernel with a = -3/4; the border is continued.

    Keys, Cubic convolution interpolation for digital image processing, 1981.
    """
    rows = []
    for i in range(out):
        place = scale * i if align_corners else scale * (i + 0.5) - 0.5
        first = min(math.floor(place), size - 1)
        share = min(max(place - first, 0.0), 1.0)
        rows.append([(min(max(first + j, 0), size - 1), keys(j - share, -0.75)) for j in (-1, 0, 1, 2)])
    return Taps(size, rows)


def triangle(x: float) -> float:
    """The kernel of linear interpolation."""
    return max(1.0 - abs(x), 0.0)


def keys(x: float, a: float = -0.5) -> float:
    """The kernel of cubic convolution."""
    x = abs(x)
    if x < 1:
        return ((a + 2) * x - (a + 3)) * x * x + 1
    return (((x - 5) * x + 8) * x - 4) * a if x < 2 else 0.0


@lru_cache(maxsize=256)
def smooth(size: int, out: int, scale: float, kernel: Callable[[float], float], reach: int) -> Taps:
    """The kernel, made as wide as the output's elements where they are wider than the input's: no aliases.

    reach: how far the kernel reaches to each side.
    """
    if size == out:
        return _same(size)
    stretch = max(scale, 1.0)
    rows = []
    for i in range(out):
        centre = scale * (i + 0.5)
        first = max(int(centre - reach * stretch + 0.5), 0)
        last = min(int(centre + reach * stretch + 0.5), size)
        weights = [kernel((j - centre + 0.5) / stretch) for j in range(first, last)]
        total = sum(weights)
        rows.append([(first + j, w / total) for j, w in enumerate(weights)])
    return Taps(size, rows)


@lru_cache(maxsize=256)
def area(size: int, out: int) -> Taps:
    """The mean of all elements that the output's element touches, as in adaptive average pooling."""
    rows = []
    for i in range(out):
        first, last = i * size // out, -(-(i + 1) * size // out)
        rows.append([(j, 1 / (last - first)) for j in range(first, last)])
    return Taps(size, rows)


def _same(size: int) -> Taps:
    """Each element as it is, as PyTorch has it between equal sizes, whatever the scale factor."""
    return Taps(size, ([(i, 1.0)] for i in range(size)))


def _rounded(x: float) -> float:
    """To float32."""
    return float(struct.unpack("f", struct.pack("f", x))[0])
