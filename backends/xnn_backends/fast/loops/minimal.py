"""Loops of the minimal filtering algorithm F(2x2, 3x3): tiles of 4 x 4 that overlap by 2, of images with channels last.

With the algorithm's matrices B and A: `seen` is B'dB of a tile d of the image, `made` A'pA of products p, and `unseen`
BpB' and `unmade` AgA' are their transposes. Each is done for the lines of a tile, then for its columns.
An inner loop is over a run of memory and writes to one array, so that it is compiled to vector instructions. Arrays are
flat, with the sizes beside them, which takes two thirds of the time to compile that arrays of more dimensions do.

The arguments of all: `image`, of so many images with lines of `across` tiles; `parts`, (16, tiles, channels); `mixed`,
memory for four lines; and which tiles: of `count` images, `lines` from `first` on, of `high` lines of the image each.
"""

from __future__ import annotations

from typing import Any

from . import compiled

# B': which two are added, the second with a sign.
SEEN = ((0, 2, -1), (1, 2, 1), (2, 1, -1), (1, 3, -1))
# B: which three, with factors.
UNSEEN = ((0, 0, 0, 1, 0, 0), (1, 2, 3, 1, -1, 1), (1, 2, 0, 1, 1, -1), (3, 0, 0, -1, 0, 0))
# A: the factors of the two.
UNMADE = ((1, 0), (1, 1), (1, -1), (0, -1))


def _seen(
    image: Any, parts: Any, mixed: Any, count: Any, high: Any, first: Any, lines: Any, across: Any, channels: Any
) -> None:
    run, size = (2 * across + 2) * channels, len(parts) // 16
    for n in range(count):
        for i in range(lines):
            top = (n * high + 2 * (first + i)) * run
            for k in range(4):
                p, q, sign = SEEN[k]
                factor, to = image.dtype.type(sign), mixed[k * run : k * run + run]
                a, b = image[top + p * run : top + p * run + run], image[top + q * run : top + q * run + run]
                for m in range(run):
                    to[m] = a[m] + factor * b[m]
            for j in range(across):
                for k in range(4):
                    for c in range(4):
                        p, q, sign = SEEN[c]
                        factor, start = image.dtype.type(sign), k * run + 2 * j * channels
                        p, q = start + p * channels, start + q * channels
                        row = (4 * k + c) * size + ((n * lines + i) * across + j) * channels
                        a, b, to = mixed[p : p + channels], mixed[q : q + channels], parts[row : row + channels]
                        for m in range(channels):
                            to[m] = a[m] + factor * b[m]


def _unseen(
    image: Any, parts: Any, mixed: Any, count: Any, high: Any, first: Any, lines: Any, across: Any, channels: Any
) -> None:
    run, size = (2 * across + 2) * channels, len(parts) // 16
    for n in range(count):
        for i in range(lines):
            for m in range(4 * run):
                mixed[m] = 0
            for j in range(across):
                for k in range(4):
                    for c in range(4):
                        p, q, r, u, v, w = UNSEEN[c]
                        s, t, e = image.dtype.type(u), image.dtype.type(v), image.dtype.type(w)
                        row = 4 * k * size + ((n * lines + i) * across + j) * channels
                        p, q, r, start = (
                            row + p * size,
                            row + q * size,
                            row + r * size,
                            k * run + (2 * j + c) * channels,
                        )
                        a, b, d = parts[p : p + channels], parts[q : q + channels], parts[r : r + channels]
                        to = mixed[start : start + channels]
                        for m in range(channels):
                            to[m] += s * a[m] + t * b[m] + e * d[m]
            top = (n * high + 2 * (first + i)) * run
            for c in range(4):
                p, q, r, u, v, w = UNSEEN[c]
                s, t, e = image.dtype.type(u), image.dtype.type(v), image.dtype.type(w)
                a, b, d = mixed[p * run : p * run + run], mixed[q * run : q * run + run], mixed[r * run : r * run + run]
                to = image[top + c * run : top + c * run + run]
                for m in range(run):
                    to[m] += s * a[m] + t * b[m] + e * d[m]


def _made(
    image: Any,
    parts: Any,
    mixed: Any,
    count: Any,
    high: Any,
    first: Any,
    lines: Any,
    across: Any,
    channels: Any,
    bias: Any,
) -> None:
    run, size = across * channels, len(parts) // 16
    for n in range(count):
        for i in range(lines):
            for y in range(2):  # the first three, or the last three
                sign = image.dtype.type(1 - 2 * y)
                for k in range(4):
                    start = (4 * y + k) * size + (n * lines + i) * run
                    a, b = parts[start : start + run], parts[start + 4 * size : start + 4 * size + run]
                    c, to = parts[start + 8 * size : start + 8 * size + run], mixed[k * run : k * run + run]
                    for m in range(run):
                        to[m] = a[m] + sign * (b[m] + c[m])
                for j in range(across):
                    for x in range(2):
                        sign, start = image.dtype.type(1 - 2 * x), x * run + j * channels
                        a, b = mixed[start : start + channels], mixed[start + run : start + run + channels]
                        c = mixed[start + 2 * run : start + 2 * run + channels]
                        start = ((n * high + 2 * (first + i) + y) * 2 * across + 2 * j + x) * channels
                        to = image[start : start + channels]
                        for m in range(channels):
                            to[m] = a[m] + sign * (b[m] + c[m]) + bias[m]


def _unmade(
    image: Any, parts: Any, mixed: Any, count: Any, high: Any, first: Any, lines: Any, across: Any, channels: Any
) -> None:
    run, size = 2 * across * channels, len(parts) // 16
    for n in range(count):
        for i in range(lines):
            top = (n * high + 2 * (first + i)) * run
            a, b = image[top : top + run], image[top + run : top + 2 * run]
            for k in range(4):
                u, v = UNMADE[k]
                s, t, to = image.dtype.type(u), image.dtype.type(v), mixed[k * run : k * run + run]
                for m in range(run):
                    to[m] = s * a[m] + t * b[m]
            for j in range(across):
                for k in range(4):
                    for c in range(4):
                        u, v = UNMADE[c]
                        s, t, start = image.dtype.type(u), image.dtype.type(v), k * run + 2 * j * channels
                        p, q = mixed[start : start + channels], mixed[start + channels : start + 2 * channels]
                        row = (4 * k + c) * size + ((n * lines + i) * across + j) * channels
                        to = parts[row : row + channels]
                        for m in range(channels):
                            to[m] = s * p[m] + t * q[m]


def _is_finite(bits: Any, exponent: Any) -> bool:
    # of the bits of numbers: a test of the numbers would not be compiled to vector instructions
    found = False
    for m in range(len(bits)):
        found |= (bits[m] & exponent) == exponent
    return not found


seen = compiled(_seen)
unseen = compiled(_unseen)
made = compiled(_made)
unmade = compiled(_unmade)
is_finite = compiled(_is_finite)
