"""xnn: an array library that runs on NumPy or CuPy, differentiates, and trains neural networks.

`import xnn as xp` gives a namespace in the manner of the Python array API standard. The
packages in it (`xp.nn`, `xp.losses`, `xp.optim`, ...) are loaded when they are first asked for.
"""

# What is no name of xnn begins with an underscore: `xnn.math` would be taken for one.
import importlib as _importlib
import math as _math
import typing as _typing

from xnn_backends import get_default_device, set_default_device, use_device
from xnn_backends.dtypes import hooks as _hooks

from . import autograd, errors, ops, random, typing
from . import checks as _checks
from . import cures as _cures
from . import einops_bridge as _einops_bridge
from .array_object import Array
from .autograd import _TRANSFORMS, Primitive, enable_grad, no_grad
from .autograd.graph import frontend as _frontend
from .dtypes import (
    DType,
    bfloat16,
    complex64,
    complex128,
    float16,
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
from .inspection import NamespaceInfo
from .ops.comparison import *
from .ops.complex_numbers import *
from .ops.creation import *
from .ops.cumulative import *
from .ops.data_types import *
from .ops.elementwise import *
from .ops.exponential import *
from .ops.extrema import *
from .ops.indexing import *
from .ops.interchange import *
from .ops.later import CHAPTER_OF as _CHAPTER_OF
from .ops.linear_algebra import *
from .ops.logic import *
from .ops.manipulation import *
from .ops.repetitions import *
from .ops.rounding import *
from .ops.searching import *
from .ops.sets import *
from .ops.sorting import *
from .ops.statistical import *
from .ops.trigonometric import *
from .ops.utility import *

if _typing.TYPE_CHECKING:
    from . import amp, backends, data, fft, integrate, linalg, losses, metrics, nn, optim, special, stats, train, tree
    from .autograd import (
        check_gradients,
        custom_jvp,
        custom_root,
        custom_vjp,
        elementwise_grad,
        fixed_point,
        grad,
        hessian,
        hvp,
        jacobian,
        jvp,
        linearize,
        ravel_pytree,
        register_pytree,
        remat,
        stop_gradient,
        value_and_grad,
        vjp,
    )
    from .compiling import compile
    from .ops.aliases import *
    from .ops.arithmetic import *
    from .ops.averages import *
    from .ops.bits import *
    from .ops.building import *
    from .ops.calculus import *
    from .ops.contractions import *
    from .ops.correlations import *
    from .ops.error_state import *
    from .ops.functional_tools import *
    from .ops.histograms import *
    from .ops.index_tricks import *
    from .ops.joining import *
    from .ops.nan_statistics import *
    from .ops.order_statistics import *
    from .ops.ordering import *
    from .ops.polynomials import *
    from .ops.predicates import *
    from .ops.scattering import *
    from .ops.selection import *
    from .ops.set_operations import *
    from .ops.shapes import *
    from .ops.traces import *
    from .ops.type_names import *
    from .ops.windows import *
    from .ops.writing import *

__all__ = [
    "Array",
    "DType",
    "DeviceError",
    "NamespaceInfo",
    "Primitive",
    "XnnError",
    "amp",
    "autograd",
    "backends",
    "bfloat16",
    "bool",
    "check_gradients",
    "compile",
    "complex128",
    "complex64",
    "custom_jvp",
    "custom_root",
    "custom_vjp",
    "data",
    "e",
    "elementwise_grad",
    "enable_grad",
    "errors",
    "euler_gamma",
    "fft",
    "fixed_point",
    "float16",
    "float32",
    "float64",
    "get_default_device",
    "get_default_dtype",
    "grad",
    "hessian",
    "hvp",
    "inf",
    "int16",
    "int32",
    "int64",
    "int8",
    "integrate",
    "jacobian",
    "jvp",
    "linalg",
    "linearize",
    "losses",
    "metrics",
    "nan",
    "ndarray",
    "newaxis",
    "nn",
    "no_grad",
    "ops",
    "optim",
    "pi",
    "random",
    "ravel_pytree",
    "register_pytree",
    "remat",
    "set_default_device",
    "set_default_dtype",
    "special",
    "stats",
    "stop_gradient",
    "synchronize",
    "train",
    "tree",
    "typing",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "use_device",
    "value_and_grad",
    "vjp",
    *ops.comparison.__all__,
    *ops.complex_numbers.__all__,
    *ops.creation.__all__,
    *ops.cumulative.__all__,
    *ops.data_types.__all__,
    *ops.elementwise.__all__,
    *ops.exponential.__all__,
    *ops.extrema.__all__,
    *ops.indexing.__all__,
    *ops.interchange.__all__,
    *ops.linear_algebra.__all__,
    *ops.logic.__all__,
    *ops.manipulation.__all__,
    *ops.repetitions.__all__,
    *ops.rounding.__all__,
    *ops.searching.__all__,
    *ops.sets.__all__,
    *ops.sorting.__all__,
    *ops.statistical.__all__,
    *ops.trigonometric.__all__,
    *ops.utility.__all__,
    *_CHAPTER_OF,
]

__version__ = "0.1.0"
__array_api_version__ = "2025.12"

e, pi, inf, nan, newaxis = _math.e, _math.pi, _math.inf, _math.nan, None
euler_gamma = 0.5772156649015329
ndarray = Array

# Loaded when they are first asked for, so that `import xnn` stays cheap.
_LAZY = (
    "amp",
    "backends",
    "data",
    "fft",
    "integrate",
    "linalg",
    "losses",
    "metrics",
    "nn",
    "optim",
    "special",
    "stats",
    "train",
    "tree",
)


_frontend.replay = random.replay
_hooks.asarray = asarray


def synchronize(device: typing.DeviceLike | None = None) -> None:
    """Wait until a device has done its work, and raise what it found wrong; None: the default device."""
    from xnn_backends import find_device

    found = find_device(device)
    found.synchronize()
    _checks.raise_pending(found)


def __array_namespace_info__() -> NamespaceInfo:  # noqa: N807  # the standard's name
    """The inspection API: devices, data types, defaults and capabilities."""
    return NamespaceInfo()


def __getattr__(name: str) -> _typing.Any:
    # import_module, not `globals()`: what a package is called must never hide a name of this module
    if name in _LAZY:
        return _importlib.import_module(f"{__name__}.{name}")
    if name in _CHAPTER_OF:  # kept, so that the next time costs nothing
        chapter = _importlib.import_module(f"{__name__}.ops.{_CHAPTER_OF[name]}")
        return globals().setdefault(name, getattr(chapter, name))
    if name == "compile":
        return _importlib.import_module(f"{__name__}.compiling").compile
    if name in _TRANSFORMS:
        return getattr(_importlib.import_module(f"{__name__}.autograd"), name)
    raise _cures.without_name(__name__, name)


def __dir__() -> list[str]:
    return [*__all__, "__array_api_version__", "__array_namespace_info__", "__version__"]


_einops_bridge.install()
