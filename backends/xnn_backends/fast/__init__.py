"""Compiled kernels for NumPy's arrays: the extra `fast`, which is numba. Same contract as the others.

Two files for a chapter. `fast/<chapter>.py` has its kernels, `kernels()` by the names of the primitives, and says from
which size on a compiled loop is worth it; it imports no numba. `fast/loops/<chapter>.py` has the loops, and is imported
when the first of them runs. What a kernel does not compile (other data types, small arrays) it leaves to the kernel
of xnn_backends.numpy_kernels, or to the definition.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from functools import cache
from types import ModuleType

from xnn_backends.protocol import Kernel

from . import (
    activation,
    attention,
    batchnorm,
    binary,
    classification,
    conv,
    embedding,
    normalization,
    pooling,
    rectifier,
    recurrent,
    softmax,
)

CHAPTERS: tuple[ModuleType, ...] = (
    activation,
    attention,
    batchnorm,
    binary,
    classification,
    conv,
    embedding,
    normalization,
    pooling,
    rectifier,
    recurrent,
    softmax,
)


@cache
def is_on() -> bool:
    """Whether numba is installed, and neither XNN_FAST=0 nor a numba that is not to compile says otherwise."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return False
    return os.environ.get("XNN_FAST", "1") != "0" and importlib.util.find_spec("numba") is not None


def kernels() -> Mapping[str, Kernel]:
    """All of them, by the names of their primitives; none where they are off."""
    return {name: kernel for chapter in CHAPTERS for name, kernel in chapter.kernels().items()} if is_on() else {}
