"""Philox 4x64-10 on the host: the stream of random numbers that every backend gives, as NumPy draws it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from . import dtypes
from .dtypes import DType

if TYPE_CHECKING:
    from .protocol import HostArray


def philox_uniform(seed: int, block: int, size: int, dtype: DType) -> HostArray:
    """The host's draw of `Backend.random_uniform`."""
    bits = np.random.Philox(key=seed, counter=block)
    return np.random.Generator(bits).random(size, np.float32 if dtype is dtypes.float32 else np.float64)


def philox_child(seed: int, block: int, number: int) -> int:
    """The seed of a stream that branches off at a block: a word of the stream itself, beyond all of its blocks."""
    return int(np.random.Philox(key=seed, counter=(number + 1 << 64) + block).random_raw())


def philox_blocks(size: int, dtype: DType) -> int:
    """How many blocks of 256 bits `random_uniform` uses up."""
    return math.ceil(size / (8 if dtype is dtypes.float32 else 4))
