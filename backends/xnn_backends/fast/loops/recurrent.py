"""What recurrent layers do beside products, in one pass a step.

Gates are i, f, o, g, all as tanh: a sigmoid of z is tanh(z / 2) / 2 + 1 / 2.
"""

from __future__ import annotations

from typing import Any

from .exponentials import loop


@loop
def lstm_cell(z: Any, before: Any, after: Any) -> None:
    half, size = z.dtype.type(0.5), before.shape[1]
    for n in range(z.shape[0]):
        for j in range(size):
            i, f = half * z[n, j] + half, half * z[n, size + j] + half
            after[n, j] = f * before[n, j] + i * z[n, 3 * size + j]


@loop
def lstm_output(z: Any, bent: Any, hidden: Any) -> None:
    half, size = z.dtype.type(0.5), bent.shape[1]
    for n in range(z.shape[0]):
        for j in range(size):
            hidden[n, j] = (half * z[n, 2 * size + j] + half) * bent[n, j]


@loop
def lstm_cell_back(z: Any, before: Any, bent: Any, dh: Any, dc: Any, dz: Any) -> None:
    kind, size = z.dtype.type, before.shape[1]
    half, one = kind(0.5), kind(1)
    for n in range(z.shape[0]):
        for j in range(size):
            i, f, o = half * z[n, j] + half, half * z[n, size + j] + half, half * z[n, 2 * size + j] + half
            new, c, h = z[n, 3 * size + j], bent[n, j], dh[n, j]
            d = dc[n, j] + h * o * (one - c * c)
            dz[n, j] = d * new * (i - i * i)
            dz[n, size + j] = d * before[n, j] * (f - f * f)
            dz[n, 2 * size + j] = h * c * (o - o * o)
            dz[n, 3 * size + j] = d * i * (one - new * new)
            dc[n, j] = d * f
