"""Checks of what layers and losses are given: arrays, their types, dimensions and sizes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import CodeType, FunctionType
from typing import Any, ParamSpec, TypeVar

from xnn_backends import backend_of

from .autograd.arguments import check_arrays as check_arrays
from .autograd.arguments import choice as choice
from .autograd.arguments import number as number
from .autograd.arguments import positive as positive
from .autograd.graph import Tracked
from .autograd.refusals import index_of
from .errors import DTypeError, OptionError, ShapeError
from .ops.data_types import dtype_of
from .ops.promotion import check_real

P = ParamSpec("P")
R = TypeVar("R")


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


def dim_of(name: str, argument: str, axis: Any, shape: tuple[int, ...]) -> int:
    """The dimension that `axis` means, counted from 0; negative ones count from the end.

    Raises:
        ShapeError: if the shape has no such dimension.
        OptionError: if `axis` is not an integer.
    """
    try:
        found = index_of(axis)
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
        number = index_of(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise OptionError(f"{argument} is an int of at least {least}; got {value!r}")
    return number


# ---- what is True or False ----


def is_flag(value: Any) -> bool:
    """Whether it is Python's bool or NumPy's: "False" and 0.5 are true as well, and None and 0 are not said plainly."""
    kind = type(value)
    return kind is bool or (kind.__module__ == "numpy" and kind.__name__ in ("bool", "bool_"))


@functools.cache
def _flags(function: Any) -> tuple[tuple[str, int], ...]:
    """The options of a function whose defaults are True or False, and where they stand among its arguments."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    defaults = dict(zip(reversed(names), reversed(function.__defaults__ or ()), strict=False))
    keywords = function.__kwdefaults__ or {}
    places = {name: names.index(name) for name in defaults} | dict.fromkeys(keywords, len(names))
    return tuple((name, places[name]) for name, value in (defaults | keywords).items() if type(value) is bool)


def check_flags(name: str, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Raise OptionError, under a name, unless options of the function whose defaults are bools are bools.

    Of a method, `args` begins with what it belongs to.
    """
    for option, place in _flags(function):
        value = kwargs[option] if option in kwargs else args[place] if place < len(args) else False
        if value is not True and value is not False and not is_flag(value):
            raise OptionError(f"{name}: {option} is True or False; got {value!r}")


def flagged(function: Callable[P, R]) -> Callable[P, R]:
    """The function with `check_flags` before it; itself, if it has no such option."""
    if not _flags(function):
        return function
    name = function.__qualname__.removesuffix(".__init__")

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        check_flags(name, function, args, kwargs)
        return function(*args, **kwargs)

    return call


def check_flags_of(names: dict[str, Any]) -> None:
    """Put `flagged` functions in the place of those that a package gives out; its own calls go on without."""
    names.update({n: flagged(x) for n, x in names.items() if isinstance(x, FunctionType) and n in names["__all__"]})


def check_constructed(name: str, made: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise TypeError for an array, which is for the layer and not its constructor, or for an option that there is not.

    Raises:
        OptionError: for no bool, where one is meant.
    """
    if args and not name.startswith("_") and made.__module__ != "xnn.nn.container":
        x = args[0]
        # An array () may be a size, as those of files are.
        if (isinstance(x, Tracked) or backend_of(x) is not None) and tuple(x.shape) and not _is_weight(made, args):
            parameters = list(inspect.signature(made).parameters.values())[1:]
            needs = any(p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)
            raise TypeError(
                f"nn.{name}(...) makes a layer, of its options; got an array of shape {tuple(x.shape)}. "
                f"Cure: nn.{name}({'...' if needs else ''})(x), the layer called with the array."
            )
    if hasattr(made, "__code__"):
        check_flags(name, made, (None, *args), kwargs)
        _check_options(name, made.__code__, len(args), kwargs)


def _is_weight(made: Any, args: tuple[Any, ...]) -> bool:
    """Whether the arguments are a weight alone, which is a loss's own option."""
    return len(args) == 1 and made.__code__.co_varnames[1:2] == ("weight",)


def _check_options(name: str, code: CodeType, count: int, kwargs: dict[str, Any]) -> None:
    """Raise TypeError under the layer's name, where Python's has that of the class from which it gets __init__."""
    options = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    if count >= code.co_argcount and not code.co_flags & inspect.CO_VARARGS:
        positional = options[: code.co_argcount - 1]
        rule = f"nn.{name} takes at most {len(positional)} options by position; got {count}"
        raise TypeError(f"{rule}. Cure: nn.{name}({', '.join(positional)}).")
    for option in kwargs:
        if option not in options and not code.co_flags & inspect.CO_VARKEYWORDS:
            there = ", ".join(options) or "none"
            raise TypeError(f"nn.{name} has no option {option}. Cure: leave it out; there are: {there}.")
