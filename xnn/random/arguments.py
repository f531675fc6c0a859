"""What may be asked of a draw: its shape, its type, and numbers that the type can hold."""

from __future__ import annotations

import functools
import math
import operator
import reprlib
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from xnn.arguments import number
from xnn.autograd.graph import require_constants
from xnn.dtypes import DType, as_dtype, bfloat16, float16, float32, float64, get_default_dtype
from xnn.errors import OptionError
from xnn.ops.data_types import finfo
from xnn.typing import DTypeLike

F = TypeVar("F", bound=Callable[..., Any])

# What NumPy calls the same, and how.
NUMPYS = {"uniform": "uniform(low, high, size)", "normal": "normal(loc, scale, size)", "permutation": "permutation(x)"}


def in_this_order(function: F) -> F:
    """Refuse arguments in NumPy's order or by its names, where a mean would be taken for a shape without a word.

    Numbers after the first argument are taken by their places only where that is a tuple or a list: surely a shape.
    """
    name, code = function.__name__, function.__code__
    places = code.co_varnames[: code.co_argcount]
    first = places.index("self") + 1 if "self" in places else 0
    by_name = [*places[first + 1 :], *(function.__kwdefaults__ or {})]
    known = {places[first], *by_name}

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        is_unclear = len(args) > first + 1 and not isinstance(args[first], (tuple, list))
        if is_unclear or len(args) > len(places) or not options.keys() <= known:
            came = [*map(reprlib.repr, args[first:]), *(f"{k}={reprlib.repr(v)}" for k, v in options.items())]
            cure = ", ".join([places[first], *(f"{option}=..." for option in by_name)])
            raise TypeError(
                f"{name} takes {places[first]} first, and the rest by its name; got {name}({', '.join(came)}). "
                f"Cure: {name}({cure}), where NumPy has {NUMPYS[name]}."
            )
        return function(*args, **options)

    return call  # type: ignore[return-value]  # it takes what the function takes


# What is drawn for numbers of a type.
DRAWN = {float16: float32, bfloat16: float32, float32: float32, float64: float64}


def drawn_as(dtype: DTypeLike | None) -> DType:
    """The data type that is meant; OptionError for one that no random numbers have."""
    wanted = get_default_dtype() if dtype is None else as_dtype(dtype)
    if wanted not in DRAWN:
        raise OptionError(f"random numbers are {', '.join(known.name for known in DRAWN)}; got {wanted.name}")
    return wanted


def drawn_shape(name: str, shape: Any) -> tuple[int, ...]:
    try:
        sizes = tuple(map(operator.index, shape if isinstance(shape, (tuple, list, Iterable)) else (shape,)))
    except TypeError:
        sizes = (-1,)
    if min(sizes, default=0) < 0:
        raise OptionError(f"{name}: shape is an int of at least 0, or a tuple of them; got {shape!r}")
    return sizes


def bound_in_reach(name: str, argument: str, value: Any, dtype: DType, least: float = -math.inf) -> float:
    """A number in reach of the type, as Python's float."""
    require_constants(name, **{argument: value})
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
