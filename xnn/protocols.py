"""NumPy's protocols: `np.exp(x)`, `np.sum(x, axis=0)` and `np.linalg.inv(x)` of Arrays are xnn's functions.

A function of NumPy that is given an Array asks it what to do (`__array_ufunc__`, NEP 13; `__array_function__`, NEP 18).
What xnn has by that name is called: on the array's device, and on its graph. Where the names or the options of the two
differ, the tables below say how; what has no counterpart raises TypeError, as NumPy would leave the graph.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from xnn_backends import Device

from .autograd.graph import Tracked
from .conversions import Conversions
from .ops import creation, data_types, diagonals, elementwise, manipulation, products

__all__ = ["function", "ufunc"]

Function = Callable[..., Any]

# Where a function is looked for, by the module that NumPy has it in. SciPy's ufuncs come by the same protocol.
SPACES = {
    "numpy": ("xnn",),
    "numpy.linalg": ("xnn.linalg", "xnn"),
    "numpy.fft": ("xnn.fft",),
    "numpy.lib.stride_tricks": ("xnn",),
    "ufunc": ("xnn", "xnn.special"),
}
# NumPy's names for what the standard calls otherwise; taken where xnn has no function of NumPy's name.
NAMES = {
    "absolute": "abs",
    "fabs": "abs",
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctan2": "atan2",
    "arctanh": "atanh",
    "power": "pow",
    "float_power": "pow",
    "conjugate": "conj",
    "invert": "bitwise_invert",
    "left_shift": "bitwise_left_shift",
    "right_shift": "bitwise_right_shift",
    "rint": "round",
    "fix": "trunc",
    "amax": "max",
    "amin": "min",
    "concatenate": "concat",
    "transpose": "permute_dims",
    "cumsum": "cumulative_sum",
    "cumprod": "cumulative_prod",
    "around": "round",
}
# NumPy's names of options, by the name that a function has for it which lacks NumPy's.
OPTIONS = {"ddof": "correction", "a_min": "min", "a_max": "max"}
# Defaults of the two that mean the same: of `norm`, and of `ddof` where `correction` is there as well.
SAME = {(None, "backward"), (0, None)}
REDUCTIONS = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "max",
    "minimum": "min",
    "logical_and": "all",
    "logical_or": "any",
    "logaddexp": "logsumexp",
}
ACCUMULATIONS = {"add": "cumulative_sum", "multiply": "cumulative_prod"}
BROADCASTS = {"broadcast_arrays", "meshgrid"}  # a list among the arrays is one of numbers
# What looks at values, and gives no arrays: files, text and answers.
LOOKS = {
    *("allclose", "array2string", "array_equal", "array_equiv", "array_repr", "array_str", "may_share_memory"),
    *("save", "savetxt", "savez", "savez_compressed", "shares_memory"),
}
WRITES = {"copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"}  # to their first argument
# Options of ufuncs, with the values that change nothing.
IDLE = {"where": True, "casting": "same_kind", "order": "K", "subok": True, "dtype": None}
CURES = {
    "out": "bind the result, `raw = raw + x` for `raw += x`: a value that is written to would leave the graph",
    "where": "xnn.where(mask, x, other), before or after",
    "dtype": "xnn.astype(x, dtype) first",
}
METHODS = {
    "at": "x.at[indices].add(values) and its kin, which give a new array",
    "reduceat": "xnn.stack([xnn.sum(x[a:b], axis=0) for a, b in bounds])",
}


def ufunc(called: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """What NumPy's ufunc, or a method of it, gives of Arrays.

    Raises:
        TypeError: for what xnn has no counterpart of, and for `out`, `where` and other options that it lacks.
    """
    from .array_object import takes

    name = called.__name__
    device = next((x._device for x in inputs if isinstance(x, Tracked)), None)
    if "out" not in options and any(hasattr(type(x), "__array_ufunc__") and not takes(x) for x in inputs):
        return NotImplemented  # the other's protocol is asked next
    outs = options.pop("out", ())
    if any(out is not None for out in outs):
        arrays = [x for x in inputs if isinstance(x, Tracked)]
        is_numpys = all(x._node is None and x._device.backend.name == "numpy" for x in arrays)
        if not is_numpys or any(isinstance(out, Tracked) for out in outs):
            _refuse(f"numpy.{name}", "out=", CURES["out"])
        host = [x._data if isinstance(x, Tracked) else x for x in inputs]  # `raw += x`, of x off the graph
        return getattr(called, method)(*host, out=outs, **options)
    options = {option: value for option, value in options.items() if not _is_idle(option, value)}
    inputs = [_lifted(x, device) for x in inputs]
    if method in METHODS:
        raise TypeError(f"numpy.{name}.{method} has no counterpart for Arrays. Cure: {METHODS[method]}.")
    if method in ("reduce", "accumulate"):
        names = REDUCTIONS if method == "reduce" else ACCUMULATIONS
        target = _found("ufunc", names[name]) if name in names else None
        options = {"axis": 0 if inputs[0].shape else None, **options}
    else:
        target = _found("ufunc", name)
        if method == "outer":
            inputs = _outer(*inputs)
    if target is None:
        _without(f"numpy.{name}" + ("" if method == "__call__" else f".{method}"))
    lacking = options.keys() - _parameters(target).keys()
    for option in sorted(lacking):
        _refuse(f"numpy.{name}", f"{option}=", CURES.get(option, f"the arguments of xnn.{_name(target)}"))
    return target(*inputs, **options)


def function(called: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """What a function of NumPy that is no ufunc gives of Arrays.

    Raises:
        TypeError: for what xnn has no counterpart of, and for options that xnn's function lacks.
    """
    name, full = called.__name__, f"{called.__module__}.{called.__name__}"
    if name in WRITES and not (args and isinstance(args[0], Tracked)):
        return called(*_on_host(args), **_on_host(kwargs))
    if name == "put_along_axis":  # xnn's gives a new array
        _refuse(full, "an Array to write to", "x = xnn.put_along_axis(x, indices, values, axis)")
    target = _found(called.__module__, name)
    is_of_objects = name == "broadcast_arrays" and any(
        x is None or isinstance(x, str) for x in args
    )  # Matplotlib's bars
    if (target is None and name in LOOKS) or is_of_objects:
        return called(*_on_host(args), **_on_host(kwargs))
    if target is None:
        _without(full)
    positional, named = _bound(full, called, target, args, kwargs)
    if name in BROADCASTS:
        device = next(x._device for x in args if isinstance(x, Tracked))
        positional = [_lifted(x, device) for x in positional]
    return target(*positional, **named)


def _lifted(x: Any, device: Device | None) -> Any:
    return creation.asarray(x, device=device) if isinstance(x, (list, tuple)) else x


def _is_idle(option: str, value: Any) -> bool:
    """Whether an option of a ufunc changes nothing; a mask has no truth value of its own."""
    return option in IDLE and type(value) is type(IDLE[option]) and bool(value == IDLE[option])


def _refuse(name: str, what: str, cure: str) -> NoReturn:
    raise TypeError(f"{name} of Arrays does not take {what}. Cure: {cure}.")


def _without(name: str) -> NoReturn:
    raise TypeError(
        f"{name} has no counterpart in xnn, and NumPy's would leave the graph and the device unseen. "
        f"Cure: {name}(x.detach().numpy()), for a constant."
    )


# ---- the function of that name ----


@functools.cache
def _found(space: str, name: str) -> Function | None:
    """xnn's function for NumPy's, or None."""
    for candidate in (name, NAMES.get(name, name)):
        for module in SPACES.get(space, ()):
            found = getattr(importlib.import_module(module), candidate, None)
            if callable(found) and not isinstance(found, type):
                return found
        if (space, candidate) in OWN:
            return OWN[space, candidate]
    return None


def _name(target: Function) -> str:
    return getattr(target, "name", None) or target.__name__


@functools.cache
def _parameters(function: Function) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(function).parameters)


def _bound(
    full: str, called: Function, target: Function, args: Sequence[Any], kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of NumPy's function as xnn's takes them: arrays by position, options by name."""
    given = inspect.Signature(list(_parameters(called).values())).bind(*args, **kwargs).arguments
    takes = _parameters(target)
    order = list(takes.values())
    positional: list[Any] = []
    named: dict[str, Any] = {}
    numpys = _parameters(called)
    for i, (name, parameter) in enumerate(numpys.items()):
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional += given.get(name, ())
            continue
        if parameter.kind is parameter.VAR_KEYWORD:
            named |= given.get(name, {})
            continue
        value = given.get(name, parameter.default)
        name = name if name in takes else OPTIONS.get(name, name)
        known = takes.get(name)
        if known is not None and known.kind is not known.POSITIONAL_ONLY:
            if not _is_default(value, parameter) or _differs(parameter, known):
                named[name] = value
        elif len(positional) == i < len(order) and _is_by_position(order[i], numpys):
            if not _is_default(value, parameter) or order[i].default is order[i].empty:
                positional.append(value)
        elif not _is_default(value, parameter):
            _refuse(full, f"{name}=", CURES.get(name, f"xnn.{_name(target)}{inspect.signature(target)}"))
    return positional, named


