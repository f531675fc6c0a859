"""Checks of what layers and losses are given: arrays, their types, dimensions and sizes."""

from __future__ import annotations

import math
import operator
from numbers import Real
from typing import Any

from xnn_backends import backend_of

from .autograd.graph import Tracked
from .errors import DTypeError, OptionError, ShapeError
from .ops.data_types import dtype_of
from .ops.promotion import check_real


def check_arrays(name: str, **arrays: Any) -> None:
    """Raise TypeError, under the name of the layer or loss, unless all are Arrays or raw arrays of any backend."""
    for argument, x in arrays.items():
        if not isinstance(x, Tracked) and backend_of(x) is None:
            raise TypeError(f"{name} takes arrays; {argument} is a {type(x).__name__}. Cure: xnn.asarray({argument}).")


def check_floating(name: str, argument: str, x: Any, cure: str = "", *, takes_complex: bool = False) -> None:
    """Raise DTypeError unless the array is floating-point, and real if complex numbers have no meaning there."""
    dtype = dtype_of(x)
    if not takes_complex:
        check_real(dtype)
    if not dtype.is_floating:
        raise DTypeError(
            f"{name} takes floating-point {argument}; got {dtype.name} of shape {tuple(x.shape)}. "
            f"Cure: {cure or f'xnn.astype({argument}, xnn.float32)'}."
        )


def find_axis(name: str, argument: str, axis: Any, shape: tuple[int, ...]) -> int:
    """The dimension that `axis` means, counted from 0; negative ones count from the end.

    Raises:
        ShapeError: if the shape has no such dimension.
        OptionError: if `axis` is not an integer.
    """
    try:
        found = operator.index(axis)
    except TypeError:
        raise OptionError(f"{name}: {argument} is an int; got {axis!r}. Cure: -1 is the last one.") from None
    count = len(shape)
    if not -count <= found < count:
        rule = f"from {-count} to {count - 1} for shape {shape}" if count else "and an input of shape () has none"
        raise ShapeError(
            f"{name}: {argument} is a dimension of the input, {rule}; got {found}. "
            f"Cure: {'-1 is the last one' if count else 'xnn.reshape(input, (1,))'}."
        )
    return found % count


def whole(argument: str, value: Any, least: int) -> int:
    """A size or a count, as a Python int.

    Raises:
        OptionError: if it is not an integer, or less than `least`.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise OptionError(f"{argument} is an int of at least {least}; got {value!r}")
    return number


def number(name: str, argument: str, value: Any, low: float = -math.inf, high: float = math.inf) -> float:
    """An option as a Python number, which is weak: NumPy's float64 would make float32 results float64.

    Raises:
        OptionError: if it is no number from `low` to `high`.
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        bounds = f" from {low} to {high}" if high < math.inf else "" if low == -math.inf else f" of at least {low}"
        cure = ". Cure: float(x.detach()), as options have no gradient" if isinstance(value, Tracked) else ""
        raise OptionError(f"{name}: {argument} is a number{bounds}; got {value!r}{cure}")
    return value if type(value) is int else float(value)
