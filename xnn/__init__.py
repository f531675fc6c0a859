"""xnn: an array library that runs on NumPy or CuPy, differentiates, and trains neural networks.

`import xnn as xp` gives a namespace in the manner of the Python array API standard. The rooms behind
it (`xp.nn`, `xp.losses`, `xp.optim`, `xp.random`, ...) are loaded when they are first entered.
"""

from __future__ import annotations

import importlib
import math
from typing import TYPE_CHECKING, Any

from xnn_backends import get_default_device, set_default_device, use_device

from . import checks, errors, ops
from .array import Array
from .autograd import Primitive, check_gradients, enable_grad, no_grad
from .dtypes import (
    DType,
    complex64,
    complex128,
    float32,
    float64,
    get_default_dtype,
    int8,
    int16,
    int32,
    int64,
    set_default_dtype,
    uint8,
    uint16,
    uint32,
    uint64,
)
from .dtypes import bool_ as bool
from .errors import DeviceError, XnnError
from .ops.creation import (
    arange,
    asarray,
    empty,
    eye,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from .ops.data_types import astype, isdtype, result_type
from .ops.elementwise import (
    abs,
    add,
    bitwise_and,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    cos,
    divide,
    equal,
    exp,
    expm1,
    floor,
    floor_divide,
    greater,
    greater_equal,
    isfinite,
    isnan,
    less,
    less_equal,
    log,
    log1p,
    logical_and,
    logical_not,
    logical_or,
    maximum,
    minimum,
    multiply,
    negative,
    not_equal,
    positive,
    pow,
    reciprocal,
    remainder,
    sign,
    sin,
    sqrt,
    square,
    subtract,
    tanh,
)
from .ops.indexing import take, take_along_axis
from .ops.linear_algebra import matmul, matrix_transpose
from .ops.manipulation import (
    broadcast_to,
    concat,
    expand_dims,
    flip,
    permute_dims,
    reshape,
    squeeze,
    stack,
)
from .ops.searching import argmax, argmin, where
from .ops.sorting import argsort
from .ops.statistical import all, any, max, mean, min, sum, var

if TYPE_CHECKING:
    from . import backends, data, losses, nn, optim, random, train

__all__ = [
    "Array",
    "DType",
    "DeviceError",
    "Primitive",
    "XnnError",
    "abs",
    "add",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "asarray",
    "astype",
    "backends",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "bool",
    "broadcast_to",
    "check_gradients",
    "complex64",
    "complex128",
    "concat",
    "cos",
    "data",
    "divide",
    "e",
    "empty",
    "enable_grad",
    "equal",
    "errors",
    "exp",
    "expand_dims",
    "expm1",
    "eye",
    "flip",
    "float32",
    "float64",
    "floor",
    "floor_divide",
    "full",
    "full_like",
    "get_default_device",
    "get_default_dtype",
    "greater",
    "greater_equal",
    "inf",
    "int8",
    "int16",
    "int32",
    "int64",
    "isdtype",
    "isfinite",
    "isnan",
    "less",
    "less_equal",
    "linspace",
    "log",
    "log1p",
    "logical_and",
    "logical_not",
    "logical_or",
    "losses",
    "matmul",
    "matrix_transpose",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "multiply",
    "nan",
    "negative",
    "newaxis",
    "nn",
    "no_grad",
    "not_equal",
    "ones",
    "ones_like",
    "ops",
    "optim",
    "permute_dims",
    "pi",
    "positive",
    "pow",
    "random",
    "reciprocal",
    "remainder",
    "reshape",
    "result_type",
    "set_default_device",
    "set_default_dtype",
    "sign",
    "sin",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "subtract",
    "sum",
    "synchronize",
    "take",
    "take_along_axis",
    "tanh",
    "train",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "use_device",
    "var",
    "where",
    "zeros",
    "zeros_like",
]

__version__ = "0.1.0"

e, pi, inf, nan, newaxis = math.e, math.pi, math.inf, math.nan, None

_ROOMS = ("backends", "data", "losses", "nn", "optim", "random", "train")


def synchronize(device: Any = None) -> None:
    """Wait until a device has done its work, and raise what it found wrong; None: the default device."""
    from xnn_backends import find_device

    found = find_device(device)
    found.synchronize()
    checks.raise_pending(found)


def __getattr__(name: str) -> Any:
    # importlib, not `globals()`: what a room is called must never hide a name of this module
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS})
