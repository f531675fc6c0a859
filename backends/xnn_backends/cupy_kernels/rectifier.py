"""Rectifiers, element by element: one launch each way, by the two kernels of `activation`."""

from __future__ import annotations

from collections.abc import Mapping

from xnn_backends.protocol import Kernel

from .activation import Row, tabled

TABLE: dict[str, Row] = {
    "relu": ("out = v > 0 || v != v ? v : 0", "out = v <= 0 ? 0 : g", True, ()),
    "leaky_relu": ("out = v > 0 ? v : a * v", "out = v > 0 ? g : a * g", False, ("negative_slope",)),
    "threshold": ("out = v <= a ? b : v", "out = v <= a ? 0 : g", False, ("threshold", "value")),
    "hardtanh": ("out = within(v, a, b)", "out = v <= a || v >= b ? 0 : g", True, ("min_val", "max_val")),
    "hardsigmoid": ("out = within(v + 3, 0, 6) / 6", "out = v > 0 && v < 1 ? g / 6 : 0", True, ()),
    "sparse_sigmoid": ("out = within((v + 1) / 2, 0, 1)", "out = v > 0 && v < 1 ? g / 2 : 0", True, ()),
    "hardshrink": ("out = v <= a && v >= -a ? 0 : v", "out = v <= a && v >= -a ? 0 : g", False, ("lambd",)),
    "softshrink": ("out = v - within(v, -a, a)", "out = v <= a && v >= -a ? 0 : g", False, ("lambd",)),
    "elu": (
        "out = b * (v <= 0 ? a * expm1(c * v) : v)",
        "out = v <= 0 ? a * b * c * g * exp(c * v) : b * g",
        False,
        ("alpha", "scale", "rate"),
    ),
    "hardswish": (
        "out = v * (within(v + 3, 0, 6) / 6)",
        "out = v <= -3 ? 0 : v < 3 ? g * (v / 3 + (WIDE)0.5) : g",
        False,
        (),
    ),
    "sparse_plus": (
        "WIDE s = within(v, -1, 1) + 1; out = v >= 1 ? v : s * s / 4",
        "out = g * within((v + 1) / 2, 0, 1)",
        False,
        (),
    ),
}
RECTIFIERS = tabled(TABLE)


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return RECTIFIERS
