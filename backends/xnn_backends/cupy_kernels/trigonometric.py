"""The hyperbolic tangent, by the two kernels of `activation`; of complex numbers by CuPy's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xnn_backends.protocol import Kernel

from .activation import Activation, Row

TABLE: dict[str, Row] = {"tanh": ("out = tanh(v)", "out = g - g * v * v", True, ())}
TANH = Activation("tanh", TABLE["tanh"])


def _tanh(xp: Any, x: Any) -> tuple[Any, Any]:
    if x.dtype.kind != "c":
        return TANH.forward(xp, x)
    out = xp.tanh(x)
    return out, out


def _tanh_vjp(xp: Any, out: Any, g: Any, needs: Sequence[bool], x: Any) -> list[Any]:
    return TANH.vjp(xp, out, g, needs, x) if out.dtype.kind != "c" else [g - g * out * out]


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {"tanh": Kernel(_tanh, _tanh_vjp)}