def _is_by_position(parameter: inspect.Parameter, numpys: dict[str, inspect.Parameter]) -> bool:
    """Whether a parameter of ours stands for NumPy's at its place, under another name or none."""
    if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
        return parameter.name not in numpys
    return parameter.kind is parameter.POSITIONAL_ONLY


def _is_default(value: Any, parameter: inspect.Parameter) -> bool:
    default = parameter.default
    return value is default or (
        type(value) is type(default) and isinstance(value, (bool, int, float, str)) and value == default
    )


def _differs(numpys: inspect.Parameter, ours: inspect.Parameter) -> bool:
    """Whether an option that was not given has to be, as the defaults are not the same."""
    default = numpys.default
    if default is numpys.empty or repr(default) == "<no value>":
        return False
    return bool(default != ours.default) and (default, ours.default) not in SAME


def _on_host(arguments: Any) -> Any:
    """Arguments with NumPy arrays in the place of Arrays, which are off the graph, in host memory."""
    if isinstance(arguments, Conversions):
        return arguments.__array__()
    if isinstance(arguments, dict):
        return {name: _on_host(value) for name, value in arguments.items()}
    return type(arguments)(map(_on_host, arguments)) if type(arguments) in (list, tuple) else arguments


# ---- what is called otherwise than by its name ----


