"""What CuPy does by kernels of its own, or by ours in CUDA C++.

A chapter has `kernels()`, by the names of the primitives; `functions` also mends the namespace.
"""

from __future__ import annotations

from collections.abc import Mapping

from xnn_backends.protocol import Kernel

from . import (
    activation,
    attention,
    batchnorm,
    classification,
    conv,
    dropout,
    embedding,
    folding,
    linear,
    normalization,
    pooling,
    rectifier,
    recurrent,
    softmax,
    special,
    trigonometric,
)

CHAPTERS = (
    activation,
    attention,
    batchnorm,
    classification,
    conv,
    dropout,
    embedding,
    folding,
    linear,
    normalization,
    pooling,
    rectifier,
    recurrent,
    softmax,
    special,
    trigonometric,
)


def kernels() -> Mapping[str, Kernel]:
    """All of them, by the names of their primitives."""
    return {name: kernel for chapter in CHAPTERS for name, kernel in chapter.kernels().items()}
