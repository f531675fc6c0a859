"""Convolution as a product with windows as columns, which come of images as they are, in any number of groups.

Where a group has few channels: rows would be of runs too short.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from xnn_backends.protocol import HostArray

from .tiles import Movers, Windows, scratch, tiles


class Columns:
    """Convolution by columns: images as they are, any number of groups."""

    def __init__(self, windows: Windows, weight: HostArray, has_bias: bool, groups: int, movers: Movers) -> None:
        self.windows, self.movers, self.dtype, self.groups = windows, movers, weight.dtype, groups
        self.outputs, self.channels = weight.shape[0], weight.shape[1] * groups
        self.depth = math.prod(weight.shape[1:])
        self.is_plain = set(windows.kernel) == set(windows.stride) == {1} and not any(windows.padding)
        self.width = self.depth + (has_bias and not self.is_plain)
        self.images, self.lines = tiles(windows, self.width * groups, self.dtype.itemsize)
        self.weight = weight.reshape(groups, self.outputs // groups, self.depth)

    def _grouped(self, x: HostArray) -> HostArray:
        return x.reshape(len(x), self.groups, x.shape[1] // self.groups, math.prod(x.shape[2:]))

    def _wide(self, name: str, count: int) -> HostArray:
        wide = scratch(name, (count, self.channels, *self.windows.padded), self.dtype)
        wide.fill(0)
        return wide

    def _columns(self, count: int, windows: Windows) -> HostArray:
        """Memory for the windows of a piece."""
        columns = scratch("columns", (count, self.groups, self.width, math.prod(windows.counts)), self.dtype)
        columns[:, :, self.depth :] = 1
        return columns

    def _taken(self, columns: HostArray, windows: Windows) -> HostArray:
        """A view of columns as (n, groups, C / groups, *kernel, *counts)."""
        shape = (*columns.shape[:2], self.channels // self.groups, *windows.kernel, *windows.counts)
        return columns[:, :, : self.depth].reshape(shape)

    def _gather(self, wide: HostArray, columns: HostArray, windows: Windows) -> None:
        wide = wide.reshape(len(wide), self.groups, self.channels // self.groups, *wide.shape[2:])
        steps = zip(wide.strides[3:], windows.dilation, windows.stride, strict=True)
        taken, inner = self._taken(columns, windows), [(step * d, step * s) for step, d, s in steps]
        strides = (*wide.strides[:3], *(d for d, _ in inner), *(s for _, s in inner))
        np.copyto(taken, as_strided(wide, taken.shape, strides, writeable=False))

    def _scatter(self, columns: HostArray, wide: HostArray, windows: Windows) -> None:
        grouped: Any = wide.reshape(len(wide), self.groups, self.channels // self.groups, *wide.shape[2:])
        taken: Any = self._taken(columns, windows)
        for place, slices in windows.offsets():
            target = grouped[(..., *slices)]
            np.add(target, taken[(slice(None), slice(None), slice(None), *place)], out=target)

    def forward(self, x: HostArray, bias: HostArray | None, out: HostArray) -> None:
        """out (N, O, *counts) = x * weight + bias."""
        inside, outside = self.windows.overlap()
        matrix, row = self.weight, None if bias is None else bias.reshape(self.groups, -1, 1)
        if row is not None and not self.is_plain:
            matrix = np.concatenate([self.weight, row], axis=2)
        target, every = self._grouped(out), slice(None)

        def part(first: int, last: int) -> None:
            if self.is_plain:
                np.matmul(matrix, self._grouped(x[first:last]), out=target[first:last])
                if row is not None:
                    np.add(target[first:last], row, out=target[first:last])
                return
            wide = self._wide("wide", self.images)
            for start in range(first, last, self.images):
                count = min(self.images, last - start)
                images = slice(start, start + count)
                wide[(slice(count), every, *inside)] = x[(images, every, *outside)]
                for seen, found, windows in self.windows.pieces(self.lines):
                    columns = self._columns(count, windows)
                    self._gather(wide[:count, :, seen], columns, windows)
                    np.matmul(matrix, columns, out=target[images, :, :, found])

        self.movers.in_parts(part, len(x), 1)

    def backward(self, x: HostArray | None, g: HostArray, dx: HostArray | None) -> tuple[HostArray, HostArray] | None:
        """The cotangents of x, which is written to `dx`, and of weight and bias, where x is given."""
        inside, outside = self.windows.overlap()
        every, flat = slice(None), self._grouped(g)
        transposed = self.weight.mT
        sums: dict[int, HostArray] = {}

        def part(first: int, last: int) -> None:
            total = np.zeros((self.groups, self.outputs // self.groups, self.width), self.dtype)
            wide = self._wide("wide", 0 if self.is_plain else self.images)
            for start in range(first, last, self.images):
                count = min(self.images, last - start)
                images = slice(start, start + count)
                if self.is_plain:
                    if x is not None:
                        total += np.matmul(flat[images], self._grouped(x[images]).mT).sum(axis=0)
                    if dx is not None:
                        np.matmul(transposed, flat[images], out=self._grouped(dx)[images])
                    continue
                if x is not None:
                    wide[(slice(count), every, *inside)] = x[(images, every, *outside)]
                spread = None if dx is None else self._wide("spread", count)
                for seen, found, windows in self.windows.pieces(self.lines):
                    columns = self._columns(count, windows)
                    part_of_g = flat[images, :, :, found]
                    if x is not None:
                        self._gather(wide[:count, :, seen], columns, windows)
                        total += np.matmul(part_of_g, columns.mT).sum(axis=0)
                    if spread is not None:
                        np.matmul(transposed, part_of_g, out=columns[:, :, : self.depth])
                        self._scatter(columns, spread[:, :, seen], windows)
                if dx is not None and spread is not None:
                    dx[(images, every, *outside)] = spread[(every, every, *inside)]
            sums[first] = total

        self.movers.in_parts(part, len(g), 1)
        if x is None:
            return None
        total = np.asarray(sum(sums[first] for first in sorted(sums)))
        shape = (self.outputs, self.channels // self.groups, *self.windows.kernel)
        bias = total[:, :, self.depth :] if self.width > self.depth else flat.sum(axis=(0, 3))
        return np.ascontiguousarray(total[:, :, : self.depth]).reshape(shape), bias.reshape(-1)
