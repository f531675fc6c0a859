"""Loops over windows of (images, H, W): maxima, and where in a window they stand."""

from __future__ import annotations

import math
from typing import Any

from . import compiled


def _halves(x: Any, out: Any, places: Any) -> None:
    for n in range(len(x)):
        for i in range(out.shape[1]):
            above, below, best, found = x[n, 2 * i], x[n, 2 * i + 1], out[n, i], places[n, i]
            for j in range(out.shape[2]):
                most, place = above[2 * j], 0
                for k, value in ((1, above[2 * j + 1]), (2, below[2 * j]), (3, below[2 * j + 1])):
                    is_larger = not (value <= most) and most == most
                    most, place = (value, k) if is_larger else (most, place)
                best[j], found[j] = most, place


def _spread_halves(g: Any, places: Any, dx: Any) -> None:
    zero = g.dtype.type(0)
    for n in range(len(dx)):
        for i in range(g.shape[1]):
            above, below, slope, found = dx[n, 2 * i], dx[n, 2 * i + 1], g[n, i], places[n, i]
            for j in range(g.shape[2]):
                value, place = slope[j], found[j]
                above[2 * j] = value if place == 0 else zero
                above[2 * j + 1] = value if place == 1 else zero
                below[2 * j] = value if place == 2 else zero
                below[2 * j + 1] = value if place == 3 else zero
            for j in range(2 * g.shape[2], dx.shape[2]):
                above[j] = below[j] = zero
        for i in range(2 * g.shape[1], dx.shape[1]):
            dx[n, i, :] = zero


def _near(x: Any, out: Any, places: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> None:
    # A line of windows for each of their places in turn, by vector instructions: strides are 1 or 2.
    height, width = x.shape[1:]
    for n in range(len(x)):
        for i in range(out.shape[1]):
            best, found = out[n, i], places[n, i]
            top = i * stride[0] - padding[0]
            first = max(0, -(top // dilation[0]))
            for j in range(out.shape[2]):
                left = j * stride[1] - padding[1]
                best[j], found[j] = -math.inf, first * kernel[1] + max(0, -(left // dilation[1]))
            for k in range(kernel[0]):
                y = top + k * dilation[0]
                if y < 0 or y >= height:
                    continue
                for m in range(kernel[1]):
                    shift, place = m * dilation[1] - padding[1], k * kernel[1] + m
                    start = max(0, -(shift // stride[1]))
                    stop = min(out.shape[2], (width - 1 - shift) // stride[1] + 1)
                    line, tops, at = x[n, y, start * stride[1] + shift :], best[start:stop], found[start:stop]
                    if stride[1] == 1:
                        for j in range(len(tops)):
                            value, most = line[j], tops[j]
                            is_larger = not (value <= most) and most == most
                            tops[j] = value if is_larger else most
                            at[j] = place if is_larger else at[j]
                    else:
                        for j in range(len(tops)):
                            value, most = line[2 * j], tops[j]
                            is_larger = not (value <= most) and most == most
                            tops[j] = value if is_larger else most
                            at[j] = place if is_larger else at[j]


def _far(x: Any, out: Any, places: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> None:
    height, width = x.shape[1:]
    for n in range(len(x)):
        for i in range(out.shape[1]):
            best, found = out[n, i], places[n, i]
            top = i * stride[0] - padding[0]
            first = max(0, -(top // dilation[0]))
            last = min(kernel[0], (height - 1 - top) // dilation[0] + 1)
            lines = x[n, top + first * dilation[0] :: dilation[0]]
            for j in range(out.shape[2]):
                left = j * stride[1] - padding[1]
                start = max(0, -(left // dilation[1]))
                stop = min(kernel[1], (width - 1 - left) // dilation[1] + 1)
                at = left + start * dilation[1]
                most, place = x.dtype.type(-math.inf), first * kernel[1] + start
                for k in range(last - first):
                    line = lines[k, at:]
                    for m in range(stop - start):
                        value = line[m * dilation[1]]
                        is_larger = not (value <= most) and most == most
                        most = value if is_larger else most
                        place = (first + k) * kernel[1] + start + m if is_larger else place
                best[j], found[j] = most, place


def _spread(g: Any, places: Any, dx: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> None:
    for n in range(len(dx)):
        dx[n, :, :] = 0
        for i in range(g.shape[1]):
            for j in range(g.shape[2]):
                place = places[n, i, j]
                y = i * stride[0] - padding[0] + place // kernel[1] * dilation[0]
                x = j * stride[1] - padding[1] + place % kernel[1] * dilation[1]
                if 0 <= y < dx.shape[1] and 0 <= x < dx.shape[2]:
                    dx[n, y, x] += g[n, i, j]


def _positions(places: Any, out: Any, width: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> None:
    for n in range(len(places)):
        for i in range(places.shape[1]):
            for j in range(places.shape[2]):
                place = places[n, i, j]
                y = i * stride[0] - padding[0] + place // kernel[1] * dilation[0]
                x = j * stride[1] - padding[1] + place % kernel[1] * dilation[1]
                out[n, i, j] = y * width + x


halves = compiled(_halves)
spread_halves = compiled(_spread_halves)
near = compiled(_near)
far = compiled(_far)
spread = compiled(_spread)
positions = compiled(_positions)