def _outer(x: Any, y: Any) -> list[Any]:
    """Operands that broadcast to every pair of their elements."""
    ndim = len(getattr(y, "shape", ()))
    shape = getattr(x, "shape", None)
    return [x if not shape else manipulation.reshape(x, (*shape, *(1,) * ndim)), y]


def _with_axes_last(x: Any, axis1: int, axis2: int) -> Any:
    return x if x.ndim == 2 and (axis1, axis2) == (0, 1) else manipulation.moveaxis(x, (axis1, axis2), (-2, -1))


def _trace(x: Any, /, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    return diagonals.trace(_with_axes_last(x, axis1, axis2), offset=offset, dtype=dtype)


def _diagonal(x: Any, /, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return diagonals.diagonal(_with_axes_last(x, axis1, axis2), offset=offset)


def _cross(x: Any, y: Any, /, axis: int | None = None) -> Any:
    return products.cross(x, y, axis=-1 if axis is None else axis)


def _copy(x: Any, /) -> Any:
    return creation.asarray(x, copy=True)


def _transpose(x: Any, /, axes: Sequence[int] | None = None) -> Any:
    return manipulation.permute_dims(x, tuple(range(x.ndim))[::-1] if axes is None else tuple(axes))


def _squeeze(x: Any, /, axis: Any = None) -> Any:
    return manipulation.squeeze(x, tuple(i for i, n in enumerate(x.shape) if n == 1) if axis is None else axis)


def _shape(x: Any, /) -> tuple[int, ...]:
    return tuple(x.shape)


def _ndim(x: Any, /) -> int:
    return len(x.shape)


def _size(x: Any, /, axis: int | None = None) -> int:
    return int(x.size) if axis is None else int(x.shape[axis])


def _is_complex(x: Any, /) -> bool:
    return data_types.dtype_of(x).kind == "complex floating"


def _divmod(x: Any, y: Any, /) -> tuple[Any, Any]:
    return elementwise.floor_divide(x, y), elementwise.remainder(x, y)


# Where the namespace has no function of the name.
OWN: dict[tuple[str, str], Function] = {
    ("numpy", "trace"): _trace,
    ("numpy", "diagonal"): _diagonal,
    ("numpy", "cross"): _cross,
    ("numpy", "outer"): products.outer,
    ("numpy", "copy"): _copy,
    ("numpy", "transpose"): _transpose,
    ("numpy", "squeeze"): _squeeze,
    ("numpy", "shape"): _shape,
    ("numpy", "ndim"): _ndim,
    ("numpy", "size"): _size,
    ("numpy", "iscomplexobj"): _is_complex,
    ("numpy", "isrealobj"): lambda x, /: not _is_complex(x),
    ("ufunc", "divmod"): _divmod,
}
