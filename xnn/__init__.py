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
from .ops.creation import *
from .ops.data_types import *
from .ops.elementwise import *
from .ops.indexing import *
from .ops.linear_algebra import *
from .ops.manipulation import *
from .ops.searching import *
from .ops.sorting import *
from .ops.statistical import *

if TYPE_CHECKING:
    from . import backends, data, fft, linalg, losses, nn, optim, random, special, train

__all__ = [
    "Array",
    "DType",
    "DeviceError",
    "Primitive",
    "XnnError",
    "backends",
    "bool",
    "check_gradients",
    "complex64",
    "complex128",
    "data",
    "e",
    "enable_grad",
    "errors",
    "fft",
    "float32",
    "float64",
    "get_default_device",
    "get_default_dtype",
    "inf",
    "int8",
    "int16",
    "int32",
    "int64",
    "linalg",
    "losses",
    "nan",
    "newaxis",
    "nn",
    "no_grad",
    "ops",
    "optim",
    "pi",
    "random",
    "special",
    "set_default_device",
    "set_default_dtype",
    "synchronize",
    "train",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "use_device",
    *ops.creation.__all__,
    *ops.data_types.__all__,
    *ops.elementwise.__all__,
    *ops.indexing.__all__,
    *ops.linear_algebra.__all__,
    *ops.manipulation.__all__,
    *ops.searching.__all__,
    *ops.sorting.__all__,
    *ops.statistical.__all__,
]

__version__ = "0.1.0"

e, pi, inf, nan, newaxis = math.e, math.pi, math.inf, math.nan, None

_ROOMS = ("backends", "data", "fft", "linalg", "losses", "nn", "optim", "random", "special", "train")


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
