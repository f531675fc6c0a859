"""Indexing as the standard and NumPy have it, in PyTorch, which lacks negative steps, and much for uint16 to uint64."""

from __future__ import annotations

from typing import Any

import array_api_compat.torch as compat
import torch

from .torch_functions import in_range

SIGNED = {torch.uint16: torch.int16, torch.uint32: torch.int32, torch.uint64: torch.int64}


def getitem(x: Any, key: Any) -> Any:
    """x[key]."""
    x, key, _ = _upward(x, key)
    return x[key]


def setitem(x: Any, key: Any, value: Any) -> Any:
    """A copy of x with `value` at `key`."""
    x, key, flipped = _upward(x, key)
    x = x if flipped else x.clone()
    x[key] = in_range(value, x.dtype)
    return flip(x, axis=flipped) if flipped else x


def scatter_add(x: Any, key: Any, value: Any) -> Any:
    """A copy of x with `value` added at `key`, as often as an index stands there."""
    x, key, flipped = _upward(x, key)
    keys = key if isinstance(key, tuple) else (key,)
    x = x.clone(memory_format=torch.contiguous_format)  # so that reshape gives a view
    if any(isinstance(k, torch.Tensor) for k in keys):
        # index_put_ takes only tensors, so slices become the positions that they stand for
        positions = torch.arange(x.numel(), device=x.device).reshape(x.shape)[key]
        value = torch.as_tensor(value, dtype=x.dtype, device=x.device).expand(positions.shape)
        x.reshape(-1).index_add_(0, positions.reshape(-1), value.reshape(-1))
    else:
        x[key] += value
    return flip(x, axis=flipped) if flipped else x


def add_at_slices(x: Any, key: Any, value: Any) -> Any:
    """x with `value` added at `key`: in place where its steps are positive."""
    keys = key if isinstance(key, tuple) else (key,)
    if any(isinstance(k, slice) and k.step is not None and k.step < 0 for k in keys):
        return scatter_add(x, key, value)
    x[key] += value
    return x


def take(x: Any, indices: Any, /, *, axis: int | None = None) -> Any:
    """The slices of x along a dimension, at integer positions."""
    if x.dtype in SIGNED:
        return take(x.view(SIGNED[x.dtype]), indices, axis=axis).view(x.dtype)
    return compat.take(x, indices, axis=axis)


def flip(x: Any, /, *, axis: int | tuple[int, ...] | None = None) -> Any:
    """The elements in reverse order."""
    if x.dtype in SIGNED:
        return flip(x.view(SIGNED[x.dtype]), axis=axis).view(x.dtype)
    return compat.flip(x, axis=axis)


def nonzero(x: Any, /) -> Any:
    """Where the elements are that are not 0."""
    return compat.nonzero(x.to(torch.bool) if x.dtype in SIGNED else x)


def _upward(x: Any, key: Any) -> tuple[Any, Any, tuple[int, ...]]:
    """The same part of x by a key of positive steps, with the dimensions that are turned round for that, on a copy."""
    if isinstance(key, torch.Tensor) and key.dtype == torch.bool and 0 in key.shape:
        key = _widened(key, x)
    keys = list(key) if isinstance(key, tuple) else [key]
    if not any(isinstance(k, slice) and k.step is not None and k.step < 0 for k in keys):
        return x, key, ()
    left = x.ndim - sum(map(_taken, keys))
    dimension, flipped = 0, []
    for i, k in enumerate(keys):
        if isinstance(k, slice) and k.step is not None and k.step < 0:
            size = x.shape[dimension]
            positions = range(size)[k]
            start = size - 1 - positions.start
            keys[i] = slice(start, start - len(positions) * k.step, -k.step) if positions else slice(0, 0)
            flipped.append(dimension)
        dimension += left if k is ... else _taken(k)
    return flip(x, axis=tuple(flipped)), tuple(keys), tuple(flipped)


def _widened(mask: Any, x: Any) -> Any:
    """A mask of no elements in the sizes of x: in the standard each may be 0 in the place of x's."""
    fits = mask.ndim <= x.ndim and all(n in (0, size) for n, size in zip(mask.shape, x.shape, strict=False))
    return mask.new_zeros(x.shape[: mask.ndim]) if fits else mask


def _taken(index: Any) -> int:
    """How many dimensions of an array an index is for."""
    if isinstance(index, torch.Tensor) and index.dtype == torch.bool:
        return int(index.ndim)
    return 0 if index is None or index is ... or isinstance(index, bool) else 1
