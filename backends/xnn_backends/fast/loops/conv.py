"""Loops over windows of images with channels last: three dimensions, of which the first may be of size 1."""

from __future__ import annotations

from functools import cache
from typing import Any

import numba

from . import compiled

# A block of 16 by 32 stays in the first-level cache however far apart its lines are: lines of 4096 bytes fall on one
# another there, and a loop over pixels with the channels inside takes 3 ns for each number, this one 0.3 to 0.6.
CHANNELS, PIXELS = 16, 32


def _turn(source: Any, target: Any) -> None:
    count, depth, height, width, channels = source.shape
    for n in range(count):
        for z in range(depth):
            for y in range(height):
                for first in range(0, channels, CHANNELS):
                    some = slice(first, min(first + CHANNELS, channels))
                    for left in range(0, width, PIXELS):
                        here = slice(left, min(left + PIXELS, width))
                        came, goes = source[n, z, y, here, some], target[n, z, y, here, some]
                        for c in range(goes.shape[1]):
                            for x in range(goes.shape[0]):
                                goes[x, c] = came[x, c]


def _gather(wide: Any, rows: Any, counts: Any, kernel: Any, stride: Any, dilation: Any) -> None:
    count, depth, height, width, channels = wide.shape
    pieces, length = (1, kernel[2] * channels) if dilation[2] == 1 else (kernel[2], channels)
    image, flat, row = wide.reshape(-1), rows.reshape(-1), 0
    for n in range(count):
        for z in range(counts[0]):
            for y in range(counts[1]):
                for x in range(counts[2]):
                    to = row * rows.shape[1]
                    row += 1
                    for i in range(kernel[0]):
                        plane = (n * depth + z * stride[0] + i * dilation[0]) * height + y * stride[1]
                        for j in range(kernel[1]):
                            start = ((plane + j * dilation[1]) * width + x * stride[2]) * channels
                            for _ in range(pieces):
                                came, goes = image[start : start + length], flat[to : to + length]
                                for m in range(length):
                                    goes[m] = came[m]
                                start += dilation[2] * channels
                                to += length


def _scatter(rows: Any, wide: Any, counts: Any, kernel: Any, stride: Any, dilation: Any) -> None:
    count, depth, height, width, channels = wide.shape
    pieces, length = (1, kernel[2] * channels) if dilation[2] == 1 else (kernel[2], channels)
    image, flat, row = wide.reshape(-1), rows.reshape(-1), 0
    for n in range(count):
        for z in range(counts[0]):
            for y in range(counts[1]):
                for x in range(counts[2]):
                    at = row * rows.shape[1]
                    row += 1
                    for i in range(kernel[0]):
                        plane = (n * depth + z * stride[0] + i * dilation[0]) * height + y * stride[1]
                        for j in range(kernel[1]):
                            start = ((plane + j * dilation[1]) * width + x * stride[2]) * channels
                            for _ in range(pieces):
                                goes, came = image[start : start + length], flat[at : at + length]
                                for m in range(length):
                                    goes[m] += came[m]
                                start += dilation[2] * channels
                                at += length


@cache
def turn_of(dtype: Any) -> Any:
    """The loop `_turn` for a type: compiled once, for any strides and memory that may not be written to."""
    element = numba.from_dtype(dtype)
    source, target = (numba.types.Array(element, 5, "A", readonly=is_source) for is_source in (True, False))
    loop = compiled(_turn)
    loop.compile(numba.void(source, target))
    loop.disable_compile()
    return loop


gather = compiled(_gather)
scatter = compiled(_scatter)
