"""Checks of arguments that primitives ask for themselves, and layers and losses too: arrays, and numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any, TypeVar

from xnn.errors import OptionError
from xnn_backends import backend_of

from .graph import Operation, Tracked

C = TypeVar("C")


def check_arrays(name: str, **arrays: Any) -> None:
    """Raise TypeError, under the name of the layer or loss, unless all are Arrays or raw arrays of any backend."""
    for argument, x in arrays.items():
        if not isinstance(x, Tracked) and backend_of(x) is None:
            cure = f"xnn.asarray({argument})"
            if isinstance(x, tuple) and x and (isinstance(x[0], Tracked) or backend_of(x[0]) is not None):
                cure = f"{argument}[0], as the outputs of a recurrent layer without its states"
            raise TypeError(f"{name} takes arrays; {argument} is a {type(x).__name__}. Cure: {cure}.")


def number(name: str, argument: str, value: Any, low: float = -math.inf, high: float = math.inf) -> float:
    """An option as a Python number, which is weak: NumPy's float64 would make float32 results float64.

    Raises:
        OptionError: if it is no number from `low` to `high`.
    """
    if type(value) is float and low <= value <= high:  # what comes most: asking for Real takes longer than the rest
        return value
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        bounds = f" from {low} to {high}" if high < math.inf else "" if low == -math.inf else f" of at least {low}"
        cure = ""
        if isinstance(value, Tracked):
            cure = ". Cure: float(x.detach()), as options have no gradient"
        elif backend_of(value) is not None:
            cure = f". Cure: float({argument})"
        raise OptionError(f"{name}: {argument} is a number{bounds}; got {value!r}{cure}")
    return value if type(value) is int else float(value)


def positive(name: str, argument: str, value: Any) -> float:
    """The same of a number that is more than 0."""
    found = number(name, argument, value)
    if not found > 0:
        raise OptionError(f"{name}: {argument} is more than 0; got {value!r}")
    return found


def choice(name: str, argument: str, value: C, choices: Sequence[C]) -> C:
    """The value, if it is one of the choices; OptionError otherwise."""
    if value not in choices:
        raise OptionError(f"{name}: {argument} is {' or '.join(map(repr, choices))}; got {value!r}")
    return value


def arrays_and_numbers(operation: Operation, *arrays: Any, **options: Any) -> dict[str, Any]:
    """The check of primitives whose options are numbers: these as Python's; raises as check_arrays and number do."""
    for x in arrays:
        if not isinstance(x, Tracked) and backend_of(x) is None:
            check_arrays(operation.name, **dict(zip(operation.array_names, arrays, strict=True)))
    return {option: number(operation.name, option, x) for option, x in options.items()} if options else options
