"""Rectifiers, by the same two loops as smooth activations."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from xnn_backends.numpy_kernels import rectifier
from xnn_backends.protocol import Kernel

from .activation import elementwise


def _loops() -> ModuleType:
    from .loops import rectifier as loops

    return loops


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {"relu": elementwise(rectifier.kernels()["relu"], _loops, "relu", "slope_of_relu", by_out=True)}
