"""What an array library refused, said in our words: the rule, what came, the cure.

A call is looked at only after it has failed, so that one that works pays nothing. Most libraries find what is wrong
themselves, each with exceptions and words of its own.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from xnn.errors import BoundsError, DTypeError, OptionError, ShapeError, XnnError
from xnn_backends import Device
from xnn_backends.protocol import LinAlgError

from .graph import Operation, frontend

# What libraries raise for arguments, too. Subclasses mean other things: a singular matrix, no memory, a recursion.
KINDS = (ValueError, RuntimeError, AttributeError, NotImplementedError)


def index_of(value: Any) -> int:
    """An integer as Python's; TypeError for what is none, and for a bool, whose place is nearly always another one."""
    if isinstance(value, bool):
        raise TypeError(f"{value} is no integer")
    return operator.index(value)


def axis_of(axis: Any, ndim: int, name: str) -> int:
    """The dimension that is meant, counted from 0; BoundsError where there is none, OptionError for no int."""
    try:
        found = index_of(axis)
    except TypeError:
        cure = f"{name}([x, y])" if name in ("concat", "stack") and hasattr(axis, "shape") else "-1 is the last one"
        raise OptionError(f"{name}: an axis is an int; got {described(axis)}. Cure: {cure}.") from None
    if not -ndim <= found < ndim:
        cure = f"from {-ndim} to {ndim - 1}; -1 is the last one" if ndim else "xnn.reshape(x, (1,)) first"
        raise BoundsError(f"{name}: an array of {ndim} dimensions has no axis {found}. Cure: {cure}.")
    return found % ndim


def axes_of(axes: Any, ndim: int, name: str) -> tuple[int, ...]:
    """The dimensions that are meant, counted from 0; BoundsError where there is none, or one is named twice."""
    found = tuple([axis_of(a, ndim, name) for a in (axes if isinstance(axes, (tuple, list)) else (axes,))])
    if len(set(found)) < len(found):
        raise BoundsError(f"{name} takes each axis once; got {axes} for {ndim} dimensions. Cure: leave one out.")
    return found


def sizes_of(shape: Any, name: str, least: int = 0) -> tuple[int, ...]:
    """A shape as a tuple of Python ints: of one int, of a tuple or list; a size is `least` or more.

    Raises:
        OptionError: for what is no int.
        ShapeError: for a smaller size.
    """
    if not isinstance(shape, (tuple, list)) and getattr(shape, "shape", ()) != ():  # NumPy's array of sizes
        shape = shape.tolist()
    try:
        sizes = tuple(map(operator.index, shape)) if isinstance(shape, (tuple, list)) else (operator.index(shape),)
    except TypeError:
        came = described(shape)
        raise OptionError(f"{name}: a shape is an int, or a tuple of ints; got {came}. Cure: as (2, 3).") from None
    if any(size < least for size in sizes):
        rule = "0 or more. Cure: -1 is for reshape alone"
        if least < 0:
            rule = "0 or more, or one of them -1. Cure: -1 for the one that follows from the others"
        raise ShapeError(f"{name}: got the shape {shape!r}, where sizes are {rule}.")
    return sizes


def integer(name: str, option: str, value: Any, least: int | None = None) -> int:
    """An option as a Python int; OptionError for what is none, or for less than `least`."""
    try:
        number = operator.index(value)
    except TypeError:
        raise OptionError(f"{name}: {option} is an int; got {described(value)}. Cure: int({option}).") from None
    if least is not None and number < least:
        raise OptionError(f"{name}: {option} is {least} or more; got {number}. Cure: max({option}, {least}).")
    return number


def refuse_texts(name: str, **options: Any) -> None:
    """OptionError for a text in the place of True or False: "False" would be true as well."""
    for option, value in options.items():
        if isinstance(value, str):
            raise OptionError(f"{name}: {option} is True or False; got {value!r}. Cure: without quotes.")


