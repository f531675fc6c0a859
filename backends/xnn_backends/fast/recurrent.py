"""Recurrent layers, whose gates are one pass a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xnn_backends.numpy_kernels.recurrent import Track, lstm_cell, lstm_cell_back, lstm_forward, lstm_vjp
from xnn_backends.protocol import HostArray, Kernel

from .arrays import LEAST


def _cell(z: HostArray, before: HostArray, after: HostArray, bent: HostArray, hidden: HostArray) -> None:
    from .loops import recurrent as loops

    np.tanh(z, out=z)  # NumPy's is as fast as a loop's would be
    loops.lstm_cell(z, before, after)
    np.tanh(after, out=bent)
    loops.lstm_output(z, bent, hidden)


def _cell_back(z: HostArray, before: HostArray, bent: HostArray, dh: HostArray, dc: HostArray, dz: HostArray) -> None:
    from .loops import recurrent as loops

    loops.lstm_cell_back(z, before, bent, dh, dc, dz)


def _lstm(xp: Any, x: HostArray, h: HostArray, c: HostArray, *others: Any, reverse: bool) -> tuple[Any, Track]:
    is_worth = len(x) * c.size >= LEAST
    return lstm_forward(xp, x, h, c, *others, reverse=reverse, cell=_cell if is_worth else lstm_cell)


def _lstm_vjp(xp: Any, track: Track, g: Any, needs: Sequence[bool], *arrays: Any, reverse: bool) -> list[Any]:
    is_worth = len(arrays[0]) * arrays[2].size >= LEAST
    cell_back = _cell_back if is_worth else lstm_cell_back
    return lstm_vjp(xp, track, g, needs, *arrays, reverse=reverse, cell_back=cell_back)


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives.

    Forward and backward of 28 steps, 28 inputs, 128 units, 128 sequences, float32: 25 ms, without loops 27.4, of which
    products take 21; PyTorch 22.
    """
    return {"lstm": Kernel(_lstm, _lstm_vjp)}
