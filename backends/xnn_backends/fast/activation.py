"""Activations of networks: one pass forward, one back, and nothing kept but what the definition keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from xnn_backends.numpy_kernels import activation
from xnn_backends.protocol import HostArray, Kernel

from .arrays import in_loops, is_worth


def _loops() -> ModuleType:
    from .loops import activation as loops

    return loops


def elementwise(
    other: Kernel, loops: Callable[[], ModuleType], forth: str, back: str, types: str = "fd", by_out: bool = False
) -> Kernel:
    """A kernel of two loops: of x, and of x (or, `by_out`, of what it gave) and g; `other` is that of small arrays."""
    assert other.vjp is not None
    other_vjp = other.vjp

    def infer(xp: Any, x: HostArray) -> HostArray:
        if x.dtype.char not in types or not is_worth(x):
            return np.asarray((other.infer or first_of(other))(xp, x))
        return in_loops(getattr(loops(), forth), np.empty(x.shape, x.dtype), x)

    def forward(xp: Any, x: HostArray) -> tuple[HostArray, Any]:
        if x.dtype.char not in types or not is_worth(x):
            out, residual = other.forward(xp, x)
            return out, (False, residual)
        out = infer(xp, x)
        return out, (True, out if by_out else x)

    def vjp(xp: Any, residual: Any, g: HostArray, needs: Sequence[bool], x: Any) -> Sequence[Any]:
        is_compiled, kept = residual
        if not is_compiled:
            return other_vjp(xp, kept, g, needs, x)
        return [in_loops(getattr(loops(), back), np.empty(g.shape, g.dtype), kept, g)]

    return Kernel(forward, vjp, infer)


def first_of(kernel: Kernel) -> Any:
    """The forward pass without what it keeps."""
    return lambda *arrays, **static: kernel.forward(*arrays, **static)[0]


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    small = activation.kernels()
    return {
        "sigmoid": elementwise(small["sigmoid"], _loops, "sigmoids", "slope_of_sigmoids", by_out=True),
        "silu": elementwise(small["silu"], _loops, "silu", "slope_of_silu"),
        # The loop of float64 has too many terms to be made into one of several numbers at once: 25 ns each.
        "gelu": elementwise(small["gelu"], _loops, "gelu", "slope_of_gelu", types="f"),
        "gelu_tanh": elementwise(small["gelu_tanh"], _loops, "gelu_tanh", "slope_of_gelu_tanh"),
    }
