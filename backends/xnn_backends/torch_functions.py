"""Functions of the standard that PyTorch gives otherwise, or not for all types.

PyTorch stores uint16, uint32 and uint64, but has few functions of them: where it refuses one, NumPy computes it on the
host. Its sums of unsigned integers are int64, and some special cases are its own.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import array_api_compat.torch as module
import numpy as np
import torch

from .namespace import Namespace, broadcast_of
from .special_cases import mends

Function = Callable[..., Any]
UNSIGNED = (torch.uint8, torch.uint16, torch.uint32, torch.uint64)
STORED_ONLY = UNSIGNED[1:]


class TorchNamespace(Namespace):
    """PyTorch's functions, and for the types that it only stores NumPy's.

    `host` is NumPy's namespace.
    """

    def __init__(self, host: Namespace, **overrides: Any) -> None:
        summed = ("sum", "prod", "cumulative_sum", "cumulative_prod")
        own = {
            **mends(module, _kind, torch.complex, "floor_divide remainder expm1 log1p acos tanh"),
            **{name: _of_unsigned(getattr(module, name)) for name in summed},
            "positive": torch.clone,  # these would give back their operand's own memory
            "real": lambda x, /: torch.real(x) if x.is_complex() else x.clone(),
            "conj": lambda x, /: torch.conj_physical(x) if x.is_complex() else x.clone(),
            "broadcast_to": broadcast_of(module),
            "concat": concat,
            "count_nonzero": count_nonzero,
            "where": where,
            "full": full,
            "searchsorted": searchsorted,
            "var": _of_any_correction(torch.var),
            "std": _of_any_correction(torch.std),
            **overrides,
        }
        self._host = host
        super().__init__(module, **{name: self._of_all_types(name, value) for name, value in own.items()})

    def __getattr__(self, name: str) -> Any:
        value = self.__dict__[name] = self._of_all_types(name, super().__getattr__(name))
        return value

    def _of_all_types(self, name: str, function: Any) -> Any:
        if not callable(function) or isinstance(function, type):
            return function

        @functools.wraps(function)
        def of_all_types(*args: Any, **options: Any) -> Any:
            is_within = options.get("axis") is not None and args and isinstance(args[0], torch.Tensor)
            if is_within and name != "expand_dims":  # whose axes are those of the result
                require_axes(name, options["axis"], args[0].ndim)
            try:
                return function(*args, **options)
            except RuntimeError:
                tensors = [x for x in _flat((args, options)) if isinstance(x, torch.Tensor)]
                if not any(x.dtype in STORED_ONLY for x in tensors) or not hasattr(self._host, name):
                    raise
            out = getattr(self._host, name)(*_replaced(args, _to_host), **_replaced(options, _to_host))
            return _replaced(out, lambda x: torch.asarray(x, device=tensors[0].device) if _is_host(x) else x)

        return of_all_types


# Those of which NumPy, too, takes an array of shape () for one of one dimension.
LENIENT = ("sum", "prod", "mean", "max", "min", "all", "any", "argmax", "argmin", "count_nonzero")


def require_axes(name: str, axis: Any, ndim: int) -> None:
    """PyTorch takes 1.5 for an axis, any axis of what is empty, and one of what has none."""
    for one in axis if isinstance(axis, tuple) else (axis,):
        found = operator.index(one)
        is_lenient = ndim == 0 and name in LENIENT and not isinstance(axis, tuple)
        limit = 1 if is_lenient else ndim
        if not -limit <= found < limit:
            raise IndexError(f"axis {found} is out of bounds for an array of {ndim} dimensions")


def concat(arrays: Any, /, *, axis: int | None = 0) -> Any:
    """PyTorch joins an array of shape (0,) to any other."""
    if axis is not None:
        for x in arrays:
            require_axes("concat", axis, x.ndim)
        if len({x.ndim for x in arrays}) > 1:
            raise ValueError("arrays that are joined have one number of dimensions")
    return module.concat(arrays, axis=axis)


def count_nonzero(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """PyTorch takes no axes for all of them; array-api-compat gives shape (1,) for () with keepdims."""
    if x.ndim == 0:
        return (x != 0).to(torch.int64)
    return (x != 0).to(torch.int64) if axis == () else module.count_nonzero(x, axis=axis, keepdims=keepdims)


def in_range(number: Any, dtype: torch.dtype) -> Any:
    """A Python float as it is in the type: PyTorch refuses some that others make infinite."""
    if type(number) is float and dtype.is_floating_point and abs(number) > torch.finfo(dtype).max:
        return torch.asarray(number, dtype=dtype).item()
    return number


def where(condition: Any, x1: Any, x2: Any, /) -> Any:
    """x1 where the condition holds, x2 elsewhere."""
    for x in (x1, x2):
        if isinstance(x, torch.Tensor):
            x1, x2 = in_range(x1, x.dtype), in_range(x2, x.dtype)
    return module.where(condition, x1, x2)


def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """One value in every element."""
    value = fill_value if dtype is None else in_range(fill_value, dtype)
    return module.full(shape, value, dtype=dtype, device=device)


def searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
    """With NaN as the largest number, as `sort` has it; PyTorch's search goes past it."""
    if sorter is not None:
        x1 = torch.take(x1, sorter)
    x2 = torch.as_tensor(x2, device=x1.device)
    if not (x1.is_floating_point() and x2.is_floating_point()):
        return module.searchsorted(x1, x2, side=side)
    numbers = torch.sum(~torch.isnan(x1))
    ordered, values = (torch.where(torch.isnan(x), torch.inf, x) for x in (x1, x2))
    found = torch.minimum(module.searchsorted(ordered, values, side=side), numbers)
    return torch.where(torch.isnan(x2), numbers if side == "left" else x1.shape[0], found)


def _is_host(x: Any) -> bool:
    return isinstance(x, np.ndarray | np.generic)


def _to_host(x: Any) -> Any:
    if isinstance(x, torch.Tensor):
        return x.cpu().numpy()
    return np.dtype(str(x).removeprefix("torch.")) if isinstance(x, torch.dtype) else x


def _flat(x: Any) -> list[Any]:
    if isinstance(x, tuple | list):
        return [leaf for part in x for leaf in _flat(part)]
    return _flat(list(x.values())) if isinstance(x, dict) else [x]


def _replaced(x: Any, change: Function) -> Any:
    if isinstance(x, tuple | list):
        parts = [_replaced(part, change) for part in x]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    return {key: _replaced(part, change) for key, part in x.items()} if isinstance(x, dict) else change(x)


def _kind(x: Any) -> str:
    return "f" if x.dtype.is_floating_point else "c" if x.dtype.is_complex else "i"


def _of_unsigned(function: Function) -> Function:
    """PyTorch sums unsigned integers to int64. Whatever the type, the low 64 bits of sums and products are the same."""

    def of_unsigned(x: Any, /, *, dtype: Any = None, **options: Any) -> Any:
        wanted = torch.uint64 if dtype is None and x.dtype in UNSIGNED else dtype
        if wanted not in UNSIGNED:
            return function(x, dtype=dtype, **options)
        return function(x.to(torch.int64), dtype=torch.int64, **options).to(wanted)

    return of_unsigned


def _of_any_correction(function: Function) -> Function:
    """var and std; array-api-compat's take no correction that is not whole, PyTorch's own do."""

    def spread(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
        axes = tuple(range(x.ndim)) if axis is None else axis
        if axes == ():  # which PyTorch takes for all axes
            x, axes, keepdims = x.unsqueeze(-1), -1, False
        return function(x, axes, correction=correction, keepdim=keepdims)

    return spread
