"""Random numbers beside an input: on its device, and raw where it is raw. The same on every device."""

from __future__ import annotations

from typing import Any

from xnn.autograd.graph import Tracked
from xnn.autograd.operands import device_of
from xnn.dtypes import float64
from xnn.ops.data_types import astype, dtype_of
from xnn.ops.elementwise import negative
from xnn.ops.exponential import log, log1p
from xnn.ops.extrema import maximum
from xnn.random import Generator


def uniform_like(input: Any, generator: Generator, shape: tuple[int, ...] | None = None) -> Any:
    """Numbers of U(0, 1), float32 whatever the type of input is, so that masks are the same for all types."""
    shape = tuple(input.shape) if shape is None else shape
    return beside(input, generator.uniform(shape, dtype="float32", device=_device(input)))


def normal_like(input: Any, generator: Generator, mean: float, std: float) -> Any:
    """Numbers of a normal distribution, in the type of input; drawn in float64 for it, otherwise in float32."""
    drawn = generator.normal(tuple(input.shape), mean=mean, std=std, dtype=_drawn(input), device=_device(input))
    return beside(input, astype(drawn, dtype_of(input)))


def gumbel_like(input: Any, generator: Generator) -> Any:
    """Numbers of Gumbel's distribution, -log(-log(u)), in the type of input."""
    dtype = _drawn(input)
    u = generator.uniform(tuple(input.shape), dtype=dtype, device=_device(input))
    # of log(1 - u), for u is below 1; and of 0, which would give infinity, half of what follows it
    rate = negative(log1p(negative(maximum(u, 2.0**-54 if dtype == "float64" else 2.0**-25))))
    return beside(input, astype(negative(log(rate)), dtype_of(input)))


def beside(input: Any, x: Any) -> Any:
    """An Array, or what it wraps where input is raw, too."""
    return x if isinstance(input, Tracked) else x._data


def _device(input: Any) -> Any:
    return device_of(input, "a layer")


def _drawn(input: Any) -> str:
    return "float64" if dtype_of(input) is float64 else "float32"
