"""Functions of the standard's extension `linalg` that PyTorch gives otherwise."""

from __future__ import annotations

from typing import Any

import array_api_compat.torch as module
import torch


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """PyTorch only stores uint16, uint32 and uint64. The low bits of products and differences are those of int64."""
    if x1.dtype not in (torch.uint16, torch.uint32, torch.uint64):
        return module.linalg.cross(x1, x2, axis=axis)
    return module.linalg.cross(x1.to(torch.int64), x2.to(torch.int64), axis=axis).to(x1.dtype)


OVERRIDES = {"cross": cross}
