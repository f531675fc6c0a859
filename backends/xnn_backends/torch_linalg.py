"""Functions of the standard's extension `linalg` that PyTorch gives otherwise."""

from __future__ import annotations

import math
from typing import Any

import array_api_compat.torch as module
import torch

from .torch_functions import require_axes


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """PyTorch only stores uint16, uint32 and uint64. The low bits of products and differences are those of int64."""
    if x1.dtype not in (torch.uint16, torch.uint32, torch.uint64):
        return module.linalg.cross(x1, x2, axis=axis)
    return module.linalg.cross(x1.to(torch.int64), x2.to(torch.int64), axis=axis).to(x1.dtype)


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:
    """PyTorch takes no axes for all of them, and refuses negative orders of no elements."""
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for one in axes:
        require_axes("vector_norm", one, x.ndim)
    if not axes:
        x, axes, keepdims = x.unsqueeze(-1), (-1,), False
    if -math.inf < ord < 0 and math.prod(x.shape[one] for one in axes) == 0:
        return 1 / torch.sum(torch.abs(x), axes, keepdim=keepdims)
    return torch.linalg.vector_norm(x, ord, dim=axes, keepdim=keepdims)


OVERRIDES = {"cross": cross, "vector_norm": vector_norm}
