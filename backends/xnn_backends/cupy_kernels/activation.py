"""Activations, element by element: one launch each way. `rectifier` has those with kinks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cupy

from xnn_backends.protocol import Kernel

from .sources import Source, straight

FUNCTIONS = r"""
#define RATE ((WIDE)1.5957691216057307)  // 2 sqrt(2 / pi)
#define CUBE ((WIDE)0.044715)
__device__ inline WIDE size(WIDE v) { return v < 0 ? -v : v; }
__device__ inline WIDE within(WIDE v, WIDE low, WIDE high) { return v < low ? low : v > high ? high : v; }
__device__ inline WIDE logistic(WIDE v) {
    WIDE e = exp(-size(v));
    return (v < 0 ? e : (WIDE)1) / (1 + e);
}
__device__ inline WIDE soft(WIDE v) { return (v > 0 ? v : (WIDE)0) + log1p(exp(-size(v))); }
"""

# Of these, with a name, a network compiles those that it has. The definitions take up to 13 launches forwards,
# and 22 backwards.
KERNELS = r"""
extern "C" __global__ void NAME_forward(const REAL* x, REAL* y, double p, double q, double r, Int n) {
    Int i = here();
    if (i >= n) return;
    const WIDE v = x[i], a = p, b = q, c = r;
    WIDE out;
    FORWARD;
    y[i] = out;
}
extern "C" __global__ void NAME_backward(const REAL* x, const REAL* gs, REAL* dx, double p, double q, double r, Int n) {
    Int i = here();
    if (i >= n) return;
    const WIDE v = x[i], g = gs[i], a = p, b = q, c = r;  // v is what the rule reads: the input, or the output
    WIDE out;
    BACKWARD;
    dx[i] = out;
}
"""

# By name: `out` of v; `out` of g, and of v, the input, or where `of_out` the output; the options that are a, b and c.
Row = tuple[str, str, bool, tuple[str, ...]]
TABLE: dict[str, Row] = {
    "softsign": (
        "out = v / (1 + size(v))",
        "WIDE s = 1 + size(v); out = s - s == 0 ? g / s / s : NOT_A_NUMBER",
        False,
        (),
    ),
    "sigmoid": ("out = logistic(v)", "out = g * v * (1 - v)", True, ()),
    "logsigmoid": ("out = (v > 0 ? 0 : v) - log1p(exp(-size(v)))", "out = -g * expm1(v)", True, ()),
    "softplus": (
        "WIDE s = a * v; out = s > b ? v : soft(s) / a",
        "WIDE s = a * v; out = s > b ? g : g * logistic(s)",
        False,
        ("beta", "threshold"),
    ),
    "silu": ("out = v * logistic(v)", "WIDE s = logistic(v); out = g * (s + v * s * (1 - s))", False, ()),
    "mish": (
        "out = v * tanh(soft(v))",
        "WIDE t = tanh(soft(v)); out = g * (t + v * logistic(v) * (1 - t * t))",
        False,
        (),
    ),
    "gelu": (
        "out = v * normcdf(v)",
        "out = g * (normcdf(v) + v * exp(v * v / -2) / (WIDE)2.5066282746310002)",  # sqrt(2 pi)
        False,
        (),
    ),
    "gelu_tanh": (
        "out = v * logistic(RATE * v * (1 + CUBE * v * v))",
        # What is 0 far away comes first, and v after v: v * v may be infinite.
        "WIDE s = logistic(RATE * v * (1 + CUBE * v * v)), t = s * (1 - s) * v * RATE;"
        " out = g * (s + t + 3 * CUBE * t * v * v)",
        False,
        (),
    ),
    "tanhshrink": ("out = v - tanh(v)", "WIDE t = tanh(v); out = g * (t * t)", False, ()),
    "squareplus": (
        "WIDE s = (size(v) + hypot(v, sqrt(a))) / 2; out = v < 0 ? a / 4 / s : s",
        "WIDE s = sqrt(a) / 2 / v; out = g / (1 + s * s)",
        True,
        ("b",),
    ),
}


def kernels_of(name: str, row: Row) -> str:
    """The two kernels of an activation."""
    forward, backward = row[:2]
    return KERNELS.replace("NAME", name).replace("FORWARD", forward).replace("BACKWARD", backward)


class Activation:
    """An activation by a row of a table."""

    def __init__(self, name: str, row: Row) -> None:
        self.name = name
        self.source = Source(FUNCTIONS + kernels_of(name, row))
        self.of_out, self.options = row[2:]

    def _launch(self, name: str, arrays: Sequence[Any], static: Mapping[str, float]) -> Any:
        first = straight(arrays[0])
        out = cupy.empty(first.shape, first.dtype)
        numbers = [float(static[option]) for option in self.options] + [0.0] * (3 - len(self.options))
        self.source.each(f"{self.name}_{name}", out.dtype, out.size, first, *map(straight, arrays[1:]), out, *numbers)
        return out

    def forward(self, xp: Any, x: Any, **static: float) -> tuple[Any, Any]:
        out = self._launch("forward", (x,), static)
        return out, out if self.of_out else None

    def vjp(self, xp: Any, out: Any, g: Any, needs: Sequence[bool], x: Any, **static: float) -> list[Any]:
        return [self._launch("backward", (out if self.of_out else x, g), static)]


def tabled(table: Mapping[str, Row]) -> dict[str, Kernel]:
    """The kernels of a table."""
    made = {name: Activation(name, row) for name, row in table.items()}
    return {name: Kernel(activation.forward, activation.vjp) for name, activation in made.items()}


ACTIVATIONS = tabled(TABLE)


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return ACTIVATIONS
