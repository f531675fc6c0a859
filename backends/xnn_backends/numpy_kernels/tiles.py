"""Windows of images tile by tile: a few images at once, or lines of one, so that their windows stay in the cache."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from xnn_backends.protocol import HostArray

KEPT = 2**23  # bytes that a thread keeps under a name
# Bytes of windows that are multiplied at once. With a quarter of it the steps between take a tenth more time on one
# thread, and two threads wait for one another.
TILE = 1280 * 1024


class Windows(NamedTuple):
    """What is known of the windows of images, for each dimension."""

    size: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    counts: tuple[int, ...]

    @property
    def padded(self) -> tuple[int, ...]:
        """The size of the image with what the windows see around it, and nothing that none sees."""
        spans = zip(self.counts, self.stride, self.dilation, self.kernel, strict=True)
        return tuple((n - 1) * s + d * (k - 1) + 1 for n, s, d, k in spans)

    def pieces(self, lines: int) -> Iterator[tuple[slice, slice, Windows]]:
        """So many lines of windows at once: what they see of the padded image, which of all windows they are; they."""
        reach, line = self.dilation[0] * (self.kernel[0] - 1) + 1, math.prod(self.counts[1:])
        for start in range(0, self.counts[0], lines):
            stop = min(start + lines, self.counts[0])
            seen = slice(start * self.stride[0], (stop - 1) * self.stride[0] + reach)
            yield seen, slice(start * line, stop * line), self._replace(counts=(stop - start, *self.counts[1:]))

    def overlap(self) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
        """Where the image is in the padded one, and which part of it is there."""
        seen = [max(0, min(m, n - p)) for m, p, n in zip(self.size, self.padding, self.padded, strict=True)]
        inside = tuple(slice(p, p + n) for p, n in zip(self.padding, seen, strict=True))
        return inside, tuple(slice(0, n) for n in seen)

    def around(self) -> Windows | None:
        """The windows of what is computed here that see an element of the image; None unless they are side by side.

        A convolution's cotangent is a convolution with these: in NumPy that takes two thirds of the time that it takes
        to add up where windows overlap.
        """
        padding = tuple(d * (k - 1) - p for d, k, p in zip(self.dilation, self.kernel, self.padding, strict=True))
        if set(self.stride) != {1} or min(padding) < 0:
            return None
        return Windows(self.counts, self.kernel, self.stride, padding, self.dilation, self.size)

    def offsets(self) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
        """Each place in a window, with the slices of the padded image that stand there."""
        for place in itertools.product(*map(range, self.kernel)):
            yield (
                place,
                tuple(
                    slice(i * d, i * d + (n - 1) * s + 1, s)
                    for i, d, n, s in zip(place, self.dilation, self.counts, self.stride, strict=True)
                ),
            )


_local = threading.local()


def scratch(name: str, shape: Sequence[int], dtype: Any) -> HostArray:
    """Memory of this thread under a name, used again by the next call: fresh pages would cost more than the copies."""
    buffers: dict[str, HostArray] = _local.__dict__
    wanted = math.prod(shape) * np.dtype(dtype).itemsize
    if wanted > KEPT:
        return np.empty(shape, dtype)
    if name not in buffers or buffers[name].nbytes < wanted:
        buffers[name] = np.empty(wanted, np.uint8)
    return np.ndarray(shape, dtype, buffers[name])


# ---- how numbers are copied; compiled loops take the place of these ----


def windows_last(wide: HostArray, windows: Windows) -> HostArray:
    """A view of all windows of (n, *padded, C), as (n, *counts, *kernel, C)."""
    first, *steps, last = wide.strides
    outer = (step * s for step, s in zip(steps, windows.stride, strict=True))
    inner = (step * d for step, d in zip(steps, windows.dilation, strict=True))
    strides = (first, *outer, *inner, last)
    return as_strided(wide, (len(wide), *windows.counts, *windows.kernel, wide.shape[-1]), strides, writeable=False)


def as_windows(rows: HostArray, count: int, windows: Windows, channels: int) -> HostArray:
    """A view of the rows of a matrix as (n, *counts, *kernel, C), without the constant at their end."""
    pitch, item = rows.strides
    lengths = [*windows.kernel, channels]
    strides = [item * math.prod(lengths[i + 1 :]) for i in range(len(lengths))]
    outer = [count, *windows.counts]
    pitches = [pitch * math.prod(outer[i + 1 :]) for i in range(len(outer))]
    return as_strided(rows, (*outer, *lengths), (*pitches, *strides))


def turn(source: HostArray, target: HostArray) -> None:
    """Copy (n, *size, C) as it lies in memory in one order to memory in another."""
    np.copyto(target, source)


def gather(wide: HostArray, rows: HostArray, windows: Windows) -> None:
    """The windows of (n, *padded, C) as rows of a matrix."""
    np.copyto(as_windows(rows, len(wide), windows, wide.shape[-1]), windows_last(wide, windows))


def scatter(rows: HostArray, wide: HostArray, windows: Windows) -> None:
    """Rows added up where their windows stand in (n, *padded, C)."""
    taken: Any = as_windows(rows, len(wide), windows, wide.shape[-1])
    every = (slice(None),) * (1 + len(windows.counts))
    for place, slices in windows.offsets():
        target = wide[(slice(None), *slices)]
        np.add(target, taken[(*every, *place)], out=target)


def at_once(work: Callable[[int, int], object], total: int, least: int) -> None:
    """All parts as one, by the calling thread."""
    work(0, total)


class Movers(NamedTuple):
    """The loops that a convolution goes by; and how its batch is divided among threads."""

    turn: Callable[[HostArray, HostArray], None] = turn
    gather: Callable[[HostArray, HostArray, Windows], None] = gather
    scatter: Callable[[HostArray, HostArray, Windows], None] = scatter
    in_parts: Callable[[Callable[[int, int], object], int, int], None] = at_once


# ---- tiles ----


def tiles(windows: Windows, depth: int, item: int) -> tuple[int, int]:
    """How many images are taken at once, and how many lines of windows of these."""
    line = math.prod(windows.counts[1:]) * depth * item
    image = max(windows.counts[0] * line, 1)
    if image <= TILE:
        return max(1, min(TILE // image, 64)), windows.counts[0]
    pieces = -(-image // TILE)
    return 1, -(-windows.counts[0] // pieces)