def described(value: Any) -> str:
    """What came, in a few words."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape != ():
        return f"{type(value).__name__} of shape {tuple(shape)}"
    text = repr(value)
    return text if len(text) < 60 else f"a {type(value).__name__}"


def refuse(error: Exception, operation: Operation, device: Device, raws: Sequence[Any], static: Any) -> NoReturn:
    """Raise for a call that failed: an error of ours that says why; or what came, where it is not about arguments."""
    name, words = operation.name.lstrip("_"), (str(error).strip().splitlines() or [""])[0]
    is_users = not operation.forward.__module__.startswith("xnn.")
    is_of_names = set(static) != set(operation.static_names)  # an option that is missing, or that there is not
    is_of_arguments = _is_of_arguments(error, words)
    if "LinAlgError" in type(error).__name__ and not (is_of_arguments or isinstance(error, LinAlgError)):
        raise LinAlgError(words) from error
    if is_users or is_of_names or isinstance(error, XnnError) or not is_of_arguments:
        raise error
    arrays = [raw for raw in raws if hasattr(raw, "shape")]
    shapes = [tuple(x.shape) for x in arrays]
    for option in ("axis", "axes"):
        if shapes and static.get(option) is not None and name != "tensordot":  # whose axes are of two arrays
            axes_of(static[option], len(shapes[0]), name)
    if operation.explain is not None:
        operation.explain(shapes, static)
    if ("broadcast" in _rule(operation, "Shapes") or _says(words, BROADCAST)) and not _broadcast(shapes):
        raise ShapeError(
            f"{name}: shapes that broadcast have equal sizes, or 1, counted from the end; got "
            f"{' and '.join(map(str, shapes))}. Cure: xnn.reshape, or xnn.expand_dims, one of them."
        ) from error
    kind, rule, cure = _kind(error, words), _rule(operation, "Shapes"), f"help({name}) says what fits"
    if found := re.match(r"x1? (\(\.\.\., (\w), (\w)\))", rule):
        _require_matrices(name, *found.groups(), shape=shapes[0])
    if "broadcast" in rule or kind is OptionError:  # shapes are not the reason
        rule = ""
    if kind is DTypeError:
        rule = (types := _rule(operation, "Types")) and f"it takes {types}"
        cure = "xnn.astype(x, ...) to such a type first"
        if "negative integer powers" in words:
            cure = "x**-2.0, whose exponent is no integer"
    elif kind is BoundsError:
        rule, cure = "positions are those that the dimensions have", "x.shape says how many"
    came = [f"{device.backend.dtype_of(x).name} {shape}" for x, shape in zip(arrays, shapes, strict=True)]
    came += [described(x) for x in raws if not hasattr(x, "shape") and x is not None]
    came += [f"{option}={described(value)}" for option, value in static.items() if value is not None]
    said = "" if rule and kind is not BoundsError else f"; {device.backend.name} says: {words.rstrip('.')}"
    raise kind(f"{name}: {rule or 'these do not fit together'}; got {', '.join(came)}{said}. Cure: {cure}.") from error


def _require_matrices(name: str, form: str, rows: str, columns: str, *, shape: tuple[int, ...]) -> None:
    """ShapeError for fewer than two dimensions, and for others than square matrices where these are asked for."""
    if len(shape) < 2:
        raise ShapeError(
            f"{name} takes matrices, {form}; got shape {shape}. Cure: xnn.reshape(x, (1, -1)), or (-1, 1)."
        )
    if rows == columns and shape[-1] != shape[-2]:
        raise ShapeError(f"{name} takes square matrices, {form}; got shape {shape}. Cure: as many rows as columns.")


# What libraries say where types are the reason, and where shapes are that do not broadcast.
TYPES = (
    "ufunc '",
    "UFunc",
    "not implemented for",
    "dtype",
    "allowed in",
    "not supported",
    "negative integer powers",
    "Unsupported type",
)
BROADCAST = ("broadcast", "must match the size", "Size does not match")


def _says(words: str, parts: Sequence[str]) -> bool:
    return any(part in words for part in parts)


def _is_of_arguments(error: Exception, words: str) -> bool:
    """Whether an exception is about a call's arguments, and not about a singular matrix, or memory."""
    if "ZeroDivisionError" in words:  # PyTorch's of integers, in a RuntimeError
        return False
    if isinstance(error, (TypeError, IndexError, OverflowError)) or type(error) in KINDS:
        return True
    return "LinAlgError" in type(error).__name__ and _says(words, ("dimension", "square", "ncompatible"))


def _kind(error: Exception, words: str) -> type[XnnError]:
    if isinstance(error, IndexError) or _says(words, ("index out of range", "Dimension out of range", "indexing axis")):
        return BoundsError
    if _says(words, TYPES):
        return DTypeError
    return OptionError if isinstance(error, (TypeError, OverflowError)) else ShapeError


def _rule(operation: Operation, about: str) -> str:
    """The first sentence on shapes, or on types, of a function's documentation."""
    name = operation.name.lstrip("_")
    namespaces = [getattr(frontend.xp, extension) for extension in ("linalg", "fft", "special")]
    public = [getattr(one, name).__doc__ for one in (frontend.xp, *namespaces) if hasattr(one, name)]
    for text in (operation.__doc__, *public):
        if found := re.search(rf"{about.rstrip('s')}s?: (.+?)(?:\.\s|\.$|$)", " ".join((text or "").split())):
            return found[1]
        if about == "Shapes" and (found := re.search(r"\b(x1?): (\(\.\.\., \w, \w\))", text or "")):
            return f"{found[1]} {found[2]}"
    return ""


def _broadcast(shapes: Sequence[tuple[int, ...]]) -> bool:
    longest = max(map(len, shapes), default=0)
    padded = [(1,) * (longest - len(shape)) + shape for shape in shapes]
    return all(len({*sizes, 1}) < 3 for sizes in zip(*padded, strict=True))
