"""Calls of rectifiers: on both sides of their kinks, and where a branch changes."""

from tests.ops.kernel_rows.activation import WIDE
from tests.ops.kernel_rows.call import Call

OPTIONS = {
    "leaky_relu": {"negative_slope": 0.1},
    "threshold": {"threshold": 0.5, "value": -2.0},
    "hardtanh": {"min_val": -1.0, "max_val": 0.5},
    "hardshrink": {"lambd": 0.5},
    "softshrink": {"lambd": 0.5},
    "elu": {"alpha": 0.7, "scale": 1.5, "rate": 2.0},
}
NAMES = "relu leaky_relu threshold hardtanh hardsigmoid sparse_sigmoid hardshrink softshrink elu hardswish sparse_plus"
CALLS = {name: [Call(((3, 7),), OPTIONS.get(name, {}), bounds=(-4, 4))] for name in NAMES.split()}
CALLS["relu"] += [Call(((0, 2),)), Call(((),)), *WIDE]
