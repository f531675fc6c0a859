"""Kernels for NumPy's arrays, without anything compiled: what is faster when the whole of an operation is known.

A chapter has `kernels()`, by the names of the primitives. A kernel with the figure that justifies it in a comment
takes the place of a primitive's definition; xnn_backends.fast has compiled ones, which come first where numba is.
"""

from __future__ import annotations

from collections.abc import Mapping

from xnn_backends.protocol import Kernel

from . import (
    activation,
    adaptive_pooling,
    batchnorm,
    binary,
    classification,
    conv,
    embedding,
    linear,
    normalization,
    pooling,
    rectifier,
    recurrent,
    special,
)

CHAPTERS = (
    activation,
    adaptive_pooling,
    batchnorm,
    binary,
    classification,
    conv,
    embedding,
    linear,
    normalization,
    pooling,
    rectifier,
    recurrent,
    special,
)


def kernels() -> Mapping[str, Kernel]:
    """All of them, by the names of their primitives."""
    return {name: kernel for chapter in CHAPTERS for name, kernel in chapter.kernels().items()}
