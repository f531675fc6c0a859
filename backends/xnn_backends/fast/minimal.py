"""Convolution by minimal filtering, F(2x2, 3x3): 16 products in the place of 36, for each 2 x 2 of the output.

S. Winograd, Arithmetic Complexity of Computations, 1980; A. Lavin and S. Gray, https://arxiv.org/abs/1509.09308. In
float32 it is as exact as direct products: of 32 channels 28 x 28 both are off by 3e-7 to 6e-7 of the largest value. But
it mixes what stands side by side, so NaN and infinity would spread: where any comes out, the caller computes directly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np

from xnn_backends.numpy_kernels.convolution_rows import last
from xnn_backends.numpy_kernels.tiles import Movers, Windows, scratch
from xnn_backends.protocol import HostArray

TILE = 2560 * 1024  # bytes of what is multiplied and the products; as in tiles
LEAST = 16  # channels, on both sides: below, the products are as small as the sums around them

LINE = np.asarray([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
WEIGHTS = np.kron(LINE, LINE)  # of a 3 x 3 in the 16 products


def _loops() -> ModuleType:
    from .loops import minimal as loops

    return loops


def is_minimal(windows: Windows, weight: HostArray) -> bool:
    """Whether a convolution of one group is of this kind, and worth it."""
    is_square = windows.kernel == (3, 3) and set(windows.stride + windows.dilation) == {1}
    return is_square and min(weight.shape[:2]) >= LEAST and weight.dtype.char in "fd"


def is_finite(x: HostArray) -> bool:
    """Whether there is no NaN and no infinity."""
    kind, exponent = (np.uint32, 0x7F800000) if x.dtype.itemsize == 4 else (np.uint64, 0x7FF0000000000000)
    return bool(_loops().is_finite(x.reshape(-1).view(kind), kind(exponent)))


class Minimal:
    """A convolution of images of two dimensions with 3 x 3, one group, stride 1."""

    def __init__(self, windows: Windows, weight: HostArray, movers: Movers) -> None:
        self.windows, self.movers, self.dtype = windows, movers, weight.dtype
        self.outputs, self.channels = weight.shape[:2]
        self.weight = weight
        self.down, self.across = (-(-n // 2) for n in windows.counts)
        line = 16 * (self.channels + self.outputs) * self.dtype.itemsize * self.across
        self.images = max(1, min(TILE // (line * self.down), 64))
        self.lines = self.down if self.images > 1 else -(-self.down // -(-line * self.down // TILE))

    def _memory(self, name: str, count: int, more: int, channels: int) -> HostArray:
        """Images, all zeros, that whole tiles cover."""
        wide = scratch(name, (count, 2 * self.down + more, 2 * self.across + more, channels), self.dtype)
        wide.fill(0)
        return wide

    def _parts(self, name: str, count: int, lines: int, channels: int) -> HostArray:
        return scratch(name, (16, count * lines * self.across, channels), self.dtype)

    def _matrices(self, order: tuple[int, ...]) -> HostArray:
        weight = np.ascontiguousarray(self.weight.transpose(order))
        made: HostArray = WEIGHTS.astype(self.dtype) @ weight.reshape(9, math.prod(weight.shape[2:]))
        return made.reshape(16, *weight.shape[2:])

    def _pieces(self) -> Iterator[tuple[int, int]]:
        """Lines of tiles: the first, and how many."""
        return ((start, min(self.lines, self.down - start)) for start in range(0, self.down, self.lines))

    def forward(self, x: HostArray, bias: HostArray, out: HostArray) -> bool:
        """out (N, O, *counts) = x * weight + bias; whether all of it is finite."""
        loops, matrices = _loops(), self._matrices((2, 3, 1, 0))
        inside, outside = self.windows.overlap()
        height, width = self.windows.counts
        x, out, good = last(x), last(out), []

        def part(first: int, end: int) -> None:
            wide = self._memory("wide", self.images, 2, self.channels)
            product = self._memory("product", self.images, 0, self.outputs)
            for start in range(first, end, self.images):
                count = min(self.images, end - start)
                images = slice(start, start + count)
                self.movers.turn(x[(images, *outside)], wide[(slice(count), *inside)])
                for line, some in self._pieces():
                    seen, made = (self._parts(*what) for what in self._both(count, some))
                    self._loop(loops.seen, wide[:count], seen, line, some)
                    np.matmul(seen, matrices, out=made)
                    self._loop(loops.made, product[:count], made, line, some, bias)
                self.movers.turn(product[:count, :height, :width], out[images])
                good.append(is_finite(product[:count]))

        with np.errstate(all="ignore"):  # it is the direct products that tell the user
            self.movers.in_parts(part, len(x), 1)
        return all(good)

    def _loop(self, loop: Any, image: HostArray, parts: HostArray, line: int, some: int, *bias: HostArray) -> None:
        """Go from images with channels last to their parts, or back, for some lines of tiles."""
        count, high, wide, channels = image.shape
        mixed = scratch("mixed", (4 * wide * channels,), self.dtype)
        loop(image.reshape(-1), parts.reshape(-1), mixed, count, high, line, some, self.across, channels, *bias)

    def _both(self, count: int, some: int) -> tuple[tuple[str, int, int, int], tuple[str, int, int, int]]:
        return ("seen", count, some, self.channels), ("made", count, some, self.outputs)

    def backward(
        self, x: HostArray | None, g: HostArray, dx: HostArray | None
    ) -> tuple[HostArray, HostArray] | tuple[()] | None:
        """The cotangents of x, which is written to `dx`, and of weight and bias, where x is given.

        None where any is not finite.
        """
        loops, matrices = _loops(), self._matrices((2, 3, 0, 1))
        inside, outside = self.windows.overlap()
        height, width = self.windows.counts
        g, good = last(g), []
        x = None if x is None else last(x)
        dx = None if dx is None else last(dx)
        sums: dict[int, tuple[HostArray, HostArray]] = {}

        def part(first: int, end: int) -> None:
            total, bias = np.zeros((16, self.channels, self.outputs), self.dtype), np.zeros(self.outputs, self.dtype)
            one = scratch("one", total.shape, self.dtype)
            wide = self._memory("wide", self.images, 2, self.channels)
            turned = self._memory("product", self.images, 0, self.outputs)
            for start in range(first, end, self.images):
                count = min(self.images, end - start)
                images = slice(start, start + count)
                self.movers.turn(g[images], turned[:count, :height, :width])
                if x is not None:
                    self.movers.turn(x[(images, *outside)], wide[(slice(count), *inside)])
                spread = None if dx is None else self._memory("spread", count, 2, self.channels)
                for line, some in self._pieces():
                    seen, made = (self._parts(*what) for what in self._both(count, some))
                    self._loop(loops.unmade, turned[:count], made, line, some)
                    if x is not None:
                        self._loop(loops.seen, wide[:count], seen, line, some)
                        np.matmul(seen.mT, made, out=one)
                        np.add(total, one, out=total)
                        np.add(bias, np.add.reduce(made[5], axis=0), out=bias)
                    if spread is not None:
                        np.matmul(made, matrices, out=seen)
                        self._loop(loops.unseen, spread, seen, line, some)
                if dx is not None and spread is not None:
                    good.append(is_finite(spread))
                    self.movers.turn(spread[(slice(None), *inside)], dx[(images, *outside)])
            sums[first] = total, bias

        with np.errstate(all="ignore"):  # it is the direct products that tell the user
            self.movers.in_parts(part, len(g), 1)
        if not all(good):
            return None
        if x is None:
            return ()
        total, bias = (np.asarray(sum(sums[first][i] for first in sorted(sums))) for i in range(2))
        weight = (WEIGHTS.T.astype(self.dtype) @ total.reshape(16, -1)).reshape(3, 3, self.channels, self.outputs)
        if not np.isfinite(weight).all():
            return None
        return np.ascontiguousarray(weight.transpose(3, 2, 0, 1)), bias
