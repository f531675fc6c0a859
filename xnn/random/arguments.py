"""What may be asked of a draw: its shape, its type, and numbers that the type can hold."""

from __future__ import annotations

import functools
import math
import operator
import reprlib
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from xnn import checks
from xnn.arguments import number
from xnn.array_object import Array
from xnn.autograd.graph import Tracked
from xnn.autograd.operands import raw_of
from xnn.dtypes import DType, as_dtype, bfloat16, float16, float32, float64, get_default_dtype
from xnn.errors import OptionError
from xnn.ops.data_types import dtype_of, finfo
from xnn.typing import DTypeLike
from xnn_backends import backend_of

F = TypeVar("F", bound=Callable[..., Any])

# What NumPy calls the same: its names of the arguments, in its order.
NUMPYS = {"uniform": ("low", "high", "size"), "normal": ("loc", "scale", "size")}


def in_this_order(function: Callable[..., Array]) -> Callable[..., Array]:
    """Take NumPy's arguments as well where they cannot be mistaken; where they can, refuse them.

    A number in the first place is a shape here and a mean there: so normal(3, 4) is refused, while three numbers, a
    `size`, `loc` or `scale` by its name alone, or a first argument that can be no shape are NumPy's.
    """
    name, code = function.__name__, function.__code__
    places = code.co_varnames[: code.co_argcount]
    by_name = [*places[2:], *(function.__kwdefaults__ or {})]
    known, numpys = {places[1], *by_name}, NUMPYS[name]

    @functools.wraps(function)
    def call(self: Any, *args: Any, **options: Any) -> Array:
        if options.keys() <= known and (not args or (len(args) < len(places) and isinstance(args[0], (tuple, list)))):
            return function(self, *args, **options)
        if _is_numpys(args, options, numpys) and options.keys() <= {*numpys[len(args) :], "dtype", "device"}:
            given = {**dict(zip(numpys, args, strict=False)), **options}
            first, second = given.pop(numpys[0], 0.0), given.pop(numpys[1], 1.0)
            dtype, device = given.get("dtype"), given.get("device")
            located: Array = self._located(name, first, second, given.get("size"), dtype, device)
            return located
        if len(args) > 1 or not options.keys() <= known:
            came = [*map(reprlib.repr, args), *(f"{k}={reprlib.repr(v)}" for k, v in options.items())]
            cure = ", ".join([places[1], *(f"{option}=..." for option in by_name)])
            raise TypeError(
                f"{name} takes {places[1]} first, and the rest by its name; got {name}({', '.join(came)}). "
                f"Cure: {name}({cure}), where NumPy has {name}({', '.join(numpys)})."
            )
        return function(self, *args, **options)

    return call


def _is_numpys(args: tuple[Any, ...], options: dict[str, Any], numpys: tuple[str, ...]) -> bool:
    """Whether the arguments can only be meant in NumPy's order."""
    if len(args) > len(numpys):
        return False
    if "size" in options or len(args) == len(numpys):
        return not (args and isinstance(args[0], (tuple, list)) and len(args) == len(numpys))
    if not args:
        return True
    first = args[0]  # a float, or an array of floating-point numbers, is no shape
    is_array = isinstance(first, Tracked) or backend_of(first) is not None
    return (is_array and dtype_of(first).is_floating) or (isinstance(first, float) and len(args) > 1)


def is_number(value: Any) -> bool:
    """Whether a parameter is a number, or an array of one off the graph; what is neither is for others to refuse."""
    if isinstance(value, Tracked):
        return value._node is None and not value._data.shape
    return not (isinstance(value, (list, tuple)) or getattr(value, "shape", ()) != ())


# What is drawn for numbers of a type.
DRAWN = {float16: float32, bfloat16: float32, float32: float32, float64: float64}


def drawn_as(dtype: DTypeLike | None) -> DType:
    """The data type that is meant; OptionError for one that no random numbers have."""
    wanted = get_default_dtype() if dtype is None else as_dtype(dtype)
    if wanted not in DRAWN:
        raise OptionError(f"random numbers are {', '.join(known.name for known in DRAWN)}; got {wanted.name}")
    return wanted


def drawn_shape(name: str, shape: Any, argument: str = "shape") -> tuple[int, ...]:
    try:
        sizes = tuple(map(operator.index, shape if isinstance(shape, (tuple, list, Iterable)) else (shape,)))
    except TypeError:
        sizes = (-1,)
    if min(sizes, default=0) < 0:
        raise OptionError(f"{name}: {argument} is an int of at least 0, or a tuple of them; got {shape!r}")
    return sizes


def bound_in_reach(name: str, argument: str, value: Any, dtype: DType, least: float = -math.inf) -> float:
    """A number in reach of the type, as Python's float."""
    limit = finfo(dtype).max
    value = float(value) if getattr(value, "shape", None) == () else value
    return float(number(name, argument, value, max(least, -limit), limit))


def inside(low: float, high: float, dtype: DType) -> tuple[float, float]:
    """The least and the largest number of the type in [low, high); low itself where that is all."""
    limit = finfo(DRAWN[dtype]).max
    if not 0 <= high - low <= limit:
        raise OptionError(f"uniform: low is at most high, and within {limit:.4g} of it; got low={low!r}, high={high!r}")
    if low == high:
        return low, high
    least, largest = rounded_up(low, dtype), -rounded_up(-math.nextafter(high, -math.inf), dtype)
    if least > largest:
        raise OptionError(
            f"uniform: no {dtype.name} lies in [low, high); got low={low!r}, high={high!r}. "
            "Cure: dtype=xnn.float64, or bounds further apart."
        )
    return least, largest


def rounded_up(value: float, dtype: DType) -> float:
    """The least number of a real floating type that is not below a value."""
    limits = finfo(dtype)
    if abs(value) > limits.max:
        return math.inf if value > 0 else limits.min
    step = max(math.ldexp(limits.eps, math.frexp(value)[1] - 1), limits.smallest_normal * limits.eps)
    return math.ceil(value / step) * step  # both exactly: a step is a power of 2


def require_valid(x: Any, least: float, most: float, is_open: bool, message: str) -> None:
    """Raise OptionError unless all numbers are from least to most, above least if it is open: now or at the next wait.

    One call of a compiled step, as `xnn.compiling.hooks` says.
    """
    raw, device = raw_of(x, "a draw")
    xp = device.backend.xp
    with device.scope():
        above = raw > least if is_open else raw >= least
        holds = xp.all(xp.logical_and(above, raw <= most))
    checks.require(holds, device, OptionError, message)
