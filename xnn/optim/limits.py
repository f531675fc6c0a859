"""What the options of optimizers may be, by their names, and the error for what they may not."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any

from xnn.arguments import is_flag
from xnn.errors import OptionError

Limit = tuple[Callable[[Any], bool], str]  # whether a value makes sense; the rule in words

# Options are looked at in every step: Python's own types first, as to ask an abstract class takes longer.
NUMBERS = (float, int, Real)
PYTHONS = frozenset([float, int, bool, str, type(None)])


def number_where(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Whether a value is a number for which `holds` is true."""
    return lambda value: isinstance(value, NUMBERS) and type(value) is not bool and holds(value)


def tuple_of(*holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Whether a value is a tuple or list of as many values, each of which its own function likes."""

    def fits(value: Any) -> bool:
        right_size = isinstance(value, (tuple, list)) and len(value) == len(holds)
        return right_size and all(hold(v) for hold, v in zip(holds, value, strict=True))

    return fits


def word(*words: str | None) -> Callable[[Any], bool]:
    """Whether a value is one of a few words, or None where that is among them."""
    return lambda value: (value is None or isinstance(value, str)) and value in words


is_real = number_where(lambda v: not math.isnan(v))
is_finite = number_where(math.isfinite)
at_least_0 = number_where(lambda v: v >= 0)
is_share = number_where(lambda v: 0 <= v < 1)

AT_LEAST_0: Limit = (at_least_0, "at least 0")
SHARE: Limit = (is_share, "at least 0 and below 1")
FLAG: Limit = (is_flag, "True or False")

LIMITS: dict[str, Limit] = {
    "lr": (number_where(lambda v: v >= 0 and math.isfinite(v)), "a number of at least 0, or a function of the step"),
    "momentum": AT_LEAST_0,
    "dampening": (is_real, "a number"),
    "weight_decay": AT_LEAST_0,
    "eps": AT_LEAST_0,
    "alpha": SHARE,
    "rho": (number_where(lambda v: 0 <= v <= 1), "from 0 to 1"),
    "betas": (tuple_of(is_share, is_share), "two numbers, each at least 0 and below 1"),
    "momentum_decay": AT_LEAST_0,
    "lr_decay": AT_LEAST_0,
    "initial_accumulator_value": AT_LEAST_0,
    "etas": (
        tuple_of(number_where(lambda v: 0 < v < 1), number_where(lambda v: v > 1)),
        "two numbers, one between 0 and 1 and one above 1",
    ),
    "lambd": (is_finite, "a finite number"),
    "t0": (is_real, "a number"),
    "trust_coefficient": AT_LEAST_0,
    **dict.fromkeys(
        ("amsgrad", "centered", "decoupled_weight_decay", "maximize", "nesterov"),
        FLAG,
    ),
}


def check_options(name: str, options: Mapping[str, Any], limits: Mapping[str, Limit] = LIMITS) -> None:
    """Raise OptionError for options outside of what the rules are made for."""
    for option, value in options.items():
        if option in limits and not (option == "lr" and callable(value)):
            holds, rule = limits[option]
            if not holds(value):
                raise OptionError(f"{name}: {option} is {rule}; got {value!r}")


def as_python(value: Any) -> Any:
    """A number of NumPy's as Python's own: NumPy's would widen float32 parameters."""
    if type(value) in PYTHONS:
        return value
    if isinstance(value, (tuple, list)):
        return type(value)([as_python(v) for v in value])
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value
