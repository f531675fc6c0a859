"""Loops of convolutions whose channels are each by itself: images (N, C, H, W), weights (O, kernel height, width).

A padded channel is one line of memory, in which a window's places are at fixed distances. So each place of the kernel
is one long loop over all windows, with those at a stride of 1 that are not wanted, and some across the image's edge.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import compiled


def _forward(x: Any, weight: Any, bias: Any, out: Any, padded: Any, stride: Any, padding: Any, dilation: Any) -> None:
    height, width = min(x.shape[2], padded[0] - padding[0]), min(x.shape[3], padded[1] - padding[1])
    more, across = len(weight) // x.shape[1], padded[1]
    wide, made = np.zeros(padded[0] * across, x.dtype), np.empty(padded[0] * across, x.dtype)
    reach = (out.shape[2] - 1) * stride[0] * across + (out.shape[3] - 1) * stride[1] + 1
    for n in range(len(x)):
        for c in range(x.shape[1]):
            for i in range(height):
                start = (i + padding[0]) * across + padding[1]
                line, to = x[n, c, i, :width], wide[start : start + width]
                for m in range(len(to)):
                    to[m] = line[m]
            for o in range(c * more, (c + 1) * more):
                found = made[:reach]
                found[:] = bias[o]
                for k in range(weight.shape[1]):
                    for j in range(weight.shape[2]):
                        start, factor = k * dilation[0] * across + j * dilation[1], weight[o, k, j]
                        seen = wide[start : start + reach]
                        for m in range(len(found)):
                            found[m] += factor * seen[m]
                for i in range(out.shape[2]):
                    line, to = made[i * stride[0] * across :], out[n, o, i]
                    for m in range(len(to)):
                        to[m] = line[m * stride[1]]


def _spread(g: Any, weight: Any, dx: Any, padded: Any, stride: Any, padding: Any, dilation: Any) -> None:
    height, width = min(dx.shape[2], padded[0] - padding[0]), min(dx.shape[3], padded[1] - padding[1])
    more, across = len(weight) // dx.shape[1], padded[1]
    wide, slopes = np.empty(padded[0] * across, g.dtype), np.zeros(padded[0] * across, g.dtype)
    reach = (g.shape[2] - 1) * stride[0] * across + (g.shape[3] - 1) * stride[1] + 1
    for n in range(len(dx)):
        for c in range(dx.shape[1]):
            wide[:] = 0
            for o in range(c * more, (c + 1) * more):
                for i in range(g.shape[2]):
                    line, to = g[n, o, i], slopes[i * stride[0] * across :]
                    for m in range(len(line)):
                        to[m * stride[1]] = line[m]
                for k in range(weight.shape[1]):
                    for j in range(weight.shape[2]):
                        start, factor = k * dilation[0] * across + j * dilation[1], weight[o, k, j]
                        to, slope = wide[start : start + reach], slopes[:reach]
                        for m in range(len(to)):
                            to[m] += factor * slope[m]
            for i in range(height):
                start = (i + padding[0]) * across + padding[1]
                line, to = wide[start : start + width], dx[n, c, i]
                for m in range(len(line)):
                    to[m] = line[m]


def _weights(x: Any, g: Any, total: Any, padded: Any, stride: Any, padding: Any, dilation: Any) -> None:
    height, width = min(x.shape[2], padded[0] - padding[0]), min(x.shape[3], padded[1] - padding[1])
    more, across = len(total) // x.shape[1], padded[1]
    wide, slopes = np.zeros(padded[0] * across, x.dtype), np.zeros(padded[0] * across, x.dtype)
    reach = (g.shape[2] - 1) * stride[0] * across + (g.shape[3] - 1) * stride[1] + 1
    for n in range(len(x)):
        for c in range(x.shape[1]):
            for i in range(height):
                start = (i + padding[0]) * across + padding[1]
                line, to = x[n, c, i, :width], wide[start : start + width]
                for m in range(len(to)):
                    to[m] = line[m]
            for o in range(c * more, (c + 1) * more):
                for i in range(g.shape[2]):
                    line, to = g[n, o, i], slopes[i * stride[0] * across :]
                    for m in range(len(line)):
                        to[m * stride[1]] = line[m]
                for k in range(total.shape[1]):
                    for j in range(total.shape[2]):
                        start, found = k * dilation[0] * across + j * dilation[1], x.dtype.type(0)
                        seen, slope = wide[start : start + reach], slopes[:reach]
                        for m in range(len(slope)):
                            found += slope[m] * seen[m]
                        total[o, k, j] += found


forward, spread = compiled(_forward), compiled(_spread)
weights = compiled(_weights, fastmath={"reassoc", "contract"})  # sums of products in any order
