"""Convolution as a product with windows as rows, which come of images whose channels are last.

What a window takes of a line of the image is then one run of memory. A 1 at the end of each row is for the bias.
"""

from __future__ import annotations

import math

import numpy as np

from xnn_backends.protocol import HostArray

from .tiles import Movers, Windows, scratch, tiles

LINE = 16  # numbers in a line of the cache


def last(x: HostArray) -> HostArray:
    """(N, C, *size) as (N, *size, C), a view."""
    return np.moveaxis(x, 1, -1)


def lines(x: HostArray) -> HostArray:
    """(N, C, *size) as (N, length, C), a view."""
    return x.reshape(*x.shape[:2], math.prod(x.shape[2:])).mT


class Rows:
    """Convolution by rows: images with channels last, one group."""

    def __init__(self, windows: Windows, weight: HostArray, has_bias: bool, movers: Movers) -> None:
        self.windows, self.movers, self.dtype = windows, movers, weight.dtype
        self.outputs, self.channels = weight.shape[:2]
        self.depth = math.prod(weight.shape[1:])
        self.width = self.depth + has_bias
        self.pitch = -(-self.width // LINE) * LINE
        self.images, self.lines = tiles(windows, self.pitch, self.dtype.itemsize)
        self.weight = np.moveaxis(weight, 1, -1).reshape(self.outputs, self.depth)  # (O, *kernel * C)

    def _wide(self, name: str, count: int) -> HostArray:
        """Padded images, all zeros."""
        wide = scratch(name, (count, *self.windows.padded, self.channels), self.dtype)
        wide.fill(0)
        return wide

    def _rows(self, count: int, windows: Windows) -> HostArray:
        """Memory for the windows of a piece."""
        rows = scratch("rows", (count * math.prod(windows.counts), self.pitch), self.dtype)
        rows[:, self.depth : self.width] = 1
        return rows

    def _product(self, count: int) -> HostArray:
        """Memory for (n, windows, O); with space between the lines, which are copied faster so than at powers of 2."""
        shape = (count, math.prod(self.windows.counts), self.outputs + LINE)
        return scratch("product", shape, self.dtype)[:, :, : self.outputs]

    def forward(self, x: HostArray, bias: HostArray | None, out: HostArray) -> None:
        """out (N, O, *counts) = x * weight + bias."""
        matrix = np.empty((self.width, self.outputs), self.dtype)
        matrix[: self.depth] = self.weight.T
        if bias is not None:
            matrix[self.depth] = bias
        inside, outside = self.windows.overlap()
        x, out = last(x), lines(out)

        def part(first: int, last: int) -> None:
            wide = self._wide("wide", self.images)
            for start in range(first, last, self.images):
                count = min(self.images, last - start)
                images = slice(start, start + count)
                self.movers.turn(x[(images, *outside)], wide[(slice(count), *inside)])
                product = self._product(count)
                flat = product.reshape(-1, self.outputs)
                for seen, found, windows in self.windows.pieces(self.lines):
                    rows = self._rows(count, windows)
                    self.movers.gather(wide[:count, seen], rows, windows)
                    piece = flat if count > 1 else flat[found]
                    np.matmul(rows[:, : self.width], matrix, out=piece)
                self.movers.turn(product, out[images])

        self.movers.in_parts(part, len(x), 1)

    def backward(self, x: HostArray | None, g: HostArray, dx: HostArray | None) -> tuple[HostArray, HostArray] | None:
        """The cotangents of x, which is written to `dx`, and of weight and bias, where x is given."""
        inside, outside = self.windows.overlap()
        sums: dict[int, HostArray] = {}
        flat_g = lines(g)
        x = None if x is None else last(x)
        dx = None if dx is None else last(dx)

        def part(first: int, last: int) -> None:
            total = np.zeros((self.width, self.outputs), self.dtype)
            one = scratch("one", total.shape, self.dtype)
            wide = self._wide("wide", self.images)
            for start in range(first, last, self.images):
                count = min(self.images, last - start)
                images = slice(start, start + count)
                product = self._product(count)
                flat = product.reshape(-1, self.outputs)
                self.movers.turn(flat_g[images], product)
                if x is not None:
                    self.movers.turn(x[(images, *outside)], wide[(slice(count), *inside)])
                spread = None if dx is None else self._wide("spread", count)
                for seen, found, windows in self.windows.pieces(self.lines):
                    rows = self._rows(count, windows)
                    piece = flat if count > 1 else flat[found]
                    if x is not None:
                        self.movers.gather(wide[:count, seen], rows, windows)
                        np.matmul(rows[:, : self.width].T, piece, out=one)
                        np.add(total, one, out=total)
                    if spread is not None:
                        np.matmul(piece, self.weight, out=rows[:, : self.depth])
                        self.movers.scatter(rows, spread[:, seen], windows)
                if dx is not None and spread is not None:
                    self.movers.turn(spread[(slice(None), *inside)], dx[(images, *outside)])
            sums[first] = total

        self.movers.in_parts(part, len(g), 1)
        if x is None:
            return None
        total = np.asarray(sum(sums[first] for first in sorted(sums)))
        weight = total[: self.depth].T.reshape(self.outputs, *self.windows.kernel, self.channels)
        return np.ascontiguousarray(np.moveaxis(weight, -1, 1)), total[self.depth :].reshape(-1)
